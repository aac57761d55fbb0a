package IoattestPage;

# The status page, read by page.py, and whether it agrees with the JSON.
#
#   my $page = IoattestPage::read_from($nginx);
#   IoattestPage::agrees($page, $nginx->status);

use strict;
use warnings;

use Cwd ();
use File::Basename ();
use IPC::Open2 ();
use JSON::PP ();
use List::Util qw( sum0 );
use Test::More;

my $SCRIPT = File::Basename::dirname(Cwd::abs_path(__FILE__)) . '/page.py';


# The answer as it came; Accept is that of a browser.
sub ask {
    my ($nginx, $uri) = @_;
    my ($answer) = $nginx->ask('GET ' . ($uri // '/status')
        . " HTTP/1.0\r\nHost: localhost\r\nAccept: text/html,"
        . "application/xhtml+xml,*/*;q=0.8\r\n\r\n");
    return $answer;
}


sub read_from {
    return parse(ask(@_)->{body});
}


sub parse {
    my ($html) = @_;
    my $pid = IPC::Open2::open2(my $out, my $in,
        $ENV{IOATTEST_PYTHON} // '/usr/bin/python3', $SCRIPT);

    print {$in} $html;
    close $in;
    my $text = do { local $/; readline $out };
    waitpid $pid, 0;
    die "page.py failed\n" if $?;

    return JSON::PP->new->utf8->decode($text);
}


sub sum { return sum0(values %{ $_[0] }) }


# What is counted in each zone.
sub zones_agree {
    my ($page, @zones) = @_;
    my $data = $page->{data};
    my %zone = (
        evictions => sub { $_[0]{evictions} },
        resets => sub { $_[0]{resets} },
        'replay-used' => sub { $_[0]{replay}{used} },
        'replay-size' => sub { $_[0]{replay}{size} },
        'replay-evictions' => sub { $_[0]{replay}{evictions} },
        'key-refused' => sub { $_[0]{key_refused} },
    );
    for my $name (qw( match mismatch unknown )) {
        $zone{$name} = sub { $_[0]{requests}{$name} };
    }
    for my $name (qw( gate signer background )) {
        $zone{$name} = sub { $_[0]{attestations}{trigger}{$name} };
    }
    for my $name (qw( verify attest wait )) {
        $zone{$name} = sub { $_[0]{times}{$name}{count} };
    }

    is_deeply({ map { $_ => $data->{$_} } keys %zone },
              { map { my $of = $zone{$_};
                      $_ => [map { $of->($_) } @zones] } keys %zone },
              'page: counted in each zone');

    # of late: as many as there are, in the same order

    my @recent = map { @{ $_->{recent} } } @zones;
    is_deeply([map { [$_->[0]{text}, $_->[1]{text}, $_->[4]{data}{count},
                      $_->[5]{texts}{at}] } @{ $page->{tables}{recent} }],
              [map { [@$_{qw( reason model count at )}] } @recent],
              'page: refused of late');
    return;
}


# All numbers of the page are those of the JSON.
sub agrees {
    my ($page, $json) = @_;
    my $data = $page->{data};
    my @zones = @{ $json->{zones} };
    my %one = (
        machines => sum0(map { scalar @{ $_->{machines} } } @zones),
        'responses-verified' => $json->{responses}{verified},
        'responses-rejected' => sum($json->{responses}{rejected}),
        'responses-unsigned' => $json->{responses}{unsigned},
        'attestations-verified' => $json->{attestations}{verified},
        'attestations-rejected' => sum($json->{attestations}{rejected}),
        'requests-waited' => $json->{requests_waited},
        'dry-run' => $json->{dry_run_would_reject},
    );

    is_deeply({ map { $_ => $data->{$_} } keys %one },
              { map { $_ => [$one{$_}] } keys %one }, 'page: the sums');
    is_deeply($data->{'zone-used'}, [map { $_->{used} } @zones],
              'page: memory used');
    is_deeply($data->{'zone-size'}, [map { $_->{size} } @zones],
              'page: memory');

    my @models = grep { defined $_->{server} } map { @{ $_->{models} } } @zones;
    is_deeply($data->{known} // [], [map { $_->{known} } @models],
              'page: machines known');
    is_deeply([map { $_->[1]{texts}{unwanted} ? 0 : 1 }
               @{ $page->{tables}{models} }],
              [map { $_->{wanted} ? 1 : 0 } @models], 'page: models wanted');
    is_deeply($data->{'in-flight'} // [], [map { $_->{in_flight} } @models],
              'page: attestations of a model in flight');
    is_deeply($data->{draws} // [], [map { $_->{draws} } @models],
              'page: draws');
    is_deeply($data->{unseen} // [], [map { $_->{unseen_below} } @models],
              'page: machines not met, at most');
    is_deeply($data->{'refused-share'} // [],
              [map { $_->{refused_share} } @models], 'page: refused share');
    is_deeply([map { $_->[3]{texts}{census} } @{ $page->{tables}{models} }],
              [map { $_->{census} } @models], 'page: the census');

    my @machines = map { @{ $_->{machines} } } @zones;
    is_deeply($data->{'zone-machines'},
              [map { scalar @{ $_->{machines} } } @zones],
              'page: machines of a zone');
    is_deeply($page->{titles}{ueid} // [],
              [map { @{ $_->{ueids} // [] } } @machines], 'page: GPUs');
    is_deeply($data->{verified} // [], [map { $_->{verified} } @machines],
              'page: answers of machines');
    is_deeply([map { $_->[0]{texts}{address} }
               @{ $page->{tables}{machines} }],
              [map { $_->{signing_address} } @machines],
              'page: their addresses');
    is_deeply([map { $_->[4]{texts}{expires} }
               @{ $page->{tables}{machines} }],
              [map { $_->{expires_at} } @machines], 'page: their ends');

    zones_agree($page, @zones);

    my @audits = ref $json->{audit} eq 'ARRAY' ? @{ $json->{audit} }
                 : $json->{audit} // ();
    is_deeply([map { [$_->[0]{text}, $_->[1]{data}{sequence},
                      $_->[2]{texts}{head}, $_->[3]{data}{lost}] }
               @{ $page->{tables}{audit} }],
              [map { [@$_{qw( file sequence head lost )}] } @audits],
              'page: the audit log');

    my %reason = map { $_->[0]{text} => $_ } @{ $page->{tables}{reasons} };
    for (['rejected', $json->{responses}{rejected}],
         ['failed', $json->{attestations}{rejected}],
         ['dry', $json->{dry_run_rejected}])
    {
        my ($name, $counts) = @$_;
        my $at = { rejected => 1, failed => 2, dry => 3 }->{$name};
        my %shown = map { $_ => $reason{$_}[$at]{data}{$name} } keys %reason;
        is_deeply({ map { $_ => $shown{$_} } grep { $shown{$_} } keys %shown },
                  $counts, "page: reasons, $name");
    }

    return;
}


1;
