# A dry run refuses nothing: what others ask for in a protected location goes
# out and comes back as it would without ioattest, and is counted once.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use IoattestNginx;
use IoattestSim;

IoattestSim->start(machines => 1);

my $prompt = '{"model":"Qwen/Qwen3-32B","prompt":"hello"}';

# the ways of others into a location, and into one that leads on to it
my $ways = <<'EOF';
        location = /WHERE/auth {
            auth_request /WHERE/api/completions;
            alias html/a.txt;
        }
        location = /WHERE/twice {
            auth_request /WHERE/first;
            alias html/a.txt;
        }
        location = /WHERE/first {
            GUARD
            try_files /none /WHERE/api/completions;
        }
        location = /WHERE/ssi {
            ssi on;
            ssi_types *;
            alias html/WHERE.txt;
        }
        location = /WHERE/mirror {
            mirror /WHERE/api/completions;
            proxy_pass http://api/v1/models;
        }
        location = /WHERE/after {
            post_action /WHERE/api/completions;
            proxy_pass http://api/v1/models;
        }
        location = /WHERE/add {
            addition_types *;
            add_before_body /WHERE/api/completions;
            alias html/a.txt;
        }
        location /WHERE/api/ {
            GUARD
            proxy_method POST;
            proxy_set_header Content-Type application/json;
            proxy_set_body $prompt;
            proxy_pass http://api/v1/private/;
        }
        location /WHERE/slice/ {
            GUARD
            slice 64;
            proxy_set_header Range $slice_range;
            proxy_pass http://api/v1/private/;
        }
EOF

my %guard = (
    plain => '',
    dry => 'ioattest zone=io; ioattest_dry_run on;',
    live => 'ioattest zone=io;',
);

my $server = <<"EOF";
        ioattest_trust \$TEST_NGINX_SIM_ADDRESS_0;
        ioattest_cpu off;
        ioattest_gpu off;
        set \$prompt '$prompt';
        location = /status { ioattest_status; }
EOF
for my $where (sort keys %guard) {
    $server .= $ways =~ s/WHERE/$where/gr =~ s/GUARD/$guard{$where}/gr;
}

my $nginx = IoattestNginx->start(workers => 1, server => $server,
    http => <<'EOF');
    ioattest_zone io:1m;
    upstream api { server 127.0.0.1:$TEST_NGINX_SIM_PORT; }
    proxy_http_version 1.1;
EOF

file('a.txt', "a file\n");
file("$_.txt", "[<!--# include virtual=\"/$_/api/completions\" -->]\n")
    for keys %guard;


sub file {
    my ($name, $text) = @_;
    open my $out, '>', "$nginx->{root}/html/$name" or die "$name: $!\n";
    print {$out} $text;
    close $out;
    return;
}


# A file can be asked for with GET alone.
sub ask {
    my ($path, $sim) = @_;
    return ($nginx->ask(($path =~ /auth|twice|ssi|add/ ? 'GET' : 'POST')
        . " $path HTTP/1.1\r\nHost: localhost\r\n"
        . "Connection: close\r\nContent-Type: application/json\r\n"
        . ($sim ? "X-Sim: $sim\r\n" : '') . 'Content-Length: '
        . length($prompt) . "\r\n\r\n$prompt"))[0];
}


# [refused, would refuse, lines that say either]
sub counts {
    my $status = $nginx->status;
    my $log = $nginx->log;
    return [
        $status->{responses}{rejected}{no_signature} // 0,
        $status->{dry_run_would_reject},
        scalar(() = $log =~ / refused no_signature: subrequest /g),
        scalar(() = $log =~ /would refuse no_signature: subrequest /g),
    ];
}


# What a way brings, all the paths it asks the API for, and what is counted.
sub try {
    my ($path, $sim, $wait) = @_;
    IoattestSim::reset('stats');
    my $before = counts();
    my $got = ask($path, $sim);

    # a mirror and a post_action end after the answer
    select undef, undef, undef, 0.2 if !$wait
        || !IoattestSim::wait_for($wait);

    my $after = counts();
    return { seen => "$got->{code} " . ($got->{body} =~ s/"id":"[^"]+"//r
                                        =~ s/"created":\d+//r),
             asked => IoattestSim::stats()->{completions}{total},
             counted => [map { $after->[$_] - $before->[$_] } 0 .. 3] };
}


my $asked = sub { $_[0]{completions}{total} };

for my $way (qw( auth twice ssi add mirror after )) {
    my $plain = try("/plain/$way", '', $asked);
    is($plain->{asked}, 1, "$way: the API is asked");
    is_deeply($plain->{counted}, [0, 0, 0, 0], '... and nothing counted');

    my $dry = try("/dry/$way", '', $asked);
    is($dry->{seen}, $plain->{seen}, 'a dry run leaves that as it is');
    is($dry->{asked}, 1, '... sends what was to be sent');
    is_deeply($dry->{counted}, [0, 1, 0, 1], '... and is counted once');

    my $live = try("/live/$way");
    is($live->{asked}, 0, 'else nothing is sent');
    unlike($live->{seen}, qr/choices/, '... and nothing comes');
    is_deeply($live->{counted}, [1, 0, 1, 0], '... but a refusal');
}

like(try('/plain/ssi', '', $asked)->{seen}, qr/\A200 .*\[.*"choices".*\]/s,
     'SSI shows what comes');
is(try('/plain/auth', '', $asked)->{seen}, "200 a file\n",
   'auth_request lets pass');

# the first slice is the answer, each of the others a subrequest

my $body = 'body=' . ('a' x 64) . ('b' x 64) . ('c' x 10) . ', range';
my $whole = try('/plain/slice/completions', $body);
my $parts = $whole->{asked};
like($whole->{seen}, qr/\A200 a{64}b{64}c{10}/, 'slices are put together');
cmp_ok($parts, '>', 1, '... of some parts');

my $slices = try('/dry/slice/completions', $body);
is($slices->{seen}, $whole->{seen}, 'in a dry run too');
is($slices->{asked}, $parts, '... of as many');
is_deeply($slices->{counted}, [0, $parts, 0, $parts - 1],
          '... which are counted');

$slices = try('/live/slice/completions', $body);
like($slices->{seen}, qr/\A502 .*no_signature/, 'else they are refused');
is($slices->{asked}, 1, '... after the first');
is_deeply($slices->{counted}, [1, 0, 0, 0], '... once');

unlike($nginx->log, qr/\[(?:alert|crit|emerg)\]/, 'no alarm in the log');

done_testing();
