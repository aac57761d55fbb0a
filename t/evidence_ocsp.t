# NVIDIA's OCSP responder: everything that can be wrong with its answers, what
# the zone keeps of them, and boards on hold.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use IoattestEvidence;
use IoattestNginx;
use IoattestSim;

IoattestSim->start(machines => 2, evidence => 1);

my @table = IoattestEvidence::table(sub { $_[0]{kind} eq 'ocsp' });
my @harmless = map { $_->[0] } grep { $_->[1]{reason} eq '' } @table;

cmp_ok(scalar @table, '>=', 35, 'the table has the faults');

# what is accepted is kept for the next, so each of these has a location

sub location {
    my ($name, $more) = @_;

    return IoattestEvidence::location("ocsp-$name", 'ioattest_gpu local',
        "ioattest_gpu_ocsp /_ocsp-$name" . ($more // ''));
}

my $nginx = IoattestEvidence::gateway(
    workers => 2,
    server => join('', map({ location($_) } @harmless,
                                 qw( wrong kept old down one-1 one-2 one-3 )),
        location('hold', ' accept_hold'),
        # what stands around a location holds in it, and can be left
        location('hold', ' accept_hold')
            =~ s{ocsp-hold}{outer}r =~ s/\}\n\z/location \/outer\/in\/ {
            proxy_pass http:\/\/api\/v1\/private\/; }
            location \/outer\/strict\/ { ioattest_gpu_ocsp \/_ocsp-strict;
            proxy_pass http:\/\/api\/v1\/private\/; } }\n/r,
        IoattestEvidence::location('unasked', 'ioattest_gpu local',
                                   'ioattest_gpu_ocsp off'),
        <<'EOF'));
        location ^~ /_ocsp {
            internal;
            rewrite ^ /ocsp break;
            proxy_pass http://api;
        }
        location ^~ /_ocsp-down {
            internal;
            rewrite ^ /ocsp break;
            proxy_pass http://api;
            proxy_read_timeout 500ms;
        }
EOF

my %good = (evidence => 'tdx', gpus => 2, machines => 1);

sub said { return IoattestEvidence::said($nginx, @_) }
sub asked { return IoattestSim::stats()->{services}{ocsp} }

# every fault, on every certificate

IoattestEvidence::walk($nginx, map {
    my ($name, $entry) = @$_;
    +{ name => $name, reason => $entry->{reason},
       path => 'ocsp-' . ($entry->{reason} eq '' ? $name : 'wrong'),
       settings => { %good, gpus => 1, ocsp => $name } };
} @table);

# the same of one certificate alone, be it the last

for my $n (1 .. 3) {
    IoattestSim::reset();
    IoattestSim::set({ %good, ocsp => "ocsp_revoked=$n" });
    is(said("ocsp-one-$n", "one-$n"), '502 revoked', "certificate $n alone");
    IoattestEvidence::settle($nginx);
    IoattestSim::set({ %good, ocsp => "ocsp_signature=$n" });
    is(said("ocsp-one-$n", "sig-$n"), '502 attestation_unavailable',
       "a forged answer about certificate $n alone");
    IoattestEvidence::settle($nginx);
}

# what is final is told, though a certificate before it has no answer

IoattestSim::reset();
IoattestSim::set({ %good, ocsp => 'ocsp_signature=1,ocsp_revoked=3' });
is(said('ocsp-wrong', 'final'), '502 revoked', 'one revoked, one not known');
IoattestEvidence::settle($nginx);

my $said = 'check "gpu.0.revocation": certificate 2, "NVIDIA GH100 Provisioner '
           . 'ICA 1", was revoked 3 days ago: keyCompromise';
like($nginx->log, qr/\Q$said\E/, 'the log says which, and why');

# no answer

for my $fault ('status=500', 'empty_body', 'reset', 'hang', 'error=404') {
    IoattestSim::reset();
    IoattestSim::set({ %good, ocsp => $fault });
    like(said('ocsp-down', "no-$fault"),
         qr/^50[24] attestation_(?:unavailable|timeout)$/, "$fault: refused");
    is(IoattestSim::stats()->{completions}{total}, 0, 'and nothing is sent');
}

IoattestSim::reset();
IoattestSim::set({ %good, gpus => 1 });
is(said('ocsp-wrong', 'good'), 200, 'good answers are accepted there');

# asked side by side, each certificate once; then kept for all workers

IoattestSim::reset();
IoattestSim::set({ %good, gpus => 8, ocsp_delay_ms => 300 });
is(said('ocsp-kept', 'kept-0'), 200, 'eight GPUs');
is(asked(), 10, 'eight certificates, and two that they share');

my $last = IoattestSim::stats()->{last}{ocsp};
my %header = map { lc $_->[0] => $_->[1] } @{$last->{headers}};

is("$last->{method} $header{'content-type'} $header{accept}",
   'POST application/ocsp-request application/ocsp-response',
   'the request is one of OCSP');
ok(!exists $header{authorization}, 'without a key');

is(said('ocsp-kept', "kept-$_"), 200, "again: $_") for 1 .. 4;
is(asked(), 10, 'and nobody is asked again');

my $stats = IoattestSim::stats();
cmp_ok($stats->{max_open}, '>=', 8, 'all at once');

# a revoked board is found with the next question, and is asked for anew

IoattestSim::set({ %good, machines => 2, attest_machines => [1],
                   completion_machines => [1], ocsp => 'ocsp_revoked=1' });
is(said('ocsp-kept', 'machine-1'), '502 revoked', 'another machine');
cmp_ok(asked(), '>=', 12, 'its own certificates are asked for');
IoattestEvidence::settle($nginx);
my $before = asked();
IoattestSim::set({ ocsp => '' });
is(said('ocsp-kept', 'machine-1-again'), 200,
   'what is no longer revoked is no longer refused');
cmp_ok(asked(), '>=', $before + 2, 'for it was asked for again');

# an answer that is kept counts while the service is away

IoattestSim::reset();
IoattestSim::set(\%good);
is(said('ocsp-old', 'old-1'), 200, 'answers that are there');
IoattestSim::set({ ocsp => 'status=500' });
is(said('ocsp-old', 'old-2'), 200, 'are used while nobody answers');

# certificateHold

IoattestSim::reset();
IoattestSim::set({ %good, ocsp => 'ocsp_hold=1' });
is(said('ocsp-hold', 'hold-1'), 200, 'a board on hold, accepted');
is(said('outer/in', 'hold-2'), 200, 'and in what this holds');
is(said('outer/strict', 'hold-3'), '502 revoked', 'but not beside it');
is(IoattestEvidence::failed_check($nginx, 'hold-3'),
   'revoked, check "gpu.hold"', 'the log names the check');
is(said('unasked', 'hold-4'), 200, 'nobody is asked');

is_deeply(IoattestEvidence::alarms($nginx), [],
          'nothing alarming in the log');
ok($nginx->stop, 'nginx goes quietly');
unlike($nginx->log, qr/open socket/, 'and leaves no socket open');

done_testing();
