# Replies of the API and of other services that end too early, though all that
# is needed has come: what was cut off is not known, so none of them counts.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use IoattestEvidence;
use IoattestNginx;
use IoattestSim;

IoattestSim->start(machines => 1, evidence => 1);

my $listed = 'Qwen/Qwen3-32B';
my $id = 'ioattest_model_id $http_x_id';
my @off = ('ioattest_cpu off', 'ioattest_gpu off');
my @nras = ($id, 'ioattest_cpu off', 'ioattest_gpu nras',
            'ioattest_nras /_nras', 'ioattest_nras_jwks /_jwks');

# What is asked for, the setting that says how it answers, the reason where
# the answer does not count, and the directives of its location.

my %asked = (
    attestation => ['attest', 'attestation_malformed', $id, @off],
    unbuffered => ['attest', 'attestation_malformed', $id, @off,
                   'ioattest_request /_unbuffered'],
    models => ['models', 'attestation_malformed', @off,
               'ioattest_models /_models'],
    pcs => ['collateral', 'attestation_unavailable', $id, 'ioattest_gpu off',
            'ioattest_collateral /_pcs/'],
    kds => ['kds', 'attestation_unavailable', $id, 'ioattest_gpu off',
            'ioattest_amd_kds /_kds/'],
    nras => ['nras', 'attestation_unavailable', @nras],
    jwks => ['jwks', 'attestation_unavailable', @nras],
);

# Two ways to say where a reply ends: cut, and whole.

my %framed = (length => ['length_more', 'length'],
              chunked => ['no_last_chunk', 'chunked']);

# Each case has a zone, for what one has is not asked for again.

my ($zones, $server) = ('', '');

for my $what (sort keys %asked) {
    for my $frame (sort keys %framed) {
        my ($kind, $reason, @lines) = @{$asked{$what}};
        my $location = IoattestEvidence::location("$what-$frame", @lines,
                                                  'ioattest_fail_timeout 1ms');
        $location =~ s/zone=io/zone=$what-$frame/;
        $server .= $location;
        $zones .= "    ioattest_zone $what-$frame:256k;\n";
    }
}

my %texts = IoattestEvidence::texts(http => $zones, server => $server);
$texts{http} =~ s/^\s*\Q$id\E;$//m;
$texts{server} .= <<'EOF';
        location = /_unbuffered {
            internal;
            proxy_buffering off;
            proxy_pass http://api/v1/private/attestation;
        }
        location = /_models {
            internal;
            proxy_pass http://api/v1/models;
        }
EOF

my $nginx = IoattestNginx->start(workers => 1, %texts);

for my $what (sort keys %asked) {
    my ($kind, $reason) = @{$asked{$what}};
    my $model = $kind eq 'models' ? $listed : "model-$what";

    for my $frame (sort keys %framed) {
        my ($cut, $whole) = @{$framed{$frame}};

        IoattestSim::reset();
        IoattestSim::set(evidence => $kind eq 'kds' ? 'snp' : 'tdx',
                         $kind => $cut);
        is(IoattestEvidence::said($nginx, "$what-$frame", $model),
           "502 $reason", "$what, $frame: cut off");
        is(IoattestSim::stats()->{completions}{total}, 0,
           "$what, $frame: no prompt is sent");

        IoattestSim::set($kind => $whole);
        is(IoattestEvidence::said($nginx, "$what-$frame", $model), 200,
           "$what, $frame: whole");
    }
}

is_deeply(IoattestEvidence::alarms($nginx), [], 'nothing alarming in the log');
ok($nginx->stop, 'nginx goes quietly');

done_testing();
