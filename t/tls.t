# What TLS vouches for: an attestation whose signer is not bound by hardware,
# and the models list, count only if the connection that brought them was
# verified. Each condition stands beside what is accepted.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use IoattestEvidence;
use IoattestNginx;
use IoattestSim;
use IoattestTls;

IoattestSim->start(machines => 1);

my $tls = IoattestTls->new;
my ($api, $else) = map { $tls->ca($_) } qw( api else );

# Servers: the API's, somebody's with a certificate of the API's name from
# another CA, and that of another name from the API's CA.

my %port = (good => 1, forged => 2, other => 3, forged2 => 4, forged3 => 5);
my %version = (forged2 => 'ssl_protocols TLSv1.2;',
               forged3 => 'ssl_protocols TLSv1.3;');
my %at = map { $_ => '127.0.0.1:' . IoattestTls::port($port{$_}) } keys %port;

my $http = join '', map {
    $tls->server(port => $port{$_}, ca => /forged/ ? 'else' : 'api',
                 name => $_ eq 'other' ? 'other.test' : 'api.test',
                 more => $version{$_})
} sort keys %port;

sub upstream {
    my ($name, @servers) = @_;
    $http .= "    upstream $name { @{[map { \"$_; \" } @servers]}}\n";
    return;
}

upstream($_, "server $at{$_}") for qw( good forged other );
upstream("resumed$_", "server $at{\"forged$_\"}") for 2, 3;
upstream('kept_blind', "server $at{forged}", 'keepalive 4');
upstream('kept_else', "server $at{forged}", 'keepalive 4');
upstream('kept_other', "server $at{other}", 'keepalive 4');
upstream('api.test', "server $at{good}", 'keepalive 4');
upstream('other.test', "server $at{other}");
upstream('next', 'server 127.0.0.1:1', "server $at{forged}",
         "server $at{good}");

# Protected locations, each with one that attestations are asked at, and
# locations that anybody may ask before.

my $server = '';

sub place {
    my ($name, $pass, @more) = @_;
    my @of_it = grep { /^ioattest_/ } @more;
    my @lines = grep { !/^ioattest_/ } @more;

    $server .= IoattestEvidence::location($name, @of_it,
                                          "ioattest_request /_$name",
                                          'ioattest_model_id $http_x_id')
        . "        location = /_$name {\n            internal;\n"
        . join('', map { "            $_;\n" } @lines)
        . "            proxy_pass $pass/v1/private/attestation;\n        }\n";
    return;
}

sub opener {
    my ($name, $pass, @lines) = @_;

    $server .= "        location = /open_$name {\n"
        . join('', map { "            $_;\n" } @lines)
        . "            proxy_pass $pass/v1/models;\n        }\n";
    return;
}

my $named = 'proxy_ssl_name api.test';
my $other = 'proxy_ssl_name other.test';
my $off = 'proxy_ssl_verify off';
my $its_ca = "proxy_ssl_trusted_certificate $else";
my $in_context = "proxy_ssl_conf_command VerifyCAFile $api";
my $reuse = 'proxy_ssl_session_reuse on';

place('plain', 'http://api');
place('allowed', 'http://api', 'ioattest_ssl_verify off');
place('good', 'https://good', $named);
place('blind', 'https://good', $named, $off, $in_context);
place('seeing', 'https://good', $named, $in_context);
place('wrong_ca', 'https://forged', $named);
place('wrong_ca_blind', 'https://forged', $named, $off);
place('its_ca', 'https://forged', $named, $its_ca);
place('wrong_name', 'https://other', $named);
place('its_name', 'https://other', $other);
place('ends_so', 'https://good', 'proxy_ssl_name .test');
place('next', 'https://next', $named);

place("kept_$_", "https://kept_$_", $named) for qw( blind else );
opener('kept_blind', 'https://kept_blind', $named, $off);
opener('kept_else', 'https://kept_else', $named, $its_ca);

# one location, and so one context, for two names; the keys are callers', for
# attestations with such a one are made one after another

place('kept', 'https://kept_other', 'proxy_ssl_name $http_authorization');
$server .= IoattestEvidence::location("kept_$_", "ioattest_authorization \${arg_none}$_.test",
    'ioattest_request /_kept', 'ioattest_model_id $http_x_id')
    for qw( api other );

for my $v (2, 3) {
    place("resumed$v", "https://resumed$v", $named, $reuse);
    place("anew$v", "https://resumed$v", $named);
    place("same$v", "https://resumed$v", $named, $its_ca);
    opener("resumed$v", "https://resumed$v", $named, $its_ca, $reuse);
}

place('host', 'https://api.test');
place('not_host', 'https://good');
place('variable', 'https://$up', 'set $up other.test');
place('address', 'https://$up', 'set $name api.test', "set \$up $at{good}",
      'proxy_ssl_name $name');
place('with_port', 'https://good', 'proxy_ssl_name api.test:443');

# The list of models, from all kinds of places.

my $list = '{"data":[{"name":"known","model_id":"known-id",'
           . '"supports_attestation":true}]}';
my %list_at = (own => "return 200 '$list'",
               own_allowed => "return 200 '$list'",
               clear => 'proxy_pass http://api/v1/models',
               sure => "$named; proxy_pass https://good/v1/models");

for my $how (sort keys %list_at) {
    $server .= IoattestEvidence::location("list_$how",
        'ioattest_request /_good', "ioattest_models /_list_$how", 'ioattest_model known',
        $how =~ /allowed/ ? 'ioattest_ssl_verify off' : ())
        . "        location = /_list_$how { internal; $list_at{$how}; }\n";
}

my $nginx = IoattestNginx->start(workers => 1, http => <<"EOT",
$http
    ioattest_zone io:4m;
    ioattest_background off;
    ioattest_cpu off;
    ioattest_gpu off;
    ioattest_image_digest \$TEST_NGINX_SIM_DIGEST;
    ioattest_fail_timeout 1ms;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_ssl_server_name on;
    proxy_ssl_verify on;
    proxy_ssl_trusted_certificate $api;
    proxy_ssl_session_reuse off;
    proxy_ssl_protocols TLSv1.2 TLSv1.3;
    upstream api { server 127.0.0.1:\$TEST_NGINX_SIM_PORT; }
EOT
    server => "        ioattest_model \$http_x_id;\n"
              . "$server        location = /status { ioattest_status; }\n");

IoattestSim::set({ list => ['known'] });

my $asked = 0;

sub said {
    my ($path) = @_;
    $asked++;
    return IoattestEvidence::said($nginx, $path, "m-$asked");
}

sub via_tls {
    my ($row) = grep { $_->{model} eq "m-$asked" }
                @{$nginx->status->{zones}[0]{machines}};
    return $row ? $row->{via_tls} ? 'yes' : 'no' : 'unknown';
}

sub good {
    my ($path, $what, $via) = @_;
    is(said($path), 200, "accepted: $what");
    is(via_tls(), $via // 'yes', "via_tls: $what");
    return;
}

sub opened {
    my ($name) = @_;
    my ($answer) = $nginx->ask("GET /open_$name HTTP/1.1\r\nHost: x\r\n"
                               . "Connection: close\r\n\r\n");
    is($answer->{code}, 200, "somebody has asked there: $name");
    return;
}

# The last that the log says of why a reply does not count.

sub refused {
    my ($path, $what, $mend, $at) = @_;

    IoattestSim::reset('stats');
    is(said($path), '502 attestation_insecure', "refused: $path");
    $path = $at // $path;
    is(IoattestSim::stats()->{completions}{total}, 0, 'nothing is sent');
    my ($why) = reverse $nginx->log
        =~ /failed: attestation_insecure:([^\n]+)/g;
    like($why // '', qr/reply of "\/_$path" is not accepted: [^,]*\Q$what/,
         'the log names the condition');
    like($why // '', qr/, set "\Q$mend\E/, 'and the line that mends it');
    return;
}

# no TLS, and TLS that nobody looked at

refused('plain', 'has no TLS', 'proxy_pass https://');
good('allowed', 'ioattest_ssl_verify off', 'no');
good('good', 'TLS');
refused('blind', 'was not verified', 'proxy_ssl_verify on');
good('seeing', 'the same verified');

my ($answer) = $nginx->ask(IoattestEvidence::request('plain', 'again'));
like($answer->{head}, qr/^x-should-retry: false\r?$/m, 'no retry can mend it');
like($answer->{body}, qr/did not come over verified TLS/,
     'what a client reads');
like($nginx->log, qr/for model "m-2": [^\n]* bound by nothing that was/,
     'who is trusted');
like($nginx->log, qr/for model "m-3": [^\n]* signer bound by TLS to the API/,
     'and on what grounds');

# another CA, another name: nginx itself refuses where it looks

is(said('wrong_ca'), '502 attestation_unavailable', 'another CA');
refused('wrong_ca_blind', 'was not verified', 'proxy_ssl_verify on');
good('its_ca', 'the CA is the one of the location');
is(said('wrong_name'), '502 attestation_unavailable', 'another name');
good('its_name', 'the name is the one of the location');
refused('ends_so', 'is not for ".test"', 'proxy_ssl_name');
good('next', 'the third server of an upstream is the one');

# a connection that another location has opened

is(said('kept_blind'), '502 attestation_unavailable', 'none is kept');
opened('kept_blind');
refused('kept_blind', 'opened and kept by another location', 'proxy_pass');
opened('kept_else');
refused('kept_else', 'opened and kept by another location', 'proxy_pass');
good('kept_other', 'a name that the certificate is for');
refused('kept_api', 'is not for "api.test"', 'proxy_ssl_name', 'kept');
good('kept_other', 'a kept connection, for the same name');

# a session that was made under another CA

for my $v (2, 3) {
    is(said("anew$v"), '502 attestation_unavailable',
       "TLS 1.$v: another CA");
    opened("resumed$v");
    refused("resumed$v", 'was resumed', 'proxy_ssl_session_reuse off');
    is(said("anew$v"), '502 attestation_unavailable', 'which is off here');
    good("same$v", 'the same server, verified');
}

# names

good('host', 'the host of proxy_pass');
good('host', 'which a kept connection is for as well');
is(said('not_host'), '502 attestation_unavailable', 'another host');
good('variable', 'a variable in proxy_pass');
good('address', 'an address in it, and a variable for the name');
good('with_port', 'a name with a port');

# the list of models

sub listed {
    my ($how) = @_;
    return said("list_$how");
}

refused('list_clear', 'has no TLS', 'proxy_pass https://');
refused('list_own', 'made by nginx itself', 'proxy_pass https://');
is(listed('own_allowed'), 200, 'the same, ioattest_ssl_verify off');
is(listed('sure'), 200, 'a list by TLS');

is_deeply(IoattestEvidence::alarms($nginx, qr/SSL_do_handshake|verify error/),
          [], 'nothing alarming in the log');
ok($nginx->stop, 'nginx goes quietly');

done_testing();
