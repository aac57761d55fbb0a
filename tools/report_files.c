/*
 * report_files: see report_files.h.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "input.h"
#include "ioa_codec.h"
#include "ioattest.h"
#include "report_files.h"

#define IOATTEST_FILES_MAX   (4 * 1024 * 1024)
#define IOATTEST_CHAIN_MAX   (256 * 1024)
#define IOATTEST_PATH_MAX    4096
#define IOATTEST_ESCAPE_LEN  3      /* %0A */

typedef struct {
    const char  *body;
    const char  *chain;
    const char  *names;
    const char  *service;
} ioattest_file_t;

static const ioattest_file_t  ioattest_files[IOA_FETCH_MAX] = {
    [IOA_FETCH_TCB_INFO] = { "tcb_info.json", "tcb_info_chain.pem",
        "tcb_info.json and tcb_info_chain.pem",
        "https://api.trustedservices.intel.com/" },
    [IOA_FETCH_QE_IDENTITY] = { "qe_identity.json", "qe_identity_chain.pem",
        "qe_identity.json and qe_identity_chain.pem",
        "https://api.trustedservices.intel.com/" },
    [IOA_FETCH_PCK_CRL] = { "pck_crl.der", NULL, "pck_crl.der",
        "https://api.trustedservices.intel.com/" },
    [IOA_FETCH_ROOT_CRL] = { "root_crl.der", NULL, "root_crl.der",
        "https://certificates.trustedservices.intel.com/" },
    [IOA_FETCH_VCEK] = { "vcek.der", NULL, "vcek.der",
        "https://kdsintf.amd.com/" },
    [IOA_FETCH_AMD_CRL] = { "amd_crl.der", NULL, "amd_crl.der",
        "https://kdsintf.amd.com/" },
    [IOA_FETCH_NRAS] = { "nras.json", NULL, "nras.json",
        "NVIDIA's attestation service" },
    [IOA_FETCH_JWKS] = { "jwks.json", NULL, "jwks.json",
        "the key set of NVIDIA's attestation service" }
};


const char *
ioattest_files_name(ioa_fetch_e what)
{
    return ioattest_files[what].names;
}


const char *
ioattest_files_service(ioa_fetch_e what)
{
    return ioattest_files[what].service;
}


/* A file that is not there leaves bytes empty. */
static int
ioattest_files_one(ioa_bytes_t *bytes, const char *dir, const char *name,
    size_t max)
{
    int    n;
    char   path[IOATTEST_PATH_MAX];
    FILE  *file;

    n = snprintf(path, sizeof(path), "%s/%s", dir, name);

    if (n < 0 || (size_t) n >= sizeof(path)) {
        ioattest_complain("the name of the directory is too long");
        return 0;
    }

    file = fopen(path, "rb");

    if (file == NULL && errno == ENOENT) {
        return 1;
    }

    if (file != NULL) {
        fclose(file);
    }

    return ioattest_input_read(bytes, path, max);
}


/* PEM text as the services' header has it; a header's value stays. */
static int
ioattest_files_encode(ioa_bytes_t *chain)
{
    uint8_t       c, *text, *p;
    ioa_reader_t  r;

    text = malloc(IOATTEST_ESCAPE_LEN * chain->len + 1);

    if (text == NULL) {
        ioattest_complain("out of memory");
        return 0;
    }

    p = text;
    ioa_reader_init(&r, chain->data, chain->len);

    while (ioa_reader_u8(&r, &c)) {

        if (c > ' ' && c < 0x7f) {
            *p++ = c;

        } else {
            *p++ = '%';
            ioa_hex_encode(p, &c, 1);
            p += 2;
        }
    }

    ioattest_input_free(chain);
    chain->data = text;
    chain->len = (size_t) (p - text);

    return 1;
}


int
ioattest_files_read(ioattest_files_t *files, const char *dir)
{
    size_t          i;
    ioa_fetched_t  *fetched;

    memset(files, 0, sizeof(ioattest_files_t));

    for (i = 0; dir != NULL && i < IOA_FETCH_MAX; i++) {
        fetched = &files->fetched[i];

        if (!ioattest_files_one(&fetched->body, dir, ioattest_files[i].body,
                                IOATTEST_FILES_MAX))
        {
            return 0;
        }

        if (ioattest_files[i].chain == NULL) {
            continue;
        }

        if (!ioattest_files_one(&fetched->chain, dir,
                                ioattest_files[i].chain, IOATTEST_CHAIN_MAX)
            || (fetched->chain.data != NULL
                && !ioattest_files_encode(&fetched->chain)))
        {
            return 0;
        }

        /* one without the other is as good as none */

        if (fetched->chain.data == NULL) {
            ioattest_input_free(&fetched->body);
        }
    }

    return 1;
}


void
ioattest_files_free(ioattest_files_t *files)
{
    size_t  i;

    for (i = 0; i < IOA_FETCH_MAX; i++) {
        ioattest_input_free(&files->fetched[i].body);
        ioattest_input_free(&files->fetched[i].chain);
    }
}
