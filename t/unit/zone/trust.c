
/* Who is trusted, and for how long. */

#include "zone.h"


static void
zone_valid(void)
{
    zone_t                       z;
    ngx_http_ioattest_machine_t  machine;

    zone_open(&z, 256 * 1024);

    UNIT_OK(zone_gate(&z, 1).answer == NGX_HTTP_IOATTEST_WAIT,
            "gate: a model of which nothing is known is to be attested");
    UNIT_OK(zone_signer(&z, 1, 1) != NGX_HTTP_IOATTEST_TRUSTED,
            "signer: nobody is trusted from the start");

    machine = zone_machine(1);
    UNIT_OK(zone_add(&z, 1, &machine, 1, 1) == NGX_OK, "a machine is met");

    UNIT_OK(zone_gate(&z, 1).answer == NGX_HTTP_IOATTEST_TRUSTED,
            "gate: it is open");
    UNIT_OK(zone_signer(&z, 1, 1) == NGX_HTTP_IOATTEST_TRUSTED,
            "signer: the machine is trusted");
    UNIT_OK(zone_signer(&z, 1, 2) != NGX_HTTP_IOATTEST_TRUSTED,
            "signer: another is not");
    UNIT_OK(zone_gate(&z, 2).answer != NGX_HTTP_IOATTEST_TRUSTED
            && zone_signer(&z, 2, 1) != NGX_HTTP_IOATTEST_TRUSTED,
            "of another model neither");

    zone_pass(ZONE_VALID - 1);

    UNIT_OK(zone_gate(&z, 1).answer == NGX_HTTP_IOATTEST_TRUSTED,
            "gate: open to the last second of ioattest_valid");
    UNIT_OK(zone_signer(&z, 1, 1) == NGX_HTTP_IOATTEST_TRUSTED,
            "signer: trusted to the last second");

    zone_pass(1);

    UNIT_OK(zone_gate(&z, 1).answer == NGX_HTTP_IOATTEST_WAIT,
            "gate: closed after it");
    UNIT_OK(zone_signer(&z, 1, 1) != NGX_HTTP_IOATTEST_TRUSTED,
            "signer: not trusted after it");

    zone_close(&z);
}


/* A location may ask for less time than the one that attested. */

static void
zone_shorter(void)
{
    zone_t                       z;
    ngx_http_ioattest_machine_t  machine;

    zone_open(&z, 256 * 1024);

    machine = zone_machine(1);
    zone_add(&z, 1, &machine, 1, 0);
    z.limits.valid = 20 * 1000;

    zone_pass(19);
    UNIT_OK(zone_signer(&z, 1, 1) == NGX_HTTP_IOATTEST_TRUSTED
            && zone_gate(&z, 1).answer == NGX_HTTP_IOATTEST_TRUSTED,
            "a location's own ioattest_valid counts");

    zone_pass(1);
    UNIT_OK(zone_signer(&z, 1, 1) != NGX_HTTP_IOATTEST_TRUSTED
            && zone_gate(&z, 1).answer != NGX_HTTP_IOATTEST_TRUSTED,
            "and ends there");

    zone_close(&z);
}


static void
zone_evidence_ends(void)
{
    zone_t                       z;
    ngx_http_ioattest_machine_t  machine;

    zone_open(&z, 256 * 1024);

    machine = zone_machine(1);
    machine.proved.expires = ngx_time() + 60;
    machine.expires_at = machine.proved.expires;
    zone_add(&z, 1, &machine, 1, 0);

    zone_pass(59);
    UNIT_OK(zone_signer(&z, 1, 1) == NGX_HTTP_IOATTEST_TRUSTED
            && zone_gate(&z, 1).answer == NGX_HTTP_IOATTEST_TRUSTED,
            "evidence in time: trusted");

    zone_pass(1);
    UNIT_OK(zone_signer(&z, 1, 1) != NGX_HTTP_IOATTEST_TRUSTED,
            "signer: evidence has ended, though ioattest_valid has not");
    UNIT_OK(zone_gate(&z, 1).answer != NGX_HTTP_IOATTEST_TRUSTED,
            "gate: evidence has ended, though ioattest_valid has not");

    zone_close(&z);

    /* a clock that is set forward ends it as well */

    zone_open(&z, 256 * 1024);

    machine = zone_machine(1);
    machine.proved.expires = ngx_time() + 1800;
    zone_add(&z, 1, &machine, 1, 0);

    zone_step(3600);
    UNIT_OK(zone_signer(&z, 1, 1) != NGX_HTTP_IOATTEST_TRUSTED
            && zone_gate(&z, 1).answer != NGX_HTTP_IOATTEST_TRUSTED,
            "a clock set forward keeps none that evidence does not have");

    zone_close(&z);
}


/* Who sets the clock takes no trust away, and gives none. */

static void
zone_clocks(void)
{
    zone_t                       z;
    ngx_http_ioattest_machine_t  machine;

    zone_open(&z, 256 * 1024);

    machine = zone_machine(1);
    zone_add(&z, 1, &machine, 1, 0);

    zone_step(3600);
    UNIT_OK(zone_signer(&z, 1, 1) == NGX_HTTP_IOATTEST_TRUSTED
            && zone_gate(&z, 1).answer == NGX_HTTP_IOATTEST_TRUSTED,
            "a clock set an hour forward takes no trust away");

    zone_step(-7200);
    UNIT_OK(zone_signer(&z, 1, 1) == NGX_HTTP_IOATTEST_TRUSTED
            && zone_gate(&z, 1).answer == NGX_HTTP_IOATTEST_TRUSTED,
            "nor one set an hour back");

    zone_pass(ZONE_VALID);
    UNIT_OK(zone_signer(&z, 1, 1) != NGX_HTTP_IOATTEST_TRUSTED
            && zone_gate(&z, 1).answer != NGX_HTTP_IOATTEST_TRUSTED,
            "and ioattest_valid ends when it ends");

    zone_close(&z);
}


static ngx_uint_t
zone_strict(zone_t *z, ngx_uint_t model)
{
    ngx_http_ioattest_model_t  m;

    m = zone_model(model);

    return ngx_http_ioattest_store_bound(&z->zone, &m, &z->limits);
}


/* An address that hardware has bound is not taken with less. */

static void
zone_downgrade(void)
{
    zone_t                       z;
    ngx_http_ioattest_machine_t  machine, other;

    zone_open(&z, 256 * 1024);

    machine = zone_machine(1);
    UNIT_OK(zone_add(&z, 1, &machine, 1, 0) == NGX_OK,
            "an address that hardware does not bind is taken at first");

    machine.proved.signer_bound = 1;
    UNIT_OK(zone_add(&z, 1, &machine, 1, 0) == NGX_OK,
            "it shows that hardware binds it");

    zone_pass(ZONE_VALID);

    machine = zone_machine(1);
    UNIT_OK(zone_add(&z, 1, &machine, 1, 0) == NGX_ABORT,
            "the same address is never taken with less");
    UNIT_OK(zone_signer(&z, 1, 1) != NGX_HTTP_IOATTEST_TRUSTED
            && zone_gate(&z, 1).answer != NGX_HTTP_IOATTEST_TRUSTED,
            "and is not trusted for it");

    z.limits.origin[0] = 1;
    UNIT_OK(zone_add(&z, 1, &machine, 1, 0) == NGX_OK,
            "but of another API, whose model has the same id");
    z.limits.origin[0] = 0;
    zone_pass(ZONE_VALID);
    machine = zone_machine(1);
    UNIT_OK(zone_add(&z, 1, &machine, 1, 0) == NGX_ABORT, "and of no other");

    other = zone_machine(2);
    UNIT_OK(zone_add(&z, 1, &other, 2, 0) == NGX_OK && !zone_strict(&z, 1),
            "another address is, before a search has ended");

    machine.proved.signer_bound = 1;
    UNIT_OK(zone_add(&z, 1, &machine, 1, 0) == NGX_OK
            && zone_signer(&z, 1, 1) == NGX_HTTP_IOATTEST_TRUSTED,
            "with as much it is taken again");

    zone_close(&z);
}


/* Nor any address, once a search has ended and all were bound. */

static void
zone_all_bound(ngx_uint_t unbound)
{
    zone_t                       z;
    ngx_uint_t                   i, n;
    ngx_http_ioattest_machine_t  machine;

    zone_open(&z, 256 * 1024);

    for (i = 0; i < 100; i++) {
        n = i % 3;
        machine = zone_machine(n);
        machine.proved.signer_bound = (n != 2 || !unbound);
        zone_add(&z, 1, &machine, n, 0);
    }

    UNIT_OK(zone_strict(&z, 1) == !unbound,
            "a search has ended, %s", unbound ? "and not all were bound"
                                              : "and all were bound");

    machine = zone_machine(9);
    UNIT_OK(zone_add(&z, 1, &machine, 9, 0)
            == (unbound ? NGX_OK : NGX_ABORT),
            "a new address that is not: %s", unbound ? "taken" : "refused");
    UNIT_OK(zone_add(&z, 2, &machine, 9, 0) == NGX_OK,
            "of another model: taken");

    z.limits.strict = 0;
    UNIT_OK(zone_add(&z, 1, &machine, 9, 0) == NGX_OK,
            "where ioattest_report_data asks for a nonce alone: taken");
    z.limits.strict = 1;

    zone_pass(23 * 3600);
    UNIT_OK(zone_strict(&z, 1) == !unbound, "it is remembered for a day");

    zone_pass(25 * 3600);
    UNIT_OK(!zone_strict(&z, 1), "without any machine met it is forgotten");

    zone_close(&z);
}


/* An attestation of a machine that says these ids. */

static ngx_int_t
zone_met(zone_t *z, ngx_http_ioattest_machine_t *machine,
    const ioa_proved_t *proved, ngx_http_ioattest_news_t *news)
{
    u_char                     key32[NGX_HTTP_IOATTEST_KEY_LEN];
    ngx_http_ioattest_model_t  m;

    m = zone_model(1);
    zone_machine_key(key32, 1, 1);

    machine->attested_ms = ngx_current_msec;
    ngx_http_ioattest_machine_prove(machine, proved);

    return ngx_http_ioattest_draw_met(&z->zone, &m, key32, machine, 0,
                                      &z->key, &z->limits, news);
}


/* An address stays with the machine that it was trusted on. */

static void
zone_ids(void)
{
    zone_t                       z;
    ioa_proved_t                 first, other;
    ngx_http_ioattest_news_t     news;
    ngx_http_ioattest_machine_t  machine;

    zone_open(&z, 256 * 1024);

    memset(&first, 0, sizeof(first));
    first.cpu = IOA_CPU_TDX;
    first.gpus = 2;
    strcpy(first.ppid, "000102030405060708090a0b0c0d0e0f");
    strcpy(first.ueids[0], "655245131867405026133104226236363693205108889522");
    strcpy(first.ueids[1], "7");

    machine = zone_machine(1);
    UNIT_OK(zone_met(&z, &machine, &first, &news) == NGX_OK
            && zone_met(&z, &machine, &first, &news) == NGX_OK
            && news.changed == NGX_HTTP_IOATTEST_CHANGED_NOTHING,
            "ids: the same machine again");
    UNIT_OK(machine.proved.ids.cpu_len == 16
            && machine.proved.ids.cpu[15] == 0x0f
            && machine.proved.ids.ueids_n == 2
            && machine.proved.ids.ueids[1][19] == 7, "ids: as bytes");

    other = first;
    other.ppid[31] = '0';
    UNIT_OK(zone_met(&z, &machine, &other, &news) == NGX_BUSY
            && news.changed == NGX_HTTP_IOATTEST_CHANGED_PPID
            && news.was.cpu[15] == 0x0f, "ids: another PPID");

    other = first;
    strcpy(other.ueids[1], "70");
    UNIT_OK(zone_met(&z, &machine, &other, &news) == NGX_BUSY
            && news.changed == NGX_HTTP_IOATTEST_CHANGED_UEIDS,
            "ids: another GPU");

    other = first;
    other.gpus = 1;
    UNIT_OK(zone_met(&z, &machine, &other, &news) == NGX_BUSY
            && news.changed == NGX_HTTP_IOATTEST_CHANGED_UEIDS,
            "ids: a GPU less");

    other = first;
    other.cpu = IOA_CPU_SEV_SNP;
    UNIT_OK(zone_met(&z, &machine, &other, &news) == NGX_BUSY
            && news.changed == NGX_HTTP_IOATTEST_CHANGED_CPU,
            "ids: another kind of CPU");
    UNIT_OK(zone_signer(&z, 1, 1) == NGX_HTTP_IOATTEST_TRUSTED,
            "ids: what was trusted stays so");

    zone_pass(23 * 3600);
    other = first;
    other.ppid[31] = '0';
    UNIT_OK(zone_met(&z, &machine, &other, &news) == NGX_BUSY,
            "ids: remembered for a day");
    UNIT_OK(zone_met(&z, &machine, &first, &news) == NGX_OK,
            "ids: and the first machine is taken again");

    zone_pass(25 * 3600);
    UNIT_OK(zone_met(&z, &machine, &other, &news) == NGX_OK,
            "ids: what was not met for a day is forgotten");

    first.signer_bound = 1;
    UNIT_OK(zone_met(&z, &machine, &first, &news) == NGX_OK,
            "ids: hardware that binds the address wins");
    other.signer_bound = 1;
    UNIT_OK(zone_met(&z, &machine, &other, &news) == NGX_BUSY,
            "ids: once");

    zone_close(&z);
}


/* A chip's id, which may be masked, and more GPUs than are shown. */

static void
zone_chip(void)
{
    zone_t                       z;
    ngx_uint_t                   i;
    ioa_proved_t                 first, other;
    ngx_http_ioattest_news_t     news;
    ngx_http_ioattest_machine_t  machine;

    zone_open(&z, 256 * 1024);

    memset(&first, 0, sizeof(first));
    first.cpu = IOA_CPU_SEV_SNP;
    first.gpus = IOA_GPUS_MAX;
    memset(first.chip_id, 'a', sizeof(first.chip_id) - 1);

    for (i = 0; i < IOA_GPUS_MAX; i++) {
        first.ueids[i][0] = (char) ('1' + i % 9);
        first.ueids[i][1] = (char) ('0' + i / 9);
    }

    machine = zone_machine(1);
    UNIT_OK(zone_met(&z, &machine, &first, &news) == NGX_OK
            && machine.proved.ids.cpu_len == 64
            && machine.proved.ids.ueids_n == NGX_HTTP_IOATTEST_UEIDS_MAX,
            "chip id, and the first UEIDs");

    other = first;
    other.chip_id[127] = 'b';
    UNIT_OK(zone_met(&z, &machine, &other, &news) == NGX_BUSY
            && news.changed == NGX_HTTP_IOATTEST_CHANGED_CHIP_ID,
            "another chip");

    other = first;
    other.chip_id[0] = '\0';
    UNIT_OK(zone_met(&z, &machine, &other, &news) == NGX_BUSY
            && news.changed == NGX_HTTP_IOATTEST_CHANGED_CHIP_ID,
            "a chip that does not say which it is");

    other = first;
    other.ueids[IOA_GPUS_MAX - 1][1]++;
    UNIT_OK(zone_met(&z, &machine, &other, &news) == NGX_BUSY
            && news.changed == NGX_HTTP_IOATTEST_CHANGED_UEIDS,
            "a GPU that is not shown differs");

    zone_close(&z);
}


/* Responses are counted by machine, and a renewal keeps the count. */

static void
zone_counts(void)
{
    u_char                       key32[NGX_HTTP_IOATTEST_KEY_LEN];
    zone_t                       z;
    ngx_uint_t                   i, n, right;
    ngx_http_ioattest_row_t      rows[NGX_HTTP_IOATTEST_ROWS];
    ngx_http_ioattest_cursor_t   cursor;
    ngx_http_ioattest_machine_t  machine;

    zone_open(&z, 256 * 1024);

    for (i = 1; i <= 3; i++) {
        machine = zone_machine(i);
        zone_add(&z, 1, &machine, i, 0);
        zone_machine_key(key32, 1, i);

        for (n = 0; n < 10 * i; n++) {
            ngx_http_ioattest_store_used(&z.zone, key32);
        }
    }

    zone_pass(60);
    machine = zone_machine(2);
    zone_add(&z, 1, &machine, 2, 0);

    memset(&cursor, 0, sizeof(cursor));
    n = ngx_http_ioattest_store_rows(&z.zone, &cursor, rows);
    right = 0;

    for (i = 0; i < n; i++) {
        if (rows[i].kind == NGX_HTTP_IOATTEST_NODE_MACHINE) {
            right += (rows[i].machine.verified
                      == 10U * rows[i].machine.address20[0]);
        }
    }

    UNIT_OK(right == 3, "verified responses are each machine's own");

    zone_close(&z);
}


void
zone_trust_cases(void)
{
    zone_valid();
    zone_shorter();
    zone_evidence_ends();
    zone_clocks();
    zone_downgrade();
    zone_all_bound(0);
    zone_all_bound(1);
    zone_ids();
    zone_chip();
    zone_counts();
}
