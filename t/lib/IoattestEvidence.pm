package IoattestEvidence;

# A gateway that verifies evidence, for tests: its configuration, a policy of
# the simulation's good values, and a walk through what can be wrong.
#
#   IoattestSim->start(machines => 1, evidence => 1);
#   my $nginx = IoattestEvidence::gateway(server => $text);
#   is(IoattestEvidence::said($nginx, 'path', 'model-1'), 200);
#   IoattestEvidence::walk($nginx, @cases);
#
# Every request names the id of its model in X-Id, so that each is attested
# by itself.

use strict;
use warnings;

use Time::HiRes qw( sleep );

use File::Temp ();
use JSON::PP ();
use Test::More;

use IoattestChecks ();
use IoattestNginx;
use IoattestSim;

my $JSON = JSON::PP->new->canonical;
my $dir = File::Temp->newdir('ioattest-evidence-XXXXXX', TMPDIR => 1);
my $made = 0;


# --- configuration --------------------------------------------------------

sub gateway {
    my (%arg) = @_;

    return IoattestNginx->start(workers => $arg{workers} // 1,
                                texts(%arg));
}


# What IoattestNginx's start() and configure() take.
sub texts {
    my (%arg) = @_;
    my $http = $arg{http} // '';

    return (main => $arg{main}, level => $arg{level}, http => <<"EOF",
$http
    ioattest_zone io:4m;
    ioattest_background off;
    ioattest_ssl_verify off;
    upstream api { server 127.0.0.1:\$TEST_NGINX_SIM_PORT; keepalive 16; }
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    ioattest_request /_attestation;
    ioattest_model_id \$http_x_id;
    ioattest_model \$http_x_id;
    ioattest_cpu_trusted_certificate \$TEST_NGINX_SIM_CPU_ROOTS;
    ioattest_gpu_trusted_certificate \$TEST_NGINX_SIM_GPU_ROOTS;
EOF
            server => $arg{server} . services());
}


# Prefixes: what the zone has from one is unknown to the others.
sub services {
    return <<'EOF';
        location = /_attestation {
            internal;
            proxy_pass http://api/v1/private/attestation;
        }
        location ~ ^/_(?:pcs|kds)[^/]*/(.*)$ {
            internal;
            proxy_pass http://api/$1$is_args$args;
        }
        location ^~ /_nras {
            internal;
            rewrite ^ /v4/attest/gpu break;
            proxy_pass http://api;
        }
        location ^~ /_jwks {
            internal;
            rewrite ^ /.well-known/jwks.json break;
            proxy_pass http://api;
        }
        location = /status { ioattest_status; }
EOF
}


# A protected location, with more directives.
sub location {
    my ($name, @more) = @_;
    my $more = join '', map { "            $_;\n" } @more;

    return "        location /$name/ {\n            ioattest zone=io;\n$more"
           . "            proxy_pass http://api/v1/private/;\n        }\n";
}


# The directives of a location that asks Intel's service, or NVIDIA's, below a
# prefix of its own: what is accepted is kept for the next.
sub service {
    my ($kind, $name) = @_;

    return ('ioattest_gpu off', "ioattest_collateral /_pcs-$name/")
        if $kind eq 'collateral';
    return ('ioattest_gpu nras', "ioattest_nras /_nras-$name",
            "ioattest_nras_jwks /_jwks-$name");
}


# A file in a directory that ends with the test.
sub file {
    my ($text) = @_;

    $made++;
    return rewrite("$dir/$made", $text);
}


sub rewrite {
    my ($name, $text) = @_;

    open my $out, '>', $name or die "$name: $!\n";
    print {$out} ref $text ? $JSON->encode($text) : $text;
    close $out or die "$name: $!\n";
    return $name;
}


# A policy that names every value of good evidence.
sub policy {
    my ($gpus) = @_;
    my $good = IoattestSim::evidence();
    my $snp = $good->{sev_snp};

    return {
        tdx => { map { $_ => [$good->{tdx}{$_}] }
                 qw( mr_td mr_seam mr_config_id rtmr0 rtmr1 rtmr2 rtmr3 ) },
        sev_snp => {
            measurement => [$snp->{measurement}],
            host_data => [$snp->{host_data}],
            vmpl => 0,
            min_tcb => { Milan => { map { $_ => $snp->{tcb}{$_} }
                                    qw( bootloader tee snp microcode ) } },
        },
        gpu => {
            arch => ['HOPPER'], count => $gpus,
            driver_versions => [$good->{gpu}{HOPPER}{driver}],
            vbios_versions => [$good->{gpu}{HOPPER}{vbios}],
        },
    };
}


# --- requests -------------------------------------------------------------

sub request {
    my ($path, $id, %more) = @_;
    my $key = delete $more{key};
    my $text = IoattestNginx::completion(path => "/$path/completions",
                                         %more);

    $key = defined $key ? "Authorization: Bearer $key\r\n" : '';
    $text =~ s/\r\n/\r\nX-Id: $id\r\n$key/;

    return $text;
}


sub ask {
    my ($nginx, $path, $id, %more) = @_;
    my ($answer) = $nginx->ask(request($path, $id, %more));

    return $answer;
}


# Code, and the reason of a refusal.
sub said {
    my $answer = ask(@_);

    return join ' ', grep { length } $answer->{code}, $answer->{reason};
}


# What the log says last of the attestation of a model.
sub failed_check {
    my ($nginx, $id) = @_;
    my @found = $nginx->log =~
        /attestation of model "\Q$id\E" failed: (\w+(?:, check "[^"]+")?)/g;

    return $found[-1] // '';
}


# --- what can be wrong ----------------------------------------------------

# Until no attestation is under way: one that is late would meet what is set
# for the next case, and leave in the zone what it was given there.
sub settle {
    my ($nginx) = @_;

    for (1 .. 500) {
        return if !grep { $_->{in_flight} }
                  map { @{$_->{models}} } @{$nginx->status->{zones}};
        sleep(0.02);
    }

    die "attestations do not come to their end\n";
}


# The check that refuses a case: its own, or that of the fault in its settings.
sub check_of {
    my ($case, $table) = @_;

    return $case->{check} if defined $case->{check};

    my ($fault) = grep { defined } @{$case->{settings}}{qw( attest kds
        collateral nras jwks ocsp )};
    my ($name, $at) = ($fault // '') =~ /^(\w+)(?:=(\d+))?$/
        or die "$case->{name}: which check?\n";
    my $check = IoattestChecks::meant($name, $table->{$name});

    $check =~ s/^gpu\.0\./gpu.$at./ if defined $at;
    return $check;
}


# Each case has name, path, settings, and reason ("" where it is accepted); and
# check, unless that is of a fault of the simulation's table.  A refusal comes
# before anything of the prompt leaves, and the log names the check that
# failed.
sub walk {
    my ($nginx, @cases) = @_;
    my $table = IoattestSim::expect();

    for my $case (@cases) {
        my ($name, $reason) = @$case{qw( name reason )};

        IoattestSim::reset();
        IoattestSim::set($case->{settings});

        my $got = said($nginx, $case->{path}, $name);
        my $sent = IoattestSim::stats()->{completions}{total};

        if ($reason eq '') {
            is("$got, $sent sent", '200, 1 sent', "$name is accepted");
            next;
        }

        settle($nginx);

        my $check = check_of($case, $table);
        is("$got, $sent sent, log: " . failed_check($nginx, $name),
           qq(502 $reason, 0 sent, log: $reason, check "$check"),
           "$name is refused: $check");
    }

    return;
}


# Every fault of these kinds in what a service says, through a gateway of its
# own; decided has the reasons that are not the table's.  Returns: how many.
sub service_faults {
    my ($service, $decided, @kinds) = @_;

    IoattestSim->start(machines => 1, evidence => 1);

    my @table = table(sub {
        my $kind = $_[0]{kind};
        grep { $_ eq $kind } @kinds;
    });

    # what is good, or well signed, is kept for the next: each has a location

    my $nginx = gateway(workers => 2, server => join '', map {
        location("$service-$_", service($service, $_)) }
            (map { $_->[0] } @table), 'wrong');
    my %good = (evidence => 'tdx', gpus => 1);

    walk($nginx, map {
        my ($name, $entry) = @$_;
        +{ name => $name, reason => $decided->{$name} // $entry->{reason},
           path => "$service-$name",
           settings => { %good, gpus => 2, $entry->{kind} => $name } };
    } @table);

    IoattestSim::reset();
    IoattestSim::set(\%good);
    is(said($nginx, "$service-wrong", 'good'), 200,
       'good answers are accepted there');

    is_deeply(alarms($nginx), [], 'nothing alarming in the log');
    ok($nginx->stop, 'nginx goes quietly');
    unlike($nginx->log, qr/open socket/, 'and leaves no socket open');

    return scalar @table;
}


# Names of the simulation's table that a test wants, in order, as pairs of
# name and entry.
sub table {
    my ($want) = @_;
    my $table = IoattestSim::expect();

    return map { [$_, $table->{$_}] } grep { $want->($table->{$_}) }
           sort keys %$table;
}


# What a log may not have.
sub alarms {
    my ($nginx, $but) = @_;
    my @lines = $nginx->log =~ /^(.*\[(?:alert|crit|emerg)\].*)$/mg;

    return [grep { !$but || !/$but/ } @lines];
}


1;
