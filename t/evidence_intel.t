# Intel's platforms: which processor and kind of platform it is, how recent
# what Intel says of it must be, and which SVN is short.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Digest::SHA qw( sha256_hex );
use Test::More;

use IoattestEvidence;
use IoattestNginx;
use IoattestSim;

IoattestSim->start(machines => 1, evidence => 1);

my $ppid = substr sha256_hex('ppid machine 0'), 0, 32;
my $fmspc = 'a0b06f000000';
my ($other_ppid, $other_fmspc) = ('0' x 32, '0' x 12);

# name, members of "tdx", with collateral, and the check that says no

my @policies = (
    [ 'here', { ppid => [$other_ppid, $ppid], fmspc => [$fmspc] }, 0 ],
    [ 'ppid', { ppid => [$other_ppid] }, 0, 'tdx.ppid',
      'measurement_mismatch' ],
    [ 'fmspc', { fmspc => [$other_fmspc] }, 0, 'tdx.fmspc',
      'measurement_mismatch' ],
    [ 'recent', { min_evaluation => 18 }, 1 ],
    [ 'later', { min_evaluation => 19 }, 1, 'tdx.min_evaluation',
      'tcb_rejected' ],
);

sub policy {
    my ($tdx) = @_;
    return 'ioattest_policy ' . IoattestEvidence::file({ tdx => $tdx });
}

my $server = join '', map {
    my ($name, $tdx, $collateral) = @$_;
    IoattestEvidence::location($name, 'ioattest_gpu off', policy($tdx),
        $collateral ? "ioattest_collateral /_pcs-$name/" : ())
} @policies, [ 'grace', { tcb_grace => '3650d' }, 1 ],
    map { [ $_, { min_evaluation => 18 }, 1 ] } qw( tcb qe );

my $nginx = IoattestEvidence::gateway(server => $server);

for my $case (@policies) {
    my ($name, undef, undef, $check, $reason) = @$case;

    IoattestSim::set({ evidence => 'tdx', gpus => 0 });
    is(IoattestEvidence::said($nginx, $name, "model-$name"),
       $reason ? "502 $reason" : '200', $name);
    is(IoattestEvidence::failed_check($nginx, "model-$name"),
       qq($reason, check "$check"), "$name: the log names it") if $check;
}

for my $document (qw( tcb qe )) {
    IoattestSim::set({ evidence => 'tdx', gpus => 0,
                       collateral => "${document}_evaluation_old" });
    is(IoattestEvidence::said($nginx, $document, "model-$document"),
       '502 tcb_rejected', "an older evaluation of one document: $document");
}

# out of date: refused, and in grace, which SVN is short

IoattestSim::set({ evidence => 'tdx', gpus => 0, attest => 'tdx_tcb_old' });
is(IoattestEvidence::said($nginx, 'recent', 'model-old'), '502 tcb_rejected',
   'a platform that is out of date');
my ($line) = grep { /"model-old"/ && /tdx\.tcb_status/ }
             split /\n/, $nginx->log;
my $short = qr/\w+ component \d+ is \d+, \d+ is needed/;
like($line, qr/: OutOfDate, fixed \d+ days ago: $short.* for UpToDate \(20/,
     'the log says which SVN is short');
note($line);

is(IoattestEvidence::said($nginx, 'grace', 'model-grace'), '200', 'in grace');
($line) = grep { /for model "model-grace"/ } split /\n/, $nginx->log;
my $grace = qr/OutOfDate, fixed \d+ days ago, within tcb_grace/;
like($line, qr/tcb status $grace: $short/,
     'the log says it of one that passes');
note($line);

# where nothing could ever pass, nginx does not start

my $dir = File::Temp->newdir('ioattest-intel-XXXXXX', TMPDIR => 1);

for my $case ([ 'tdx', '', 1 ],
              [ 'tdx', 'ioattest_collateral /p/;', 0 ],
              [ 'sev-snp', '', 0 ]) {
    my ($cpu, $more, $bad) = @$case;
    my $load = join '', map { "load_module $_;\n" }
               split ' ', $ENV{TEST_NGINX_LOAD_MODULES} // '';
    my $file = IoattestEvidence::file({ tdx => { min_evaluation => 18 } });
    my $conf = IoattestEvidence::file($load . <<"EOF");
pid $dir/pid;
error_log stderr;
events { }
http {
    access_log off;
    client_body_temp_path $dir/b; proxy_temp_path $dir/p;
    fastcgi_temp_path $dir/f; uwsgi_temp_path $dir/u; scgi_temp_path $dir/s;
    ioattest_zone io:1m;
    server {
        listen 127.0.0.1:$ENV{TEST_NGINX_SIM_PORT};
        location /v1/ {
            ioattest zone=io;
            ioattest_request /_attestation;
            ioattest_cpu_trusted_certificate $ENV{TEST_NGINX_SIM_CPU_ROOTS};
            ioattest_gpu off;
            ioattest_cpu $cpu;
            ioattest_policy $file;
            $more
        }
        location = /_attestation { internal; }
    }
}
EOF
    my $binary = $ENV{TEST_NGINX_BINARY} || 'nginx';
    my $out = `$binary -t -p $dir -c $conf 2>&1`;
    my $said = '"tdx.min_evaluation" of the policy needs '
               . '"ioattest_collateral"';
    is($? != 0 && index($out, $said) >= 0 ? 1 : 0, $bad,
       "nginx -t: $cpu " . ($more ? 'with' : 'without') . ' collateral')
        or diag($out);
    is($?, 0, 'it starts') or diag($out) if !$bad;
}

is_deeply(IoattestEvidence::alarms($nginx), [],
          'nothing alarming in the log');

done_testing();
