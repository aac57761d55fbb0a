# Request headers that stay here, and others; seen by blocks as variables of
# main.

package main;

use strict;
use warnings;

use IoattestTable;

# What would make the answer another one stays here.

our @dropped = ('Accept-Encoding: gzip, br', 'accept-encoding: zstd',
    'Range: bytes=0-3', 'If-Range: "e"', 'If-Match: "m"',
    'If-None-Match: "n", *',
    'If-Modified-Since: Thu, 01 Jan 2037 00:00:00 GMT',
    'If-Unmodified-Since: Thu, 01 Jan 1970 00:00:01 GMT',
    'X-Request-Hash: 00', 'x-REQUEST-hash: 01');

# And all else goes on, in its order: names alike, doubles, long lists.

our @kept = ('Authorization: Bearer key', 'Cookie: a=1; b=2',
    'Content-Type: application/json', 'X-Request-Hash-2: kept',
    'Accept-Encoding-Not: kept', 'Ranges: kept', 'If: kept',
    'X-Double: 1', 'X-Other: 2', 'X-Double: 3', 'Accept: text/html',
    (map { "X-Many-$_: value-$_" } 1 .. 45));

our $mixed = join "\n", map { $dropped[$_] ? ($dropped[$_], $kept[$_])
                                           : $kept[$_] } 0 .. $#kept;
our $in_order = join '.*?', map {
    my ($name, $value) = split /: /, $_, 2;
    '(?i:\["' . quotemeta($name) . '",\s*"' . quotemeta($value) . '"\])'
} grep { !/^Content-Type/ } @kept;
our $none = '\A(?!.*\["(?i:accept-encoding|range|if-[a-z-]+|x-request-hash)",)';

our $long = $IoattestTable::Prompt;
$long =~ s/hello/'x' x 4000/e;


1;
