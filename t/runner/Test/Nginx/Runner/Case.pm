package Test::Nginx::Runner::Case;

# One run of a block: what is asked of its responses and how it is judged.
#
# Every judgement is one test of the plan, as with Test::Nginx: one for the
# status, one for each header, one for the body, one for each pattern.

use strict;
use warnings;

use Test::More ();

use Test::Nginx::Util qw( bail_out expand_env_in_text parse_headers trim );


# repeat: the how-manieth run of the block, from 0. dry: why nothing can be
# judged, if so.

sub new {
    my ($class, %self) = @_;

    return bless { dry => 0, repeat => 0, index => 0, many => 0, %self },
        $class;
}


sub block {
    my ($self) = @_;

    return $self->{block};
}


sub name {
    my ($self) = @_;

    return $self->{block}->name;
}


sub judge {
    my ($self, $how, @args) = @_;

    my $label = $self->name . ' - ' . pop @args;

    SKIP: {
        Test::More::skip("$label - not judged: $self->{dry}", 1)
            if $self->{dry};

        local $Test::Builder::Level = $Test::Builder::Level + 1;

        return same_text(@args, $label) if $how eq 'same';
        return like_text($how, @args, $label) if $how =~ /like/;

        no strict 'refs';
        return &{"Test::More::$how"}(@args, $label);
    }
}


# Bodies may be long: of two that differ only the part where they do is told.

sub same_text {
    my ($got, $expected, $label) = @_;

    if ($Test::Nginx::Util::NoLongString
        || !defined $got || !defined $expected
        || length($got) + length($expected) < 400)
    {
        return Test::More::is($got, $expected, $label);
    }

    return 1 if Test::More::ok($got eq $expected, $label);

    my $at = 0;
    $at++ while substr($got, $at, 1) eq substr($expected, $at, 1);

    my $from = $at > 20 ? $at - 20 : 0;

    Test::More::diag(sprintf
        "     got: %d bytes, from %d: %s\n"
        . "expected: %d bytes, from %d: %s\n"
        . "they differ at %d",
        length $got, $from, printable(substr $got, $from, 60),
        length $expected, $from, printable(substr $expected, $from, 60),
        $at);

    return 0;
}


sub like_text {
    my ($how, $got, $pattern, $label) = @_;

    if ($Test::Nginx::Util::NoLongString || length($got // '') < 400) {
        no strict 'refs';
        return &{"Test::More::$how"}($got, $pattern, $label);
    }

    my $matches = $got =~ $pattern;
    my $ok = $how eq 'like' ? $matches : !$matches;

    return 1 if Test::More::ok($ok, $label);

    Test::More::diag(sprintf "%d bytes: %s ...\n%s %s",
        length $got, printable(substr $got, 0, 300),
        $matches ? 'match' : 'do not match', $pattern);

    return 0;
}


sub printable {
    my ($text) = @_;

    my %name = ("\n" => '\n', "\r" => '\r', "\t" => '\t', '"' => '\"');

    $text =~ s/([\n\r\t"])/$name{$1}/g;
    $text =~ s/([^\x20-\x7e])/sprintf '\x{%02x}', ord $1/ge;
    return "\"$text\"";
}


# Of a block with several requests a section is an array, one value for each.

sub expected {
    my ($self, $section) = @_;

    my $value = $self->block->$section;

    return $value->[ $self->{index} ] if ref $value eq 'ARRAY';

    if ($self->{many}) {
        bail_out($self->name, " - there are several requests, so $section "
                 . "must be an array");
    }

    return $value;
}


sub check_response {
    my ($self, $response) = @_;

    $self->check_status($response);
    $self->check_raw_headers($response);
    $self->check_headers($response);
    $self->filter_body($response) if $response;
    $self->check_body($response);

    for my $check (@Test::Nginx::Util::ResponseBodyChecks) {
        $check->($self->block, $response ? $response->content : undef,
                 $self->{index}, $self->{repeat}, $self->{dry});
    }
}


sub check_status {
    my ($self, $response) = @_;

    my $code = ($response && $response->code) || '';

    if (defined $self->block->error_code_like) {
        my $pattern = $self->expected('error_code_like');
        $self->judge(like => $code, qr/$pattern/sm, 'status');
        return;
    }

    my $expected = defined $self->block->error_code
        ? $self->expected('error_code') : 200;

    $self->judge(is => $code, $expected, 'status');
}


sub check_raw_headers {
    my ($self, $response) = @_;

    my $raw = $response ? $response->raw_headers : '';

    for my $how (qw( like unlike )) {
        my $section = "raw_response_headers_$how";
        next if !defined $self->block->$section;

        my $pattern = $self->expected($section);
        $self->judge($how, $raw, qr/$pattern/s, "raw headers $how");
    }
}


sub check_headers {
    my ($self, $response) = @_;

    my $exact = defined $self->block->response_headers;
    return if !$exact && !defined $self->block->response_headers_like;

    my $headers = parse_headers($self->expected(
        $exact ? 'response_headers' : 'response_headers_like') // '');

    for my $key (sort keys %$headers) {
        my $expected = $headers->{$key};

        if (!defined $expected) {
            if ($exact) {
                $self->judge(unlike => $response ? $response->raw_headers : '',
                             qr/^\s*\Q$key\E\s*:/mi, "no header $key");
                next;
            }
            $expected = '';
        }

        my $got = ($response && $response->header($key)) // '';

        if ($exact) {
            $self->judge(is => $got, our_ports($expected), "header $key");

        } else {
            $self->judge(like => $got, qr/^$expected$/, "header $key like");
        }
    }
}


sub our_ports {
    my ($text) = @_;

    $text =~ s/\$ServerPortForClient\b/$Test::Nginx::Util::ServerPortForClient/g;
    $text =~ s/\$ServerPort\b/$Test::Nginx::Util::ServerPort/g;
    return $text;
}


my %body_filter = (
    md5_hex  => sub { require Digest::MD5; Digest::MD5::md5_hex($_[0]) },
    sha1_hex => sub { require Digest::SHA; Digest::SHA::sha1_hex($_[0]) },
    length   => sub { length $_[0] },
    uc       => sub { uc $_[0] },
    lc       => sub { lc $_[0] },
    ucfirst  => sub { ucfirst $_[0] },
    lcfirst  => sub { lcfirst $_[0] },
);


sub filter_body {
    my ($self, $response) = @_;

    my $filters = $self->block->response_body_filters;
    return if !defined $filters;

    $filters = [split ' ', $filters] if !ref $filters;
    $filters = [$filters] if ref $filters ne 'ARRAY';
    $filters = $filters->[ $self->{index} ] if ref $filters->[0] eq 'ARRAY';

    for my $filter (@$filters) {
        my $code = ref $filter ? $filter : $body_filter{$filter}
            // bail_out($self->name, " - no body filter \"$filter\"");

        $response->content($code->($response->content));
    }
}


sub check_body {
    my ($self, $response) = @_;

    my $block = $self->block;
    my $body = $response ? $response->content : undef;

    if (defined $block->write_resp_body_file && $response) {
        open my $out, '>:raw', $block->write_resp_body_file
            or bail_out($self->name, " - cannot write the body: $!");
        print $out $body;
        close $out;
    }

    if (defined $block->response_body) {
        $self->check_exact_body($body);
        return;
    }

    # like goes before unlike: one of them is judged
    my ($how) = grep {
        my $section = "response_body_$_";
        defined $block->$section;
    } qw( like unlike );
    return if !$how;

    my $pattern = our_ports($self->expected("response_body_$how"));
    my $summary = substr trim($body), 0, 80;

    $self->judge($how, $body, qr/$pattern/s, "body $how ($summary)");
}


sub check_exact_body {
    my ($self, $body) = @_;

    my $expected = $self->expected('response_body');
    my $which = "response body (run $self->{repeat}, request $self->{index})";

    if (defined $self->block->response_body_json_sort) {
        require JSON::PP;
        my $json = JSON::PP->new->canonical(1)->loose(1);
        my $data = eval { $json->decode($body) };
        $body = $json->encode($data) . "\n" if defined $data;
    }

    if (ref $expected) {
        $self->judge(like => $body, $expected, $which);
        return;
    }

    if (defined $expected) {
        $expected = expand_env_in_text(our_ports($expected), $self->name);
    }

    $self->judge(same => $body, $expected, $which);
}

1;
