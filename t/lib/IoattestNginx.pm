package IoattestNginx;

# nginx for tests that need more than blocks can say: many clients at once,
# reloads, killed workers.  Honours the variables that Test::Nginx knows:
# TEST_NGINX_BINARY, TEST_NGINX_LOAD_MODULES, TEST_NGINX_PORT and
# TEST_NGINX_SERVROOT, which is emptied before and removed after, unless
# TEST_NGINX_NO_CLEAN is set; and TEST_NGINX_USE_VALGRIND, with which nginx has
# more time.  A report of valgrind's or of a sanitizer's fails the file.
#
#   my $nginx = IoattestNginx->start(workers => 2, http => $text,
#                                    server => $text, main => $text,
#                                    level => $of_the_log);
#   my @answers = $nginx->ask(@requests);     # all at once
#
# A request is what IoattestNginx::completion() returns; an answer is a hash of
# code, head, body and reason (of a refusal).  $TEST_NGINX_... in the texts is
# replaced by the environment's.

use strict;
use warnings;

use Cwd ();
use File::Basename qw( dirname );
use File::Path qw( make_path remove_tree );
use File::Temp ();
use IO::Select;
use IO::Socket::INET;
use JSON::PP ();
use Time::HiRes qw( sleep time );

my $top = dirname(dirname(dirname(Cwd::abs_path(__FILE__))));
my $patience = $ENV{TEST_NGINX_USE_VALGRIND} ? 10 : 1;
my @running;

# What checkers said of an nginx whose directory is another's by now.
my @reports;


sub start {
    my ($class, %arg) = @_;

    my $root = $ENV{TEST_NGINX_SERVROOT} || Cwd::getcwd() . '/t/servroot';
    my $self = bless {
        root => $root,
        port => $ENV{TEST_NGINX_PORT} || 1984,
        binary => $ENV{TEST_NGINX_BINARY} || 'nginx',
        workers => $arg{workers} || 2,
        owner => $$,
    }, $class;

    push @reports, map { $_->reports } grep { $_->{root} eq $root } @running;
    remove_tree($root);
    make_path("$root/logs", "$root/html");

    $self->configure(%arg);
    push @running, $self;

    system($self->command) == 0 or die "nginx does not start\n";

    # a signal that comes before there are workers is kept for the next one

    $self->wait_for(sub { -s "$root/logs/nginx.pid" && $self->connect
                          && $self->workers >= $self->{workers} });

    return $self;
}


sub configure {
    my ($self, %arg) = @_;

    my $modules = join '', map { "load_module $_;\n" }
                  split ' ', $ENV{TEST_NGINX_LOAD_MODULES} // '';
    my $user = $> == 0 ? "user root;\n" : '';
    my $temp = join '', map { "    ${_}_temp_path $self->{root}/$_;\n" }
               qw( client_body proxy fastcgi uwsgi scgi );
    my $main = $arg{main} // '';
    my $level = $arg{level} // 'info';
    my $text = <<"EOF";
$modules$main${user}worker_processes $self->{workers};
pid $self->{root}/logs/nginx.pid;
error_log $self->{root}/logs/error.log $level;
events { worker_connections 2048; }
http {
    access_log $self->{root}/logs/access.log;
$temp$arg{http}
    server {
        listen 127.0.0.1:$self->{port} backlog=1024;
        root $self->{root}/html;
$arg{server}
    }
}
EOF
    $text =~ s/\$(TEST_NGINX_\w+)/$ENV{$1} \/\/ die "$1 is not set\n"/ge;

    open my $out, '>', "$self->{root}/nginx.conf" or die "nginx.conf: $!\n";
    print $out $text;
    close $out;
    return;
}


sub command {
    my ($self, @more) = @_;
    return ($self->valgrind, $self->{binary}, '-p', "$self->{root}/", '-e',
            "$self->{root}/logs/error.log", '-c', "$self->{root}/nginx.conf",
            @more);
}


# The words before nginx's, as those of t/runner.  A process of nginx's has a
# file of its own there, which is empty where nothing is wrong.

sub valgrind {
    my ($self) = @_;
    my $options = $ENV{TEST_NGINX_USE_VALGRIND} or return;
    my @options = $options =~ /^\d+$/
        ? qw( --num-callers=100 --leak-check=full --keep-debuginfo=yes
              --show-possibly-lost=no )
        : split ' ', $options;

    $self->{found} //= File::Temp->newdir('ioattest-valgrind-XXXXXX',
                                          TMPDIR => 1);
    return ('valgrind', '-q', @options,
            "--suppressions=$top/t/valgrind.suppress",
            "--log-file=$self->{found}/%p");
}


# What checkers have said of this nginx.

sub reports {
    my ($self) = @_;
    my @lines = grep { /(?:Address|Leak|Thread|Memory|Undefined\w*)Sanitizer
                       |:\d+:\d+:[ ]runtime[ ]error:/x } split /^/, $self->log;

    for my $file ($self->{found} ? glob "$self->{found}/*" : ()) {
        open my $in, '<', $file or next;
        push @lines, <$in>;
    }

    return @lines;
}


sub pid {
    my ($self) = @_;
    open my $in, '<', "$self->{root}/logs/nginx.pid" or return;
    my $pid = <$in> // return;
    chomp $pid;
    return $pid;
}


# The master's children that are no zombies.

sub workers {
    my ($self) = @_;
    my $master = $self->pid // return;
    my @found;

    for my $stat (glob '/proc/[0-9]*/stat') {
        open my $in, '<', $stat or next;
        my $line = <$in> // next;
        my ($pid, $state, $parent) =
            $line =~ /^(\d+) \(.*\) (\S) (\d+) / or next;
        push @found, $pid if $parent == $master && $state ne 'Z';
    }

    return @found;
}


# The workers of before may be at their last requests, and take no other.
sub reload {
    my ($self) = @_;
    my %old = map { $_ => 1 } $self->workers;
    kill HUP => $self->pid;
    $self->wait_for(sub {
        scalar(grep { !$old{$_} } $self->workers) >= $self->{workers};
    });

    # but for one that a test has stopped
    my $end = time + 1;
    while (time < $end && grep { _takes_requests($_) } keys %old) {
        sleep 0.02;
    }
    return;
}


sub _takes_requests {
    my ($pid) = @_;
    open my $in, '<', "/proc/$pid/cmdline" or return 0;
    my $title = <$in> // '';
    return $title ne '' && $title !~ /shutting down/;
}


sub kill_worker {
    my ($self) = @_;
    my ($victim) = $self->workers;
    kill KILL => $victim;
    return $victim;
}


sub log {
    my ($self) = @_;
    open my $in, '<', "$self->{root}/logs/error.log" or return '';
    local $/;
    return <$in> // '';
}


sub wait_for {
    my ($self, $test) = @_;
    my $end = time + 10 * $patience;
    while (time < $end) {
        return 1 if $test->();
        sleep 0.02;
    }
    die "nginx: waited for nothing\n";
}


sub connect {
    my ($self) = @_;
    return IO::Socket::INET->new(PeerAddr => '127.0.0.1',
                                 PeerPort => $self->{port},
                                 Timeout => 5 * $patience);
}


sub completion {
    my (%arg) = @_;
    my $path = $arg{path} // '/v1/private/completions';
    my $model = $arg{model} // 'meta-llama/Llama-3.3-70B-Instruct';
    my $text = $arg{text} // 'hello';
    my $body = "{\"model\":\"$model\",\"messages\":[{\"role\":\"user\","
               . "\"content\":\"$text\"}]}";
    my $sim = $arg{sim} ? "X-Sim: $arg{sim}\r\n" : '';

    return "POST $path HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
           . "Content-Type: application/json\r\n$sim"
           . 'Content-Length: ' . length($body) . "\r\n\r\n$body";
}


sub ask {
    my ($self, @requests) = @_;
    my (@answers, %of);
    my $select = IO::Select->new;

    for my $i (0 .. $#requests) {
        my $socket = $self->connect;
        if (!$socket) {
            $answers[$i] = '';
            next;
        }
        print {$socket} $requests[$i];
        $socket->flush;
        $of{fileno $socket} = $i;
        $answers[$i] = '';
        $select->add($socket);
    }

    my $end = time + 25 * $patience;

    while ($select->count && time < $end) {
        for my $socket ($select->can_read(1)) {
            my $i = $of{fileno $socket};
            my $n = sysread $socket, $answers[$i], 65_536,
                            length $answers[$i];
            if (!$n) {
                $select->remove($socket);
                close $socket;
            }
        }
    }

    my $stuck = $select->count;
    return map { answer($_, $stuck) } @answers;
}


sub answer {
    my ($raw, $stuck) = @_;
    my ($head, $body) = split /\r\n\r\n/, $raw, 2;
    my ($code) = ($head // '') =~ m{^HTTP/1\.1 (\d+)};
    my ($reason) = ($body // '') =~ /"code":"(\w+)"/;

    return { code => $code // 0, head => $head // '', body => $body // '',
             reason => $reason // '', stuck => $stuck };
}


sub status {
    my ($self) = @_;
    my ($answer) = $self->ask("GET /status HTTP/1.1\r\nHost: localhost\r\n"
                              . "Connection: close\r\n\r\n");
    my $body = $answer->{body};

    # a page of several buffers may come in chunks
    $body =~ s/^[0-9a-f]+\r\n|\r\n[0-9a-f]+\r\n//g
        if $answer->{head} =~ /chunked/i;

    return JSON::PP::decode_json($body);
}


sub stop {
    my ($self) = @_;
    my $pid = $self->pid // return;
    kill QUIT => $pid;
    for (1 .. 150 * $patience) {
        return 1 if ended($pid);
        sleep 0.02;
    }
    kill KILL => $pid, $self->workers;
    return 0;
}


# A zombie has, though whoever is to wait for it has not yet.

sub ended {
    my ($pid) = @_;
    open my $in, '<', "/proc/$pid/stat" or return 1;
    return (<$in> // '') =~ /^\d+ \(.*\) Z / ? 1 : 0;
}


END {
    my $exit = $?;
    for my $nginx (grep { $_->{owner} == $$ } @running) {
        $nginx->stop;
        push @reports, $nginx->reports;

        # the next test file may have the same directory
        remove_tree($nginx->{root}) if !$ENV{TEST_NGINX_NO_CLEAN};
    }

    print STDERR "# a checker has found a fault:\n", map { "# $_" } @reports
        if @reports;
    $? = $exit || (@reports ? 1 : 0);
}


1;
