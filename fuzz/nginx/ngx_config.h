/*
 * ngx_config: what fuzz_tail needs of nginx's headers, so that the module's
 * readers of bytes are built without nginx.
 */

#ifndef FUZZ_NGX_CONFIG_H
#define FUZZ_NGX_CONFIG_H

#define _GNU_SOURCE

#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#endif
