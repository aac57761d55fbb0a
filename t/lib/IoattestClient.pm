package IoattestClient;

# Clients that are no part of this repository, driven line by line: see
# t/client/client.mjs and t/client/ai.mjs.  scripts/test.sh fetches them, and
# sets IOATTEST_NEED_CLIENT so that their absence cannot go by unseen.
#
#   my $client = IoattestClient->start('ai.mjs', 'ai');
#   my @results = $client->ask(@requests);       # all at once
#   $client->stop;
#
# start() skips the whole test where the package is not there.  locations() is
# for nginx: /tail/drop/ and so on, and /plain/ without a gateway.

use strict;
use warnings;

use Cwd ();
use File::Basename ();
use IPC::Open2 qw( open2 );
use JSON::PP ();
use Test::More;

my $here = File::Basename::dirname(Cwd::abs_path(__FILE__));
my $dir = "$here/../../build/client";
my $ascii = JSON::PP->new->ascii->canonical;


sub go_without {
    my ($why) = @_;

    plan skip_all => $why if !$ENV{IOATTEST_NEED_CLIENT};
    fail('the client can be used');
    diag "$why; without npm: IOATTEST_NO_CLIENT=1 sh scripts/test.sh";
    done_testing();
    exit;
}


sub start {
    my ($class, $script, $package) = @_;

    plan skip_all => 'IOATTEST_NO_CLIENT is set' if $ENV{IOATTEST_NO_CLIENT};
    go_without('there is no node: see "scripts/deps.sh client"')
        if system('node --version >/dev/null 2>&1') != 0;
    go_without("$package is not installed: see t/client/install.sh")
        if !-e "$dir/node_modules/$package/package.json";

    my $self = bless {}, $class;
    $self->{pid} = open2($self->{from}, $self->{to}, 'node',
                         "$here/../client/$script", $dir);
    my $about = $self->next;
    note join ', ', map { "$_ $about->{$_}" } sort keys %$about;

    return $self;
}


sub next {
    my ($self) = @_;
    return $ascii->decode(readline($self->{from}) // die "the client died\n");
}


sub ask {
    my ($self, @requests) = @_;

    print { $self->{to} } $ascii->encode(\@requests), "\n";
    $self->{to}->flush;
    return @{ $self->next };
}


sub stop {
    my ($self) = @_;

    close $self->{to};
    waitpid $self->{pid}, 0;
    is($?, 0, 'the client ends well');
    return;
}


sub http {
    return <<'EOF';
    ioattest_zone io:1m;
    ioattest_background off;
    ioattest_ssl_verify off;
    upstream api { server 127.0.0.1:$TEST_NGINX_SIM_PORT; keepalive 8; }
    proxy_http_version 1.1;
    proxy_set_header Connection "";
EOF
}


sub locations {
    my $text = <<'EOF';
        ioattest_cpu off;
        ioattest_gpu off;
        ioattest_request /_ioattest/attestation;
        ioattest_models /_ioattest/models;
        location /plain/ { proxy_buffering off;
                           proxy_pass http://api/v1/private/; }
        location = /_ioattest/attestation {
            internal;
            proxy_pass http://api/v1/private/attestation;
        }
        location = /_ioattest/models {
            internal;
            proxy_pass http://api/v1/models;
        }
EOF

    for my $stream (qw( tail hold )) {
        for my $event (qw( drop pass )) {
            $text .= <<"EOF";
        location /$stream/$event/ {
            ioattest zone=io;
            ioattest_stream $stream;
            ioattest_signature_event $event;
            ioattest_bind both;
            proxy_pass http://api/v1/private/;
        }
EOF
        }
    }

    return $text;
}


1;
