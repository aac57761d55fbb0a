# What is signed counts however it came: evidence that binds the signer, and
# what the makers' services sign. What is not signed counts by verified TLS
# alone: NVIDIA's key set, and that AMD has no CRL.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use File::Temp ();
use Test::More;

use IoattestEvidence;
use IoattestNginx;
use IoattestSim;
use IoattestTls;

IoattestSim->start(machines => 1, evidence => 1);

my $dir = File::Temp->newdir('ioattest-services-XXXXXX', TMPDIR => 1);
chmod 0755, "$dir";

my $tls = IoattestTls->new;
my $api = $tls->ca('api');
my $port = IoattestTls::port(1);
my $clear = IoattestTls::port(2);
my $crl = 'vcek/v1/Milan/crl';

my $http = $tls->server(port => 1, ca => 'api', name => 'api.test',
                        more => "location = /$crl { return 404; }") . <<"EOT";
    upstream sure { server 127.0.0.1:$port; }
    server {
        listen 127.0.0.1:$clear;
        location = /$crl { return 404; }
        location / { proxy_pass http://127.0.0.1:\$TEST_NGINX_SIM_PORT; }
    }
    proxy_ssl_name api.test;
    proxy_ssl_verify on;
    proxy_ssl_trusted_certificate $api;
    proxy_ssl_session_reuse off;
EOT

# The services by TLS, and those that change from one to the other.

my $server = <<"EOT";
        location = /_sure {
            internal;
            proxy_pass https://sure/v1/private/attestation;
        }
        location = /_sure-jwks {
            internal;
            proxy_pass https://sure/.well-known/jwks.json;
        }
        location = /_turning {
            internal;
            set \$service https://sure;
            if (-f $dir/clear) { set \$service http://127.0.0.1:$clear; }
            rewrite ^ /.well-known/jwks.json break;
            proxy_pass \$service;
        }
        location /_sure-kds/ {
            internal;
            proxy_pass https://sure/;
        }
        location /_clear-kds/ {
            internal;
            proxy_pass http://127.0.0.1:$clear/;
        }
        location /_taken-kds/ {
            internal;
            proxy_intercept_errors on;
            error_page 404 /none;
            proxy_pass https://sure/;
        }
EOT

sub place {
    my ($name, @more) = @_;
    $server .= IoattestEvidence::location($name, 'ioattest_ssl_verify on',
                                          @more);
    return;
}

sub nras {
    return ('ioattest_gpu nras', 'ioattest_nras /_nras',
            "ioattest_nras_jwks /_$_[0]");
}

place('bound');
place('sure', 'ioattest_request /_sure');
place('keys_clear', nras('jwks-clear'));
place('keys_sure', nras('sure-jwks'));
place('keys_shared', nras('jwks-shared'));
place('keys_turning', nras('turning'));
$server .= IoattestEvidence::location('keys_allowed', nras('jwks-shared'));
place("kds_$_", 'ioattest_gpu off', "ioattest_amd_kds /_$_-kds/")
    for qw( sure clear taken );
place('kds_signed', 'ioattest_gpu off', 'ioattest_amd_kds /_kds/');
$server .= IoattestEvidence::location('kds_allowed', 'ioattest_gpu off',
                                      'ioattest_amd_kds /_clear-kds/');

my $nginx = IoattestEvidence::gateway(http => $http, server => $server);

my %good = (evidence => 'tdx', gpus => 1);
my %bound = (%good, report_data => 'address-nonce');
my $asked = 0;

sub said {
    my ($path) = @_;
    $asked++;
    return IoattestEvidence::said($nginx, $path, "m-$asked");
}

sub accepted {
    my ($path, $what) = @_;
    is(said($path), 200, $what);
    return;
}

sub refused {
    my ($path, $uri, $what) = @_;

    IoattestSim::reset('stats');
    is(said($path), '502 attestation_insecure', "refused: $path");
    is(IoattestSim::stats()->{completions}{total}, 0, 'nothing is sent');
    my ($why) = reverse $nginx->log
        =~ /of model "m-$asked" failed: attestation_insecure:([^\n]+)/g;
    like($why // '', qr/"\/_$uri[^"]*" is not accepted: [^"]*\Q$what/,
         'the log says whose answer, and the condition');
    return;
}

sub machine {
    my ($row) = grep { $_->{model} eq "m-$asked" }
                @{$nginx->status->{zones}[0]{machines}};
    return join ' ', map { $row->{$_} ? $_ : "not $_" }
                     qw( signer_bound via_tls );
}

# the signer

IoattestSim::set(\%bound);
accepted('bound', 'a signer that hardware binds, in clear');
is(machine(), 'signer_bound not via_tls', 'and the status says how');
like($nginx->log, qr/for model "m-$asked": [^\n]* signer bound by hardware/,
     'as does the log');
accepted('sure', 'the same by TLS');
is(machine(), 'signer_bound via_tls', 'and the status says how');

IoattestSim::reset();
IoattestSim::set(\%good);
refused('bound', 'attestation', 'has no TLS');
accepted('sure', 'a signer that TLS alone vouches for');
is(machine(), 'not signer_bound via_tls', 'and the status says how');

# NVIDIA's keys

IoattestSim::reset();
IoattestSim::set(\%bound);
refused('keys_clear', 'jwks-clear', 'has no TLS');
like($nginx->log, qr/\d ioattest: the reply of "\/_jwks-clear" is not/,
     'the service is named by itself as well');
my $before = IoattestSim::stats()->{services}{jwks};
accepted('keys_sure', 'keys by TLS');
accepted('keys_sure', 'and again');
is(IoattestSim::stats()->{services}{jwks}, $before + 1, 'out of the zone');

accepted('keys_allowed', 'keys in clear, ioattest_ssl_verify off');
refused('keys_shared', 'jwks-shared', 'has no TLS');
accepted('keys_allowed', 'which the other location keeps');

accepted('keys_turning', 'keys by TLS');
open my $flag, '>', "$dir/clear" or die "clear: $!\n";
close $flag;
accepted('keys_turning', 'kept, where they would come in clear now');
IoattestSim::set({ nras_kid => 20 });
is(said('keys_turning'), '502 gpu_evidence_invalid',
   'a new key does not come in clear');
unlink "$dir/clear";
accepted('keys_turning', 'but by TLS');

# AMD's lists

IoattestSim::reset();
IoattestSim::set({ %bound, evidence => 'snp' });
accepted('kds_signed', 'a certificate and a list in clear: both are signed');
refused('kds_clear', 'clear-kds', 'has no TLS');
refused('kds_taken', 'taken-kds', 'closed before it could be checked');
accepted('kds_sure', 'no list, by TLS');
accepted('kds_allowed', 'no list in clear, ioattest_ssl_verify off');
refused('kds_clear', 'clear-kds', 'has no TLS');

is_deeply(IoattestEvidence::alarms($nginx), [],
          'nothing alarming in the log');
ok($nginx->stop, 'nginx goes quietly');

done_testing();
