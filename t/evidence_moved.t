# A signing address that turns up on another machine than the one that it was
# trusted on, and the ids in status and log by which that is told.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Digest::SHA qw( sha256_hex );
use JSON::PP ();
use Test::More;
use Time::HiRes qw( sleep );

use IoattestEvidence;
use IoattestSim;

IoattestSim->start(machines => 1, evidence => 1);

my $is = IoattestSim::evidence()->{machines}[0];
my $ppid = substr sha256_hex('ppid machine 0'), 0, 32;
my %good = (evidence => 'tdx', gpus => 2);
my $short = 'ioattest_valid 1s';
my $nginx = IoattestEvidence::gateway(server => join '',
    IoattestEvidence::location('any', $short),
    IoattestEvidence::location('snp', $short, 'ioattest_gpu off'));

sub machine {
    my ($id) = @_;
    my ($found) = grep { $_->{model_id} eq $id }
        map { @{ $_->{machines} } } @{ $nginx->status->{zones} };
    return $found;
}

# Each step is another attestation of that model: what was attested before has
# expired, and is remembered.
my ($path, $model) = ('any', '');

sub step {
    my ($name, $said, $set, $why) = @_;

    sleep(1.1);
    IoattestSim::reset();
    IoattestSim::set($set);
    is(IoattestEvidence::said($nginx, $path, $model),
        $said ? "502 $said" : '200', $name);
    return if !$why;

    my @lines = grep { /model "$model" failed/ } split /\n/, $nginx->log;
    like($lines[-1] // '', qr/check\ "reply\.same_machine":
        \ the\ signing\ address\ was\ trusted\ before\ with\ \Q$why\E/x,
        "$name: why");
}

my $no = 'measurement_mismatch';

# each of a model of its own, for failures in a row rest
my @moved = (
    [ 'another processor', { hardware => 3, gpu_hardware => 0 },
      "PPID $ppid" ],
    [ 'other GPUs', { gpu_hardware => 3 }, 'GPUs of other UEIDs' ],
    [ 'a GPU less', { gpus => 1 }, 'GPUs of other UEIDs' ],
    [ 'another kind', { evidence => 'snp', snp_certs => JSON::PP::true },
      'another kind of CPU' ],
);
for my $case (@moved) {
    my ($name, $set, $why) = @$case;
    ($model = "moved-$name") =~ tr/ /-/;
    step("before $name", '', \%good);
    step($name, $no, { %good, %$set }, $why);
}
$model = 'bound';
step('a machine', '', \%good);
step('the same again', '', \%good);
is(machine('bound')->{ppid}, $ppid, 'is the one that is trusted');
step('one that hardware binds', '', { %good, hardware => 3,
    report_data => 'address-nonce' });
step('but no other then', $no, { %good, report_data => 'address-nonce' },
    'PPID ');

# for another model the same address may be on any machine, which takes
# nothing from the first: SECURITY.md says why
$model = 'here';
step('a model', '', \%good);
my $here = machine('here');
$model = 'elsewhere';
step('another model', '', \%good);
$model = 'elsewhere-moved';
step('another machine for another model', '',
    { %good, hardware => 3, gpu_hardware => 3 });
my $moved = machine('elsewhere-moved');
is($moved->{signing_address}, $here->{signing_address}, 'of the same address');
isnt($moved->{ppid}, $here->{ppid}, 'and another processor');
step('which stays there', $no, \%good, 'PPID ');
$model = 'here';
step('and the first here', '', \%good);
step('alone', $no, { %good, hardware => 3, gpu_hardware => 0 }, "PPID $ppid");

my %snp = (evidence => 'snp', gpus => 0, snp_certs => JSON::PP::true);
($path, $model) = ('snp', 'chip');
step('a chip', '', \%snp);
is(machine('chip')->{chip_id}, $is->{chip_id}, 'status: chip id');
is(machine('chip')->{ppid}, undef, 'status: no PPID');
like($nginx->log, qr/attested 0x.*, chip id $is->{chip_id}/, 'log: chip id');
step('another chip', $no, { %snp, hardware => 3 },
    "chip id $is->{chip_id}");

is_deeply(IoattestEvidence::alarms($nginx), [], 'nothing alarming in the log');

done_testing();
