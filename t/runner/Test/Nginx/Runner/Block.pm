package Test::Nginx::Runner::Block;

# Runs one block: nginx with its configuration, its requests, its checks.

use strict;
use warnings;

use Test::More ();
use Time::HiRes qw( sleep );

use Test::Nginx::Runner::Case ();
use Test::Nginx::Runner::Client ();
use Test::Nginx::Runner::Conf ();
use Test::Nginx::Runner::Daemon ();
use Test::Nginx::Runner::Log ();
use Test::Nginx::Runner::Request ();
use Test::Nginx::Runner::Response ();
use Test::Nginx::Runner::Skip ();
use Test::Nginx::Util qw( bail_out expand_env_in_text is_running note_verbose
                          parse_time pause_until read_pid run_perl );

# Sections of Test::Nginx that a test must not believe to work here.

my @foreign = qw(
    http3 no_stap request_eval response_body_eval stap stap_out stap_out_like
    stap_out_unlike tcp_listen tcp_query tcp_reply udp_listen udp_query
    udp_reply
);

# Whose nginx is running, for what it logs when it goes down.

my ($running_block, $started);


sub run_block {
    my ($block) = @_;

    local $Test::Nginx::Util::RandPorts = {};
    local $Test::Nginx::Util::LogLevel = $Test::Nginx::Util::LogLevel;
    local $Test::Nginx::Util::UseHup = $Test::Nginx::Util::UseHup;
    local $Test::Nginx::Util::UseValgrind = $Test::Nginx::Util::UseValgrind;
    local $Test::Nginx::Util::DaemonEnabled = $Test::Nginx::Util::DaemonEnabled;

    my $name = $block->name;

    for my $section (@foreign) {
        next if !defined $block->$section;
        bail_out("$name - the section $section needs Test::Nginx itself");
    }

    if ($block->log_level) {
        $Test::Nginx::Util::LogLevel = $block->log_level;
    }

    my ($tests, $why) = Test::Nginx::Runner::Skip::reason_to_skip($block);

    if (defined $tests) {
        for (1 .. $Test::Nginx::Util::RepeatEach) {
            SKIP: { Test::More::skip("$name - $why", $tests) }
        }
        return;
    }

    ($tests, $why) = Test::Nginx::Runner::Skip::reason_to_postpone($block);

    if (defined $tests) {
        for (1 .. $Test::Nginx::Util::RepeatEach) {
            TODO: { Test::More::todo_skip("$name - $why", $tests) }
        }
        return;
    }

    if (defined $block->must_die) {
        see_it_die($block);
        return;
    }

    my ($up, $dry) = bring_up($block);
    return if !$up;

    if ($block->init) {
        run_perl($block, 'init', $block->init);
    }

    for my $repeat (0 .. $Test::Nginx::Util::RepeatEach - 1) {
        Test::Nginx::Runner::Conf::write_user_files($block) if $repeat;
        run_once($block, $repeat, $dry);
    }

    keep_error_log($name);

    if ($Test::Nginx::Util::UseValgrind && !$Test::Nginx::Util::UseHup) {
        take_down();
    }

    Test::Nginx::Runner::Log::scan($block);
}


sub see_it_die {
    my ($block) = @_;

    # such a configuration is tried by itself, in whatever way others are run
    $Test::Nginx::Util::UseHup = 0;
    $Test::Nginx::Util::UseValgrind = '';
    $Test::Nginx::Util::DaemonEnabled = 'on';

    my $name = $block->name;
    my $must_die = $block->must_die;

    take_down();
    Test::Nginx::Runner::Conf::set_up($block, config_of($block), 0);

    for my $repeat (0 .. $Test::Nginx::Util::RepeatEach - 1) {
        my $case = Test::Nginx::Runner::Case->new(block  => $block,
                                                  repeat => $repeat);
        my $status = Test::Nginx::Runner::Daemon::start($block);
        my ($exit, $signal) = ($status >> 8, $status & 127);

        if ($signal) {
            Test::More::fail("$name - nginx was killed by signal $signal");

        } elsif ($must_die =~ /^\s*(\d+)\s*$/) {
            $case->judge(is => $exit, $1, 'nginx ends with its exit status');

        } else {
            $case->judge(isnt => $exit, 0, 'nginx does not start');
        }

        Test::Nginx::Runner::Log::check_error_log($case);

        if ($status == 0) {
            Test::Nginx::Runner::Daemon::stop($name);
        }

        Test::Nginx::Runner::Log::scan($block);
    }
}


sub config_of {
    my ($block) = @_;

    return expand_env_in_text($block->config // '', $block->name);
}


# Returns whether the block can be run, and why nothing can be judged if so.

sub bring_up {
    my ($block) = @_;

    return 1 if $Test::Nginx::Util::NoNginxManager;

    if (!defined $block->config) {
        return 1 if $started;
        bail_out($block->name, ' - there is no config, here or before');
    }

    my $pid = read_pid();

    if ($Test::Nginx::Util::UseHup) {
        $Test::Nginx::Util::MasterProcessEnabled = 'on';
        $Test::Nginx::Util::ConfigVersion = join '', map { int rand 10 } 1 .. 9;

        if ($started && is_running($pid)) {
            Test::Nginx::Runner::Log::restart();
            Test::Nginx::Runner::Conf::set_up($block, config_of($block), 1);

            if (Test::Nginx::Runner::Daemon::reload($block, $pid)) {
                $running_block = $block;
                return 1;
            }
        }
    }

    take_down();
    Test::Nginx::Runner::Conf::set_up($block, config_of($block), 0);

    return start_patiently($block);
}


# A port may be held for a moment by what ran before.

sub start_patiently {
    my ($block) = @_;

    my $status;

    pause_until(5, sub {
        $status = Test::Nginx::Runner::Daemon::start($block);
        return $status == 0 || !log_has(qr/Address already in use/);
    });

    if ($status == 0) {
        $running_block = $block;
        $started = 1;
        return 1;
    }

    if ($ENV{TEST_NGINX_IGNORE_MISSING_DIRECTIVES}
        && log_has(qr/\[emerg\] \S+: unknown directive "([^"]+)"/))
    {
        return (1, "no directive $1");
    }

    Test::More::fail($block->name . ' - nginx does not start');
    Test::Nginx::Runner::Log::scan($block);
    return 0;
}


sub log_has {
    my ($pattern) = @_;

    my ($lines) = Test::Nginx::Runner::Log::lines_from(
        $Test::Nginx::Util::ErrLogFile, 0);

    return "@$lines" =~ $pattern;
}


# Ends nginx and looks at what it said last.

sub take_down {
    my $block = $running_block;

    return if $Test::Nginx::Util::NoNginxManager;

    Test::Nginx::Runner::Daemon::stop($block ? $block->name : $0);

    return if !$block;
    undef $running_block;
    undef $started;

    my $case = Test::Nginx::Runner::Case->new(
        block => $block,
        dry   => $Test::Nginx::Util::UseHup ? 'reloaded, not shut down' : 0,
    );

    Test::Nginx::Runner::Log::check_shutdown($case);
    Test::Nginx::Runner::Log::scan($block);
}


sub run_once {
    my ($block, $repeat, $dry) = @_;

    my @requests = Test::Nginx::Runner::Request::requests($block);
    my $timeout = parse_time($block->timeout) // $Test::Nginx::Util::Timeout;
    my $pipelined = $block->pipelined_requests;
    my $total = $pipelined ? @$pipelined : @requests;

    my $case = Test::Nginx::Runner::Case->new(
        block  => $block,
        repeat => $repeat,
        dry    => $dry // 0,
        many   => $pipelined || $total > 1,
    );

    my $bytes = '';
    my $is_head = 0;

    for my $i (0 .. $total - 1) {
        $case->{index} = $i;

        if ($i < @requests) {
            $is_head = $requests[$i][0]{value} =~ /^\s*HEAD\s/;
            $bytes = $dry
                ? ''
                : Test::Nginx::Runner::Client::exchange($block, $requests[$i],
                                                        $timeout);
            note_verbose("received: $bytes");
        }

        if (!defined $block->ignore_response) {
            $bytes = judge_response($case, $bytes, $is_head);
        }

        sleep parse_time($block->wait) if $block->wait;

        Test::Nginx::Runner::Log::check_error_log($case);

        if (!defined $block->ignore_response) {
            Test::Nginx::Runner::Log::check_access_log($case);
        }
    }
}


# Judges one response and returns the bytes after it.

sub judge_response {
    my ($case, $bytes, $is_head) = @_;

    my ($response, $rest);

    if (defined $case->block->http09) {
        $response = Test::Nginx::Runner::Response->new(code => 200,
                                                       content => $bytes);
    } elsif (!$case->{dry}) {
        ($response, $rest) = Test::Nginx::Runner::Response->parse(
            $case->name, $bytes, $is_head);
    }

    $case->check_response($response);

    if (length($rest // '') && !$case->{block}->pipelined_requests) {
        warn 'WARNING: ', $case->name, ' - bytes after the response: ',
             Test::Nginx::Runner::Case::printable($rest), "\n";
    }

    return $rest // '';
}


sub keep_error_log {
    my ($name) = @_;

    my $file = $ENV{TEST_NGINX_ERROR_LOG} or return;

    my ($lines) = Test::Nginx::Runner::Log::lines_from(
        $Test::Nginx::Util::ErrLogFile, 0);
    return if !@$lines;

    open my $out, '>>:raw', $file or bail_out("cannot write $file: $!");
    print $out "\n=== $name\n", @$lines;
    close $out;
}

1;
