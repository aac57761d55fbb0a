/*
 * ngx_core: see ngx_config.h.
 */

#ifndef FUZZ_NGX_CORE_H
#define FUZZ_NGX_CORE_H

#include "ngx_config.h"

#define NGX_OK            0
#define NGX_ERROR         -1
#define NGX_DECLINED      -5
#define NGX_INVALID_FILE  -1
#define NGX_FILE_RDONLY   O_RDONLY
#define NGX_FILE_OPEN     0
#define NGX_FILE_ERROR    -1

#define ngx_open_file(name, mode, create, access)                            \
    open((const char *) name, mode | create, access)
#define ngx_fd_info(fd, info)    fstat(fd, info)
#define ngx_file_size(info)      (info)->st_size
#define ngx_memcmp(a, b, n)      memcmp((const char *) a, (const char *) b, n)
#define ngx_memset(at, c, n)     (void) memset(at, c, n)
#define ngx_cpymem(to, from, n)  ((u_char *) memcpy(to, from, n) + (n))
#define ngx_max(a, b)            ((size_t) (a) > (size_t) (b) ? (a) : (b))

typedef unsigned char  u_char;
typedef intptr_t       ngx_int_t;
typedef uintptr_t      ngx_uint_t;
typedef int            ngx_fd_t;
typedef int            ngx_err_t;
typedef ino_t          ngx_file_uniq_t;
typedef struct stat    ngx_file_info_t;

typedef struct {
    size_t   len;
    u_char  *data;
} ngx_str_t;

typedef struct ngx_conf_s       ngx_conf_t;
typedef struct ngx_log_s        ngx_log_t;
typedef struct ngx_open_file_s  ngx_open_file_t;
typedef struct ngx_path_s       ngx_path_t;
typedef struct ngx_slab_pool_s  ngx_slab_pool_t;

#endif
