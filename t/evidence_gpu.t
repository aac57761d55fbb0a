# GPU evidence: everything that can be wrong with it.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use IoattestEvidence;
use IoattestNginx;
use IoattestSim;

IoattestSim->start(machines => 1, evidence => 1);

my $policy = IoattestEvidence::file(IoattestEvidence::policy(2));

my $nginx = IoattestEvidence::gateway(
    server => join('',
        IoattestEvidence::location('any'),
        IoattestEvidence::location('policy', "ioattest_policy $policy"),
        IoattestEvidence::location('switched',
            'ioattest_policy ' . IoattestEvidence::file(
                { gpu => { modes => ['protected-pcie'] } })),
        IoattestEvidence::location('alone', 'ioattest_cpu off'),
        IoattestEvidence::location('off', 'ioattest_gpu off')));

my %good = (evidence => 'tdx', gpus => 2);

for my $path (qw( any policy alone )) {
    IoattestSim::set(\%good);
    is(IoattestEvidence::said($nginx, $path, "good-$path"), 200,
       "good evidence is accepted: $path");
}

my @cases;

for my $pair (IoattestEvidence::table(sub { $_[0]{kind} eq 'gpu' })) {
    my ($name, $entry) = @$pair;

    push @cases, {
        name => $name, reason => $entry->{reason},
        path => $entry->{needs} || 'any',
        settings => { %good, attest => $name, $entry->{needs} eq 'switched'
                      ? (gpus => 8, gpu_features => 'ppcie') : () },
    };
}

# what only one of two has, whatever versions a policy lists

push @cases, map { +{ name => "$_ of one", reason => 'measurement_mismatch',
                      path => 'any', check => 'gpu.alike',
                      settings => { %good, attest => "$_=1" } } }
             qw( gpu_driver gpu_vbios gpu_alike );

# protected PCIe that a policy lists

push @cases,
    { name => 'switched', reason => '', path => 'switched',
      settings => { %good, gpus => 8, gpu_features => 'ppcie' } },
    map { +{ name => "switched-$_", reason => 'measurement_mismatch',
             path => 'switched', check => 'gpu.switches',
             settings => { %good, gpus => $_, gpu_features => 'ppcie' } } }
        2, 7, 9;

cmp_ok(scalar @cases, '>=', 50, 'the table has them');

IoattestEvidence::walk($nginx, @cases);

# the second of two is looked at like the first, with the CPU's or without

IoattestEvidence::walk($nginx, map {
    +{ %$_, path => 'alone', name => "$_->{name}=1",
       settings => { %good, attest => "$_->{name}=1" } }
} grep { $_->{name} =~ /^gpu_(?:nonce|signature|flip|root|leaf_expired|fwid)$/ }
  @cases);

# a driver that is newer than what is read here has words of its own

my $newer = 'opaque data NVDAOD 3.0.0, profile 0: a newer format, update '
            . 'ioattest';
like($nginx->log, qr/model\ "gpu_records_newer"\ failed:
                     \ gpu_evidence_invalid,\ check\ "gpu\.0\.layout":\ \Q$newer\E/x,
     'the log says what to do');
unlike($nginx->log, qr/model "gpu_records_cut"[^\n]*update ioattest/,
       'and not of what is only wrong');

# versioned records are judged by the same policy

IoattestEvidence::walk($nginx,
    { name => 'versioned', reason => '', path => 'policy',
      settings => { %good, gpu_records => 'versioned' } },
    (map { +{ name => "versioned-$_", reason => 'measurement_mismatch',
              path => 'policy',
              settings => { %good, gpu_records => 'versioned',
                            attest => $_ } } } qw( gpu_driver gpu_vbios )),
    { name => 'versioned-ppcie', reason => 'measurement_mismatch',
      path => 'any', check => 'gpu.modes', settings => { %good, gpu_records => 'versioned',
                                   gpu_features => 'ppcie' } });

# none at all

IoattestEvidence::walk($nginx,
    { name => 'no GPU', reason => 'gpu_evidence_missing', path => 'any',
      check => 'gpu.present',
      settings => { %good, gpus => 0 } },
    { name => 'no evidence', reason => 'cpu_evidence_missing', path => 'any',
      check => 'cpu.present',
      settings => { evidence => 'none' } },
    (map { +{ name => $_, reason => 'gpu_evidence_missing', path => 'any',
              check => $_ eq 'gpu_empty' ? 'gpu.number' : 'gpu.present',
              settings => { %good, attest => $_ } } }
     qw( gpu_missing gpu_null gpu_empty )),
    { name => 'not asked for', reason => '', path => 'off',
      settings => { %good, attest => 'gpu_missing' } });

is_deeply(IoattestEvidence::alarms($nginx), [],
          'nothing alarming in the log');

done_testing();
