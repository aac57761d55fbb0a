#!/usr/bin/perl

# Runs all tests that write TAP and counts the results. See test.sh.

use strict;
use warnings;

use Cwd qw( cwd );
use File::Basename qw( basename );
use File::Path qw( make_path remove_tree );
use File::Temp qw( tempdir );
use TAP::Harness ();
use TAP::Parser::Aggregator ();

# How long one file may take, in seconds, before it is ended.
my $time_limit = $ENV{TEST_TIME_LIMIT} || 900;

# Ports for one file: the first for nginx, the others for its upstreams.
my $ports_per_file = 20;

# Files that drive nginx wait half of their time.
my $jobs = $ENV{TEST_JOBS} || processors();
my $nginx_jobs = $ENV{TEST_JOBS} || $jobs + 1;

my $top = cwd();
my $tmp = tempdir('ioattest-XXXXXX', TMPDIR => 1);

# Runs of several users on one machine must not collide; the ports are below those
# that the kernel gives to clients.
my $next_port = 10_240 + ($$ % 16) * 1_280;

# The first lines of valgrind's reports.
my $valgrind = qr/^==\d+==\s(?:
    Invalid | Mismatched | Process\sterminating | Syscall\sparam
    | Conditional\sjump | Use\sof\suninitialised | Source\sand\sdestination
    | .*\bdefinitely\slost\sin\sloss\srecord
)/x;

# For nginx with sanitizers, which frees nothing when it refuses to start.
$ENV{ASAN_OPTIONS} //= 'detect_leaks=0';
$ENV{UBSAN_OPTIONS} //= 'print_stacktrace=1';

my %count = (passed => 0, failed => 0, skipped => 0);
my @complaints;

# Each test that failed, named in the last lines, which is what is kept of a long
# output.
my @failures;

# Why tests were skipped, and how many of which file: $skips{REASON}{FILE}.
my %skips;

my @modules = @ARGV ? @ARGV : sort glob 't/*.t';
my @runner = perl_libraries();

if (!@ARGV) {
    # the tests of the runner come first, and are not counted
    run([sort glob 't/runner/t/*.t'], \&plain_perl, 0);

    # the laws take longest, and are begun first
    run(['scripts/check-arch.sh', unit_programs()],
        sub { [$_[0] =~ /\.sh\z/ ? ('sh', $_[0]) : "./$_[0]"] }, 1);
}

run(\@modules, \&module_test, 1);

if (!@ARGV) {
    once_more('locks watched', [qw( end_to_end machines keys replay )],
              $ENV{IOATTEST_LOCKCHECK},
              TEST_NGINX_LOAD_MODULES => $ENV{IOATTEST_LOCKCHECK} // '');
    once_more('the newest nginx', [qw( ai_gateway doc_blocks interim trailers
                                       trailers_grpc )],
              $ENV{IOATTEST_NEWEST},
              TEST_NGINX_BINARY => ($ENV{IOATTEST_NEWEST} // '') . '/nginx',
              TEST_NGINX_LOAD_MODULES => ($ENV{IOATTEST_NEWEST} // '')
                  . '/ngx_http_ioattest_module.so');
}

print "\n$_\n" for @complaints;
show_skips();
print "failed: $_\n" for @failures;

if ($ENV{TEST_KEEP}) {
    print "what the servers left is in $tmp\n";

} else {
    remove_tree($tmp, { error => \my $ignored });
}

print "$count{passed} passed, $count{failed} failed",
      $count{skipped} ? ", $count{skipped} skipped" : '', "\n";

exit($count{failed} || !$count{passed} ? 1 : 0);


sub processors {
    my $n = `getconf _NPROCESSORS_ONLN 2>/dev/null` || 1;
    chomp $n;
    return $n;
}


# Test::Nginx if it is installed, else our own runner.

sub perl_libraries {
    my $is_there = system("$^X -MTest::Nginx::Socket -e1 >/dev/null 2>&1") == 0;

    return ($is_there ? () : "-I$top/t/runner", "-I$top/t/lib");
}


sub unit_programs {
    my @compiled = map { s{^t/unit/(.*)\.c\z}{build/core/unit/$1}r }
                   grep { !m{^t/unit/(?:driver|zone)/} }
                   sort glob 't/unit/*/*.c';

    $ENV{CORE_DIR} = 'build/core';
    return (@compiled, grep { !m{^t/unit/driver/} } sort glob 't/unit/*/*.py');
}


sub plain_perl {
    my ($file) = @_;

    return with_environment($file, $^X, $file);
}


sub module_test {
    my ($file) = @_;

    return with_environment($file, $^X, @runner, $file);
}


# Files again with another module or nginx; counted as skipped without it.

sub once_more {
    my ($what, $names, $there, %set) = @_;
    my @files = map { "t/$_.t" } @$names;

    if (!$there) {
        $skips{"$what: cannot be had here"}{$_} = 1 for @files;
        $count{skipped} += @files;
        return;
    }

    print "with $what:\n";
    local @ENV{keys %set} = values %set;
    run(\@files, \&module_test, 1);
    return;
}


sub with_environment {
    my ($file, @command) = @_;

    my $dir = place_of($file);
    my $port = $next_port;
    $next_port += $ports_per_file;

    my %set = (
        TEST_NGINX_PORT        => $port,
        TEST_NGINX_SERVER_PORT => $port,
        TEST_NGINX_SERVROOT    => "$dir/servroot",
        TEST_NGINX_HTML_DIR    => "$dir/servroot/html",
        TMPDIR                 => $dir,
    );

    if ($file !~ m{^t/runner/}) {
        $set{TEST_NGINX_LOAD_MODULES} = $ENV{TEST_NGINX_LOAD_MODULES}
            // "$top/build/ngx_http_ioattest_module.so";
    }

    return ['env', map({ "$_=$set{$_}" } sort keys %set), @command];
}


sub place_of {
    my ($file) = @_;

    (my $name = $file) =~ s{/}{-}g;
    make_path("$tmp/$name");
    return "$tmp/$name";
}


# What a file writes on stderr goes to a file, so that outputs are not mixed.

sub run {
    my ($files, $command, $counts) = @_;

    return if !@$files;

    my $harness = TAP::Harness->new({
        jobs => $command == \&module_test ? $nginx_jobs : $jobs,
        exec => sub {
            my ($self, $file) = @_;

            my $err = place_of($file) . '/stderr';
            return ['sh', '-c', 'exec 2>"$0"; exec timeout -k 10 "$@"',
                    $err, $time_limit, @{ $command->($file) }];
        },
    });

    my $grave = 0;

    $harness->callback(made_parser => sub {
        my ($parser, $job) = @_;
        my $file = name_of($job);
        $parser->callback(test => sub {
            my ($test) = @_;
            $skips{$test->explanation || 'no reason'}{$file}++
                if $test->has_skip;
            push @failures, "$file, " . $test->as_string =~ s/\Anot ok //r
                if !$test->is_ok;
        });
    });

    $harness->callback(after_test => sub {
        my ($job, $parser) = @_;
        my $file = name_of($job);

        $skips{$parser->skip_all || 'no reason'}{$file}++
            if defined $parser->skip_all;
        push @failures, "$file, as a whole"
            if $parser->has_problems && !$parser->failed;
        $grave += show_stderr($file, $parser->has_problems);
    });

    # a file that bails out ends the run, not the count of it
    my $all = TAP::Parser::Aggregator->new;
    $all->start;
    eval { $harness->aggregate_tests($all, @$files) };
    my $bailed_out = $@;
    push @complaints, $bailed_out if $bailed_out;
    push @failures, 'a test bailed out, see above' if $bailed_out;
    $all->stop;
    $harness->summary($all) if $all->has_problems;

    my $skipped = $all->skipped;
    my $failed = $all->failed + $grave + ($bailed_out ? 1 : 0);
    my $broken = 0;

    for my $parser ($all->parsers) {
        $skipped++ if defined $parser->skip_all;

        # ended badly, or with another number of tests than it had planned
        next if $parser->failed;
        $broken++ if $parser->exit || $parser->wait || $parser->parse_errors;
    }

    $count{failed} += $failed + $broken;
    return if !$counts;

    $count{skipped} += $skipped;
    $count{passed} += $all->passed - $all->skipped;
}


sub name_of {
    my ($job) = @_;

    return ref $job ? $job->[0] : $job;
}


# What a file wrote on stderr is shown if it failed; most of it is what nginx says
# of configurations that tests give it. Alerts of nginx's and valgrind's reports
# are errors, whatever the tests say, and are always shown. Returns their number.

sub show_stderr {
    my ($file, $failed) = @_;

    open my $in, '<', place_of($file) . '/stderr' or return 0;
    my @lines = <$in>;
    close $in;

    my @grave = grep { /^WARNING: .*\[alert\]/ || $_ =~ $valgrind } @lines;
    push @complaints, map { "$file: $_" } @grave;
    push @failures, map { "$file, " . s/\n\z//r } @grave;

    if (@lines && ($failed || @grave || $ENV{TEST_STDERR})) {
        print STDERR "\n--- $file\n", @lines;
    }

    return scalar @grave;
}


# One line a reason, as the same files outside the clone are what many need.

sub show_skips {
    return if !%skips;

    print "\nNot run here, which is no failure:\n";

    for my $reason (sort keys %skips) {
        my %of = %{ $skips{$reason} };
        my $n = 0;
        $n += $_ for values %of;
        my @files = sort keys %of;
        print "    $n of ", join(' ', @files > 3
                                       ? (@files[0 .. 2], '...') : @files),
              ": $reason\n";
    }
    return;
}
