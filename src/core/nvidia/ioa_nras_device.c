/*
 * ioa_nras_device: see ioa_nras_device.h.
 */

#include <string.h>

#include "nvidia/ioa_nras_device.h"
#include "base/ioa_reader.h"

#define IOA_NRAS_OEM          "5703"    /* NVIDIA */
#define IOA_NRAS_MODEL_DIGITS 3

/* The two claims that may say that a chain of certificates is good. */
typedef struct {
    const char  *object;        /* must be there */
    const char  *boolean;       /* need not */
} ioa_nras_chain_t;


int
ioa_nras_word(char word[IOA_NRAS_WORD_MAX + 1], const uint8_t *text,
    size_t len)
{
    size_t  i;

    if (len == 0 || len > IOA_NRAS_WORD_MAX) {
        return 0;
    }

    for (i = 0; i < len; i++) {
        if (text[i] < ' ' || text[i] > '~') {
            return 0;
        }
    }

    memcpy(word, text, len);
    word[len] = '\0';

    return 1;
}


static int
ioa_nras_claim(char word[IOA_NRAS_WORD_MAX + 1], const ioa_json_t *claims,
    const char *name)
{
    size_t          len;
    const uint8_t  *text;

    return ioa_json_string(&text, &len, ioa_json_member(claims, name))
           && ioa_nras_word(word, text, len);
}


/* "GH100 A01 GSP BROM": letters of the generation, three digits. */
static int
ioa_nras_arch(char arch[IOA_NRAS_WORD_MAX + 1], const char *hwmodel)
{
    size_t         i;
    uint8_t        c;
    const char    *name;
    ioa_reader_t   r;

    ioa_reader_init(&r, (const uint8_t *) hwmodel, strlen(hwmodel));

    if (ioa_reader_match(&r, "GH", 2)) {
        name = "HOPPER";

    } else if (ioa_reader_match(&r, "GB", 2)) {
        name = "BLACKWELL";

    } else {
        return 0;
    }

    for (i = 0; i < IOA_NRAS_MODEL_DIGITS; i++) {
        if (!ioa_reader_u8(&r, &c) || c < '0' || c > '9') {
            return 0;
        }
    }

    if (ioa_reader_u8(&r, &c) && c != ' ') {
        return 0;
    }

    strcpy(arch, name);

    return 1;
}


/* 1 where a claim is there that is not in every version, and is not true. */
static int
ioa_nras_no(const ioa_json_t *claims, const char *name)
{
    const ioa_json_t  *value;

    value = ioa_json_member(claims, name);

    return value != NULL && !ioa_json_is_true(value);
}


/*
 * Lists of what did not match: measurements, and since version 4 records of
 * the opaque data.  Returns: the name of one that is not empty, or NULL.
 */
static const char *
ioa_nras_mismatch(const ioa_json_t *claims)
{
    const char        *name;
    const ioa_json_t  *value;

    static const char  prefix[] = "x-nvidia-mismatch-";

    for (value = ioa_json_first(claims); value != NULL;
         value = ioa_json_next(value))
    {
        name = ioa_json_name(value);

        if (strncmp(name, prefix, sizeof(prefix) - 1) == 0
            && !ioa_json_is_null(value)
            && (!ioa_json_is_array(value) || ioa_json_first(value) != NULL))
        {
            return name;
        }
    }

    return NULL;
}


/*
 * One chain of certificates.  The boolean is that of older claims; the object
 * alone says what OCSP answered.
 */
static ioa_status_t
ioa_nras_chain(const ioa_json_t *claims, const ioa_nras_chain_t *names)
{
    const ioa_json_t  *chain, *valid;

    static const char  status[] = "x-nvidia-cert-status";
    static const char  ocsp[] = "x-nvidia-cert-ocsp-status";

    chain = ioa_json_member(claims, names->object);
    valid = ioa_json_member(claims, names->boolean);

    if (ioa_jwt_says(chain, status, "revoked")
        || ioa_jwt_says(chain, ocsp, "revoked"))
    {
        return IOA_REVOKED;
    }

    if ((valid != NULL && !ioa_json_is_true(valid))
        || !ioa_jwt_says(chain, status, "valid")
        || !ioa_jwt_says(chain, ocsp, "good")
        || ioa_nras_no(chain, "x-nvidia-cert-ocsp-response-valid")
        || ioa_nras_no(chain, "x-nvidia-cert-ocsp-nonce-matches"))
    {
        return IOA_GPU_EVIDENCE_INVALID;
    }

    return IOA_OK;
}


/* The report's chain and those of the RIMs. */
static ioa_status_t
ioa_nras_chains(const char **failed, const ioa_json_t *claims)
{
    size_t        i;
    ioa_status_t  st;

    static const ioa_nras_chain_t  chains[] = {
        { "x-nvidia-gpu-attestation-report-cert-chain",
          "x-nvidia-gpu-attestation-report-cert-chain-validated" },
        { "x-nvidia-gpu-driver-rim-cert-chain",
          "x-nvidia-gpu-driver-rim-cert-validated" },
        { "x-nvidia-gpu-vbios-rim-cert-chain",
          "x-nvidia-gpu-vbios-rim-cert-validated" }
    };

    for (i = 0; i < sizeof(chains) / sizeof(chains[0]); i++) {
        st = ioa_nras_chain(claims, &chains[i]);

        if (st != IOA_OK) {
            *failed = chains[i].object;
            return st;
        }
    }

    return IOA_OK;
}


/* Claims that are not in every version.  Returns: one that says no. */
static const char *
ioa_nras_denied(const ioa_json_t *claims)
{
    size_t  i;

    static const char *const  names[] = {
        "x-nvidia-gpu-attestation-report-cert-chain-fwid-match",
        "x-nvidia-gpu-driver-rim-fetched",
        "x-nvidia-gpu-driver-rim-schema-validated",
        "x-nvidia-gpu-driver-rim-signature-verified",
        "x-nvidia-gpu-driver-rim-version-match",
        "x-nvidia-gpu-driver-rim-measurements-available",
        "x-nvidia-gpu-vbios-rim-fetched",
        "x-nvidia-gpu-vbios-rim-schema-validated",
        "x-nvidia-gpu-vbios-rim-signature-verified",
        "x-nvidia-gpu-vbios-rim-version-match",
        "x-nvidia-gpu-vbios-rim-measurements-available",
        "x-nvidia-gpu-vbios-index-no-conflict"
    };

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (ioa_nras_no(claims, names[i])) {
            return names[i];
        }
    }

    return ioa_nras_mismatch(claims);
}


/* NVIDIA's verdict.  Returns: the first claim that fails, or NULL. */
static const char *
ioa_nras_verdict(const ioa_json_t *claims)
{
    size_t             i;
    const ioa_json_t  *error;

    static const char *const  must_be_true[] = {
        "secboot",
        "x-nvidia-gpu-arch-check",
        "x-nvidia-gpu-attestation-report-parsed",
        "x-nvidia-gpu-attestation-report-nonce-match",
        "x-nvidia-gpu-attestation-report-signature-verified"
    };

    error = ioa_json_member(claims, "x-nvidia-error-details");

    if (error != NULL && !ioa_json_is_null(error)) {
        return "x-nvidia-error-details";
    }

    if (!ioa_jwt_says(claims, "measres", "success")) {
        return "measres";
    }

    if (!ioa_jwt_says(claims, "dbgstat", "disabled")) {
        return "dbgstat";
    }

    if (!ioa_jwt_says(claims, "oemid", IOA_NRAS_OEM)) {
        return "oemid";
    }

    for (i = 0; i < sizeof(must_be_true) / sizeof(must_be_true[0]); i++) {
        if (!ioa_json_is_true(ioa_json_member(claims, must_be_true[i]))) {
            return must_be_true[i];
        }
    }

    return ioa_nras_denied(claims);
}


/* What the GPU is.  Returns: the first claim that is missing, or NULL. */
static const char *
ioa_nras_identity(ioa_nras_device_t *device, const ioa_json_t *claims)
{
    if (!ioa_nras_claim(device->hwmodel, claims, "hwmodel")
        || !ioa_nras_arch(device->arch, device->hwmodel))
    {
        return "hwmodel";
    }

    if (!ioa_nras_claim(device->ueid, claims, "ueid")) {
        return "ueid";
    }

    if (!ioa_nras_claim(device->driver_version, claims,
                        "x-nvidia-gpu-driver-version"))
    {
        return "x-nvidia-gpu-driver-version";
    }

    if (!ioa_nras_claim(device->vbios_version, claims,
                        "x-nvidia-gpu-vbios-version"))
    {
        return "x-nvidia-gpu-vbios-version";
    }

    return NULL;
}


ioa_status_t
ioa_nras_device(ioa_nras_device_t *device, const char **failed,
    const ioa_json_t *claims)
{
    ioa_status_t  st;

    *failed = ioa_nras_verdict(claims);

    if (*failed != NULL) {
        return IOA_GPU_EVIDENCE_INVALID;
    }

    st = ioa_nras_chains(failed, claims);

    if (st != IOA_OK) {
        return st;
    }

    *failed = ioa_nras_identity(device, claims);

    if (*failed != NULL) {
        return IOA_GPU_EVIDENCE_INVALID;
    }

    return IOA_OK;
}
