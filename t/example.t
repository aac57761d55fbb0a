# conf.example passes nginx -t, and names every directive; so does the reference
# (t/documented.t says what of it).

use strict;
use warnings;

use Cwd qw(abs_path);
use File::Temp qw(tempdir);
use FindBin;
use Test::More;

my $top = abs_path("$FindBin::Bin/..");

sub slurp {
    open my $fh, '<', $_[0] or die "$_[0]: $!";
    local $/;
    return <$fh>;
}

my $conf = slurp("$top/conf.example");
my $reference = slurp("$top/doc/directives.md");
my $source = slurp("$top/ngx_http_ioattest_module.c");

my ($table) = $source =~ /ngx_command_t .*?\{(.*?)ngx_null_command/s;
my @names = $table =~ /ngx_string\("(\w+)"\)/g;
cmp_ok(scalar @names, '>', 10, 'the command table is read');

for my $name (@names) {
    like($conf, qr/^\s*#?\s*$name\s*[^;\n]*;/m, "conf.example has $name");
    like($reference, qr/^### $name$/m, "doc/directives.md has $name");
}

my $dir = tempdir(CLEANUP => 1);
my $nginx = $ENV{TEST_NGINX_BINARY} || 'nginx';
my @modules = split ' ', $ENV{TEST_NGINX_LOAD_MODULES}
    || "$top/build/ngx_http_ioattest_module.so";
my $load = join "\n", map { "load_module $_;" } @modules;

$conf =~ s/^load_module [^\n]*/$load/m;
$conf =~ s/^events/error_log $dir\/error.log;\npid $dir\/nginx.pid;\nevents/m;
my $paths = join '', map { "    ${_}_temp_path $dir/$_;\n" }
    qw(client_body proxy fastcgi uwsgi scgi);
$conf =~ s/^http \{\n/http {\n    access_log off;\n$paths/m;

# the files that it names, made here

mkdir "$dir/ioattest" or die $!;
system('/usr/bin/python3', "$top/t/lib/sim/sim.py", '--write-roots',
       "$dir/ioattest") == 0 or die "no roots\n";
rename "$dir/ioattest/gpu.pem", "$dir/ioattest/nvidia-root.pem" or die $!;
rename "$dir/ioattest/cpu.pem", "$dir/ioattest/cpu-roots.pem" or die $!;

# the example of doc/policy.md, less what stands for hex

my ($policy) = slurp("$top/doc/policy.md") =~ /```json\n(.*?)```/s;
$policy =~ s/<(\d+) hex>/'0' x $1/ge;

open my $json, '>', "$dir/ioattest/policy.json" or die $!;
print $json $policy;
close $json;

open my $fh, '>', "$dir/nginx.conf" or die $!;
print $fh $conf;
close $fh;

$ENV{PATH} .= ':/usr/sbin:/sbin';
my $out = `$nginx -t -e $dir/error.log -p $dir -c $dir/nginx.conf 2>&1`;
is($?, 0, 'conf.example passes nginx -t') or diag($out);

done_testing();
