package IoattestClock;

# Clocks that a test moves under nginx (clock.c, LD_PRELOAD).
#
#   my $clock = IoattestClock->new;
#   my $nginx = $clock->under(sub { IoattestNginx->start(...) });
#   $clock->shift(3600);            # the wall clock is set an hour forward
#   $clock->pass(3600);             # an hour passes; both for nginx alone

use strict;
use warnings;

use Cwd ();
use File::Basename ();
use File::Temp ();

my $SOURCE = File::Basename::dirname(Cwd::abs_path(__FILE__)) . '/clock.c';


sub new {
    my ($class) = @_;
    my $dir = File::Temp->newdir('ioattest-clock-XXXXXX', TMPDIR => 1);
    my $self = bless { dir => $dir, file => "$dir/shift",
                       library => "$dir/clock.so" }, $class;

    chmod 0755, "$dir";
    system($ENV{CC} // 'cc', '-O2', '-Wall', '-Wextra', '-shared', '-fPIC',
           '-o', $self->{library}, $SOURCE) == 0
        or die "IoattestClock: $SOURCE does not build\n";

    open my $out, '>:raw', $self->{file} or die "IoattestClock: $!\n";
    print {$out} pack 'q2', 0, 0;
    close $out or die "IoattestClock: $!\n";

    return $self;
}


sub under {
    my ($self, $start) = @_;
    local $ENV{LD_PRELOAD} = $self->{library};
    local $ENV{IOATTEST_CLOCK} = $self->{file};
    return $start->();
}


# Seconds in all, each.
sub shift {
    my ($self, $seconds) = @_;
    return $self->set(0, $seconds);
}


sub pass {
    my ($self, $seconds) = @_;
    return $self->set(1, $seconds);
}


# In place: who reads the file has it mapped.
sub set {
    my ($self, $which, $seconds) = @_;

    open my $out, '+<:raw', $self->{file} or die "IoattestClock: $!\n";
    seek $out, 8 * $which, 0;
    print {$out} pack 'q', $seconds;
    close $out or die "IoattestClock: $!\n";

    return;
}


1;
