package Test::Nginx::Runner::Client;

# Sends a request and collects what comes back until the connection ends.

use strict;
use warnings;

use Errno qw( EAGAIN EINTR EWOULDBLOCK );
use File::Temp ();
use IO::Select ();
use IO::Socket::INET ();
use Test::More ();
use Time::HiRes qw( sleep time );

use Test::Nginx::Util qw( bail_out can_run note_verbose pause_until
                          version_number );


# Returns the bytes received. The time-out is that of silence, not of all.

sub exchange {
    my ($block, $packets, $timeout) = @_;

    return by_curl($block, $packets, $timeout) if wants_http2($block);

    my $name = $block->name;
    my $sock = dial($block);

    if (!$sock) {
        Test::More::fail("$name - cannot connect to nginx: $!");
        return '';
    }

    local $SIG{PIPE} = 'IGNORE';

    my $state = {
        block   => $block,
        packets => [@$packets],
        out     => '',
        in      => '',
        wait    => 0,
    };

    next_packet($state);
    talk($state, $sock, $timeout);
    close $sock;

    return $state->{in};
}


sub dial {
    my ($block) = @_;

    return pause_until(5, sub {
        IO::Socket::INET->new(
            PeerAddr => $block->server_addr_for_client
                        // $Test::Nginx::Util::ServerAddr,
            PeerPort => $Test::Nginx::Util::ServerPortForClient,
            Proto    => 'tcp',
            Timeout  => 2,
        );
    });
}


sub talk {
    my ($state, $sock, $timeout) = @_;

    $sock->blocking(0);

    my $readable = IO::Select->new($sock);
    my $writable = IO::Select->new($sock);

    while (1) {
        if (!length $state->{out} && !next_packet($state)) {
            $writable = undef;
        }

        my $pause = $writable ? $state->{wait} - time() : 0;
        my $sleep = $pause > 0 && $pause < $timeout ? $pause : $timeout;

        my ($can_read, $can_write) = IO::Select->select(
            $readable, $pause > 0 ? undef : $writable, undef, $sleep);

        if (!$can_read) {
            next if $pause > 0 && $sleep == $pause;

            if (!defined $state->{block}->abort) {
                Test::More::fail("ERROR: client socket timed out - "
                                 . $state->{block}->name);
            }
            return;
        }

        return if @$can_read && !receive($state, $sock);

        if (@$can_write && !transmit($state, $sock)) {
            $writable = undef;
            $state->{packets} = [];
            $state->{out} = '';
        }
    }
}


sub next_packet {
    my ($state) = @_;

    my $packet = shift @{ $state->{packets} } or return 0;
    my $delay = $packet->{delay_before}
                // $state->{block}->raw_request_middle_delay;

    # the first packet leaves at once
    $state->{wait} = $state->{started}++ && $delay ? time() + $delay : 0;
    $state->{out} = $packet->{value};
    return 1;
}


sub transmit {
    my ($state, $sock) = @_;

    my $n = syswrite $sock, $state->{out};

    if (!defined $n) {
        return 1 if $! == EAGAIN || $! == EWOULDBLOCK || $! == EINTR;

        # nginx may answer and close before it has read all: the answer counts
        note_verbose($state->{block}->name, " - write failed: $!");
        return 0;
    }

    substr $state->{out}, 0, $n, '';

    my $how = $state->{block}->shutdown;

    if (!length $state->{out} && !@{ $state->{packets} } && defined $how) {
        $how =~ s/\s+//g;
        shutdown $sock, length $how ? $how : 1;
    }

    return 1;
}


sub receive {
    my ($state, $sock) = @_;

    my $n = sysread $sock, $state->{in}, 65536, length $state->{in};

    return $n if defined $n;
    return 1 if $! == EAGAIN || $! == EWOULDBLOCK || $! == EINTR;

    warn "WARNING: ", $state->{block}->name, " - read failed: $!\n";
    return 0;
}


sub wants_http2 {
    my ($block) = @_;

    return 0 if defined $block->no_http2;

    if (defined $block->http2) {
        for my $section (qw( raw_request pipelined_requests )) {
            next if !$block->$section;
            bail_out($block->name, " - http2 goes not with $section");
        }
        return 1;
    }

    return 0 if !$Test::Nginx::Util::UseHttp2;

    my $request = $block->request;

    return 0 if $block->raw_request || $block->pipelined_requests;
    return 0 if !defined $request;
    return 0 if !ref $request && $request =~ m{HTTP/1\.0};
    return 1;
}


sub by_curl {
    my ($block, $packets, $timeout) = @_;

    my $name = $block->name;
    my $request = join '', map { $_->{value} } @$packets;

    if (!can_run('curl')) {
        bail_out("$name - curl is needed for HTTP/2, and there is none");
    }

    my $dir = File::Temp->newdir;
    my @command = curl_command($block, $request, $timeout, $dir);

    note_verbose("@command");

    my $pid = fork() // bail_out("$name - fork failed: $!");

    if ($pid == 0) {
        open STDIN, '<', '/dev/null';
        open STDOUT, '>', "$dir/out";
        open STDERR, '>', "$dir/err";
        exec @command or POSIX::_exit(127);
    }

    waitpid $pid, 0;

    my ($out, $err) = (slurp("$dir/out"), slurp("$dir/err"));
    my $expected = $block->curl_error;

    if (defined $expected && !length $out
        && (ref $expected ? $err =~ $expected : $err =~ /\Q$expected\E/))
    {
        return '';
    }

    if (!length $out) {
        Test::More::fail("$name - curl had no answer: $err");

    } elsif (length $err) {
        warn "WARNING: $name - curl said: $err";
    }

    return $out;
}


sub curl_command {
    my ($block, $request, $timeout, $dir) = @_;

    my ($head, $body) = split /\r\n\r\n/, $request, 2;
    my ($line, @headers) = split /\r\n/, $head;
    my ($method, $url) = split / /, $line;

    my @command = (qw( curl -i -sS --http2-prior-knowledge ),
                   '-H', 'User-Agent:', '-H', 'Accept:', '-H', 'Host:',
                   '--connect-timeout', $timeout, '--max-time', $timeout);

    if ($method eq 'HEAD') {
        push @command, '-I';

    } elsif ($method ne 'GET') {
        push @command, '-X', $method;
    }

    push @command, map { ('-H', $_) } grep { !/^Connection\s*:/i } @headers;

    if (length($body // '')) {
        if (!grep { /^Content-Type\s*:/i } @headers) {
            push @command, '-H', 'Content-Type:';
        }

        open my $out, '>:raw', "$dir/body" or die "cannot write a body: $!\n";
        print $out $body;
        close $out;

        push @command, '--data-binary', "\@$dir/body";
    }

    if (defined $block->curl_options) {
        push @command, split ' ', $block->curl_options;
    }

    my $server = $block->server_addr_for_client
                 // $Test::Nginx::Util::ServerAddr;
    my $port = $Test::Nginx::Util::ServerPortForClient;

    return @command, "http://$server:$port$url";
}


sub slurp {
    my ($name) = @_;

    open my $in, '<:raw', $name or return '';

    local $/;
    return scalar(<$in>) // '';
}

1;
