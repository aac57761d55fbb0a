/*
 * reference: files of reference values, good and bad, and GPUs beside them.
 */

#include "nvidia/ioa_reference.h"
#include "unit.h"

#define TEXT_MAX  65536
#define NOW       1000000000            /* 2001-09-09T01:46:40Z */
#define DAY       86400

#define HEX8(d)   d d d d d d d d
#define HEX48(d)  HEX8(d) HEX8(d) HEX8(d) HEX8(d) HEX8(d) HEX8(d)
#define HEX32(d)  HEX8(d) HEX8(d) HEX8(d) HEX8(d)

#define ENDS      "2001-10-01T00:00:00Z"
#define ENDS_AT   1001894400

#define RIM(kind, chip, rim, id, sha, ends, measurements)                     \
    "{\"kind\":\"" kind "\",\"chip\":\"" chip "\",\"rim\":\"" rim "\","       \
    "\"id\":\"" id "\",\"sha256\":\"" HEX32(sha) "\",\"not_after\":\"" ends   \
    "\",\"measurements\":{" measurements "},\"min_svn\":{}}"

#define DRIVER_ID  "NV_GPU_DRIVER_GH100_570.124"
#define VBIOS_ID   "NV_GPU_VBIOS_1010_0200_882_9600740001"
#define ONE(i, d)  "\"" i "\":[\"" HEX48(d) "\"]"
#define DRIVER(sha, ends, measurements)                                       \
    RIM("driver", "GH100", "570.124", DRIVER_ID, sha, ends, measurements)
#define VBIOS(sha, ends, measurements)                                        \
    RIM("vbios", "GH100", "96.00.74.00.01", VBIOS_ID, sha, ends, measurements)
#define FILE_OF(rims)  "{\"version\":1,\n\"rims\":[\n" rims "]}"
#define GOOD                                                                  \
    DRIVER("d1", ENDS, ONE("7", "07") "," ONE("35", "23")) ",\n"              \
    VBIOS("f1", ENDS, ONE("0", "00") "," ONE("9", "09"))

static ioa_checks_t  checks;


static ioa_reference_t *
read_text(char error[IOA_REFERENCE_ERROR_MAX], const char *text, size_t n)
{
    int               rc;
    uint8_t          *exact;
    ioa_reference_t  *reference;

    exact = unit_exact((const uint8_t *) text, n);
    rc = ioa_reference_parse(&reference, error, exact, n);
    free(exact);

    if (rc != (reference != NULL) || rc != (error[0] == '\0')) {
        printf("Bail out! a file that is read and refused\n");
        exit(1);
    }

    return reference;
}


static ioa_reference_t *
good_file(const char *text)
{
    char              error[IOA_REFERENCE_ERROR_MAX];
    ioa_reference_t  *reference;

    reference = read_text(error, text, strlen(text));

    if (reference == NULL) {
        printf("Bail out! %s\n", error);
        exit(1);
    }

    return reference;
}


static void
test_good(void)
{
    int64_t           ends;
    uint8_t           one[IOA_SHA256_LEN], two[IOA_SHA256_LEN];
    ioa_reference_t  *reference;

    reference = good_file(FILE_OF(GOOD));
    UNIT_OK(strcmp(ioa_reference_ends(&ends, reference), DRIVER_ID) == 0
            && ends == ENDS_AT, "the first to end");
    ioa_reference_digest(one, reference);
    ioa_reference_free(reference);

    reference = good_file(FILE_OF(GOOD) "\n");
    ioa_reference_digest(two, reference);
    UNIT_OK(memcmp(one, two, sizeof(one)) != 0, "the digest is the file's");
    ioa_reference_free(reference);

    reference = good_file(FILE_OF(DRIVER("d1", "2001-09-10T00:00:00Z",
                                         ONE("7", "07")) ","
                                  DRIVER("d2", "2002-09-10T00:00:00Z",
                                         ONE("7", "07")) ","
                                  VBIOS("f1", ENDS, ONE("9", "09"))));
    UNIT_OK(strcmp(ioa_reference_ends(&ends, reference), VBIOS_ID) == 0
            && ends == ENDS_AT, "one that was issued anew ends later");
    ioa_reference_free(reference);
    ioa_reference_free(NULL);

    reference = good_file(FILE_OF(
        RIM("driver", "GH100", "590-1_2", "NV_GPU_DRIVER_GH100_590-1_2", "02",
            ENDS, ONE("7", "07")) "," VBIOS("f1", ENDS, ONE("9", "09"))));
    UNIT_OK(reference != NULL, "a version of other characters");
    ioa_reference_free(reference);

    reference = good_file(FILE_OF(
        RIM("driver", "GB100", "590.1", "NV_GPU_CC_DRIVER_GB100_590.1", "01",
            ENDS, ONE("9", "09")) "," VBIOS("f1", ENDS, ONE("9", "09"))));
    UNIT_OK(reference != NULL, "of two chips one index may be in both kinds");
    ioa_reference_free(reference);
}


#define NOT_CHIP  "line 3: chip must be one, as \"GH100\""

typedef struct {
    const char  *text;
    const char  *error;
} bad_t;


static void
test_bad(void)
{
    char              error[IOA_REFERENCE_ERROR_MAX];
    size_t            i;
    unit_all_t        all = { 0, 0, "" };
    ioa_reference_t  *reference;

    static const bad_t  bad[] = {
        { "", "line 1: this is not JSON" },
        { "[]", "line 1: references must be a JSON object" },
        { "{}", "line 1: version must be 1" },
        { "{\"version\":2,\"rims\":[]}", "line 1: version must be 1" },
        { "{\"version\":1}", "line 1: rims must be a list of manifests" },
        { "{\"version\":1,\"rims\":{}}",
          "line 1: rims must be a list of manifests" },
        { "{\"version\":1,\n\"rims\":[]}",
          "line 2: there must be 1 to 1024 manifests" },
        { "{\"version\":1,\"more\":1,\"rims\":[]}",
          "line 1: more is not known" },
        { "{\"version\":1,\"version\":1,\"rims\":[]}",
          "line 1: member \"version\" is duplicate" },
        { FILE_OF("1"), "line 3: a manifest must be an object" },
        { FILE_OF("{\"more\":1}"), "line 3: more is not known" },
        { FILE_OF("{\"kind\":\"vbios\"}"), "line 3: chip is missing" },
        { FILE_OF("{\"kind\":\"vbios\",\"kind\":\"vbios\"}"),
          "line 3: member \"kind\" is duplicate" },
        { FILE_OF("{\"kind\":\"switch\"}"),
          "line 3: kind must be \"driver\" or \"vbios\"" },
        { FILE_OF("{\"chip\":\"G H\"}"),
          "line 3: chip must be one, as \"GH100\"" },
        { FILE_OF("{\"chip\":\"GH10000000000000\"}"),
          "line 3: chip must be one, as \"GH100\"" },
        { FILE_OF("{\"kind\":7}"),
          "line 3: kind must be \"driver\" or \"vbios\"" },
        { FILE_OF("{\"kind\":\"drivers\"}"),
          "line 3: kind must be \"driver\" or \"vbios\"" },
        { FILE_OF("{\"\\u00e4\\u0007\":1}"), "line 3: ??? is not known" },
        { FILE_OF("{\"\\u007f\":1}"), "line 3: ? is not known" },
        { FILE_OF("{\"chip\":\"GH/\"}"), NOT_CHIP },
        { FILE_OF("{\"chip\":\"GH:\"}"), NOT_CHIP },
        { FILE_OF("{\"chip\":\"GH@\"}"), NOT_CHIP },
        { FILE_OF("{\"chip\":\"GH[\"}"), NOT_CHIP },
        { FILE_OF("{\"chip\":\"GH`\"}"), NOT_CHIP },
        { FILE_OF("{\"chip\":\"GH{\"}"), NOT_CHIP },
        { FILE_OF("{\"chip\":null}"), NOT_CHIP },
        { FILE_OF("{\"rim\":\"01234567890123456789012345678901\"}"),
          "line 3: rim must be a version, of at most 31 letters, digits, "
          "'.', '-' and '_'" },
        { FILE_OF("{\"sha256\":7}"),
          "line 3: sha256 must be 64 hex digits" },
        { FILE_OF("{\"sha256\":\"" HEX32("0g") "\"}"),
          "line 3: sha256 must be 64 hex digits" },
        { FILE_OF("{\"not_after\":7}"), "line 3: not_after must be a "
          "time as \"2026-06-10T01:47:30Z\"" },
        { FILE_OF("{\"measurements\":7}"), "line 3: measurements must be an "
          "object with at least one" },
        { FILE_OF("{\"measurements\":{\"\":[]}}"), "line 3: a measurement "
          "must be a number from 0 to 63, and is " },
        { FILE_OF("{\"measurements\":{\"100\":[]}}"), "line 3: a measurement "
          "must be a number from 0 to 63, and is 100" },
        { FILE_OF("{\"measurements\":{\"7a\":[]}}"), "line 3: a measurement "
          "must be a number from 0 to 63, and is 7a" },
        { FILE_OF("{\"measurements\":{\"7\":[7]}}"), "line 3: measurement 7 "
          "must have 1 to 8 values of 96 hex digits" },
        { FILE_OF("{\"measurements\":{\"7\":{\"a\":\"" HEX48("00") "\"}}}"),
          "line 3: measurement 7 must have 1 to 8 values of 96 hex digits" },
        { FILE_OF("{\"min_svn\":[]}"),
          "line 3: min_svn is not empty: a newer format, update ioattest" },
        { FILE_OF(RIM("vbios", "GH100", "96.00.74.00.01",
                      "NV_GPU_VBIOS_9600740001", "00", ENDS, ONE("7", "07"))),
          "line 3: the id NV_GPU_VBIOS_9600740001 is not that of its kind, "
          "chip and version" },
        { FILE_OF(RIM("vbios", "GH100", "96.00.74.00.01",
                      "NV_GPU_DRIVER_1010_0200_882_9600740001", "00", ENDS,
                      ONE("7", "07"))),
          "line 3: the id NV_GPU_DRIVER_1010_0200_882_9600740001 is not that "
          "of its kind, chip and version" },
        { FILE_OF(RIM("driver", "GH100", "570.124",
                      "NV_GPU_DRIVER_GH100_570.12", "00", ENDS,
                      ONE("7", "07"))),
          "line 3: the id NV_GPU_DRIVER_GH100_570.12 is not that of its "
          "kind, chip and version" },
        { FILE_OF("{\"rim\":\"\"}"), "line 3: rim must be a version, of at "
          "most 31 letters, digits, '.', '-' and '_'" },
        { FILE_OF("{\"id\":7}"), "line 3: id must be one, of at most 127 "
          "letters, digits, '.', '-' and '_'" },
        { FILE_OF("{\"sha256\":\"00\"}"),
          "line 3: sha256 must be 64 hex digits" },
        { FILE_OF("{\"not_after\":\"2026\"}"), "line 3: not_after must be a "
          "time as \"2026-06-10T01:47:30Z\"" },
        { FILE_OF("{\"measurements\":{}}"), "line 3: measurements must be an "
          "object with at least one" },
        { FILE_OF("{\"measurements\":[\"0\"]}"), "line 3: measurements must "
          "be an object with at least one" },
        { FILE_OF("{\"measurements\":{\"64\":[]}}"), "line 3: a measurement "
          "must be a number from 0 to 63, and is 64" },
        { FILE_OF("{\"measurements\":{\"07\":[]}}"), "line 3: a measurement "
          "must be a number from 0 to 63, and is 07" },
        { FILE_OF("{\"measurements\":{\"\\n\":[]}}"), "line 3: a measurement "
          "must be a number from 0 to 63, and is ?" },
        { FILE_OF("{\"measurements\":{\"7\":[]}}"), "line 3: measurement 7 "
          "must have 1 to 8 values of 96 hex digits" },
        { FILE_OF("{\"measurements\":{\"7\":[\"00\"]}}"), "line 3: "
          "measurement 7 must have 1 to 8 values of 96 hex digits" },
        { FILE_OF("{\"measurements\":{\"7\":\"" HEX48("00") "\"}}"),
          "line 3: measurement 7 must have 1 to 8 values of 96 hex digits" },
        { FILE_OF("{\"measurements\":{\"7\":[" HEX8("\"" HEX48("00") "\",")
                  "\"" HEX48("00") "\"]}}"),
          "line 3: measurement 7 must have 1 to 8 values of 96 hex digits" },
        { FILE_OF("{\"min_svn\":{\"37\":1}}"),
          "line 3: min_svn is not empty: a newer format, update ioattest" },
        { FILE_OF(RIM("driver", "GH100", "570.124", VBIOS_ID, "00", ENDS,
                      ONE("7", "07"))),
          "line 3: the id " VBIOS_ID " is not that of its kind, chip and "
          "version" },
        { FILE_OF(RIM("driver", "GB100", "570.124", DRIVER_ID, "00", ENDS,
                      ONE("7", "07"))),
          "line 3: the id " DRIVER_ID " is not that of its kind, chip and "
          "version" },
        { FILE_OF(RIM("vbios", "GH100", "96.00.74.00.02", VBIOS_ID, "00",
                      ENDS, ONE("7", "07"))),
          "line 3: the id " VBIOS_ID " is not that of its kind, chip and "
          "version" },
        { FILE_OF(GOOD ",\n" GOOD),
          "line 5: " DRIVER_ID " is duplicate, with the same sha256" },
        { FILE_OF(GOOD ",\n" DRIVER("d2", ENDS, ONE("9", "01"))),
          "line 5: measurement 9 is in " VBIOS_ID " and in " DRIVER_ID }
    };

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        reference = read_text(error, bad[i].text, strlen(bad[i].text));
        unit_each(&all, reference == NULL && strcmp(error, bad[i].error) == 0,
                  "%zu: %.120s", i, error);
        ioa_reference_free(reference);
    }

    UNIT_ALL(&all, "files that are refused");
}


static void
test_sizes(void)
{
    char              error[IOA_REFERENCE_ERROR_MAX];
    char             *text, *at, sha[9 + 8];
    size_t            i, k, n;
    unit_all_t        all = { 0, 0, "" };
    ioa_reference_t  *reference;

    static const char  good[] = FILE_OF(GOOD);

    for (n = 0; n < sizeof(good) - 1; n++) {
        reference = read_text(error, good, n);
        unit_each(&all, reference == NULL, "%zu bytes", n);
        ioa_reference_free(reference);
    }

    UNIT_ALL(&all, "every part of a file");

    text = malloc(IOA_REFERENCE_SIZE_MAX + 1);
    memset(text, ' ', IOA_REFERENCE_SIZE_MAX + 1);
    memcpy(text, good, sizeof(good) - 1);
    reference = read_text(error, text, IOA_REFERENCE_SIZE_MAX);
    UNIT_OK(reference != NULL, "the longest");
    ioa_reference_free(reference);
    reference = read_text(error, text, IOA_REFERENCE_SIZE_MAX + 1);
    UNIT_OK(reference == NULL
            && strcmp(error, "references have at most 4194304 bytes") == 0,
            "one byte more");

    for (i = 1023; i <= 1025; i += 2) {
        n = (size_t) sprintf(text, "{\"version\":1,\"rims\":[");

        for (k = 0; k < i; k++) {
            at = text + n;
            n += (size_t) sprintf(at, "%s%s", k == 0 ? "" : ",",
                                  DRIVER("d1", ENDS, ONE("7", "07")));
            at = strstr(at, "d1d1d1d1");
            sprintf(sha, "%08zx", k);
            memcpy(at, sha, 8);
        }

        n += (size_t) sprintf(text + n, "]}");
        reference = read_text(error, text, n);
        UNIT_OK((reference != NULL) == (i < 1024), "%zu manifests", i);
        ioa_reference_free(reference);
    }

    free(text);
}


/* A view of evidence with these measurements, by index, and records. */
static void
view_of(ioa_spdm_view_t *view, uint8_t values[64][48])
{
    size_t  i;

    memset(view, 0, sizeof(*view));

    for (i = 0; i < 64; i++) {
        memset(values[i], (int) i, 48);
        view->blocks[i].index = (uint8_t) (i + 1);
        ioa_reader_init(&view->blocks[i].value, values[i], 48);
    }

    view->blocks_n = 64;

#define RECORD(view, type, text)                                              \
    ioa_reader_init(&(view)->records[type], (const uint8_t *) text,             \
                    sizeof(text) - 1)

    RECORD(view, IOA_SPDM_PROJECT, "1010\0");
    RECORD(view, IOA_SPDM_PROJECT_SKU, "0200");
    RECORD(view, IOA_SPDM_CHIP_SKU, "882\0\0");
}


static void
hopper(ioa_gpu_t *gpu)
{
    memset(gpu, 0, sizeof(*gpu));
    gpu->arch = IOA_GPU_HOPPER;
    gpu->nvdec0 = 1;
    strcpy(gpu->chip, "GH100");
    strcpy(gpu->driver, "570.124");
    strcpy(gpu->vbios, "96.00.74.00.01");
}


static void
test_measured(void)
{
    uint8_t          values[64][48];
    ioa_gpu_t        gpu;
    ioa_spdm_view_t  view;

    hopper(&gpu);
    view_of(&view, values);
    ioa_gpu_measured(&gpu, &view);
    UNIT_OK(gpu.measured.present == UINT64_MAX
            && gpu.measured.values[7][0] == 7
            && gpu.measured.values[63][47] == 63, "block 8 is measurement 7");
    UNIT_OK(strcmp(gpu.measured.chip, "GH100") == 0
            && strcmp(gpu.measured.driver_id, DRIVER_ID) == 0
            && strcmp(gpu.measured.vbios_id, VBIOS_ID) == 0, "ids");

    view.blocks[7].value.left = 32;
    view.blocks[6].value.left = 64;
    view.blocks[63].index = 200;
    view.blocks[0].index = 0;
    ioa_gpu_measured(&gpu, &view);
    UNIT_OK(gpu.measured.present == (UINT64_MAX & ~(1ULL | 1ULL << 7
                                                    | 1ULL << 6
                                                    | 1ULL << 63)),
            "of another length or index it is none");

    RECORD(&view, IOA_SPDM_CHIP_SKU, "8 2");
    ioa_gpu_measured(&gpu, &view);
    UNIT_OK(gpu.measured.vbios_id[0] == '\0', "a record that is no word");
    RECORD(&view, IOA_SPDM_CHIP_SKU, "88[");
    ioa_gpu_measured(&gpu, &view);
    UNIT_OK(gpu.measured.vbios_id[0] == '\0', "a character after the letters");
    RECORD(&view, IOA_SPDM_CHIP_SKU, "88{");
    ioa_gpu_measured(&gpu, &view);
    UNIT_OK(gpu.measured.vbios_id[0] == '\0', "and after the small ones");
    RECORD(&view, IOA_SPDM_CHIP_SKU, "88:");
    ioa_gpu_measured(&gpu, &view);
    UNIT_OK(gpu.measured.vbios_id[0] == '\0', "and after the digits");
    RECORD(&view, IOA_SPDM_CHIP_SKU, "\0\0");
    ioa_gpu_measured(&gpu, &view);
    UNIT_OK(gpu.measured.vbios_id[0] == '\0', "a record of zeros");
    RECORD(&view, IOA_SPDM_CHIP_SKU, "0123456789abcdef");
    ioa_gpu_measured(&gpu, &view);
    UNIT_OK(gpu.measured.vbios_id[0] == '\0', "one that is too long");
    RECORD(&view, IOA_SPDM_CHIP_SKU, "88a");
    ioa_gpu_measured(&gpu, &view);
    UNIT_OK(strstr(gpu.measured.vbios_id, "_88A_") != NULL, "upper case");
    memset(&view.records[IOA_SPDM_PROJECT], 0, sizeof(ioa_reader_t));
    gpu.driver[0] = '\0';
    ioa_gpu_measured(&gpu, &view);
    UNIT_OK(gpu.measured.vbios_id[0] == '\0'
            && gpu.measured.driver_id[0] == '\0', "records that are absent");

    hopper(&gpu);
    gpu.arch = IOA_GPU_BLACKWELL;
    strcpy(gpu.chip, "GB102");
    ioa_gpu_measured(&gpu, &view);
    UNIT_OK(strcmp(gpu.measured.driver_id,
                   "NV_GPU_CC_DRIVER_GB100_570.124") == 0, "Blackwell");
    RECORD(&view, IOA_SPDM_CHIP_INFO, "gb20x");
    ioa_gpu_measured(&gpu, &view);
    UNIT_OK(strcmp(gpu.measured.driver_id,
                   "NV_GPU_CC_DRIVER_GB20X_570.124") == 0, "as it says");
    RECORD(&view, IOA_SPDM_CHIP_INFO, "g!");
    ioa_gpu_measured(&gpu, &view);
    UNIT_OK(gpu.measured.driver_id[0] == '\0', "but no word");
    UNIT_OK(strcmp(ioa_gpu_arch_name(IOA_GPU_HOPPER), "HOPPER") == 0
            && strcmp(ioa_gpu_arch_name(IOA_GPU_BLACKWELL), "BLACKWELL") == 0
            && strcmp(ioa_gpu_arch_name(IOA_GPU_ARCH_NONE), "-") == 0,
            "words for architectures");
}


/* The verdict on a GPU, and the text of the last check. */
static int
judge(ioa_gpu_t *gpu, const char *text, int64_t now, int64_t grace,
    int64_t *until)
{
    int               rc;
    ioa_reference_t  *reference;

    reference = good_file(text);
    ioa_checks_init(&checks);
    *until = 0;
    rc = ioa_reference_compare(until, &checks, reference, gpu, 3, grace, now)
         == IOA_OK;
    ioa_reference_free(reference);

    return rc;
}


static int
said(const char *name, ioa_check_verdict_t verdict, const char *detail)
{
    size_t  i;

    for (i = 0; i < checks.n; i++) {
        if (strcmp(checks.list[i].name, name) == 0) {
            return checks.list[i].verdict == verdict
                   && strcmp(checks.list[i].detail, detail) == 0;
        }
    }

    return 0;
}


static void
test_compare(void)
{
    int64_t          until;
    uint8_t          values[64][48];
    ioa_gpu_t        gpu;
    ioa_spdm_view_t  view;

    hopper(&gpu);
    view_of(&view, values);
    ioa_gpu_measured(&gpu, &view);

    UNIT_OK(judge(&gpu, FILE_OF(GOOD), NOW, DAY, &until)
            && until == ENDS_AT + DAY
            && said("gpu.3.driver_reference", IOA_CHECK_PASSED, DRIVER_ID)
            && said("gpu.3.vbios_reference", IOA_CHECK_PASSED, VBIOS_ID)
            && said("gpu.3.measurements", IOA_CHECK_PASSED, "4 compared"),
            "it measures what it should");

    gpu.measured.values[7][47] ^= 1;
    gpu.measured.values[9][0] ^= 0x80;
    gpu.measured.values[10][0] ^= 1;
    UNIT_OK(!judge(&gpu, FILE_OF(GOOD), NOW, 0, &until) && until == 0
            && said("gpu.3.measurements", IOA_CHECK_FAILED,
                    "4 compared, differ: 7 9"), "all that differ are named");
    hopper(&gpu);
    ioa_gpu_measured(&gpu, &view);

    gpu.measured.present &= ~(1ULL << 9);
    UNIT_OK(!judge(&gpu, FILE_OF(GOOD), NOW, 0, &until)
            && said("gpu.3.measurements", IOA_CHECK_FAILED,
                    "4 compared, differ: 9"), "one is missing");
    ioa_gpu_measured(&gpu, &view);

    gpu.measured.values[35][0] ^= 1;
    UNIT_OK(!judge(&gpu, FILE_OF(GOOD), NOW, 0, &until)
            && said("gpu.3.measurements", IOA_CHECK_FAILED,
                    "4 compared, differ: 35"), "35 with NVDEC0 on");
    gpu.nvdec0 = 0;
    UNIT_OK(judge(&gpu, FILE_OF(GOOD), NOW, 0, &until)
            && said("gpu.3.measurements", IOA_CHECK_PASSED, "3 compared"),
            "but not with NVDEC0 off");
    gpu.nvdec0 = IOA_GPU_NOT_SAID;
    UNIT_OK(!judge(&gpu, FILE_OF(GOOD), NOW, 0, &until)
            && said("gpu.3.measurements", IOA_CHECK_FAILED,
                    "whether NVDEC0 is on is not said"), "not said");
}


static void
test_missing(void)
{
    int64_t          until;
    uint8_t          values[64][48];
    ioa_gpu_t        gpu;
    ioa_spdm_view_t  view;

    hopper(&gpu);
    view_of(&view, values);
    ioa_gpu_measured(&gpu, &view);

    UNIT_OK(!judge(&gpu, FILE_OF(DRIVER("d1", ENDS, ONE("7", "07"))), NOW, 0,
                   &until)
            && said("gpu.3.driver_reference", IOA_CHECK_PASSED, DRIVER_ID)
            && said("gpu.3.vbios_reference", IOA_CHECK_FAILED,
                    VBIOS_ID " is not in the reference file")
            && said("gpu.3.measurements", IOA_CHECK_NOT_MADE,
                    "a reference is missing"), "no VBIOS");
    UNIT_OK(!judge(&gpu, FILE_OF(VBIOS("d1", ENDS, ONE("9", "09"))), NOW, 0,
                   &until)
            && said("gpu.3.driver_reference", IOA_CHECK_FAILED,
                    DRIVER_ID " is not in the reference file"), "no driver");
    UNIT_OK(!judge(&gpu, FILE_OF(DRIVER("d1", ENDS, ONE("7", "07")) ","
                    RIM("vbios", "GB100", "96.00.74.00.01", VBIOS_ID, "01",
                        ENDS, ONE("9", "09"))), NOW, 0, &until)
            && said("gpu.3.vbios_reference", IOA_CHECK_FAILED,
                    VBIOS_ID " is not in the reference file"),
            "the VBIOS of another chip");

    gpu.measured.vbios_id[0] = '\0';
    UNIT_OK(!judge(&gpu, FILE_OF(GOOD), NOW, 0, &until)
            && said("gpu.3.vbios_reference", IOA_CHECK_FAILED,
                    "the evidence lacks a part of the id"), "no id");
    ioa_gpu_measured(&gpu, &view);

    UNIT_OK(judge(&gpu, FILE_OF(GOOD), ENDS_AT + DAY, DAY, &until),
            "within its time after not_after");
    UNIT_OK(!judge(&gpu, FILE_OF(GOOD), ENDS_AT + DAY + 1, DAY, &until)
            && said("gpu.3.driver_reference", IOA_CHECK_FAILED,
                    DRIVER_ID " has expired"), "a second later");
    UNIT_OK(!judge(&gpu, FILE_OF(GOOD), ENDS_AT + 1, 0, &until),
            "with no such time");
}


static void
test_again(void)
{
    int64_t          until;
    uint8_t          values[64][48];
    ioa_gpu_t        gpu;
    ioa_spdm_view_t  view;

#define SOON  "2001-09-10T00:00:00Z"

    hopper(&gpu);
    view_of(&view, values);
    ioa_gpu_measured(&gpu, &view);

    UNIT_OK(judge(&gpu, FILE_OF(GOOD "," VBIOS("f2", SOON, ONE("9", "aa"))),
                  NOW, 0, &until) && until == 1000080000,
            "one value of two manifests of an id");
    UNIT_OK(judge(&gpu, FILE_OF(VBIOS("f2", SOON, ONE("9", "aa")) "," GOOD),
                  NOW, 0, &until), "in whichever order");
    UNIT_OK(!judge(&gpu, FILE_OF(DRIVER("d1", ENDS, ONE("7", "07")) ","
                                 VBIOS("f2", SOON, ONE("9", "09")) ","
                                 VBIOS("f1", ENDS, ONE("9", "aa"))),
                   1000080001, 0, &until)
            && said("gpu.3.measurements", IOA_CHECK_FAILED,
                    "2 compared, differ: 9"), "but not of one that expired");
    UNIT_OK(!judge(&gpu, FILE_OF(GOOD "," VBIOS("f2", ENDS, ONE("10", "aa"))),
                   NOW, 0, &until)
            && said("gpu.3.measurements", IOA_CHECK_FAILED,
                    "5 compared, differ: 10"), "an index that one alone has");
    UNIT_OK(judge(&gpu, FILE_OF(DRIVER("d1", ENDS, "\"7\":[\"" HEX48("aa")
                                "\",\"" HEX48("07") "\"]") ","
                                VBIOS("f1", ENDS, ONE("9", "09"))), NOW, 0,
                  &until), "the second of two values");
    UNIT_OK(!judge(&gpu, FILE_OF(DRIVER("d1", ENDS, ONE("7", "08") ","
                                        ONE("8", "07")) ","
                                 VBIOS("f1", ENDS, ONE("9", "09"))), NOW, 0,
                   &until)
            && said("gpu.3.measurements", IOA_CHECK_FAILED,
                    "3 compared, differ: 7 8"), "another index's value");
}


int
main(void)
{
    test_good();
    test_bad();
    test_sizes();
    test_measured();
    test_compare();
    test_missing();
    test_again();

    return UNIT_DONE();
}
