package IoattestFaults;

# A walk of the tool through faults of the simulator: each must fail at the
# check that it breaks (IoattestChecks), and at no other.
#
#   IoattestFaults::walk('snp', 'kds')        every fault of these kinds

use strict;
use warnings;

use File::Temp qw( tempdir );
use IO::Socket::INET ();
use JSON::PP ();
use MIME::Base64 qw( decode_base64 );
use Test::More;

use IoattestChecks ();
use IoattestCli qw( cli get put slurp );
use IoattestEvidence ();
use IoattestSim ();

my $JSON = JSON::PP->new->canonical;
my $NONCE = 'c3' x 32;

# In answers of services the reasons that depend on who asks.
my %reason = (
    map { ("crl_root_$_" => 'cpu_evidence_invalid') }
        qw( expired future garbage issuer signature ),
);

# What the tool cannot see, and why.
my %unseen = (
    (map { ($_ => 'what the model has shown before, a gateway alone knows') }
        qw( snp_data_downgrade tdx_data_downgrade )),
    (map { ("ocsp_$_" => 'with what nonce a saved answer was asked for, '
                         . 'nobody has saved') }
        qw( nonce nonce_none nonce_short nonce_twice )),
);

# Bytes that a service here answers a POST with.
sub post {
    my ($port, $path, $type, $body) = @_;

    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
        PeerPort => $port) or die "connect: $@";
    print {$socket} "POST $path HTTP/1.1\r\nHost: sim\r\n"
        . "Connection: close\r\nContent-Type: $type\r\nContent-Length: "
        . length($body) . "\r\n\r\n$body";
    local $/;
    my ($head, $said) = split /\r\n\r\n/, readline($socket), 2;
    return $head =~ m{\AHTTP/1\.1 200} ? $said : '';
}


sub intel {
    my ($sim, $dir) = @_;

    for (['tcb_info', 'tdx/certification/v4/tcb?fmspc='
             . $sim->evidence->{fmspc}],
         ['qe_identity', 'tdx/certification/v4/qe/identity'])
    {
        my ($head, $body) = get($sim->port, "/$_->[1]");
        my ($chain) = $head =~ /^[\w-]+-Issuer-Chain: (.*?)\r?$/mi;
        put("$dir/$_->[0].json", $body);
        put("$dir/$_->[0]_chain.pem", $chain // '');
    }
    put("$dir/pck_crl.der", (get($sim->port,
        '/sgx/certification/v4/pckcrl?ca=platform&encoding=der'))[1]);
    put("$dir/root_crl.der", (get($sim->port, '/IntelSGXRootCA.der'))[1]);
    return;
}


sub amd {
    my ($sim, $dir) = @_;

    my $chip = $sim->evidence->{machines}[0]{chip_id};
    my $tcb = $sim->evidence->{sev_snp}{tcb};
    put("$dir/vcek.der", (get($sim->port, "/vcek/v1/Milan/$chip"
        . "?blSPL=$tcb->{bootloader}&teeSPL=$tcb->{tee}"
        . "&snpSPL=$tcb->{snp}&ucodeSPL=$tcb->{microcode}"))[1]);
    put("$dir/amd_crl.der", (get($sim->port, '/vcek/v1/Milan/crl'))[1]);
    return;
}


sub nvidia {
    my ($sim, $dir, $reply) = @_;

    my $gpu = JSON::PP::decode_json($reply)->{gpu};
    put("$dir/nras.json", post($sim->port, '/v4/attest/gpu',
        'application/json', $JSON->encode({ nonce => $NONCE,
            evidence_list => $gpu->{evidence_list},
            claims_version => '3.0' })));
    put("$dir/jwks.json", (get($sim->port, '/.well-known/jwks.json'))[1]);
    return;
}


# Answers about the one GPU; openssl writes what is asked.
my @asked;
sub responder {
    my ($sim, $dir, $reply) = @_;

    if (!@asked) {
        my $gpu = JSON::PP::decode_json($reply)->{gpu};
        my @pem = decode_base64($gpu->{evidence_list}[0]{certificate})
            =~ /(-----BEGIN.*?END CERTIFICATE-----\n)/sg;
        put("$dir/$_.pem", $pem[$_]) for 0 .. $#pem;
        for (1 .. 3) {
            my $issuer = $_ + 1;
            system("openssl ocsp -issuer $dir/$issuer.pem -cert $dir/$_.pem"
                . " -nonce -reqout $dir/asked 2>/dev/null") == 0
                or die "openssl ocsp: $?\n";
            push @asked, slurp("$dir/asked");
        }
    }
    put("$dir/ocsp_0_$_.der", post($sim->port, '/ocsp',
        'application/ocsp-request', $asked[$_ - 1])) for 1 .. 3;
    return;
}


# What is asked besides the machine.
my %service = (collateral => \&intel, kds => \&amd, nras => \&nvidia,
               jwks => \&nvidia, ocsp => \&responder);


# Asks a machine that is so set, and a service, or none. Returns: what the tool
# is told. Where a service speaks of GPUs, they alone are looked at.
sub told {
    my ($sim, $dir, $set, $service) = @_;

    $sim->reset;
    $sim->set($set);
    my $reply = $sim->fetch('POST', '/v1/private/attestation',
        { model_id => 'any', nonce => $NONCE });
    put("$dir/reply", $reply);

    my @told = ("$dir/reply", '--nonce', $NONCE,
                $service =~ /^(?:nras|jwks|ocsp)$/ ? ('--cpu', 'off')
                : ('--cpu-roots', $ENV{TEST_NGINX_SIM_CPU_ROOTS}));
    push @told, $set->{gpus} == 0 ? ('--gpu', 'off')
                : $service =~ /^(?:nras|jwks)$/ ? ('--gpu', 'nras')
                : ('--gpu-roots', $ENV{TEST_NGINX_SIM_GPU_ROOTS});
    push @told, '--gpu-ocsp', 'on' if $service eq 'ocsp';

    if ($service{$service}) {
        my $saved = tempdir(DIR => $dir, CLEANUP => 1);
        $service{$service}->($sim, $saved, $reply);
        push @told, '--collateral', $saved;
    }

    return @told;
}


# What the tool is told of a fault.
sub staged {
    my ($sim, $dir, $name, $entry) = @_;
    my ($kind, $needs) = @$entry{qw( kind needs )};

    my $set = {
        evidence => $kind =~ /^(?:snp|kds)$/ ? 'snp' : 'tdx',
        gpus => $kind =~ /^(?:tdx|snp|kds|collateral)$/ ? 0
                : $needs eq 'switched' ? 8 : $kind eq 'ocsp' ? 1 : 2,
        snp_certs => $kind eq 'kds' ? JSON::PP::false : JSON::PP::true,
        $needs eq 'switched' ? (gpu_features => 'ppcie') : (),
        $service{$kind} ? ($kind => $name) : (attest => $name),
    };
    my @told = told($sim, $dir, $set, $service{$kind} ? $kind : $needs);

    if ($needs =~ /^(?:policy|switched)$/) {
        my $policy = IoattestEvidence::policy($set->{gpus});
        delete $policy->{gpu} if $set->{gpus} == 0;
        $policy = { gpu => { modes => ['protected-pcie'] } }
            if $needs eq 'switched';
        put("$dir/policy", $JSON->encode($policy));
        push @told, '--policy', "$dir/policy";
    }

    return @told;
}


# What the tool says: its status, its verdict, and the checks that failed, in one
# text; then all checks.
sub said {
    my (@told) = @_;

    my ($status, $out) = cli('report', @told, '--json');
    my $said = eval { JSON::PP::decode_json($out) } // {};
    my @checks = @{ $said->{checks} // [] };

    return (join(' ', $status, $said->{reason} || $said->{verdict} || 'none',
                 map { $_->{name} } grep { $_->{verdict} eq 'failed' }
                 @checks), @checks);
}


# That text alone.
sub verdict {
    my (@told) = @_;

    return (said(@told))[0];
}


# The detail of a check that failed is not what the check says, here or at any
# other fault, where it passes; and no check says nothing.
sub details {
    my (%seen) = @_;

    my @empty = grep { $seen{$_}{''} } sort keys %seen;
    is("@empty", '', 'no check is without a detail');

    my @same;
    for my $name (sort keys %seen) {
        for my $detail (sort keys %{ $seen{$name} }) {
            my $by = $seen{$name}{$detail};
            push @same, "$name: $detail ($by->{failed})"
                if $by->{failed} && $by->{passed};
        }
    }
    is(join("\n", @same), '',
       'no check that failed says what it says where it passes');
    return;
}


# Every fault of these kinds. Returns: how many there were.
sub walk {
    my (@kinds) = @_;

    my $sim = IoattestSim->start(machines => 1, evidence => 1);
    my $dir = tempdir(CLEANUP => 1);
    my $n = 0;
    my %seen;

    # a quote that has mr_servicetd, which those of most faults do not have
    if (grep { $_ eq 'tdx' } @kinds) {
        my ($got, @checks) = said(told($sim, $dir,
            { evidence => 'tdx', gpus => 0, quote_version => 5 }, 'local'));

        is($got, '0 verified', 'no fault: verified');
        $seen{ $_->{name} }{ $_->{detail} }{ $_->{verdict} } = 'none'
            for @checks;
    }

    for my $pair (IoattestEvidence::table(sub {
        my $kind = $_[0]{kind};
        grep { $_ eq $kind } @kinds;
    })) {
        my ($name, $entry) = @$pair;
        my $check = IoattestChecks::meant($name, $entry);
        my ($got, @checks) = said(staged($sim, $dir, $name, $entry));

        $n++;
        $seen{ $_->{name} }{ $_->{detail} }{ $_->{verdict} } = $name
            for @checks;
        if (defined $unseen{$name}) {
            is($got, '0 verified', "$name cannot be seen: $unseen{$name}");
            next;
        }
        is($got, $check eq '' ? '0 verified'
           : join(' ', 1, $reason{$name} // $entry->{reason}, $check),
           "$name: " . ($check || 'verified'));
    }

    details(%seen);
    return $n;
}


1;
