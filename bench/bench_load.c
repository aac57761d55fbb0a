/*
 * bench_load: requests on connections that stay open, one after the other on
 * each, as fast as they are answered.
 *
 *   bench_load PORT PATH CONNECTIONS REQUESTS [MODELS]
 *
 * Every answer must be a 200, and as long as the first one; of one that is
 * sent in chunks the end is seen, and the last chunk must be the empty one.
 * With MODELS requests name "bench-0", "bench-1", ... in turn, else the model
 * that the simulator has.
 *
 * Prints one line: requests, seconds, the bytes of an answer's body, and the
 * median and the 99th percentile of the time to an answer in microseconds.
 */

#define _GNU_SOURCE

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define LOAD_BUFFER   (256 * 1024)
#define LOAD_TAIL     7             /* CRLF 0 CRLF CRLF */
#define LOAD_CONNS    1024

typedef struct {
    int      fd;
    int      in_body;
    int      chunked;
    char     tail[LOAD_TAIL + 1];
    char     head[8192];
    size_t   head_len;
    size_t   length;        /* by the header */
    size_t   got;           /* of the body */
    double   start;
} load_conn_t;

typedef struct {
    int      epoll;
    int      port;
    long     wanted;
    long     sent;
    long     done;
    int      models;
    size_t   length;        /* of the first body */
    char    *path;
    float   *took;
} load_t;

static load_conn_t  conns[LOAD_CONNS];
static char         buffer[LOAD_BUFFER];


static void
load_die(const char *what, const char *more)
{
    fprintf(stderr, "bench_load: %s%s%s\n", what, more ? ": " : "",
            more ? more : "");
    exit(1);
}


static double
load_now(void)
{
    struct timespec  t;

    clock_gettime(CLOCK_MONOTONIC, &t);

    return (double) t.tv_sec * 1e6 + (double) t.tv_nsec / 1e3;
}


static void
load_open(load_t *l, load_conn_t *c)
{
    int                 one = 1;
    struct epoll_event  ev;
    struct sockaddr_in  to;

    memset(&to, 0, sizeof(to));
    to.sin_family = AF_INET;
    to.sin_port = htons((uint16_t) l->port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);

    c->fd = socket(AF_INET, SOCK_STREAM, 0);

    if (c->fd == -1
        || connect(c->fd, (struct sockaddr *) &to, sizeof(to)) == -1)
    {
        load_die("connect", strerror(errno));
    }

    (void) setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));

    ev.events = EPOLLIN;
    ev.data.ptr = c;

    if (epoll_ctl(l->epoll, EPOLL_CTL_ADD, c->fd, &ev) == -1) {
        load_die("epoll_ctl", strerror(errno));
    }
}


static void
load_send(load_t *l, load_conn_t *c)
{
    int   n, body_len;
    char  model[64], body[256], request[1024];

    if (l->models > 0) {
        snprintf(model, sizeof(model), "bench-%ld", l->sent % l->models);

    } else {
        strcpy(model, "meta-llama/Llama-3.3-70B-Instruct");
    }

    body_len = snprintf(body, sizeof(body), "{\"model\":\"%s\",\"messages\":"
                        "[{\"role\":\"user\",\"content\":\"hello\"}]%s}",
                        model, strstr(l->path, "stream") ? ",\"stream\":true"
                        : "");

    n = snprintf(request, sizeof(request), "POST %s HTTP/1.1\r\nHost: a\r\n"
                 "Content-Type: application/json\r\nContent-Length: %d\r\n"
                 "\r\n%s", l->path, body_len, body);

    if (n >= (int) sizeof(request)) {
        load_die("the path is too long", NULL);
    }

    memset(c->tail, 0, sizeof(c->tail));
    c->in_body = 0;
    c->head_len = 0;
    c->got = 0;
    c->start = load_now();
    l->sent++;

    if (send(c->fd, request, (size_t) n, MSG_NOSIGNAL) != n) {
        load_die("send", strerror(errno));
    }
}


/* Reads the header, once it is there whole. */
static void
load_head(load_conn_t *c)
{
    char  *p;

    if (strncmp(c->head, "HTTP/1.1 200", 12) != 0) {
        load_die("an answer that is not a 200", c->head);
    }

    p = strcasestr(c->head, "\r\nContent-Length:");
    c->chunked = strcasestr(c->head, "\r\nTransfer-Encoding: chunked")
                 != NULL;

    if (p == NULL && !c->chunked) {
        load_die("an answer without a length", c->head);
    }

    c->length = p ? strtoul(p + 17, NULL, 10) : 0;
    c->in_body = 1;
}


/* The last bytes that came, in which the end of a chunked body is seen. */
static void
load_tail(load_conn_t *c, const char *data, size_t n)
{
    if (n >= LOAD_TAIL) {
        memcpy(c->tail, data + n - LOAD_TAIL, LOAD_TAIL);
        return;
    }

    memmove(c->tail, c->tail + n, LOAD_TAIL - n);
    memcpy(c->tail + LOAD_TAIL - n, data, n);
}


/* Returns: whether the answer is whole. */
static int
load_take(load_conn_t *c, const char *data, size_t n)
{
    char    *end;
    size_t   had, room;

    if (!c->in_body) {
        had = c->head_len;
        room = sizeof(c->head) - 1 - had;
        room = n < room ? n : room;
        memcpy(c->head + had, data, room);
        c->head[had + room] = '\0';
        c->head_len += room;
        end = strstr(c->head, "\r\n\r\n");

        if (end == NULL) {
            if (c->head_len == sizeof(c->head) - 1) {
                load_die("a header that is too long", c->head);
            }
            return 0;
        }

        room = (size_t) (end + 4 - c->head) - had;
        data += room;
        n -= room;
        load_head(c);
    }

    c->got += n;
    load_tail(c, data, n);

    return c->chunked ? memcmp(c->tail, "\r\n0\r\n\r\n", LOAD_TAIL) == 0
                      : c->got == c->length;
}


static void
load_read(load_t *l, load_conn_t *c)
{
    ssize_t  n;

    n = recv(c->fd, buffer, sizeof(buffer), 0);

    if (n <= 0) {
        load_die("closed by the gateway", NULL);
    }

    if (!load_take(c, buffer, (size_t) n)) {
        return;
    }

    l->took[l->done++] = (float) (load_now() - c->start);

    if (!c->chunked) {
        if (l->length == 0) {
            l->length = c->got;
        }

        if (c->got != l->length) {
            load_die("an answer of another length", c->head);
        }

    } else if (c->got > l->length) {
        l->length = c->got;
    }

    if (l->sent < l->wanted) {
        load_send(l, c);
    }
}


static int
load_compare(const void *one, const void *two)
{
    float  a = *(const float *) one, b = *(const float *) two;

    return (a > b) - (a < b);
}


int
main(int argc, char **argv)
{
    int                 i, n, count;
    double              start, end;
    load_t              l;
    struct epoll_event  events[64];

    if (argc < 5) {
        load_die("PORT PATH CONNECTIONS REQUESTS [MODELS]", NULL);
    }

    memset(&l, 0, sizeof(l));
    l.epoll = epoll_create1(0);
    l.port = atoi(argv[1]);
    l.path = argv[2];
    count = atoi(argv[3]);
    l.wanted = atol(argv[4]);
    l.models = argc > 5 ? atoi(argv[5]) : 0;
    count = count < l.wanted ? count : (int) l.wanted;

    if (count < 1 || count > LOAD_CONNS) {
        load_die("so many connections?", argv[3]);
    }

    l.took = malloc((size_t) l.wanted * sizeof(float));

    if (l.took == NULL) {
        load_die("no memory", NULL);
    }

    for (i = 0; i < count; i++) {
        load_open(&l, &conns[i]);
    }

    start = load_now();

    for (i = 0; i < count; i++) {
        load_send(&l, &conns[i]);
    }

    while (l.done < l.wanted) {
        n = epoll_wait(l.epoll, events, 64, 20000);

        if (n <= 0) {
            load_die("no answer for 20 seconds", NULL);
        }

        for (i = 0; i < n; i++) {
            load_read(&l, events[i].data.ptr);
        }
    }

    end = load_now();
    qsort(l.took, (size_t) l.done, sizeof(float), load_compare);

    printf("%ld %.6f %zu %.1f %.1f\n", l.done, (end - start) / 1e6, l.length,
           (double) l.took[l.done / 2], (double) l.took[l.done * 99 / 100]);

    return 0;
}
