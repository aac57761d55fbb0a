# SEV-SNP reports and AMD's key service: everything that can be wrong with
# them.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use IoattestClock;
use IoattestEvidence;
use IoattestNginx;
use IoattestSim;

IoattestSim->start(machines => 1, evidence => 1);

my $policy = IoattestEvidence::file(IoattestEvidence::policy(1));
my $kds = 'ioattest_amd_kds /_kds';

my $down = "        location = /_kds-down/vcek/v1/Milan/crl {\n"
           . "            internal;\n            return 500;\n        }\n";

# what is well signed is kept, so each fault of the service has a location

my @services = map { $_->[0] }
               IoattestEvidence::table(sub { $_[0]{kind} eq 'kds' });

my $clock = IoattestClock->new;
my $nginx = $clock->under(sub { IoattestEvidence::gateway(
    server => join('', $down,
        (map { IoattestEvidence::location($_, "$kds-$_/") } @services),
        IoattestEvidence::location('down', "$kds-down/"),
        IoattestEvidence::location('certs'),
        IoattestEvidence::location('mended', "$kds-mended/"),
        IoattestEvidence::location('policy', "$kds-policy",
                                   "ioattest_policy $policy"),
        IoattestEvidence::location('gone', "$kds-gone/",
                                   "ioattest_policy $policy"),
        IoattestEvidence::location('good', "$kds-good/"),
        IoattestEvidence::location('before', 'ioattest_gpu off'))) });

my %good = (evidence => 'snp', gpus => 1);

# what is good is accepted, or the rest would say nothing

IoattestSim::set(\%good);
is(IoattestEvidence::said($nginx, $_, "good-$_"), 200,
   "good evidence is accepted: $_") for qw( good policy );
is(IoattestEvidence::said($nginx, 'certs', 'no-certs'),
   '502 cpu_evidence_missing',
   'a report without certificates, and nobody to ask for one');
like($nginx->log, qr{cpu_evidence_missing,\ check\ "sev_snp.certificate":
     \ no\ certificate\ of\ the\ key,\ the\ key\ service\ has\ it\ at
     \ vcek/v1/Milan/[0-9a-f]{128}\?blSPL=\d+&}x,
     'which says where there is one');
IoattestSim::set({ %good, snp_certs => JSON::PP::true });
is(IoattestEvidence::said($nginx, 'certs', 'good-certs'), 200,
   'good evidence is accepted: certs');

my @cases;

for my $pair (IoattestEvidence::table(
                  sub { $_[0]{kind} eq 'snp' || $_[0]{kind} eq 'kds' }))
{
    my ($name, $entry) = @$pair;
    my $needs = $entry->{needs};
    my $kind = $entry->{kind} eq 'kds' ? 'kds' : 'attest';

    push @cases, {
        name => $name, reason => $entry->{reason},
        path => $kind eq 'kds' ? $name
                : $needs eq '' || $needs eq 'bound' ? 'certs' : $needs,
        settings => { %good, $kind => $name,
                      $needs eq 'kds' || $needs eq 'policy'
                      ? () : (snp_certs => JSON::PP::true),
                      $needs eq 'bound'
                      ? (report_data => 'address-nonce') : () },
    };
}

cmp_ok(scalar @cases, '>=', 70, 'the table has them');

# a list that does not come

IoattestSim::set(\%good);
is(IoattestEvidence::said($nginx, 'down', 'list-down'),
   '502 attestation_unavailable', 'a list that does not come');

# a report of version 2 does not say its product

for my $product (qw( Milan Genoa )) {
    IoattestSim::set({ %good, snp_version => 2, snp_product => $product });
    is(IoattestEvidence::said($nginx, 'good', "two-$product"), 200,
       "version 2, of a $product");
}
IoattestSim::reset();

# what is no good is asked for again at once

for my $fault (qw( kds_chip kds_crl_html )) {
    IoattestSim::set({ %good, kds => $fault });
    is(IoattestEvidence::said($nginx, 'mended', "$fault-there"),
       '502 cpu_evidence_invalid', "$fault is kept");
    IoattestSim::reset();
    IoattestSim::set(\%good);
    is(IoattestEvidence::said($nginx, 'mended', "$fault-mended"), 200,
       "$fault: and asked for again");
    $clock->pass(8 * 86400);
}

# one that was there, and is asked for again when its time is over

my %certs = (%good, snp_certs => JSON::PP::true);
IoattestSim::set(\%certs);
is(IoattestEvidence::said($nginx, 'gone', 'list-there'), 200,
   'a list that is there');
IoattestSim::set({ %certs, kds => 'status=404' });
$clock->pass(9 * 86400);
is(IoattestEvidence::said($nginx, 'gone', 'list-gone'), 200,
   'and is there no more');
cmp_ok(IoattestSim::stats()->{services}{kds}, '>', 0, 'as AMD says');
unlike($nginx->log, qr{/_kds-gone/\S*" has no CRL}, 'is not forgotten');
IoattestSim::reset();

# a model that has been seen with its address bound by hardware

IoattestSim::set({ %good, snp_certs => JSON::PP::true,
                   report_data => 'address-nonce' });
is(IoattestEvidence::said($nginx, 'before', 'snp_data_downgrade'), 200,
   'a model whose address is bound');

IoattestEvidence::walk($nginx, @cases);

# the same with the certificates of the key service

IoattestEvidence::walk($nginx, map {
    +{ %$_, path => 'good', settings => { %good,
                                          attest => $_->{settings}{attest} } }
} grep { $_->{name} =~ /^snp_(?:version|mbz|debug|signature|flip|key|data_n)/ }
  @cases);

is_deeply(IoattestEvidence::alarms($nginx), [],
          'nothing alarming in the log');

done_testing();
