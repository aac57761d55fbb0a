/*
 * bytes: equality, of bytes that are no secret and of those that are.
 */

#include "base/ioa_bytes.h"
#include "unit.h"


int
main(void)
{
    size_t       i;
    uint8_t      one[32], two[32];
    unit_all_t   all = { 0 };
    ioa_bytes_t  a = { one, sizeof(one) }, b = { two, sizeof(two) };

    const ioa_bytes_t  none = { NULL, 0 };

    memset(one, 0xa5, sizeof(one));
    memset(two, 0xa5, sizeof(two));

    UNIT_OK(ioa_bytes_equal(a, b), "equal");
    UNIT_OK(ioa_bytes_same_secret(one, two, sizeof(one)), "the same secret");

    for (i = 0; i < sizeof(two); i++) {
        two[i] ^= 0x80;

        unit_each(&all, !ioa_bytes_equal(a, b)
                        && !ioa_bytes_same_secret(one, two, sizeof(one)),
                  "byte %zu", i);
        two[i] ^= 0x80;
    }

    UNIT_ALL(&all, "a difference in each byte");

    b.len--;
    UNIT_OK(!ioa_bytes_equal(a, b), "a byte less");

    b.len = 0;
    UNIT_OK(ioa_bytes_equal(none, b) && !ioa_bytes_equal(none, a),
            "two empty ones are equal");

    return UNIT_DONE();
}
