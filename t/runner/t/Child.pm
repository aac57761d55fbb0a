package Child;

# Runs a test file of a few blocks under the runner, in a process of its own.

use strict;
use warnings;

use Cwd qw( abs_path );
use Exporter qw( import );
use File::Basename qw( dirname );
use File::Temp ();

our @EXPORT = qw( run_blocks );

my $lib = abs_path(dirname(__FILE__) . '/..');
my $tmp = File::Temp->newdir('runner-XXXXXX', TMPDIR => 1);

$ENV{TEST_NGINX_SERVROOT} //= "$tmp/servroot";
$ENV{PATH} .= ':/usr/sbin';
delete @ENV{qw( TEST_NGINX_LOAD_MODULES TEST_NGINX_USE_HUP )};


# Returns its exit status, what it said, and the labels of tests that passed
# and of those that failed.

sub run_blocks {
    my ($head, $blocks, %set) = @_;

    local @ENV{keys %set} = values %set;

    my $file = "$tmp/blocks.t";

    # a file's own "===" and "---" must not look like those of the file it is in
    $blocks =~ s/^\|//mg;

    open my $out, '>', $file or die "cannot write $file: $!\n";
    print $out $head, "\nrun_tests();\n\n__DATA__\n\n", $blocks;
    close $out;

    my $said = `cd $tmp && $^X -I$lib $file 2>&1`;
    my $status = $? >> 8;

    return {
        status  => $status,
        said    => $said,
        passed  => [$said =~ /^ok \d+ - (.*)/mg],
        failed  => [$said =~ /^not ok \d+ - (.*)/mg],
        plan    => $said =~ /^1\.\.(\d+)/m ? $1 : undef,
    };
}

1;
