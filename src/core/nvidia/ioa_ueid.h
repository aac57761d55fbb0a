/*
 * ioa_ueid: the id of a GPU as NVIDIA's tools and services print it: the
 * serial number of its attestation key's certificate, in decimal.
 */

#ifndef IOA_UEID_H
#define IOA_UEID_H

#include <stdint.h>

#include "base/ioa_reader.h"
#include "base/ioa_status.h"

#define IOA_UEID_LEN       20           /* big-endian, zeros before it */
#define IOA_UEID_TEXT_MAX  49           /* digits of 160 bits */

/*
 * The content of a certificate's serial number, which is not negative.
 * Returns: 1; 0 where it has no bytes or more than 160 bits.
 */
int ioa_ueid_serial(uint8_t ueid20[IOA_UEID_LEN], ioa_reader_t serial)
    IOA_MUST_CHECK;

/* Out: text, terminated, without leading zeros. */
void ioa_ueid_print(char text[IOA_UEID_TEXT_MAX + 1],
    const uint8_t ueid20[IOA_UEID_LEN]);

/*
 * The reverse.  Returns: 1; 0 where it is anything that ioa_ueid_print does
 * not write.
 */
int ioa_ueid_parse(uint8_t ueid20[IOA_UEID_LEN], const uint8_t *text,
    size_t n) IOA_MUST_CHECK;

#endif
