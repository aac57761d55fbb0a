# What nginx -t warns of, once for each location that it is true of, with the
# file and line that it stands in; and filters of others that come first.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Cwd ();
use File::Temp ();
use Test::More;

use IoattestReference;

my $binary = $ENV{TEST_NGINX_BINARY} || 'nginx';
my $there = '/usr/lib/nginx/modules';
my @own = split ' ', $ENV{TEST_NGINX_LOAD_MODULES} // '';
my $dir = File::Temp->newdir('ioattest-warn-XXXXXX', TMPDIR => 1);

my %line = (
    pins => qr/neither measurements nor image digests are pinned: any genuine machine will/,
    pins_tdx => qr/measurements of TDX nor image digests are pinned: any genuine TDX machine/,
    pins_snp => qr/measurements of SEV-SNP nor image digests are pinned: any genuine SEV-SNP machine/,
    models => qr/neither "ioattest_models" nor "ioattest_model_id"/,
    refresh => qr/"ioattest_refresh" is not less than "ioattest_valid"/,
    binding => qr/"ioattest_report_data \w+" accepts machines/,
    reference => qr/"ioattest_gpu local" compares no measurement/,
    milan => qr/Milan's signing keys can be extracted by software/,
    early => qr/"ioattest_collateral_early" judges TDX platforms/,
    size => qr/"client_body_buffer_size" of \d+ bytes is less/,
);


# All that nginx -t says of these modules and this http {}, and of pieces of it.
sub test {
    my ($modules, $http, %piece) = @_;
    for my $name (keys %piece) {
        write_file($name, $piece{$name});
    }
    write_file('nginx.conf', join('', map { "load_module $_;\n" } @$modules)
        . "pid $dir/pid;\nerror_log stderr;\nevents { }\nhttp {\n"
        . "access_log off;\nioattest_zone io:1m;\n"
        . "client_body_temp_path $dir/body;\nproxy_temp_path $dir/proxy;\n"
        . "fastcgi_temp_path $dir/f;\nuwsgi_temp_path $dir/u;\n"
        . "scgi_temp_path $dir/s;\n$http\n}\n");
    my $out = `$binary -t -p $dir -c $dir/nginx.conf 2>&1`;
    is($?, 0, 'the configuration is good') or diag($out);
    return $out;
}


sub write_file {
    my ($name, $text) = @_;
    open my $out, '>', "$dir/$name" or die "$name: $!\n";
    print {$out} $text;
    close $out;
    return;
}


# The marks "# name what ..." of the texts, against what was said: each line
# so marked is named by one warning of each of these, and by no other.
sub marked {
    my ($title, $http, %piece) = @_;
    my $out = test(\@own, $http, %piece);
    my (@want, @got);

    for my $name ('nginx.conf', sort keys %piece) {
        open my $in, '<', "$dir/$name" or die "$name: $!\n";
        while (my $text = <$in>) {
            my ($marks) = $text =~ /# (.*)/ or next;
            push @want, map { "$_ $name:$." } split ' ', $marks;
        }
    }

    for my $said (split /\n/, $out) {
        my ($name, $line) = $said =~ m{ in \Q$dir\E/([\w.]+):(\d+)\z} or next;
        next if $said !~ /\[warn\]/;
        my ($what) = grep { $said =~ $line{$_} } sort keys %line;
        push @got, ($what // $said) . " $name:$line";
    }

    return is_deeply([sort @got], [sort @want], $title) || diag($out);
}


my $base = <<'EOF';
client_body_buffer_size 1m;
ioattest_cpu off;
ioattest_gpu off;
ioattest_request /a;
ioattest_models /m;
EOF

marked('each location of its own', $base . <<'EOF');
server {
    location /one/ {
        proxy_pass http://127.0.0.1:1;
        ioattest zone=io; # pins
    }
    location /two/ {
        ioattest zone=io; # pins refresh
        ioattest_refresh 20m;
    }
    location /three/ {
        ioattest_image_digest sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855;
        ioattest zone=io;
    }
    location /off/ { ioattest off; }
}
EOF

marked('of a server, once for all that it holds', $base . <<'EOF');
server {
    ioattest zone=io; # pins
    location /one/ { }
    location /two/ { if ($arg_x) { set $x 1; } }
    location /three/ { location /three/four/ { } }
    location /five/ { # refresh
        ioattest_valid 1m;
        ioattest_refresh 1m;
        location /five/six/ { }
    }
}
EOF

marked('of http {}, once for each server', $base . <<'EOF');
ioattest zone=io;
server { # pins
    listen 127.0.0.1:1;
    location /one/ { }
}
server { # pins
    listen 127.0.0.1:2;
    location /two/ { }
}
EOF

marked('what a server lacks, of the location that adds it', <<'EOF');
client_body_buffer_size 1m;
ioattest_gpu off;
server {
    ioattest zone=io;
    ioattest_cpu off;
    location /one/ { # pins models
        ioattest_request /a;
        location /one/more/ { }
    }
    location /two/ { # pins
        ioattest_request /a;
        ioattest_models /m;
    }
}
EOF

system('/usr/bin/python3', "$FindBin::Bin/lib/sim/sim.py", '--write-roots',
       $dir) == 0 or die "no roots\n";
write_file('reference.json', IoattestReference::example(1));

marked('GPUs of which nothing is compared', <<"EOF");
client_body_buffer_size 1m;
ioattest_cpu off;
ioattest_request /a;
ioattest_models /m;
ioattest_gpu_trusted_certificate $dir/gpu.pem;
server {
    ioattest zone=io; # pins reference
    location /one/ { }
    location /two/ {
        ioattest_gpu_reference $dir/reference.json;
        location /two/three/ { }
    }
    location /four/ { ioattest_gpu off; }
}
server {
    ioattest zone=io; # pins
    ioattest_gpu_reference $dir/reference.json;
    location /one/ { }
}
EOF

write_file('tdx.json', '{"tdx":{"mr_td":["' . '00' x 48 . '"]}}');
write_file('snp.json', '{"sev_snp":{"products":["Genoa"],"measurement":["'
    . '00' x 48 . '"]}}');

marked('one kind of machine of which nothing is pinned', <<"EOF");
client_body_buffer_size 1m;
ioattest_gpu off;
ioattest_report_data address-nonce;
ioattest_request /a;
ioattest_models /m;
ioattest_cpu_trusted_certificate $dir/cpu.pem;
server {
    location /tdx/ {
        ioattest zone=io; # pins_snp milan
        ioattest_policy $dir/tdx.json;
    }
    location /snp/ {
        ioattest zone=io; # pins_tdx
        ioattest_policy $dir/snp.json;
    }
    location /only/ {
        ioattest zone=io;
        ioattest_cpu tdx;
        ioattest_policy $dir/tdx.json;
    }
}
EOF

marked('a location that loosens what was tight', $base . <<'EOF');
server {
    ioattest zone=io;
    ioattest_image_digest sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855;
    ioattest_model_id x;
    ioattest_valid 10m;
    location /one/ { }
    location /two/ { # size
        client_body_buffer_size 1k;
        location /two/more/ { }
    }
    location /three/ { # size
        client_body_buffer_size 1k;
    }
}
EOF

marked('one that mends it, and one in that which does not', $base . <<'EOF');
server {
    ioattest zone=io; # refresh
    ioattest_image_digest sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855;
    ioattest_refresh 20m;
    location /one/ {
        ioattest_refresh 1m;
        location /one/more/ { # refresh
            ioattest_refresh 20m;
        }
    }
}
EOF

marked('of a file that is included', $base . "include $dir/more.conf;\n",
    'more.conf' => <<'EOF');

server {

    location /one/ { ioattest zone=io; # pins
    }
}
EOF

# a Milan that any host may forge, where SEV-SNP is accepted

system("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-384 -nodes"
       . " -subj /CN=root -days 9 -keyout $dir/key -out $dir/root"
       . " 2>/dev/null") == 0
    or die "openssl: $?\n";

my $digest = 'sha256:' . 'a' x 64;
my %policy = (
    other => '{"sev_snp":{"products":["Genoa","Turin"]}}',
    chip => '{"sev_snp":{"chip_id":["' . 'a' x 128 . '"]}}',
    both => '{"sev_snp":{"products":["Turin","Milan"]}}',
    none => '{}',
);
write_file("$_.json", $policy{$_}) for keys %policy;

marked('Milan, where none is pinned', <<"EOF");
client_body_buffer_size 1m;
ioattest_gpu off;
ioattest_request /a;
ioattest_models /m;
ioattest_image_digest $digest;
ioattest_report_data address-nonce;
ioattest_cpu_trusted_certificate $dir/root;
server {
    location /any/ {
        ioattest zone=io; # milan
        location /any/more/ { }
    }
    location /none/ {
        ioattest_policy $dir/none.json;
        ioattest zone=io; # milan
    }
    location /both/ {
        ioattest zone=io; # milan
        ioattest_policy $dir/both.json;
    }
    location /other/ {
        ioattest zone=io;
        ioattest_policy $dir/other.json;
    }
    location /chip/ {
        ioattest zone=io;
        ioattest_policy $dir/chip.json;
    }
    location /tdx/ {
        ioattest zone=io;
        ioattest_cpu tdx;
    }
    location /snp/ {
        ioattest zone=io; # milan
        ioattest_cpu sev-snp;
    }
    location /off/ {
        ioattest zone=io;
        ioattest_cpu off;
        ioattest_report_data auto;
    }
}
EOF

marked('a TCB to come, where nobody asks for that of today', <<"EOF");
client_body_buffer_size 1m;
ioattest_gpu off;
ioattest_request /a;
ioattest_models /m;
ioattest_image_digest $digest;
ioattest_report_data address-nonce;
ioattest_cpu_trusted_certificate $dir/root;
ioattest_policy $dir/other.json;
ioattest_collateral_early /e/;
server {
    location /without/ {
        ioattest zone=io; # early
        location /without/more/ { }
    }
    location /snp/ {
        ioattest zone=io; # early
        ioattest_cpu sev-snp;
        ioattest_collateral /c/;
    }
    location /with/ {
        ioattest zone=io;
        ioattest_collateral /c/;
    }
    location /off/ {
        ioattest zone=io;
        ioattest_collateral_early off;
    }
}
EOF

my $out = test(\@own, $base . "server { location / {\nioattest zone=io;\n"
               . "ioattest_image_digest sha256:" . 'a' x 64 . ";\n} }\n");
unlike($out, qr/\[warn\]/, 'nothing to warn of');


# modules of Debian's that are filters, after ours and before it

my %filter = (
    ngx_http_lua_module => ['ndk_http_module.so', 'ngx_http_lua_module.so'],
    ngx_http_js_module => ['ngx_http_js_module.so'],
);
my $tight = $base . "server { location / { ioattest zone=io;\n"
    . 'ioattest_image_digest sha256:' . 'a' x 64 . "; } }\n";
my $off = 'server { }';

for my $name (sort keys %filter) {
    my @files = map { "$there/$_" } @{ $filter{$name} };

    SKIP: {
        skip "nginx has no $name", 1 if grep { !-f } @files;
        write_file('try.conf', join('', map { "load_module $_;\n" } @files)
                   . "pid $dir/pid; error_log stderr; events { }\n");
        skip "$name is of another nginx", 1
            if system("$binary -t -c $dir/try.conf >/dev/null 2>&1") != 0;

        like(test([@own, @files], $tight),
             qr/\[warn\] .*"$name" stands before it.*modules-enabled\/99/,
             "$name after ours is warned of");
        unlike(test([@files, @own], $tight), qr/\[warn\]/,
               '... and not before it');
        unlike(test([@own, @files], $off), qr/\[warn\]/,
               '... nor where nothing is protected');
    }
}

done_testing();
