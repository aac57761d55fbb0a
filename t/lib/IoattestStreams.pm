package IoattestStreams;

# Mutated event streams through the gateway: see t/lib/streams/mutated.py.
#
#   use IoattestStreams;
#   IoattestStreams::run('bytes', 5000);
#
# or, for clients of one's own, the streams and what each is to come to:
#
#   my $streams = IoattestStreams->serve('bytes', 300);
#   for (@{ $streams->list }) { ... }
#   $streams->stop;
#
# In the environment:
#
#   IOATTEST_STREAMS       how many streams instead
#   IOATTEST_STREAMS_SEED  which ones, 1 by default: a failure names it

use strict;
use warnings;

use Cwd ();
use File::Basename ();
use IPC::Open2 qw( open2 );
use JSON::PP ();
use Test::More;

use IoattestNginx;

my $SCRIPT = File::Basename::dirname(Cwd::abs_path(__FILE__))
             . '/streams/mutated.py';

my %modes = (
    'tail-drop' => '',
    'tail-pass' => 'ioattest_signature_event pass;',
    'hold-drop' => 'ioattest_stream hold;',
    'hold-pass' => 'ioattest_stream hold; ioattest_signature_event pass;',
);


# What belongs to a location but its mode: which digest is accepted, and one
# of two ways in which nginx takes what comes.

sub locations {
    my ($port, $digest, @addresses) = @_;
    my $text = '';

    for my $mode (sort keys %modes) {
        my $drop = $mode =~ /drop/ ? 'ioattest_signature_event drop;' : '';

        for my $case ([any => ''],
                      [one => "ioattest_image_digest $digest;"
                              . ' proxy_buffering off; proxy_buffer_size 1k;'])
        {
            my ($name, $more) = @$case;
            $text .= <<"EOF";
        location /$mode/$name/ {
            ioattest zone=io;
            ioattest_trust @addresses;
            $modes{$mode} $drop $more
            proxy_pass http://api/;
        }
EOF
        }
    }

    return $text;
}


sub start_nginx {
    my ($port, @more) = @_;

    return IoattestNginx->start(workers => 1, http => <<"EOF",
    ioattest_zone io:1m;
    ioattest_background off;
    ioattest_ssl_verify off;
    access_log off;
    keepalive_requests 1000000;
    upstream api {
        server 127.0.0.1:$port;
        keepalive 32;
        keepalive_requests 1000000;
    }
    proxy_http_version 1.1;
    proxy_set_header Connection "";
EOF
        server => locations($port, @more));
}


sub serve {
    my ($class, $theme, $count) = @_;

    my $self = bless { seed => $ENV{IOATTEST_STREAMS_SEED} // 1 }, $class;
    $count = $ENV{IOATTEST_STREAMS} if $ENV{IOATTEST_STREAMS};

    $self->{pid} = open2($self->{from}, $self->{to},
                         $ENV{IOATTEST_PYTHON} // '/usr/bin/python3', $SCRIPT,
                         $theme, $count, $self->{seed});

    my @ready = split ' ', readline($self->{from}) // '';
    is(shift @ready, 'ready', "$count streams of seed $self->{seed}");
    $self->{nginx} = start_nginx(@ready);

    return $self;
}


sub say_to {
    my ($self, $line) = @_;

    print { $self->{to} } "$line\n";
    $self->{to}->flush;
    return;
}


sub list {
    my ($self) = @_;

    $self->say_to('list');
    return JSON::PP->new->utf8->decode(scalar readline $self->{from});
}


sub stop {
    my ($self) = @_;

    close $self->{to};
    waitpid $self->{pid}, 0;
    is($?, 0, 'the upstream ends well');
    is_deeply([$self->{nginx}->log
               =~ /^(.*\[(?:alert|crit|emerg)\].*)$/mg], [],
              'nothing alarming in the log');
    return;
}


sub run {
    my $self = __PACKAGE__->serve(@_);
    my $ran = 0;

    $self->say_to($self->{nginx}{port});

    while (my $line = readline $self->{from}) {
        chomp $line;

        if ($line =~ /^(not )?ok (.*)/) {
            $ran++;
            ok(!$1, $2);

        } elsif ($line =~ /^# (seed|done|sent|got)/) {
            diag(substr $line, 2);

        } else {
            note(substr $line, 2);
        }
    }

    is($ran, 17, 'all was looked at');
    $self->stop;
    done_testing();
    return;
}


1;
