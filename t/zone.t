# The zone by itself, under a clock of its own: t/unit/zone, which "make
# zone-test" builds beside the module, runs in an nginx that loads it.

use strict;
use warnings;

use Cwd ();
use File::Basename qw( dirname );
use File::Temp ();

my $top = dirname(dirname(Cwd::abs_path(__FILE__)));
my ($module) = split ' ', $ENV{TEST_NGINX_LOAD_MODULES}
               // "$top/build/ngx_http_ioattest_module.so";
my $test = dirname($module) . '/zone_test.so';
my $dir = File::Temp->newdir('ioattest-zone-XXXXXX', TMPDIR => 1);

die "$test is not there: make zone-test\n" if !-e $test;

open my $out, '>', "$dir/nginx.conf" or die "$dir/nginx.conf: $!\n";
print {$out} "load_module $test;\nevents { }\n";
close $out or die "$dir/nginx.conf: $!\n";

# It leaves with 0 where all went well, and says what did not.  Children that
# die must not write what their parent has yet to: valgrind has libc do so.
my @checker = $ENV{TEST_NGINX_USE_VALGRIND}
    ? ('valgrind', '-q', '--error-exitcode=9', '--run-libc-freeres=no',
       "--suppressions=$top/t/valgrind.suppress") : ();
my $left = system @checker, $ENV{TEST_NGINX_BINARY} // 'nginx', '-t', '-p',
                  "$dir/", '-e', "$dir/error.log", '-c', "$dir/nginx.conf";

exit($left == 0 ? 0 : 1);
