package IoattestFleet;

# A gateway in front of many machines, and what tests ask of both.
#
#   IoattestSim->start(machines => 8, per_machine_ports => 0);
#   my $nginx = IoattestFleet::gateway(
#       key => 'Bearer gw',                     # the gateway's own, or none
#       http => ['ioattest_valid 4s'],
#       locations => { 'v1/private' => ['ioattest_wait 20s'] });
#
# Every answer has the header X-Wait: $ioattest_wait.  Attestations go through
# an upstream without keepalive: each is a connection of its own.
#
#   my $row = IoattestFleet::model($nginx);      # of the status, or undef
#   IoattestFleet::settled($nginx, 8) or ...     # 8 known, no search
#   my @rows = IoattestFleet::machines(@rows);   # each has {machine} now
#   IoattestFleet::finish($nginx);               # log, slots, a quiet end

use strict;
use warnings;

use JSON::PP ();
use List::Util ();
use Test::More;
use Time::HiRes qw( sleep time );

use IoattestNginx;
use IoattestSim;

our $MODEL = 'meta-llama/Llama-3.3-70B-Instruct';
our $OTHER = 'Qwen/Qwen3-32B';


# --- configuration --------------------------------------------------------

sub gateway {
    my (%arg) = @_;
    return IoattestNginx->start(workers => $arg{workers} // 2, texts(%arg));
}


# What IoattestNginx's start() and configure() take.
sub texts {
    my (%arg) = @_;
    my @http = @{ $arg{http} // [] };
    my %locations = %{ $arg{locations} // { 'v1/private' => [] } };

    unshift @http, "ioattest_authorization \"$arg{key}\"" if $arg{key};
    unshift @http, 'ioattest_cpu off', 'ioattest_gpu off' if !$arg{evidence};
    unshift @http, 'ioattest_models /_ioattest/models' if !$arg{no_list};

    my $http = join '', map { "    $_;\n" } @http;
    my $server = join '', map { location($_, @{ $locations{$_} }) }
                 sort keys %locations;

    return (http => <<"EOF", server => $server . internal($arg{server}));
    ioattest_zone io:4m;
    ioattest_ssl_verify off;
    upstream api { server 127.0.0.1:\$TEST_NGINX_SIM_PORT; keepalive 64; }
    upstream attest { server 127.0.0.1:\$TEST_NGINX_SIM_PORT; }
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    add_header X-Wait \$ioattest_wait always;
    ioattest_request /_ioattest/attestation;
$http
EOF
}


# A directive that makes a policy of its own, by a digest that no machine has:
# locations of one policy share its machines, its census and its pace.
sub apart {
    my ($digit) = @_;
    return "ioattest_image_digest $ENV{TEST_NGINX_SIM_DIGEST} sha256:"
           . $digit x 64;
}


# A protected location, with more directives.
sub location {
    my ($name, @more) = @_;
    my $more = join '', map { "            $_;\n" } @more;

    return "        location /$name/ {\n            ioattest zone=io;\n$more"
           . "            proxy_pass http://api/v1/private/;\n        }\n";
}


sub internal {
    my ($more) = @_;
    return ($more // '') . <<'EOF';
        location = /_ioattest/attestation {
            internal;
            proxy_pass http://attest/v1/private/attestation;
        }
        location = /_ioattest/models {
            internal;
            proxy_pass http://attest/v1/models;
        }
        location = /status { ioattest_status; }
        location = /metrics { ioattest_status prometheus; }
EOF
}


# SEV-SNP evidence that brings its certificates, and what believes it: 1 ms
# of the simulation's for each.  Settings, then directives.
sub evidence {
    my ($policy) = @_;
    return ({ evidence => 'snp', gpus => 0, snp_certs => JSON::PP::true },
            ['ioattest_cpu sev-snp', 'ioattest_gpu off',
             'ioattest_cpu_trusted_certificate $TEST_NGINX_SIM_CPU_ROOTS',
             $policy ? "ioattest_policy $policy" : ()]);
}


# --- what the gateway says ------------------------------------------------

sub text {
    my ($nginx, $uri) = @_;
    my ($answer) = $nginx->ask("GET $uri HTTP/1.0\r\nHost: localhost\r\n\r\n");
    return $answer->{body};
}


# Rows of the status for a model, one for each policy.
sub models {
    my ($nginx, $name) = @_;
    $name //= $MODEL;
    return grep { $_->{model} eq $name }
           @{ $nginx->status->{zones}[0]{models} };
}


# The one with most known machines.
sub model {
    my @rows = sort { ($b->{known} // 0) <=> ($a->{known} // 0) } models(@_);
    return $rows[0];
}


# Trusted machines of the status by address.
sub trusted {
    my ($nginx, $name) = @_;
    $name //= $MODEL;
    return { map { lc $_->{signing_address} => $_ }
             grep { $_->{model} eq $name }
             @{ $nginx->status->{zones}[0]{machines} } };
}


# What is awaited comes sooner or later; a loaded machine has three times as
# long for it, and waits no longer than it takes.  Less than a second is a poll.

sub until_true {
    my ($test, $seconds) = @_;
    my $end = time + (($seconds //= 10) < 1 ? $seconds : 3 * $seconds);

    while (1) {
        my $got = $test->();
        return $got if $got;
        return if time > $end;
        sleep 0.05;
    }
}


# Waits until so many machines are known and no search goes on: its row.
sub settled {
    my ($nginx, $known, $seconds, $name) = @_;

    return until_true(sub {
        my ($row) = grep { ($_->{known} // -1) >= $known }
                    models($nginx, $name);
        return $row && ($row->{census} // 'search') ne 'search' && $row;
    }, $seconds);
}


# --- what the simulation has seen -----------------------------------------

# Of one model (by its id), or of all: those of other models may go on in the
# background.

sub attestations {
    my ($id) = @_;
    my $all = IoattestSim::stats()->{attestations};
    return defined $id ? $all->{models}{$id} // 0 : $all->{total};
}


sub flights {
    my ($id) = @_;
    return grep { !defined $id || ($_->{model} // '') eq $id }
           @{ IoattestSim::flights()->{flights} };
}


# Waits until nothing has been drawn for a while.
sub quiet {
    my ($while, $seconds) = @_;
    my ($seen, $since) = (-1, 0);

    return until_true(sub {
        my $now = attestations();
        ($seen, $since) = ($now, time) if $now != $seen;
        return time - $since >= $while && !IoattestSim::flights()->{in_flight};
    }, $seconds);
}


# Gives each row the number of the machine that answered it, where one did.
sub machines {
    my %by = map { $_->[0] => $_->[1] } @{ IoattestSim::answers() };
    $_->{machine} = $by{ $_->{prompt} } for @_;
    return @_;
}


# Starts of attestations as bursts: a new one begins after a gap.
sub bursts {
    my ($gap, @flights) = @_;
    my @bursts;

    for my $start (sort { $a <=> $b } map { $_->{start} } @flights) {
        if (!@bursts || $start - $bursts[-1][-1] > $gap) {
            push @bursts, [];
        }
        push @{ $bursts[-1] }, $start;
    }

    return @bursts;
}


# Addresses of machines, as they are set up now.
sub addresses {
    return map { lc $_->{address} } @{ IoattestSim::machines()->{machines} };
}


# --- checks ---------------------------------------------------------------

# All rows are answers, each with its own prompt's.
sub all_well {
    my ($what, @rows) = @_;
    my $codes = IoattestLoad::codes(@rows);

    is_deeply($codes, { 200 => scalar @rows }, "$what: nothing is refused")
        or diag(explain($codes));
    is(scalar(IoattestLoad::lost(@rows)), 0, "$what: each has its answer");
    return;
}


# Nothing is left in flight, the log is quiet, nginx goes.
sub finish {
    my ($nginx, $but) = @_;

    IoattestSim::reset();
    ok(until_true(sub {
        my $zone = $nginx->status->{zones}[0];
        return $zone->{leases} == 0
               && !grep { $_->{in_flight} } @{ $zone->{models} };
    }, 12), 'no slot is left');

    my @alarms = grep { !$but || !/$but/ }
                 $nginx->log =~ /^(.*\[(?:alert|crit|emerg)\].*)$/mg;
    is_deeply(\@alarms, [], 'nothing alarming in the log');
    ok($nginx->stop, 'nginx goes quietly');
    unlike($nginx->log, qr/open socket/, 'and leaves no socket open');
    return;
}


1;
