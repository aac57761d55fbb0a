# ioattest report beside @phala/dcap-qvl, another verifier of TDX quotes, which
# npm has: over every fault of a quote and of Intel's collateral that the
# simulator knows, over real quotes with the collateral of their day, and over
# real ones with bits flipped. Where the two differ, and why, is a table; a
# difference that is not in it fails, and so does a row that no longer differs.
#
#   IOATTEST_EVIDENCE   where the evidence is, else ../shared/evidence

use strict;
use warnings;

use FindBin ();
use lib "$FindBin::Bin/lib";

use File::Temp qw( tempdir );
use JSON::PP ();
use MIME::Base64 qw( decode_base64 );
use POSIX qw( strftime );
use Test::More;

use IoattestCli qw( cli get put slurp );
use IoattestClient ();
use IoattestSim ();

my $other = IoattestClient->start('dcap_qvl.mjs', '@phala/dcap-qvl');

my $tmp = tempdir(CLEANUP => 1);
my $nonce = 'c3' x 32;
my $json = JSON::PP->new->canonical;
my %count;

# No status that a policy could refuse for: what is compared is evidence.
put("$tmp/policy", $json->encode({ tdx => { tcb_status => [qw( UpToDate
    SWHardeningNeeded ConfigurationNeeded ConfigurationAndSWHardeningNeeded
    OutOfDate OutOfDateConfigurationNeeded )] } }));

# The differences, all on purpose. Each name is a fault of the simulator.
my $crl = 'theirs looks for serial numbers in a CRL, and at nothing else of it: '
    . 'a stale or forged one is refused here';
my $module = 'theirs does not look at the identities of the TDX module, by '
    . 'which Intel says what its version is worth';
my $signer = 'theirs takes any certificate below the root as the signer of '
    . 'collateral; Intel has one name for it, which is asked for here';
my $order = 'theirs takes the first level that fits, in any order; sorted here, '
    . "as Intel's verifier does";
my $form = 'theirs passes over what is malformed, doubled or of another kind in '
    . 'documents that are signed rightly';
my $layout = 'theirs reads what it needs and leaves the rest; sizes and kinds '
    . 'have to agree here';
my $pck = 'theirs takes any certificate below the root as a PCK certificate; '
    . 'name and issuer have to be right here';

my %ours_refuses = (
    (map { ("crl_$_" => $crl) } map { ("pck_$_", "root_$_") }
        qw( expired future garbage issuer signature )),
    (map { ($_ => $module) } qw( tcb_module_missing tcb_module_revoked
        tcb_module_signer tdx_module_unknown tdx_seam_attributes
        tdx_seam_signer )),
    (map { ($_ => $signer) } map { ("tcb_$_", "qe_$_") }
        qw( below cn pck_signer )),
    (map { ($_ => $form) } qw( qe_bad_date qe_evaluation qe_twice tcb_bad_date
        tcb_evaluation tcb_module_twice tcb_pceid tcb_twice tcb_type )),
    (map { ($_ => $layout) } qw( tdx_body_size tdx_size_more tdx_vendor
        tdx_qe_data_tail )),
    (map { ($_ => $pck) } qw( tdx_pck_cn tdx_pck_root tdx_tcb_signer_ca )),
    tcb_version_newer => 'theirs reads TCB info of any version from 3 on',
);
my %ours_accepts = (
    levels_reversed => $order,
    tdx_qe_auth_empty => 'theirs hashes 32 bytes of authentication data, and '
        . 'zeros where there are fewer',
    tdx_tcb_higher => 'theirs cannot read a PCESVN above 32767, whose DER has '
        . 'three bytes',
);
my %other_status = (
    (map { ($_ => $order) } qw( qe_unsorted tcb_unsorted )),
    (map { ($_ => $module) } qw( tcb_module_status tcb_module_unsorted
        tdx_module_old )),
);

# --- one case -----------------------------------------------------------------

# What ioattest report says: [status, PPID] or [undef, the first that failed].
# The report data is not compared: who asked for a recorded quote is not known.
sub ours {
    my ($case) = @_;

    put("$tmp/reply", $json->encode({ nonce => $nonce, signing_address =>
        '0x' . '11' x 20, cpu => { quote => $case->{quote} } }));
    put("$tmp/root", pack 'H*', $case->{root});
    my ($status, $out) = cli('report', "$tmp/reply", '--nonce', $nonce, '--gpu',
        'off', '--cpu', 'tdx', '--cpu-roots', "$tmp/root", '--policy',
        "$tmp/policy", '--collateral', $case->{files}, '--at',
        strftime('%Y-%m-%dT%H:%M:%SZ', gmtime $case->{at}));
    my @failed = grep { $_ ne 'cpu.report_data' }
        $out =~ /^failed +([^:\n]+)/mg;
    my ($word) = $out =~ /^passed +tdx\.tcb_status: (\w+)/m;
    return [undef, $failed[0] // (split /\n/, $out)[0]]
        if @failed || !$word;
    return [$word, $out =~ /^passed +tdx\.signature/m ? '' : 'unsigned'];
}

# Both, over many. Out: the names of those that differ, and how.
sub compare {
    my (@cases) = @_;

    my @theirs = $other->ask(map { { quote => $_->{quote},
        collateral => $_->{collateral}, root => $_->{root},
        at => $_->{at} } } @cases);
    my @differ;
    for my $i (0 .. $#cases) {
        my ($mine, $why) = @{ ours($cases[$i]) };
        my $said = $theirs[$i]{status};
        $count{$mine && $said ? 'accepted' : $mine || $said ? 'differ'
               : 'refused'}++;
        next if ($mine // '') eq ($said // '');
        push @differ, { name => $cases[$i]{name}, ours => $mine,
            theirs => $said, why => $mine ? $theirs[$i]{error} : $why };
    }
    return @differ;
}

sub said {
    my ($one) = @_;

    return sprintf 'ours: %s, theirs: %s (%s)', $one->{ours} // 'refused',
        $one->{theirs} // 'refused', $one->{why} // '';
}

sub pem_last {
    my ($text) = @_;

    my @pem = $text =~ /-----BEGIN CERTIFICATE-----(.*?)-----END/sg;
    return unpack 'H*', decode_base64($pem[-1] // '');
}

# Intel's services' answers, in files for us and as an object for the other.
sub collateral {
    my ($dir, %said) = @_;

    mkdir $dir;
    put("$dir/$_", $said{$_}) for keys %said;
    my %object;
    for (['tcb_info', 'tcbInfo'], ['qe_identity', 'enclaveIdentity']) {
        my ($name, $member) = @$_;
        my ($body, $signature) = $said{"$name.json"}
            =~ /\A\{"$member":(.*),"signature":"(\w*)"\}\z/s;
        my $chain = $said{"${name}_chain.pem"} =~ s/%(..)/chr hex $1/ger;
        @object{$name, "${name}_signature", "${name}_issuer_chain"}
            = ($body // $said{"$name.json"}, $signature // '', $chain);
    }
    $object{pck_crl} = unpack 'H*', $said{'pck_crl.der'};
    $object{root_ca_crl} = unpack 'H*', $said{'root_crl.der'};
    $object{pck_crl_issuer_chain} = $object{tcb_info_issuer_chain};
    return \%object;
}

# --- made ---------------------------------------------------------------------

my $sim = IoattestSim->start(machines => 1, evidence => 1);
my $expect = $sim->expect;
my ($root, %documents);

sub made {
    my ($name, %set) = @_;

    $sim->reset;
    $sim->set(evidence => 'tdx', gpus => 0, %set);
    my $reply = JSON::PP::decode_json($sim->fetch('POST',
        '/v1/private/attestation', { model_id => 'any', nonce => $nonce }));
    my $about = documents($set{collateral} // '');
    return { %$about, name => $name, quote => $reply->{cpu}{quote} };
}

# What Intel's services say, with a fault or without; asked for once.
sub documents {
    my ($fault) = @_;

    return $documents{$fault} if $documents{$fault};
    my %said;
    for (['tcb_info', 'tdx/certification/v4/tcb?fmspc='
             . $sim->evidence->{fmspc}],
         ['qe_identity', 'tdx/certification/v4/qe/identity'])
    {
        my ($head, $body) = get($sim->port, "/$_->[1]");
        my ($chain) = $head =~ /^[\w-]+-Issuer-Chain: (.*?)\r?$/mi;
        $said{"$_->[0].json"} = $body;
        $said{"$_->[0]_chain.pem"} = $chain // '';
    }
    $said{'pck_crl.der'} = (get($sim->port,
        '/sgx/certification/v4/pckcrl?ca=platform&encoding=der'))[1];
    $said{'root_crl.der'} = (get($sim->port, '/IntelSGXRootCA.der'))[1];
    my $files = "$tmp/" . keys %documents;
    my $object = collateral($files, %said);
    $root //= pem_last($object->{tcb_info_issuer_chain});
    return $documents{$fault} = { files => $files, collateral => $object,
                                  root => $root, at => time };
}

my @cases = (made('good'), made('good 1.0', td_body => '1.0'),
    made('good 5', quote_version => 5));
for my $name (sort keys %$expect) {
    my $kind = $expect->{$name}{kind};
    next if $name !~ /^(?:tdx|tcb|qe|crl|levels)_/ && $kind ne 'collateral';

    # a service that does not answer has nothing to compare
    my $case = eval { made($name, $kind eq 'collateral'
        ? (collateral => $name) : (attest => $name)) };
    push @cases, $case if $case;
}
cmp_ok(scalar @cases, '>', 100, 'cases: ' . @cases);

my @differ = compare(@cases);
my %differs = map { $_->{name} => $_ } @differ;
for my $name (sort keys %differs) {
    my $one = $differs{$name};
    my $table = $one->{ours} && $one->{theirs} ? \%other_status
        : $one->{ours} ? \%ours_accepts : \%ours_refuses;
    ok($table->{$name}, "$name: " . ($table->{$name} // 'the same verdict'))
        or diag(said($one));
}
is($differs{$_} ? 'differs' : 'agrees', 'differs', "$_ still differs")
    for sort keys %ours_refuses, keys %ours_accepts, keys %other_status;

# --- real ---------------------------------------------------------------------

my $shared = $ENV{IOATTEST_EVIDENCE} // "$FindBin::Bin/../../shared/evidence";
my $phala = "$shared/Phala-Network+dcap-qvl";
my $near = "$phala/tests/near/contracts/gas-test/tests/quote";
my $intel = "$shared/google+go-tdx-guest/verify/trusted_root.pem";

my @real = (
    ["$phala/sample/tdx_quote", "$phala/sample/tdx_quote_collateral.json",
     1750420800],                                           # 2025-06-20
    ["$phala/sample/tdx_quote_outdated",
     "$phala/sample/tdx_quote_outdated_collateral.json", 1771934400],
    ["$near/quote_hex.txt", "$near/quote_collateral.json", 1756857600],
);

# The same places each time.
sub place {
    my ($seed, $below) = @_;

    return unpack('N', Digest::SHA::sha256($seed)) % $below;
}

SKIP: {
    skip 'real evidence: there is none', 3 if !-e $real[0][0];
    require Digest::SHA;

    my (@good, @flipped);
    for my $pair (@real) {
        my ($path, $with, $at) = @$pair;
        my $quote = slurp($path);
        $quote = $quote =~ /\A\s*(?:0x)?([0-9a-fA-F\s]+)\z/ ? $1 =~ s/\s//gr
            : unpack 'H*', $quote;
        my $case = { name => 'real', quote => lc $quote, files => $with,
            collateral => JSON::PP::decode_json(slurp($with)),
            root => pem_last(slurp($intel)), at => $at };
        push @good, $case;

        for my $i (1 .. 10) {
            my $raw = pack 'H*', $quote;
            my $bit = place("$path $i", 8 * 1700);
            substr($raw, $bit >> 3, 1) ^= chr(1 << ($bit & 7));
            push @flipped, { %$case, quote => unpack('H*', $raw),
                             name => "bit $bit of $path" };
        }
    }

    my %before = %count;
    is_deeply([map { $_->{why} } compare(@good)], [], 'real: the same status');
    is($count{accepted} - $before{accepted}, 2,
        'real: accepted but for one that no TCB level fits');
    @differ = compare(@flipped);
    is_deeply([map { "$_->{name}: " . said($_) } @differ], [],
        'real, a bit flipped: the same verdict');
}

note join ', ', map { "$count{$_} $_" } grep { $count{$_} } qw( accepted refused
    differ );
cmp_ok($count{refused}, '>', 80, 'refused by both');
cmp_ok($count{accepted}, '>', 10, 'accepted by both');
$other->stop;

done_testing();
