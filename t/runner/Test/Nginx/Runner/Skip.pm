package Test::Nginx::Runner::Skip;

# Whether a block is to be left out, and how many tests that makes.

use strict;
use warnings;

use Test::Nginx::Util qw( bail_out nginx_version version_number );

my $op      = qr/\s*([<>]=?)\s*/;
my $version = qr/(\d+)\.(\d+)\.(\d+)([a-z])?/;
my $reason  = qr/\s*(?::\s*(.*?))?\s*/s;


# Returns (number of tests, reason), or nothing where the block is to be run.

sub reason_to_skip {
    my ($block) = @_;

    for my $section (qw( skip_eval skip_nginx skip_nginx2 skip_openssl )) {
        my $spec = $block->$section;
        next if !defined $spec;

        my $check = __PACKAGE__->can($section);
        my ($tests, $why) = $check->($block, $spec);

        return ($tests, $why) if defined $tests;
    }

    return;
}


sub bad {
    my ($block, $section, $spec) = @_;

    bail_out($block->name, " - not understood: $section $spec");
}


sub holds {
    my ($left, $sign, $right) = @_;

    return $left <  $right if $sign eq '<';
    return $left <= $right if $sign eq '<=';
    return $left >  $right if $sign eq '>';
    return $left >= $right;
}


sub skip_eval {
    my ($block, $spec) = @_;

    my ($tests, $code) = $spec =~ /^\s*(\d+)\s*:\s*(.*)/s
        or bad($block, 'skip_eval', $spec);

    my $yes = eval $code;
    bail_out($block->name, " - skip_eval failed: $@") if $@;

    return $yes ? ($tests, 'skip_eval') : ();
}


sub skip_nginx {
    my ($block, $spec) = @_;

    $spec =~ /^\s*(\d+)\s*:$op$version$reason$/
        or bad($block, 'skip_nginx', $spec);

    my ($tests, $sign, $wanted) = ($1, $2, version_number($3, $4, $5));
    my $why = $7 // "nginx version $2 $3.$4.$5";

    return holds(nginx_version(), $sign, $wanted) ? ($tests, $why) : ();
}


sub skip_nginx2 {
    my ($block, $spec) = @_;

    $spec =~ /^\s*(\d+)\s*:$op$version\s*(or|and)$op$version$reason$/
        or bad($block, 'skip_nginx2', $spec);

    my ($tests, $both, $why) = ($1, $7 eq 'and', $13 // 'nginx version');
    my @sides = ([$2, version_number($3, $4, $5)],
                 [$8, version_number($9, $10, $11)]);

    my $true = grep { holds(nginx_version(), @$_) } @sides;

    return $true >= ($both ? 2 : 1) ? ($tests, $why) : ();
}


sub skip_openssl {
    my ($block, $spec) = @_;

    $spec =~ /^\s*(\d+)\s*:$op$version$reason$/
        or bad($block, 'skip_openssl', $spec);

    my ($tests, $sign, $wanted) = ($1, $2, version_number($3, $4, $5, $6));
    my $why = $7 // "OpenSSL version $2 $3.$4.$5";

    nginx_version();
    my $ours = $Test::Nginx::Util::OpenSSLVersion;

    return !defined $ours || holds($ours, $sign, $wanted) ? ($tests, $why) : ();
}


# "todo" and "todo_nginx" leave tests out too, and say that they should pass.

sub reason_to_postpone {
    my ($block) = @_;

    if (defined $block->todo) {
        return ($1, $2) if $block->todo =~ /^\s*(\d+)\s*:\s*(.*)/s;
        bad($block, 'todo', $block->todo);
    }

    my $spec = $block->todo_nginx // return;

    $spec =~ /^$op$version$reason$/ or bad($block, 'todo_nginx', $spec);

    my ($sign, $wanted, $why) = ($1, version_number($2, $3, $4), $6);

    return holds(nginx_version(), $sign, $wanted) ? (1, $why // '') : ();
}

1;
