
/*
 * The audit log: one JSON line per attestation and per refusal, each with the
 * SHA-256 of the line before, over all workers and reloads.  Format:
 * doc/audit.md.  And the directory in which evidence is kept.
 *
 * Nothing here knows a request.
 */


#ifndef _NGX_HTTP_IOATTEST_AUDIT_H_INCLUDED_
#define _NGX_HTTP_IOATTEST_AUDIT_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "attest/ioattest.h"


/* a line, and of it what precedes the members of its event */
#define NGX_HTTP_IOATTEST_AUDIT_LINE  16384
#define NGX_HTTP_IOATTEST_AUDIT_HEAD  256

/* of a list, in bytes before escaping */
#define NGX_HTTP_IOATTEST_AUDIT_LIST  2048

/* of a string, in bytes of UTF-8 before escaping; the rest is cut off */
#define NGX_HTTP_IOATTEST_AUDIT_TEXT  512


/* In shared memory, under the mutex of its slab pool. */
typedef struct {
    uint64_t                        sequence;   /* of the last line; 0: none */
    u_char                          head32[IOA_SHA256_LEN];     /* its hash */
    ngx_file_uniq_t                 uniq;       /* the file that it is in */
    off_t                           size;       /* of the file, after it */
    uint64_t                        lost;       /* lines not written since */
    ngx_uint_t                      started;    /* "start" was written */
    time_t                          logged;     /* when a loss was */
} ngx_http_ioattest_audit_chain_t;


typedef struct {
    ngx_str_t                        name;      /* absolute */
    const char                      *version;   /* of the module */
    ngx_open_file_t                 *file;
    ngx_slab_pool_t                 *shpool;
    ngx_http_ioattest_audit_chain_t *chain;
} ngx_http_ioattest_audit_t;


typedef struct {
    u_char                           buf[NGX_HTTP_IOATTEST_AUDIT_LINE];
    u_char                          *last;
} ngx_http_ioattest_audit_line_t;


/* A directory of replies, by their SHA-256. */
typedef struct {
    ngx_path_t                      *path;
    ngx_uint_t                       keep;      /* files, the oldest go */
} ngx_http_ioattest_evidence_dir_t;


/*
 * The log of this file; one for all directives that name it.  NULL: out of
 * memory, which has been logged.
 */
ngx_http_ioattest_audit_t *ngx_http_ioattest_audit_open(ngx_conf_t *cf,
    ngx_str_t *name, const char *version);

/* Appends the line.  What cannot be written is counted, and logged. */
void ngx_http_ioattest_audit_write(ngx_http_ioattest_audit_t *audit,
    ngx_http_ioattest_audit_line_t *line, ngx_log_t *log);

/* Out: the chain as it is now. */
void ngx_http_ioattest_audit_state(ngx_http_ioattest_audit_t *audit,
    ngx_http_ioattest_audit_chain_t *chain);


/* tail: the last line of a file, from which a chain goes on */

/*
 * Reads the file's last line.  Out: its sequence and hash; cut: the file ends
 * in the middle of a line; fd: the file, to be closed by the caller, or
 * NGX_INVALID_FILE.  NGX_OK; NGX_DECLINED: there is no such line; NGX_ERROR:
 * the file cannot be read, errno is set.
 */
ngx_int_t ngx_http_ioattest_audit_tail(const u_char *name, ngx_fd_t *fd,
    uint64_t *sequence, u_char head32[IOA_SHA256_LEN], ngx_uint_t *cut);


/* line: the members of an event */

void ngx_http_ioattest_audit_begin(ngx_http_ioattest_audit_line_t *line,
    const char *event);

/* ,"name":VALUE in the manner of ngx_sprintf(); the value is our own text */
void ngx_http_ioattest_audit_add_value(ngx_http_ioattest_audit_line_t *line,
    const char *name, const char *fmt, ...);

/* ,"name":"text" of any bytes */
void ngx_http_ioattest_audit_add_text(ngx_http_ioattest_audit_line_t *line,
    const char *name, const u_char *data, size_t len);

/* ,"name":["one","two"], of "one,two" */
void ngx_http_ioattest_audit_add_list(ngx_http_ioattest_audit_line_t *line,
    const char *name, const char *list);

void ngx_http_ioattest_audit_add_hex(ngx_http_ioattest_audit_line_t *line,
    const char *name, const char *prefix, const u_char *data, size_t len);

/* RFC 3339 */
void ngx_http_ioattest_audit_add_time(ngx_http_ioattest_audit_line_t *line,
    const char *name, time_t at);


/* escape */

/*
 * Text for a JSON string, whatever the bytes are: control characters, hidden
 * ones and invalid UTF-8 become question marks.  Stops where dst is full.
 * Returns the end of what was written: at most two bytes per byte.
 */
u_char *ngx_http_ioattest_escape(u_char *dst, const u_char *end,
    const u_char *data, size_t len);


/* evidence_dir */

/*
 * Keeps data in a file named by its SHA-256, and removes the oldest files
 * beyond dir->keep.  May run in a thread.  Returns 0, or errno.
 */
ngx_err_t ngx_http_ioattest_evidence_keep(
    const ngx_http_ioattest_evidence_dir_t *dir,
    const u_char digest32[IOA_SHA256_LEN], ioa_bytes_t data);


#endif /* _NGX_HTTP_IOATTEST_AUDIT_H_INCLUDED_ */
