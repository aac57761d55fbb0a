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

my $jobs = $ENV{TEST_JOBS} || processors();
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

my @modules = @ARGV ? @ARGV : sort glob 't/*.t';
my @runner = perl_libraries();

if (!@ARGV) {
    # the tests of the runner come first, and are not counted
    run([sort glob 't/runner/t/*.t'], \&plain_perl, 0);

    run(['scripts/check-arch.sh'], sub { ['sh', $_[0]] }, 1);
    run([unit_programs()], sub { ["./$_[0]"] }, 1);
}

run(\@modules, \&module_test, 1);

if (!@ARGV) {
    once_more('locks watched', [qw( end_to_end machines keys replay )],
              $ENV{IOATTEST_LOCKCHECK},
              TEST_NGINX_LOAD_MODULES => $ENV{IOATTEST_LOCKCHECK} // '');
    once_more('the newest nginx', [qw( interim trailers trailers_grpc )],
              $ENV{IOATTEST_NEWEST},
              TEST_NGINX_BINARY => ($ENV{IOATTEST_NEWEST} // '') . '/nginx',
              TEST_NGINX_LOAD_MODULES => ($ENV{IOATTEST_NEWEST} // '')
                  . '/ngx_http_ioattest_module.so');
}

print "\n$_\n" for @complaints;
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
        print "skipped, as $what cannot be had here: @files\n";
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


# The output of a file on stderr is shown when it has ended, so that outputs are
# not mixed.

sub run {
    my ($files, $command, $counts) = @_;

    return if !@$files;

    my $harness = TAP::Harness->new({
        jobs => $jobs,
        exec => sub {
            my ($self, $file) = @_;

            my $err = place_of($file) . '/stderr';
            return ['sh', '-c', 'exec 2>"$0"; exec timeout -k 10 "$@"',
                    $err, $time_limit, @{ $command->($file) }];
        },
    });

    my $grave = 0;

    $harness->callback(after_test => sub {
        my ($job) = @_;
        $grave += show_stderr(ref $job ? $job->[0] : $job);
    });

    # a file that bails out ends the run, not the count of it
    my $all = TAP::Parser::Aggregator->new;
    $all->start;
    eval { $harness->aggregate_tests($all, @$files) };
    my $bailed_out = $@;
    push @complaints, $bailed_out if $bailed_out;
    $all->stop;
    $harness->summary($all);

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


# nginx's alerts and valgrind's reports are errors: all are shown. Returns their
# number.

sub show_stderr {
    my ($file) = @_;

    open my $in, '<', place_of($file) . '/stderr' or return 0;
    my @lines = <$in>;
    close $in;

    return 0 if !@lines;

    print STDERR "\n--- $file\n", @lines;

    my @grave = grep { /^WARNING: .*\[alert\]/ || $_ =~ $valgrind } @lines;
    push @complaints, map { "$file: $_" } @grave;
    return scalar @grave;
}
