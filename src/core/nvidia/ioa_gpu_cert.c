/*
 * ioa_gpu_cert: see ioa_gpu_cert.h.
 */

#include <string.h>

#include "nvidia/ioa_gpu_cert.h"
#include "x509/ioa_der.h"

#define IOA_GPU_OID_COMPOSITE  "2.23.133.5.4.1"
#define IOA_GPU_OID_TCB_INFO   "2.23.133.5.4.1.1"
#define IOA_GPU_FWIDS          IOA_DER_CONTEXT(6)   /* [6] of DiceTcbInfo */


const char *
ioa_gpu_arch_name(ioa_gpu_arch_t arch)
{
    switch (arch) {
    case IOA_GPU_HOPPER:
        return "HOPPER";
    case IOA_GPU_BLACKWELL:
        return "BLACKWELL";
    default:
        return "-";
    }
}


/* GH100 is Hopper; GB100, GB102, GB202 and their like are Blackwell. */
static ioa_gpu_arch_t
ioa_gpu_chip_arch(const char *chip)
{
    size_t  i;

    if (strlen(chip) != 5 || chip[0] != 'G') {
        return IOA_GPU_ARCH_NONE;
    }

    if (strcmp(chip, "GH100") == 0) {
        return IOA_GPU_HOPPER;
    }

    if (chip[1] != 'B' || (chip[2] != '1' && chip[2] != '2')) {
        return IOA_GPU_ARCH_NONE;
    }

    for (i = 3; i < 5; i++) {
        if (chip[i] < '0' || chip[i] > '9') {
            return IOA_GPU_ARCH_NONE;
        }
    }

    return IOA_GPU_BLACKWELL;
}


/* 1 where a chip that is not known has the form of a GPU's name: "GR100". */
static int
ioa_gpu_chip_newer(const char *chip)
{
    return strlen(chip) == 5 && chip[0] == 'G' && chip[1] >= 'A'
           && chip[1] <= 'Z' && strspn(chip + 2, "0123456789") == 3;
}


/* Out: the word at text's start, up to a space that must follow it. */
IOA_MUST_CHECK static int
ioa_gpu_word(char word[IOA_GPU_CHIP_MAX + 1], const char *text)
{
    size_t  n;

    n = strcspn(text, " ");

    if (n == 0 || n > IOA_GPU_CHIP_MAX || text[n] != ' ') {
        return 0;
    }

    memcpy(word, text, n);
    word[n] = '\0';

    return 1;
}


static ioa_gpu_arch_t
ioa_gpu_leaf_arch(char chip[IOA_GPU_CHIP_MAX + 1], const ioa_chain_t *chain)
{
    char  cn[IOA_CHAIN_CN_MAX + 1];

    if (!ioa_chain_subject_cn(cn, chain, IOA_GPU_CERT_LEAF)
        || !ioa_gpu_word(chip, cn))
    {
        return IOA_GPU_ARCH_NONE;
    }

    return ioa_gpu_chip_arch(chip);
}


static ioa_gpu_arch_t
ioa_gpu_identity_arch(const ioa_chain_t *chain)
{
    char  cn[IOA_CHAIN_CN_MAX + 1], chip[IOA_GPU_CHIP_MAX + 1];

    static const char  vendor[] = "NVIDIA ";

    if (!ioa_chain_subject_cn(cn, chain, IOA_GPU_CERT_IDENTITY)
        || strncmp(cn, vendor, sizeof(vendor) - 1) != 0
        || !ioa_gpu_word(chip, cn + sizeof(vendor) - 1)
        || strcmp(cn + sizeof(vendor) - 1 + strlen(chip), " Identity") != 0)
    {
        return IOA_GPU_ARCH_NONE;
    }

    return ioa_gpu_chip_arch(chip);
}


int
ioa_gpu_cert_arch(ioa_gpu_arch_t *arch, char chip[IOA_GPU_CHIP_MAX + 1],
    const ioa_chain_t *chain)
{
    chip[0] = '\0';
    *arch = ioa_gpu_leaf_arch(chip, chain);

    if (*arch != IOA_GPU_ARCH_NONE && *arch == ioa_gpu_identity_arch(chain)) {
        return 1;
    }

    if (*arch != IOA_GPU_ARCH_NONE || !ioa_gpu_chip_newer(chip)) {
        chip[0] = '\0';
    }

    *arch = IOA_GPU_ARCH_NONE;

    return 0;
}


int
ioa_gpu_cert_ueid(char ueid[IOA_UEID_TEXT_MAX + 1],
    const ioa_chain_t *chain)
{
    uint8_t       ueid20[IOA_UEID_LEN];
    ioa_reader_t  serial;

    ueid[0] = '\0';

    if (!ioa_chain_serial(&serial, chain, IOA_GPU_CERT_LEAF)
        || !ioa_ueid_serial(ueid20, serial))
    {
        return 0;
    }

    ioa_ueid_print(ueid, ueid20);

    return 1;
}


/* FWID ::= SEQUENCE { hashAlg OID, digest OCTET STRING }, of SHA-384. */
IOA_MUST_CHECK static int
ioa_gpu_fwid(ioa_reader_t *fwid, ioa_reader_t *r)
{
    ioa_reader_t  both, oid, digest;

    static const uint8_t  sha384[] = {
        0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02
    };

    if (!ioa_der_take(r, IOA_DER_SEQUENCE, &both)
        || !ioa_der_take(&both, IOA_DER_OID, &oid)
        || !ioa_reader_match(&oid, sha384, sizeof(sha384))
        || ioa_reader_left(&oid) != 0
        || !ioa_der_take(&both, IOA_DER_OCTET_STRING, &digest)
        || ioa_reader_left(&digest) != IOA_SPDM_FWID_LEN
        || ioa_reader_left(&both) != 0)
    {
        return 0;
    }

    *fwid = digest;

    return 1;
}


/* CompositeDeviceID ::= SEQUENCE { version INTEGER, key, fwid }. */
static int
ioa_gpu_composite_fwid(ioa_reader_t *fwid, const ioa_chain_t *chain)
{
    uint64_t      version;
    ioa_reader_t  r, all, key, found;

    if (!ioa_chain_extension(&r, chain, IOA_GPU_CERT_LEAF,
                             IOA_GPU_OID_COMPOSITE)
        || !ioa_der_take(&r, IOA_DER_SEQUENCE, &all)
        || ioa_reader_left(&r) != 0
        || !ioa_der_uint(&all, &version)
        || version != 1
        || !ioa_der_take(&all, IOA_DER_SEQUENCE, &key)
        || !ioa_gpu_fwid(&found, &all)
        || ioa_reader_left(&all) != 0)
    {
        return 0;
    }

    *fwid = found;

    return 1;
}


/* DiceTcbInfo: of its members, each tagged, the one that is fwids. */
static int
ioa_gpu_tcb_info_fwid(ioa_reader_t *fwid, const ioa_chain_t *chain)
{
    int           found;
    uint8_t       tag;
    ioa_reader_t  r, all, member, value;

    if (!ioa_chain_extension(&r, chain, IOA_GPU_CERT_LEAF,
                             IOA_GPU_OID_TCB_INFO)
        || !ioa_der_take(&r, IOA_DER_SEQUENCE, &all)
        || ioa_reader_left(&r) != 0)
    {
        return 0;
    }

    ioa_reader_init(&value, NULL, 0);

    for (found = 0; ioa_reader_left(&all) != 0; /* void */) {
        if (!ioa_der_any(&all, &tag, &member)
            || (tag == IOA_GPU_FWIDS
                && (found++ || !ioa_gpu_fwid(&value, &member))))
        {
            return 0;
        }
    }

    if (!found) {
        return 0;
    }

    *fwid = value;

    return 1;
}


int
ioa_gpu_cert_fwid(ioa_reader_t *fwid, const ioa_chain_t *chain,
    ioa_gpu_arch_t arch)
{
    switch (arch) {
    case IOA_GPU_HOPPER:
        return ioa_gpu_composite_fwid(fwid, chain);
    case IOA_GPU_BLACKWELL:
        return ioa_gpu_tcb_info_fwid(fwid, chain);
    default:
        return 0;
    }
}
