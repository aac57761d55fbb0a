# Files of roots, in nginx -t: one that would be passed over is refused, and
# named with its line.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use File::Temp ();
use Test::More;

my $binary = $ENV{TEST_NGINX_BINARY} || 'nginx';
my @own = split ' ', $ENV{TEST_NGINX_LOAD_MODULES} // '';
my $dir = File::Temp->newdir('ioattest-roots-XXXXXX', TMPDIR => 1);

system('/usr/bin/python3', "$FindBin::Bin/lib/sim/sim.py", '--write-roots',
       $dir) == 0 or die "no roots\n";

sub slurp {
    my ($name) = @_;
    open my $in, '<:raw', $name or die "$name: $!\n";
    local $/;
    return scalar readline $in;
}


sub put {
    my ($name, $text) = @_;
    open my $out, '>:raw', $name or die "$name: $!\n";
    print {$out} $text;
    close $out or die "$name: $!\n";
    return;
}


# What nginx -t says of a file of roots.
sub tested {
    my ($kind, $text) = @_;
    put("$dir/roots.pem", $text);
    put("$dir/nginx.conf", join('', map { "load_module $_;\n" } @own)
        . "pid $dir/pid;\nerror_log stderr;\nevents { }\nhttp {\n"
        . "access_log off;\nclient_body_temp_path $dir/body;\n"
        . "proxy_temp_path $dir/proxy;\nfastcgi_temp_path $dir/f;\n"
        . "uwsgi_temp_path $dir/u;\nscgi_temp_path $dir/s;\n"
        . "ioattest_${kind}_trusted_certificate $dir/roots.pem;\n}\n");
    my $out = `$binary -t -p $dir -c $dir/nginx.conf 2>&1`;
    return $? == 0 ? 'good' : $out;
}


my $good = slurp("$dir/gpu.pem");
my $begin = '-----BEGIN CERTIFICATE-----';
my $other = "-----BEGIN X509 CERTIFICATE-----\nAAAA\n";
my $wide = join '', map { "$_\0" } split //, $good;
my $leaf = `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 \\
    -nodes -keyout /dev/null -subj /CN=leaf -days 9000 \\
    -addext basicConstraints=critical,CA:FALSE 2>/dev/null`;

for my $kind (qw( cpu gpu )) {
    my $lines = () = $good =~ /\n/g;
    my $next = 'line ' . ($lines + 1);

    for (
        [ 'nothing about it', $good ],
        [ 'a mark before it', "\xef\xbb\xbf$good" ],
        [ 'what OpenSSL writes', "subject=C = US, CN = a root\n\n$good" ],
        [ 'comments', "# 1. begin: a certificate of M\xc3\xbcller's\n$good\n#" ])
    {
        is(tested($kind, $_->[1]), 'good', "$kind: $_->[0]");
    }

    for (
        [ 'a mark within', "$good\xef\xbb\xbf$good",
          qr/$next would not be read: "\?{3}$begin" is not "$begin" alone/ ],
        [ 'a label', "$good$other",
          qr/$next would not be read: "-----BEGIN X509 CERTIFICATE-----"/ ],
        [ 'OpenSSL\'s label', '-----BEGIN TRUSTED CERTIFICATE-----' . "\n$good",
          qr/line 1 would not be read: "-----BEGIN TRUSTED CERTIFICATE-----"/ ],
        [ 'a comment', "# $good", qr/line 1 would not be read: "# $begin"/ ],
        [ 'small letters', $good . lc "$begin\n",
          qr/$next would not be read: "-----begin certificate-----"/ ],
        [ 'PKCS #7', "$good-----BEGIN PKCS7-----\n",
          qr/$next would not be read: "-----BEGIN PKCS7-----"/ ],
        [ 'other dashes', "$good\xe2\x80\x94BEGIN CERTIFICATE\xe2\x80\x94\n",
          qr/$next would not be read: "\?{3}BEGIN CERTIFICATE\?{3}"/ ],
        [ 'DER', "$good\x30\x82\x02\x01\x30", qr/$next holds bytes that are no text/ ],
        [ 'UTF-16', $good . $wide, qr/$next holds bytes that are no text/ ],
        [ 'UTF-16 alone', "\xff\xfe$wide", qr/line 1 holds bytes/ ])
    {
        like(tested($kind, $_->[1]), qr/\[emerg\].*"ioattest_${kind}_trusted_certificate".*$_->[2]/,
             "$kind: $_->[0]");
    }
}

# with a root beside it a leaf is at hand for CPU evidence, and trusted for
# nothing; of GPUs, and alone, it is refused

SKIP: {
    skip 'no openssl to make a leaf with: 3 cases', 3 if $leaf eq '';
    my $ca = qr/a root must be the certificate of a CA/;
    like(tested('cpu', $leaf), $ca, 'a leaf as the CPU root');
    like(tested('gpu', $leaf), $ca, 'a leaf as the GPU root');
    like(tested('gpu', "$good$leaf"), $ca, 'a leaf beside the GPU root');
}

done_testing();
