# Where a reply came from decides as well whether it came over verified TLS: a
# cache, nginx itself, another place that the first one named. And the result
# of the verification is looked at again where nginx has looked before.

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

IoattestSim->start(machines => 1);

my $dir = File::Temp->newdir('ioattest-reply-XXXXXX', TMPDIR => 1);
chmod 0755, "$dir";

my $tls = IoattestTls->new;
my $api = $tls->ca('api');
my $at = '127.0.0.1:' . IoattestTls::port(1);
my $clear = '127.0.0.1:' . IoattestTls::port(2);

# nginx asks OpenSSL once for a connection and the module once more: while
# the file is there, the second answer is that the certificate is revoked.

sub preload {
    my $file = "$dir/verify";

    open my $out, '>', "$file.c" or die "$file.c: $!\n";
    print {$out} <<'EOT';
#define _GNU_SOURCE
#include <dlfcn.h>
#include <unistd.h>

long
SSL_get_verify_result(const void *ssl)
{
    static int  n;
    long      (*real)(const void *);

    real = (long (*)(const void *)) dlsym(RTLD_NEXT, "SSL_get_verify_result");

    return (access(REVOKED, F_OK) == 0 && ++n % 2 == 0) ? 23 : real(ssl);
}
EOT
    close $out or die "$file.c: $!\n";
    system($ENV{CC} || 'cc', '-shared', '-fPIC', "-DREVOKED=\"$dir/revoked\"",
           '-o', "$file.so", "$file.c", '-ldl') == 0 or die "no $file.so\n";

    return "$file.so";
}

my $list = '{"data":[{"name":"known","model_id":"known-id",'
           . '"supports_attestation":true}]}';

mkdir "$dir/files" or die "$dir/files: $!\n";
mkdir "$dir/cache" or die "$dir/cache: $!\n";
chmod 0777, "$dir/cache";
open my $out, '>', "$dir/files/models" or die "models: $!\n";
print {$out} $list;
close $out or die "models: $!\n";

# The API, with a list in a file that a cache may ask after, and a list that
# names another place.

my $more = <<"EOT";
root $dir/files;
        location = /models { add_header X-Accel-Expires 1; }
        location = /sent_on {
            add_header X-Accel-Redirect /_moved;
            try_files /models =404;
        }
        location = /sent_on_name {
            add_header X-Accel-Redirect \@moved;
            try_files /models =404;
        }
EOT

my %cache = (map { $_ => "proxy_cache lists; proxy_cache_key $_; "
                         . 'proxy_cache_revalidate on' } qw( own other ));

my %list_at = (
    sure => 'proxy_pass https://api/v1/models',
    file => "alias $dir/files/models",
    cached => "$cache{own}; proxy_pass https://api/models",
    asked_after => "$cache{other}; proxy_pass https://api/models",
    sent_on => 'proxy_pass https://api/sent_on',
    sent_on_name => 'proxy_pass https://api/sent_on_name',
    stays => 'proxy_ignore_headers X-Accel-Redirect; '
             . 'proxy_pass https://api/sent_on',
    rewritten => 'rewrite ^ /_list_sure last',
);

my $server = "        location = /fill { $cache{other};\n"
             . "            proxy_pass http://$clear/models; }\n";

for my $how (sort keys %list_at) {
    for my $off ('', '_off') {
        $server .= IoattestEvidence::location("$how$off",
            'ioattest_request /_attestation', "ioattest_models /_list_$how",
            $off ? 'ioattest_ssl_verify off' : ());
    }
    $server .= "        location = /_list_$how {\n            internal;\n"
               . "            $list_at{$how};\n        }\n";
}

# it is what answers in clear too, to whom does not ask for TLS

my $in_clear = $tls->server(port => 2, ca => 'api', name => 'api.test',
                            more => $more);
$in_clear =~ s/ ssl;/;/;
$in_clear =~ s/^ *ssl_[^\n]*\n//mg;

sub started {
    local $ENV{LD_PRELOAD} = preload();
    local $ENV{ASAN_OPTIONS} = join ':', $ENV{ASAN_OPTIONS} // (),
                                         'verify_asan_link_order=0';

    return IoattestNginx->start(workers => 1, server => $server,
        http => $tls->server(port => 1, ca => 'api', name => 'api.test',
                             more => $more) . $in_clear . <<"EOT");
    ioattest_zone io:4m;
    ioattest_background off;
    ioattest_cpu off;
    ioattest_gpu off;
    ioattest_image_digest \$TEST_NGINX_SIM_DIGEST;
    ioattest_fail_timeout 1ms;
    ioattest_valid 1s;
    ioattest_refresh 0;
    ioattest_model known;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_ssl_name api.test;
    proxy_ssl_verify on;
    proxy_ssl_trusted_certificate $api;
    proxy_ssl_session_reuse off;
    proxy_cache_path $dir/cache keys_zone=lists:1m;
    upstream api { server $at; }
EOT
}

$server .= <<"EOT";
        rewrite_log on;
        location = /_moved { internal; rewrite ^ /_list_sure last; }
        location \@moved { rewrite ^ /_list_sure last; }
        location = /_attestation {
            internal;
            proxy_pass https://api/v1/private/attestation;
        }
EOT
$server =~ s{proxy_pass http://api/v1/private/}
            {proxy_pass http://127.0.0.1:\$TEST_NGINX_SIM_PORT/v1/private/}g;

my $nginx = started();

IoattestSim::set({ list => ['known'] });

sub said { return IoattestEvidence::said($nginx, $_[0], '-') }

sub refused {
    my ($how, $what, $mend) = @_;

    IoattestSim::reset('stats');
    is(said($how), '502 attestation_insecure', "$how: refused");
    is(IoattestSim::stats()->{completions}{total}, 0, 'nothing is sent');
    my ($why) = reverse $nginx->log
        =~ /failed: attestation_insecure:([^\n]+)/g;
    like($why // '', qr/"\/_list_$how" is not accepted: [^"]*\Q$what/,
         'the log names the condition');
    like($why // '', qr/, set "\Q$mend\E/, 'and the line that mends it');
    is(said("${how}_off"), 200, 'the answer is good by itself');
    return;
}

is(said('sure'), 200, 'a list by verified TLS');
refused('file', 'made by nginx itself', 'proxy_pass https://');
is(said('rewritten'), 200, 'a rewrite before anybody is asked');
like($nginx->log, qr{matches "/_list_rewritten"}, '... which the log shows');

# another place, named by whoever was asked first, is not asked: TLS or none

for my $how (qw( sent_on sent_on_name sent_on_off sent_on_name_off )) {
    is(said($how), '502 attestation_unavailable', "$how: refused");
}
is(() = $nginx->log =~ m{"/_list_sent_on(?:_name)?" names another location by }g,
   4, 'the log says so each time');
unlike($nginx->log, qr{matches "(?:/_moved|/_list_sent_on\w*)"},
       'nobody goes there');
is(said('stays'), 200, 'not where nginx does not follow');

# a cache: what is in it, and what was filled in clear and is found unchanged
# by TLS

is(said('cached'), 200, 'a list on its way into a cache');
sleep 2;
is(said('cached'), '502 attestation_insecure', 'the same out of the cache');
is(said('cached_off'), 200, 'the answer is good by itself');

my ($answer) = $nginx->ask("GET /fill HTTP/1.1\r\nHost: x\r\n"
                           . "Connection: close\r\n\r\n");
is($answer->{code}, 200, 'somebody fills the cache in clear');
sleep 2;
refused('asked_after', 'came from a cache', 'proxy_cache off');

# the result of the verification

open my $flag, '>', "$dir/revoked" or die "revoked: $!\n";
close $flag;
refused('sure', 'does not verify (certificate revoked)',
        'proxy_ssl_trusted_certificate');
unlink "$dir/revoked";
sleep 1;
is(said('sure'), 200, 'once it is good again');

is_deeply(IoattestEvidence::alarms($nginx), [],
          'nothing alarming in the log');
ok($nginx->stop, 'nginx goes quietly');

done_testing();
