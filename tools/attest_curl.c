/*
 * attest_curl: asks by libcurl, see attest.h.
 */

#include <curl/curl.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attest.h"
#include "command.h"

#define IOATTEST_ASK_CONNECT   10L   /* seconds */
#define IOATTEST_ASK_KEY       "Authorization: Bearer "
#define IOATTEST_ASK_TYPE_MAX  80

/* What came so far; too_long if the rest was not taken. */
typedef struct {
    uint8_t  *data;
    size_t    len;
    int       too_long;
} ioattest_ask_reply_t;


int
ioattest_ask_built(void)
{
    return 1;
}


static int
ioattest_ask_why(char why[IOATTEST_ATTEST_WHY_MAX], const char *text)
{
    (void) snprintf(why, IOATTEST_ATTEST_WHY_MAX, "%s", text);

    return 0;
}


/* libcurl's: anything but n ends the transfer. */
static size_t
ioattest_ask_take(char *data, size_t size, size_t n, void *ctx)
{
    ioattest_ask_reply_t  *reply = ctx;

    n *= size;

    if (n > IOA_REPORT_SIZE_MAX - reply->len) {
        reply->too_long = 1;
        return 0;
    }

    memcpy(reply->data + reply->len, data, n);
    reply->len += n;

    return n;
}


/* A key in the URL would be in the command line, for all to see. */
static int
ioattest_ask_url(char why[IOATTEST_ATTEST_WHY_MAX], const ioattest_ask_t *ask)
{
    int     ok = 0;
    char   *user = NULL, *password = NULL, *scheme = NULL;
    CURLU  *url;

    url = curl_url();

    if (url == NULL
        || curl_url_set(url, CURLUPART_URL, ask->url, 0) != CURLUE_OK
        || curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK)
    {
        (void) snprintf(why, IOATTEST_ATTEST_WHY_MAX, "%s is not a URL",
                        ask->option);

    } else if (strcmp(scheme, "https") != 0
               && !(ask->plain && strcmp(scheme, "http") == 0))
    {
        (void) snprintf(why, IOATTEST_ATTEST_WHY_MAX,
                        ask->plain ? "%s must begin with http:// or https://"
                        : "%s must begin with https://: TLS is what vouches "
                        "for the reply, and hides the key", ask->option);

    } else if (curl_url_get(url, CURLUPART_USER, &user, 0) == CURLUE_OK
               || curl_url_get(url, CURLUPART_PASSWORD, &password, 0)
                  == CURLUE_OK)
    {
        (void) snprintf(why, IOATTEST_ATTEST_WHY_MAX, "%s has a user or a "
                        "password in it, which others can see%s", ask->option,
                        ask->plain ? "" : ": use --key-file");

    } else {
        ok = 1;
    }

    curl_free(user);
    curl_free(password);
    curl_free(scheme);
    curl_url_cleanup(url);

    return ok;
}


static struct curl_slist *
ioattest_ask_headers(const char *type, const char *key)
{
    char               *line, content[IOATTEST_ASK_TYPE_MAX];
    size_t              len;
    struct curl_slist  *list, *more;

    (void) snprintf(content, sizeof(content), "Content-Type: %s", type);
    list = curl_slist_append(NULL, content);

    if (list == NULL || key == NULL) {
        return list;
    }

    len = sizeof(IOATTEST_ASK_KEY) + strlen(key);
    line = malloc(len);
    more = NULL;

    if (line != NULL) {
        (void) snprintf(line, len, IOATTEST_ASK_KEY "%s", key);
        more = curl_slist_append(list, line);
        OPENSSL_cleanse(line, len);
        free(line);
    }

    if (more == NULL) {
        curl_slist_free_all(list);
    }

    return more;
}


/* Each option counts: one that libcurl does not know is no transfer. */
static int
ioattest_ask_set(CURL *curl, const ioattest_ask_t *ask,
    struct curl_slist *headers, ioattest_ask_reply_t *reply, char *error)
{
    CURLcode  rc;

    rc = curl_easy_setopt(curl, CURLOPT_URL, ask->url);
#define set(option, value)                                                    \
    rc = rc == CURLE_OK ? curl_easy_setopt(curl, option, value) : rc

    set(CURLOPT_PROTOCOLS_STR, ask->plain ? "http,https" : "https");
    set(CURLOPT_SSLVERSION, (long) CURL_SSLVERSION_TLSv1_2);
    set(CURLOPT_SSL_VERIFYPEER, 1L);
    set(CURLOPT_SSL_VERIFYHOST, 2L);
    set(CURLOPT_FOLLOWLOCATION, 0L);
    set(CURLOPT_HEADEROPT, (long) CURLHEADER_SEPARATE);
    set(CURLOPT_NETRC, (long) CURL_NETRC_IGNORED);
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_CONNECTTIMEOUT, IOATTEST_ASK_CONNECT);
    set(CURLOPT_TIMEOUT, ask->seconds);
    set(CURLOPT_USERAGENT, "ioattest/" IOATTEST_VERSION);
    set(CURLOPT_HTTPHEADER, headers);
    set(CURLOPT_POST, 1L);
    set(CURLOPT_POSTFIELDSIZE, (long) ask->body.len);
    set(CURLOPT_POSTFIELDS, (const char *) ask->body.data);
    set(CURLOPT_WRITEFUNCTION, ioattest_ask_take);
    set(CURLOPT_WRITEDATA, reply);
    set(CURLOPT_ERRORBUFFER, error);

    if (ask->ca != NULL) {
        set(CURLOPT_CAINFO, ask->ca);
        set(CURLOPT_CAPATH, NULL);
    }

#undef set

    return rc == CURLE_OK;
}


static int
ioattest_ask_run(long *status, char why[IOATTEST_ATTEST_WHY_MAX],
    const ioattest_ask_t *ask, ioattest_ask_reply_t *reply)
{
    int                 ok = 0;
    char                error[CURL_ERROR_SIZE] = "";
    CURL               *curl;
    CURLcode            rc;
    struct curl_slist  *headers, *one;

    curl = curl_easy_init();
    headers = ioattest_ask_headers(ask->type, ask->key);

    if (curl == NULL || headers == NULL
        || !ioattest_ask_set(curl, ask, headers, reply, error))
    {
        (void) ioattest_ask_why(why, "libcurl could not be set up");

    } else {
        rc = curl_easy_perform(curl);

        if (rc == CURLE_OK) {
            ok = curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, status)
                 == CURLE_OK;

        } else if (reply->too_long) {
            (void) snprintf(why, IOATTEST_ATTEST_WHY_MAX,
                            "the reply has more than %d bytes",
                            IOA_REPORT_SIZE_MAX);

        } else {
            (void) ioattest_ask_why(why, error[0] != '\0' ? error
                                    : curl_easy_strerror(rc));
        }
    }

    curl_easy_cleanup(curl);

    for (one = headers; one != NULL; one = one->next) {
        OPENSSL_cleanse(one->data, strlen(one->data));
    }

    curl_slist_free_all(headers);

    return ok;
}


int
ioattest_ask(long *status, ioa_bytes_t *reply,
    char why[IOATTEST_ATTEST_WHY_MAX], const ioattest_ask_t *ask)
{
    int                   ok;
    ioattest_ask_reply_t  taken = { NULL, 0, 0 };

    *status = 0;
    reply->data = NULL;
    reply->len = 0;
    why[0] = '\0';

    taken.data = malloc(IOA_REPORT_SIZE_MAX);

    if (taken.data == NULL
        || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
    {
        free(taken.data);
        return ioattest_ask_why(why, "out of memory");
    }

    ok = ioattest_ask_url(why, ask)
         && ioattest_ask_run(status, why, ask, &taken);

    curl_global_cleanup();

    reply->data = taken.data;
    reply->len = taken.len;

    return ok;
}
