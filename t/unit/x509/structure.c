/*
 * structure: DER whose elements are whole, but are not those that ought to
 * be there: certificates, CRLs, extensions of Intel's, AMD's and NVIDIA's.
 * What is taken all the same is named, and why.
 */

#include "fixtures/dertree.h"
#include "nvidia/ioa_gpu_cert.h"
#include "snp/ioa_snp_cert.h"
#include "tdx/ioa_tdx_pck.h"
#include "fixtures/tdxquote.h"

#define TAKEN_MAX  4096

/*
 * Of a certificate: another behind it, another serial number, name, key
 * identifier or signature, an extension that is missing, not critical or of
 * a kind that is not known, no CA, bits of keyUsage that say nothing.
 */
#define CERT_HEAD                                                             \
    "0:2 0.0.1:0fc 0.0.3.0.0.1:fc 0.0.5.0.0.1:fc "
#define CERT_TAIL                                                             \
    "0.0.7:d 0.0.7.0.0:d 0.0.7.0.0.0:0c 0.0.7.0.0.1:0f "                      \
    "0.0.7.0.0.1.0:2be0fc 0.0.7.0.1:d 0.0.7.0.1.1:d 0.0.7.0.1.2.0:e "         \
    "0.0.7.0.1.2.0.0:d 0.0.7.0.2:d 0.0.7.0.2.1:d 0.0.7.0.2.2.0:0 "            \
    "0.2:0fc"

static EVP_PKEY  *key;
static char       taken[TAKEN_MAX];


static void
check(const char *name, const char *want)
{
    if (!UNIT_OK(strcmp(taken, want) == 0, "%s", name)) {
        printf("# %s\n", taken);
    }
}


/*
 * The same of what OpenSSL alone reads, at most: newer ones take less.  Each
 * is a path, a colon and the letters of what was done there.
 */
static void
check_most(const char *name, const char *most)
{
    int          good;
    char         path[64];
    size_t       n, letters;
    const char  *at, *found;

    for (at = taken, good = taken[0] != '\0'; *at != '\0' && good; at += n) {
        at += strspn(at, " ");
        n = strcspn(at, " ");
        letters = strcspn(at, ":") + 1;
        good = letters < n && letters + 1 < sizeof(path);

        if (good) {
            path[0] = ' ';
            memcpy(path + 1, at, letters);
            path[1 + letters] = '\0';
            found = strstr(most, path);
            good = found != NULL
                   && strspn(at + letters, found + 1 + letters) >= n - letters;
        }
    }

    if (!UNIT_OK(good, "%s", name)) {
        printf("# %s\n", taken);
    }
}


static ioa_reader_t
reader(const uint8_t *data, size_t n)
{
    ioa_reader_t  r;

    ioa_reader_init(&r, data, n);

    return r;
}


static int
take_pck(void *ctx, const uint8_t *data, size_t n)
{
    ioa_pck_t  pck;

    (void) ctx;

    return ioa_pck_parse(&pck, reader(data, n));
}


static void
test_pck(void)
{
    size_t            n;
    uint8_t           value[1024];
    quote_pck_form_t  form = { 0 };

    n = quote_pck(value, &form);
    dertree_all(taken, sizeof(taken), reader(value, n), take_pck, NULL);
    /* what we do not use, and other values */
    check("Intel's extension",
          "0.0.1:f 0.1.1.0.1:f 0.1.1.1.1:f "
          "0.1.1.2.1:f 0.1.1.3.1:f 0.1.1.4.1:f 0.1.1.5.1:f "
          "0.1.1.6.1:f 0.1.1.7.1:f 0.1.1.8.1:f 0.1.1.9.1:f "
          "0.1.1.10.1:f 0.1.1.11.1:f 0.1.1.12.1:f 0.1.1.13.1:f "
          "0.1.1.14.1:f 0.1.1.15.1:f 0.1.1.16.1:0f 0.1.1.17.1:f "
          "0.2.1:f 0.3.1:f 0.4:d 0.4.1:n0f");
}


/* Names are read as well: a certificate with none that is plain is taken. */
static int
take_cert(void *ctx, const uint8_t *data, size_t n)
{
    int           rc;
    char          cn[IOA_CHAIN_CN_MAX + 1];
    ioa_chain_t  *chain;

    (void) ctx;
    chain = ioa_chain_new(NULL);
    rc = ioa_chain_add_der(chain, data, n) == IOA_CHAIN_OK
         && ioa_chain_subject_cn(cn, chain, 0)
         && ioa_chain_issuer_cn(cn, chain, 0);
    ioa_chain_free(chain);

    return rc;
}


static void
test_certs(const char *curve, const char *want)
{
    X509           *cert;
    EVP_PKEY       *own;
    certs_form_t    form = { 0 };
    certs_bytes_t   der;

    own = curve != NULL ? certs_key(curve) : certs_rsa(2048);
    form.subject = "Test";
    form.issuer = "Test";
    form.key = own;
    form.signer = own;
    form.basic = CA;
    form.usage = CA_USAGE;
    form.serial = 0x1234;

    cert = certs_make(&form);
    der = certs_der(cert);
    dertree_all(taken, sizeof(taken), reader(der.data, der.len), take_cert,
                NULL);
    check(curve != NULL ? curve : "RSA", want);

    free(der.data);
    X509_free(cert);
    EVP_PKEY_free(own);
}


static int
take_crl(void *ctx, const uint8_t *data, size_t n)
{
    int          rc;
    ioa_crls_t  *crls;

    (void) ctx;
    crls = ioa_crls_new();
    rc = ioa_crls_add(crls, data, n) == IOA_CHAIN_OK;
    ioa_crls_free(crls);

    return rc;
}


static void
test_crl(void)
{
    certs_bytes_t     der;
    certs_crl_form_t  form = { .issuer = "Test", .signer = key,
                               .serial = 0x1234 };

    der = certs_crl(&form);
    dertree_all(taken, sizeof(taken), reader(der.data, der.len), take_crl,
                NULL);
    /* it is signed: version, algorithm, names, dates, entries */
    check_most("CRL",
               " 0.0.0:d0f 0.0.1.0:2b0fc 0.0.2:e 0.0.2.0:d2e 0.0.2.0.0:d2 "
               "0.0.2.0.0.0:0fc 0.0.2.0.0.1:e0fc 0.0.5:de 0.0.5.0:d2 "
               "0.0.5.0.0:0fc 0.0.5.0.1:e0fc 0.1.0:2bf 0.2:0fc");
    free(der.data);
}


typedef struct {
    const char      *oid;
    ioa_gpu_arch_t   arch;
} gpu_t;


/* A chain of one certificate, with the extension. */
static ioa_chain_t *
chain_with(const char *oid, const uint8_t *data, size_t n)
{
    size_t          i, len;
    char            conf[1024];
    X509           *cert;
    certs_form_t    form = { .subject = "Test", .issuer = "Test",
                             .key = key, .signer = key, .serial = 1 };
    ioa_chain_t    *chain;
    certs_bytes_t   der;

    len = (size_t) snprintf(conf, sizeof(conf), "%s=DER", oid);

    for (i = 0; i < n; i++) {
        len += (size_t) snprintf(conf + len, sizeof(conf) - len, ":%02x",
                                 data[i]);
    }

    form.other = conf;
    cert = certs_make(&form);
    der = certs_der(cert);
    chain = ioa_chain_new(NULL);
    certs_must(ioa_chain_add_der(chain, der.data, der.len) == IOA_CHAIN_OK,
               oid);
    free(der.data);
    X509_free(cert);

    return chain;
}


static int
take_fwid(void *ctx, const uint8_t *data, size_t n)
{
    int            rc;
    gpu_t         *gpu = ctx;
    ioa_chain_t   *chain;
    ioa_reader_t   fwid;

    if (n == 0) {
        return 0;
    }

    chain = chain_with(gpu->oid, data, n);
    rc = ioa_gpu_cert_fwid(&fwid, chain, gpu->arch);
    ioa_chain_free(chain);

    return rc;
}


static void
test_gpu(void)
{
    uint8_t   value[256], fwid[64];
    size_t    n, len;
    gpu_t     gpu;

    static const uint8_t  head[] = {
        0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02,
        0x04, 0x30
    };
    static const uint8_t  key_part[] = {
        0x02, 0x01, 0x01, 0x30, 0x02, 0x05, 0x00
    };

    memcpy(fwid, head, sizeof(head));
    memset(fwid + sizeof(head), 0x11, 48);
    len = sizeof(head) + 48;

    memcpy(value + 16, key_part, sizeof(key_part));
    n = sizeof(key_part)
        + dertree_element(value + 16 + sizeof(key_part), 0x30, fwid, len);
    n = dertree_element(value, 0x30, value + 16, n);
    gpu.oid = "2.23.133.5.4.1";
    gpu.arch = IOA_GPU_HOPPER;
    dertree_all(taken, sizeof(taken), reader(value, n), take_fwid, &gpu);
    /* the key may be any */
    check("NVIDIA's CompositeDeviceID", "0.1:e0c 0.1.0:d2b0 0.2.1:f");

    memcpy(value + 16, "\x80\x01\x61", 3);
    n = dertree_element(value + 64 + 48, 0x30, fwid, len);
    n = 3 + dertree_element(value + 16 + 3, 0xa6, value + 64 + 48, n);
    n = dertree_element(value, 0x30, value + 16, n);
    gpu.oid = "2.23.133.5.4.1.1";
    gpu.arch = IOA_GPU_BLACKWELL;
    dertree_all(taken, sizeof(taken), reader(value, n), take_fwid, &gpu);
    /* other members, and more firmware behind the first */
    check("NVIDIA's DiceTcbInfo",
          "0.0:d2nbe0fc 0.1:b0 0.1.0:2b 0.1.0.1:f");
    gpu.arch = IOA_GPU_ARCH_NONE;
    UNIT_OK(!take_fwid(&gpu, value, n), "no extension of another chip");
}


int
main(void)
{
    key = certs_key("P-256");

    test_pck();
    test_certs("P-256", CERT_HEAD CERT_TAIL);
    test_certs("P-384", CERT_HEAD CERT_TAIL);
    /* parameters and what is behind the key */
    test_certs(NULL, CERT_HEAD "0.0.6.0.1:d 0.0.6.1:0f " CERT_TAIL);
    test_crl();
    test_gpu();

    EVP_PKEY_free(key);

    return UNIT_DONE();
}
