package IoattestCli;

# Runs the command line tool: cli(@arguments), or cli(\$stdin, @arguments),
# gives its exit status, standard output and standard error.
#
#   IOATTEST_TOOL   another tool, or one under a checker: words, space between

use strict;
use warnings;

use Cwd qw( abs_path );
use Exporter qw( import );
use File::Basename qw( dirname );
use File::Temp qw( tempdir );
use IO::Socket::INET ();

our @EXPORT_OK = qw( attested cli get put slurp sample saved );

my $top = abs_path(dirname(__FILE__) . '/../..');
my $dir = tempdir(CLEANUP => 1);
my @tool = split ' ', $ENV{IOATTEST_TOOL} // "$top/build/ioattest";
my $made = 0;

sub slurp {
    my ($path) = @_;

    open my $in, '<:raw', $path or die "$path: $!";
    local $/;
    return scalar(<$in>) // '';
}

sub put {
    my ($path, $bytes) = @_;

    open my $out, '>:raw', $path or die "$path: $!";
    print $out $bytes;
    close $out or die "$path: $!";
    return;
}

# What a server here says, with 200: its head, and the body.
sub get {
    my ($port, $path) = @_;

    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
        PeerPort => $port) or die "connect: $@";
    print {$socket} "GET $path HTTP/1.1\r\nHost: sim\r\n"
        . "Connection: close\r\n\r\n";
    local $/;
    my ($head, $body) = split /\r\n\r\n/, readline($socket), 2;
    die "$path: $head" if $head !~ m{\AHTTP/1\.1 200};
    return ($head, $body);
}

# The path of a file that holds these bytes. There are but few at a time.
sub saved {
    my ($bytes) = @_;

    my $path = sprintf '%s/%d', $dir, $made++ % 16;
    put($path, $bytes);
    return $path;
}

# Into a file: what a machine of these settings replies to that nonce.
sub attested {
    my ($sim, $path, $nonce, %set) = @_;

    $sim->reset;
    $sim->set(gpus => 1, report_data => 'address-nonce', %set);
    put($path, $sim->fetch('POST', '/v1/private/attestation',
        { model_id => 'any', nonce => $nonce }));
    return;
}

# The path of a sample of ours.
sub sample {
    my ($name) = @_;

    return "$top/t/data/cli/$name";
}

sub cli {
    my (@arguments) = @_;

    my $stdin = ref $arguments[0] ? saved(${ shift @arguments }) : '/dev/null';

    my $pid = fork // die "fork: $!";
    if (!$pid) {
        open STDIN, '<', $stdin or die $!;
        open STDOUT, '>', "$dir/out" or die $!;
        open STDERR, '>', "$dir/err" or die $!;
        exec { $tool[0] } @tool, @arguments or exit 127;
    }
    waitpid $pid, 0;

    my $status = $? & 127 ? "signal " . ($? & 127) : $? >> 8;
    return ($status, slurp("$dir/out"), slurp("$dir/err"));
}

1;
