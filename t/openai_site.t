# OpenAI's client and Vercel's AI SDK, with the base URL that doc/operate.md
# tells, through the ten lines that it has.

use strict;
use warnings;

use FindBin ();
use lib "$FindBin::Bin/lib";

use Test::More;

use IoattestClient;
use IoattestSite;

my $openai = IoattestClient->start('client.mjs', 'openai');
my $vercel = IoattestClient->start('ai.mjs', 'ai');
my $site = IoattestSite->new;
my $nginx = $site->start('');
my $base = "http://127.0.0.1:$site->{one}/v1";

sub asked {
    my ($how, $sim) = @_;

    return { how => $how, base_url => $base, options => { maxRetries => 0 },
             headers => { 'X-Sim' => $sim },
             params => { model => $IoattestSite::model, messages =>
                 [{ role => 'user', content => 'hello' }] } };
}

for my $how (qw( create stream helper )) {
    my ($r) = $openai->ask(asked($how, ''));
    is_deeply([@{$r}{qw( content finish error )}],
              ['echo: hello', 'stop', undef], "openai, $how: an answer")
        or diag explain $r;

    ($r) = $openai->ask(asked($how, 'tamper_line, flip_body'));
    is($r->{error}{code}, 'response_hash_mismatch',
       "openai, $how: one that was changed") or diag explain $r;
}

for my $sdk (qw( ai ai-5 )) {
    my %request = (sdk => $sdk, base_url => $base, headers => {},
                   model => $IoattestSite::model);
    my ($r) = $vercel->ask(\%request);
    is_deeply([@{$r}{qw( text finish errors thrown )}],
              ['echo: hello', 'stop', [], undef], "$sdk: a stream")
        or diag explain $r;

    ($r) = $vercel->ask({ %request, headers => { 'X-Sim' => 'tamper_line' } });
    isnt(scalar @{ $r->{errors} }, 0, "$sdk: one that was changed");
    isnt($r->{finish} // '', 'stop', 'does not finish') or diag explain $r;
}

$openai->stop;
$vercel->stop;
is_deeply([$nginx->log =~ /^(.*\[(?:alert|crit|emerg)\].*)$/mg], [],
          'nothing alarming in the log');

done_testing();
