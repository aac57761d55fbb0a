package IoattestDocs;

# The documents as tests read them, and nginx -t of the configurations in them.
#
#   blocks($text)          each "```nginx WHERE [shared] [NEEDS]" of a page:
#                          { where, shared, needs, text, line }
#   complaints($http)      what nginx -t has against this in http { }; or, as
#                          complaints($http, $main), with this before it
#   folder()               where files of configurations are looked up; it has
#                          those that the documents name
#   whole($block, \@shared)  the texts of http { } and before it, of a block
#
# WHERE is main, http, server, location or file=NAME. A block that is "shared"
# stands in front of all later ones of its page. Other words are directives, or
# parameters, that not every nginx has. For server and location there is an ordinary protected
# server around the block, unless the page has shared blocks of its own.

use strict;
use warnings;

use Cwd qw( abs_path );
use Exporter qw( import );
use File::Basename qw( dirname );
use File::Temp qw( tempdir );

use IoattestCli qw( put slurp );
use IoattestReference ();

our @EXPORT_OK = qw( blocks complaints folder whole );

my $top = abs_path(dirname(__FILE__) . '/../..');
my $dir;

my $basic = <<'EOT';
ioattest_zone io:4m;
upstream io_private { server 192.0.2.1:443; keepalive 32; }
upstream io_attest { server 192.0.2.1:443; }
EOT

my $protected = <<'EOT';
ioattest zone=io;
ioattest_request /_ioattest/attestation;
ioattest_policy ioattest/policy.json;
ioattest_cpu_trusted_certificate ioattest/cpu-roots.pem;
ioattest_gpu_trusted_certificate ioattest/nvidia-root.pem;
EOT

sub folder {
    return $dir if $dir;

    $dir = tempdir(CLEANUP => 1);
    mkdir "$dir/ioattest" or die $!;
    system('/usr/bin/python3', "$top/t/lib/sim/sim.py", '--write-roots',
           "$dir/ioattest") == 0 or die "no roots\n";
    rename "$dir/ioattest/gpu.pem", "$dir/ioattest/nvidia-root.pem" or die $!;
    rename "$dir/ioattest/cpu.pem", "$dir/ioattest/cpu-roots.pem" or die $!;
    put("$dir/ioattest/policy.json", '{}');
    put("$dir/ioattest/defaults.json", '{"temperature":0.7}');
    put("$dir/ioattest/gpu-reference.json", IoattestReference::example(0));
    put("$dir/ioattest/key.conf", "ioattest_authorization \"Bearer KEY\";\n");
    put("$dir/ioattest/$_", here(slurp("$top/contrib/nginx/$_")))
        for qw( ioattest-clients.conf ioattest-vendors.conf );
    return $dir;
}

# What stands for this machine's files, and for addresses without DNS.
sub here {
    my ($text) = @_;

    $text =~ s{/etc/ssl/certs/ca-certificates\.crt}{ioattest/cpu-roots.pem}g;
    $text =~ s{/var/(?:log|lib)/(?:nginx|ioattest)/|/etc/nginx/}{$dir/}g;
    $text =~ s{\bserver [a-z][a-z0-9.-]*:(?!\d+ resolve)}{server 192.0.2.1:}g;
    $text =~ s{\bresolver [a-z][a-z0-9.-]*}{resolver 192.0.2.1}g;
    $text =~ s{\bproxy_pass https://[a-z0-9-]+\.[a-z][a-z.]*/}
              {proxy_pass https://192.0.2.2/}g;
    return $text;
}

sub complaints {
    my ($http, $main) = @_;

    folder();
    my $binary = $ENV{TEST_NGINX_BINARY} || 'nginx';
    my @modules = split ' ', $ENV{TEST_NGINX_LOAD_MODULES}
                             || "$top/build/ngx_http_ioattest_module.so";
    my $modules = join '', map { "load_module $_;\n" } @modules;
    my $temp = join '', map { "${_}_temp_path $dir/$_;\n" }
        qw( client_body proxy fastcgi uwsgi scgi );
    $main //= '';

    # the module that a document loads is the one that is tried
    $modules = '' if $main =~ s{\bmodules/ngx_http_ioattest_module\.so}
                               {$modules[-1]};

    my $log = $main =~ /^error_log /m ? '' : "error_log $dir/error.log;\n";
    put("$dir/nginx.conf", "$modules$main\npid $dir/pid;\n$log"
        . "events { }\nhttp {\naccess_log off;\n$temp$http}\n");

    local $ENV{PATH} = "$ENV{PATH}:/usr/sbin:/sbin";
    my $said = `$binary -t -e $dir/error.log -p $dir -c $dir/nginx.conf 2>&1`;
    return $? == 0 ? '' : $said || 'it failed';
}

sub blocks {
    my ($text) = @_;
    my @blocks;

    while ($text =~ /^( *)```nginx\b *([^\n]*)\n(.*?)^\1```$/msg) {
        my ($words, $body) = ($2, $3);
        my $line = 1 + (substr($text, 0, $-[0]) =~ tr/\n//);
        my ($where, @more) = split ' ', $words;
        push @blocks, { where => $where // '', text => $body, line => $line,
                        shared => scalar(grep { $_ eq 'shared' } @more),
                        needs => [grep { $_ ne 'shared' } @more] };
    }
    return @blocks;
}

sub whole {
    my ($block, $shared) = @_;

    folder();
    my ($where, $text) = ($block->{where}, here($block->{text}));
    my $before = join '', map { here($_->{text}) } @$shared;
    my $help = @$shared ? '' : "$basic$protected";

    return ('', $text) if $where eq 'main';
    return ("$before$text") if $where eq 'http';
    return ("$before${help}server {\nlisten 127.0.0.1:8080;\n$text}\n")
        if $where eq 'server';
    return if $where ne 'location';

    return ("$before$basic" . "server {\nlisten 127.0.0.1:8080;\n"
            . ($text =~ /^\s*ioattest zone=/m
                   ? $protected =~ s/^ioattest zone=io;\n//mr : $protected)
            . "location /v1/private/ {\n$text\nproxy_pass "
            . "https://io_private;\n}\n}\n");
}

1;
