# Servers that share a zone: what one of them attested through internal
# locations of its own says nothing to another.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use IoattestNginx;
use IoattestSim;

IoattestSim->start(machines => 1);

my $port = $ENV{TEST_NGINX_PORT} || 1984;

my $private = <<'EOF';
        location /v1/private/ { ioattest zone=io; proxy_pass http://api; }
EOF

my %attestation = (
    asks => <<'EOF',
        location = /_ioattest/attestation {
            internal;
            proxy_pass http://api/v1/private/attestation;
        }
EOF
    refuses => <<'EOF',
        location = /_ioattest/attestation { internal; return 503; }
EOF
);

sub server {
    my ($name, $how) = @_;
    return "        server_name $name;\n$private$attestation{$how}";
}

my $others = join '', map {
    "    server {\n        listen 127.0.0.1:$port;\n" . server(@$_) . "    }\n"
} ([qw( other refuses )], [qw( third asks )]);

my $nginx = IoattestNginx->start(
    workers => 1, server => server('localhost', 'asks'), http => <<"EOF");
    ioattest_zone io:1m;
    ioattest_background off;
    ioattest_ssl_verify off;
    upstream api { server 127.0.0.1:\$TEST_NGINX_SIM_PORT; }
    ioattest_cpu off;
    ioattest_gpu off;
    ioattest_request /_ioattest/attestation;
$others
EOF

sub asked {
    my ($host) = @_;
    my $request = IoattestNginx::completion();
    $request =~ s/localhost/$host/;
    IoattestSim::reset('stats');
    my ($answer) = $nginx->ask($request);
    my $stats = IoattestSim::stats();
    return "$answer->{code}, $stats->{attestations}{total} attested, "
           . "$stats->{completions}{total} sent";
}

is(asked('localhost'), '200, 1 attested, 1 sent', 'a server attests');
is(asked('localhost'), '200, 0 attested, 1 sent', 'and knows the machine');
is(asked('other'), '502, 0 attested, 0 sent',
   'a server whose own location gives no attestation does not');
is(asked('third'), '200, 1 attested, 1 sent', 'one whose location does asks');
is(asked('localhost'), '200, 0 attested, 1 sent', 'the first knows it still');

$nginx->reload;
is(asked($_), '200, 0 attested, 1 sent', "after a reload: $_")
    for qw( localhost third );

ok($nginx->stop, 'nginx goes quietly');

done_testing();
