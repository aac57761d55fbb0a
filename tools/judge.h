/*
 * judge: the verdict on a saved response, by the functions that the gateway
 * calls, and in the same order.
 */

#ifndef IOATTEST_JUDGE_H
#define IOATTEST_JUDGE_H

#include "attest/ioattest.h"

/* Where the signature is. */
typedef enum {
    IOATTEST_SOURCE_HEADERS = 0,
    IOATTEST_SOURCE_FILE,       /* a JSON object */
    IOATTEST_SOURCE_STREAM      /* the event in the body */
} ioattest_source_e;

typedef struct {
    ioattest_source_e    source;
    ioa_text_form_e      form;
    ioa_head_t           headers;       /* with IOATTEST_SOURCE_HEADERS */
    ioa_bytes_t          file;          /* with IOATTEST_SOURCE_FILE */
    ioa_bytes_t          body;
    ioa_bytes_t          request;       /* data NULL: not given */
    size_t               request_max;   /* largest size accepted */
    const ioa_defaults_t *defaults;     /* that the API's front adds */
    size_t               addresses_n;
    const uint8_t      (*addresses)[IOA_ADDRESS_LEN];
    const ioa_bytes_t   *image_digests; /* if none, any is accepted */
    size_t               image_digests_n;
} ioattest_case_t;

typedef enum {
    IOATTEST_REQUEST_NOT_GIVEN = 0,
    IOATTEST_REQUEST_NOT_CHECKED,   /* another check failed before */
    IOATTEST_REQUEST_MATCH,
    IOATTEST_REQUEST_MISMATCH
} ioattest_request_e;

typedef struct {
    int                 verified;
    ioa_status_t        reason;
    const char         *detail;     /* a sentence, or NULL */
    const char         *added;      /* members with which the request fits,
                                       as JSON; NULL: none are known */
    ioattest_request_e  request;
    ioa_response_t      response;   /* as far as it was judged */

    int                 have_request;
    uint8_t             request32[IOA_SHA256_LEN];
    uint8_t             model[IOA_MODEL_NAME_MAX];
    size_t              model_len;  /* of the request */
    ioa_reqmodel_t     *reqmodel;   /* of the request */
    ioa_json_t         *json;       /* the signature may borrow from it */
    void               *memory;     /* for the body */
} ioattest_verdict_t;

/*
 * Returns: 1; 0 if there is no memory, and then no verdict.
 * Out: verdict, which borrows from saved; to be given to
 * ioattest_verdict_cleanup whatever is returned.
 */
int ioattest_judge(ioattest_verdict_t *verdict, const ioattest_case_t *saved)
    IOA_MUST_CHECK;
void ioattest_verdict_cleanup(ioattest_verdict_t *verdict);

#endif
