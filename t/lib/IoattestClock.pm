package IoattestClock;

# A wall clock that a test moves under nginx (clock.c, LD_PRELOAD).
#
#   my $clock = IoattestClock->new;
#   my $nginx = $clock->under(sub { IoattestNginx->start(...) });
#   $clock->shift(3600);            # an hour later, for nginx alone

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
    print {$out} pack 'q', 0;
    close $out or die "IoattestClock: $!\n";

    return $self;
}


sub under {
    my ($self, $start) = @_;
    local $ENV{LD_PRELOAD} = $self->{library};
    local $ENV{IOATTEST_CLOCK} = $self->{file};
    return $start->();
}


# In place: who reads the file has it mapped.
sub shift {
    my ($self, $seconds) = @_;

    open my $out, '+<:raw', $self->{file} or die "IoattestClock: $!\n";
    print {$out} pack 'q', $seconds;
    close $out or die "IoattestClock: $!\n";

    return;
}


1;
