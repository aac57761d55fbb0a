# Every configuration in the documents passes nginx -t, where this nginx knows
# its directives: t/lib/IoattestDocs.pm says how a block tells where it belongs.
# And the documents lead to places that are there.

use strict;
use warnings;

use Cwd qw( abs_path );
use File::Basename qw( dirname );
use FindBin ();
use lib "$FindBin::Bin/lib";

use Test::More;

use IoattestCli qw( put slurp );
use IoattestDocs qw( blocks complaints folder whole );

my $top = abs_path("$FindBin::Bin/..");
my @pages = map { substr $_, 1 + length $top }
    "$top/README.md", "$top/SECURITY.md", "$top/HACKING.md",
    glob("$top/doc/*.md"), glob("$top/doc/policies/*.md"),
    glob("$top/contrib/*/*.md");
my %text = map { $_ => slurp("$top/$_") } @pages;

# what a block may need, and how this nginx is asked

my %try = (
    json_set => "json_set \$a_b \$arg_a b;\n"
        . "server { location \$arg_c { } }\n",
    client_body_early_read => "client_body_early_read on;\n",
    resolve => "resolver 192.0.2.1;\nupstream u { zone u 64k; "
        . "server a.test:443 resolve; }\n",
);
my %known = map { $_ => complaints($try{$_}) eq '' } keys %try;

my $n = 0;
for my $page (@pages) {
    my @blocks = blocks($text{$page});
    my @shared;

    is(scalar @blocks, scalar(() = $text{$page} =~ /^ *```+ *nginx/mg),
       "$page: each block can be read") if $text{$page} =~ /``` *nginx/;

    for my $block (@blocks) {
        my $name = "$page:$block->{line} ($block->{where})";

        if ($block->{where} =~ /\Afile=([\w.\/-]+)\z/) {
            my $file = $1;
            my ($http) = whole({ %$block, where => 'http' }, []);
            put(folder() . "/$file", $http);
            next;
        }

        my @texts = whole($block, \@shared);
        ok(scalar @texts, "$name: it says where it belongs") or next;
        ok(!grep({ !exists $known{$_} } @{ $block->{needs} }),
           "$name: what it needs is known");
        push @shared, $block if $block->{shared};
        $n++;

        SKIP: {
            my ($lacks) = grep { !$known{$_} } @{ $block->{needs} };
            skip "$name: this nginx has no $lacks", 1 if $lacks;
            is(complaints(@texts), '', $name);
        }
    }
}
cmp_ok($n, '>', 60, 'there are many');

# what is wrong is told, wherever it stands

for my $where (qw( main http server location )) {
    my $block = { where => $where, text => "ioattest_nonsense on;\n" };
    like(complaints(whole($block, [])), qr/"ioattest_nonsense"/,
         "$where: a directive that is not there");
}
is_deeply([whole({ where => 'nowhere', text => '' }, [])], [],
          'a block has to say where it belongs');

# links: the file is there, and has the heading

sub anchors {
    my ($text) = @_;

    $text =~ s/^( *)```.*?^\1```$//msg;
    return map { lc(s/[^\w\s-]//gr) =~ s/\s/-/gr }
           $text =~ /^#+ (.*)$/mg;
}

my %anchors = map { my $page = $_;
                    $page => { map { $_ => 1 } anchors($text{$page}) } } @pages;

sub broken {
    my ($page, $text) = @_;
    my @broken;

    $text =~ s/^( *)```.*?^\1```$//msg;
    for my $link ($text =~ /\[[^\]]*\]\(([^)\s]+)\)/g) {
        next if $link =~ m{\A[a-z]+://};
        my ($file, $anchor) = split /#/, $link, 2;
        my $to = $file eq '' ? $page
               : substr abs_path(dirname("$top/$page") . "/$file") // '',
                        1 + length $top;

        # a folder, and a file that is no page, have no headings
        push @broken, $link
            if !length $to || !-e "$top/$to"
               || defined $anchor && !$anchors{$to}{$anchor};
    }
    return @broken;
}

is_deeply([broken($_, $text{$_})], [], "$_: its links lead somewhere")
    for @pages;
is_deeply([broken('README.md', '[a](doc/no) [b](doc/policy.md#no) [c](#no) '
                  . '[d](doc/policy.md) [e](https://example.com/)')],
          ['doc/no', 'doc/policy.md#no', '#no'], 'those that do not are found');

# what they have made is something that make knows

my %target = map { $_ => 1 } map { split }
             slurp("$top/Makefile") =~ /^([a-z][\w -]*):(?!=)/mg;
for my $page (@pages) {
    is_deeply([grep { !$target{$_} } $text{$page} =~ /`make ([a-z][a-z-]*)/g],
              [], "$page: what is made");
}

# README.md lists the pages

for my $page (grep { m{\Adoc/[^/]*\.md\z} } @pages) {
    ok($text{'README.md'} =~ /\]\(\Q$page\E\)/, "README.md names $page");
}

done_testing();
