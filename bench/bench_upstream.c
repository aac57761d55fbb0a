/*
 * bench_upstream: the fastest upstream that there can be: answers that lie
 * ready, so that it takes as little of the machine as possible from what is
 * measured.
 *
 *   bench_upstream PORT DIR [SIGNERS ADDRESSES]
 *
 * A request for .../NAME gets what is in DIR/NAME, a whole answer with its
 * header, as it is.
 *
 * SIGNERS: so many keys are made, and their addresses are written to the file
 * ADDRESSES.  DIR/signed is an answer in which 130 "S" stand for a signature
 * and 42 "A" for its signer; DIR/signed.text is the text that is signed.  A
 * request for .../signed-N gets it signed by one of the first N, in turn; if
 * its body names the model "bench-M", by one of the thousand from M * 1000.
 *
 * Says "ready" when it listens.
 */

#define _GNU_SOURCE

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <signal.h>
#include <unistd.h>

#include <secp256k1.h>
#include <secp256k1_recovery.h>

#include "base/ioa_codec.h"
#include "base/ioa_sha256.h"
#include "crypto/ioa_address.h"
#include "crypto/ioa_eip191.h"

#define UP_ANSWERS   64
#define UP_REQUEST   16384
#define UP_SIG       130
#define UP_EACH      1000       /* signers of a model */
#define UP_SIGNED    16384

typedef struct {
    char      name[64];
    char     *data;
    size_t    len;
} up_answer_t;

typedef struct {
    uint8_t   signature[UP_SIG];
    uint8_t   address[IOA_ADDRESS_TEXT_LEN];
} up_signer_t;

typedef struct {
    int       fd;
    int       writing;      /* what is waited for */
    size_t    got;
    char      request[UP_REQUEST + 1];
    char      own[UP_SIGNED];
    char     *out;          /* what is left to be sent */
    size_t    left;
} up_conn_t;

static int           up_epoll;
static up_answer_t   answers[UP_ANSWERS];
static size_t        answers_n;
static up_signer_t  *signers;
static size_t        signers_n;
static size_t        signature_at, address_at;


static void
up_die(const char *what, const char *more)
{
    fprintf(stderr, "bench_upstream: %s: %s\n", what, more);
    exit(1);
}


static void
up_watch(int how, int fd, uint32_t events, void *data)
{
    struct epoll_event  ev;

    ev.events = events;
    ev.data.ptr = data;

    if (epoll_ctl(up_epoll, how, fd, &ev) == -1) {
        up_die("epoll_ctl", strerror(errno));
    }
}


static up_answer_t *
up_find(const char *name)
{
    size_t  i;

    for (i = 0; i < answers_n; i++) {
        if (strcmp(answers[i].name, name) == 0) {
            return &answers[i];
        }
    }

    return NULL;
}


static void
up_load(const char *dir, const char *name)
{
    FILE         *f;
    char          path[4096];
    long          n;
    up_answer_t  *a;

    if (answers_n == UP_ANSWERS || strlen(name) >= sizeof(a->name)) {
        up_die("too many answers, or too long a name", name);
    }

    a = &answers[answers_n++];
    snprintf(path, sizeof(path), "%s/%s", dir, name);
    strcpy(a->name, name);
    f = fopen(path, "rb");

    if (f == NULL || fseek(f, 0, SEEK_END) != 0 || (n = ftell(f)) < 0) {
        up_die(path, strerror(errno));
    }

    rewind(f);
    a->len = (size_t) n;
    a->data = malloc(a->len + 1);

    if (a->data == NULL || fread(a->data, 1, a->len, f) != a->len) {
        up_die(path, "cannot be read");
    }

    a->data[a->len] = '\0';
    fclose(f);
}


static void
up_load_all(const char *dir)
{
    DIR            *d;
    struct dirent  *e;

    d = opendir(dir);

    if (d == NULL) {
        up_die(dir, strerror(errno));
    }

    while ((e = readdir(d)) != NULL) {
        if (e->d_name[0] != '.') {
            up_load(dir, e->d_name);
        }
    }

    closedir(d);
}


static size_t
up_place(const up_answer_t *a, char mark, size_t n)
{
    char  *p, marks[UP_SIG + 1];

    memset(marks, mark, n);
    marks[n] = '\0';
    p = strstr(a->data, marks);

    if (p == NULL) {
        up_die("no place for a signature in", a->name);
    }

    return (size_t) (p - a->data);
}


/* One signer's address and signature; the key is SHA-256 of its number. */
static void
up_sign(secp256k1_context *context, up_signer_t *s, size_t number,
    const uint8_t *digest32)
{
    int                                    v;
    uint8_t                                key32[32], sig65[65];
    uint8_t                                address20[IOA_ADDRESS_LEN];
    ioa_sha256_t                           sha;
    secp256k1_ecdsa_recoverable_signature  sig;

    ioa_sha256_init(&sha);
    ioa_sha256_update(&sha, (const uint8_t *) &number, sizeof(number));
    ioa_sha256_final(key32, &sha);

    if (!secp256k1_ecdsa_sign_recoverable(context, &sig, digest32, key32,
                                          NULL, NULL)
        || !secp256k1_ecdsa_recoverable_signature_serialize_compact(context,
               sig65, &v, &sig))
    {
        up_die("sign", "failed");
    }

    sig65[64] = (uint8_t) (27 + v);

    if (ioa_eip191_recover(address20, sig65, digest32) != IOA_OK) {
        up_die("recover", "failed");
    }

    ioa_hex_encode(s->signature, sig65, sizeof(sig65));
    ioa_address_print(s->address, address20);
}


static void
up_signers(size_t n, const char *addresses)
{
    FILE               *f;
    size_t              i;
    uint8_t             digest32[IOA_EIP191_DIGEST_LEN];
    up_answer_t        *a, *text;
    secp256k1_context  *context;

    a = up_find("signed");
    text = up_find("signed.text");
    signers = calloc(n, sizeof(up_signer_t));
    context = secp256k1_context_create(SECP256K1_CONTEXT_SIGN);
    f = fopen(addresses, "w");

    if (a == NULL || text == NULL || a->len > UP_SIGNED || signers == NULL
        || context == NULL || f == NULL)
    {
        up_die("signers", "what they need is not there");
    }

    signature_at = up_place(a, 'S', UP_SIG);
    address_at = up_place(a, 'A', IOA_ADDRESS_TEXT_LEN);
    ioa_eip191_digest(digest32, (uint8_t *) text->data, text->len);

    for (i = 0; i < n; i++) {
        up_sign(context, &signers[i], i, digest32);
        fprintf(f, "%.*s\n", IOA_ADDRESS_TEXT_LEN, signers[i].address);
    }

    signers_n = n;
    fclose(f);
    secp256k1_context_destroy(context);
}


/* Whose turn it is among the first n, or among those of the model named. */
static up_signer_t *
up_turn(const char *body, size_t n)
{
    char           *p;
    size_t          model, i;
    static size_t   turn;
    static size_t   turns[1024];

    p = strstr(body, "\"bench-");

    if (n == 0) {
        up_die("signers", "of none?");
    }

    if (p == NULL) {
        i = turn++ % n;

    } else {
        model = strtoul(p + 7, NULL, 10) % 1024;
        i = model * UP_EACH + turns[model]++ % (n < UP_EACH ? n : UP_EACH);
    }

    if (i >= signers_n) {
        up_die("signers", "there are not so many");
    }

    return &signers[i];
}


/* What is to be sent for a request that is whole; body: its own. */
static void
up_answer(up_conn_t *c, char *line, const char *body)
{
    char         *name, *end;
    up_answer_t  *a;
    up_signer_t  *s;

    name = strchr(line, ' ');
    end = name ? strchr(name + 1, ' ') : NULL;

    if (end == NULL) {
        up_die("request", line);
    }

    *end = '\0';
    name = strrchr(line, '/');
    name = name ? name + 1 : line;

    if (strncmp(name, "signed-", 7) == 0) {
        a = up_find("signed");
        s = up_turn(body, strtoul(name + 7, NULL, 10));
        memcpy(c->own, a->data, a->len);
        memcpy(c->own + signature_at, s->signature, UP_SIG);
        memcpy(c->own + address_at, s->address, IOA_ADDRESS_TEXT_LEN);
        c->out = c->own;
        c->left = a->len;
        return;
    }

    a = up_find(name);

    if (a == NULL) {
        up_die("there is no answer", name);
    }

    c->out = a->data;
    c->left = a->len;
}


static void
up_close(up_conn_t *c)
{
    close(c->fd);
    free(c);
}


static void
up_send(up_conn_t *c)
{
    ssize_t  n;

    while (c->left != 0) {
        n = send(c->fd, c->out, c->left, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (n < 0 && errno != EAGAIN) {
            up_close(c);
            return;
        }

        if (n < 0) {
            break;
        }

        c->out += n;
        c->left -= (size_t) n;
    }

    if (c->writing != (c->left != 0)) {
        c->writing = (c->left != 0);
        up_watch(EPOLL_CTL_MOD, c->fd, c->left ? EPOLLOUT : EPOLLIN, c);
    }
}


static void
up_read(up_conn_t *c)
{
    char     *end, *length;
    size_t    whole;
    ssize_t   n;

    n = recv(c->fd, c->request + c->got, UP_REQUEST - c->got, MSG_DONTWAIT);

    if (n == 0 || (n < 0 && errno != EAGAIN)) {
        up_close(c);
        return;
    }

    if (n < 0) {
        return;
    }

    c->got += (size_t) n;
    c->request[c->got] = '\0';
    end = strstr(c->request, "\r\n\r\n");

    if (end == NULL) {
        return;
    }

    length = strcasestr(c->request, "\r\nContent-Length:");
    whole = (size_t) (end + 4 - c->request)
            + (length ? strtoul(length + 17, NULL, 10) : 0);

    if (whole >= UP_REQUEST) {
        up_die("request", "too long");
    }

    if (c->got < whole) {
        return;
    }

    up_answer(c, c->request, end);
    c->got = 0;
    up_send(c);
}


static void
up_accept(int listener)
{
    int         fd, one = 1;
    up_conn_t  *c;

    fd = accept(listener, NULL, NULL);

    if (fd == -1) {
        return;
    }

    c = calloc(1, sizeof(up_conn_t));

    if (c == NULL) {
        up_die("memory", "none");
    }

    (void) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    c->fd = fd;
    up_watch(EPOLL_CTL_ADD, fd, EPOLLIN, c);
}


static int
up_listen(int port)
{
    int                 fd, one = 1;
    struct sockaddr_in  at;

    memset(&at, 0, sizeof(at));
    at.sin_family = AF_INET;
    at.sin_port = htons((uint16_t) port);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);

    fd = socket(AF_INET, SOCK_STREAM, 0);
    (void) setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));

    if (fd == -1 || bind(fd, (struct sockaddr *) &at, sizeof(at)) == -1
        || listen(fd, 1024) == -1)
    {
        up_die("listen", strerror(errno));
    }

    up_watch(EPOLL_CTL_ADD, fd, EPOLLIN, NULL);

    return fd;
}


int
main(int argc, char **argv)
{
    int                 i, n, listener;
    struct epoll_event  events[64];

    if (argc != 3 && argc != 5) {
        up_die("usage", "PORT DIR [SIGNERS ADDRESSES]");
    }

    /* it ends with whoever started it */
    (void) prctl(PR_SET_PDEATHSIG, SIGTERM);

    up_load_all(argv[2]);

    if (argc == 5) {
        up_signers(strtoul(argv[3], NULL, 10), argv[4]);
    }

    up_epoll = epoll_create1(0);
    listener = up_listen(atoi(argv[1]));
    printf("ready\n");
    fflush(stdout);

    for ( ;; ) {
        n = epoll_wait(up_epoll, events, 64, -1);

        for (i = 0; i < n; i++) {
            if (events[i].data.ptr == NULL) {
                up_accept(listener);

            } else if (events[i].events & EPOLLOUT) {
                up_send(events[i].data.ptr);

            } else {
                up_read(events[i].data.ptr);
            }
        }
    }
}
