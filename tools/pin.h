/*
 * pin: what saved replies say, and the policy that this makes.
 */

#ifndef IOATTEST_PIN_H
#define IOATTEST_PIN_H

#include <stdio.h>

#include "attest/ioattest.h"
#include "option.h"

#define IOATTEST_PIN_REPLIES  IOATTEST_OPTION_VALUES_MAX

#if IOATTEST_PIN_REPLIES > IOA_POLICY_LIST_MAX                               \
    || IOATTEST_PIN_REPLIES * IOA_GPUS_MAX > IOA_POLICY_UEIDS_MAX
#error "a list of a policy does not hold what that many replies say"
#endif

/* The members of a policy that a reply has a value for, by section. */
typedef enum {
    IOATTEST_PIN_IMAGE = 0,
    IOATTEST_PIN_MR_TD,
    IOATTEST_PIN_MR_SEAM,
    IOATTEST_PIN_MR_CONFIG_ID,
    IOATTEST_PIN_RTMR0,
    IOATTEST_PIN_RTMR1,
    IOATTEST_PIN_RTMR2,
    IOATTEST_PIN_RTMR3,
    IOATTEST_PIN_FMSPC,
    IOATTEST_PIN_PPID,
    IOATTEST_PIN_MEASUREMENT,
    IOATTEST_PIN_HOST_DATA,
    IOATTEST_PIN_VMPL,
    IOATTEST_PIN_PRODUCT,
    IOATTEST_PIN_CHIP_ID,
    IOATTEST_PIN_ARCH,
    IOATTEST_PIN_MODE,
    IOATTEST_PIN_DRIVER,
    IOATTEST_PIN_VBIOS,
    IOATTEST_PIN_COUNT,
    IOATTEST_PIN_UEID,
    IOATTEST_PINS
} ioattest_pin_e;

/* Between the UEIDs of a reply's GPUs, which are one value. */
#define IOATTEST_PIN_BETWEEN    ", "
#define IOATTEST_PIN_VALUE_MAX  (IOA_GPUS_MAX * (IOA_EVIDENCE_WORD_MAX + 2))

/* One verified reply; what it does not say is "". */
typedef struct {
    const char  *path;
    unsigned     cpu;
    char         value[IOATTEST_PINS][IOATTEST_PIN_VALUE_MAX + 1];
} ioattest_pinned_t;

typedef struct {
    size_t                    n;
    ioattest_pinned_t         replies[IOATTEST_PIN_REPLIES];
    int                       machines; /* pin who they are, too */
    int                       gpus;     /* GPU evidence was verified */
    const ioa_policy_file_t  *rules;    /* of --policy, which go on */
} ioattest_pin_t;

/* Out: one, what a reply says that was verified. */
void ioattest_pin_take(ioattest_pinned_t *one, const ioa_machine_t *machine,
    ioa_bytes_t reply);

/* Writes the policy, with its comments. */
void ioattest_pin_write(FILE *out, const ioattest_pin_t *pin);

/*
 * In: line, of ioa_policy_diff from --policy to what was written.
 * Returns: 1 if it is a rule of --policy that nothing in the other stands for.
 */
int ioattest_pin_lost(const ioattest_pin_t *pin, const char *line)
    IOA_MUST_CHECK;

/* A reply that does not name its machine, or NULL. */
const char *ioattest_pin_unnamed(const ioattest_pin_t *pin);

#endif
