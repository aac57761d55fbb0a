/*
 * driver parse: what the parsers make of inputs.
 *
 * Standard input: records of a kind (one byte), a length (four bytes, little-
 * endian) and as many bytes.  Standard output: a line for each.
 *
 *   j  ioa_json_parse       "1" or "0"
 *   r  ioa_request_scan     the reason's name, or "ok" and the name in hex;
 *                           fed whole, byte by byte and in random pieces,
 *                           which must agree
 */

#include "json/ioa_json.h"
#include "agent/ioa_request.h"
#include "feed.h"

#define PARSE_PIECINGS  6

static uint64_t  parse_seed = 11;


static size_t
parse_piece(int piecing, size_t left)
{
    size_t  n;

    n = piecing == 0 ? left : piecing == 1 ? 1
        : unit_random(&parse_seed) % (piecing * 4u);

    return n < left ? n : left;
}


/* Out: line, what the scanner says of data fed in one way of pieces. */
static void
parse_request_pieces(char *line, const uint8_t *data, size_t n, int piecing)
{
    size_t               at, k, name_len;
    uint8_t             *piece;
    ioa_status_t         st;
    const uint8_t       *name;
    ioa_request_scan_t  *scan;

    scan = malloc(ioa_request_scan_size());
    ioa_request_scan_init(scan);
    st = IOA_OK;

    for (at = 0; at < n; at += k) {
        k = parse_piece(piecing, n - at);
        piece = unit_exact(data + at, k);

        if (st != IOA_OK
            && ioa_request_scan_update(scan, piece, k) != st)
        {
            abort();
        }

        if (st == IOA_OK) {
            st = ioa_request_scan_update(scan, piece, k);
        }

        free(piece);
    }

    if (ioa_request_scan_final(&name, &name_len, scan) != IOA_OK) {
        st = ioa_request_scan_final(&name, &name_len, scan);
        strcpy(line, ioa_status_name(st));

    } else {

        if (st != IOA_OK) {
            abort();
        }

        line += sprintf(line, "ok ");

        for (at = 0; at < name_len; at++) {
            line += sprintf(line, "%02x", name[at]);
        }
    }

    free(scan);
}


static void
parse_request(const uint8_t *data, size_t n)
{
    int   piecing;
    char  whole[512], pieces[512];

    parse_request_pieces(whole, data, n, 0);

    for (piecing = 1; piecing < PARSE_PIECINGS; piecing++) {
        parse_request_pieces(pieces, data, n, piecing);

        if (strcmp(whole, pieces) != 0) {
            printf("pieces %d: %s, whole: ", piecing, pieces);
        }
    }

    puts(whole);
}


static void
parse_json(const uint8_t *data, size_t n)
{
    ioa_json_t  *root;

    puts(ioa_json_parse(&root, data, n) ? "1" : "0");
    ioa_json_free(root);
}


int
feed_parse(int argc, char **argv)
{
    int       kind;
    size_t    n;
    uint8_t  *data;

    (void) argc;
    (void) argv;

    while ((kind = getchar()) != EOF) {
        data = feed_blob(&n);

        switch (kind) {

        case 'j':
            parse_json(data, n);
            break;

        case 'r':
            parse_request(data, n);
            break;

        default:
            return 1;
        }

        free(data);
    }

    return 0;
}
