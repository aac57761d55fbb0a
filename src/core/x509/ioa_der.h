/*
 * ioa_der: DER (X.690) read element by element.
 *
 * Tags have one byte; lengths are definite and as short as possible.  A
 * getter either takes a whole element, or takes nothing and writes nothing.
 * Nothing here recurses: a caller opens the elements it needs, level by
 * level.
 */

#ifndef IOA_DER_H
#define IOA_DER_H

#include <stddef.h>
#include <stdint.h>

#include "base/ioa_reader.h"
#include "base/ioa_status.h"

#define IOA_DER_BOOLEAN       0x01
#define IOA_DER_INTEGER       0x02
#define IOA_DER_BIT_STRING    0x03
#define IOA_DER_OCTET_STRING  0x04
#define IOA_DER_NULL          0x05
#define IOA_DER_OID           0x06
#define IOA_DER_ENUMERATED    0x0a
#define IOA_DER_UTF8          0x0c
#define IOA_DER_PRINTABLE     0x13
#define IOA_DER_IA5           0x16
#define IOA_DER_UTC_TIME      0x17
#define IOA_DER_TIME          0x18      /* GeneralizedTime */
#define IOA_DER_SEQUENCE      0x30
#define IOA_DER_SET           0x31
#define IOA_DER_CONTEXT(n)    (0xa0 | (n))     /* constructed */

#define IOA_DER_DEPTH_MAX     16
#define IOA_DER_OID_LEN_MAX   32

/* Takes the next element.  Out: its tag; its content. */
int ioa_der_any(ioa_reader_t *r, uint8_t *tag, ioa_reader_t *content)
    IOA_MUST_CHECK;

/* Takes the next element if it has this tag. */
int ioa_der_take(ioa_reader_t *r, uint8_t tag, ioa_reader_t *content)
    IOA_MUST_CHECK;

/* The same.  Out: whole, the element with its tag and length. */
int ioa_der_whole(ioa_reader_t *r, uint8_t tag, ioa_reader_t *whole,
    ioa_reader_t *content) IOA_MUST_CHECK;

/* Takes an INTEGER that is not negative and fits in 64 bits. */
int ioa_der_uint(ioa_reader_t *r, uint64_t *value) IOA_MUST_CHECK;

/* Takes a BOOLEAN.  Out: 0 or 1. */
int ioa_der_bool(ioa_reader_t *r, int *value) IOA_MUST_CHECK;

/*
 * Takes a UTCTime or GeneralizedTime in the forms of RFC 5280: with seconds,
 * in Z; two-digit years are 1950 to 2049.  Out: seconds since 1970.
 */
int ioa_der_time(ioa_reader_t *r, int64_t *seconds) IOA_MUST_CHECK;

/* Reads the characters of such a time; tag says which of both types it is. */
int ioa_der_time_text(int64_t *seconds, uint8_t tag, ioa_reader_t text)
    IOA_MUST_CHECK;

/* Out: the content of an OID, from "1.2.840...".  Returns: length, or 0. */
size_t ioa_der_oid(uint8_t out[IOA_DER_OID_LEN_MAX], const char *text)
    IOA_MUST_CHECK;

/* Returns: 1 if both readers have the same bytes. */
int ioa_der_equal(ioa_reader_t a, ioa_reader_t b);

/*
 * Returns: 1 if r is exactly one element, and it and all elements in it are
 * DER, at most IOA_DER_DEPTH_MAX deep: tags, lengths, and the contents of
 * BOOLEAN, INTEGER, NULL, OID and BIT STRING.  The contents of OCTET STRINGs
 * are not checked.
 */
int ioa_der_valid(ioa_reader_t r) IOA_MUST_CHECK;

#endif
