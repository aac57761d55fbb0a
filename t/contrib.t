# contrib/: what it names is in the tree; the YAML is read, and the configuration
# in it passes nginx -t.

use strict;
use warnings;

use Cwd qw( abs_path );
use File::Temp qw( tempdir );
use FindBin ();
use lib "$FindBin::Bin/lib";

use JSON::PP qw( decode_json );
use Test::More;

use IoattestCli qw( put slurp );

my $top = abs_path("$FindBin::Bin/..");
my $dir = tempdir(CLEANUP => 1);

# docker: the two files of a folder for the official image; all that the
# Dockerfile takes of the tree is there

my $docker = "$top/contrib/docker";
like(slurp("$docker/ioattest/source"), qr{\Ahttps://\S+\.tar\.gz\n\z},
     'source is one address');
my %control = map { $_ => 1 }
    slurp("$top/debian/control") =~ /\b(lib[\w-]+-dev)\b/g;
for my $package (split ' ', slurp("$docker/ioattest/build-deps")) {
    ok($control{$package}, "$package is what debian/control needs too");
}

my $file = slurp("$docker/Dockerfile");
for my $script ($file =~ m{\bsh (scripts/[\w.-]+)}g) {
    ok(-f "$top/$script", "$script is there");
}
for my $package ($file =~ m{/packages/([a-z-]+)_\*\.deb}g) {
    like(slurp("$top/debian/control"), qr/^Package: $package$/m,
         "$package is a package");
}

like(slurp("$top/.dockerignore"), qr/^\Q$_\E$/m, "$_ is not copied")
    for qw( .git build );

# audit: what doc/audit.md names

for my $file (glob "$top/contrib/audit/*") {
    my ($name) = $file =~ m{([^/]+)\z};
    like(slurp("$top/doc/audit.md"), qr{contrib/audit/\Q$name\E},
         "doc/audit.md tells of $name");
}
SKIP: {
    skip 'no logrotate here', 1
        if system('command -v logrotate >/dev/null 2>&1');
    my $said = `logrotate -d $top/contrib/audit/logrotate 2>&1`;
    unlike($said, qr/^error/mi, 'logrotate takes its rule');
}

# nginx: what the includes' comments and the documents name; t/clients.t and
# t/example_run.t run them

for my $file (glob "$top/contrib/nginx/*.conf") {
    my ($name) = $file =~ m{([^/]+)\z};
    like(slurp("$top/doc/operate.md"), qr{contrib/nginx/\Q$name\E},
         "doc/operate.md tells of $name");
}

# kubernetes

my $yaml = "$top/contrib/kubernetes/ioattest.yaml";

SKIP: {
    my $json = `/usr/bin/python3 -c '
import json, sys, yaml
print(json.dumps(list(yaml.safe_load_all(open(sys.argv[1])))))' $yaml 2>&1`;
    skip 'no python3-yaml here', 1 if $json =~ /No module named/;

    my $all = eval { decode_json($json) } // [];
    is(join(' ', map { $_->{kind} // '?' } @$all),
       'ConfigMap Deployment Service', 'the YAML is read') or diag($json);

    my ($map, $deployment, $service) = @$all;
    my $spec = $deployment->{spec}{template}{spec};
    my ($container) = @{ $spec->{containers} };
    my %port = map { $_->{name} => $_->{containerPort} }
               @{ $container->{ports} };
    my ($conf) = $map->{data}{'ioattest.conf'};

    for my $probe (qw( livenessProbe startupProbe readinessProbe )) {
        my $get = $container->{$probe}{httpGet};
        my ($path) = $get->{path} =~ m{\A(/\w+)};
        my $port = $port{ $get->{port} };
        ok($port, "$probe: its port");
        like($conf, qr/listen $port;(?:(?!listen).)*location = $path /s,
             "$probe: its location");
    }

    # who fails these is restarted, which mends no attestation
    unlike($container->{$_}{httpGet}{path}, qr/\?/, "$_ asks for no model")
        for qw( livenessProbe startupProbe );

    my ($model) = $container->{readinessProbe}{httpGet}{path} =~ /=(.*)/;
    like($conf, qr/ioattest_prewarm $model;/, 'its model is attested first');

    my %volume = map { $_->{name} => $_ } @{ $spec->{volumes} };
    for my $mount (@{ $container->{volumeMounts} }) {
        ok($volume{ $mount->{name} }, "$mount->{name} is a volume");
    }
    is($volume{key}{secret}{defaultMode}, 256, 'the key is for its owner');
    ok($port{ $service->{spec}{ports}[0]{targetPort} }, 'the Service\'s port');
    is_deeply($service->{spec}{selector},
              $deployment->{spec}{template}{metadata}{labels},
              'and its pods');

    nginx_takes($conf);
}

sub nginx_takes {
    my ($conf) = @_;

    # its nginx is Debian 13's, which knows no more than this
    unlike($conf, qr/\sresolve;|^\s*resolver /m, 'nothing of later nginx');

    # there may be no DNS here
    $conf =~ s/server api\.intelligence\.io\.net:/server 192.0.2.1:/g;
    $conf =~ s{/etc/nginx/ioattest(-key)?/}{$dir/}g;

    system('/usr/bin/python3', "$top/t/lib/sim/sim.py", '--write-roots',
           $dir) == 0 or die "no roots\n";
    rename "$dir/gpu.pem", "$dir/nvidia-root.pem" or die $!;
    rename "$dir/cpu.pem", "$dir/cpu-roots.pem" or die $!;
    put("$dir/policy.json", '{}');
    put("$dir/key.conf", "ioattest_authorization \"Bearer KEY\";\n");

    my $nginx = $ENV{TEST_NGINX_BINARY} || 'nginx';
    my $load = join '', map { "load_module $_;\n" }
        split ' ', $ENV{TEST_NGINX_LOAD_MODULES}
                   || "$top/build/ngx_http_ioattest_module.so";
    my $temp = join '', map { "${_}_temp_path $dir/$_;\n" }
        qw( client_body proxy fastcgi uwsgi scgi );
    put("$dir/nginx.conf", "${load}pid $dir/pid;\nevents { }\n"
        . "http {\naccess_log off;\n$temp$conf}\n");

    local $ENV{PATH} = "$ENV{PATH}:/usr/sbin:/sbin";
    my $said = `$nginx -t -e $dir/error.log -p $dir -c $dir/nginx.conf 2>&1`;
    is($?, 0, 'nginx -t takes its configuration') or diag($said);
    return;
}

done_testing();
