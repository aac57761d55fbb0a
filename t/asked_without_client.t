# What of a client's request goes to the API's attestation, to the models list
# and to vendors' services: its Authorization to the API, and nothing else.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use JSON::PP ();
use Test::More;

use IoattestEvidence;
use IoattestNginx;
use IoattestSim;

IoattestSim->start(machines => 1, evidence => 1);

my $listed = 'Qwen/Qwen3-32B';
my %texts = IoattestEvidence::texts(server => join '',
    IoattestEvidence::location('tdx', 'ioattest_collateral /_pcs/',
        'ioattest_gpu nras', 'ioattest_nras /_nras',
        'ioattest_nras_jwks /_jwks', 'ioattest_models /_models'),
    IoattestEvidence::location('snp', 'ioattest_gpu off',
        'ioattest_amd_kds /_kds/', 'ioattest_models /_models'),
    IoattestEvidence::location('own', 'ioattest_gpu off', 'ioattest_cpu off',
        'ioattest_models /_models',
        'ioattest_authorization "Bearer of-the-gateway"'),
    <<'EOF');
        location = /_models {
            internal;
            proxy_pass http://api/v1/models;
        }
EOF
$texts{http} =~ s/^\s*ioattest_model_id \S+;$//m;

my $nginx = IoattestNginx->start(workers => 1, %texts);

# A client's request has all that could tell of it, or harm.

my @mine = ('Cookie: secret=client', 'X-Custom: client-value',
    'X-Forwarded-For: 192.0.2.7', 'User-Agent: client-agent',
    'Accept: client/type', 'Accept-Language: client', 'Via: client',
    'Forwarded: for=client', 'Referer: http://client.example/',
    'Origin: http://client.example', 'Te: trailers', 'If-Match: "client"',
    'X-Api-Key: client-key', 'Proxy-Authorization: Basic client',
    'X-Sim-Attest: error=500', 'X-Sim-Models: error=500',
    'X-Sim-Collateral: error=500', 'X-Sim-Nras: error=500',
    'X-Sim-Jwks: error=500', 'X-Sim-Kds: error=500');

my %allowed = (
    attest => [qw( authorization connection content-length content-type
                   host )],
    models => [qw( authorization connection host )],
    collateral => [qw( connection host )],
    kds => [qw( connection host )],
    nras => [qw( connection content-length content-type host )],
    jwks => [qw( connection host )],
);

sub asked {
    my ($path, $evidence, $key, @kinds) = @_;

    IoattestSim::reset();
    IoattestSim::set(evidence => $evidence);

    my $request = IoattestEvidence::request($path, $listed, key => 'client',
                                            model => $listed,
                                            text => 'prompt-of-client');
    $request =~ s/\r\n/join "\r\n", '', @mine, ''/e;
    my ($answer) = $nginx->ask($request);
    is($answer->{code}, 200, "$path: an answer");

    my $last = IoattestSim::stats()->{last};
    is_deeply([sort keys %$last], [sort @kinds, 'completion'],
              "$path: all that is needed was asked for");
    is(scalar(grep { lc $_->[0] eq 'cookie' }
              @{$last->{completion}{headers}}), 1,
       "$path: the prompt goes with the client's headers");

    for my $kind (@kinds) {
        my $got = $last->{$kind};
        my %more = map { lc $_->[0] => $_->[1] } @{$got->{headers}};
        my $said = delete $more{authorization};
        my $api = $kind eq 'attest' || $kind eq 'models';

        delete @more{@{$allowed{$kind}}};
        is_deeply(\%more, {}, "$path, $kind: no header of the client's");
        is($said, $api ? $key : undef, "$path, $kind: the key");
        unlike(JSON::PP::encode_json($got),
               $api && $key =~ /client/ ? qr/prompt-of-client|client-/
                                        : qr/client/,
               "$path, $kind: and nothing else of it");
    }
    return;
}

asked('tdx', 'tdx', 'Bearer client',
      qw( attest models collateral nras jwks ));
asked('snp', 'snp', 'Bearer client', qw( attest models kds ));
asked('own', 'none', 'Bearer of-the-gateway', qw( attest models ));

is_deeply(IoattestEvidence::alarms($nginx), [], 'nothing alarming in the log');
ok($nginx->stop, 'nginx goes quietly');

done_testing();
