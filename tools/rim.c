/*
 * rim: verifies NVIDIA's reference manifests, and writes what they say as the
 * file that ioattest_gpu_reference reads.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "attest.h"
#include "attest/ioattest.h"
#include "command.h"
#include "input.h"
#include "option.h"
#include "print.h"
#include "rim.h"
#include "rim_root.h"

#define IOATTEST_RIM_FILES_MAX  1024

/* base64 in JSON is longer than what it holds */
#define IOATTEST_RIM_FILE_MAX   (2 * IOATTEST_RIM_SIZE_MAX)

typedef struct {
    int              help;
    int64_t          now;
    const char      *root;
    const char      *ocsp;
    size_t           files_n;
    const char      *files[IOATTEST_RIM_FILES_MAX];

    ioa_roots_t     *roots;
    size_t           rims_n;
    ioattest_rim_t  *rims[IOATTEST_RIM_FILES_MAX];
} ioattest_rims_t;


static void
ioattest_rim_usage(void)
{
    fputs(
"usage: ioattest rim [--time TIME] [--root FILE] [--ocsp URL] FILE ...\n"
"\n"
"Verifies NVIDIA's signed reference manifests of drivers and VBIOSes, and\n"
"writes what they say as JSON: the file of ioattest_gpu_reference.\n"
"\n"
"  FILE         a manifest (.swidtag, .xml), or the JSON that NVIDIA's service\n"
"               answers with at /v1/rim/ID. Nothing signed says of which\n"
"               board a VBIOS is: a manifest of one must be named as its id,\n"
"               NV_GPU_VBIOS_1010_0200_882_96005E0001.xml\n"
"  --time TIME  as 2026-06-10T01:47:30Z; default: now\n"
"  --root FILE  a root, PEM or DER, in the place of NVIDIA's\n"
"  --ocsp URL   asks this OCSP responder, NVIDIA's is at\n"
"               https://ocsp.ndis.nvidia.com/, whether a manifest's\n"
"               certificates were revoked; a manifest of which it does not\n"
"               answer that each is good is refused\n"
"  --help, --version\n"
"\n"
"Several manifests of one id may be given: NVIDIA issues some anew, and any\n"
"value of any of them counts. Each file that is refused is named on standard\n"
"error. Without --ocsp nothing is asked of anybody, and a signer's certificate\n"
"may have been revoked.\n"
"\n"
"Exit status: 0 all verified, 1 some refused, 2 usage or unreadable input.\n",
          stdout);
}


/* A manifest that two files hold counts once. */
static int
ioattest_rim_is_new(const ioattest_rims_t *rims, const ioattest_rim_t *rim)
{
    size_t  i;

    for (i = 0; i < rims->rims_n; i++) {
        if (memcmp(rims->rims[i]->sha256, rim->sha256, IOA_SHA256_LEN) == 0
            && strcmp(rims->rims[i]->id, rim->id) == 0)
        {
            return 0;
        }
    }

    return 1;
}


/*
 * A driver's manifest and a VBIOS' of one chip have no measurement in
 * common: which of the two would count, nobody could say.
 */
static int
ioattest_rim_no_clash(const ioattest_rims_t *rims, const ioattest_rim_t *rim,
    char why[IOATTEST_RIM_WHY_MAX])
{
    size_t                 i, k;
    const ioattest_rim_t  *other;

    for (i = 0; i < rims->rims_n; i++) {
        other = rims->rims[i];

        if (other->is_vbios == rim->is_vbios
            || strcmp(other->xml.chip, rim->xml.chip) != 0)
        {
            continue;
        }

        for (k = 0; k < IOATTEST_RIM_INDICES; k++) {
            if (rim->xml.indices[k].n != 0 && other->xml.indices[k].n != 0) {
                return ioattest_rim_why(why, "measurement %zu is that of a "
                           "driver and of a VBIOS: see %s", k, other->path);
            }
        }
    }

    return 1;
}


/* Returns: 1 verified, 0 refused, -1 not readable. */
static int
ioattest_rim_one(ioattest_rims_t *rims, const char *path)
{
    int              ok;
    char             why[IOATTEST_RIM_WHY_MAX];
    ioa_bytes_t      file;
    ioattest_rim_t  *rim;

    const ioattest_rim_trust_t  trust = {
        .roots = rims->roots,
        .now = rims->now,
        .revoked = rims->ocsp != NULL ? ioattest_rim_ocsp : NULL,
        .data = rims->ocsp
    };

    if (!ioattest_input_read(&file, path, IOATTEST_RIM_FILE_MAX)) {
        return -1;
    }

    rim = calloc(1, sizeof(ioattest_rim_t));

    if (rim == NULL) {
        ioattest_complain("out of memory");
        ioattest_input_free(&file);
        return -1;
    }

    ok = ioattest_rim_verify(rim, why, path, file, &trust)
         && ioattest_rim_no_clash(rims, rim, why);

    ioattest_input_free(&file);

    if (ok && ioattest_rim_is_new(rims, rim)) {
        rims->rims[rims->rims_n++] = rim;
        return 1;
    }

    if (!ok) {
        ioattest_complain("%s: %s", path, why);
    }

    ioattest_rim_xml_free(&rim->xml);
    free(rim);

    return ok;
}


static void
ioattest_rim_print_time(ioattest_json_t *json, const char *name, int64_t when)
{
    char        text[sizeof("9999-12-31T23:59:59Z")];
    time_t      seconds = (time_t) when;
    struct tm  *date;

    date = gmtime(&seconds);

    if (date == NULL
        || strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", date) == 0)
    {
        text[0] = '\0';
    }

    ioattest_json_string(json, name, text);
}


static void
ioattest_rim_print(ioattest_json_t *json, const ioattest_rim_t *rim)
{
    char    index[sizeof("63")];
    size_t  i, k;

    ioattest_json_open(json, NULL, '{');
    ioattest_json_string(json, "kind", rim->is_vbios ? "vbios" : "driver");
    ioattest_json_string(json, "chip", rim->xml.chip);
    ioattest_json_string(json, "rim", rim->xml.version);
    ioattest_json_string(json, "id", rim->id);
    ioattest_json_hex(json, "sha256", rim->sha256, IOA_SHA256_LEN);
    ioattest_rim_print_time(json, "not_after", rim->not_after);
    ioattest_json_open(json, "measurements", '{');

    for (i = 0; i < IOATTEST_RIM_INDICES; i++) {

        if (rim->xml.indices[i].n == 0) {
            continue;
        }

        snprintf(index, sizeof(index), "%u", (unsigned) i & 63);
        ioattest_json_open(json, index, '[');

        for (k = 0; k < rim->xml.indices[i].n; k++) {
            ioattest_json_hex(json, NULL, rim->xml.indices[i].values[k],
                              IOATTEST_RIM_HASH_LEN);
        }

        ioattest_json_close(json, ']');
    }

    ioattest_json_close(json, '}');
    ioattest_json_open(json, "min_svn", '{');
    ioattest_json_close(json, '}');
    ioattest_json_close(json, '}');
}


static void
ioattest_rim_print_all(const ioattest_rims_t *rims)
{
    size_t           i;
    ioattest_json_t  json;

    ioattest_json_begin(&json);
    ioattest_json_number(&json, "version", 1);
    ioattest_json_open(&json, "rims", '[');

    for (i = 0; i < rims->rims_n; i++) {
        ioattest_rim_print(&json, rims->rims[i]);
    }

    ioattest_json_close(&json, ']');
    ioattest_json_end(&json);
}


static int
ioattest_rim_roots(ioattest_rims_t *rims)
{
    char            why[IOA_CHAIN_TEXT_MAX];
    ioa_bytes_t     bytes = { (const uint8_t *) ioattest_rim_root,
                              sizeof(ioattest_rim_root) - 1 };
    ioa_chain_rc_t  rc;

    if (rims->root == NULL) {
        return ioa_roots_parse(&rims->roots, bytes.data, bytes.len)
               == IOA_CHAIN_OK;
    }

    if (!ioattest_input_read(&bytes, rims->root, IOA_ROOTS_LEN_MAX)) {
        return 0;
    }

    rc = ioa_roots_parse(&rims->roots, bytes.data, bytes.len);
    ioa_roots_text(why, rc, bytes.data, bytes.len);
    ioattest_input_free(&bytes);

    if (rc != IOA_CHAIN_OK) {
        ioattest_complain("--root %s holds no roots: %s", rims->root, why);
        return 0;
    }

    return 1;
}


/* Options by option.h, files by themselves: there may be a thousand. */
static int
ioattest_rim_options(ioattest_rims_t *rims, int argc, char **argv)
{
    int          i, taken = 1, names = 0;
    char        *option[4];
    const char  *time;

    ioattest_option_t  options[] = {
        { .name = "--time", .max = 1 },
        { .name = "--root", .max = 1 },
        { .name = "--ocsp", .max = 1 },
        { .name = "--help" },
        { .name = "--version" }
    };

    option[0] = argv[0];

    for (i = 1; i < argc; i += taken) {

        if (!names && strcmp(argv[i], "--") == 0) {
            taken = 1;
            names = 1;
            continue;
        }

        if (names || argv[i][0] != '-' || argv[i][1] == '\0') {
            taken = 1;

            if (rims->files_n == IOATTEST_RIM_FILES_MAX) {
                ioattest_complain("at most %d files",
                                  IOATTEST_RIM_FILES_MAX);
                return 0;
            }

            rims->files[rims->files_n++] = argv[i];
            continue;
        }

        taken = strcmp(argv[i], "--time") == 0
                || strcmp(argv[i], "--root") == 0
                || strcmp(argv[i], "--ocsp") == 0 ? 2 : 1;
        option[1] = argv[i];
        option[2] = taken == 2 ? argv[i + 1] : NULL;
        option[3] = NULL;

        if (!ioattest_options_read(options, 4,
                                   option[2] == NULL ? 2 : 3, option))
        {
            return 0;
        }
    }

    time = options[0].values[0];
    rims->root = options[1].values[0];
    rims->ocsp = options[2].values[0];
    rims->help = options[3].given ? 1 : options[4].given ? 2 : 0;

    if (time != NULL
        && !ioa_time_rfc3339(&rims->now, (const uint8_t *) time,
                             strlen(time)))
    {
        ioattest_complain("--time is a time as 2026-06-10T01:47:30Z, not "
                          "\"%s\"", time);
        return 0;
    }

    if (rims->files_n == 0 && !rims->help) {
        ioattest_complain("FILE, a manifest, is missing");
        return 0;
    }

    return 1;
}


static int
ioattest_rim_run(ioattest_rims_t *rims)
{
    int     rc, status = IOATTEST_VERIFIED;
    size_t  i;

    if (!ioattest_rim_built()) {
        ioattest_complain("rim: this program was built without libxml2");
        return IOATTEST_USAGE;
    }

    if (rims->ocsp != NULL && !ioattest_ask_built()) {
        ioattest_complain("--ocsp: this program was built without libcurl");
        return IOATTEST_USAGE;
    }

    if (!ioattest_rim_roots(rims)) {
        return IOATTEST_USAGE;
    }

    for (i = 0; i < rims->files_n; i++) {
        rc = ioattest_rim_one(rims, rims->files[i]);

        if (rc < 0) {
            return IOATTEST_USAGE;
        }

        if (rc == 0) {
            status = IOATTEST_REFUSED;
        }
    }

    ioattest_rim_print_all(rims);

    return status;
}


int
ioattest_rim(int argc, char **argv)
{
    int               status;
    size_t            i;
    ioattest_rims_t  *rims;

    rims = calloc(1, sizeof(ioattest_rims_t));

    if (rims == NULL) {
        ioattest_complain("out of memory");
        return IOATTEST_USAGE;
    }

    rims->now = (int64_t) time(NULL);

    if (!ioattest_rim_options(rims, argc, argv)) {
        status = IOATTEST_USAGE;

    } else if (rims->help == 1) {
        ioattest_rim_usage();
        status = 0;

    } else if (rims->help == 2) {
        puts("ioattest " IOATTEST_VERSION);
        status = 0;

    } else {
        status = ioattest_rim_run(rims);
    }

    for (i = 0; i < rims->rims_n; i++) {
        ioattest_rim_xml_free(&rims->rims[i]->xml);
        free(rims->rims[i]);
    }

    ioa_roots_free(rims->roots);
    free(rims);

    return status;
}
