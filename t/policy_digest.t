# What a proof is kept under: a policy's digest is another one where anything
# that decides trust is another, and the same where it is not. Each directive
# of the module has a place in the table below.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use IoattestEvidence;
use IoattestReference;
use IoattestNginx;
use IoattestSim;

IoattestSim->start(machines => 1, evidence => 1);

my $mr_td = $ENV{TEST_NGINX_SIM_MR_TD};
my %roots = map { $_ => $ENV{"TEST_NGINX_SIM_${_}_ROOTS"} } qw( CPU GPU );

sub slurp {
    my ($name) = @_;
    open my $in, '<', $name or die "$name: $!\n";
    local $/;
    return scalar <$in>;
}

my $both = IoattestEvidence::file(slurp($roots{CPU}) . slurp($roots{GPU}));
my $policy = IoattestEvidence::file({ tdx => { mr_td => [$mr_td] } });
my $other = IoattestEvidence::file({ tdx => { mr_td => ['0' x 96] } });
my @reference = map { IoattestEvidence::file(IoattestReference::example($_)) }
    1, 2;
my @image = map { 'sha256:' . $_ x 64 } 0, 1;

# A location in which every kind of evidence is wanted.
my %base = (
    ioattest => 'zone=io',
    ioattest_request => '/_a',
    ioattest_model => 'any',
    ioattest_cpu_trusted_certificate => $roots{CPU},
    ioattest_gpu_trusted_certificate => $roots{GPU},
);

# Values of each directive that decides trust ...
my %decides = (
    ioattest => ['zone=io', 'zone=second'],
    ioattest_request => ['/_a', '/_b'],
    ioattest_models => ['/_a', '/_b'],
    ioattest_ssl_verify => ['on', 'off'],
    ioattest_cpu => ['tdx', 'tdx sev-snp'],
    ioattest_gpu => ['local', 'off'],
    ioattest_cpu_trusted_certificate => [$roots{CPU}, $both],
    ioattest_gpu_trusted_certificate => [$roots{GPU}, $both],
    ioattest_gpu_reference => [@reference],
    ioattest_policy => [$policy, $other],
    ioattest_report_data => ['auto', 'address-nonce'],
    ioattest_image_digest => [@image],
    ioattest_collateral => ['off', '/_a'],
    ioattest_collateral_slack => ['0', '1d'],
    ioattest_amd_kds => ['off', '/_a', '/_a no_crl'],
    ioattest_nras => ['/_a', '/_b'],
    ioattest_nras_jwks => ['/_a', '/_b'],
    ioattest_gpu_ocsp => ['off', '/_a', '/_a accept_hold'],
);

# ... and of each that does not: who asks, when, for what model, how long
# (ioattest_valid is applied at each look), and what is asked of a response.
my %does_not = (
    ioattest_authorization => ['"Bearer a"', '$http_x own'],
    ioattest_dry_run => ['off', 'on'],
    ioattest_model => ['any', 'other'],
    ioattest_model_id => ['id-0', 'id-1'],
    ioattest_valid => ['10m', '1h'],
    ioattest_refresh => ['0', '10s'],
    ioattest_attempts => ['1', '2'],
    ioattest_timeout => ['1s', '2s'],
    ioattest_fail_timeout => ['1s', '2s'],
    ioattest_wait => ['10s', '20s'],
    ioattest_parallel => ['1', '8'],
    ioattest_background => ['off', '10m'],
    ioattest_prewarm => ['one', 'two'],
    ioattest_pool => ['any', 'all'],
    ioattest_buffer_size => ['1m', '2m'],
    ioattest_thread_pool => ['default', 'off'],
    ioattest_text => ['agent', 'raw'],
    ioattest_bind => ['off', 'response'],
    ioattest_stream => ['tail', 'hold'],
    ioattest_signature_event => ['pass', 'drop'],
    ioattest_replay => ['off', '1m'],
    ioattest_pass_errors => ['on', 'off'],
    ioattest_audit_log => ['off', 'audit-a.log'],
    ioattest_evidence_dir => ['off', 'evidence-a'],
    ioattest_evidence_keep => ['10', '20'],
    ioattest_collateral_early => ['off', '/_a'],
    ioattest_request_defaults => [map { IoattestEvidence::file($_) }
                                  '{"n":1}', '{"n":2}'],
    # an address is trusted in the location that names it, and is not kept
    ioattest_trust => ['0x' . '1' x 40, '0x' . '2' x 40],
);

# What stands in no protected location; a zone's name is in "ioattest".
my %elsewhere = (ioattest_zone => 1, ioattest_status => 1);

my $module = slurp("$FindBin::Bin/../ngx_http_ioattest_module.c");
my @names = $module =~ /ngx_string\("(ioattest\w*)"\)/g;

cmp_ok(scalar @names, '>', 30, 'directives were found');
is_deeply([sort @names], [sort keys %decides, keys %does_not, keys %elsewhere],
          'each directive is in the table once');

# Each value has a location, and a model of its own to be known by.

sub location {
    my ($name, %set) = @_;
    my $lines = join '', map { "            $_ $set{$_};\n" } sort keys %set;
    return "        location /$name/ {\n$lines"
           . "            proxy_pass http://api/v1/private/;\n        }\n";
}

my %table = (%decides, %does_not);
my (%ids, @paths);
my $locations = location('base', %base, ioattest_model_id => 'base');

for my $name (sort keys %table) {
    for my $i (0 .. $#{$table{$name}}) {
        my %set = (%base, ioattest_model_id => "$name-$i",
                   $name => $table{$name}[$i]);
        $set{ioattest_authorization} = '"Bearer a"'
            if $name eq 'ioattest_prewarm';
        push @{$ids{$name}}, $set{ioattest_model_id};
        push @paths, "$name-$i";
        $locations .= location("$name-$i", %set);
    }
}

# Servers that have the same location.

my $port = ($ENV{TEST_NGINX_PORT} || 1984) + 1;
my %server = (
    'one name' => ["listen 127.0.0.1:$port;", 'server_name x.test;'],
    'another one' => ["listen 127.0.0.1:$port;", 'server_name y.test;'],
    'more names' => ["listen 127.0.0.1:$port;", 'server_name z.test a.test;'],
    'other names' => ["listen 127.0.0.1:$port;", 'server_name z.test b.test;'],
    'another address' => ['listen 127.0.0.1:' . ($port + 1) . ';',
                          'server_name x.test;'],
    'more addresses' => ['listen 127.0.0.1:' . ($port + 2)
                         . '; listen 127.0.0.1:' . ($port + 3) . ';',
                         'server_name x.test;'],
);
my $servers = '';

for my $name (sort keys %server) {
    (my $id = $name) =~ tr/ /-/;
    $servers .= join "\n", '    server {', @{$server{$name}},
        location('v1', %base, ioattest_model_id => $id),
        "location /_a { internal; return 503; }\n    }\n";
}

my $nginx = IoattestNginx->start(
    workers => 1, server => <<"EOF", http => <<"EOF2");
$locations
        location /_a { internal; return 503; }
        location /_b { internal; return 503; }
        location = /status { ioattest_status; }
EOF
    ioattest_zone io:4m;
    ioattest_zone second:4m;
    upstream api { server 127.0.0.1:\$TEST_NGINX_SIM_PORT; }
$servers
EOF2

# The policy of each model that has been asked for, by its id.
sub policies {
    my %found;
    for my $zone (@{$nginx->status->{zones}}) {
        $found{$_->{model_id}} = $_->{policy} for @{$zone->{models}};
    }
    return %found;
}

sub ask {
    my ($path, $host, $to) = @_;
    my $request = IoattestNginx::completion(path => "/$path/completions");
    $request =~ s/localhost/$host/ if $host;
    local $nginx->{port} = $to // $nginx->{port};
    $nginx->ask($request);
    return;
}

ask('base');
ask($_) for @paths;
for my $name (keys %server) {
    my ($to) = $server{$name}[0] =~ /:(\d+)/;
    my ($host) = $server{$name}[1] =~ /name (\S+?)[ ;]/;
    $host = $1 if $name =~ /(?:more|other) names/
                  && $server{$name}[1] =~ /(\w\.test);/;
    ask('v1', $host, $to);
}

my %is = policies();
like($is{base}, qr/^[0-9a-f]{8}$/, 'a digest is shown');

for my $name (sort keys %table) {
    my @got = map { $is{$_} // "$_ is not there" } @{$ids{$name}};
    my %different = map { $_ => 1 } @got;

    if ($decides{$name}) {
        is(keys %different, @got,
           "$name decides trust: another value, another digest");
        like("@got", qr/^(?:[0-9a-f]{8} ?){2,}$/, 'and all are there');

    } else {
        is("@got", "$is{base} $is{base}", "$name does not: it is the same");
    }
}

my %seen = ($is{base} => 'base');
for my $name (sort keys %server) {
    (my $id = $name) =~ tr/ /-/;
    my $digest = $is{$id} // '';
    like($digest, qr/^[0-9a-f]{8}$/, "a server with $name is there");
    is($seen{$digest}, undef, 'and has a digest of its own');
    $seen{$digest} = $name;
}

# A reload that says the same in another order finds what was kept.

$servers =~ s/z\.test a\.test/a.test z.test/;
$servers =~ s/(listen \S+;) (listen \S+;)/$2 $1/;
$nginx->configure(server => "location = /status { ioattest_status; }\n"
                            . "location /_a { internal; return 503; }\n"
                            . location('base', %base,
                                       ioattest_model_id => 'again'),
                  http => <<"EOF");
    ioattest_zone io:4m;
    ioattest_zone second:4m;
    upstream api { server 127.0.0.1:\$TEST_NGINX_SIM_PORT; }
@{[$servers =~ s/(ioattest_model_id \S+?);/$1-again;/gr]}
EOF
$nginx->reload;
$nginx->wait_for(sub { $nginx->workers == 1 });
ask('base');
ask('v1', 'a.test', $port);
ask('v1', 'x.test', $port + 2);

my %then = policies();
is($then{again}, $is{base}, 'a reload changes nothing');
is($then{'more-names-again'}, $is{'more-names'}, 'nor the order of names');
is($then{'more-addresses-again'}, $is{'more-addresses'},
   'nor that of addresses');

ok($nginx->stop, 'nginx goes quietly');

done_testing();
