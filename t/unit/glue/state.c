/*
 * state: the moves of a request from one state into another, all of them, in
 * a dry run and without.
 */

#include "request/ngx_http_ioattest_state.c"
#include "unit.h"

#define N         NGX_HTTP_IOATTEST_STATES
#define S(name)   NGX_HTTP_IOATTEST_STATE_##name
#define NAME(st)  ngx_http_ioattest_state_name(st)

typedef ngx_http_ioattest_state_e  state_e;


/* Whether a request may go from one into the other. */
static int
may(unsigned from, unsigned to, unsigned dry)
{
    return (int) ngx_http_ioattest_state_may((state_e) from, (state_e) to,
                                             dry);
}


/* What a client may be sent something of the upstream's in. */
static int
passes(unsigned state)
{
    return state == S(STREAM) || state == S(RELEASED) || state == S(UNSIGNED)
           || state == S(EXEMPT);
}


/* Marks what can be reached from START without passing through one state. */
static void
reach(int reached[N], unsigned without, unsigned dry)
{
    int       more;
    unsigned  from, to;

    memset(reached, 0, N * sizeof(int));
    reached[S(START)] = 1;

    do {
        more = 0;

        for (from = 0; from < N; from++) {
            for (to = 0; to < N; to++) {

                if (reached[from] && !reached[to] && to != without
                    && may(from, to, dry))
                {
                    reached[to] = 1;
                    more = 1;
                }
            }
        }

    } while (more);
}


static void
check_forbidden(void)
{
    state_e     next;
    unsigned    from, to, dry;
    unit_all_t  all = { 0, 0, "" }, allowed = { 0, 0, "" };

    for (dry = 0; dry < 2; dry++) {
        for (from = 0; from < N; from++) {
            for (to = 0; to < N; to++) {

                next = ngx_http_ioattest_state_next((state_e) from,
                                                    (state_e) to, dry);
                if (may(from, to, dry)) {
                    unit_each(&allowed, next == (state_e) to,
                              "%s into %s became %s", NAME((state_e) from),
                              NAME((state_e) to), NAME(next));
                    continue;
                }

                unit_each(&all, next == (from == S(ANSWERED) ? S(ANSWERED)
                                                             : S(REFUSED)),
                          "%s into %s became %s", NAME((state_e) from),
                          NAME((state_e) to), NAME(next));
            }
        }
    }

    UNIT_ALL(&allowed, "what is allowed is what comes of it");
    UNIT_ALL(&all, "what is forbidden becomes a refusal");
}


static void
check_order(void)
{
    unsigned    from, to, dry;
    unit_all_t  all = { 0, 0, "" };

    for (dry = 0; dry < 2; dry++) {
        for (from = 0; from < N; from++) {
            for (to = 0; to <= from; to++) {

                unit_each(&all, !may(from, to, dry)
                                || (from == S(REFUSED) && to == S(REFUSED)),
                          "%s into %s", NAME((state_e) from),
                          NAME((state_e) to));
            }
        }
    }

    UNIT_ALL(&all, "no state comes back, but a refusal that is refused");
}


static void
check_reached(void)
{
    int         reached[N];
    unsigned    i, dry;
    unit_all_t  all = { 0, 0, "" };

    for (dry = 0; dry < 2; dry++) {
        reach(reached, N, dry);

        for (i = 0; i < N; i++) {
            unit_each(&all, reached[i] == (dry || i != S(EXEMPT)), "%s",
                      NAME((state_e) i));
        }
    }

    UNIT_ALL(&all, "each state is reached, EXEMPT in a dry run alone");
}


/* Where a state is passed by, what lies behind it is not reached. */
static void
check_only_by(const char *name, unsigned by, unsigned behind)
{
    int  reached[N];

    reach(reached, by, 0);

    UNIT_OK(!reached[behind], "%s", name);
}


/* Nothing but what is listed follows a state. */
static void
check_ends(const char *name, unsigned from, unsigned dry, unsigned list)
{
    unsigned    to;
    unit_all_t  all = { 0, 0, "" };

    for (to = 0; to < N; to++) {
        unit_each(&all, may(from, to, dry) == (int) ((list >> to) & 1),
                  "%s", NAME((state_e) to));
    }

    UNIT_ALL(&all, name);
}


/* Before a response has begun nothing can be sent of it. */
static void
check_begun(void)
{
    unsigned    from, to;
    unit_all_t  all = { 0, 0, "" };

    for (from = 0; from < N; from++) {
        for (to = 0; to < N; to++) {

            if (!passes(to) || !may(from, to, 0)) {
                continue;
            }

            switch (to) {

            case S(UNSIGNED):
                unit_each(&all, from >= S(BODY) && from <= S(SENT), "%s",
                          NAME((state_e) from));
                break;

            case S(STREAM):
                unit_each(&all, from == S(SENT), "%s", NAME((state_e) from));
                break;

            default: /* RELEASED */
                unit_each(&all, from == S(SENT) || from == S(HOLD)
                                || from == S(STREAM) || from == S(WAIT),
                          "%s", NAME((state_e) from));
            }
        }
    }

    UNIT_ALL(&all, "what passes comes from where it may");
}


int
main(void)
{
    unsigned  i, named;

    for (i = 0, named = 0; i < N; i++) {
        named += (NAME((state_e) i) != NULL);
    }

    UNIT_OK(named == N && sizeof(ngx_http_ioattest_states)
                          / sizeof(ngx_http_ioattest_states[0]) == N,
            "each state has a row and a name (%u)", named);

    UNIT_OK(strcmp(NAME(S(EXEMPT)), "exempt") == 0
            && strcmp(NAME(S(ANSWERED)), "answered") == 0
            && strcmp(NAME(S(SENT)), "sent") == 0
            && strcmp(NAME(S(POSTED)), "posted") == 0, "in their order");

    check_forbidden();
    check_order();
    check_reached();
    check_begun();

    check_only_by("nothing is released that was not sent", S(SENT),
                  S(RELEASED));
    check_only_by("nothing is sent whose body was not read", S(BODY),
                  S(SENT));
    check_only_by("and not looked at", S(MODEL), S(SENT));
    check_only_by("no machine is looked for without a model", S(RESOLVE),
                  S(ATTEST));
    check_only_by("no verdict is waited for in the filters", S(POSTED),
                  S(WAIT));
    check_only_by("none is answered who is not refused", S(REFUSED),
                  S(ANSWERED));

    for (i = 0; i < 2; i++) {
        check_ends("answered: no way out", S(ANSWERED), i, 0);
        check_ends("unsigned: no way out", S(UNSIGNED), i, 0);
        check_ends("exempt: no way out", S(EXEMPT), i, 0);
        check_ends("refused: the answer, or refused again", S(REFUSED), i,
                   1U << S(REFUSED) | 1U << S(ANSWERED));
    }

    check_ends("released: refused at most", S(RELEASED), 0,
               1U << S(REFUSED));
    check_ends("redirected: refused", S(REDIRECTED), 0, 1U << S(REFUSED));

    return UNIT_DONE();
}
