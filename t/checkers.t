# A report of a sanitizer's or of valgrind's fails the file whose nginx it is
# of, though all its tests pass; also where nginx was started anew since.

use strict;
use warnings;

use Cwd qw( abs_path );
use File::Basename qw( dirname );
use Test::More;

my $top = dirname(dirname(abs_path(__FILE__)));

# A file of its own: what it leaves with, and what it says.

sub file {
    my ($code) = @_;

    my $said = `$^X -I$top/t/lib -MIoattestNginx -e '
        sub start { IoattestNginx->start(workers => 1, http => q(),
                                         server => q(), \@_) }
        sub put { open my \$out, q(>>), shift or die; print {\$out} shift }
        my \$nginx = start();
        $code' 2>&1`;
    return ($? >> 8, $said);
}

my $log = 'my $log = "$nginx->{root}/logs/error.log";';

for ([ 'nothing', '', 0 ],
     [ 'a line that is no report', $log . 'put($log, "runtime error\n");', 0 ],
     [ 'AddressSanitizer', $log . 'put($log, "==7==ERROR: '
       . 'AddressSanitizer: heap-use-after-free\n");', 1 ],
     [ 'UndefinedBehaviorSanitizer', $log . 'put($log, '
       . '"src/a.c:7:3: runtime error: signed integer overflow\n");', 1 ],
     [ 'a report, and nginx anew', $log . 'put($log, "==7==ERROR: '
       . 'LeakSanitizer: detected\n"); $nginx->stop; start();', 1 ],
     [ 'valgrind', '$nginx->{found} = File::Temp->newdir; '
       . 'put("$nginx->{found}/7", "==7== Invalid read of size 1\n");', 1 ],
     [ 'valgrind without a report', '$nginx->{found} = File::Temp->newdir; '
       . 'put("$nginx->{found}/7", "");', 0 ])
{
    my ($name, $code, $wanted) = @$_;
    my ($left, $said) = file($code);
    is($left, $wanted, "$name: leaves with $wanted");
    is($said =~ /a checker has found a fault/ ? 1 : 0, $wanted,
       "$name: and says so, or not") or diag $said;
}

done_testing;
