# Prompts that are written to files: what is said of it at start, and that
# nothing is where conf.example is used as it stands.

use strict;
use warnings;

use Cwd qw( abs_path );
use FindBin;
use POSIX ();
use lib "$FindBin::Bin/lib";
use Test::More;

use IoattestNginx;
use IoattestSim;

IoattestSim->start(machines => 1);

my $place = 'ioattest zone=io; ioattest_request /a; ioattest_models off; '
    . 'ioattest_cpu off; ioattest_gpu off;';

sub http { return "ioattest_zone io:256k;\n" . ($_[0] // '') }

my $nginx = IoattestNginx->start(workers => 1, http => http(), server => '');

# What nginx -t says of files, less what is before and behind.
sub said {
    my (%arg) = @_;

    $nginx->configure(http => http($arg{http}), server => $arg{server});
    my $command = join ' ', map { "'$_'" } $nginx->command('-t');
    my $out = `$command 2>&1`;
    like($out, qr/test is successful/, 'the configuration is good');

    return [$out =~ /\[warn\] [^"]*("client_body\w+".*?in location "[^"]*")/g];
}

sub smaller {
    my ($buffer, $max, $location) = @_;
    return qq("client_body_buffer_size" of $buffer bytes is less than )
        . qq("client_max_body_size" of $max bytes )
        . ($max ? '' : '(no limit) ') . qq(in location "$location");
}

is_deeply(said(server => "location /p/ { $place }"),
          [smaller(2 * POSIX::sysconf(POSIX::_SC_PAGESIZE()), 1048576, '/p/')], "nginx's own defaults");
is_deeply(said(server => "location /p/ { $place client_max_body_size 1m; "
               . "client_body_buffer_size 1m; }"), [], 'as large as the body');
is_deeply(said(server => "location /p/ { $place client_max_body_size 1m; "
               . "client_body_buffer_size 2m; }"), [], 'larger');
is_deeply(said(server => "location /p/ { $place client_max_body_size 0; "
               . "client_body_buffer_size 2m; }"),
          [smaller(2097152, 0, '/p/')], 'no limit of the body');
is_deeply(said(server => "location /p/ { client_max_body_size 8m; }"), [],
          'a location that is not protected');
is_deeply(said(http => "client_max_body_size 4m;\n",
               server => "client_body_buffer_size 4m;\n"
               . "location /p/ { $place }\n"
               . "location /q/ { $place client_max_body_size 8m; }\n"),
          [smaller(4194304, 8388608, '/q/')], 'inherited');
is_deeply(said(server => "$place client_max_body_size 1m;\n"
               . "client_body_buffer_size 1m;\n"
               . "location /p/ { location /p/q/ { } }\n"
               . "location /r/ { client_max_body_size 2m; }\n"
               . "location /s/ { ioattest off; client_max_body_size 2m; }\n"),
          [smaller(1048576, 2097152, '/r/')],
          'a location that is protected by its server');
is_deeply(said(server => "location /p/ { $place client_max_body_size 1m; "
               . "client_body_buffer_size 1m; client_body_in_file_only on; }"),
          ['"client_body_in_file_only" writes each prompt in clear to a file,'
           . ' in location "/p/"'], 'files that are asked for');

# conf.example, as it stands but for addresses, TLS and evidence

my $top = abs_path("$FindBin::Bin/..");

sub example {
    my ($more) = @_;

    open my $in, '<', "$top/conf.example" or die "conf.example: $!\n";
    my $text = do { local $/; <$in> };

    my ($http) = $text =~ /^http \{\n(.*)^\}/ms;
    my ($server) = $http =~ /^    server \{\n(.*)^    \}\n/ms;
    $http =~ s/^    server \{.*//ms;

    for ($http, $server) {
        s/192\.0\.2\.1:443/127.0.0.1:\$TEST_NGINX_SIM_PORT/g;
        s{proxy_pass(\s+)https://io_}{proxy_pass$1http://io_}g;
        s/^\s*listen [^\n]*//m;
        s/^\s*(?:ioattest_(?:\w+_certificate|policy|collateral\w*|amd_kds)|
                 proxy_ssl_trusted_certificate|ioattest_ssl_verify)\s[^\n]*//mgx;
        s/#?ioattest_cpu\s[^\n]*/ioattest_cpu off;/;
        s/#?ioattest_gpu\s[^\n]*/ioattest_gpu off;/;
        s/proxy_ssl_verify\s+on;//g;
    }

    $server =~ s{(location /v1/private/ \{)}{$1 $more};

    return (http => "$http\n    ioattest_ssl_verify off;\n",
            server => $server);
}

# An image in a prompt, of 3 MB.
sub vision {
    my $image = 'A' x (3 * 1024 * 1024);
    my $body = '{"model":"Qwen/Qwen3-32B","messages":[{"role":"user",'
        . '"content":[{"type":"text","text":"what is it?"},{"type":'
        . '"image_url","image_url":{"url":"data:image/png;base64,' . $image
        . '"}}]}]}';

    return "POST /v1/private/completions HTTP/1.1\r\nHost: localhost\r\n"
        . "Connection: close\r\nContent-Type: application/json\r\n"
        . 'Content-Length: ' . length($body) . "\r\n\r\n$body";
}

my $files = qr/a client request body is buffered to a temporary file/;

for my $more ("", "proxy_request_buffering off;") {
    my %text = example($more);
    $nginx->configure(%text);

    my $command = join ' ', map { "'$_'" } $nginx->command('-t');
    my $out = `$command 2>&1`;
    like($out, qr/test is successful/, "conf.example is good: $more")
        or diag($out);
    unlike($out, qr/"client_body/, "conf.example warns of no files: $more");

    $nginx->reload;
    $nginx->wait_for(sub { $nginx->workers == 1 });
    IoattestSim::reset();
    my ($answer) = $nginx->ask(vision());
    is($answer->{code}, 200, "3 MB pass: $more") or diag($answer->{body});
    is(IoattestSim::stats()->{completions}{total}, 1, 'to the API');
    my $sent = IoattestSim::stats()->{last}{completion}{headers};
    is((grep { lc $_->[0] eq 'content-length' } @$sent)[0][1] > 3_000_000, 1,
       'whole');
    unlike($nginx->log, $files, 'and no file holds it');
}

my %text = example("client_body_buffer_size 16k;");
$text{server} =~ s/client_body_buffer_size  32m;//;
$nginx->configure(%text);
$nginx->reload;
$nginx->wait_for(sub { $nginx->workers == 1 });
is(($nginx->ask(vision()))[0]{code}, 200, 'with a small buffer they pass too');
like($nginx->log, $files, 'by way of a file');

done_testing();
