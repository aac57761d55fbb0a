/*
 * names: the commonName in a certificate's name, in names of any form.
 */

#include "base/ioa_codec.h"
#include "unit.h"
#include "x509/ioa_cert.h"

#define A64  "41414141414141414141414141414141"                               \
             "41414141414141414141414141414141"                               \
             "41414141414141414141414141414141"                               \
             "41414141414141414141414141414141"

typedef struct {
    const char  *what;
    const char  *hex;
    const char  *cn;            /* NULL: refused */
} name_case_t;

static const name_case_t  cases[] = {
    { "UTF8String", "300c310a300806035504030c0141", "A" },
    { "PrintableString", "300c310a30080603550403130141", "A" },
    { "IA5String", "300c310a30080603550403160141", "A" },
    { "BMPString", "300c310a300806035504031e0141", NULL },
    { "OCTET STRING", "300c310a30080603550403040141", NULL },
    { "one attribute before it",
      "3018310a3008060355040a0c0142310a300806035504030c0141", "A" },
    { "one attribute behind it",
      "3018310a300806035504030c0141310a3008060355040a0c0142", "A" },
    { "one beside it, in the same SET",
      "301631143008060355040a0c0142300806035504030c0141", "A" },
    { "another type of attribute may have any text",
      "3018310a3008060355040a1e0100310a300806035504030c0141", "A" },
    { "two commonNames",
      "3018310a300806035504030c0141310a300806035504030c0142", NULL },
    { "two in one SET",
      "30163114300806035504030c0141300806035504030c0142", NULL },
    { "none", "300c310a3008060355040a0c0141", NULL },
    { "no attribute at all", "3000", NULL },
    { "an empty SET", "30023100", NULL },
    { "an empty text", "300b3109300706035504030c00", NULL },
    { "a tab", "300c310a300806035504030c0109", NULL },
    { "a byte above ASCII", "300c310a300806035504030c017f", NULL },
    { "the first and the last that are shown",
      "300d310b300906035504030c02207e", " ~" },
    { "64 bytes", "304b3149304706035504030c40" A64,
      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" },
    { "65 bytes", "304c314a304806035504030c41" A64 "41", NULL },
    { "a longer OID", "300d310b30090604550403000c0141", NULL },
    { "a shorter OID", "300b31093007060255040c0141", NULL },
    { "not a SEQUENCE", "310c310a300806035504030c0141", NULL },
    { "no SET", "300c300a300806035504030c0141", NULL },
    { "a SET, and then none",
      "300e310a300806035504030c01410500", NULL },
    { "no pair", "300c310a310806035504030c0141", NULL },
    { "no OID", "300c310a300804035504030c0141", NULL },
    { "an OID alone", "3009310730050603550403", NULL },
    { "a value, and something behind it",
      "300e310c300a06035504030c01410500", NULL },
    { "nothing", "", NULL },
};


int
main(void)
{
    int           rc;
    char          cn[IOA_CERT_CN_MAX + 1];
    size_t        i, n;
    uint8_t       bytes[128], *exact;
    ioa_reader_t  name;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        n = strlen(cases[i].hex) / 2;

        if (!ioa_hex_decode(bytes, n, (const uint8_t *) cases[i].hex,
                            strlen(cases[i].hex)))
        {
            printf("Bail out! %s\n", cases[i].what);
            return 1;
        }

        exact = unit_exact(bytes, n);
        ioa_reader_init(&name, exact, n);
        memset(cn, 'x', sizeof(cn));
        rc = ioa_cert_cn(cn, name);
        free(exact);

        if (cases[i].cn == NULL) {
            UNIT_OK(rc == 0 && cn[0] == '\0', "refused: %s", cases[i].what);

        } else {
            UNIT_OK(rc == 1 && strcmp(cn, cases[i].cn) == 0, "%s",
                    cases[i].what);
        }
    }

    return UNIT_DONE();
}
