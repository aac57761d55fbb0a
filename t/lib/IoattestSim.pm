package IoattestSim;

# The simulated private API (t/lib/sim) for tests in Test::Nginx's format.
#
#   use lib 't/lib';                     # or "$FindBin::Bin/lib"
#   use IoattestSim;
#   my $sim = IoattestSim->start(machines => 8);
#   add_block_preprocessor(\&IoattestSim::prepare);
#   run_tests();
#
# start() picks free ports, waits until the server listens, and fills
#
#   $TEST_NGINX_SIM_PORT            round robin over all machines
#   $TEST_NGINX_SIM_PORT_0 ...      machine 0 ... alone
#   $TEST_NGINX_SIM_ADDRESS_0 ...   signing addresses
#   $TEST_NGINX_SIM_FORGER          address of the unattested key of "forged"
#   $TEST_NGINX_SIM_DIGEST          image digest of machine 0
#   $TEST_NGINX_SIM_SERVERS         "server 127.0.0.1:P;" for each machine
#
# and, with start(evidence => 1),
#
#   $TEST_NGINX_SIM_CPU_ROOTS       PEM files of what a verifier of the
#   $TEST_NGINX_SIM_GPU_ROOTS       machines' evidence is to trust
#   $TEST_NGINX_SIM_MR_TD           measurements of good evidence, in hex
#   $TEST_NGINX_SIM_MEASUREMENT     (TDX and SEV-SNP)
#
# The server ends when the test ends, however it ends.
#
# To change its behaviour for one block:
#
#   --- sim
#   {"completion": "sig_flip=3", "attest": "nonce_wrong", "attest_times": 1}
#
# (with the preprocessor above: everything is reset first, for blocks without
# this section as well), or in plain Perl, which runs once nginx is up:
#
#   --- init
#   IoattestSim::reset(); IoattestSim::set(completion => 'forged');
#
# Write "--- init", not "--- init eval": Test::Base evaluates the latter for
# all blocks when it reads the file.  Within a block's requests, a location
# that proxies /_sim/ to $TEST_NGINX_SIM_PORT does the same.
#
# Evidence: set "evidence" to "tdx" or "snp" (see sim.py); evidence() gives the
# values for a policy, expect() what a gateway is to say of each misbehaviour:
#
#   my $reason = IoattestSim::expect()->{tdx_debug}{reason};
#
# set, reset, stats, flights, answers, settings, machines, evidence, expect,
# open_gate and wait_for work as plain functions on the running server, as class methods and
# as object methods.

use strict;
use warnings;

use Cwd ();
use File::Basename ();
use File::Temp ();
use IO::Socket::INET;
use JSON::PP ();
use POSIX ();
use Time::HiRes ();

my $SCRIPT = File::Basename::dirname(Cwd::abs_path(__FILE__)) . '/sim/sim.py';
my $JSON = JSON::PP->new->utf8->canonical->allow_nonref;
my $START_SECONDS = 30;
my @running;


sub start {
    my ($class, %arg) = @_;

    my $machines = delete $arg{machines} // 8;
    my $models = delete $arg{models};
    my $lifetime = delete $arg{lifetime} // 600;
    my $single = delete $arg{per_machine_ports} // 1;
    my $evidence = delete $arg{evidence};
    die "IoattestSim: unknown argument: @{[sort keys %arg]}\n" if %arg;

    my @cmd = ($ENV{IOATTEST_PYTHON} // '/usr/bin/python3', $SCRIPT,
               '--port', 0, '--machines', $machines,
               '--lifetime', $lifetime);
    push @cmd, '--per-machine-ports', 0 if $single;
    push @cmd, '--models', join(',', @$models) if $models;

    my $self = bless { owner => $$, machine_ports => [], addresses => [] },
                     $class;
    $self->launch(@cmd);
    push @running, $self;
    $self->await_ready;
    $self->export;
    $self->export_evidence if $evidence;

    return $self;
}


sub launch {
    my ($self, @cmd) = @_;

    pipe my $out, my $in or die "IoattestSim: pipe: $!\n";
    my $pid = fork // die "IoattestSim: fork: $!\n";

    if ($pid == 0) {
        open STDIN, '<', '/dev/null';
        if (!open STDOUT, '>&', $in) {
            POSIX::_exit(126);
        }
        close $out;
        { no warnings; exec { $cmd[0] } @cmd; }
        print STDERR "IoattestSim: $cmd[0]: $!\n";
        POSIX::_exit(127);
    }

    close $in;
    $self->{pid} = $pid;
    $self->{out} = $out;
    return;
}


sub await_ready {
    my ($self) = @_;

    local $SIG{ALRM} = sub { die "IoattestSim: not ready in time\n" };
    alarm $START_SECONDS;

    while (defined(my $line = readline $self->{out})) {
        my ($what, @rest) = split ' ', $line;
        if ($what eq 'machines') {
            $self->{machine_ports} = \@rest;

        } elsif ($what eq 'address') {
            $self->{addresses}[$rest[0]] = $rest[1];

        } elsif ($what eq 'ready') {
            $self->{port} = $rest[0];
            last;
        }
    }

    alarm 0;
    die "IoattestSim: $SCRIPT did not start\n" if !$self->{port};
    return;
}


sub export {
    my ($self) = @_;

    my $about = $self->machines;
    $ENV{TEST_NGINX_SIM_PORT} = $self->{port};
    $ENV{TEST_NGINX_SIM_FORGER} = $about->{forger};
    $ENV{TEST_NGINX_SIM_DIGEST} = $about->{machines}[0]{image_digest};
    $ENV{TEST_NGINX_SIM_SERVERS} = join ' ',
        map { "server 127.0.0.1:$_;" } @{ $self->{machine_ports} };

    for my $i (0 .. $#{ $self->{addresses} }) {
        $ENV{"TEST_NGINX_SIM_ADDRESS_$i"} = $self->{addresses}[$i];
    }
    for my $i (0 .. $#{ $self->{machine_ports} }) {
        $ENV{"TEST_NGINX_SIM_PORT_$i"} = $self->{machine_ports}[$i];
    }
    return;
}


# Roots go into a directory that ends with this object.
sub export_evidence {
    my ($self) = @_;

    my $dir = $self->{roots} = File::Temp->newdir('ioattest-roots-XXXXXX',
                                                  TMPDIR => 1);
    chmod 0755, "$dir";
    for my $kind ('cpu', 'gpu') {
        my $file = "$dir/$kind.pem";
        open my $out, '>', $file or die "IoattestSim: $file: $!\n";
        print {$out} $self->fetch('GET', "/_sim/roots/$kind.pem");
        close $out or die "IoattestSim: $file: $!\n";
        $ENV{'TEST_NGINX_SIM_' . uc($kind) . '_ROOTS'} = $file;
    }

    my $about = $self->evidence;
    $ENV{TEST_NGINX_SIM_MR_TD} = $about->{tdx}{mr_td};
    $ENV{TEST_NGINX_SIM_MEASUREMENT} = $about->{sev_snp}{measurement};
    return;
}


# --- what tests call ------------------------------------------------------

# The server meant by a call: the object, or else the one started last.
sub _self {
    my ($args) = @_;

    if (@$args && ref $args->[0] && UNIVERSAL::isa($args->[0], __PACKAGE__)) {
        return shift @$args;
    }
    shift @$args if @$args && !ref $args->[0]
                    && ($args->[0] // '') eq __PACKAGE__;

    return $running[-1] // die "IoattestSim: not started\n";
}


sub port {
    my $self = _self(\@_);
    my ($machine) = @_;
    return defined $machine ? $self->{machine_ports}[$machine]
                            : $self->{port};
}


sub address {
    my $self = _self(\@_);
    return $self->{addresses}[ $_[0] // 0 ];
}


# set({ name => value, ... }) or set(name => value, ...)
sub set {
    my $self = _self(\@_);
    my $values = ref $_[0] ? $_[0] : {@_};
    return $self->request('POST', '/_sim/set', $values);
}


# reset() forgets all, reset('stats') counts, reset('set') settings
sub reset {
    my $self = _self(\@_);
    return $self->request('POST', '/_sim/reset', { what => $_[0] // 'all' });
}


sub stats {
    my $self = _self(\@_);
    return $self->request('GET', '/_sim/stats');
}


sub settings {
    my $self = _self(\@_);
    return $self->request('GET', '/_sim/settings');
}


sub machines {
    my $self = _self(\@_);
    return $self->request('GET', '/_sim/machines');
}


# { in_flight, peak, peaks => { model_id => n }, flights => [ { start, end,
# model, key, machine, how } ] } of attestations (see sim.py)
sub flights {
    my $self = _self(\@_);
    return $self->request('GET', '/_sim/flights');
}


# [prompt, machine, signer] of each completion
sub answers {
    my $self = _self(\@_);
    return $self->request('GET', '/_sim/answers');
}


sub evidence {
    my $self = _self(\@_);
    return $self->request('GET', '/_sim/evidence');
}


# { name => { reason => ..., breaks => ..., needs => ..., kind => ... } }
sub expect {
    my $self = _self(\@_);
    return $self->request('GET', '/_sim/expect');
}


sub open_gate {
    my $self = _self(\@_);
    return $self->request('POST', '/_sim/open', { gate => $_[0] // 'gate' });
}


# wait_for(sub { $_[0]{completions}{total} == 3 }, seconds): true when the
# statistics satisfy it, false when time is up.
sub wait_for {
    my $self = _self(\@_);
    my ($want, $seconds) = @_;
    my $end = Time::HiRes::time() + ($seconds // 5);

    while (1) {
        return 1 if $want->($self->stats);
        return 0 if Time::HiRes::time() > $end;
        Time::HiRes::sleep(0.02);
    }
}


# For add_block_preprocessor: resets, and applies a block's "sim" section.
sub prepare {
    my ($block) = @_;

    return if !@running;
    my $section = eval { $block->sim };
    my $values = defined $section && $section =~ /\S/
        ? eval { $JSON->decode($section) } : {};
    if (ref $values ne 'HASH') {
        die "IoattestSim: " . $block->name . ": sim section is no JSON "
            . "object: $@\n";
    }

    $running[-1]->reset;
    $running[-1]->set($values) if %$values;
    return;
}


# --- HTTP -----------------------------------------------------------------

sub request {
    my ($self, @what) = @_;
    return $JSON->decode($self->fetch(@what));
}


# The body of a reply, as it came.
sub fetch {
    my ($self, $method, $path, $value) = @_;

    my $body = defined $value ? $JSON->encode($value) : '';
    my $socket = IO::Socket::INET->new(
        PeerAddr => '127.0.0.1', PeerPort => $self->{port},
        Proto => 'tcp', Timeout => 10)
        or die "IoattestSim: $method $path: cannot connect: $@\n";

    print {$socket} "$method $path HTTP/1.1\r\nHost: sim\r\n"
        . "Connection: close\r\nContent-Length: " . length($body)
        . "\r\n\r\n$body";
    my $reply = do { local $/; readline $socket };
    close $socket;

    my ($status, $content) = ($reply // '')
        =~ m{\AHTTP/1\.1 (\d+).*?\r\n\r\n(.*)\z}s
        or die "IoattestSim: $method $path: no answer\n";
    die "IoattestSim: $method $path: $status $content\n" if $status != 200;

    return $content;
}


# --- end ------------------------------------------------------------------

sub stop {
    my $self = _self(\@_);

    return if $self->{owner} != $$ || !$self->{pid};
    @running = grep { $_ != $self } @running;
    my $pid = delete $self->{pid};

    local ($?, $!);
    kill 'TERM', $pid;
    for (1 .. 100) {
        my $got = waitpid $pid, POSIX::WNOHANG();
        return if $got == $pid || $got == -1;
        Time::HiRes::sleep(0.02);
    }
    kill 'KILL', $pid;
    waitpid $pid, 0;
    return;
}


END {
    my $status = $?;
    $_->stop for @running;
    $? = $status;
}


1;
