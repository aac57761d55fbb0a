# The status page in a real browser, light, dark and narrow: it is drawn with
# its own style, which Content-Security-Policy lets in by its digest, and
# nothing sticks out.  Where no Chromium is installed it is skipped;
# IOATTEST_PICTURES=DIR keeps the pictures.

use strict;
use warnings;

use File::Temp ();
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use IoattestEvidence;
use IoattestPage;
use IoattestSim;

my ($browser) = grep { -x } map { my $dir = $_; map { "$dir/$_" }
                qw( chromium chromium-browser google-chrome ) }
                split /:/, $ENV{PATH};
plan skip_all => 'no Chromium is installed (sh scripts/deps.sh browser)'
    if !$browser;

IoattestSim->start(machines => 1, evidence => 1);
IoattestSim::set(evidence => 'tdx', gpus => 8);

my $dir = File::Temp->newdir('ioattest-browser-XXXXXX', TMPDIR => 1);
my $nginx = IoattestEvidence::gateway(
    server => IoattestEvidence::location('v1/private',
        'ioattest_authorization "Bearer x"', 'ioattest_collateral /_pcs/',
        "ioattest_audit_log $dir/audit.log")
    . "location = /page { ioattest_status html; }\n"
    . "location = /dark { alias $dir/dark.html; default_type text/html; }\n");

is(IoattestEvidence::said($nginx, 'v1/private', 'plain'), 200, 'an answer');
IoattestSim::set(completion => 'flip_body');
isnt(IoattestEvidence::said($nginx, 'v1/private', 'plain'), 200,
     'one that is refused');

# the page's dark form, for a browser that asks for a light one

my $html = IoattestPage::ask($nginx, '/page')->{body};
(my $dark = $html) =~ s/\(prefers-color-scheme:dark\)/(min-width:1px)/
    or die "the page has no dark form\n";
open my $out, '>', "$dir/dark.html" or die "$dir/dark.html: $!\n";
print {$out} $dark;
close $out or die "$dir/dark.html: $!\n";
chmod 0755, "$dir";

sub browse {
    my ($uri, @args) = @_;
    my @command = ('timeout', 20, $browser, qw( --headless --no-sandbox
        --disable-gpu --disable-dev-shm-usage --hide-scrollbars
        --no-first-run --disable-extensions ), "--user-data-dir=$dir/profile",
        @args, "http://127.0.0.1:$nginx->{port}$uri");
    open my $in, '-|', join(' ', map { quotemeta } @command) . " 2> $dir/said"
        or die "$browser: $!\n";
    my $text = do { local $/; <$in> };
    close $in;
    return $text;
}

# Width, height, and the colour of the first pixel, of a picture.
sub picture {
    my ($name, $uri, $width, $height) = @_;
    my $file = ($ENV{IOATTEST_PICTURES} // $dir) . "/$name.png";
    browse($uri, "--screenshot=$file", "--window-size=$width,$height");
    return qx($ENV{IOATTEST_PYTHON} $FindBin::Bin/lib/png.py $file)
        if -s $file;
    open my $in, '<', "$dir/said" or return;
    diag(<$in>);
    return;
}

$ENV{IOATTEST_PYTHON} //= '/usr/bin/python3';

is(picture('light', '/page', 1280, 1600), "1280 1600 #f6f7f9\n",
   'light: in its own colours');
is(picture('dark', '/dark', 1280, 1600), "1280 1600 #12161b\n", 'dark');
is(picture('narrow', '/page', 600, 1600), "600 1600 #f6f7f9\n", 'narrow');

my $dom = browse('/page', '--dump-dom');
like($dom, qr/<h1>ioattest<\/h1>.*1 answer was refused/s, 'it is understood');
my ($before, $after) = map { my @all = /<(?!meta)[a-z0-9]+/g; scalar @all }
                       $html, $dom;
is($after, $before, 'as it was written, without anything mended');

ok($nginx->stop, 'nginx goes quietly');
done_testing();
