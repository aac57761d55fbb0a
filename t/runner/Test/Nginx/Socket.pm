package Test::Nginx::Socket;

# A runner for test files in Test::Nginx's format, for machines where
# Test::Nginx itself is not installed. It is our own, needs nothing but Perl,
# and knows the part of the format that tests of an nginx module use. What a
# section means, and how many tests it counts for, is as Test::Nginx has it:
# a file that passes here passes there.

use strict;
use warnings;

use List::Util qw( shuffle );
use Test::More ();

use Test::Nginx::Runner::Block ();
use Test::Nginx::Runner::Spec ();
use Test::Nginx::Util ();

our $VERSION = '1.0';

# What a test file calls in order to set or, without an argument, to get.

my %setting = (
    log_level              => \$Test::Nginx::Util::LogLevel,
    repeat_each            => \$Test::Nginx::Util::RepeatEach,
    server_addr            => \$Test::Nginx::Util::ServerAddr,
    server_name            => \$Test::Nginx::Util::ServerName,
    server_port            => \$Test::Nginx::Util::ServerPort,
    server_port_for_client => \$Test::Nginx::Util::ServerPortForClient,
    timeout                => \$Test::Nginx::Util::Timeout,
    worker_connections     => \$Test::Nginx::Util::WorkerConnections,
    workers                => \$Test::Nginx::Util::Workers,
);

my %flag = (
    check_accum_error_log  => [\$Test::Nginx::Util::CheckAccumErrLog => 1],
    master_off      => [\$Test::Nginx::Util::MasterProcessEnabled => 'off'],
    master_on       => [\$Test::Nginx::Util::MasterProcessEnabled => 'on'],
    no_long_string         => [\$Test::Nginx::Util::NoLongString => 1],
    no_nginx_manager       => [\$Test::Nginx::Util::NoNginxManager => 1],
    no_root_location       => [\$Test::Nginx::Util::NoRootLocation => 1],
    no_shuffle             => [\$Test::Nginx::Util::NoShuffle => 1],
    use_hup                => [\$Test::Nginx::Util::UseHup => 1],
);

my %function = (
    add_block_preprocessor  => \&add_block_preprocessor,
    add_cleanup_handler     => \&add_cleanup_handler,
    add_response_body_check => \&add_response_body_check,
    add_test_cleanup_handler => \&add_test_cleanup_handler,
    bail_out                => \&Test::Nginx::Util::bail_out,
    blocks                  => \&Test::Nginx::Runner::Spec::blocks,
    config_preamble => sub { $Test::Nginx::Util::ConfigPreamble = $_[0] },
    delimiters              => \&Test::Nginx::Runner::Spec::delimiters,
    env_to_nginx            => \&env_to_nginx,
    filters                 => \&Test::Nginx::Runner::Spec::filters,
    filters_delay    => sub { $Test::Nginx::Runner::Spec::FiltersDelay = 1 },
    html_dir                => sub () { $Test::Nginx::Util::HtmlDir },
    is_str                  => \&is_str,
    master_process_enabled  => \&master_process_enabled,
    no_diff                 => sub () { },
    run_test                => \&run_test,
    run_tests               => \&run_tests,
    server_root             => sub () { $Test::Nginx::Util::ServRoot },
);

for my $name (keys %setting) {
    my $variable = $setting{$name};

    $function{$name} = sub {
        $$variable = $_[0] if @_;
        return $$variable;
    };
}

for my $name (keys %flag) {
    my ($variable, $value) = @{ $flag{$name} };

    $function{$name} = sub () { $$variable = $value };
}


# use Test::Nginx::Socket; or with a plan: 'no_plan', tests => N.

sub import {
    my ($class, @plan) = @_;

    my $caller = caller;

    strict->import;
    warnings->import;

    no strict 'refs';

    for my $name (keys %function) {
        *{"${caller}::$name"} = $function{$name};
    }

    for my $name (@Test::More::EXPORT) {
        next if $name !~ /^\w+$/ || defined &{"${caller}::$name"};
        *{"${caller}::$name"} = \&{"Test::More::$name"};
    }

    *{"${caller}::TODO"} = \${"${caller}::TODO"};

    Test::More::plan(@plan) if @plan;
}


sub add_block_preprocessor(&) {
    unshift @Test::Nginx::Util::BlockPreprocessors, $_[0];
}


sub add_cleanup_handler {
    unshift @Test::Nginx::Util::CleanupHandlers, $_[0];
}


sub add_test_cleanup_handler {
    unshift @Test::Nginx::Util::TestCleanupHandlers, $_[0];
}


sub add_response_body_check {
    push @Test::Nginx::Util::ResponseBodyChecks, $_[0];
}


sub env_to_nginx {
    for my $name (@_) {
        if ($name !~ /^[A-Za-z_]/ || $name =~ /\n/) {
            die "env_to_nginx: not a name: $name\n";
        }
        push @Test::Nginx::Util::EnvToNginx, $name;
    }
}


sub is_str {
    my ($got, $expected, $label) = @_;

    return Test::More::like($got, $expected, $label)
        if ref $expected eq 'Regexp';

    return Test::Nginx::Runner::Case::same_text($got, $expected, $label);
}


sub master_process_enabled {
    if (@_) {
        $Test::Nginx::Util::MasterProcessEnabled = $_[0] ? 'on' : 'off';
    }

    return $Test::Nginx::Util::MasterProcessEnabled;
}


sub run_tests {
    $ENV{TEST_NGINX_SERVER_PORT} //= $Test::Nginx::Util::ServerPort;

    # so that nginx ends with its test file, whatever ends that
    $SIG{$_} //= sub { exit 1 } for qw( HUP INT TERM );

    my @blocks = Test::Nginx::Runner::Spec::blocks();
    @blocks = shuffle(@blocks) if !$Test::Nginx::Util::NoShuffle;

    for my $block (@blocks) {
        $_->($block) for @Test::Nginx::Util::BlockPreprocessors;

        $block->set_value(name => "$0 " . $block->name);
        run_test($block);

        $_->($block) for @Test::Nginx::Util::TestCleanupHandlers;
    }

    clean_up();
}


sub run_test {
    my ($block) = @_;

    return if defined $block->SKIP;
    Test::Nginx::Runner::Block::run_block($block);
}


sub clean_up {
    $_->() for splice @Test::Nginx::Util::CleanupHandlers;
}


# The last nginx goes down here; a forked child of the test file must not do it.

my $main_process = $$;

END {
    if ($$ == $main_process) {
        local $?;

        clean_up();

        if (!$ENV{TEST_NGINX_NO_CLEAN} || $Test::Nginx::Util::UseValgrind) {
            Test::Nginx::Runner::Block::take_down();
        }

        if ($Test::Nginx::Util::Randomize) {
            require File::Path;
            File::Path::remove_tree($Test::Nginx::Util::ServRoot);
        }
    }
}

1;
