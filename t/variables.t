# The variables, in a log, a map and a header.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use IoattestNginx;
use IoattestSim;

IoattestSim->start(machines => 4);

# what is used after it was freed shows, with this C library
$ENV{MALLOC_PERTURB_} = 165;

my $format = join ' ', map { "$_=\$ioattest_$_" } qw(
    verdict reason signing_address image_digest model model_id cpu gpu
    signer_bound attested wait verify_us );

my $nginx = IoattestNginx->start(workers => 1, http => <<"EOF", server => <<'EOF');
    log_format io '\$uri $format';
    map \$ioattest_verdict \$mapped { verified good; default other; }
    ioattest_zone io:1m;
    ioattest_background off;
    ioattest_ssl_verify off;
    upstream api { server 127.0.0.1:\$TEST_NGINX_SIM_PORT; }
EOF
        ioattest_cpu off;
        ioattest_gpu off;
        ioattest_request /_ioattest/attestation;
        ioattest_models /_ioattest/models;
        access_log logs/io.log io;
        location /v1/private/ {
            ioattest zone=io;
            add_header X-Mapped $mapped always;
            proxy_pass http://api;
        }
        location /plain/ { proxy_pass http://api/v1/private/; }
        location = /_ioattest/attestation {
            internal;
            proxy_pass http://api/v1/private/attestation;
        }
        location = /_ioattest/models {
            internal;
            proxy_pass http://api/v1/models;
        }
EOF

my %asked;

sub ask {
    my ($path, $sim, %more) = @_;
    $asked{$path}++;
    my ($answer) = $nginx->ask(IoattestNginx::completion(
        path => "/$path/completions", sim => $sim, %more));
    return $answer;
}

# nginx logs a request after its client has the answer.

my $last = sub {
    my ($uri) = @_;
    my @lines;

    $nginx->wait_for(sub {
        open my $in, '<', "$nginx->{root}/logs/io.log" or return;
        @lines = grep { m{^/$uri/} } <$in>;
        return @lines >= $asked{$uri};
    });

    return { map { /^(\w+)=(.*)/ ? ($1 => $2) : () } split ' ', $lines[-1] };
};

like(ask('v1/private', 'machine=0')->{head}, qr/X-Mapped: good/,
     'a map and add_header see the verdict');
my $v = $last->('v1/private');
is($v->{verdict}, 'verified', '$ioattest_verdict');
is($v->{reason}, '', '$ioattest_reason');
is($v->{signing_address}, lc $ENV{TEST_NGINX_SIM_ADDRESS_0},
   '$ioattest_signing_address');
is($v->{image_digest}, $ENV{TEST_NGINX_SIM_DIGEST}, '$ioattest_image_digest');
is($v->{model}, 'meta-llama/Llama-3.3-70B-Instruct', '$ioattest_model');
like($v->{model_id}, qr/^[0-9a-f-]{36}$/, '$ioattest_model_id');
is("$v->{cpu}$v->{gpu}$v->{signer_bound}", '--no', 'evidence is not looked at');
like($v->{attested}, qr/^\d+$/, '$ioattest_attested');
like($v->{wait}, qr/^\d+\.\d{3}$/, '$ioattest_wait');
cmp_ok($v->{verify_us}, '>', 0, '$ioattest_verify_us');

ask('v1/private', 'machine=0, no_signature');
$v = $last->('v1/private');
is("$v->{verdict} $v->{reason}", 'rejected no_signature', 'of a refusal');
ask('v1/private', 'status=429, unsigned');
is($last->('v1/private')->{verdict}, 'unsigned', 'of an error');
ask('plain', '');
is($last->('plain')->{verdict}, 'off', 'of an unprotected location');

is_deeply([$nginx->log =~ /^(.*\[(?:alert|crit|emerg)\].*)$/mg], [],
          'nothing alarming in the log');

done_testing();
