package IoattestTest;

# Configuration text and small helpers that the test files share.

use strict;
use warnings;

use Exporter qw( import );

our @EXPORT_OK = qw( http_config gateway sim_control code_like cases
    none_sent );


# For --- http_config: the zone and the simulated API.
sub http_config {
    return <<'END';
        ioattest_zone io:4m;
        ioattest_background off;
        ioattest_ssl_verify off;
        upstream api { server 127.0.0.1:$TEST_NGINX_SIM_PORT; keepalive 8; }
        proxy_http_version 1.1;
        proxy_set_header Connection "";
END
}


# For --- config: a protected location, its attestation and its models list.
# What is given goes into the protected location.
sub gateway {
    my ($extra) = @_;
    $extra //= '';

    return <<"END" . sim_control();
        location /v1/private/ {
            ioattest zone=io;
            ioattest_request /_attestation;
            ioattest_models /_models;
            ioattest_cpu off;
            ioattest_gpu off;
            $extra
            proxy_pass http://api;
        }
        location = /_attestation {
            internal;
            proxy_pass http://api/v1/private/attestation;
        }
        location = /_models {
            internal;
            proxy_pass http://api/v1/models;
        }
END
}


# /_sim/ is the control of the simulated API.
sub sim_control {
    return <<'END';
        location /_sim/ { proxy_pass http://api; }
END
}


# A pattern for the body of a refusal.
sub code_like {
    my ($reason) = @_;

    return qr/\A\{"error":\{"message":"[^"]+","type":"attestation_error",/
        . qr/"param":null,"code":"\Q$reason\E"\}\}\z/;
}


# For GET /_sim/stats: whatever its method and path, nothing was received but
# attestations and models lists.
sub none_sent {
    return qr{"paths":\{(?:,?"/v1/(?:models|private/attestation)":\d+)*\},};
}


# Pairs of misbehaviour and reason; "" is no refusal.
sub cases {
    my ($text) = @_;

    return map { my ($what, $reason) = split ' '; [$what, $reason // ''] }
        grep { /\S/ && !/^\s*#/ } split /\n/, $text;
}


1;
