/*
 * ioa_address: see ioa_address.h.
 */

#include "crypto/ioa_address.h"
#include "base/ioa_codec.h"
#include "base/ioa_reader.h"


int
ioa_address_parse(uint8_t address20[IOA_ADDRESS_LEN], ioa_bytes_t text)
{
    size_t          n;
    ioa_reader_t    r;
    const uint8_t  *digits;

    ioa_reader_init(&r, text.data, text.len);

    if (!ioa_reader_match(&r, "0x", sizeof("0x") - 1)) {
        return 0;
    }

    n = ioa_reader_left(&r);

    return ioa_reader_take(&r, &digits, n)
           && ioa_hex_decode(address20, IOA_ADDRESS_LEN, digits, n);
}


void
ioa_address_print(uint8_t text42[IOA_ADDRESS_TEXT_LEN],
    const uint8_t address20[IOA_ADDRESS_LEN])
{
    text42[0] = '0';
    text42[1] = 'x';
    ioa_hex_encode(text42 + 2, address20, IOA_ADDRESS_LEN);
}
