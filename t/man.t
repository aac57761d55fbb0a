# The manual pages say what --help says, all of it and nothing else; "make
# install" puts everything where a package wants it; the version is one.

use strict;
use warnings;

use Cwd qw( abs_path );
use File::Temp qw( tempdir );
use FindBin ();
use lib "$FindBin::Bin/lib";

use Test::More;

use IoattestCli qw( cli put slurp );

my $top = abs_path("$FindBin::Bin/..");
my $tool = "$top/build/ioattest";
my $dir = tempdir(CLEANUP => 1);

my (undef, $main) = cli('--help');
my ($listed) = $main =~ /^Commands:\n((?:  .*\n)+)/m;
my %summary = $listed =~ /^  (\w+) +(.*)$/mg;
cmp_ok(scalar keys %summary, '>', 3, 'commands are listed');

sub words {
    my ($text) = @_;

    $text =~ s/^usage://;
    return join ' ', split ' ', $text;
}

# What a page says, without its name, what else to see, and its headings.
sub said {
    my ($page) = @_;

    my ($name, $body) = $page
        =~ /^\.SH NAME\n([^\n]*)\n(\.SH SYNOPSIS\n.*)^\.SH SEE ALSO\n/ms
        or die "no page:\n$page";
    $body =~ s/^\.SH (COMMANDS|FILES|ENVIRONMENT|EXIT STATUS)$/ucfirst(lc $1)
               . ':'/gme;
    $body =~ s/^\.(?:SH|PP|TP|nf|fi)\b[^\n]*\n//mg;
    for ($name, $body) {
        s/\\f[BIR]//g;
        s/\\-/-/g;
        s/\\&//g;
        s/\\e/\\/g;
    }
    return ($name, words($body));
}

sub made {
    my ($what, $to) = @_;

    return system('perl', "$top/scripts/man.pl", $what, $to);
}

is(made($tool, $dir), 0, 'pages are made');
is_deeply([sort map { m{([^/]*)\z} } glob "$dir/*"],
          [sort 'ioattest.1', map { "ioattest-$_.1" } keys %summary,
                                                      'fetch-roots'],
          'one of each command, of all, and of the roots');

my ($name, $body) = said(slurp("$dir/ioattest.1"));
is($body, words($main), 'the page of all has what --help says');
like($name, qr/\Aioattest - [a-z]/, 'and its name');

for my $command (sort keys %summary) {
    my (undef, $help) = cli($command, '--help');
    ($name, $body) = said(slurp("$dir/ioattest-$command.1"));
    is($body, words($help), "$command: page and help");
    is($name, "ioattest-$command - $summary{$command}", "$command: its name");
}

my $roots = `sh $top/scripts/fetch-roots.sh --help`;
($name, $body) = said(slurp("$dir/ioattest-fetch-roots.1"));
is($body, words($roots), 'fetch-roots: page and help');
is($name, 'ioattest-fetch-roots - gets the vendors\' root certificates and '
   . 'compares them', 'fetch-roots: its name');
like($roots, qr/^  \Q$_\E$/m, "its help names $_")
    for map { /\$\{(IOATTEST_\w+):-/g } slurp("$top/scripts/fetch-roots.sh");

SKIP: {
    skip 'no groff here', 1 if system('command -v groff >/dev/null 2>&1');
    my $complaints = `groff -man -ww -z $dir/*.1 2>&1`;
    is($complaints, '', 'groff has nothing to complain of');
}

# Words that troff would take for its own, and a help that is none.

sub fake {
    my ($help) = @_;
    my $path = "$dir/fake";

    put($path, "#!/bin/sh\ncase \$1 in --version) echo 'ioattest 1.2.3';;\n"
        . "--help) cat <<'END'\nusage: ioattest COMMAND\n\nDoes things.\n\n"
        . "Commands:\n  do  it\nEND\n;;\n*) cat <<'END'\n${help}END\n;;\n"
        . "esac\n");
    chmod 0755, $path;
    return $path;
}

my $odd = <<'EOT';
usage: ioattest do [--not-a\b]

.so /etc/passwd
'quoted' and \fBback\fR

  --not  .nf
         it's
  --bare
EOT

is(made(fake($odd), $dir), 0, 'a page of odd words is made');
unlike(slurp("$dir/ioattest-do.1"), qr/^(?:\.so|'quoted|\.nf\n it)/m,
       'none is a request of troff');
(undef, $body) = said(slurp("$dir/ioattest-do.1"));
is($body, words($odd), 'and all are there');

open my $stderr, '>&', \*STDERR or die $!;
open STDERR, '>', '/dev/null' or die $!;
isnt(made(fake("no usage\n"), $dir), 0, 'a help without usage is refused');
open STDERR, '>&', $stderr or die $!;

# one version

my ($first) = slurp("$top/CHANGES") =~ /\A(\S+)\n/;
my ($defined) = slurp("$top/src/core/attest/ioattest.h")
    =~ /^#define IOA_VERSION  "([^"]*)"$/m;
is($first, $defined, 'CHANGES begins with the version of ioattest.h');
is((cli('--version'))[1], "ioattest $defined\n", 'the tool has it');

my $module = slurp("$top/build/ngx_http_ioattest_module.so");
like($module, qr/\Q$defined\E\0/, 'so has the module');

# make install

my $to = "$dir/root";
my $doc = 'usr/share/doc/ioattest';
is(system('make', '-s', '-C', $top, 'install', "DESTDIR=$to", 'PREFIX=/usr'),
   0, 'make install');
for my $file ('usr/lib/nginx/modules/ngx_http_ioattest_module.so',
              'usr/bin/ioattest', 'usr/share/man/man1/ioattest.1',
              (map { "usr/share/man/man1/ioattest-$_.1" } keys %summary,
                                                          'fetch-roots'),
              "$doc/README.md",
              "$doc/conf.example",
              (map { "$doc/" . substr $_, 1 + length $top }
                   glob("$top/doc/*.md"), glob("$top/doc/policies/*"),
                   glob("$top/contrib/*/*.*")))
{
    ok(-s "$to/$file", "installs $file");
}

is(system('make', '-s', '-C', $top, 'uninstall', "DESTDIR=$to",
          'PREFIX=/usr'), 0, 'make uninstall');
is(`find $to ! -type d`, '', 'takes all of it away');

done_testing();
