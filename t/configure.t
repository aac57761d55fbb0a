# scripts/nginx-configure.sh: of several at once in one directory one configures
# at a time, and what a killed one leaves stops nobody for ever.

use strict;
use warnings;

use Cwd qw( abs_path );
use Fcntl qw( LOCK_EX );
use File::Path qw( make_path );
use File::Temp qw( tempdir );
use FindBin ();
use lib "$FindBin::Bin/lib";

use Test::More;

use IoattestCli qw( put slurp );

my $script = abs_path("$FindBin::Bin/..") . '/scripts/nginx-configure.sh';
my $dir = tempdir(CLEANUP => 1);
my $src = "$dir/source";

make_path("$src/auto", "$src/src/core", "$dir/bin");
put("$src/$_", "\n") for qw( auto/module auto/modules src/core/nginx.h );

# A configure that says when it begins and ends, and takes a while.
put("$src/configure", <<'EOT');
#!/bin/sh
for option; do
    case $option in
        --builddir=*) to=${option#*=} ;;
        --slow) slow=2 ;;
    esac
done
echo begin >> "$to/../ran"
sleep ${slow-0.4}
mkdir -p "$to" && echo all: > "$to/Makefile" || exit 1
echo end >> "$to/../ran"
EOT
chmod 0755, "$src/configure";

# A system without flock.
for my $command (qw( sh cat cksum dirname head ln ls mkdir ps readlink rm rmdir
                     sleep tail ))
{
    my ($path) = grep { -x } map { "$_/$command" } qw( /usr/bin /bin );
    symlink $path, "$dir/bin/$command" or die "$command: $!";
}

my $old = $ENV{PATH};
my %path = (flock => $old, link => "$dir/bin");

$ENV{IOATTEST_LOCK_WAIT} = 15;

# Starts one, of these options of nginx's configure: its process.
sub start {
    my ($to, @options) = @_;

    my $pid = fork // die "fork: $!";
    return $pid if $pid;
    open STDERR, '>', "$to.said" or die $!;
    exec 'sh', $script, $src, $to, 'module', @options or die $!;
}

sub status {
    my ($pid) = @_;

    waitpid $pid, 0;
    return $? >> 8;
}

sub ran {
    my ($to) = @_;
    return -e "$to/ran" ? join ' ', split ' ', slurp("$to/ran") : '';
}

sub until_it_runs {
    my ($to) = @_;

    for (1 .. 200) {
        return if ran($to) ne '';
        select undef, undef, undef, 0.05;
    }
    die "configure does not begin\n";
}

SKIP: for my $how (qw( flock link )) {
    if ($how eq 'flock' && system('command -v flock >/dev/null 2>&1') != 0) {
        skip 'no flock here', 6;
    }

    local $ENV{PATH} = $path{$how};
    my $to = "$dir/$how";

    my @all = map { start($to) } 1 .. 3;
    is(join(' ', map { status($_) } @all), '0 0 0', "$how: three at once");
    is(ran($to), 'begin end', "$how: configured once");

    @all = map { start("$to-two", "--with-$_") } 1 .. 2;
    is(join(' ', map { status($_) } @all), '0 0', "$how: of other options");
    is(ran("$to-two"), 'begin end begin end', "$how: one after the other");

    my $killed = start("$to-killed", '--slow');
    until_it_runs("$to-killed");
    kill 'TERM', $killed;
    is(status(start("$to-killed")), 0, "$how: one is stopped, and the next");
    status($killed);
    unlike(ran("$to-killed"), qr/begin begin/, "$how: waits for what it ran");
}

# A lock that another holds; one that was left; one whose text is none.

$ENV{IOATTEST_LOCK_WAIT} = 1;

SKIP: {
    skip 'no flock here', 2
        if system('command -v flock >/dev/null 2>&1') != 0;
    mkdir "$dir/held";
    open my $lock, '>>', "$dir/held/configure.flock" or die $!;
    flock $lock, LOCK_EX or die $!;
    is(status(start("$dir/held")), 1, 'flock: held for too long');
    like(slurp("$dir/held.said"), qr/another make has been configuring/,
         'and said');
}

$ENV{PATH} = $path{link};
mkdir "$dir/link-held";
my $lock = "$dir/link-held/configure.lock";
symlink $$, $lock or die $!;
is(status(start("$dir/link-held")), 1, 'link: held for too long');
like(slurp("$dir/link-held.said"), qr/remove \Q$lock\E and/, 'and said');
is(readlink $lock, $$, 'and not taken away');

my $ended = fork // die "fork: $!";
exit 0 if !$ended;
waitpid $ended, 0;
$ENV{IOATTEST_LOCK_WAIT} = 5;
for my $left ($ended, 'no-number') {
    unlink $lock, "$dir/link-held/configured";
    symlink $left, $lock or die $!;
    is(status(start("$dir/link-held")), 0, "link: left by $left");
    ok(!-l $lock, 'and nothing is left');
}

done_testing();
