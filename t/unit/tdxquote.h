/*
 * tdxquote: TDX quotes made here, under a PCK chain made here, good or with
 * one thing wrong.
 */

#ifndef TDXQUOTE_H
#define TDXQUOTE_H

#include "certs.h"
#include "ioa_tdx.h"

#define PCK             "Intel SGX PCK Certificate"
#define PCA             "Intel SGX PCK Platform CA"

#define QUOTE_MAX       16384
#define QUOTE_AUTH_LEN  32

/* Where a byte is changed: the offset counts from there. */
typedef enum {
    AT_NOWHERE = 0,
    AT_HEADER,              /* header, v5's two fields, body: before signing */
    AT_BODY,                /* the same, from the body on */
    AT_QE,                  /* the QE's report, before signing */
    AT_SIGNATURE,           /* signature data as sent */
    AT_QE_SENT,             /* from the QE's report on, as sent */
    AT_CERTS                /* type and size of the chain, as sent */
} quote_place_t;

typedef struct {
    int             version;
    int             td15;
    quote_place_t   place;
    size_t          offset;
    uint8_t         flip;           /* bits to be changed there */
    size_t          trailing;
} quote_form_t;

/* The keys and certificates that a quote is made with. */
typedef struct {
    EVP_PKEY       *attestation;
    EVP_PKEY       *pck;
    certs_bytes_t   pem;
} quote_keys_t;

static const uint8_t  quote_vendor[16] = {
    0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c, 0x4c, 0xa9,
    0x94, 0x0a, 0x0d, 0xb3, 0x95, 0x7f, 0x06, 0x07
};

static const uint8_t  quote_qe_signer[32] = {
    0xdc, 0x9e, 0x2a, 0x7c, 0x6f, 0x94, 0x8f, 0x17,
    0x47, 0x4e, 0x34, 0xa7, 0xfc, 0x43, 0xed, 0x03,
    0x0f, 0x7c, 0x15, 0x63, 0xf1, 0xba, 0xbd, 0xdf,
    0x63, 0x40, 0xc8, 0x2e, 0x0e, 0x54, 0xa8, 0xc5
};


static inline void
quote_le(uint8_t *out, size_t n, uint64_t value)
{
    for ( ; n > 0; n--, value >>= 8) {
        *out++ = (uint8_t) value;
    }
}


static inline void
quote_flip(const quote_form_t *form, quote_place_t place, uint8_t *at)
{
    if (form->place == place) {
        at[form->offset] ^= form->flip;
    }
}


/* Out: header and body.  Returns: their length. */
static inline size_t
quote_signed_part(uint8_t *out, const quote_form_t *form)
{
    size_t    n, i;
    uint8_t  *body;

    quote_le(out, 2, (uint64_t) form->version);
    quote_le(out + 2, 2, 2);
    quote_le(out + 4, 4, 0x81);
    memcpy(out + 12, quote_vendor, sizeof(quote_vendor));
    body = out + 48;
    n = form->td15 ? 648 : 584;

    if (form->version == 5) {
        quote_le(out + 48, 2, form->td15 ? 3 : 2);
        quote_le(out + 50, 4, n);
        body += 6;
    }

    body[0] = 5;                                    /* module svn 1.5 */
    body[1] = 1;
    memset(body + 16, 0x11, 48);                    /* mr_seam */
    quote_le(body + 120, 8, UINT64_C(1) << 28);     /* SEPT_VE_DISABLE */
    quote_le(body + 128, 8, 0x3);
    memset(body + 136, 0x22, 48);                   /* mr_td */

    for (i = 0; i < 4; i++) {
        memset(body + 328 + 48 * i, (int) (0x30 + i), 48);
    }

    memset(body + 520, 0x44, 32);                   /* report_data */

    quote_flip(form, AT_HEADER, out);
    quote_flip(form, AT_BODY, body);

    return (size_t) (body - out) + n;
}


/* Out: the QE's report, its signature, auth data.  Returns: length. */
static inline size_t
quote_qe(uint8_t *out, const quote_form_t *form, const quote_keys_t *keys)
{
    size_t         n, len;
    uint8_t        point[64], auth[QUOTE_AUTH_LEN];
    EVP_MD_CTX    *ctx;

    memset(auth, 0xa5, sizeof(auth));
    certs_point(point, sizeof(point), keys->attestation);

    out[48] = 0x05;                                 /* INIT, 64 bit */
    memcpy(out + 128, quote_qe_signer, 32);
    quote_le(out + 256, 2, 2);
    quote_le(out + 258, 2, 4);

    ctx = EVP_MD_CTX_new();
    EVP_DigestInit_ex(ctx, EVP_sha256(), NULL);
    EVP_DigestUpdate(ctx, point, sizeof(point));
    EVP_DigestUpdate(ctx, auth, sizeof(auth));
    EVP_DigestFinal_ex(ctx, out + 320, NULL);
    EVP_MD_CTX_free(ctx);
    quote_flip(form, AT_QE, out);

    len = EVP_PKEY_get_bits(keys->pck) == 256 ? 64 : 96;
    certs_sign_raw(out + 384, len, keys->pck,
                   len == 64 ? EVP_sha256() : EVP_sha384(), out, 384);

    quote_le(out + 448, 2, sizeof(auth));
    memcpy(out + 450, auth, sizeof(auth));
    n = 450 + sizeof(auth);
    quote_le(out + n, 2, 5);
    quote_le(out + n + 2, 4, keys->pem.len);
    quote_flip(form, AT_CERTS, out + n);
    memcpy(out + n + 6, keys->pem.data, keys->pem.len);

    return n + 6 + keys->pem.len;
}


/* Out: a quote.  Returns: its length. */
static inline size_t
quote_make(uint8_t out[QUOTE_MAX], const quote_form_t *form,
    const quote_keys_t *keys)
{
    size_t    n, qe;
    uint8_t  *sig;

    memset(out, 0, QUOTE_MAX);
    n = quote_signed_part(out, form);
    sig = out + n + 4;
    certs_sign_raw(sig, 64, keys->attestation, EVP_sha256(), out, n);
    certs_point(sig + 64, 64, keys->attestation);

    qe = quote_qe(sig + 134, form, keys);
    quote_le(sig + 128, 2, 6);
    quote_le(sig + 130, 4, qe);
    quote_le(out + n, 4, 134 + qe);

    quote_flip(form, AT_SIGNATURE, sig);
    quote_flip(form, AT_QE_SENT, sig + 134);
    memset(sig + 134 + qe, 0xee, form->trailing);

    return n + 4 + 134 + qe + form->trailing;
}


/* Writes one element.  Returns: its length. */
static inline size_t
quote_tlv(uint8_t *out, uint8_t tag, const uint8_t *content, size_t n)
{
    size_t  head;

    out[0] = tag;
    head = 2;

    if (n >= 128) {
        out[1] = 0x82;
        out[2] = (uint8_t) (n >> 8);
        out[3] = (uint8_t) n;
        head = 4;

    } else {
        out[1] = (uint8_t) n;
    }

    memmove(out + head, content, n);

    return head + n;
}


/* A member of the SGX extension: an OID below .13.1 and a value. */
static inline size_t
quote_pck_member(uint8_t *out, const uint8_t *arcs, size_t arcs_n,
    uint8_t tag, const uint8_t *value, size_t n)
{
    size_t   len;
    uint8_t  oid[16] = { 0x2a, 0x86, 0x48, 0x86, 0xf8, 0x4d, 0x01, 0x0d, 1 };
    uint8_t  pair[1024];

    memcpy(oid + 9, arcs, arcs_n);
    len = quote_tlv(pair, 0x06, oid, 9 + arcs_n);
    len += quote_tlv(pair + len, tag, value, n);

    return quote_tlv(out, 0x30, pair, len);
}


/* What is wrong with an SGX extension; all zero: nothing. */
typedef struct {
    int      no_tcb, no_pceid, no_fmspc;
    int      twice;             /* FMSPC stands there twice */
    int      no_comp;           /* this component is missing, from 1 */
    int      comp_again;        /* this stands there twice */
    int      comp_large;        /* this is 256 */
    int      fmspc_len;         /* instead of 6 */
    int      behind;            /* a byte behind the last member */
    int      unknown;           /* a member that we do not know: fine */
} quote_pck_form_t;


/* Out: the extension's value.  Returns: its length. */
static inline size_t
quote_pck(uint8_t out[1024], const quote_pck_form_t *form)
{
    int      i;
    size_t   n, tcb;
    uint8_t  all[1024], members[1024], arcs[2], svn[2];

    static const uint8_t  fmspc[8] = { 0xb0, 0xc0, 0x6f, 0, 0, 1 };
    static const uint8_t  pceid[2] = { 0, 7 };
    static const uint8_t  sixteen[16] = { 1, 2, 3 };

    arcs[0] = 1;
    n = quote_pck_member(all, arcs, 1, 0x04, sixteen, 16);
    arcs[0] = 2;

    for (i = 1, tcb = 0; i <= 17; i++) {
        arcs[1] = (uint8_t) i;
        svn[0] = form->comp_large == i;
        svn[1] = svn[0] ? 0 : (uint8_t) i;

        if (form->no_comp != i) {
            tcb += quote_pck_member(members + tcb, arcs, 2, 0x02,
                                    svn + !svn[0], 1 + svn[0]);
        }

        if (form->comp_again == i) {
            tcb += quote_pck_member(members + tcb, arcs, 2, 0x02, svn + 1, 1);
        }
    }

    arcs[1] = 18;

    if (form->no_comp != 18) {
        tcb += quote_pck_member(members + tcb, arcs, 2, 0x04, sixteen, 16);
    }

    if (!form->no_tcb) {
        n += quote_pck_member(all + n, arcs, 1, 0x30, members, tcb);
    }

    arcs[0] = 3;
    n += form->no_pceid ? 0 : quote_pck_member(all + n, arcs, 1, 0x04, pceid,
                                               2);
    arcs[0] = 4;

    for (i = form->no_fmspc; i < 1 + form->twice; i++) {
        n += quote_pck_member(all + n, arcs, 1, 0x04, fmspc,
                              form->fmspc_len ? (size_t) form->fmspc_len
                                              : 6);
    }

    arcs[0] = form->unknown ? 7 : 5;
    n += quote_pck_member(all + n, arcs, 1, 0x0a, sixteen, 1);
    all[n] = 0;
    n += (size_t) form->behind;

    return quote_tlv(out, 0x30, all, n);
}


/* The same as "oid=DER:..", to be given to certs_make. */
static inline void
quote_pck_conf(char conf[2200], const quote_pck_form_t *form)
{
    size_t   i, n, at;
    uint8_t  value[1024];

    n = quote_pck(value, form);
    at = (size_t) sprintf(conf, "1.2.840.113741.1.13.1=DER:");

    for (i = 0; i < n; i++) {
        at += (size_t) sprintf(conf + at, "%02x", value[i]);
    }
}


/* The forms of a PCK chain.  The SGX extension outlives the call. */
static inline void
quote_family(family_t *f, EVP_PKEY **keys)
{
    quote_pck_form_t  form = { 0 };
    static char       extension[2200];

    quote_pck_conf(extension, &form);
    family_forms(f, keys);
    f->forms[0].subject = PCK;
    f->forms[0].issuer = f->forms[1].subject = PCA;
    f->forms[0].other = extension;
}


/* Makes the three of them.  Out: their text. */
static inline certs_bytes_t
quote_pem(family_t *f)
{
    family_make(f, 0);

    return certs_pem((X509 *[]) { f->certs[0], f->certs[1], f->certs[2],
                                  NULL });
}

#endif
