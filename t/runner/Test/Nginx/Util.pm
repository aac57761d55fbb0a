package Test::Nginx::Util;

# What a test file may set, where things are, and the small change.
#
# The names of the variables are those of Test::Nginx::Util as the format's
# users know them, so that a test file may look at them under either runner.

use strict;
use warnings;

use Config ();
use Exporter qw( import );
use File::Spec ();
use IO::Socket::INET ();
use POSIX qw( WNOHANG );
use Test::More ();
use Time::HiRes qw( sleep time );

our @EXPORT_OK = qw(
    bail_out can_run expand_env_in_text free_port is_running nginx_version
    note_verbose parse_headers parse_time pause_until read_pid run_perl trim
    version_number
);

our $RepeatEach         = 1;
our $Workers            = 1;
our $WorkerConnections  = 64;
our $ServerAddr         = '127.0.0.1';
our $ServerName         = 'localhost';
our $NoRootLocation     = 0;
our $NoLongString       = 0;
our $ConfigPreamble     = '';
our $ConfigVersion      = '';
our $FilterHttpConfig;
our $RandPorts          = {};
our $ErrLogFilePos      = 0;

our $Verbose            = $ENV{TEST_NGINX_VERBOSE};
our $NginxBinary        = $ENV{TEST_NGINX_BINARY} || 'nginx';
our $LoadModules        = $ENV{TEST_NGINX_LOAD_MODULES};
our $LogLevel           = $ENV{TEST_NGINX_LOG_LEVEL} || 'debug';
our $MasterProcessEnabled = $ENV{TEST_NGINX_MASTER_PROCESS} || 'off';
our $Timeout            = $ENV{TEST_NGINX_TIMEOUT}
                          || ($ENV{TEST_NGINX_USE_VALGRIND} ? 30 : 3);
our $TestNginxSleep     = $ENV{TEST_NGINX_SLEEP} || 0.015;
our $NoShuffle          = $ENV{TEST_NGINX_NO_SHUFFLE} || 0;
our $NoNginxManager     = $ENV{TEST_NGINX_NO_NGINX_MANAGER} || 0;
our $UseHup             = $ENV{TEST_NGINX_USE_HUP};
our $UseHttp2           = $ENV{TEST_NGINX_USE_HTTP2};
our $UseValgrind        = $ENV{TEST_NGINX_USE_VALGRIND};
our $CheckAccumErrLog   = $ENV{TEST_NGINX_CHECK_ACCUM_ERR_LOG};
our $Randomize          = $ENV{TEST_NGINX_RANDOMIZE};
our $WorkerUser         = $ENV{TEST_NGINX_WORKER_USER};
our $DaemonEnabled      = $UseValgrind ? 'off' : 'on';
our $ServerPort         = $ENV{TEST_NGINX_SERVER_PORT}
                          || $ENV{TEST_NGINX_PORT} || 1984;

srand($$ ^ int(time() * 1_000_000));

if ($Randomize) {
    $ServerPort = free_port({})
        or die "no free port was found to listen on\n";
}

our $ServerPortForClient = $ENV{TEST_NGINX_CLIENT_PORT} || $ServerPort;

our $ServRoot = File::Spec->rel2abs(
    $Randomize ? "t/servroot_$ServerPort"
               : $ENV{TEST_NGINX_SERVROOT} || 't/servroot');

our $LogDir     = "$ServRoot/logs";
our $ErrLogFile = "$LogDir/error.log";
our $AccLogFile = "$LogDir/access.log";
our $PidFile    = "$LogDir/nginx.pid";
our $StderrFile = "$LogDir/stderr.txt";
our $HtmlDir    = "$ServRoot/html";
our $ConfDir    = "$ServRoot/conf";
our $ConfFile   = "$ConfDir/nginx.conf";
our $CacheDir   = "$ServRoot/cache";

our ($NginxVersion, $NginxRawVersion, $NginxBuild, $OpenSSLVersion);

our (@EnvToNginx, @BlockPreprocessors, @ResponseBodyChecks);
our (@CleanupHandlers, @TestCleanupHandlers);

$ENV{TEST_NGINX_SERVER_ROOT} = $ServRoot;


sub note_verbose {
    warn @_, "\n" if $Verbose;
}


sub bail_out {
    Test::More::BAIL_OUT(join '', @_);
}


# Another process may still take the port before it is listened on: a caller
# that minds tries again.

sub free_port {
    my ($taken) = @_;

    for (1 .. 1000) {
        my $port = 2000 + int(rand(30_000));
        next if $taken->{$port};

        my $sock = IO::Socket::INET->new(
            LocalAddr => '127.0.0.1',
            LocalPort => $port,
            Proto     => 'tcp',
            Listen    => 1,
            ReuseAddr => 1,
        );

        return $port if $sock;
    }

    return;
}


# nginx detaches itself, so its parent is the machine's first process, which
# in a container may never collect it: a zombie counts as gone.

sub is_running {
    my ($pid) = @_;

    return 0 if !$pid;

    waitpid($pid, WNOHANG);
    return 0 if !kill(0, $pid);

    if (open my $in, '<', "/proc/$pid/stat") {
        my $stat = <$in>;
        return 0 if !defined $stat || $stat =~ /\)\s+[ZX]\s/;
    }

    return 1;
}


# Calls the code until it returns true or the seconds are over; returns what
# it returned last.

sub pause_until {
    my ($seconds, $code) = @_;

    my $end = time() + $seconds;
    my $step = 0.001;

    while (1) {
        my $rc = $code->();
        return $rc if $rc || time() >= $end;

        sleep $step;
        $step *= 1.5 if $step < 0.02;
    }
}


sub read_pid {
    open my $in, '<', $PidFile or return;

    my $pid = do { local $/; <$in> } // '';
    return $pid =~ /^(\d+)\s*$/ ? $1 : undef;
}


sub can_run {
    my ($cmd) = @_;

    if ($cmd =~ m{/}) {
        return -f $cmd && -x _ ? $cmd : undef;
    }

    for my $dir (split /\Q$Config::Config{path_sep}\E/, $ENV{PATH}) {
        return "$dir/$cmd" if length $dir && -f "$dir/$cmd" && -x _;
    }

    return;
}


# 1.25.1 becomes 1.025001, that versions compare as numbers.

sub version_number {
    my ($major, $minor, $patch, $letter) = @_;

    my $number = sprintf '%d.%03d%03d', $major, $minor, $patch;
    $number .= sprintf '%03d', ord($letter) - ord('a') if defined $letter;

    return $number;
}


sub nginx_version {
    return $NginxVersion if defined $NginxVersion;

    if (!can_run($NginxBinary)) {
        bail_out("there is no nginx to run: $NginxBinary");
    }

    $NginxBuild = `$NginxBinary -V 2>&1`;

    if ($NginxBuild =~ m{built with OpenSSL (\d+)\.(\d+)\.(\d+)([a-z])?}) {
        $OpenSSLVersion = version_number($1, $2, $3, $4);
    }

    if ($NginxBuild !~ m{\w+/(\d+)\.(\d+)\.(\d+)}) {
        bail_out("$NginxBinary -V tells no version: $NginxBuild");
    }

    $NginxRawVersion = "$1.$2.$3";
    return $NginxVersion = version_number($1, $2, $3);
}


sub parse_time {
    my ($time) = @_;

    return if !defined $time;
    return $1 / 1000 if $time =~ /^\s*([\d.]+)\s*ms\s*$/;
    return $1 if $time =~ /^\s*([\d.]+)\s*s?\s*$/;
    return $time;
}


sub trim {
    my ($text) = @_;

    return '' if !defined $text;

    $text =~ s/\s+/ /g;
    $text =~ s/^ | $//g;
    return $text;
}


# One header a line, "Name: value", or "!Name" for one that must be absent.

sub parse_headers {
    my ($text) = @_;

    my %headers;

    for my $line (split /\n/, $text) {
        $line =~ s/^\s+|\s+$//g;

        if ($line =~ s/^!\s*//) {
            $headers{$line} = undef;
            next;
        }

        my ($name, $value) = split /\s*:\s*/, $line, 2;
        $headers{ $name // '' } = $value;
    }

    return \%headers;
}


# $TEST_NGINX_NAME becomes the environment's value of that name, and
# $TEST_NGINX_RAND_PORT_1 a free port, the same all through a test block.

sub expand_env_in_text {
    my ($text, $name) = @_;

    return $text if !defined $text || ref $text;

    $text =~ s{\$(TEST_NGINX_[_A-Z0-9]+)}{
        $1 =~ /^TEST_NGINX_RAND_PORT_\d+$/
            ? random_port($1, $name)
            : $ENV{$1} // bail_out("$name - the environment has no $1")
    }ge;

    return $text;
}


sub random_port {
    my ($key, $name) = @_;

    return $RandPorts->{$key} //= do {
        my %taken = map { $_ => 1 } $ServerPort, values %$RandPorts;
        free_port(\%taken)
            or bail_out("$name - no free port was found for $key");
    };
}


# For sections that hold Perl: it sees this package's variables and $block.

sub run_perl {
    my ($block, $section, $code) = @_;

    eval $code;
    bail_out($block->name, " - $section failed: $@") if $@;
}

1;
