# Long responses are held in memory that a worker keeps for the next one: none
# may get what is another's, or what was another's before.

use strict;
use warnings;

use Digest::SHA qw( sha256_hex );
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use IoattestNginx;
use IoattestSim;

# One worker, and two responses more than what it keeps, 64 blocks of 64 kB.
my $size = 1_400_000;
my $many = 5;

IoattestSim->start(machines => 1);

my $nginx = IoattestNginx->start(workers => 1, http => <<'END', server => <<'END');
    ioattest_zone io:1m;
    ioattest_ssl_verify off;
    ioattest_background off;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
END
    location / {
        ioattest zone=io; ioattest_request /_attestation; ioattest_models off;
        ioattest_cpu off; ioattest_gpu off; ioattest_buffer_size 2m;
        proxy_pass http://127.0.0.1:$TEST_NGINX_SIM_PORT;
    }
    location = /_attestation {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_SIM_PORT/v1/private/attestation;
    }
END

my $count = 0;

sub request {
    my ($bytes, $more) = @_;

    $count++;
    return IoattestNginx::completion(text => "no. $count",
        sim => "size=$bytes" . ($more ? ", $more" : ''));
}


# What came is what was signed: its hash is the second one of the text.
sub good {
    my ($answer, $bytes) = @_;

    my ($text) = $answer->{head} =~ /^text: [0-9a-f]{64}:([0-9a-f]{64})\r?$/mi;
    my $compact = $answer->{body} =~ s/(?<=[:,]) //gr;

    return $answer->{code} == 200 && length $answer->{body} == $bytes
           && defined $text && sha256_hex($compact) eq $text;
}

for my $round (1 .. 3) {
    my @answers = $nginx->ask(map { request($size) } 1 .. $many);
    is(scalar(grep { good($_, $size) } @answers), $many,
       "round $round: each gets its own");
}

for my $bytes (32_000, 32_768, 33_000, 49_152, 98_000, 114_688, 131_000) {
    my @answers = $nginx->ask(map { request($bytes) } 1 .. 2);
    is(scalar(grep { good($_, $bytes) } @answers), 2, "$bytes bytes");
}

my @mixed = $nginx->ask(map { (request($size), request($size, 'flip_body')) }
                        1 .. 3);
is(scalar(grep { $_->{code} == 200 } @mixed), 3, 'refused ones between them');
is(scalar(grep { good($_, $size) } @mixed), 3, 'leave nothing behind');

unlike($nginx->log, qr/\[(?:alert|emerg|crit)\]/, 'nothing in the log');

done_testing();
