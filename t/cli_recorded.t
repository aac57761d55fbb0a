# ioattest response over what was recorded of the real agent, over replies of
# it that were altered, and over NEAR's published sample.
#
#   IOATTEST_VECTORS    where the recordings are, else ../shared/vectors
#   IOATTEST_EVIDENCE   where the evidence is, else ../shared/evidence

use strict;
use warnings;

use FindBin ();
use lib "$FindBin::Bin/lib";

use JSON::PP ();
use MIME::Base64 qw( decode_base64 );
use Test::More;

use IoattestCli qw( cli saved slurp );

my $shared = "$FindBin::Bin/../../shared";
my $vectors = ($ENV{IOATTEST_VECTORS} // "$shared/vectors") . '/agent';
my $near = ($ENV{IOATTEST_EVIDENCE} // "$shared/evidence")
    . '/derived/nearai-docs-chat-sample';

sub headers {
    my ($case) = @_;

    return $case->{response_head} . "\r\n\r\n" if $case->{response_head};
    return join "\r\n", "HTTP/1.1 $case->{status} X",
        map({ "$_->[0]: $_->[1]" } @{ $case->{response_headers} }), '', '';
}

sub request {
    my ($case) = @_;

    return decode_base64($case->{client_request}{body_b64}
        // $case->{client_request_b64} // '');
}

sub judged {
    my ($case, $address, @more) = @_;

    my ($status, $out) = cli('response', '--address', $address,
        '--headers', saved(headers($case)),
        '--body', saved(decode_base64($case->{response_body_b64} // '')),
        @more);
    my ($reason) = $out =~ /\A(\w+)\n/;

    # the first line and the exit status say the same
    return 'neither'
        if $status != 0 && $status != 1
        || ($status == 0) != (($reason // '') eq 'verified');
    return ($reason, $out);
}

# A list of names that should be empty.
sub none {
    my ($name, @list) = @_;

    ok(!@list, $name) or diag(join "\n", @list);
}

sub recordings {
    my ($index) = @_;

    my (@wrong, @request, %count, %reason, %asked);

    for my $entry (@$index) {
        my $case = JSON::PP::decode_json(
            slurp("$vectors/cases/$entry->{name}.json"));
        next if $case->{kind} eq 'attest';

        my $address = $case->{agent}{address};
        my $verdict = $case->{expected}{verdict};
        my ($got) = judged($case, $address);
        $count{$verdict}++;
        $reason{"$verdict: $got"}++;

        # "policy": the agent signed it, and a reader would see other data
        my $good = $verdict eq 'accept' ? $got eq 'verified'
            : $verdict eq 'policy' ? $got eq 'stream_ambiguous'
            : $got =~ /\A(no_signature|stream_\w+|response_hash_mismatch)\z/;
        push @wrong, "$entry->{name}: $verdict, $got" if !$good;
        next if $verdict ne 'accept';

        my ($with) = judged($case, $address, '--request',
            saved(request($case)));
        $asked{$with}++;
        push @request, "$entry->{name}: $with"
            if $with ne 'verified' && $with ne 'request_ambiguous';
    }

    cmp_ok($count{accept}, '>', 300, "$count{accept} to accept");
    none("recordings: accepted and refused as recorded", @wrong);
    none('no request of an accepted one is another than was signed',
        @request);
    cmp_ok($asked{verified}, '>', 300,
        "$asked{verified} of them match their request");
    diag_all('recordings', \%reason);
    diag_all('of the accepted ones, with their request', \%asked);
}

# For each: whose hash and signature are good, and why it is refused.
sub altered {
    my ($all) = @_;

    my (@wrong, @bases, %reason, %digest);

    for my $name (map { $_->{base} } @{ $all->{cases} }) {
        next if $digest{$name};
        my $base = JSON::PP::decode_json(slurp("$vectors/cases/$name.json"));
        $digest{$name} = $base->{agent}{image_digest};
        my ($got) = judged($base, $base->{agent}{address}, '--request',
            saved(request($base)), '--image-digest', $digest{$name});
        push @bases, "$name: $got" if $got ne 'verified';
    }

    none(scalar(keys %digest) . ' replies that were not altered are verified',
        @bases);

    for my $case (@{ $all->{cases} }) {
        my ($got) = judged($case, $case->{attested_address}, '--request',
            saved(request($case)),
            '--image-digest', $digest{ $case->{base} });
        my ($kind) = $case->{name} =~ /__(\w+)/;
        $reason{"$kind: $got"}++;
        push @wrong, "$case->{name}: $got"
            if $got eq 'verified' || $got eq 'neither';
    }

    none(scalar(@{ $all->{cases} }) . ' altered replies are refused',
        @wrong);
    diag_all('altered', \%reason);
}

sub diag_all {
    my ($what, $count) = @_;

    note("$what: $_: $count->{$_}") for sort keys %$count;
}

sub near {
    my %file = map { $_->[0] => slurp("$near/$_->[1]") }
        ['signature', 'signature.json'], ['body', 'response.sse'],
        ['request', 'request.json'];
    my $address = JSON::PP::decode_json($file{signature})->{signing_address};

    my $run = sub {
        my %file = @_;
        my ($status, $out) = cli('response', '--text', 'raw',
            '--address', $address,
            map { ("--$_", saved($file{$_})) } sort keys %file);
        return ($status, $out);
    };

    my ($status, $out) = $run->(%file);
    is($status, 0, "NEAR's sample is verified");
    like($out, qr/\Averified\n/, 'verdict');
    like($out, qr/^request: match$/m, 'request');
    like($out, qr{^signed_model: Qwen/Qwen3.5-122B-A10B$}m, 'model');

    for my $name (qw( request body )) {
        my $reason = $name eq 'body' ? 'response_hash_mismatch'
                                     : 'request_hash_mismatch';
        my @passed;
        for (my $i = 0; $i < length $file{$name}; $i += 7) {
            my %new = %file;
            substr($new{$name}, $i, 1) ^= chr(1 << $i % 8);
            my ($status, $out) = $run->(%new);
            push @passed, "byte $i: $status, $out"
                if $status != 1 || $out !~ /\A$reason\n/;
        }
        none("NEAR's sample: every seventh of " . length($file{$name})
            . " bytes of the $name changed is refused", @passed);
    }

    my @passed;
    for (my $i = 0; $i < length $file{signature}; $i += 3) {
        my %new = %file;
        substr($new{signature}, $i, 1) ^= "\1";
        my ($status, $out) = $run->(%new);
        push @passed, "byte $i: $status, $out" if $status != 1;
    }
    none("NEAR's sample: every third byte of the signature changed is refused",
        @passed);
}

SKIP: {
    skip "no recordings at $vectors", 1 if !-e "$vectors/index.json";
    recordings(JSON::PP::decode_json(slurp("$vectors/index.json")));
    altered(JSON::PP::decode_json(slurp("$vectors/tampered.json")));
}

SKIP: {
    skip "NEAR's sample: not at $near", 1 if !-e "$near/signature.json";
    near();
}

done_testing();
