# ioattest_text body: the response is the signed text.

use strict;
use warnings;

use FindBin ();
use lib "$FindBin::Bin/lib";

use Test::Nginx::Socket 'no_plan';

use IoattestSim;
use IoattestTable;
use IoattestTexts;

IoattestSim->start(machines => 1);
add_block_preprocessor(\&IoattestSim::prepare);
add_block_preprocessor(\&IoattestTable::prepare);

no_long_string();
no_shuffle();
run_tests();

__DATA__

=== TEST 1: body: the text is the response
--- inside: ioattest_text body;
--- cases eval
[main::body(''),
 main::body('', more => 'drop=text'),
 main::body('', more => 'drop=text, every_byte'),
 main::body('', said => '"choices": no JSON', more => 'drop=text'),
 main::body('signature_mismatch', of_said => 'x', more => 'drop=text'),
 main::body('signature_mismatch', more => 'drop=text, flip_body'),
 main::body('signature_mismatch', more => 'drop=text, trailing=x'),
 main::body('response_hash_mismatch', of_said => "$main::said."),
 main::body('response_hash_mismatch', more => 'flip_body'),
 main::body('response_hash_mismatch', more => 'text=another'),
 main::body('malformed_signature', more => 'dup=text'),
 main::body('no_signature', more => 'unsigned'),
 main::body('no_signature', more => 'drop=signature'),
 main::body('no_signature', more => 'drop=signing_address'),
 main::body('no_signature', more => 'drop=text, drop=signing_algo'),
 main::body('malformed_signature', more => 'sig_short'),
 main::body('signature_mismatch', more => 'sig_flip=9'),
 main::body('encoded_body', more => 'gzip'),
 main::body('untrusted_address', more => 'forged'),
 main::body('')]
--- status
"requests":\{"match":0,"mismatch":0,"unknown":5\}



=== TEST 2: body: ioattest_bind off does not unbind what is signed
--- inside: ioattest_text body; ioattest_bind off;
--- cases eval
[main::body(''),
 main::body('signature_mismatch', more => 'drop=text, flip_body'),
 main::body('response_hash_mismatch', more => 'flip_body')]



=== TEST 3: body: ioattest_buffer_size
--- outside: large_client_header_buffers 4 32k;
--- inside: ioattest_text body; ioattest_buffer_size 4k;
--- cases eval
my $long = '"choices"' . 'x' x 4086;
[main::body('', said => "${long}x", more => 'drop=text'),
 main::body('body_too_large', said => "${long}xx", more => 'drop=text'),
 main::body('body_too_large', said => "${long}xx", more => 'drop=text, chunked')]



=== TEST 4: body: streams are held whole
--- inside: ioattest_text body;
--- cases eval
my $type = 'drop=text, content_type=text/event-stream, pieces=5';
[main::body('', said => $main::events, more => $type),
 main::body('signature_mismatch', said => $main::events,
            more => "$type, trailing=x")]



=== TEST 5: body: ioattest_bind both is an error
--- inside: ioattest_text body; ioattest_bind both;
--- must_die
--- error_log
"ioattest_bind both" needs "ioattest_text" "agent" or "raw"



=== TEST 6: another word is one as well
--- inside: ioattest_text bodies;
--- must_die
--- error_log
"ioattest_text" directive
