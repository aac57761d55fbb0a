
/*
 * The members of a line of the audit log.
 */


#include "audit/ngx_http_ioattest_audit.h"


/* for the end of the line */
#define NGX_HTTP_IOATTEST_AUDIT_END  4


static void ngx_http_ioattest_audit_add(ngx_http_ioattest_audit_line_t *line,
    const char *fmt, ...);


/*
 * A member that does not fit is left out whole, so that the line stays JSON.
 * Texts are bounded, and no event comes near the end.
 */

void
ngx_http_ioattest_audit_begin(ngx_http_ioattest_audit_line_t *line,
    const char *event)
{
    ngx_time_t  *tp;

    line->last = line->buf + NGX_HTTP_IOATTEST_AUDIT_HEAD;

    tp = ngx_timeofday();

    ngx_http_ioattest_audit_add_time(line, "time", tp->sec);
    ngx_http_ioattest_audit_add_value(line, "event", "\"%s\"", event);
}


void
ngx_http_ioattest_audit_add_value(ngx_http_ioattest_audit_line_t *line,
    const char *name, const char *fmt, ...)
{
    u_char   value[NGX_HTTP_IOATTEST_AUDIT_LINE], *p;
    va_list  args;

    va_start(args, fmt);
    p = ngx_vslprintf(value, value + sizeof(value), fmt, args);
    va_end(args);

    ngx_http_ioattest_audit_add(line, ",\"%s\":%*s", name,
                                (size_t) (p - value), value);
}


void
ngx_http_ioattest_audit_add_text(ngx_http_ioattest_audit_line_t *line,
    const char *name, const u_char *data, size_t len)
{
    u_char  text[2 * NGX_HTTP_IOATTEST_AUDIT_TEXT], *p;

    p = ngx_http_ioattest_escape(text, text + sizeof(text), data,
                            ngx_min(len, NGX_HTTP_IOATTEST_AUDIT_TEXT));

    ngx_http_ioattest_audit_add(line, ",\"%s\":\"%*s\"", name,
                                (size_t) (p - text), text);
}


void
ngx_http_ioattest_audit_add_list(ngx_http_ioattest_audit_line_t *line,
    const char *name, const char *list)
{
    u_char       text[2 * NGX_HTTP_IOATTEST_AUDIT_LIST], *p, *end;
    size_t       n;
    const char  *comma;

    p = text;
    end = text + sizeof(text);

    for ( ;; ) {
        n = strcspn(list, ",");
        comma = list + n;

        /* an entry that does not fit is left out, with all after it */

        if (n == 0 || (size_t) (end - p) < 2 * n + 3) {
            break;
        }

        if (p != text) {
            *p++ = ',';
        }

        *p++ = '"';
        p = ngx_http_ioattest_escape(p, end, (u_char *) list, n);
        *p++ = '"';

        if (*comma == '\0') {
            break;
        }

        list = comma + 1;
    }

    ngx_http_ioattest_audit_add(line, ",\"%s\":[%*s]", name,
                                (size_t) (p - text), text);
}


void
ngx_http_ioattest_audit_add_hex(ngx_http_ioattest_audit_line_t *line,
    const char *name, const char *prefix, const u_char *data, size_t len)
{
    u_char  hex[2 * 64];

    len = ngx_min(len, sizeof(hex) / 2);

    ioa_hex_encode(hex, data, len);

    ngx_http_ioattest_audit_add(line, ",\"%s\":\"%s%*s\"", name, prefix,
                                2 * len, hex);
}


void
ngx_http_ioattest_audit_add_time(ngx_http_ioattest_audit_line_t *line,
    const char *name, time_t at)
{
    ngx_tm_t  tm;

    ngx_gmtime(at, &tm);

    ngx_http_ioattest_audit_add(line, ",\"%s\":"
                                "\"%4d-%02d-%02dT%02d:%02d:%02dZ\"", name,
                                tm.ngx_tm_year, tm.ngx_tm_mon, tm.ngx_tm_mday,
                                tm.ngx_tm_hour, tm.ngx_tm_min, tm.ngx_tm_sec);
}


static void
ngx_http_ioattest_audit_add(ngx_http_ioattest_audit_line_t *line,
    const char *fmt, ...)
{
    u_char   *p, *end;
    va_list   args;

    end = line->buf + NGX_HTTP_IOATTEST_AUDIT_LINE
          - NGX_HTTP_IOATTEST_AUDIT_END;

    va_start(args, fmt);
    p = ngx_vslprintf(line->last, end, fmt, args);
    va_end(args);

    if (p < end) {
        line->last = p;
    }
}
