package IoattestLoad;

# Requests at a steady pace, sent by load.py in a process of its own.
#
#   my $load = IoattestLoad->start(rate => 12, seconds => 8);
#   ...                              # reloads, changes of the simulation
#   my @rows = $load->rows;          # waits for the last answer
#   my @rows = IoattestLoad::run(rate => 0, count => 100);
#
# What may be given, and what a row has, is said in load.py.  The port is that
# of the nginx under test.  To ask about rows:
#
#   codes(@rows)      { "200" => 90, "502 untrusted_address" => 6 }
#   refused(@rows)    those that are not 200
#   waited(@rows)     those whose X-Wait is above nothing
#   longest(@rows)    the longest X-Wait, in seconds
#   lost(@rows)       without an answer, or with another one's

use strict;
use warnings;

use Cwd ();
use File::Basename ();
use JSON::PP ();
use List::Util ();

my $SCRIPT = File::Basename::dirname(Cwd::abs_path(__FILE__)) . '/load.py';
my $JSON = JSON::PP->new->utf8->canonical;
my $made = 0;
my %running;


sub start {
    my ($class, %arg) = @_;

    $made++;
    my %given = (port => $ENV{TEST_NGINX_PORT} || 1984,
                 prompt => "p$$-$made", %arg);
    for my $name (qw( keys models sim )) {
        $given{$name} = [$given{$name}]
            if exists $given{$name} && !ref $given{$name};
    }
    for my $name (grep { /^(port|rate|seconds|count|leave_ms|timeout)$/ }
                  keys %given) {
        $given{$name} += 0;
    }

    my $pid = open my $out, '-|', $ENV{IOATTEST_PYTHON} // '/usr/bin/python3',
                   $SCRIPT, $JSON->encode(\%given)
        or die "IoattestLoad: $SCRIPT: $!\n";
    $running{$pid} = $$;

    return bless { out => $out, pid => $pid, given => \%given }, $class;
}


sub rows {
    my ($self) = @_;
    my $text = do { local $/; readline $self->{out} };

    close $self->{out};
    delete $running{ $self->{pid} };
    die "IoattestLoad: load.py failed\n" if ($text // '') !~ /\A\[/;

    return @{ $JSON->decode($text) };
}


sub run {
    return __PACKAGE__->start(@_)->rows;
}


sub code {
    my ($row) = @_;
    return join ' ', $row->{status}, grep { length } $row->{reason};
}


sub codes {
    my %count;
    $count{ code($_) }++ for @_;
    return \%count;
}


sub refused { return grep { $_->{status} != 200 } @_ }

sub waited { return grep { ($_->{wait} // 0) > 0 } @_ }

sub longest { return List::Util::max(0, map { $_->{wait} // 0 } @_) }

sub lost {
    return grep { !$_->{status} || $_->{status} == 200 && !$_->{echoed} } @_;
}


END {
    my $exit = $?;
    kill TERM => grep { $running{$_} == $$ } keys %running;
    $? = $exit;
}


1;
