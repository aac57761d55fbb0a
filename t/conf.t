# Directives: bad values, values given twice, what a directive needs beside
# it, and what is taken.  Each piece of configuration stands beside what nginx
# has to say of it in one line, which names the file and the line.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use File::Temp ();
use Test::More;

use IoattestNginx;

my $binary = $ENV{TEST_NGINX_BINARY} || 'nginx';
my $modules = join '', map { "load_module $_;\n" }
              split ' ', $ENV{TEST_NGINX_LOAD_MODULES} // '';
my $dir = File::Temp->newdir('ioattest-conf-XXXXXX', TMPDIR => 1);

my $zone = "ioattest_zone io:256k;\n";
my @whole = ('ioattest zone=io', 'ioattest_request /a', 'ioattest_cpu off',
             'ioattest_gpu off');


# "nginx -t" refuses these texts for http {} and server {}, for this reason.
sub refused {
    my ($name, $http, $server, $why) = @_;

    open my $out, '>', "$dir/nginx.conf" or die "nginx.conf: $!\n";
    print {$out} "${modules}pid $dir/pid;\nerror_log stderr;\nevents { }\n",
        "http {\n", (map { "${_}_temp_path $dir/$_;\n" }
                     qw( client_body proxy fastcgi uwsgi scgi )),
        "access_log off;\n${http}server {\nlisten 127.0.0.1:1;\n",
        "$server}\n}\n";
    close $out;

    my $said = `$binary -t -e stderr -p $dir -c $dir/nginx.conf 2>&1`;
    my $status = $?;
    my @reasons = $said =~ /\[(?:emerg|alert|crit)\] \S+ (.*)$/mg;
    my $where = qr/ in \Q$dir\E\/nginx\.conf:\d+\z/;

    is($status & 127, 0, "$name: nginx ends by itself") or diag($said);
    isnt($status >> 8, 0, "$name: not taken");
    ok(@reasons == 1 && $reasons[0] =~ /\A\Q$why\E.*$where/,
       "$name: says why") or diag($said);
    return $said;
}


# nginx starts with them, and has a status page.
sub taken {
    my ($name, $http, $server) = @_;

    my $nginx = eval {
        IoattestNginx->start(http => $http, server => $server
            . "location = /status { ioattest_status; }\n");
    };
    my ($answer) = $nginx ? $nginx->ask("GET /status HTTP/1.1\r\n"
        . "Host: localhost\r\nConnection: close\r\n\r\n") : { code => 0 };

    is($answer->{code}, 200, "$name: taken") or diag($@);
    $nginx->stop if $nginx;
    return;
}


# Lines of columns, two spaces or more between them.
sub rows {
    my ($text) = @_;
    return map { [split /\s{2,}/] } grep { /\S/ } split /\n/, $text;
}


# A location of these lines and what else it needs.  A directive's name alone
# leaves that out.
sub location {
    my (@lines) = @_;
    my %own = map { /^(\S+)/ => 1 } @lines;
    my @others = grep { /^(\S+)/ && !$own{$1} } @whole;

    return "location /p/ {\n" . (join '', map { "    $_;\n" } @others,
                                 grep { / / } @lines) . "}\n";
}


# --- members of a request that the API's front adds --------------------------

for my $row (['{"n": 1,' . "\n" . '"n": 2}', 'line 2: member "n" is duplicate'],
    ['[]', 'line 1: this is not a JSON object'],
    ["{\"top_p\":1,\n\n]", 'line 3: this is not JSON'],
    ["{\n\"temperature\": \"0.7\"}",
     'line 2: temperature: a string for a number'],
    ['{"model": "m"}', 'line 1: model: cannot be a default'],
    ["{\"n\": 1,\n\"stream\": true}", 'line 2: stream: cannot be a default'])
{
    my ($text, $why) = @$row;

    open my $out, '>', "$dir/defaults.json" or die "defaults.json: $!\n";
    print {$out} $text;
    close $out;

    refused("defaults, $why", $zone,
        location("ioattest_request_defaults $dir/defaults.json"),
        "invalid value \"$dir/defaults.json\" in "
        . '"ioattest_request_defaults" directive, expected a JSON object of '
        . "members of a request, found: $why");
}


# --- bad values: directive, value, what was expected ------------------------

my $names = 'names of models, as clients send them';

for my $row (rows(<<'END'), ['ioattest_prewarm', '""', $names]) {
ioattest               on            "off" or "zone=name"
ioattest_dry_run       maybe         "on" or "off"
ioattest_pass_errors   1             "on" or "off"
ioattest_valid         0             a time between 1s and 1d
ioattest_valid         soon          a time between 1s and 1d
ioattest_refresh       2x            "off" or a time of 1d or less
ioattest_refresh       2d            "off" or a time of 1d or less
ioattest_attempts      -1            "auto" or a number between 0 and 1024
ioattest_attempts      1025          "auto" or a number between 0 and 1024
ioattest_attempts      few           "auto" or a number between 0 and 1024
ioattest_timeout       0             a time between 1ms and 10m
ioattest_fail_timeout  61s           a time of 60s or less
ioattest_buffer_size   1k            a size between 4k and 1g
ioattest_buffer_size   big           a size between 4k and 1g
ioattest_models        models        "off" or the path of an internal location
ioattest_image_digest  sha256:12     sha256: and 64 lower-case hex digits
ioattest_trust         0x12          0x and 40 hex digits
ioattest_model         ""            a name, which may hold variables
ioattest_model_id      ""            a name, which may hold variables
ioattest_request       here          the path of an internal location
ioattest_request       /a$uri        the path of an internal location
ioattest_cpu           sgx           "off" alone, or "tdx" and "sev-snp", each
ioattest_cpu           off tdx       "off" alone, or "tdx" and "sev-snp", each
ioattest_gpu           amd           "local", "nras" or "off"
ioattest_status        xml           "json", "prometheus", "html" or nothing
ioattest_wait          0             a time between 1ms and 1h
ioattest_wait          2h            a time between 1ms and 1h
ioattest_wait          long          a time between 1ms and 1h
ioattest_parallel      0             a number between 1 and 32
ioattest_parallel      33            a number between 1 and 32
ioattest_parallel      auto          a number between 1 and 32
ioattest_background    8d            "off" or a time of 7d or less
ioattest_background    on            "off" or a time of 7d or less
ioattest_pool          some          "any" or "all"
ioattest_audit_log     ""            "off" or a file, as in /var/log/ioattest/
ioattest_audit_log     a$uri         "off" or a file, as in /var/log/ioattest/
ioattest_audit_log     logs/         "off" or a file, as in /var/log/ioattest/
ioattest_audit_log     syslog:x      "off" or a file, as in /var/log/ioattest/
ioattest_evidence_dir  ""            "off" or a directory, as in /var/lib/nginx/
ioattest_evidence_dir  a$uri         "off" or a directory, as in /var/lib/nginx/
ioattest_evidence_keep  0            a number between 1 and 1000000
ioattest_evidence_keep  1000001      a number between 1 and 1000000
ioattest_collateral_early  early     "off" or the path of an internal location
ioattest_collateral_early  /a$uri    "off" or the path of an internal location
END
    my ($directive, $value, $expected) = @$row;
    my ($said) = $value =~ /([^" ]*)/;
    refused("$directive $value", $zone, location("$directive $value"),
            "invalid value \"$said\" in \"$directive\" directive, "
            . "expected $expected");
}

for my $value ('off no_crl', '/a no_list') {
    my ($word) = $value =~ /(\S+)$/;
    refused("ioattest_amd_kds $value", $zone,
            location("ioattest_amd_kds $value"), "invalid value \"$word\" in "
            . '"ioattest_amd_kds" directive, expected "no_crl" behind a path');
}

for my $value ('off accept_hold', '/a hold') {
    my ($word) = $value =~ /(\S+)$/;
    refused("ioattest_gpu_ocsp $value", $zone,
            location("ioattest_gpu_ocsp $value"), "invalid value \"$word\" in "
            . '"ioattest_gpu_ocsp" directive, expected "accept_hold" behind a '
            . 'path');
}

my $long = 'x' x 201;
refused('a name that is too long', $zone,
        location("ioattest_prewarm good $long"),
        "invalid value \"$long\" in \"ioattest_prewarm\" directive, "
        . "expected $names");


# --- values given twice -----------------------------------------------------

my $zeros = 'sha256:' . '0' x 64;
my $ones = '0x' . '1' x 40;

for my $line ('ioattest zone=io', "ioattest_image_digest $zeros",
              "ioattest_trust $ones", split /\n/, <<'END') {
ioattest_dry_run on
ioattest_pass_errors on
ioattest_request /b
ioattest_models off
ioattest_model m
ioattest_model_id m
ioattest_valid 1m
ioattest_refresh 1s
ioattest_refresh off
ioattest_attempts 1
ioattest_attempts auto
ioattest_timeout 1s
ioattest_fail_timeout 1s
ioattest_buffer_size 1m
ioattest_cpu off
ioattest_gpu off
ioattest_status json
ioattest_wait 10s
ioattest_parallel 4
ioattest_background off
ioattest_pool any
ioattest_audit_log a.log
ioattest_audit_log off
ioattest_evidence_dir a
ioattest_evidence_dir off
ioattest_evidence_keep 10
ioattest_collateral_early /e
ioattest_collateral_early off
ioattest_prewarm m
ioattest_authorization "Bearer a"
END
    my ($directive) = split ' ', $line;
    refused("$line, twice", $zone, "location /p/ {\n$line;\n$line;\n}\n",
            "\"$directive\" directive is duplicate");
}


# --- what a key is not, is not shown ----------------------------------------

my $header = 'an invalid value, expected that of an Authorization header, '
    . 'which may hold variables';

for (['""', $header], ["\"Bearer sesame\a\"", $header],
     ['"Bearer sesame\n"', $header], ['"Bearer sesame" mine',
      'an invalid second value, expected "own" or nothing'])
{
    my ($value, $what) = @$_;
    my $said = refused("ioattest_authorization $value", $zone,
        "location /p/ {\nioattest_authorization $value;\n}\n",
        "\"ioattest_authorization\" directive has $what");
    unlike($said, qr/sesame/, '... and does not show it');
}


# --- what is missing, or in the wrong place ---------------------------------

my $key = 'ioattest_authorization "Bearer a"';
my $own = '"ioattest_prewarm" needs a key of the gateway\'s own, '
    . 'see "ioattest_authorization"';
my $unused = '"ioattest_prewarm" needs a location with "ioattest" on that it '
    . 'applies to';

for (
['no size', 'ioattest_zone io;', '',
 'invalid value "io" in "ioattest_zone" directive, '
 . 'expected a name and a size'],

['a zone that is too small', 'ioattest_zone io:8k;', '',
 'invalid value "io:8k" in "ioattest_zone" directive, '
 . 'expected a name and a size of 32k or more'],

['a zone twice', "$zone$zone", '', '"ioattest_zone" "io" is duplicate'],

['a zone in a server', '', $zone,
 '"ioattest_zone" directive is not allowed here'],

['a zone that nobody defines', $zone, location('ioattest zone=other'),
 'unknown zone "other" in "ioattest" directive'],

['nowhere to ask', $zone, location('ioattest_request'),
 '"ioattest" needs "ioattest_request"'],

['CPU evidence unverified', $zone, location('ioattest_cpu'),
 '"ioattest_cpu_trusted_certificate" is needed to verify CPU evidence'],

['GPU evidence unverified', $zone, location('ioattest_gpu'),
 '"ioattest_gpu_trusted_certificate" is needed to verify GPU evidence'],

['where to ask NVIDIA', $zone,
 location('ioattest_gpu nras', 'ioattest_nras /n'),
 '"ioattest_gpu nras" needs "ioattest_nras" and "ioattest_nras_jwks"'],

['an address that nothing could hold', $zone,
 location('ioattest_report_data address-nonce'),
 '"ioattest_report_data address-nonce" needs CPU evidence'],

['a request bound by a text that does not name it', $zone,
 location('ioattest_bind both', 'ioattest_text body'),
 '"ioattest_bind both" needs "ioattest_text" "agent" or "raw"'],

['prewarm without a key', $zone, location('ioattest_prewarm m'), $own],

['a device as a directory of evidence', $zone,
 location('ioattest_evidence_dir /dev/null'),
 'invalid value "/dev/null" in "ioattest_evidence_dir" directive, '
 . 'expected "off" or a directory, and this is none'],

["prewarm with callers' keys", $zone,
 location('ioattest_prewarm m', 'ioattest_authorization $http_authorization'),
 $own],

['prewarm with a model_id of variables', $zone,
 location('ioattest_prewarm m', $key, 'ioattest_model_id $arg_id'),
 '"ioattest_prewarm" needs an "ioattest_model_id" without variables'],

['prewarm that no location uses', $zone,
 location($key) . "location /q/ { $key; ioattest_prewarm m; }\n", $unused],

['prewarm where ioattest is off', $zone,
 location($key) . "location /q/ { ioattest off; ioattest_prewarm m; }\n",
 $unused],
)
{
    refused(@$_);
}


# --- what is taken ----------------------------------------------------------

my $good = <<"END";
ioattest_dry_run on;
ioattest_pass_errors off;
ioattest_models /m;
ioattest_model \$http_x_model;
ioattest_model_id \$http_x_id;
ioattest_valid 1d;
ioattest_refresh 0;
ioattest_attempts 0;
ioattest_timeout 1ms;
ioattest_fail_timeout 0;
ioattest_buffer_size 4k;
ioattest_image_digest $zeros sha256:@{['f' x 64]};
ioattest_trust 0x@{['aB' x 20]};
END

taken('every directive with a good value', $zone,
      location(split /;\n/, $good));

taken('what a server says its locations inherit; one says off', <<"END",
${zone}ioattest_cpu off;
ioattest_gpu off;
END
<<'END');
ioattest zone=io;
ioattest_request /a;
location /p/ { proxy_pass http://127.0.0.1:1; }
location = /free { ioattest off; return 200 "free"; }
END

taken('a server may leave to its locations what they need', $zone, <<'END');
ioattest zone=io;
location / { ioattest off; }
location /p/ { ioattest_request /a; ioattest_cpu off; ioattest_gpu off; }
END

taken('ioattest_trust needs nothing else', $zone,
      "location /p/ { ioattest zone=io; ioattest_trust $ones; }\n");

taken('a refresh that is not less than the validity is cut', $zone,
      location('ioattest_valid 10s', 'ioattest_refresh 10s'));

taken('in http, server and location', <<"END", <<'END');
${zone}ioattest_cpu off;
ioattest_gpu off;
ioattest_wait 10s;
ioattest_parallel 2;
ioattest_background off;
ioattest_pool all;
ioattest_audit_log logs/audit.log;
ioattest_evidence_dir kept;
ioattest_evidence_keep 100;
ioattest_attempts auto;
ioattest_refresh 1m;
ioattest_authorization "Bearer a";
END
ioattest_wait 20s;
ioattest_parallel 32;
ioattest_background 10m;
ioattest_pool any;
ioattest_refresh off;
location /p/ {
    ioattest zone=io;
    ioattest_request /a;
    ioattest_wait 1h;
    ioattest_parallel 1;
    ioattest_background 7d;
    ioattest_audit_log off;
    ioattest_evidence_dir kept/;
    ioattest_evidence_keep 1;
    ioattest_pool all;
    ioattest_attempts 0;
    ioattest_refresh 0;
    ioattest_prewarm one "two words" three;
    ioattest_authorization $http_x own;
}
END

taken('names that one location inherits and another has a key for',
      "${zone}ioattest_cpu off;\nioattest_gpu off;\n", <<"END");
ioattest_prewarm m;
location /p/ { ioattest zone=io; ioattest_request /a; }
location /q/ { ioattest zone=io; ioattest_request /a; $key; }
END

# a pipe as a file, whose other end nobody opens

system('mkfifo', "$dir/pipe") == 0 or die "no pipe\n";
for my $name (qw( ioattest_policy ioattest_request_defaults
                  ioattest_gpu_reference ioattest_cpu_trusted_certificate )) {
    local $SIG{ALRM} = sub { die "nginx waits for a pipe of $name\n" };
    alarm 10;
    refused("$name, a pipe", $zone, "$name $dir/pipe;\n",
            "\"$dir/pipe\" is not a regular file of at most ");
    alarm 0;
}

done_testing();
