# Whether bench/chaos.py would find what is wrong: its tables of answers against
# another judge, and its own judge before gateways and APIs that are not what
# they say.  The chaos itself takes longer: "make chaos", which .ci/run does.

use strict;
use warnings;

use Cwd ();
use File::Basename qw( dirname );

my $top = dirname(dirname(Cwd::abs_path(__FILE__)));
my ($module) = split ' ', $ENV{TEST_NGINX_LOAD_MODULES}
               // "$top/build/ngx_http_ioattest_module.so";

exec 'python3', "$top/bench/chaos.py", '--self-test', '--lanes', 1,
     '--clients', 8, '--port', $ENV{TEST_NGINX_PORT} || 1984,
     '--module', $module, $ENV{TEST_NGINX_BINARY}
                          ? ('--nginx', $ENV{TEST_NGINX_BINARY}) : ();
