
/*
 * Copies and sums of the zones' counters.
 */


#include "status/ngx_http_ioattest_facts.h"


static void ngx_http_ioattest_spread_read(ngx_http_ioattest_spread_t *to,
    const ngx_http_ioattest_histogram_t *from);
static void ngx_http_ioattest_spread_add(ngx_http_ioattest_spread_t *to,
    const ngx_http_ioattest_spread_t *from);


void
ngx_http_ioattest_counts_read(ngx_http_ioattest_counts_t *to,
    const ngx_http_ioattest_counters_t *from)
{
    ngx_uint_t  i;

    to->verified = from->verified;
    to->unsigned_errors = from->unsigned_errors;
    to->attested = from->attest_verified;
    to->match = from->requests_match;
    to->mismatch = from->requests_mismatch;
    to->unknown = from->requests_unknown;
    to->waited = from->requests_waited;
    to->dry_run = 0;
    to->key_refused = from->key_refused;
    to->key_refused_at = (time_t) from->key_refused_at;
    to->evicted = from->evicted;
    to->replay_evicted = from->replay_evicted;

    for (i = 0; i < IOA_STATUS_MAX; i++) {
        to->rejected[i] = from->rejected[i];
        to->failed[i] = from->attest_rejected[i];
        to->dry_run_rejected[i] = from->dry_run_rejected[i];

        /* summed here, so that the sum is that of its parts */
        to->dry_run += to->dry_run_rejected[i];
    }

    for (i = 0; i < NGX_HTTP_IOATTEST_TRIGGER_MAX; i++) {
        to->trigger[i] = from->attest_trigger[i];
    }

    ngx_http_ioattest_spread_read(&to->verify, &from->verify);
    ngx_http_ioattest_spread_read(&to->attest, &from->attest);
    ngx_http_ioattest_spread_read(&to->wait, &from->wait);
}


static void
ngx_http_ioattest_spread_read(ngx_http_ioattest_spread_t *to,
    const ngx_http_ioattest_histogram_t *from)
{
    ngx_uint_t  i;

    for (i = 0; i <= NGX_HTTP_IOATTEST_BUCKETS; i++) {
        to->bucket[i] = from->bucket[i];
    }

    to->sum_us = from->sum_us;
}


void
ngx_http_ioattest_counts_add(ngx_http_ioattest_counts_t *to,
    const ngx_http_ioattest_counts_t *from)
{
    ngx_uint_t  i;

    to->verified += from->verified;
    to->unsigned_errors += from->unsigned_errors;
    to->attested += from->attested;
    to->match += from->match;
    to->mismatch += from->mismatch;
    to->unknown += from->unknown;
    to->waited += from->waited;
    to->dry_run += from->dry_run;
    to->key_refused += from->key_refused;
    to->key_refused_at = ngx_max(to->key_refused_at, from->key_refused_at);
    to->evicted += from->evicted;
    to->replay_evicted += from->replay_evicted;

    for (i = 0; i < IOA_STATUS_MAX; i++) {
        to->rejected[i] += from->rejected[i];
        to->failed[i] += from->failed[i];
        to->dry_run_rejected[i] += from->dry_run_rejected[i];
    }

    for (i = 0; i < NGX_HTTP_IOATTEST_TRIGGER_MAX; i++) {
        to->trigger[i] += from->trigger[i];
    }

    ngx_http_ioattest_spread_add(&to->verify, &from->verify);
    ngx_http_ioattest_spread_add(&to->attest, &from->attest);
    ngx_http_ioattest_spread_add(&to->wait, &from->wait);
}


static void
ngx_http_ioattest_spread_add(ngx_http_ioattest_spread_t *to,
    const ngx_http_ioattest_spread_t *from)
{
    ngx_uint_t  i;

    for (i = 0; i <= NGX_HTTP_IOATTEST_BUCKETS; i++) {
        to->bucket[i] += from->bucket[i];
    }

    to->sum_us += from->sum_us;
}


uint64_t
ngx_http_ioattest_spread_count(const ngx_http_ioattest_spread_t *spread)
{
    uint64_t    n;
    ngx_uint_t  i;

    n = 0;

    for (i = 0; i <= NGX_HTTP_IOATTEST_BUCKETS; i++) {
        n += spread->bucket[i];
    }

    return n;
}


uint64_t
ngx_http_ioattest_counts_sum(const uint64_t *reasons)
{
    uint64_t    sum;
    ngx_uint_t  i;

    sum = 0;

    for (i = 1; i < IOA_STATUS_MAX; i++) {
        sum += reasons[i];
    }

    return sum;
}
