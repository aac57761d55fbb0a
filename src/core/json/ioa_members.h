/*
 * ioa_members: the members of an object, out of text that ioa_pyjson has
 * written.  There every string has one spelling, so keys are equal where
 * their bytes are.
 */

#ifndef IOA_MEMBERS_H
#define IOA_MEMBERS_H

#include <stddef.h>
#include <stdint.h>

#include "base/ioa_bytes.h"
#include "base/ioa_status.h"

#define IOA_MEMBERS_DEPTH_MAX  64
#define IOA_MEMBERS_TEXT_MAX   UINT32_MAX

typedef struct {
    uint32_t  off;
    uint32_t  len;
} ioa_members_ref_t;

typedef struct {
    ioa_members_ref_t  key;     /* without its quotes */
    ioa_members_ref_t  value;
} ioa_member_t;

typedef enum {
    IOA_MEMBERS_OK = 0,
    IOA_MEMBERS_BAD,            /* no object, or a key twice in one object */
    IOA_MEMBERS_NO_MEMORY
} ioa_members_status_t;

typedef struct {
    const uint8_t      *text;
    ioa_member_t       *list;   /* of the outermost object, in its order */
    size_t              n;
    size_t              cap;
    ioa_members_ref_t  *keys;   /* of all objects that are open */
    size_t              keys_n;
    size_t              keys_cap;
} ioa_members_t;

/*
 * Reads the n bytes at text, which ioa_pyjson wrote whole, nested no deeper
 * than IOA_MEMBERS_DEPTH_MAX.  No key may stand twice in one object, at any
 * depth; to find out takes n log n steps at most, whatever the keys.
 *
 * Out: members, which borrows text; to be given to ioa_members_cleanup
 * whatever is returned.
 */
ioa_members_status_t ioa_members_read(ioa_members_t *members,
    const uint8_t *text, size_t n) IOA_MUST_CHECK;
void ioa_members_cleanup(ioa_members_t *members);

/* The bytes that ref stands for. */
static inline ioa_bytes_t
ioa_members_bytes(const ioa_members_t *members, ioa_members_ref_t ref)
{
    ioa_bytes_t  bytes = { members->text + ref.off, ref.len };

    return bytes;
}

#endif
