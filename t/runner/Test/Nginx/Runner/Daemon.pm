package Test::Nginx::Runner::Daemon;

# Starts nginx, reloads it, and ends it.

use strict;
use warnings;

use IO::Socket::INET ();
use POSIX qw( SIGHUP SIGKILL SIGQUIT SIGTERM SIGUSR1 WNOHANG );
use Test::More ();
use Time::HiRes qw( sleep time );

use Test::Nginx::Runner::Conf ();
use Test::Nginx::Runner::Log ();
use Test::Nginx::Util qw( bail_out is_running nginx_version note_verbose
                          pause_until read_pid );

# With valgrind nginx stays in the foreground, as a child of ours.

our $ChildPid;


# Runs nginx for the block's configuration; returns its exit status as wait
# gives it, 0 when it is up.

sub start {
    my ($block) = @_;

    nginx_version();
    Test::Nginx::Runner::Log::restart();

    return start_in_foreground($block) if $Test::Nginx::Util::UseValgrind;

    my $pid = fork() // bail_out("fork failed: $!");

    if ($pid == 0) {
        run(1, command());
    }

    waitpid $pid, 0;
    my $status = $?;

    show_stderr($block, $status);

    if ($status == 0) {
        # it listens by now, and writes its pid a moment later
        pause_until(2, sub { defined read_pid() });
    }

    return $status;
}


sub command {
    return ($Test::Nginx::Util::NginxBinary,
            '-e', $Test::Nginx::Util::ErrLogFile,
            '-p', "$Test::Nginx::Util::ServRoot/",
            '-c', $Test::Nginx::Util::ConfFile);
}


sub run {
    my ($catch_stderr, @command) = @_;

    if (defined $ENV{TEST_NGINX_LD_PRELOAD}) {
        $ENV{LD_PRELOAD} = join ' ', grep { defined && length }
            $ENV{TEST_NGINX_LD_PRELOAD}, $ENV{LD_PRELOAD};
    }

    open STDOUT, '>', '/dev/null';
    open STDERR, '>', $Test::Nginx::Util::StderrFile if $catch_stderr;

    note_verbose("@command");
    exec { $command[0] } @command or POSIX::_exit(127);
}


sub show_stderr {
    my ($block, $status) = @_;

    return if defined $block->suppress_stderr;
    return if defined $block->must_die && $status != 0;

    my ($lines) = Test::Nginx::Runner::Log::lines_from(
        $Test::Nginx::Util::StderrFile, 0);
    warn @$lines if @$lines;
}


sub start_in_foreground {
    my ($block) = @_;

    my $options = $Test::Nginx::Util::UseValgrind;
    my @options = $options =~ /^\d+$/
        ? qw( --num-callers=100 --tool=memcheck --leak-check=full
              --keep-debuginfo=yes --show-possibly-lost=no )
        : split ' ', $options;

    if (-f 't/valgrind.suppress') {
        push @options, '--suppressions=t/valgrind.suppress';
    }

    # what it finds fails the block: Test::Nginx::Runner::Log::scan
    push @options, "--log-file=$Test::Nginx::Util::LogDir/valgrind.%p";

    my $pid = fork() // bail_out("fork failed: $!");

    if ($pid == 0) {
        setpgrp;
        run(0, 'valgrind', '-q', @options, command());
    }

    $ChildPid = $pid;
    warn $block->name, "\n";

    my $up = pause_until(30, sub {
        return 1 if !is_running($pid);
        return defined read_pid() && !!dial();
    });

    return $up && is_running($pid) ? 0 : 1 << 8;
}


sub dial {
    return IO::Socket::INET->new(
        PeerAddr => $Test::Nginx::Util::ServerAddr,
        PeerPort => $Test::Nginx::Util::ServerPort,
        Proto    => 'tcp',
        Timeout  => 2,
    );
}


sub stop {
    my ($name) = @_;

    my $pid = read_pid();

    if (is_running($pid)) {
        end_process($pid, $name);
    }

    unlink $Test::Nginx::Util::PidFile;

    if ($ChildPid) {
        waitpid $ChildPid, 0;
        undef $ChildPid;
    }
}


sub end_process {
    my ($pid, $name) = @_;

    my $patience = $Test::Nginx::Util::Timeout;
    my $gone = sub { !is_running($pid) };

    $patience = 30 if $Test::Nginx::Util::UseValgrind;

    kill $ENV{TEST_NGINX_FAST_SHUTDOWN} ? SIGTERM : SIGQUIT, $pid;
    return if pause_until($patience, $gone);

    warn "$name - nginx, process $pid, does not end when asked to\n";

    kill SIGTERM, $pid;
    return if pause_until(1, $gone);

    # workers go with their master: nginx made itself the group's leader
    kill SIGKILL, getpgrp($pid) == $pid ? -$pid : $pid;
    pause_until(2, $gone);
}


# Has the running nginx take a new configuration. False where it cannot.

sub reload {
    my ($block, $pid) = @_;

    my $name = $block->name;

    my @old = children_of($pid);

    kill SIGUSR1, $pid or return 0;
    pause_until(1, sub { -e $Test::Nginx::Util::ErrLogFile });

    kill SIGHUP, $pid or return 0;
    sleep $Test::Nginx::Util::TestNginxSleep * 3;

    if (defined $block->reload_fails) {
        sleep 0.3;
        return 1;
    }

    # old workers may take some connections yet: see the new ones alone answer
    my $in_a_row = 0;

    my $came_through = pause_until(10, sub {
        return 0 if grep { still_accepts($_) } @old;
        while (version_answered() eq $Test::Nginx::Util::ConfigVersion) {
            return 1 if ++$in_a_row >= 20;
        }
        $in_a_row = 0;
        return 0;
    });

    if (!$came_through) {
        Test::More::fail("$name - the configuration was not reloaded");
    }

    return 1;
}


# Where the system says so. On others the row of answers is all there is.

sub children_of {
    my ($pid) = @_;

    open my $in, '<', "/proc/$pid/task/$pid/children" or return;
    return split ' ', readline($in) // '';
}


sub still_accepts {
    my ($pid) = @_;

    open my $in, '<', "/proc/$pid/cmdline" or return 0;
    local $/;
    my $title = readline($in) // '';

    return $title ne '' && $title !~ /shutting down|cache manager|cache loader/;
}


sub version_answered {
    my $sock = dial() or return '';

    print $sock "GET /ver HTTP/1.0\r\nHost: Test-Nginx\r\n\r\n";

    local $/;
    my $answer = <$sock> // '';

    return $answer =~ /\r\n\r\n(.*)/s ? $1 : '';
}

1;
