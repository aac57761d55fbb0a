"""What the API of bench/chaos.py answers, and what is to become of it.

A row is: the simulation's misbehaviour (t/lib/sim/sim.py --list), and what the
gateway has to do: "pass" (the same bytes reach the client), a reason, several
with | between them (refused with one of them), "error" (an unsigned error of
the API, which passes as one), "none" (no answer of the API: nginx's own 502 or
504), or "either" (versions of nginx differ: refused, or the signed bytes).

The reasons are for the answer alone.  Whether its machine is trusted is
judged beside it (chaos_judge.py), and what streams come to is not in these
tables: t/lib/streams/rules.py tells it from the bytes that were sent.
"""

# most answers: plain and good
PLAIN = ("", "pass")

BODIES = """
pieces=50, chunked                  pass
pieces=700                          pass
chunked                             pass
close_delimited                     pass
http10                              pass
no_keepalive                        pass
chunked, every_byte                 pass
mid_delay=60                        pass
head_delay=40                       pass
delay=150                           pass
pieces=40, piece_delay=4            pass
reset_after                         pass
json_unicode                        pass
json_surrogate                      pass
json_nan                            pass
json_floats                         pass
json_spaces                         pass
json_deep=60                        pass
minify                              pass
pretty                              pass
raw_utf8, json_unicode              pass
leading=%20%0d%0a%09                pass
trailing=%20%0a                     pass
sig_0x                              pass
sig_upper                           pass
sig_v01                             pass
address_lower                       pass
address_upper                       pass
field_case                          pass
evil_headers                        pass
cookie                              pass
validators                          pass
head_big=2000                       pass
content_type=text/html              pass
chunked, trailers                   pass
hdr=X-A:b                           pass
flip_body                           response_hash_mismatch
flip_body=0                         response_hash_mismatch
flip_body=-1                        response_hash_mismatch
flip_body, chunked, pieces=20       response_hash_mismatch
minify, flip_body                   response_hash_mismatch
response_hash                       response_hash_mismatch
swap_hashes                         response_hash_mismatch|request_hash_mismatch
trailing                            response_hash_mismatch
trailing=%00                        response_hash_mismatch
leading=x                           response_hash_mismatch
body=%7b%7d                         response_hash_mismatch
empty_body                          response_hash_mismatch
empty_body, chunked                 response_hash_mismatch
not_json                            response_hash_mismatch
body_dup_key                        response_hash_mismatch
bom_body                            response_hash_mismatch
length_less                         response_hash_mismatch
length_more                         response_hash_mismatch
truncate                            response_hash_mismatch
truncate=1                          response_hash_mismatch
chunked, truncate                   response_hash_mismatch
chunked, no_last_chunk              response_hash_mismatch
pieces=50, bad_chunk=1              response_hash_mismatch
pieces=50, bad_chunk=3, mid_delay=40  response_hash_mismatch
pieces=60, stop=2                   response_hash_mismatch
pieces=60, stop_clean=2             response_hash_mismatch
close_delimited, stop=0             response_hash_mismatch
status=204                          response_hash_mismatch
status=304                          response_hash_mismatch
status=404, flip_body               response_hash_mismatch
status=500, empty_body              response_hash_mismatch
gzip                                encoded_body
gzip_lie                            encoded_body
gzip_lie=br                         encoded_body
drop=text                           no_signature
drop=signature                      no_signature
drop=signing_address                no_signature
drop=signing_algo                   no_signature
no_signature                        no_signature
unsigned                            no_signature
unsigned, status=201                no_signature
unsigned, status=206                no_signature
unsigned, status=302                no_signature
redirect=/x, unsigned               no_signature
upgrade                             no_signature
trailer_seal                        no_signature
dup=text                            malformed_signature
dup=signature                       malformed_signature
dup=signing_address                 malformed_signature
dup=signing_algo                    malformed_signature
dup_other=text                      malformed_signature
dup_first=text                      malformed_signature
dup_other=signature                 malformed_signature
dup_first=signature                 malformed_signature
digest_dup                          malformed_signature
empty=signature                     malformed_signature
empty=text                          malformed_text
empty=signing_algo                  unsupported_algorithm
algo                                unsupported_algorithm
algo=ECDSA                          unsupported_algorithm
sig_nonhex                          malformed_signature
sig_short                           malformed_signature
sig_long                            malformed_signature
sig_huge=2000                       malformed_signature
sig_0x0x                            malformed_signature
sig_compact                         malformed_signature
sig_zero                            malformed_signature|signature_mismatch
high_s                              malformed_signature|signature_mismatch
r_zero                              malformed_signature|signature_mismatch
s_n                                 malformed_signature|signature_mismatch
sig_swap                            malformed_signature|signature_mismatch|untrusted_address
sig_flip                            signature_mismatch
sig_other_text                      signature_mismatch
sig_no_prefix                       signature_mismatch
sig_sha256                          signature_mismatch
sig_parity                          signature_mismatch
wrong_signer                        signature_mismatch
text_digit                          signature_mismatch
text_digit=70                       signature_mismatch
text_swap                           signature_mismatch
text_upper                          malformed_text
text_short                          malformed_text
text_tab                            malformed_text
text_colon                          malformed_text
signed_upper                        malformed_text
signed_half                         malformed_text
signed_model                        malformed_text
address_short                       malformed_signature
address_nonhex                      malformed_signature
address_zero                        signature_mismatch
digest_other                        image_digest_mismatch
digest_upper                        image_digest_mismatch
digest_missing                      image_digest_mismatch
forged                              untrusted_address
error=500                           error
error=429                           error
error=404                           error
close                               none
reset                               none
two_lengths                         either
length_and_chunked                  either
bad_status_line                     either
early_hints                         either
continue                            either
extra_reply                         either
nul_header                          either
accel                               either
accel_headers                       either
"""

# what streams meet, judged by the bytes that leave
STREAMS = """
crlf
comments
event_names
multi_data
empty_data
stream_unicode
split_line=7
every_byte
done_split
done_with_last
done_never
event_last
event_first
event_cut=7
one_chunk
after_done
ping_after_done
no_final_newline
one_piece
close_delimited
http10
two_spaces
tool_call
piece_delay=3
head_delay=40
tamper_line
tamper_line=0
drop_line
drop_line=0
dup_line
swap_lines
space_line
smuggle_no_space
smuggle_cr
smuggle_done
smuggle_done_no_space
smuggle_done_suffix
smuggle_data
smuggle_event
smuggle_comment
smuggle_case
smuggle_nul
smuggle_bom
smuggle_end
bom
data_after_done
comment_end
done_dropped
stop_mid_line
stop_before_done
forge_finish
forge_tool
forge_tool_finish
forge_escaped
forge_double
no_event
two_events
event_bad_json
event_not_json
event_array
event_trailing
event_no_data
event_open
event_cut_off
event_cr
event_order
event_two_data
event_fields
event_extra
event_number
event_other_name
event_member
event_member=error
forged_event
no_signature
sig_flip
wrong_signer
sig_other_text
algo
digest_other
text_digit
response_hash
forged
no_last_chunk
bad_chunk=2
stop=2
flip_body
trailing=x
done_suffix
"""

# by their needs: what is wrong only where the request is compared, or where
# texts are remembered
BOTH = [("request_hash", "request_hash_mismatch"),
        # of whichever machine it was
        ("replay_last", "request_hash_mismatch|response_hash_mismatch"
                        "|replayed|image_digest_mismatch|untrusted_address")]
REPLAY = [("replay_own", "replayed")]

# Seldom, for each of them costs a search, or nginx's patience
RARE = [("forged_new", "untrusted_address")] * 9 + [("hang", "none")]


def table(text):
    rows = []
    for line in text.strip().split("\n"):
        spec, _, verdict = line.partition("  ")
        rows.append((spec.strip(), verdict.strip()))
    return rows


BODIES, STREAMS = table(BODIES), table(STREAMS)
# of an answer to a stream and to others the same name may be drawn
KINDS = {name for name, _ in [PLAIN] + BODIES + BOTH + REPLAY + RARE} \
    | {name for name, _ in STREAMS}
RARELY = 0.002                  # of all answers


def context(where, stream):
    """What an answer is drawn for: the locations that have kinds of their own,
    and streams."""
    if where == "dry":
        return "dry"
    own = where if where in ("both", "replay") and not stream else ""
    return own or ("stream" if stream else "body")


def odds(context, share):
    """[(how likely, of which rows)] where SHARE of the answers are not plain;
    what is left is plain."""
    rare = min(RARELY, share)
    rest = share - rare
    if context == "dry":
        return [(rare, RARE),
                (rest, [PLAIN, ("flip_body", "response_hash_mismatch")])]
    if context == "stream":
        return [(rare, RARE), (rest, [(s, "stream") for s, _ in STREAMS])]
    own, part = {"both": (BOTH, 0.1), "replay": (REPLAY, 0.2)}.get(
        context, ([], 0))
    return [(rare, RARE), (rest * part, own), (rest * (1 - part), BODIES)]
