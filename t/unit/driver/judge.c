/*
 * judge: tells what the parsers make of inputs, for tests in other languages.
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
#include "unit.h"

#define JUDGE_PIECINGS  6

static uint64_t  judge_seed = 11;


static size_t
judge_piece(int piecing, size_t left)
{
    size_t  n;

    n = piecing == 0 ? left : piecing == 1 ? 1
        : unit_random(&judge_seed) % (piecing * 4u);

    return n < left ? n : left;
}


/* Out: line, what the scanner says of data fed in one way of pieces. */
static void
judge_request_pieces(char *line, const uint8_t *data, size_t n, int piecing)
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
        k = judge_piece(piecing, n - at);
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
judge_request(const uint8_t *data, size_t n)
{
    int   piecing;
    char  whole[512], pieces[512];

    judge_request_pieces(whole, data, n, 0);

    for (piecing = 1; piecing < JUDGE_PIECINGS; piecing++) {
        judge_request_pieces(pieces, data, n, piecing);

        if (strcmp(whole, pieces) != 0) {
            printf("pieces %d: %s, whole: ", piecing, pieces);
        }
    }

    puts(whole);
}


static void
judge_json(const uint8_t *data, size_t n)
{
    ioa_json_t  *root;

    puts(ioa_json_parse(&root, data, n) ? "1" : "0");
    ioa_json_free(root);
}


int
main(void)
{
    size_t    n;
    uint8_t   head[5], *data, *exact;

    while (fread(head, 1, sizeof(head), stdin) == sizeof(head)) {
        n = head[1] | (size_t) head[2] << 8 | (size_t) head[3] << 16
            | (size_t) head[4] << 24;
        data = malloc(n + 1);

        if (data == NULL || fread(data, 1, n, stdin) != n) {
            return 1;
        }

        exact = unit_exact(data, n);

        if (head[0] == 'j') {
            judge_json(exact, n);
        } else {
            judge_request(exact, n);
        }

        free(exact);
        free(data);
    }

    return 0;
}
