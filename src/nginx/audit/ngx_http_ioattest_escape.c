
/*
 * Text of others in JSON.
 */


#include "audit/ngx_http_ioattest_audit.h"


u_char *
ngx_http_ioattest_escape(u_char *dst, const u_char *end, const u_char *data,
    size_t len)
{
    size_t  i, n;

    for (i = 0; i < len; i += n) {
        n = ioa_utf8_char(data + i, len - i);

        if ((size_t) (end - dst) < ngx_max(n, 2)) {
            break;
        }

        if (n == 0) {
            n = 1;
            *dst++ = '?';

        } else if (ioa_utf8_hidden(ioa_utf8_code(data + i, n))) {
            ngx_memset(dst, '?', n);
            dst += n;

        } else {
            if (data[i] == '"' || data[i] == '\\') {
                *dst++ = '\\';
            }

            dst = ngx_cpymem(dst, data + i, n);
        }
    }

    return dst;
}
