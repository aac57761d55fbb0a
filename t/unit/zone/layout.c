
/*
 * What is in shared memory, and where: beside the layout's number, which has
 * to change with it.  A module that is loaded at a reload could else take over
 * a zone that it reads wrongly.
 *
 * t/unit/zone/layout.py sees to it that no member is missing here.  Counters
 * move with each reason that is added, since there is one for each.
 */

#include "zone.h"


/* NGX_HTTP_IOATTEST_LAYOUT, and the structures that it stands for */
#define ZONE_LAYOUT  14


/* Of a structure its size, of a member its place: now, and in ZONE_LAYOUT. */
typedef struct {
    const char  *name;
    size_t       is;
    size_t       was;
} zone_place_t;


#define TYPE(t)      ngx_http_ioattest_##t##_t
#define SIZE(t, n)   { "sizeof " #t, sizeof(TYPE(t)), n }
#define AT(t, m, n)  { #t "." #m, offsetof(TYPE(t), m), n }

/* a bit, counted from the structure's start */
#define BIT(t, m, n)                                                          \
    { #t "." #m, zone_bit(&(TYPE(t)) { .m = 1 }, sizeof(TYPE(t))), n }


static size_t
zone_bit(const void *data, size_t len)
{
    size_t         i, bit;
    const u_char  *byte = data;

    for (i = 0; i < len; i++) {

        for (bit = 0; bit < 8; bit++) {
            if (byte[i] & (1 << bit)) {
                return 8 * i + bit;
            }
        }
    }

    return 8 * len;
}


void
zone_layout_cases(void)
{
    zone_t                   z;
    ngx_uint_t               i, changed, layout;
    ngx_http_ioattest_sh_t  *sh;

    const zone_place_t  places[] = {
        SIZE(sh, 17168),
        AT(sh, magic, 0),
        AT(sh, layout, 8),
        AT(sh, dirty, 16),
        AT(sh, resets, 24),
        AT(sh, next_token, 32),
        AT(sh, next_generation, 40),
        AT(sh, capacity, 48),
        AT(sh, idle, 56),
        AT(sh, names, 64),
        AT(sh, names_dropped, 104),
        AT(sh, bounds, 112),
        AT(sh, blobs, 120),
        AT(sh, used, 128),
        AT(sh, rbtree, 136),
        AT(sh, sentinel, 160),
        AT(sh, machine_lru, 200),
        AT(sh, idle_lru, 216),
        AT(sh, name_lru, 232),
        AT(sh, blob_lru, 312),
        AT(sh, used_lru, 328),
        AT(sh, models, 344),
        AT(sh, slots, 360),
        AT(sh, silences, 6504),
        AT(sh, replay, 9576),
        AT(sh, replay_retry, 9584),
        AT(sh, replay_blind, 9592),
        AT(sh, rests, 9600),
        AT(sh, own_rests, 13184),
        AT(sh, counters, 14080),
        AT(sh, recent, 15368),
        AT(sh, early_failed, 17160),

        SIZE(histogram, 112),
        AT(histogram, bucket, 0),
        AT(histogram, sum_us, 104),

        SIZE(counters, 1288),
        AT(counters, verified, 0),
        AT(counters, unsigned_errors, 8),
        AT(counters, rejected, 16),
        AT(counters, dry_run_rejected, 296),
        AT(counters, attest_trigger, 576),
        AT(counters, requests_waited, 600),
        AT(counters, attest_verified, 608),
        AT(counters, attest_rejected, 616),
        AT(counters, requests_match, 896),
        AT(counters, requests_mismatch, 904),
        AT(counters, requests_unknown, 912),
        AT(counters, evicted, 920),
        AT(counters, replay_evicted, 928),
        AT(counters, key_refused, 936),
        AT(counters, key_refused_at, 944),
        AT(counters, verify, 952),
        AT(counters, attest, 1064),
        AT(counters, wait, 1176),

        SIZE(rest, 56),
        AT(rest, digest, 0),
        AT(rest, until, 32),
        AT(rest, status, 40),
        AT(rest, after, 48),

        SIZE(slot, 48),
        AT(slot, token, 0),
        AT(slot, model, 8),
        AT(slot, asker, 16),
        AT(slot, started, 24),
        AT(slot, deadline, 32),
        AT(slot, pid, 40),
        BIT(slot, charged, 352),

        SIZE(silence, 48),
        AT(silence, asker, 0),
        AT(silence, at, 8),
        AT(silence, until, 16),
        AT(silence, n, 24),
        AT(silence, reason, 32),
        AT(silence, reason_at, 40),

        SIZE(recent, 112),
        AT(recent, at, 0),
        AT(recent, n, 8),
        AT(recent, reason, 16),
        AT(recent, dry_run, 18),
        AT(recent, sent, 19),
        AT(recent, have_address, 20),
        AT(recent, name_len, 21),
        AT(recent, address20, 22),
        AT(recent, name, 42),

        SIZE(node, 1016),
        AT(node, sn, 0),
        AT(node, lru, 56),
        AT(node, kind, 72),
        AT(node, key, 76),
        AT(node, u, 112),

        SIZE(names, 344),
        AT(names, name, 0),
        AT(names, name_len, 200),
        AT(names, id, 208),
        AT(names, id_len, 336),

        SIZE(model_node, 904),
        AT(model_node, names, 0),
        AT(model_node, policy, 344),
        AT(model_node, all, 376),
        AT(model_node, machines, 392),
        AT(model_node, count, 408),
        AT(model_node, held, 416),
        AT(model_node, notes, 424),
        AT(model_node, missed, 432),
        AT(model_node, answered, 440),
        AT(model_node, met, 448),
        AT(model_node, used, 456),
        AT(model_node, lacked, 464),
        AT(model_node, lacked_at, 472),
        AT(model_node, looked, 480),
        AT(model_node, started, 488),
        AT(model_node, took, 496),
        AT(model_node, claim, 504),
        AT(model_node, refusals, 528),
        AT(model_node, fails, 536),
        AT(model_node, wide, 544),
        AT(model_node, backoff, 552),
        AT(model_node, retry_at, 560),
        AT(model_node, reason, 568),
        AT(model_node, failed_at, 576),
        AT(model_node, failed20, 584),
        AT(model_node, have_failed, 608),
        AT(model_node, own, 616),
        AT(model_node, census, 664),
        AT(model_node, streak, 672),
        AT(model_node, searched, 680),
        AT(model_node, search_at, 688),
        AT(model_node, searches, 696),
        AT(model_node, searched_at, 704),
        AT(model_node, new_at, 712),
        AT(model_node, last_new, 720),
        AT(model_node, changed, 728),
        AT(model_node, changed_at, 736),
        AT(model_node, for_signer, 744),
        AT(model_node, signer_at, 752),
        AT(model_node, mixed, 760),
        AT(model_node, behind, 768),
        AT(model_node, behind_told, 776),
        AT(model_node, behind_at, 784),
        AT(model_node, ended, 792),
        AT(model_node, told_known, 800),
        AT(model_node, told_new_at, 808),
        AT(model_node, told_until, 816),
        AT(model_node, share_met, 824),
        AT(model_node, share_refused, 832),
        AT(model_node, budget, 840),
        AT(model_node, budget_at, 848),
        AT(model_node, refused, 856),
        AT(model_node, refused_at, 864),
        AT(model_node, refused_reason, 872),
        AT(model_node, refused20, 876),
        AT(model_node, have_refused20, 896),

        SIZE(claim, 24),
        AT(claim, asker, 0),
        AT(claim, arrived, 8),
        AT(claim, seen, 16),

        SIZE(machine_node, 896),
        AT(machine_node, siblings, 0),
        AT(machine_node, model, 16),
        AT(machine_node, info, 24),
        AT(machine_node, bumped, 856),
        AT(machine_node, chase_met, 864),
        AT(machine_node, chased, 872),
        AT(machine_node, given_up, 873),
        AT(machine_node, refused, 874),
        AT(machine_node, refused_at, 880),
        AT(machine_node, early, 888),

        SIZE(machine, 832),
        AT(machine, address20, 0),
        AT(machine, image_digest, 20),
        AT(machine, image_digest_len, 152),
        AT(machine, attested_at, 160),
        AT(machine, expires_at, 168),
        AT(machine, attested_ms, 176),
        AT(machine, valid, 184),
        BIT(machine, via_tls, 1536),
        BIT(machine, pinned, 1537),
        BIT(machine, end_kept, 1538),
        AT(machine, proved, 200),
        AT(machine, verified, 800),
        AT(machine, early, 808),

        SIZE(proved, 600),
        AT(proved, cpu, 0),
        AT(proved, tcb_status, 4),
        AT(proved, signer_bound, 8),
        AT(proved, gpu_reference, 12),
        AT(proved, expires, 16),
        AT(proved, documents_end, 24),
        AT(proved, gpus, 32),
        AT(proved, gpu_arch, 40),
        AT(proved, gpu_mode, 56),
        AT(proved, gpu_driver, 72),
        AT(proved, gpu_vbios, 104),
        AT(proved, advisories, 136),
        AT(proved, ids, 337),

        SIZE(ids, 258),
        AT(ids, cpu, 0),
        AT(ids, cpu_len, 64),
        AT(ids, ueids_n, 65),
        AT(ids, ueids, 66),
        AT(ids, gpus32, 226),

        SIZE(early, 24),
        AT(early, evaluation, 0),
        AT(early, told, 8),
        AT(early, status, 16),
        AT(early, asked, 17),
        AT(early, judged, 18),
        AT(early, accepted, 19),

        SIZE(name_node, 496),
        AT(name_node, names, 0),
        AT(name_node, attestable, 344),
        AT(name_node, generation, 352),
        AT(name_node, place, 360),
        AT(name_node, head, 368),
        AT(name_node, content, 376),
        AT(name_node, dropped, 408),
        AT(name_node, lease, 416),
        AT(name_node, fetched, 464),
        AT(name_node, fetched_ms, 472),
        AT(name_node, reread, 480),
        AT(name_node, reread_ms, 488),

        SIZE(lease, 48),
        AT(lease, token, 0),
        AT(lease, deadline, 8),
        AT(lease, pid, 16),
        AT(lease, retry_at, 24),
        AT(lease, failures, 32),
        AT(lease, reason, 40),

        SIZE(blob_node, 112),
        AT(blob_node, pieces, 0),
        AT(blob_node, body_len, 8),
        AT(blob_node, chain_len, 16),
        AT(blob_node, fetched_ms, 24),
        AT(blob_node, version, 32),
        AT(blob_node, lease, 40),
        AT(blob_node, failed, 88),
        AT(blob_node, status, 96),
        AT(blob_node, failed_ms, 104),

        SIZE(piece, 1024),
        AT(piece, next, 0),
        AT(piece, data, 8),

        SIZE(bound_node, 664),
        AT(bound_node, strict, 0),
        AT(bound_node, met, 8),
        AT(bound_node, n, 16),
        AT(bound_node, address20, 24),

        SIZE(used_node, 416),
        AT(used_node, names, 0),
        AT(used_node, origin, 344),
        AT(used_node, policy, 376),
        AT(used_node, at, 408),

        SIZE(notes, 904),
        AT(notes, note, 0),
        AT(notes, n, 896),

        SIZE(note, 56),
        AT(note, address20, 0),
        AT(note, reason, 20),
        AT(note, repeats, 22),
        AT(note, searched, 23),
        AT(note, at, 24),
        AT(note, since, 32),
        AT(note, until, 40),
        AT(note, met, 48),
        AT(note, answered, 52),

        SIZE(missed, 1024),
        AT(missed, missing, 0),

        SIZE(missing, 32),
        AT(missing, address20, 0),
        AT(missing, used, 20),
        AT(missing, until, 24),

        SIZE(replay, 24),
        AT(replay, size, 0),
        AT(replay, used, 4),
        AT(replay, oldest, 8),
        AT(replay, window, 16),

        SIZE(seen, 48),
        AT(seen, digest32, 0),
        AT(seen, seen_at, 32),
        AT(seen, next, 40),
        AT(seen, used, 44)
    };

    zone_open(&z, 256 * 1024);
    sh = z.zone.shpool->data;
    layout = sh->layout;
    zone_close(&z);

    changed = 0;

#if defined(__x86_64__) && defined(__LP64__)

    for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {

        if (places[i].is != places[i].was) {
            printf("# %s: %zu, was %zu\n", places[i].name, places[i].is,
                   places[i].was);
            changed++;
        }
    }

#else

    (void) places;
    (void) i;

#endif

    UNIT_OK(changed == 0 || layout != ZONE_LAYOUT,
            "what is in shared memory is that of layout %d: if not, raise "
            "NGX_HTTP_IOATTEST_LAYOUT in "
            "src/nginx/zone/ngx_http_ioattest_zone.c", ZONE_LAYOUT);
    UNIT_OK(changed == 0 && layout == ZONE_LAYOUT,
            "layout %d is the one of t/unit/zone/layout.c: if not, put the "
            "new number and places there", (int) layout);
}
