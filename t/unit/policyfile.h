/*
 * policyfile: what both tests of policies need: a full file, and a reader.
 */

#ifndef POLICYFILE_H
#define POLICYFILE_H

#include "ioa_policy.h"
#include "unit.h"

#define HEX32                                                                 \
    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define HEX48  HEX32 "202122232425262728292a2b2c2d2e2f"
#define UP48                                                                  \
    "000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F"        \
    "202122232425262728292A2B2C2D2E2F"
#define OTHER                                                                 \
    "ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"        \
    "202122232425262728292a2b2c2d2e2f"
#define DIGEST "sha256:" HEX32

#define FULL                                                                  \
    "{\"image_digests\":[\"" DIGEST "\"],\n"                                  \
    " \"tdx\":{\"mr_td\":[\"" HEX48 "\",\"" OTHER "\"],\"mr_seam\":[],"       \
    "\"mr_config_id\":[],\"rtmr0\":[],\"rtmr1\":[],\"rtmr2\":[\"" OTHER       \
    "\"],\"rtmr3\":[],\n"                                                     \
    " \"tcb_status\":[\"UpToDate\",\"SWHardeningNeeded\"],"                   \
    "\"tcb_grace\":\"15d\",\n \"advisories_allowed\":[\"INTEL-SA-00837\"],"   \
    "\"sept_ve_disable\":true},\n"                                            \
    " \"sev_snp\":{\"measurement\":[\"" HEX48 "\"],\"host_data\":[\"" HEX32   \
    "\"],\"vmpl\":0,\n \"min_tcb\":{\"bootloader\":1,\"tee\":2,\"snp\":3,"    \
    "\"microcode\":4}},\n"                                                    \
    " \"gpu\":{\"arch\":[\"HOPPER\",\"BLACKWELL\"],\"count\":2,"              \
    "\"driver_versions\":[\"550.90.07\"],\"vbios_versions\":[]}}\n"



static inline ioa_policy_file_t *
read_bytes(char error[IOA_POLICY_ERROR_MAX], const void *text, size_t n)
{
    int                 rc;
    uint8_t            *exact;
    ioa_policy_file_t  *policy;

    exact = unit_exact(text, n);
    rc = ioa_policy_parse(&policy, error, exact, n);
    free(exact);

    if (rc != (policy != NULL) || rc != (error[0] == '\0')) {
        printf("Bail out! result, policy and error disagree\n");
        exit(1);
    }

    return policy;
}


static inline ioa_policy_file_t *
read_policy(const char *text)
{
    char  error[IOA_POLICY_ERROR_MAX];

    return read_bytes(error, text, strlen(text));
}


/* A policy that must be good. */
static inline ioa_policy_file_t *
good_policy(const char *text)
{
    ioa_policy_file_t  *policy;

    policy = read_policy(text);

    if (policy == NULL) {
        printf("Bail out! not read: %s\n", text);
        exit(1);
    }

    return policy;
}

#endif
