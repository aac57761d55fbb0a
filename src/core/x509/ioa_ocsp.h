/*
 * ioa_ocsp: whether a certificate was revoked, by a responder's answer (OCSP,
 * RFC 6960): the name of the certificate, the request, and what the answer
 * says.  The caller asks; nothing here opens a connection.
 */

#ifndef IOA_OCSP_H
#define IOA_OCSP_H

#include <stddef.h>
#include <stdint.h>

#include "base/ioa_reader.h"
#include "base/ioa_status.h"
#include "x509/ioa_chain.h"

#define IOA_OCSP_HASH_LEN     20        /* SHA-1, of issuer's name and key */
#define IOA_OCSP_SERIAL_MAX   21        /* 20 bytes and one for the sign */
#define IOA_OCSP_ID_MAX       (2 * IOA_OCSP_HASH_LEN + IOA_OCSP_SERIAL_MAX)
#define IOA_OCSP_NONCE_LEN    32
#define IOA_OCSP_REQUEST_MAX  256
#define IOA_OCSP_ANSWER_MAX   (16 * 1024)
#define IOA_OCSP_AHEAD        300       /* s that its clock may be ahead */
#define IOA_OCSP_LIFE         3600      /* s, of one that does not say */

/*
 * What a request names a certificate by (CertID): SHA-1 of its issuer's name
 * and of its issuer's key, then its serial number, the INTEGER's content.
 */
typedef struct {
    size_t   len;
    uint8_t  bytes[IOA_OCSP_ID_MAX];
} ioa_ocsp_id_t;

typedef enum {
    IOA_OCSP_BAD = 0,           /* no answer that counts; why says it */
    IOA_OCSP_UNKNOWN,           /* the responder does not know of it */
    IOA_OCSP_REVOKED,
    IOA_OCSP_HOLD,              /* revoked, certificateHold */
    IOA_OCSP_GOOD               /* not revoked: that is all it says */
} ioa_ocsp_status_t;

typedef struct {
    ioa_ocsp_status_t  status;
    const char        *why;     /* of BAD: in words; of REVOKED: the reason */
    int64_t            since;   /* revoked then */
    int64_t            until;   /* the answer counts no longer than that */
} ioa_ocsp_said_t;

/*
 * Names the i-th certificate, which the next one has issued.
 * Returns: 1; 0 where there is no next one, or its serial number is too long.
 */
int ioa_ocsp_id(ioa_ocsp_id_t *id, const ioa_chain_t *chain, size_t i)
    IOA_MUST_CHECK;

/* Returns: 1 where both name the same certificate. */
int ioa_ocsp_same(const ioa_ocsp_id_t *a, const ioa_ocsp_id_t *b);

/*
 * Makes the DER of a request for one certificate, with a nonce.
 * Returns: its length; 0 where text is not the hex digits of an id.
 */
size_t ioa_ocsp_request(uint8_t out[IOA_OCSP_REQUEST_MAX], const char *text,
    const uint8_t nonce32[IOA_OCSP_NONCE_LEN]) IOA_MUST_CHECK;

/*
 * Judges an answer about the i-th certificate of a chain that was verified.
 * It counts where it is DER and successful; signed by the certificate's
 * issuer, or by a key that this issuer itself has certified for signing OCSP
 * answers and that is valid now; has the nonce; has exactly one statement
 * about the certificate; and is neither from the future nor past its end.
 * Whether the responder's own certificate was revoked is not looked at.
 *
 * Out: said.
 * In: nonce32 as it was sent, or NULL for an answer that was saved; now,
 * seconds since 1970.
 */
void ioa_ocsp_judge(ioa_ocsp_said_t *said, const ioa_chain_t *chain,
    size_t i, ioa_reader_t answer, const uint8_t *nonce32, int64_t now);

#endif
