# doc/ai-gateway.md: the trap that it tells of is one: a long prompt passes by a
# location that alone has ioattest, and does not where the server has it. That
# its configurations are good is looked at in t/doc_blocks.t.

use strict;
use warnings;

use FindBin ();
use lib "$FindBin::Bin/lib";

use Test::More;

use IoattestDocs qw( complaints );
use IoattestNginx;
use IoattestSim;

my $early = complaints("client_body_early_read on;\n") eq '';

# The trap. Where nginx reads bodies early, it routes by the body as the
# document has it; any nginx does so after a mirror has had the body read.

IoattestSim->start(machines => 1);

my $protected = <<'EOT';
        ioattest         zone=io;
        ioattest_cpu     off;
        ioattest_gpu     off;
        ioattest_request /_attestation;
        ioattest_models  /_models;
EOT
my $beside = <<'EOT';
        location = /_attestation {
            internal;
            proxy_pass http://api/v1/private/attestation;
        }
        location = /_models { internal; proxy_pass http://api/v1/models; }
        location = /_read { internal; ioattest off; return 204; }
EOT

my %pass = (mirror => 'proxy_pass http://api;',
            early => 'proxy_pass http://api/v1/private/completions;');
my %place = (mirror => '@', early => '= /routed/');
my %entry = (mirror => <<'EOT');
        location = /v1/private/completions {
            ioattest off;
            mirror /_read;
            error_page 404 = @$where;
        }
EOT
$entry{early} = <<'EOT' if $early;
        client_body_early_read on;
        if ($uri = /v1/private/completions) { rewrite ^ /routed/$where last; }
EOT

sub gateway {
    my ($entry, $map, $server) = @_;

    return IoattestNginx->start(workers => 1, http => <<"EOT",
    ioattest_zone io:1m;
    ioattest_ssl_verify off;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    upstream api { server 127.0.0.1:\$TEST_NGINX_SIM_PORT; }
    map \$request_body \$where {
$map
    }
EOT
        server => "        client_body_buffer_size 16k;\n"
            . "$entry{$entry}$server$beside");
}

my %long = (text => 'a long prompt ' x 2_000);

# what ASKED ends in: the status, or the reason, of an answer that was changed
sub ends {
    my ($nginx, %asked) = @_;
    my ($answer) = $nginx->ask(IoattestNginx::completion(%asked,
                                                         sim => 'flip_body'));
    return join ' ', grep { defined && length } $answer->{code},
                                                $answer->{reason};
}

for my $entry (sort keys %entry) {
    my ($pass, $at) = ($pass{$entry}, $place{$entry});
    my $nginx = gateway($entry, <<'EOT', <<"EOT2");
        default                public;
        "~meta-llama/Llama-3"  private;
EOT
        location ${at}public { $pass }
        location ${at}private {
$protected            $pass
        }
EOT2
    is(ends($nginx), '502 response_hash_mismatch',
       "$entry: ioattest in one location: a short prompt is verified");
    is(ends($nginx, %long), '200', "$entry: a long one is not: the trap");
    $nginx->stop;

    $nginx = gateway($entry, <<'EOT', <<"EOT2");
        default                        private;
        "~\"model\":\"Qwen/Qwen3-32B\""  public;
EOT
$protected        location ${at}private { $pass }
        location ${at}public { ioattest off; $pass }
EOT2
    is(ends($nginx), '502 response_hash_mismatch',
       "$entry: ioattest in the server: a short prompt is verified");
    is(ends($nginx, %long), '502 response_hash_mismatch',
       "$entry: so is a long one");
    is(ends($nginx, model => 'Qwen/Qwen3-32B'), '200',
       "$entry: what need not be is not");
    $nginx->stop;
}

done_testing();
