/*
 * ioa_gpu_ocsp: see ioa_gpu_ocsp.h.
 */

#include "base/ioa_codec.h"
#include "nvidia/ioa_gpu_ocsp.h"

#define IOA_GPU_OCSP_DAY  86400


/* Days since then, at least 0. */
static long long
ioa_gpu_ocsp_days(int64_t since, int64_t now)
{
    return since < now ? (long long) ((now - since) / IOA_GPU_OCSP_DAY) : 0;
}


/* Returns: the place whose answer counts for this one, before or at it. */
static size_t
ioa_gpu_ocsp_first(const ioa_gpu_ocsp_t *ocsp, size_t place)
{
    size_t  i;

    for (i = 0; i < place; i++) {
        if (ioa_ocsp_same(&ocsp->certs[i].id, &ocsp->certs[place].id)) {
            break;
        }
    }

    return i;
}


/* A place is judged once, for all GPUs that share its certificate. */
static void
ioa_gpu_ocsp_ask(ioa_gpu_ocsp_t *ocsp, size_t place,
    const ioa_chain_t *chain, size_t i, int64_t now)
{
    const uint8_t        *nonce32;
    ioa_gpu_ocsp_cert_t  *cert = &ocsp->certs[place];

    if (ocsp->known & (UINT64_C(1) << place)) {
        return;
    }

    ocsp->known |= UINT64_C(1) << place;

    if (!ocsp->saved && ioa_reader_left(&cert->nonce) != IOA_OCSP_NONCE_LEN) {
        cert->said.status = IOA_OCSP_BAD;
        cert->said.why = "no nonce was sent";
        return;
    }

    nonce32 = ocsp->saved ? NULL : cert->nonce.pos;
    ioa_ocsp_judge(&cert->said, chain, i, cert->answer, nonce32, now);
}


static void
ioa_gpu_ocsp_until(ioa_gpu_ocsp_t *ocsp, int64_t until)
{
    if (ocsp->until == 0 || until < ocsp->until) {
        ocsp->until = until;
    }
}


static ioa_status_t
ioa_gpu_ocsp_verdict(ioa_note_t *note, ioa_gpu_ocsp_t *ocsp, size_t place,
    size_t i, const char *cn, int64_t now)
{
    const ioa_ocsp_said_t  *said = &ocsp->certs[place].said;

    switch (said->status) {

    case IOA_OCSP_GOOD:
        ioa_gpu_ocsp_until(ocsp, said->until);
        return IOA_OK;

    case IOA_OCSP_HOLD:
        ioa_gpu_ocsp_until(ocsp, said->until);
        ocsp->held |= UINT64_C(1) << place;
        ioa_note(note, "certificate %zu, \"%s\", is on certificateHold, for "
                 "%lld days", i, cn, ioa_gpu_ocsp_days(said->since, now));
        return IOA_OK;

    case IOA_OCSP_REVOKED:
        ocsp->wanted |= UINT64_C(1) << place;
        ioa_note(note, "certificate %zu, \"%s\", was revoked %lld days ago: "
                 "%s", i, cn, ioa_gpu_ocsp_days(said->since, now),
                 said->why);
        return IOA_REVOKED;

    case IOA_OCSP_UNKNOWN:
        ocsp->wanted |= UINT64_C(1) << place;
        ioa_note(note, "certificate %zu, \"%s\", is unknown to the "
                 "responder", i, cn);
        return IOA_GPU_EVIDENCE_INVALID;

    default: /* IOA_OCSP_BAD */
        ocsp->wanted |= UINT64_C(1) << place;
        ioa_note(note, "the answer about certificate %zu, \"%s\", does not "
                 "count: %s", i, cn, said->why);
        return IOA_ATTESTATION_UNAVAILABLE;
    }
}


/* The i-th certificate of the GPU's chain. */
static ioa_status_t
ioa_gpu_ocsp_one(ioa_note_t *note, ioa_gpu_ocsp_t *ocsp,
    const ioa_chain_t *chain, size_t place, size_t i, int64_t now)
{
    char  cn[IOA_CHAIN_CN_MAX + 1];

    if (!ioa_chain_subject_cn(cn, chain, i)) {
        cn[0] = '\0';
    }

    if (!ioa_ocsp_id(&ocsp->certs[place].id, chain, i)) {
        ioa_note(note, "certificate %zu, \"%s\", cannot be asked for", i, cn);
        return IOA_GPU_EVIDENCE_INVALID;
    }

    place = ioa_gpu_ocsp_first(ocsp, place);

    if (ioa_reader_left(&ocsp->certs[place].answer) == 0) {
        ocsp->wanted |= UINT64_C(1) << place;
        ioa_note(note, "there is no answer about certificate %zu, \"%s\"", i,
                 cn);
        return IOA_ATTESTATION_UNAVAILABLE;
    }

    ioa_gpu_ocsp_ask(ocsp, place, chain, i, now);

    return ioa_gpu_ocsp_verdict(note, ocsp, place, i, cn, now);
}


ioa_status_t
ioa_gpu_ocsp_judge(ioa_note_t *note, ioa_gpu_ocsp_t *ocsp,
    const ioa_chain_t *chain, size_t index, int64_t now)
{
    size_t        i, place;
    ioa_note_t    one;
    ioa_status_t  st, all = IOA_OK;

    ioa_note(note, "%d certificates are not revoked", IOA_GPU_OCSP_CERTS);

    for (i = 0; index < IOA_GPUS_MAX && i < IOA_GPU_OCSP_CERTS; i++) {
        place = index * IOA_GPU_OCSP_CERTS + i;
        one.detail[0] = '\0';

        st = ioa_gpu_ocsp_one(&one, ocsp, chain, place,
                              IOA_GPU_CERT_DEVICE + i, now);

        /*
         * Report a hold only if nothing is wrong; a final refusal replaces a
         * missing answer.
         */

        if ((all == IOA_OK && one.detail[0] != '\0')
            || (all == IOA_ATTESTATION_UNAVAILABLE && st != IOA_OK
                && st != all))
        {
            ioa_note(note, "%s", one.detail);
            all = st;
        }
    }

    return index < IOA_GPUS_MAX ? all : IOA_GPU_EVIDENCE_INVALID;
}


void
ioa_gpu_ocsp_text(char text[IOA_GPU_OCSP_TEXT], const ioa_gpu_ocsp_t *ocsp,
    size_t place)
{
    const ioa_ocsp_id_t  *id = &ocsp->certs[place].id;

    ioa_hex_encode((uint8_t *) text, id->bytes, id->len);
    text[2 * id->len] = '\0';
}
