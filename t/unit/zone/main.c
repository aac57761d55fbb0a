
/*
 * A module that runs the zone's cases where nginx loads it, says TAP, and
 * ends the process:
 *
 *   nginx -t -c "load_module .../zone_test.so;"
 */

#include "zone.h"


int  unit_run;
int  unit_failed;


static void *zone_run(ngx_cycle_t *cycle);


static ngx_core_module_t  zone_test_ctx = {
    ngx_string("ioattest_zone_test"),
    zone_run,
    NULL
};


ngx_module_t  ngx_ioattest_zone_test_module = {
    NGX_MODULE_V1,
    &zone_test_ctx,
    NULL,
    NGX_CORE_MODULE,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    NGX_MODULE_V1_PADDING
};


ngx_module_t  *ngx_modules[] = { &ngx_ioattest_zone_test_module, NULL };
char  *ngx_module_names[] = { "ngx_ioattest_zone_test_module", NULL };
char  *ngx_module_order[] = { NULL };


static void *
zone_run(ngx_cycle_t *cycle)
{
    int  failed;

    /* what stands still is a failure */
    (void) alarm(60);

    zone_kept_key_cases();
    zone_trust_cases();
    zone_slot_cases();
    zone_death_cases();
    zone_outcome_cases();
    zone_tell_cases();
    zone_watch_cases();
    zone_room_cases();
    zone_list_cases();
    zone_claim_cases();
    zone_silence_cases();
    zone_rest_cases();
    zone_fetch_cases();
    zone_upgrade_cases();
    zone_used_cases();
    zone_chase_cases();
    zone_mixed_cases();
    zone_hang_cases();
    zone_end_cases();
    zone_pool_cases();
    zone_search_cases();
    zone_note_cases();
    zone_document_cases();
    zone_key_cases();
    zone_window_cases();
    zone_layout_cases();

    failed = UNIT_DONE();
    fflush(stdout);

    _exit(failed);
}
