/*
 * ioa_evidence: the CPU and GPU evidence of an attestation reply: identifies
 * it, lists the endorsements that are needed to verify it, verifies it, and
 * applies the policy.
 */

#ifndef IOA_EVIDENCE_H
#define IOA_EVIDENCE_H

#include <stddef.h>
#include <stdint.h>

#include "base/ioa_bytes.h"
#include "base/ioa_check.h"
#include "base/ioa_sha256.h"
#include "base/ioa_status.h"
#include "nvidia/ioa_gpu_ocsp.h"
#include "nvidia/ioa_reference.h"
#include "nvidia/ioa_verify_gpu.h"
#include "policy/ioa_policy.h"
#include "tdx/ioa_tcb.h"
#include "tdx/ioa_verify_collateral.h"
#include "x509/ioa_chain.h"

#define IOA_NONCE_LEN              32
#define IOA_EVIDENCE_PATH_MAX      256
#define IOA_EVIDENCE_WORD_MAX      63
#define IOA_EVIDENCE_ADVISORY_MAX  200

/* Kinds of CPU evidence; several may be accepted.  None: none is asked. */
#define IOA_CPU_TDX      0x01
#define IOA_CPU_SEV_SNP  0x02

typedef enum {
    IOA_GPU_OFF = 0,
    IOA_GPU_LOCAL,              /* verified here */
    IOA_GPU_NRAS                /* by NVIDIA's service */
} ioa_gpu_mode_e;

/* What the CPU evidence's 64 bytes must hold (doc/formats.md 7). */
typedef enum {
    IOA_REPORT_DATA_AUTO = 0,   /* either */
    IOA_REPORT_DATA_NONCE,      /* nonce, 32 zero bytes */
    IOA_REPORT_DATA_ADDRESS     /* address, 12 zero bytes, nonce */
} ioa_report_data_e;

/* Endorsements, and other services' answers, that an appraisal may need. */
typedef enum {
    IOA_FETCH_TCB_INFO = 0,     /* Intel's PCS, with their issuer chains */
    IOA_FETCH_QE_IDENTITY,
    IOA_FETCH_PCK_CRL,
    IOA_FETCH_ROOT_CRL,
    IOA_FETCH_VCEK,             /* AMD's KDS */
    IOA_FETCH_AMD_CRL,
    IOA_FETCH_NRAS,             /* NVIDIA's service */
    IOA_FETCH_JWKS,
    IOA_FETCH_EARLY_TCB_INFO,   /* Intel's, for ioa_evidence_early() alone */
    IOA_FETCH_EARLY_QE_IDENTITY,
    IOA_FETCH_GPU_OCSP,         /* NVIDIA's OCSP responder, a certificate */
    IOA_FETCH_GPU_OCSP_LAST = IOA_FETCH_GPU_OCSP + IOA_GPU_OCSP_MAX - 1,
    IOA_FETCH_MAX
} ioa_fetch_e;

/* In a set of 64 bits. */
#define IOA_FETCH_BIT(what)  (UINT64_C(1) << (what))

/*
 * An answer's body, and its issuer chain header as it came; of OCSP the nonce
 * that was sent, IOA_OCSP_NONCE_LEN bytes.
 */
typedef struct {
    ioa_bytes_t  body;          /* data NULL: not asked yet; empty: none */
    ioa_bytes_t  chain;
} ioa_fetched_t;

/*
 * Endorsements that are needed and not at hand.
 *
 * path: the relative URI of each document, without leading slash, whether or
 * not it is at hand; "" for IOA_FETCH_NRAS, a POST of ioa_evidence_nras_body,
 * and for IOA_FETCH_JWKS; of OCSP what ioa_ocsp_request() takes, whose POST
 * goes to the URI itself.
 *
 * A report that does not say its product may have its VCEK at either of two
 * paths; else vcek_else is "".  Where nobody is asked for a VCEK and none is
 * at hand, its paths are here with nothing wanted.
 *
 * Of what is at hand, where the verdict is a refusal: unfit are those among
 * which one is no good itself (form, signature, dates), so that nothing is
 * said of the evidence; older are good, and what they say refuses it, which
 * newer ones might not.  Neither: no document can change the verdict.
 */
typedef struct {
    uint64_t     wanted;        /* IOA_FETCH_BIT of each */
    uint64_t     unfit;
    uint64_t     older;
    char         path[IOA_FETCH_MAX][IOA_EVIDENCE_PATH_MAX];
    char         vcek_else[IOA_EVIDENCE_PATH_MAX];  /* where path has none */
} ioa_wants_t;

/* Appraisal policy: settings and policy file.  Read-only once made. */
typedef struct {
    /* accepted image digests, the file's too; none: any, it is recorded */
    const ioa_bytes_t        *image_digests;
    size_t                    image_digests_n;

    const ioa_policy_file_t  *file;         /* NULL only where all is off */
    unsigned                  cpu;
    ioa_gpu_mode_e            gpu;
    ioa_report_data_e         report_data;

    const ioa_roots_t        *cpu_roots;
    const ioa_roots_t        *gpu_roots;
    const ioa_reference_t    *reference;    /* of GPUs; NULL: not compared */
    ioa_chain_cache_t        *cache;        /* may be NULL */

    int                       collateral;   /* Intel's PCS is asked */
    int                       kds;          /* AMD's KDS is asked */
    int                       no_crl;       /* and need not have a CRL */
    int64_t                   slack;        /* for collateral, seconds */

    int                       gpu_ocsp;     /* NVIDIA's responder is asked */
    int                       gpu_hold;     /* certificateHold is accepted */
    int                       gpu_saved;    /* its answers have no nonce that
                                               is known: never in a gateway */
} ioa_policy_t;

/* The attestation result, as far as it comes from evidence. */
typedef struct {
    unsigned          cpu;                  /* 0: not looked at */
    ioa_tcb_status_t  tcb_status;
    char              ppid[2 * IOA_POLICY_PPID_LEN + 1];    /* TDX: hex */
    char              fmspc[2 * IOA_POLICY_FMSPC_LEN + 1];
    char              advisories[IOA_EVIDENCE_ADVISORY_MAX + 1];
    int               signer_bound;         /* by hardware */
    int64_t           expires;              /* 0: nothing says so */

    size_t            gpus;                 /* 0: not looked at */
    char              gpu_arch[IOA_EVIDENCE_WORD_MAX + 1];
    char              gpu_driver[IOA_EVIDENCE_WORD_MAX + 1];
    char              gpu_vbios[IOA_EVIDENCE_WORD_MAX + 1];
    char              gpu_mode[IOA_EVIDENCE_WORD_MAX + 1];  /* "": unknown */
    int               gpu_reference;        /* 1: measurements match the
                                               reference values */
    int64_t           documents_end;        /* as expires, without results
                                               of NVIDIA's service */

    /* which machine: "" where its evidence does not say it */
    char              chip_id[2 * IOA_POLICY_CHIP_LEN + 1];     /* SNP: hex */
    char              ueids[IOA_GPUS_MAX][IOA_EVIDENCE_WORD_MAX + 1];
                                            /* of all GPUs, sorted */

    /* of a TDX platform, for ioa_evidence_early() */
    ioa_collateral_quote_t  platform;
} ioa_proved_t;

/* A TDX platform by the TCB that Intel will ask for next. */
typedef struct {
    ioa_tcb_status_t  status;               /* unknown: it has no level */
    int               accepted;             /* the policy would take it */
    uint64_t          evaluation;           /* as in ioa_tcb.h */
    char              lacks[IOA_TCB_LACKS_MAX + 1];     /* likewise, or the
                                               check that it fails */
} ioa_early_t;

/*
 * Judges a platform that was proved with collateral once more, by what
 * Intel's service says to "update=early".  It decides nothing: whoever trusts
 * the machine goes on doing so.
 *
 * Returns: IOA_OK, whatever there is to say; IOA_ATTESTATION_UNAVAILABLE with
 * something in wants; IOA_REVOKED or IOA_TCB_REJECTED where the documents are
 * no good, checks (may be NULL) say why.  IOA_TCB_REJECTED too for a machine
 * that was not proved to be a TDX platform.
 * Out: early, all zero unless IOA_OK; with IOA_OK a failed line in checks is
 * what the policy would refuse it for.
 * In: fetched, with the CRLs that proved it; policy; now.
 */
ioa_status_t ioa_evidence_early(ioa_early_t *early, ioa_wants_t *wants,
    ioa_checks_t *checks, const ioa_proved_t *proved,
    const ioa_policy_t *policy, const ioa_fetched_t *fetched, int64_t now)
    IOA_MUST_CHECK;

/*
 * What NVIDIA's service is asked: written here, with our nonce and the GPUs'
 * evidence, and nothing else of the reply.  To be called where
 * ioa_attest_verify wants IOA_FETCH_NRAS.
 *
 * Returns: the length; 0 where the reply is none, its evidence cannot be
 * sent, or there is no memory.
 * In: cap, IOA_EVIDENCE_NRAS_MORE more than the reply's length is enough.
 */
#define IOA_EVIDENCE_NRAS_MORE  1024

size_t ioa_evidence_nras_body(uint8_t *out, size_t cap, ioa_bytes_t reply,
    const uint8_t nonce32[IOA_NONCE_LEN]) IOA_MUST_CHECK;

#endif
