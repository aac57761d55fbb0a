package Test::Nginx::Runner::Log;

# What nginx logged, and what the block says of it.

use strict;
use warnings;

use Test::More ();
use Time::HiRes qw( sleep );

use Test::Nginx::Util qw( expand_env_in_text pause_until bail_out );

# Lines that no test may cause, whatever it expects of the log.

my $fault = qr/\bAssertion\b.*\bfailed\b
              | (?:Address|Leak|Thread|Memory|UndefinedBehavior)Sanitizer
              | :\d+:\d+:[ ]runtime[ ]error:
              /x;

# How long a line that must come may take: it is waited for no longer than it
# takes, so patience costs nothing where all is well.

my $patience = 2;

my $scanned = 0;


sub restart {
    $Test::Nginx::Util::ErrLogFilePos = 0;
    $scanned = 0;
}


sub lines_from {
    my ($file, $pos) = @_;

    open my $in, '<:raw', $file or return ([], $pos);

    seek $in, $pos, 0;
    my @lines = <$in>;

    return (\@lines, tell $in);
}


# A section's patterns: lines of text, one regular expression, or an array.

sub patterns {
    my ($section) = @_;

    return if !defined $section;
    return grep { defined } @$section if ref $section eq 'ARRAY';
    return $section if ref $section;
    return split /\n+/, $section;
}


sub matches {
    my ($line, $pattern) = @_;

    return ref $pattern ? $line =~ $pattern : index($line, $pattern) >= 0;
}


sub any_line {
    my ($lines, $pattern) = @_;

    for my $line (@$lines) {
        return $line if matches($line, $pattern);
    }

    return;
}


# All that was logged since the last look, once it holds what must be there.

sub fresh_lines {
    my ($wanted, $unwanted) = @_;

    my $pos = $Test::Nginx::Util::CheckAccumErrLog
        ? 0 : $Test::Nginx::Util::ErrLogFilePos;
    my ($lines, $end);

    # what is logged after a connection's end has to come first
    sleep $Test::Nginx::Util::TestNginxSleep if $unwanted;

    pause_until(@$wanted ? $patience : 0, sub {
        ($lines, $end) = lines_from($Test::Nginx::Util::ErrLogFile, $pos);
        return !grep { !$_->($lines) } @$wanted;
    });

    $Test::Nginx::Util::ErrLogFilePos = $end;
    return $lines;
}


sub check_error_log {
    my ($case) = @_;

    my $block = $case->block;
    my @must = patterns($block->error_log);
    my @must_not = patterns($block->no_error_log);
    my $grep = grep_section($case);

    my @wanted;

    if (!$case->{dry}) {
        @wanted = map { my $p = $_; sub { any_line($_[0], $p) } } @must;
        push @wanted, sub { $grep->{ok}->(grep_lines($_[0], $grep)) } if $grep;
    }

    my $lines = fresh_lines(\@wanted, @must_not > 0);

    judge_grep($case, $lines, $grep) if $grep;
    judge_present($case, $lines, 'error.log', @must);
    judge_absent($case, $lines, 'error.log', @must_not);
}


sub judge_present {
    my ($case, $lines, $file, @patterns) = @_;

    for my $pattern (@patterns) {
        $case->judge(ok => defined any_line($lines, $pattern),
            "pattern \"$pattern\" is in $file (run $case->{repeat})");
    }
}


sub judge_absent {
    my ($case, $lines, $file, @patterns) = @_;

    for my $pattern (@patterns) {
        my $line = any_line($lines, $pattern);

        $case->judge(ok => !defined $line,
            "pattern \"$pattern\" is not in $file (run $case->{repeat})");

        if (defined $line && !$case->{dry}) {
            chomp $line;
            Test::More::diag("the line: $line");
        }
    }
}


sub grep_section {
    my ($case) = @_;

    my $block = $case->block;
    my ($pattern, $out) = ($block->grep_error_log, $block->grep_error_log_out);

    $pattern = $pattern->[ $case->{repeat} ] if ref $pattern eq 'ARRAY';
    $out = $out->[ $case->{repeat} ] if ref $out eq 'ARRAY';

    if (defined $pattern != defined $out) {
        bail_out($case->name, ' - grep_error_log and grep_error_log_out go '
                              . 'together');
    }

    return if !defined $pattern;

    $out = expand_env_in_text($out, $case->name);

    return {
        pattern => ref $pattern ? $pattern : qr/\Q$pattern\E/,
        out     => $out,
        ok      => sub { ref $out ? $_[0] =~ $out : $_[0] eq $out },
    };
}


sub grep_lines {
    my ($lines, $grep) = @_;

    my $found = '';

    for my $line (@$lines) {
        next if $line !~ /$grep->{pattern}/;

        my $part = substr $line, $-[0], $+[0] - $-[0];
        $found .= "$part\n" if $part !~ /\n/;
    }

    return $found;
}


sub judge_grep {
    my ($case, $lines, $grep) = @_;

    my $how = ref $grep->{out} ? 'like' : 'same';

    $case->judge($how, grep_lines($lines, $grep), $grep->{out},
                 "grep_error_log_out (run $case->{repeat})");
}


sub check_access_log {
    my ($case) = @_;

    my @must = patterns($case->block->access_log);
    my @must_not = patterns($case->block->no_access_log);

    return if !@must && !@must_not;

    my $lines;

    sleep $Test::Nginx::Util::TestNginxSleep if @must_not;

    pause_until($case->{dry} ? 0 : $patience, sub {
        ($lines) = lines_from($Test::Nginx::Util::AccLogFile, 0);
        return !grep { !defined any_line($lines, $_) } @must;
    });

    judge_present($case, $lines, 'access.log', @must);
    judge_absent($case, $lines, 'access.log', @must_not);
}


# What nginx logged while it went down, after all that was looked at before.

sub check_shutdown {
    my ($case) = @_;

    my @must = patterns($case->block->shutdown_error_log);
    my @must_not = patterns($case->block->no_shutdown_error_log);

    return if !@must && !@must_not;

    my $lines = fresh_lines([], 0);

    judge_present($case, $lines, 'error.log', @must);
    judge_absent($case, $lines, 'error.log', @must_not);
}


# Looks through what was logged since the last call for lines that speak of a
# fault: a sanitizer's report fails a test, a grave line that the block does
# not mention is a warning.

sub scan {
    my ($block) = @_;

    my ($lines, $end) = lines_from($Test::Nginx::Util::ErrLogFile, $scanned);
    my ($errors) = lines_from($Test::Nginx::Util::StderrFile, 0);
    $scanned = $end;

    my $name = $block->name;
    my $known = join "\n", patterns($block->error_log),
                           patterns($block->no_error_log);

    for my $line (@$lines, @$errors) {
        chomp $line;

        if ($line =~ $fault) {
            Test::More::fail("$name - $line");
            next;
        }

        next if $line !~ /\[(alert|crit|emerg)\]/;
        next if index($known, "[$1") >= 0 || index($known, "\\[$1") >= 0;
        next if $1 eq 'emerg' && defined $block->must_die;

        warn "WARNING: $name - $line\n";
    }

    unlink $Test::Nginx::Util::StderrFile;
    scan_valgrind($name);
}


# Told to be quiet, valgrind writes of faults alone.

sub scan_valgrind {
    my ($name) = @_;

    for my $file (glob "$Test::Nginx::Util::LogDir/valgrind.*") {
        my ($lines) = lines_from($file, 0);
        next if !@$lines;

        Test::More::fail("$name - valgrind has found a fault");
        Test::More::diag(@$lines);
        unlink $file;
    }
}

1;
