# The bill of materials of the module and the tool: what they are linked with,
# no more and no less.

use strict;
use warnings;

use Cwd qw( abs_path );
use Digest::SHA ();
use FindBin ();
use JSON::PP qw( decode_json );
use Test::More;

my $top = abs_path("$FindBin::Bin/..");
my ($module) = split ' ', $ENV{TEST_NGINX_LOAD_MODULES}
               // "$top/build/ngx_http_ioattest_module.so";

# the words before it are a checker's
my $tool = (split ' ', $ENV{IOATTEST_TOOL} // "$top/build/ioattest")[-1];

plan skip_all => "$_ is not there" for grep { !-e } $module, $tool;

my $text = `python3 $top/scripts/sbom.py $module $tool`;
is($?, 0, 'it is written');
my $bom = decode_json($text);
is("$bom->{bomFormat} $bom->{specVersion}", 'CycloneDX 1.5', 'its form');

my %by = map { $_->{'bom-ref'} => $_ } @{ $bom->{components} };
is(scalar keys %by, scalar @{ $bom->{components} }, 'no name twice');
ok(!exists $by{ $bom->{metadata}{component}{'bom-ref'} }, 'nor the project\'s');

my %needed;
for my $file ($module, $tool) {
    my ($name) = $file =~ m{([^/]+)\z};
    my @names = map { /\(NEEDED\).*\[(.+)\]/ ? $1 : () } `readelf -d $file`;
    $needed{$_} = 1 for @names;

    is($by{$name}{hashes}[0]{content},
       Digest::SHA->new(256)->addfile($file, 'b')->hexdigest, "$name: digest");
    my ($depends) = grep { $_->{ref} eq $name } @{ $bom->{dependencies} };
    is_deeply($depends->{dependsOn}, [sort @names], "$name: what it needs");
    cmp_ok(scalar @names, '>', 2, "$name: which is something");
    delete $by{$name};
}

is_deeply([sort keys %by], [sort keys %needed], 'each library, and no other');

for my $name (sort keys %by) {
    like($by{$name}{hashes}[0]{content}, qr/\A[0-9a-f]{64}\z/, "$name: digest");
}

SKIP: {
    skip 'no dpkg here', scalar keys %by if !-x '/usr/bin/dpkg-query';
    for my $name (sort keys %by) {
        like($by{$name}{purl}, qr{\Apkg:deb/debian/\S+\@\S+\?arch=\w+\z},
             "$name: package");
    }
}

is(scalar `python3 $top/scripts/sbom.py $module $tool`, $text,
   'the same each time');
isnt(system("python3 $top/scripts/sbom.py /dev/null > /dev/null 2>&1"), 0,
     'no bill for what is no program');

done_testing();
