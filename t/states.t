# The way of a request through the states of the module: which ways there are,
# and that none of them takes a move that is not allowed.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use IoattestNginx;
use IoattestSim;

IoattestSim->start(machines => 2);

my $binary = $ENV{TEST_NGINX_BINARY} || 'nginx';
`$binary -V 2>&1` =~ /--with-debug/
    or plan skip_all => 'an nginx without --with-debug says nothing of states';

my $where = "ioattest zone=io;\n"
            . "ioattest_request /_ioattest/attestation;\n"
            . "ioattest_models /_ioattest/models;\n";
my $api = 'proxy_pass http://api/v1/private/;';

my %locations = (
    '/v1/private/' => "$where$api",
    '/dry/' => "$where ioattest_dry_run on; $api",
    '/both/' => "$where ioattest_bind both; $api",
    '/off/' => "$where ioattest_bind off; $api",
    '/trust/' => "ioattest zone=io; ioattest_trust "
                 . "\$TEST_NGINX_SIM_ADDRESS_0; $api",
    '/strict/' => "$where ioattest_pass_errors off; $api",
    '/held/' => "$where ioattest_stream hold; $api",
    '/small/' => "$where ioattest_buffer_size 4k; $api",
    '/body/' => "$where client_max_body_size 10; $api",
    '/dead/' => "$where proxy_pass http://127.0.0.1:1/;",
    '/page/' => "$where error_page 502 /refused.html; $api",
    '/again/' => "$where error_page 502 = \@again; $api",
);

my $server = join '', map { "location $_ { $locations{$_} }\n" }
             sort keys %locations;

my $nginx = IoattestNginx->start(workers => 1, http => <<'EOF', server => <<"EOF");
    ioattest_zone io:1m;
    ioattest_ssl_verify off;
    upstream api { server 127.0.0.1:$TEST_NGINX_SIM_PORT_0; }
EOF
        error_log logs/states.log debug;
        ioattest_cpu off;
        ioattest_gpu off;
        ioattest_attempts 2;
        location = /refused.html { return 200 "a page for people"; }
        location \@again {
            rewrite ^ /v1/models break;
            proxy_method GET;
            proxy_pass http://api;
        }
        location /elsewhere/ { return 200 "elsewhere"; }
        location = /_ioattest/attestation {
            internal;
            proxy_pass http://api/v1/private/attestation;
        }
        location = /_ioattest/models {
            internal;
            proxy_pass http://api/v1/models;
        }
$server
EOF

open my $log, '<', "$nginx->{root}/logs/states.log" or die "states.log: $!\n";
my $alerts = '';

# The ways that requests have taken since it was asked last.

sub ways {
    my (%way, @order);
    seek $log, 0, 1;

    while (<$log>) {
        $alerts .= $_ if /\[(?:alert|crit|emerg)\]/;
        my ($request, $from, $to) =
            /\*(\d+) ioattest state: (\w+) -> (\w+)$/ or next;
        push @order, $request if !$way{$request};
        $way{$request} = $from if !$way{$request};
        $way{$request} .= $way{$request} =~ /\b$from$/ ? " $to"
                                                       : " ... $from $to";
    }

    return map { $way{$_} } @order;
}

my $met = 'start body model resolve attest sent';
my $no = 'refused answered';
my $generation = 0;

# way($name, $way, path, sim, fields of the request, new => 1 where the signer
# has become another one since it was met)

sub way {
    my ($name, $want, %arg) = @_;
    my $path = ($arg{path} // '/v1/private/') . 'completions';
    my $request = IoattestNginx::completion(%arg, path => $path);

    $request =~ s/"messages"/"stream":true,"messages"/
        and $request =~ s/Content-Length: \K(\d+)/$1 + 14/e if $arg{stream};
    $request = $arg{edit}->($request) if $arg{edit};

    IoattestSim::reset('set');
    IoattestSim::set(attest_machines => [0], completion_machines => [0],
                     generation => $generation += $arg{new} ? 1 : 0,
                     %{ $arg{set} // {} });

    my ($answer) = $nginx->ask($request);

    # it is logged before the connection is closed
    is(join(' and ', ways()), $want, $name)
        or diag "$answer->{code} $answer->{body}";
    return;
}

my $get = sub { $_[0] =~ s/^POST/GET/r };

# verified

way('a machine that is not known yet', "$met hold released");
way('one that is', "$met hold released");
way('a stream', "$met stream released", stream => 1);
way('a stream that is held', "$met hold released", stream => 1,
    path => '/held/');
way('another signer', "$met hold posted wait released", new => 1);
way('of a stream', "$met stream posted wait released", new => 1, stream => 1);
way('of a stream that is held', "$met hold posted wait released", new => 1,
    stream => 1, path => '/held/');
way('a header is enough', "$met released", path => '/off/');
way('but not of another signer', "$met hold posted wait released", new => 1,
    path => '/off/');

# refused

way('another method', "start $no", edit => $get);
way('a prompt that is ambiguous', "start body model $no", path => '/both/',
    edit => sub { $_[0] =~ s/"role"/"\\u0000/r =~ s/"messages"/"messag\xff"/r });
way('a model that is not listed', "start body model resolve $no",
    model => 'nobody/Nothing');
way('an attestation that fails', "start body model resolve attest $no",
    model => 'Qwen/Qwen3-32B', set => { attest => 'nonce_wrong' });
way('a header', "$met $no", sim => 'unsigned');
way('a length', "$met $no", sim => 'size=9000', path => '/small/');
way('a body', "$met hold posted wait $no", sim => 'flip_body');
way('too large', "$met hold posted wait $no", sim => 'size=9000, chunked',
    path => '/small/');
way('a stream', "$met stream posted wait $no", stream => 1,
    sim => 'flip_body');
way('a stream that is held', "$met hold posted wait $no", stream => 1,
    sim => 'flip_body', path => '/held/');
way('what breaks off', "$met hold posted wait $no", sim => 'truncate');
way('a forged signer', "$met hold posted wait $no", sim => 'forged');
way('a redirection', "$met redirected $no",
    sim => 'accel=/elsewhere/');
way('error_page', "$met hold posted wait refused", path => '/page/',
    sim => 'flip_body');
way('error_page to an upstream', "$met hold posted wait refused",
    path => '/again/', sim => 'flip_body');

# errors

way('an error of the API', "$met unsigned", sim => 'status=500, unsigned');
way('that does not pass', "$met $no", sim => 'status=500, unsigned',
    path => '/strict/');
way('no upstream', "$met unsigned", path => '/dead/');
way('a prompt too large', 'start body unsigned', path => '/body/',
    edit => sub {
        my ($head, $body) = split /\r\n\r\n/, $_[0], 2;
        $head =~ s/Content-Length: \d+/Transfer-Encoding: chunked/;
        sprintf "%s\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", $head, length $body, $body;
    });

# dry runs

way('a method', 'start exempt', edit => $get, path => '/dry/');
way('a model', 'start body model resolve exempt', model => 'nobody/Nothing',
    path => '/dry/');
way('a body', "$met hold posted wait exempt", sim => 'flip_body',
    path => '/dry/');
way('a stream', "$met stream posted wait exempt", sim => 'flip_body',
    stream => 1, path => '/dry/');
way('verified', "$met hold released", path => '/dry/');
way('a redirection', "$met exempt", path => '/dry/',
    sim => 'accel=/elsewhere/');
way('to a place that there is not', "$met redirected exempt",
    path => '/dry/', sim => 'accel=/nowhere');

# nobody attests

IoattestSim::set(generation => 0);
$generation = 0;
way('ioattest_trust', 'start body model sent hold released',
    path => '/trust/');

$alerts .= join '', $nginx->log =~ /^(.*\[(?:alert|crit|emerg)\].*\n)/mg;
is($alerts, '', 'no alert');

done_testing();
