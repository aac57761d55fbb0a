package IoattestTable;

# Blocks that are tables: many answers of the simulated API to one nginx.
#
#   --- table
#   flip_body                 response_hash_mismatch
#   chunked
#   status=204                204
#   body={}                   200 \{\}
#
# A line is a misbehaviour ("-" for none), two spaces or more, and what the
# client is to see: nothing (200 and "choices"), the reason of a refusal, or a
# status, and a pattern for the body behind it.  More sections:
#
#   --- ask eval         a request in place of the prompt, less its headers
#   --- ask_headers      more headers of each of these requests
#   --- inside           for the protected location
#   --- beside           more locations
#   --- outside          for http {}
#   --- status           patterns, one a line, for the body of GET /status
#   --- metrics          for that of GET /metrics
#   --- stats            and for that of GET /_sim/stats, at the end
#
# --- cases eval gives a list of [request, headers, what is seen] instead of
# a table.

use strict;
use warnings;

use IoattestTest qw( http_config gateway code_like );

our $Prompt = "POST /v1/private/completions\n"
    . '{"model":"Qwen/Qwen3-32B","prompt":"hello"}';


# For add_block_preprocessor.
sub prepare {
    my ($block) = @_;

    if (!defined $block->config) {
        $block->set_value('http_config',
            http_config() . ($block->outside // ''));
        $block->set_value('config', gateway($block->inside)
            . "location = /status { ioattest_status; }\n"
            . "location = /metrics { ioattest_status prometheus; }\n"
            . ($block->beside // ''));
    }

    if (!defined $block->no_error_log) {
        $block->set_value('no_error_log', "[alert]\n");
    }

    my @cases = cases($block);
    return if !@cases;

    $block->set_value('request', [map { $_->[0] } @cases]);
    $block->set_value('more_headers', [map { $_->[1] } @cases]);
    $block->set_value('error_code', [map { $_->[2] } @cases]);
    $block->set_value('response_body_like', [map { $_->[3] } @cases]);
    $block->set_value('timeout', 10) if !defined $block->timeout;
    return;
}


# [request, headers, status, pattern], ...
sub cases {
    my ($block) = @_;

    my @cases;
    my $ask = $block->ask // $Prompt;
    my $more = $block->ask_headers // '';

    for my $line (split /\n/, $block->table // '') {
        next if $line !~ /\S/ || $line =~ /^\s*#/;
        my ($sim, $seen) = split /\s{2,}/, $line, 2;
        push @cases, [$ask, ($sim eq '-' ? '' : "X-Sim: $sim\n") . $more,
                      $seen];
    }

    push @cases, $block->cases ? @{ $block->cases } : ();
    push @cases, pages('/status', $block->status);
    push @cases, pages('/metrics', $block->metrics);
    push @cases, pages('/_sim/stats', $block->stats);

    return map { [@$_[0, 1], seen($_->[2])] } @cases;
}


sub pages {
    my ($path, $patterns) = @_;

    return map { ["GET $path", '', "200 $_"] }
           grep { /\S/ } split /\n/, $patterns // '';
}


# What a caller does wrong has a status of the caller's.
sub status_of {
    my ($reason) = @_;

    return { request_ambiguous => 400, model_not_attestable => 403,
             model_unknown => 404, request_too_large => 413 }->{$reason}
           // 502;
}


# Status and pattern for what is to be seen.
sub seen {
    my ($text) = @_;

    return (200, qr/"choices"/) if !defined $text || $text !~ /\S/;
    $text =~ s/\s+\z//;

    if (my ($status, $pattern) = $text =~ /^(\d{3})(?:\s+(.*))?\z/) {
        return ($status, defined $pattern ? qr/$pattern/s : qr//);
    }

    return (status_of($text), code_like($text));
}


1;
