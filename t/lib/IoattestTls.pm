package IoattestTls;

# Certificates for tests, and the TLS servers in front of the simulated API
# that have them.
#
#   my $tls = IoattestTls->new;         # in TMPDIR, gone with the object
#   $tls->ca('api');                    # file of a CA's certificate
#   $tls->server(port => 1, ca => 'api', name => 'api.test', more => $text);
#
# server() gives the text of a server { } of nginx that passes everything on
# to the simulation; port counts from TEST_NGINX_PORT.

use strict;
use warnings;

use File::Temp ();


sub new {
    my ($class) = @_;

    my $dir = File::Temp->newdir('ioattest-tls-XXXXXX', TMPDIR => 1);
    chmod 0755, "$dir";
    return bless { dir => $dir }, $class;
}


sub ca {
    my ($self, $name) = @_;

    my $file = "$self->{dir}/ca-$name";
    if (!-e "$file.pem") {
        make($file, "CA $name");
    }
    return "$file.pem";
}


# Of those names, by that CA: the file without its .pem and .key.
sub certificate {
    my ($self, $ca, $names) = @_;

    my ($name) = split ' ', $names;
    my $all = join ',', map { "DNS:$_" } split ' ', $names;
    my $file = "$self->{dir}/$ca-$name";
    if (!-e "$file.pem") {
        (my $by = $self->ca($ca)) =~ s/\.pem\z//;
        make($file, $name, '-CA', "$by.pem", '-CAkey', "$by.key",
             '-addext', 'basicConstraints=CA:FALSE',
             '-addext', "subjectAltName=$all");
    }
    return $file;
}


sub make {
    my ($file, $name, @more) = @_;

    my @command = (qw( openssl req -x509 -newkey ec -pkeyopt
                       ec_paramgen_curve:P-256 -nodes -days 2 ),
                   '-subj', "/CN=$name", '-keyout', "$file.key",
                   '-out', "$file.pem", @more);

    open my $out, '-|', "@{[map { quoted($_) } @command]} 2>&1"
        or die "openssl: $!\n";
    my $said = do { local $/; <$out> };
    close $out or die "openssl: $said\n";
    return;
}


sub quoted {
    my ($word) = @_;

    $word =~ s/'/'\\''/g;
    return "'$word'";
}


sub port {
    my ($n) = @_;

    return ($ENV{TEST_NGINX_PORT} || 1984) + $n;
}


sub server {
    my ($self, %arg) = @_;

    my $file = $self->certificate($arg{ca}, $arg{name});
    my $port = port($arg{port});
    my $more = $arg{more} // '';

    return <<"EOT";
    server {
        listen 127.0.0.1:$port ssl;
        ssl_certificate     $file.pem;
        ssl_certificate_key $file.key;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        $more
        location / { proxy_pass http://127.0.0.1:\$TEST_NGINX_SIM_PORT; }
    }
EOT
}


1;
