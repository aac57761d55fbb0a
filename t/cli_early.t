# ioattest report --collateral with what Intel will ask for next: it is shown,
# and changes no verdict.

use strict;
use warnings;

use FindBin ();
use lib "$FindBin::Bin/lib";

use File::Temp qw( tempdir );
use JSON::PP qw( decode_json encode_json );
use Test::More;

use IoattestCli qw( attested cli get put );
use IoattestSim ();

my $sim = IoattestSim->start(machines => 1, evidence => 1);
my $nonce = 'c4' x 32;
my $tmp = tempdir(CLEANUP => 1);
my $reply = "$tmp/reply";
my %paths = (tcb_info => '/tdx/certification/v4/tcb?fmspc=a0b06f000000',
             qe_identity => '/tdx/certification/v4/qe/identity');

# The machine, and a directory with what counts today.
sub machine { return attested($sim, $reply, $nonce, @_) }

sub save {
    my ($name, $path, $as) = @_;

    my ($head, $body) = get($sim->port, $path);
    my ($chain) = $head =~ /^[\w-]*Issuer-Chain: (.*?)\r?$/mi;
    put("$tmp/c/$as.json", $body);
    put("$tmp/c/${as}_chain.pem", $chain);
    return;
}

sub today {
    mkdir "$tmp/c";
    unlink glob "$tmp/c/*";
    save($_, $paths{$_}, $_) for keys %paths;
    put("$tmp/c/pck_crl.der", (get($sim->port,
        '/sgx/certification/v4/pckcrl?ca=platform&encoding=der'))[1]);
    put("$tmp/c/root_crl.der", (get($sim->port, '/IntelSGXRootCA.der'))[1]);
    return;
}

sub early {
    my ($what) = @_;

    $sim->set(collateral_early => $what);
    save($_, $paths{$_} . ($paths{$_} =~ /\?/ ? '&' : '?') . 'update=early',
         "${_}_early") for keys %paths;
    return;
}

sub report {
    my (@more) = @_;

    return cli('report', $reply, '--nonce', $nonce, '--cpu-roots',
        $ENV{TEST_NGINX_SIM_CPU_ROOTS}, '--gpu', 'off', '--collateral',
        "$tmp/c", @more);
}

# The member, of a report that says "verified".
sub tcb_early {
    my ($name, @more) = @_;

    my ($status, $out) = report('--json', @more);
    my $said = decode_json($out);
    is("$status $said->{verdict}", '0 verified', "$name: verified");
    return $said->{tcb_early};
}

machine(evidence => 'tdx');
today();
is(tcb_early('not given'), undef, 'not given: nothing is said');

early('same');
is_deeply(tcb_early('no news'), { status => 'UpToDate', lacks => '',
    accepted => JSON::PP::true, evaluation => 18 }, 'no news');

early('next');
is(tcb_early('met')->{evaluation}, 19, 'the next evaluation');

early('short');
my $got = tcb_early('short');
is($got->{status}, 'OutOfDate', 'short: the status to come');
ok(!$got->{accepted}, 'short: which would be refused');
is($got->{failed}, 'tdx.tcb_status', 'short: by which check')
    or diag(encode_json($got));
like($got->{lacks}, qr/ is needed for UpToDate /, 'short: what lifts it');
like((report())[1], qr/^verified\n.*^tcb_early\b.*OutOfDate/ms, 'as text');

put("$tmp/grace", encode_json({ tdx => { tcb_status =>
    [qw( UpToDate OutOfDate )] } }));
$got = tcb_early('accepted', '--policy', "$tmp/grace");
is($got->{status}, 'OutOfDate', 'accepted: the status to come');
ok($got->{accepted}, 'accepted: and it will do');

# documents that are no good, or not all there, are told of

unlink "$tmp/c/qe_identity_early.json";
like(tcb_early('one is missing')->{not_judged}, qr/missing/,
     'one is missing: said');
early('forged');
$got = tcb_early('forged');
is($got->{not_judged}, 'tcb_rejected', 'forged: said');
is($got->{status}, undef, 'forged: no status');

# a machine that is refused is not judged by what comes next

early('next');
my ($status, $out) = cli('report', $reply, '--nonce', 'c5' x 32,
    '--cpu-roots', $ENV{TEST_NGINX_SIM_CPU_ROOTS}, '--gpu', 'off',
    '--collateral', "$tmp/c", '--json');
is("$status " . (decode_json($out)->{tcb_early} // 'none'), '1 none',
   'refused: nothing is said');

done_testing();
