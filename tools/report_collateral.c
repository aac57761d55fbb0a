/*
 * report_collateral: see report_collateral.h.
 */

#include <stdlib.h>
#include <string.h>

#include "attest/ioattest.h"
#include "command.h"
#include "report_collateral.h"

#define IOATTEST_SIGNATURE_LEN  64

typedef struct {
    const char  *name;
    const char  *signature;     /* NULL: the member is the body */
    const char  *chain;
    const char  *before;        /* the text before the member in the body */
} ioattest_member_t;

static const ioattest_member_t  ioattest_members[IOA_FETCH_MAX] = {
    [IOA_FETCH_TCB_INFO] = { "tcb_info", "tcb_info_signature",
        "tcb_info_issuer_chain", "{\"tcbInfo\":" },
    [IOA_FETCH_QE_IDENTITY] = { "qe_identity", "qe_identity_signature",
        "qe_identity_issuer_chain", "{\"enclaveIdentity\":" },
    [IOA_FETCH_PCK_CRL] = { "pck_crl", NULL, NULL, NULL },
    [IOA_FETCH_ROOT_CRL] = { "root_ca_crl", NULL, NULL, NULL }
};

static const char  ioattest_between[] = ",\"signature\":\"";
static const char  ioattest_behind[] = "\"}";


/* Out: bytes, borrowed from root; empty if name is NULL, null or missing. */
static int
ioattest_collateral_string(ioa_bytes_t *bytes, const ioa_json_t *root,
    const char *name)
{
    const ioa_json_t  *value;

    memset(bytes, 0, sizeof(ioa_bytes_t));
    value = name != NULL ? ioa_json_member(root, name) : NULL;

    if (value == NULL || ioa_json_is_null(value)) {
        return 1;
    }

    if (!ioa_json_string(&bytes->data, &bytes->len, value)) {
        ioattest_complain("--collateral: \"%s\" is not a string", name);
        return 0;
    }

    return 1;
}


/* Joins all parts in newly allocated memory. */
static int
ioattest_collateral_join(ioa_bytes_t *bytes, const ioa_bytes_t *parts,
    size_t n)
{
    size_t    i, len = 0;
    uint8_t  *p;

    for (i = 0; i < n; i++) {
        len += parts[i].len;
    }

    p = malloc(len + 1);

    if (p == NULL) {
        ioattest_complain("out of memory");
        return 0;
    }

    bytes->data = p;
    bytes->len = len;

    for (i = 0; i < n; i++) {
        if (parts[i].len != 0) {
            memcpy(p, parts[i].data, parts[i].len);
            p += parts[i].len;
        }
    }

    return 1;
}


static ioa_bytes_t
ioattest_collateral_text(const char *text)
{
    ioa_bytes_t  bytes;

    bytes.data = (const uint8_t *) text;
    bytes.len = text != NULL ? strlen(text) : 0;

    return bytes;
}


/* 1 if text is Intel's complete answer, with the signature inside. */
static int
ioattest_collateral_whole(ioa_bytes_t text, const char *before)
{
    size_t  n = strlen(before);

    return text.len > n && memcmp(text.data, before, n) == 0;
}


/*
 * Restores the answer around the text, byte for byte, since the signature
 * covers it as it was received.
 */
static int
ioattest_collateral_signed(ioa_fetched_t *fetched, const ioa_json_t *root,
    const ioattest_member_t *member)
{
    uint8_t      sig64[IOATTEST_SIGNATURE_LEN];
    ioa_bytes_t  chain, parts[5];

    if (!ioattest_collateral_string(&parts[1], root, member->name)
        || !ioattest_collateral_string(&parts[3], root, member->signature)
        || !ioattest_collateral_string(&chain, root, member->chain))
    {
        return 0;
    }

    if (chain.len != 0
        && ioattest_collateral_whole(parts[1], member->before))
    {
        return ioattest_collateral_join(&fetched->body, &parts[1], 1)
               && ioattest_collateral_join(&fetched->chain, &chain, 1);
    }

    if (parts[1].len == 0 || parts[3].len == 0 || chain.len == 0) {
        return 1;
    }

    if (!ioa_hex_decode(sig64, sizeof(sig64), parts[3].data, parts[3].len)) {
        ioattest_complain("--collateral: \"%s\" is not %d hex digits",
                          member->signature, 2 * IOATTEST_SIGNATURE_LEN);
        return 0;
    }

    parts[0] = ioattest_collateral_text(member->before);
    parts[2] = ioattest_collateral_text(ioattest_between);
    parts[4] = ioattest_collateral_text(ioattest_behind);

    return ioattest_collateral_join(&fetched->body, parts, 5)
           && ioattest_collateral_join(&fetched->chain, &chain, 1);
}


static int
ioattest_collateral_one(ioa_fetched_t *fetched, const ioa_json_t *root,
    const ioattest_member_t *member)
{
    ioa_bytes_t  body;

    if (member->signature != NULL) {
        return ioattest_collateral_signed(fetched, root, member);
    }

    /* hex or PEM: both are accepted when an answer is parsed */

    return ioattest_collateral_string(&body, root, member->name)
           && (body.len == 0
               || ioattest_collateral_join(&fetched->body, &body, 1));
}


int
ioattest_collateral_parse(ioa_fetched_t fetched[IOA_FETCH_MAX],
    ioa_bytes_t text)
{
    int          ok;
    size_t       i;
    ioa_json_t  *root;

    ok = ioa_json_parse(&root, text.data, text.len)
         && ioa_json_is_object(root);

    if (!ok) {
        ioattest_complain("--collateral: not a JSON object");
    }

    for (i = 0; ok && i < IOA_FETCH_MAX; i++) {
        if (ioattest_members[i].name != NULL
            && fetched[i].body.data == NULL)
        {
            ok = ioattest_collateral_one(&fetched[i], root,
                                         &ioattest_members[i]);
        }
    }

    ioa_json_free(root);

    return ok;
}
