/*
 * ioa_shortest: see ioa_shortest.h.
 *
 * The double is m * 2^e with m of 53 bits.  All that rounds to it lies
 * between the middles to its neighbours.  Times 10^q, with q such that 18
 * digits stand before the point, all three are integers of fewer than 120
 * bits once the powers of two are aligned, so every question below is a
 * comparison of integers.
 */

#include "json/ioa_shortest.h"

#if defined(__SIZEOF_INT128__)

#define IOA_SHORTEST_Q_MAX     27       /* 5^27 < 2^63 */
#define IOA_SHORTEST_SCI_MIN   (-10)
#define IOA_SHORTEST_SCI_MAX   16
#define IOA_SHORTEST_SCALE     (IOA_SHORTEST_PLACES - 1)
#define IOA_MANTISSA_BITS      53

__extension__ typedef unsigned __int128 ioa_u128_t;

/* the interval, in units of 2^-shift / 10^q */
typedef struct {
    ioa_u128_t  value;
    ioa_u128_t  low;
    ioa_u128_t  high;
    int         shift;
    int         closed;     /* its ends round to the double too */
} ioa_interval_t;


static uint64_t
ioa_pow5(long q)
{
    uint64_t  value = 1, base = 5;

    for ( ; q > 0; q >>= 1) {
        if (q & 1) {
            value *= base;
        }

        base *= base;
    }

    return value;
}


static int
ioa_bits(ioa_u128_t x)
{
    uint64_t  high = (uint64_t) (x >> 64);

    return high != 0 ? 128 - __builtin_clzll(high)
                     : 64 - __builtin_clzll((uint64_t) x);
}


/* The double nearest to w / 10^q: m * 2^e. */
static void
ioa_nearest(uint64_t *m, int *e, uint64_t w, long q)
{
    int         s, r;
    uint64_t    five = ioa_pow5(q), mant;
    ioa_u128_t  num, quot, rest, half;

    s = 126 - ioa_bits(w);
    num = (ioa_u128_t) w << s;
    quot = num / five;
    rest = num % five;

    r = ioa_bits(quot) - IOA_MANTISSA_BITS;
    mant = (uint64_t) (quot >> r);
    half = (ioa_u128_t) 1 << (r - 1);
    quot &= (half << 1) - 1;

    if (quot > half || (quot == half && (rest != 0 || (mant & 1)))) {
        mant++;
    }

    if (mant >> IOA_MANTISSA_BITS) {
        mant >>= 1;
        r++;
    }

    *m = mant;
    *e = r - s - (int) q;
}


static void
ioa_interval(ioa_interval_t *in, uint64_t m, int e, long q)
{
    uint64_t    five = ioa_pow5(q);
    ioa_u128_t  below;

    /* quarters, for below a power of two the gap is half as wide */
    in->value = (ioa_u128_t) m * five << 2;
    in->high = (ioa_u128_t) five << 1;
    below = m == (uint64_t) 1 << (IOA_MANTISSA_BITS - 1) ? five : in->high;
    in->shift = 2 - e - (int) q;

    if (in->shift < 0) {
        in->value <<= -in->shift;
        in->high <<= -in->shift;
        below <<= -in->shift;
        in->shift = 0;
    }

    in->low = in->value - below;
    in->high = in->value + in->high;
    in->closed = !(m & 1);
}


static int
ioa_inside(const ioa_interval_t *in, uint64_t c)
{
    ioa_u128_t  x = (ioa_u128_t) c << in->shift;

    return in->closed ? x >= in->low && x <= in->high
                      : x > in->low && x < in->high;
}


/* Of two candidates around the value, the nearer; a tie goes to even. */
static uint64_t
ioa_nearer(const ioa_interval_t *in, uint64_t c0, uint64_t c1, uint64_t unit)
{
    ioa_u128_t  d0, d1;

    d0 = in->value - ((ioa_u128_t) c0 << in->shift);
    d1 = ((ioa_u128_t) c1 << in->shift) - in->value;

    if (d0 != d1) {
        return d0 < d1 ? c0 : c1;
    }

    return c0 / unit % 2 == 0 ? c0 : c1;
}


int
ioa_shortest(uint64_t *w, long *exp10, size_t nd)
{
    int             e, ok0, ok1;
    long            sci = *exp10 + (long) nd - 1, q = IOA_SHORTEST_SCALE - sci;
    uint64_t        m, c, c0, c1, best = 0, unit;
    ioa_interval_t  in;

    if (nd > IOA_SHORTEST_DIGITS_MAX || *w == 0
        || *exp10 > 0 || *exp10 < -IOA_SHORTEST_Q_MAX
        || sci < IOA_SHORTEST_SCI_MIN || sci > IOA_SHORTEST_SCI_MAX)
    {
        return 0;
    }

    ioa_nearest(&m, &e, *w, -*exp10);
    ioa_interval(&in, m, e, q);

    c = (uint64_t) (in.value >> in.shift);

    for (unit = 1; unit < UINT64_C(1000000000000000000); unit *= 10) {
        c0 = c - c % unit;
        c1 = c0 + unit;
        ok0 = ioa_inside(&in, c0);
        ok1 = ioa_inside(&in, c1);

        if (!ok0 && !ok1) {
            break;
        }

        best = ok0 && ok1 ? ioa_nearer(&in, c0, c1, unit) : ok0 ? c0 : c1;
    }

    if (best == 0) {
        return 0;
    }

    *w = best;
    *exp10 = -q;

    return 1;
}

#else

int
ioa_shortest(uint64_t *w, long *exp10, size_t nd)
{
    (void) w;
    (void) exp10;
    (void) nd;

    return 0;
}

#endif
