# README.md, Start: what it writes is what stands above it, and its commands end
# in an answer that was verified and in one that was refused. And how
# doc/operate.md writes the gateway's key.

use strict;
use warnings;

use Cwd qw( abs_path );
use FindBin ();
use lib "$FindBin::Bin/lib";

use Test::More;

use IoattestCli qw( put slurp );
use IoattestDocs qw( blocks complaints folder );
use IoattestSite;

plan skip_all => 'there is no curl'
    if system('curl --version >/dev/null 2>&1') != 0;

my $top = abs_path("$FindBin::Bin/..");
my $readme = slurp("$top/README.md");
my ($start) = $readme =~ /^## Start\n(.*?)^## /ms;
my @shell = $start =~ /^```sh\n(.*?)^```$/msg;
is(scalar @shell, 4, 'packages, the site, an answer, a refusal');
my ($packages, $setup, $answer, $refusal) = @shell;

# the files that it writes and names

my ($ten) = map { $_->{text} } blocks($readme);
my ($written) = $setup =~ /<<'EOF'\n(.*?)^EOF$/ms;
is($written, $ten, 'it writes the ten lines');

for my $file ($setup =~ m{(contrib/\S+)}g) {
    ok(-f "$top/$file", "$file is there");
}
for my $package ($packages =~ m{/deb/([a-z-]+)_\*\.deb}g) {
    like(slurp("$top/debian/control"), qr/^Package: $package$/m,
         "$package is a package");
}
for my $command (qw( curl make xz )) {
    my %of = (make => 'build-essential', xz => 'xz-utils');
    my $package = $of{$command} // $command;
    like($packages, qr/^apt-get install .*\b$package\b/m, "$command comes");
}

# an answer

my $site = IoattestSite->new;
my $ask = "IOINTELLIGENCE_API_KEY=KEY\n"
        . ($answer =~ s{127\.0\.0\.1:8080}{127.0.0.1:$site->{one}}gr);
my $nginx = $site->start('');
$ask =~ s{/var/log/nginx/error\.log}{$nginx->{root}/logs/error.log};
my $said = `$ask`;
like($said, qr/echo: hello.*\n200\n/, 'an answer') or diag($nginx->log);
like($said, qr/^"verified":1$/m, 'the status counts it');
like($said, qr/ attested 0x\w+ for model /, 'the log has the machine');
$nginx->stop;

# the gateway's key: doc/operate.md asks for it

{
    my $dir = folder();
    my ($asks) = slurp("$top/doc/operate.md") =~ /^(\(umask 077; read .*)$/m;
    $asks =~ s{/etc/nginx/ioattest/key\.conf}{$dir/asked.conf};
    put("$dir/typed", "sk-ab.c/1\n");
    put("$dir/asks.sh", "$asks\n");
    is(system("bash $dir/asks.sh < $dir/typed"), 0, 'a key is asked for');
    is(slurp("$dir/asked.conf"), qq{ioattest_authorization "Bearer sk-ab.c/1";\n},
       'and written');
    is((stat "$dir/asked.conf")[2] & 0777, 0600, 'for root alone');
}

# a refusal

my ($line) = map { `$_` } $refusal =~ /^(echo .*) > /m;
is(complaints($line), '', 'nginx -t takes the line of the refusal');
like($refusal, qr{^rm /etc/nginx/conf\.d/refuse\.conf$}m, 'it is taken back');
$nginx = $site->start($line);
$said = `$ask`;
like($said, qr/"code":"image_digest_mismatch".*\n502\n/, 'a refusal')
    or diag($nginx->log);
$nginx->stop;

done_testing();
