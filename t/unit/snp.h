/*
 * snp: reports for the unit tests, laid out as doc/formats.md 9 has them.
 */

#ifndef UNIT_SNP_H
#define UNIT_SNP_H

#include "ioa_snp.h"
#include "unit.h"

#define LEN  IOA_SNP_REPORT_LEN


static inline void
fill(uint8_t *report, size_t from, size_t n, uint8_t start)
{
    while (n-- > 0) {
        report[from++] = start++;
    }
}


/* A report in which every byte that may be nonzero is. */
static inline void
make(uint8_t report[LEN], uint8_t version, uint8_t family, uint8_t model)
{
    size_t  i;

    static const size_t  tcbs[] = { 0x38, 0x180, 0x1e0, 0x1f0 };

    memset(report, 0, LEN);
    report[0x00] = version;
    fill(report, 0x04, 4, 0x11);
    report[0x08] = 0x1f;
    report[0x0a] = 0x03;
    fill(report, 0x10, 32, 0x21);
    report[0x30] = 2;
    report[0x34] = 1;
    report[0x40] = 0x25;
    report[0x48] = 0x01;
    fill(report, 0x50, 0x180 - 0x50, 1);
    fill(report, 0x1a0, family == 0x1a ? 8 : 64, 0x81);

    for (i = 0; i < 4; i++) {
        if (family == 0x1a) {
            fill(report, tcbs[i], 4, (uint8_t) (0x31 + 16 * i));
        } else {
            fill(report, tcbs[i], 2, (uint8_t) (0x31 + 16 * i));
            report[tcbs[i] + 6] = (uint8_t) (0x33 + 16 * i);
        }

        report[tcbs[i] + 7] = (uint8_t) (0x34 + 16 * i);
    }

    if (version >= 3) {
        report[0x188] = family;
        report[0x189] = model;
        report[0x18a] = 1;
    }

    fill(report, 0x1e8, 3, 0x0a);
    fill(report, 0x1ec, 3, 0x1a);

    if (version >= 5) {
        fill(report, 0x1f8, 16, 0x51);
    }

    fill(report, 0x2a0, 48, 0xa1);
    fill(report, 0x2a0 + 72, 48, 0x61);
}

#endif
