package IoattestSite;

# The ten lines of doc/operate.md with contrib/nginx/ioattest-clients.conf, in
# front of the simulated API behind TLS; machines show TDX and one GPU.
#
#   my $site = IoattestSite->new;              # starts the simulation
#   my $nginx = $site->start("set ...;");      # more, after the includes
#
#   $site->{one}     the port for clients; {two} with TLS, HTTP/2, and HTTP/3
#                    where nginx has it
#   $site->{ca}      the CA of {two}, whose name is gateway.test
#   $site->{dir}     where models.json is expected
#   $site->{text}    the ten lines

use strict;
use warnings;

use Cwd qw( abs_path );
use File::Basename qw( dirname );
use File::Temp qw( tempdir );

use IoattestCli qw( put slurp );
use IoattestDocs qw( blocks );
use IoattestEvidence;
use IoattestNginx;
use IoattestSim;
use IoattestTls;

my $top = abs_path(dirname(__FILE__) . '/../..');
my $name = 'api.intelligence.io.net';

our $model = 'meta-llama/Llama-3.3-70B-Instruct';

# Whether this nginx can serve HTTP/3.
our $http3 = do {
    my $nginx = $ENV{TEST_NGINX_BINARY} || 'nginx';
    `$nginx -V 2>&1` =~ /--with-http_v3_module/;
};

sub new {
    my ($class) = @_;

    my ($text) = grep { /ioattest-clients\.conf/ }
                 map { $_->{text} } blocks(slurp("$top/doc/operate.md"));
    my $tls = IoattestTls->new;
    my $self = bless { dir => tempdir(CLEANUP => 1), tls => $tls,
        ca => $tls->ca('here'), text => $text,
        map({ (qw( one two api ))[$_] => IoattestTls::port($_ + 1) } 0 .. 2),
    }, $class;

    IoattestSim->start(machines => 1, evidence => 1,
                       models => [$model, '-example/not-attestable']);
    IoattestSim::set({ evidence => 'tdx', gpus => 1 });
    $self->place;
    return $self;
}

# Addresses and files of here in the place of those that are named.
sub place {
    my ($self) = @_;

    my ($dir, $tls) = @{$self}{qw( dir tls )};
    my $clients = slurp("$top/contrib/nginx/ioattest-clients.conf");
    my $certificate = $tls->certificate('here', 'gateway.test');
    my $quic = $http3 ? "listen 127.0.0.1:$self->{two} quic;" : '';
    my %stands = (
        "$name:443" => "127.0.0.1:$self->{api}",
        '/etc/ssl/certs/ca-certificates.crt' => $tls->ca('public'),
        'ioattest/cpu-roots.pem' => $ENV{TEST_NGINX_SIM_CPU_ROOTS},
        'ioattest/nvidia-root.pem' => $ENV{TEST_NGINX_SIM_GPU_ROOTS},
        'ioattest/policy.json' =>
            IoattestEvidence::file(IoattestEvidence::policy(1)),
        '/etc/nginx/ioattest/models.json' => "$dir/models.json",
        'ioattest/ioattest-clients.conf' => "$dir/clients.conf",
        'ioattest/key.conf' => "$dir/key.conf",
        'listen 127.0.0.1:8080;' => <<"EOT",
listen 127.0.0.1:$self->{one};
    listen 127.0.0.1:$self->{two} ssl http2;
    $quic
    ssl_certificate $certificate.pem;
    ssl_certificate_key $certificate.key;
EOT
    );

    $self->{site} = $self->{text};
    for my $what (sort { length $b <=> length $a } keys %stands) {
        my $n = $clients =~ s/^(?!#)(.*)\Q$what\E/$1$stands{$what}/mg;
        $n += $self->{site} =~ s/\Q$what\E/$stands{$what}/g;
        die "neither the ten lines nor what they include have $what\n" if !$n;
    }
    put("$dir/clients.conf", $clients);
    put("$dir/key.conf", "ioattest_authorization \"Bearer KEY\";\n");
    return;
}

# The API says of origins what it likes, and tells what it was asked.
sub start {
    my ($self, $after) = @_;

    my $text = $self->{site} =~ s/(include \S+key\.conf;\n)/$1$after\n/r;
    my $front = $self->{tls}->server(port => 3, ca => 'public',
                                     name => $name, more => <<'EOT');
client_max_body_size 64m;
        client_body_buffer_size 64m;
        add_header Access-Control-Allow-Origin * always;
        add_header X-Saw-Origin $http_origin always;
EOT
    return IoattestNginx->start(workers => 1, server => '',
                                http => <<"EOT");
$front
    map \$http_origin \$our_origins {
        ~^https://(app|chat)\\.example\\.com\$ \$http_origin;
    }
$text
EOT
}

1;
