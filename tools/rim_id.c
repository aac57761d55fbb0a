/*
 * rim_id: what a manifest is of.  Nothing that NVIDIA signs says whether it
 * is a driver's or a VBIOS', nor of which board: the form of the version tells
 * the kind, and the board stands in the id that was asked for.
 */

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "rim.h"

#define IOATTEST_RIM_VBIOS_BYTES  5
#define IOATTEST_RIM_BOARD_PARTS  3     /* project, project SKU, chip SKU */

static const char  ioattest_rim_vbios[] = "NV_GPU_VBIOS_";


static void
ioattest_rim_upper(char *text)
{
    for ( ; *text != '\0'; text++) {
        if (*text >= 'a' && *text <= 'z') {
            *text = (char) (*text - 'a' + 'A');
        }
    }
}


/* 1 where it is as 96.00.5E.00.01. */
static int
ioattest_rim_is_vbios(const char *version)
{
    size_t  i;

    if (strlen(version) != 3 * IOATTEST_RIM_VBIOS_BYTES - 1) {
        return 0;
    }

    for (i = 0; version[i] != '\0'; i++) {
        if (i % 3 == 2 ? version[i] != '.'
                       : ioa_hex_value((uint8_t) version[i]) < 0)
        {
            return 0;
        }
    }

    return 1;
}


/* 1 where it is as 570.124.06: numbers with dots between them. */
static int
ioattest_rim_is_driver(const char *version)
{
    size_t  i, dots = 0;

    for (i = 0; version[i] != '\0'; i++) {

        if (version[i] == '.') {
            if (i == 0 || version[i - 1] == '.' || version[i + 1] == '\0') {
                return 0;
            }

            dots++;

        } else if (version[i] < '0' || version[i] > '9') {
            return 0;
        }
    }

    return dots != 0;
}


/* 1 where text, of n bytes, is parts words of A-Z and 0-9 with _ between. */
static int
ioattest_rim_words(const char *text, size_t n, size_t parts)
{
    size_t  i, seen = 1;

    for (i = 0; i < n; i++) {

        if (text[i] == '_') {
            if (i == 0 || text[i - 1] == '_' || i + 1 == n) {
                return 0;
            }

            seen++;

        } else if (!((text[i] >= 'A' && text[i] <= 'Z')
                     || (text[i] >= '0' && text[i] <= '9')))
        {
            return 0;
        }
    }

    return n != 0 && seen == parts;
}


/* The name of a file, without its folders and what follows the last dot. */
static void
ioattest_rim_stem(char stem[IOATTEST_RIM_ID_MAX + 1], const char *path)
{
    size_t       n;
    const char  *name, *end;

    name = strrchr(path, '/');
    name = name == NULL ? path : name + 1;
    end = strrchr(name, '.');
    n = end == NULL ? strlen(name) : (size_t) (end - name);

    if (n > IOATTEST_RIM_ID_MAX) {
        n = 0;
    }

    memcpy(stem, name, n);
    stem[n] = '\0';
}


/*
 * A VBIOS' id from what is said: the prefix may lack in the name of a file,
 * and something may follow the version there: NVIDIA's samples are named as
 * 1010_0200_882_96005E0001_PROD.
 */
static int
ioattest_rim_id_vbios(ioattest_rim_t *rim, char why[IOATTEST_RIM_WHY_MAX],
    char *said, int strict)
{
    char         version[2 * IOATTEST_RIM_VBIOS_BYTES + 3];
    size_t       i, n;
    const char  *board, *at;

    n = 0;
    version[n++] = '_';

    for (i = 0; rim->xml.version[i] != '\0'; i++) {
        if (rim->xml.version[i] != '.') {
            version[n++] = rim->xml.version[i];
        }
    }

    version[n] = '\0';
    ioattest_rim_upper(said);
    board = said;

    if (strncmp(said, ioattest_rim_vbios, sizeof(ioattest_rim_vbios) - 1)
        == 0)
    {
        board += sizeof(ioattest_rim_vbios) - 1;

    } else if (strict) {
        return ioattest_rim_why(why, "the id %s is not a VBIOS'", said);
    }

    at = strstr(board, version);

    if (at == NULL || (strict && at[n] != '\0')
        || (at[n] != '\0' && at[n] != '_'))
    {
        return ioattest_rim_why(why, "its signed version is %s, and \"%s\" "
                                "is not of that version",
                                rim->xml.version, said);
    }

    if (!ioattest_rim_words(board, (size_t) (at - board),
                            IOATTEST_RIM_BOARD_PARTS))
    {
        return ioattest_rim_why(why, "which board it is of, nothing signed "
                   "says: name the file as its id, NV_GPU_VBIOS_(project)_"
                   "(project SKU)_(chip SKU)_(VBIOS)");
    }

    snprintf(rim->id, sizeof(rim->id), "%s%.*s%s", ioattest_rim_vbios,
             (int) (at - board), board, version);

    return 1;
}


/* A driver's id holds the chip and the version, both of which are signed. */
static int
ioattest_rim_id_driver(ioattest_rim_t *rim, char why[IOATTEST_RIM_WHY_MAX],
    const char *said, int strict)
{
    const char  *form;

    form = strncmp(rim->xml.chip, "GH", 2) == 0 ? "NV_GPU_DRIVER_%s_%s"
                                                : "NV_GPU_CC_DRIVER_%s_%s";

    if (snprintf(rim->id, sizeof(rim->id), form, rim->xml.chip,
                 rim->xml.version) < 0)
    {
        return ioattest_rim_why(why, "its id cannot be told");
    }

    if (strict && strcmp(rim->id, said) != 0) {
        return ioattest_rim_why(why, "the id %s was answered with what is "
                                "signed as %s", said, rim->id);
    }

    return 1;
}


int
ioattest_rim_identify(ioattest_rim_t *rim, char why[IOATTEST_RIM_WHY_MAX],
    ioa_bytes_t said, const char *name)
{
    int     strict = said.data != NULL;
    char    id[IOATTEST_RIM_ID_MAX + 1];
    size_t  i;

    if (!strict) {
        ioattest_rim_stem(id, name);

    } else {
        if (said.len > IOATTEST_RIM_ID_MAX) {
            return ioattest_rim_why(why, "its id is too long");
        }

        memcpy(id, said.data, said.len);
        id[said.len] = '\0';
    }

    for (i = 0; id[i] != '\0'; i++) {
        if (!isgraph((unsigned char) id[i]) && id[i] != ' ') {
            return ioattest_rim_why(why, "its id has bytes that no id has");
        }
    }

    rim->is_vbios = ioattest_rim_is_vbios(rim->xml.version);

    if (rim->is_vbios) {
        ioattest_rim_upper(rim->xml.version);
        return ioattest_rim_id_vbios(rim, why, id, strict);
    }

    if (!ioattest_rim_is_driver(rim->xml.version)) {
        return ioattest_rim_why(why, "\"%s\" is neither a driver's version "
                                "nor a VBIOS'", rim->xml.version);
    }

    return ioattest_rim_id_driver(rim, why, id, strict);
}
