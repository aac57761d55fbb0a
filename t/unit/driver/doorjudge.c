/*
 * doorjudge: what ioa_attest_verify says of one reply with evidence, for
 * tests in other languages.
 *
 * Standard input: see door.h; an argument: the model was bound before.
 * Standard output: the reason or "ok", what is wanted in hex, kind of CPU,
 * TCB status, number of GPUs, signer bound, whether something says until
 * when, whether nothing was left in machine.
 */

#include "door.h"


static void
door_print(const ioa_machine_t *m, ioa_status_t st, const ioa_wants_t *wants)
{
    static const ioa_machine_t  zero;

    printf("%s %x %u %s %zu %d %d %d\n",
           st == IOA_OK ? "ok" : ioa_status_name(st), wants->wanted,
           m->proved.cpu, ioa_tcb_name(m->proved.tcb_status),
           m->proved.gpus, m->proved.signer_bound, m->proved.expires != 0,
           memcmp(m, &zero, sizeof(zero)) == 0);
}


int
main(int argc, char **argv)
{
    ioa_wants_t    wants;
    ioa_status_t   st;
    ioa_machine_t  machine;

    static door_t  door;

    (void) argv;

    door_read(&door);
    memset(&machine, 0xff, sizeof(machine));

    st = ioa_attest_verify(&machine, &wants, NULL, door.reply, door.nonce32,
                           &door.policy, door.fetched, argc > 1, door.now);
    door_print(&machine, st, &wants);
    door_free(&door);

    return 0;
}
