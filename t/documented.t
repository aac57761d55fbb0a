# The documents say all that the code has, and nothing that it has not:
# directives with their contexts and defaults, variables, reasons, metrics,
# members of the policy. Checks of evidence: t/unit/attest/check_names.py.

use strict;
use warnings;

use Cwd qw( abs_path );
use FindBin ();
use lib "$FindBin::Bin/lib";

use Test::More;

use IoattestCli qw( slurp );

my $top = abs_path("$FindBin::Bin/..");

sub read_all {
    return join "\n", map { slurp($_) } map { glob "$top/$_" } @_;
}

# Both ways: what is missing in the document, and what is only there.
sub same {
    my ($code, $said, $what, $least) = @_;
    my %code = map { $_ => 1 } @$code;
    my %said = map { $_ => 1 } @$said;

    cmp_ok(scalar @$code, '>=', $least, "$what: the code is read");
    is_deeply([grep { !$said{$_} } sort keys %code], [],
              "$what: each is documented");
    is_deeply([grep { !$code{$_} } sort keys %said], [],
              "$what: none is documented that is not there");
    is(scalar @$said, scalar keys %said, "$what: each once");
    return;
}

# --- directives ---------------------------------------------------------------

my $module = slurp("$top/ngx_http_ioattest_module.c");
my ($table) = $module =~ /ngx_command_t .*?\{(.*?)ngx_null_command/s;
my %command;
while ($table =~ /\{\s*ngx_string\("(\w+)"\),\s*([\w|]+),\s*(\w+),\s*\w+,\s*
                  (?:offsetof\(\w+,\s*([\w.]+)\)|0),\s*
                  (?:NULL|\(void\s\*\)\s*(?:&(\w+)|"off"))\s*\}/gx) {
    $command{$1} = { flags => $2, setter => $3, member => $4, spec => $5 };
}
is(scalar keys %command, scalar(() = $table =~ /ngx_string\(/g),
   'every command is read');

my $page = slurp("$top/doc/directives.md");
my %entry;
my @entries;
while ($page =~ /^### (\w+)\n(.*?)(?=^##|\z)/msg) {
    my ($name, $text) = ($1, $2);
    push @entries, $name;
    $entry{$name} = {
        text => $text,
        map({ $_ => $text =~ /^- $_: (.*)$/m ? $1 : '' }
            qw( Syntax Default Context )),
        example => join "\n", $text =~ /^```nginx \w+\n(.*?)^```$/msg,
    };
}
same([keys %command], \@entries, 'directives', 45);

my @named = grep { $entry{$_} } sort keys %command;
for my $name (@named) {
    my ($entry, $command) = ($entry{$name}, $command{$name});
    my $flags = $command->{flags} =~ s/NGX_HTTP_IOATTEST_ANYWHERE/
        NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF/xr;
    my %in = (MAIN => 'http', SRV => 'server', LOC => 'location');

    is($entry->{Context}, join(', ', map { $in{$_} }
        $flags =~ /NGX_HTTP_(MAIN|SRV|LOC)_CONF\b/g), "$name: its contexts");
    like($entry->{Syntax}, qr/\A`$name\b[^;]*;`\z/, "$name: its syntax");
    like($entry->{example}, qr/^\s*$name\b/m, "$name: an example of it");

    # how many values it takes
    my ($takes) = $flags =~ /NGX_CONF_(TAKE12|TAKE1|1MORE)\b/;
    my ($values) = $entry->{Syntax} =~ /\A`$name ?(.*);`/;
    my $form = $flags =~ /NOARGS/ ? qr/\A\[[^\]]*\]\z/
             : $takes eq '1MORE' ? qr/ \.\.\.\z/
             : $takes eq 'TAKE12' ? qr/ \[\w+\]/ : qr/\A[^\[\]]*[^.\]]\z/;
    like($values, $form, "$name: as many values as it takes");
}

# Values by name are those of the module.
my $specs = slurp("$top/src/nginx/module/ngx_http_ioattest_conf_values.c");
my %spec;
while ($specs =~ /^const\s\w+\s+(\w+)\s=\s\{\s*\w+_CONF_(\w+),.*?
                  \{\s((?:"[^"]*",\s)*)NULL\s\}\s*\};/msgx) {
    my ($spec, $type, $names) = ($1, $2, $3);
    $spec{$spec} = { type => $type, names => [ $names =~ /"([^"]*)"/g ] };
}
for my $name (grep { $command{$_}{spec} } @named) {
    my $spec = $spec{ $command{$name}{spec} };
    ok($spec, "$name: its values are known") or next;

    my ($values) = $entry{$name}{Syntax} =~ /\A`\w+ (.*);`\z/;
    my %word = (FLAG => ['on', 'off'], NUM_AUTO => ['number', 'auto'],
                NUM => ['number'], SIZE => ['size'],
                SEC => ['time'], MSEC => ['time'],
                SEC_OFF => ['time', 'off'], MSEC_OFF => ['time', 'off']);
    is_deeply([sort split / \| /, $values],
              [sort @{ $word{ $spec->{type} } // $spec->{names} }],
              "$name: its values");
}

# Defaults: what conf_merge() has for a value that nobody set.

my $merge = slurp("$top/src/nginx/module/ngx_http_ioattest_conf_merge.c");
my %merged;
while ($merge =~ /ngx_conf_merge_(?:\w+_)?value\(conf->([\w.]+),\s*
                  (?:prev->[\w.]+|NGX_CONF_UNSET_UINT),\s*(.+?)\);/gsx) {
    $merged{$1} = $2;
}
cmp_ok(scalar keys %merged, '>', 30, 'conf_merge() is read');

# members of setters that name none in the table, and what has no default there
my %member = (
    ioattest => 'enable', ioattest_gpu_reference => 'gpu_reference',
    ioattest_policy => 'policy_file', ioattest_image_digest => 'image_digests',
    ioattest_trust => 'trust', ioattest_thread_pool => 'thread_pool_name',
    ioattest_audit_log => 'audit', ioattest_evidence_dir => 'evidence.path',
    ioattest_status => 'status_format', ioattest_cpu => 'cpu',
    ioattest_request_defaults => 'request_defaults',
    ioattest_authorization => 'authorization', ioattest_prewarm => 'prewarm',
);

my $headers = read_all('src/nginx/*/*.h', 'src/core/*/*.h');

# The number of a constant: of a #define, or its place in an enum.
sub number {
    my ($text) = @_;

    return $text if $text =~ /\A\d+\z/;
    return number($1) * number($2) if $text =~ /\A(.+) \* (\d+)\z/;
    return number($1) if $headers =~ /^#define $text +(\S+)$/m;
    return -2 if $text =~ /_AUTO\z/ && $headers =~ /^#define $text .*-2\)$/m;
    for my $enum ($headers =~ /enum \{(.*?)\}/sg) {
        my $at = 0;
        for my $word (split /,/, $enum =~ s{/\*.*?\*/}{}gsr) {
            my ($constant, $value) = $word =~ /(\w+)(?:\s*=\s*(\d+))?/
                or next;
            $at = $value if defined $value;
            return $at if $constant eq $text;
            $at++;
        }
    }
    return;
}

# What the module would make of this value in a configuration.
sub parsed {
    my ($value, $type, $names) = @_;
    my %unit = (ms => 0.001, s => 1, m => 60, h => 3600, d => 86_400);

    if ($type eq 'NAME') {
        my ($n) = grep { $names->[$_] eq $value } 0 .. $#$names;
        return $n;
    }
    return $value eq 'on' ? 1 : 0 if $type eq 'FLAG';
    return -2 if $value eq 'auto';
    return 0 if $value eq 'off';
    if ($type eq 'SIZE') {
        my ($n, $by) = $value =~ /\A(\d+)([kmg]?)\z/ or return;
        return $n * { '' => 1, k => 1 << 10, m => 1 << 20, g => 1 << 30 }->{$by};
    }
    return $value if $type =~ /\ANUM/;
    my ($n, $by) = $value =~ /\A(\d+)(ms|[smhd])?\z/ or return;
    return $n * $unit{ $by // 's' } * ($type =~ /MSEC/ ? 1000 : 1);
}

for my $name (grep { $_ ne 'ioattest_zone' } @named) {
    my $said = $entry{$name}{Default};
    my $member = $command{$name}{member} // $member{$name};
    ok($member, "$name: its member is known") or next;
    my ($value) = $said =~ /\A`$name (.*);`\z/;

    if ($name eq 'ioattest_refresh') {
        is($said, 'a quarter of `ioattest_valid`', "$name: its default");
        like(read_all('src/nginx/module/ngx_http_ioattest_conf_check.c'),
             qr/refresh == NGX_CONF_UNSET\)\s*\? limits->valid \/ 4/,
             'as it is in the code');
        ok(!exists $merged{$member}, 'which has no other');

    } elsif ($member eq 'cpu') {
        is($value, 'tdx sev-snp', "$name: its default");
        like($merge, qr/\QIOA_CPU_TDX|IOA_CPU_SEV_SNP\E/, 'as in the code');

    } elsif (my $spec = $spec{ $command{$name}{spec} // '' }) {
        my $code = $merged{$member};
        ok(defined $value && defined $code, "$name: a default") or next;
        is(parsed($value, @$spec{qw( type names )}), number($code),
           "$name: its default is $value");

    } elsif (($merged{$member} // 'NULL') =~ /\A(?:NULL|""|0|\w+_AUTO)\z/) {

        # Nothing, which is "off" where that can be said.
        my $off = $entry{$name}{Syntax} =~ /\boff\b/;
        is($said, $off ? "`$name off;`" : 'none', "$name: no default");

    } else {
        is("\"$value\"", $merged{$member}, "$name: its default is $value");
    }
}
is($entry{ioattest_zone}{Default}, 'none', 'ioattest_zone: no default');

# --- variables ----------------------------------------------------------------

my ($vars) = slurp("$top/src/nginx/status/ngx_http_ioattest_variables.c")
    =~ /ngx_http_variable_t .*?\{(.*?)ngx_http_null_variable/s;
same([ $vars =~ /ngx_string\("(\w+)"\)/g ],
     [ slurp("$top/doc/variables.md") =~ /^\| `\$(\w+)` \|/mg ],
     'variables', 14);

# --- reasons, with their status and whether a retry helps ---------------------

my $status = slurp("$top/src/core/base/ioa_status.c");
my %reason;
while ($status =~ /\[IOA_\w+\] = \{ "(\w+)",.*?(\d+), ([01]) \}/sg) {
    $reason{$1} = "$2 " . ($3 ? 'yes' : 'no');
}
my @said = slurp("$top/doc/reasons.md")
    =~ /^\| `(\w+)` \| (\d+ \| \w+) \| [^|]+ \| [^|]+ \|$/mg;
my %said;
while (my ($name, $is) = splice @said, 0, 2) {
    ok(!$said{$name}, "$name: explained once");
    $said{$name} = $is =~ s/ \|//r;
}
same([keys %reason], [keys %said], 'reasons', 30);
is_deeply(\%said, \%reason, 'reasons: status and retry');

# --- metrics, with their type -------------------------------------------------

my $prometheus = slurp("$top/src/nginx/status/"
                       . 'ngx_http_ioattest_status_prometheus.c');
my %metric = $prometheus =~ /\{ "(ioattest_\w+)", "(\w+)",/g;
my %build = $prometheus =~ /# TYPE (ioattest_\w+) (\w+)\\n/g;
my %metrics = (%metric, %build);
my @rows = slurp("$top/doc/status.md")
    =~ /^\| `(ioattest_\w+)` \| (counter|gauge|histogram) \|/mg;
my %row = @rows;
same([keys %metrics], [@rows[grep { $_ % 2 == 0 } 0 .. $#rows]], 'metrics',
     24);
is_deeply(\%row, \%metrics, 'metrics: their types');

# --- members of the policy ----------------------------------------------------

my $fields = slurp("$top/src/core/policy/ioa_policy_fields.c");
my %place = $fields =~ /\[(IOA_POLICY_IN_\w+)\]\ =\ \{\s\w+,\s+
                        (?:NULL|"\w+"),\s+"([\w.]*)"/gx;
my @members;
my ($rows) = $fields =~ /ioa_policy_fields\[\] = \{(.*?)^\};/ms;
while ($rows =~ /\{\s(IOA_POLICY_IN_\w+),\s"(\w+)"|IOA_POLICY_REG\("(\w+)"|
                 IOA_POLICY_(SVNS|SVN|BITS)\((IOA_POLICY_IN_\w+)/gx) {
    push @members, defined $1 ? "$place{$1}$2" : defined $3 ? "tdx.$3"
                 : $place{$5} =~ s/\.\z//r;
}

# min_tcb is one row for all products, and an object of bits one for both lists
my %members = map { (s/\Asev_snp\.min_tcb\K\..*//r, 1) } @members;

# "`tdx.mr_td`, `mr_seam`, `rtmr0` to `rtmr3`": later ones of a row are of the
# first one's object
my @listed;
my $policy = slurp("$top/doc/policy.md");
for my $cell ($policy =~ /^\| (`[a-z_.0-9]+`[^|]*) \|[^|]*\|[^|]*\|$/mg) {
    my $in = '';
    while ($cell =~ /(?:(to) )?`([\w.]+)`/g) {
        my ($range, $name) = ($1, $2);
        $in = $name =~ /\A(.*\.)/ ? $1 : $in;
        $name = $in . ($name =~ s/.*\.//r);
        if ($range) {
            my ($last) = $name =~ /(\d+)\z/;
            my ($stem, $first) = $listed[-1] =~ /\A(.*?)(\d+)\z/;
            push @listed, map { "$stem$_" } $first + 1 .. $last;
            next;
        }
        push @listed, $name;
    }
}
same([keys %members], \@listed, 'members of the policy', 28);

done_testing();
