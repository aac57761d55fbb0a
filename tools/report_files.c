/*
 * report_files: see report_files.h.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "attest/ioattest.h"
#include "command.h"
#include "input.h"
#include "report_collateral.h"
#include "report_files.h"

#define IOATTEST_FILES_MAX   (4 * 1024 * 1024)
#define IOATTEST_CHAIN_MAX   (256 * 1024)
#define IOATTEST_PATH_MAX    4096
#define IOATTEST_ESCAPE_LEN  3      /* %0A */

typedef struct {
    const char  *body;
    const char  *pem;           /* alternative name of the body's file */
    const char  *chain;
    const char  *names;
    const char  *service;
} ioattest_file_t;

static const ioattest_file_t  ioattest_files[IOA_FETCH_GPU_OCSP] = {
    [IOA_FETCH_TCB_INFO] = { "tcb_info.json", NULL, "tcb_info_chain.pem",
        "tcb_info.json and tcb_info_chain.pem",
        "https://api.trustedservices.intel.com/" },
    [IOA_FETCH_QE_IDENTITY] = { "qe_identity.json", NULL,
        "qe_identity_chain.pem",
        "qe_identity.json and qe_identity_chain.pem",
        "https://api.trustedservices.intel.com/" },
    [IOA_FETCH_PCK_CRL] = { "pck_crl.der", "pck_crl.pem", NULL,
        "pck_crl.der",
        "https://api.trustedservices.intel.com/" },
    [IOA_FETCH_ROOT_CRL] = { "root_crl.der", "root_crl.pem", NULL,
        "root_crl.der",
        "https://certificates.trustedservices.intel.com/" },
    [IOA_FETCH_VCEK] = { "vcek.der", "vcek.pem", NULL,
        "vcek.der",
        "https://kdsintf.amd.com/" },
    [IOA_FETCH_AMD_CRL] = { "amd_crl.der", "amd_crl.pem", NULL,
        "amd_crl.der",
        "https://kdsintf.amd.com/" },
    [IOA_FETCH_NRAS] = { "nras.json", NULL, NULL, "nras.json",
        "NVIDIA's attestation service" },
    [IOA_FETCH_JWKS] = { "jwks.json", NULL, NULL, "jwks.json",
        "the key set of NVIDIA's attestation service" },
    [IOA_FETCH_EARLY_TCB_INFO] = { "tcb_info_early.json", NULL,
        "tcb_info_early_chain.pem",
        "tcb_info_early.json and tcb_info_early_chain.pem",
        "https://api.trustedservices.intel.com/" },
    [IOA_FETCH_EARLY_QE_IDENTITY] = { "qe_identity_early.json", NULL,
        "qe_identity_early_chain.pem",
        "qe_identity_early.json and qe_identity_early_chain.pem",
        "https://api.trustedservices.intel.com/" }
};


void
ioattest_files_name(char name[IOATTEST_FILES_NAME_MAX], ioa_fetch_e what)
{
    unsigned  place;

    if (what < IOA_FETCH_GPU_OCSP) {
        snprintf(name, IOATTEST_FILES_NAME_MAX, "%s",
                 ioattest_files[what].names);
        return;
    }

    place = (unsigned) (what - IOA_FETCH_GPU_OCSP);

    snprintf(name, IOATTEST_FILES_NAME_MAX, "ocsp_%u_%u.der",
             place / IOA_GPU_OCSP_CERTS, place % IOA_GPU_OCSP_CERTS + 1);
}


const char *
ioattest_files_service(ioa_fetch_e what)
{
    return what < IOA_FETCH_GPU_OCSP
           ? ioattest_files[what].service
           : "http://ocsp.ndis.nvidia.com, certificate with serial number ";
}


/*
 * Reads one file; if it does not exist bytes stay empty.  If dir is itself a
 * file, and whole is given, that file is read and *whole set.
 */
static int
ioattest_files_one(ioa_bytes_t *bytes, const char *dir, const char *name,
    size_t max, int *whole)
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

    if (file == NULL && errno == ENOTDIR && whole != NULL) {
        *whole = 1;
        return ioattest_input_read(bytes, dir, max);
    }

    if (file != NULL) {
        fclose(file);
    }

    return ioattest_input_read(bytes, path, max);
}


/* URL-encodes PEM text as in the services' headers; leaves a header's. */
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


/* Reads files by their own names; body or chain alone is ignored. */
static int
ioattest_files_named(ioa_fetched_t *fetched, const ioattest_file_t *file,
    const char *dir)
{
    if (!ioattest_files_one(&fetched->body, dir, file->body,
                            IOATTEST_FILES_MAX, NULL))
    {
        return 0;
    }

    if (fetched->body.data == NULL && file->pem != NULL) {
        return ioattest_files_one(&fetched->body, dir, file->pem,
                                  IOATTEST_FILES_MAX, NULL);
    }

    if (file->chain == NULL) {
        return 1;
    }

    if (!ioattest_files_one(&fetched->chain, dir, file->chain,
                            IOATTEST_CHAIN_MAX, NULL))
    {
        return 0;
    }

    if (fetched->chain.data == NULL) {
        ioattest_input_free(&fetched->body);

    } else if (fetched->body.data == NULL) {
        ioattest_input_free(&fetched->chain);
    }

    return 1;
}


static int
ioattest_files_what(ioa_fetched_t *fetched, ioa_fetch_e what,
    const char *dir)
{
    char  name[IOATTEST_FILES_NAME_MAX];

    if (what < IOA_FETCH_GPU_OCSP) {
        return ioattest_files_named(fetched, &ioattest_files[what], dir);
    }

    ioattest_files_name(name, what);

    return ioattest_files_one(&fetched->body, dir, name, IOATTEST_FILES_MAX,
                              NULL);
}


int
ioattest_files_read(ioattest_files_t *files, const char *path)
{
    int             ok, whole = 0, any = 0;
    size_t          i;
    struct stat     info;
    ioa_bytes_t     all = { NULL, 0 };
    ioa_fetched_t  *fetched = files->fetched;

    memset(files, 0, sizeof(ioattest_files_t));

    if (path == NULL) {
        return 1;
    }

    if (stat(path, &info) != 0) {
        ioattest_complain("--collateral: cannot open %s: %s", path, strerror(errno));
        return 0;
    }

    ok = ioattest_files_one(&all, path, IOATTEST_COLLATERAL_NAME,
                            IOATTEST_FILES_MAX, &whole);

    for (i = 0; ok && !whole && i < IOA_FETCH_MAX; i++) {
        ok = ioattest_files_what(&fetched[i], (ioa_fetch_e) i, path);
    }

    if (ok && all.data != NULL) {
        ok = ioattest_collateral_parse(fetched, all);
    }

    for (i = 0; i < IOA_FETCH_MAX; i++) {
        any |= fetched[i].body.data != NULL;
    }

    if (ok && !any) {
        ioattest_complain("--collateral: no document is in %s", path);
        ok = 0;
    }

    for (i = 0; ok && i < IOA_FETCH_MAX; i++) {
        ok = fetched[i].chain.data == NULL
             || ioattest_files_encode(&fetched[i].chain);
    }

    ioattest_input_free(&all);

    return ok;
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
