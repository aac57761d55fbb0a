/*
 * driver door: what ioa_attest_verify says of one reply with evidence.
 *
 * Standard input: see door.h.  Arguments: "bound" where the model was bound
 * before, "nras" to print only what NVIDIA's service is asked, else "new"; a
 * policy file's text; "ends" to print only until when what was proved lasts,
 * "early" to print what the platform is by the TCB to come: the reason or
 * "ok", what is wanted, status, whether the policy takes it, evaluation,
 * whether nothing was left, what is short;
 * "none" where AMD's key service says that it has no
 * list of what is revoked, "no_crl" where that is accepted of it.
 * Standard output: the reason or "ok", what is wanted in hex, kind of CPU,
 * TCB status, number of GPUs, signer bound, whether something says until
 * when, whether nothing was left in machine, advisories.
 */

#include <inttypes.h>

#include "door.h"
#include "feed.h"


static void
door_print(const ioa_machine_t *m, ioa_status_t st, const ioa_wants_t *wants)
{
    static const ioa_machine_t  zero;

    printf("%s %" PRIx64 " %u %s %zu %d %d %d %s\n",
           st == IOA_OK ? "ok" : ioa_status_name(st), wants->wanted,
           m->proved.cpu, ioa_tcb_name(m->proved.tcb_status),
           m->proved.gpus, m->proved.signer_bound, m->proved.expires != 0,
           memcmp(m, &zero, sizeof(zero)) == 0, m->proved.advisories);
}


/* Into exactly as much memory as is said to be enough. */
static void
door_nras(const door_t *door)
{
    size_t    n, cap = door->reply.len + IOA_EVIDENCE_NRAS_MORE;
    uint8_t  *body = malloc(cap);

    if (body == NULL) {
        abort();
    }

    n = ioa_evidence_nras_body(body, cap, door->reply, door->nonce32);
    fwrite(body, 1, n, stdout);

    if (n != 0 && ioa_evidence_nras_body(body, n - 1, door->reply,
                                         door->nonce32) != 0)
    {
        abort();
    }

    free(body);
}


/* Of a machine that was proved, or of one that was not. */
static void
door_early(const door_t *door, const ioa_machine_t *machine)
{
    ioa_early_t    early;
    ioa_wants_t    wants;
    ioa_status_t   st;

    static ioa_checks_t       checks;
    static const ioa_early_t  zero;

    ioa_checks_init(&checks);
    memset(&early, 0xff, sizeof(early));
    st = ioa_evidence_early(&early, &wants, &checks, &machine->proved,
                            &door->policy, door->fetched, door->now);

    printf("%s %" PRIx64 " %s %d %" PRIu64 " %d %s\n",
           st == IOA_OK ? "ok" : ioa_status_name(st), wants.wanted,
           ioa_tcb_name(early.status), early.accepted, early.evaluation,
           memcmp(&early, &zero, sizeof(zero)) == 0, early.lacks);
}


int
feed_door(int argc, char **argv)
{
    int                  bound;
    char                 error[IOA_POLICY_ERROR_MAX];
    ioa_wants_t          wants;
    ioa_status_t         st;
    ioa_machine_t        machine;
    ioa_policy_file_t   *file = NULL;

    static door_t  door;

    door_read(&door);
    bound = argc > 1 && strcmp(argv[1], "bound") == 0;

    if (argc > 1 && strcmp(argv[1], "nras") == 0) {
        door_nras(&door);
        door_free(&door);
        return 0;
    }

    if (argc > 2) {
        if (!ioa_policy_parse(&file, error, (const uint8_t *) argv[2],
                              strlen(argv[2])))
        {
            return 1;
        }

        door.policy.file = file;
    }

    if (argc > 3 && strcmp(argv[3], "ends") != 0
        && strcmp(argv[3], "early") != 0)
    {
        door.fetched[IOA_FETCH_AMD_CRL].body.data = (const uint8_t *) "";
        door.policy.no_crl = strcmp(argv[3], "no_crl") == 0;
    }

    memset(&machine, 0xff, sizeof(machine));
    st = ioa_attest_verify(&machine, &wants, NULL, door.reply, door.nonce32,
                           &door.policy, door.fetched, bound, door.now);

    if (argc > 3 && strcmp(argv[3], "ends") == 0) {
        printf("%s %lld\n", st == IOA_OK ? "ok" : ioa_status_name(st),
               (long long) machine.proved.expires);

    } else if (argc > 3 && strcmp(argv[3], "early") == 0) {
        door_early(&door, &machine);

    } else {
        door_print(&machine, st, &wants);
    }

    ioa_policy_free(file);
    door_free(&door);

    return 0;
}
