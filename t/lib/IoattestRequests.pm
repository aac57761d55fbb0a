# Request bodies whose hash is foretold, and others; seen by blocks as
# variables of main.

package main;

use strict;
use warnings;

use Digest::SHA qw( sha256_hex );
use Encode ();

use IoattestTable;

our $path = "POST /v1/private/completions\n";
our $model = '"model":"Qwen/Qwen3-32B"';

# Members beside the model's.  Each is hashed as the agent hashes it.

our @fine = map { "{$model$_}" } grep { !/^#/ } split /\n/, <<'END';

,"messages":[{"role":"user","content":"hello"}],"stream":false
,"stream":null,"temperature":null,"n":null,"extra":null,"prompt":"p"
,"temperature":1,"top_p":0,"frequency_penalty":-2,"presence_penalty":1e-7
,"temperature":0.1,"top_p":1E2,"frequency_penalty":-0,"presence_penalty":-0.0
,"temperature":9007199254740993,"top_p":1e16,"presence_penalty":5e-324
,"max_tokens":5,"n":1,"logprobs":false
,"max_tokens":18446744073709551616,"n":-1
,"max_tokens":-0,"logprobs":null
,"max_tokens":256.0,"n":-0.0,"x":256.0
,"max_tokens":5e3,"n":1.0
,"seed":18446744073709551617,"neg":-9223372036854775809,"z":-0,"f":-0.0
,"x":[1.5,1e22,1e21,123456789012345680.0,0.00001,0.0001,1e-400]
,"stop":[null,{"a":null}],"messages":[{"content":null}]
,"prompt":"caf\u00e9 é 中文 😀 \ud83d\ude00 \u0001 \u007f \/ \\ \" \b\f\n\r\t"
,"\u0070rompt":"escaped key","a\"b":{"\u00e9":1}
,"Model":"x","STREAM":"1","":0,"__class__":1
,"x":[[[[[[[[[[[[]]]]]]]]]]]],"y":{},"z":[]
 , "prompt" : [ 1 , 2 ] , "true" : true
,"stop":"text, not an array","user":""
,"messages":[],"top_p":1.7976931348623157e308
END
push @fine, qq({"prompt":"first","logprobs":true,"top_p":1,$model,"messages":[]});
push @fine, "\n\t {$model,\r\n\"prompt\":\"hello\"}\r\n ";
push @fine, "{$model,\"x\":" . ('[' x 63) . (']' x 63) . '}';
push @fine, "{$model,\"x\":" . ('9' x 4300) . '}';
push @fine, "\xef\xbb\xbf{$model}";

# Of these nothing can be foretold; of @model not even the model is.

our @ambiguous = map { "{$model$_}" } split /\n/, <<'END';
,"prompt":1,"prompt":1
,"prompt":1,"\u0070rompt":2
,"x":{"a":1,"a":1}
,"messages":[{"role":"user","role":"system"}]
,"max_tokens":"5"
,"max_tokens":1.5
,"max_tokens":true
,"max_tokens":1e20
,"n":"1"
,"n":{}
,"temperature":"0.5"
,"temperature":true
,"temperature":[]
,"temperature":1e400
,"top_p":"1"
,"frequency_penalty":"1_0.5"
,"presence_penalty":false
,"stream":1
,"stream":"true"
,"stream":0.0
,"logprobs":1
,"logprobs":5
,"messages":{}
,"messages":"hello"
,"x":NaN
,"x":Infinity
,"x":-Infinity
,"x":1e400
,"prompt":"\ud800"
,"prompt":"\udc00\ud800"
,"\ud800":1
END
push @ambiguous, "{$model,\"x\":" . ('[' x 64) . (']' x 64) . '}';
push @ambiguous, "{$model,\"x\":" . ('9' x 4301) . '}';

our @model = ("{$model,$model}", "{$model,\"mod\\u0065l\":\"x\"}",
    "\xef\xbb\xbf\xef\xbb\xbf{$model}", "\xff\xfe" . Encode::encode('UTF-16LE', "{$model}"),
    Encode::encode('UTF-16BE', "{$model}"),
    Encode::encode('UTF-32LE', "{$model}"), "{$model,\"x\":\"\xff\"}",
    "{$model,\"x\":\"\xc0\xaf\"}", "{$model,\"x\":\"\xed\xa0\x80\"}",
    "[{$model}]", 'null', '"x"', "{$model", "{$model}x", "{$model}{}",
    "{$model,}", "{'model':1}", "{$model,\"x\":\"\n\"}");

our $simple = "{$model,\"prompt\":\"hello\"}";
our $simple_request = sha256_hex("{$model,\"stream\":false,\"prompt\":\"hello\"}");
our $simple_response = sha256_hex(
    '{"id":"chatcmpl-' . substr($simple_request, 0, 32)
    . '","object":"chat.completion","created":1760000000,' . $model
    . ',"choices":[{"index":0,"message":{"role":"assistant","content":"ok",'
    . '"refusal":null,"tool_calls":[]},"logprobs":null,"finish_reason":"stop",'
    . '"stop_reason":null}],"usage":{"prompt_tokens":7,"total_tokens":8,'
    . '"completion_tokens":1},"prompt_logprobs":null}');

our $log = 'log_format io "q=$ioattest_request_sha256 '
    . 'p=$ioattest_response_sha256;";';
our $seen = 'access_log logs/access.log io; add_header X-Request-Sha256 '
    . '$ioattest_request_sha256 always; add_header X-Response-Sha256 '
    . '$ioattest_response_sha256 always;';


# [request, headers, what is seen] for each body.
sub all {
    my ($seen, @bodies) = @_;
    return map { [$main::path . $_, 'Content-Type: application/json', $seen] }
           @bodies;
}


1;
