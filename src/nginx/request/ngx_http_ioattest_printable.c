
/*
 * Text that may be put into a log line or a variable.
 */


#include "request/ngx_http_ioattest_printable.h"

#include "attest/ioattest.h"


/* Text of clients or of the API may neither break nor forge a log line. */

ngx_str_t
ngx_http_ioattest_printable(ngx_pool_t *pool, const u_char *data, size_t len)
{
    size_t     i;
    ngx_str_t  out;

    ngx_str_null(&out);

    len = ngx_min(len, 256);

    if (len == 0) {
        return out;
    }

    out.data = ngx_pnalloc(pool, len);
    if (out.data == NULL) {
        return out;
    }

    for (i = 0; i < len; i++) {
        out.data[i] = (data[i] >= 0x20 && data[i] < 0x7f && data[i] != '"')
                      ? data[i] : '?';
    }

    out.len = len;

    return out;
}


/* "-" if no CPU evidence was asked for. */

const char *
ngx_http_ioattest_cpu_name(ngx_uint_t cpu)
{
    return (cpu == IOA_CPU_TDX) ? "tdx"
                                : (cpu == IOA_CPU_SEV_SNP) ? "sev-snp" : "-";
}
