# doc/ai-gateway.md: each configuration in it passes nginx -t where this nginx
# knows its directives; and the trap is one: a long prompt passes by a location
# that alone has ioattest, and does not where the server has it.

use strict;
use warnings;

use Cwd qw( abs_path );
use File::Temp qw( tempdir );
use FindBin ();
use lib "$FindBin::Bin/lib";

use Test::More;

use IoattestCli qw( put slurp );
use IoattestNginx;
use IoattestSim;

my $top = abs_path("$FindBin::Bin/..");
my $text = slurp("$top/doc/ai-gateway.md");
my $binary = $ENV{TEST_NGINX_BINARY} || 'nginx';
my $modules = join '', map { "load_module $_;\n" }
    split ' ', $ENV{TEST_NGINX_LOAD_MODULES}
               || "$top/build/ngx_http_ioattest_module.so";
my $dir = tempdir(CLEANUP => 1);
my $temp = join '', map { "${_}_temp_path $dir/$_;\n" }
    qw( client_body proxy fastcgi uwsgi scgi );

$ENV{PATH} .= ':/usr/sbin:/sbin';

# Says what nginx -t has against this inside of http, or nothing.
sub complaints {
    my ($http) = @_;

    put("$dir/nginx.conf", "${modules}pid $dir/pid;\n"
        . "error_log $dir/error.log;\nevents { }\n"
        . "http {\naccess_log off;\n$temp$http}\n");
    my $said = `$binary -t -e $dir/error.log -p $dir -c $dir/nginx.conf 2>&1`;
    return $? == 0 ? '' : $said || 'it failed';
}

# "```nginx WHERE [NEEDS]"; WHERE is http, server or file=NAME.
my @blocks = $text =~ /^```nginx (\S+)(?: (\w+))?\n(.*?)^```$/msg;
is(() = $text =~ /^```nginx/mg, @blocks / 3, 'each says where it belongs');
cmp_ok(scalar @blocks / 3, '>', 6, 'and there are some');

mkdir "$dir/ioattest" or die $!;
system('/usr/bin/python3', "$top/t/lib/sim/sim.py", '--write-roots',
       "$dir/ioattest") == 0 or die "no roots\n";
rename "$dir/ioattest/gpu.pem", "$dir/ioattest/nvidia-root.pem" or die $!;
rename "$dir/ioattest/cpu.pem", "$dir/ioattest/cpu-roots.pem" or die $!;
put("$dir/ioattest/policy.json", '{}');

my %known = (
    json_set => complaints("json_set \$a_b \$arg_a b;\n"
        . "server { location \$arg_c { } }\n") eq '',
    client_body_early_read => complaints("client_body_early_read on;\n") eq '',
);

my ($shared, $n) = ('', 0);
while (my ($where, $needs, $block) = splice @blocks, 0, 3) {
    my $name = 'block ' . ++$n . " ($where)";

    # the log is the machine's own, and no test's
    $block =~ s{/var/log/nginx/}{$dir/};

    if ($where =~ /\Afile=([\w.\/-]+)\z/) {
        put("$dir/$1", $block);
        next;
    }
    $block = "server { listen 127.0.0.1:8080;\n$block}\n"
        if $where eq 'server';
    ok(!$needs || exists $known{$needs}, "$name: what it needs is known");

    SKIP: {
        skip "$name: this nginx has no $needs", 1 if $needs && !$known{$needs};
        is(complaints("$shared$block"), '', $name);
    }
    $shared = $block if $where eq 'http' && $n == 1;
}

isnt(complaints("$shared server { include ioattest/api.conf; nonsense; }\n"),
     '', 'what is wrong is told');

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
$entry{early} = <<'EOT' if $known{client_body_early_read};
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
