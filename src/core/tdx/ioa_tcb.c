/*
 * ioa_tcb: see ioa_tcb.h.
 */

#include <string.h>

#include "tdx/ioa_tcb.h"
#include "base/ioa_reader.h"

/* What may ail a TCB; a status is a set of these. */
#define IOA_TCB_AILS_SW       1
#define IOA_TCB_AILS_CONFIG   2
#define IOA_TCB_AILS_DATE     4
#define IOA_TCB_AILS_REVOKED  8


typedef struct {
    const char  *name;
    unsigned     ails;
} ioa_tcb_text_t;

static const ioa_tcb_text_t  ioa_tcb_texts[IOA_TCB_STATUS_MAX] = {
    [IOA_TCB_UNKNOWN] = { "unknown", 0 },
    [IOA_TCB_UP_TO_DATE] = { "UpToDate", 0 },
    [IOA_TCB_SW_HARDENING_NEEDED] = { "SWHardeningNeeded",
        IOA_TCB_AILS_SW },
    [IOA_TCB_CONFIGURATION_NEEDED] = { "ConfigurationNeeded",
        IOA_TCB_AILS_CONFIG },
    [IOA_TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED] = {
        "ConfigurationAndSWHardeningNeeded",
        IOA_TCB_AILS_CONFIG|IOA_TCB_AILS_SW },
    [IOA_TCB_OUT_OF_DATE] = { "OutOfDate", IOA_TCB_AILS_DATE },
    [IOA_TCB_OUT_OF_DATE_CONFIGURATION_NEEDED] = {
        "OutOfDateConfigurationNeeded",
        IOA_TCB_AILS_DATE|IOA_TCB_AILS_CONFIG },
    [IOA_TCB_REVOKED] = { "Revoked", IOA_TCB_AILS_REVOKED }
};


const char *
ioa_tcb_name(ioa_tcb_status_t status)
{
    if ((unsigned) status >= IOA_TCB_STATUS_MAX) {
        status = IOA_TCB_UNKNOWN;
    }

    return ioa_tcb_texts[status].name;
}


int
ioa_tcb_parse(ioa_tcb_status_t *status, const uint8_t *text, size_t text_len)
{
    unsigned  i;

    for (i = 0; i < IOA_TCB_STATUS_MAX; i++) {

        if (strlen(ioa_tcb_texts[i].name) == text_len
            && memcmp(ioa_tcb_texts[i].name, text, text_len) == 0)
        {
            *status = (ioa_tcb_status_t) i;
            return 1;
        }
    }

    return 0;
}


int
ioa_tcb_is_out_of_date(ioa_tcb_status_t status)
{
    return status == IOA_TCB_OUT_OF_DATE
           || status == IOA_TCB_OUT_OF_DATE_CONFIGURATION_NEEDED;
}


ioa_tcb_status_t
ioa_tcb_without_date(ioa_tcb_status_t status)
{
    if (status == IOA_TCB_OUT_OF_DATE) {
        return IOA_TCB_UP_TO_DATE;
    }

    if (status == IOA_TCB_OUT_OF_DATE_CONFIGURATION_NEEDED) {
        return IOA_TCB_CONFIGURATION_NEEDED;
    }

    return status;
}


static ioa_tcb_status_t
ioa_tcb_worst(ioa_tcb_status_t one, ioa_tcb_status_t two)
{
    unsigned  i, ails;

    if ((unsigned) one >= IOA_TCB_STATUS_MAX
        || (unsigned) two >= IOA_TCB_STATUS_MAX)
    {
        return IOA_TCB_REVOKED;
    }

    ails = ioa_tcb_texts[one].ails | ioa_tcb_texts[two].ails;

    if (ails & IOA_TCB_AILS_REVOKED) {
        return IOA_TCB_REVOKED;
    }

    if (one == IOA_TCB_UNKNOWN || two == IOA_TCB_UNKNOWN) {
        return IOA_TCB_UNKNOWN;
    }

    /* Intel has no word for out of date and in need of hardening */

    if (ails & IOA_TCB_AILS_DATE) {
        ails &= ~(unsigned) IOA_TCB_AILS_SW;
    }

    for (i = IOA_TCB_UP_TO_DATE; i < IOA_TCB_REVOKED; i++) {
        if (ioa_tcb_texts[i].ails == ails) {
            break;
        }
    }

    return (ioa_tcb_status_t) i;
}


int
ioa_tcb_add_advisory(ioa_tcb_t *tcb, const uint8_t *text, size_t text_len)
{
    size_t  i;

    if (text_len == 0 || text_len > IOA_TCB_ADVISORY_MAX) {
        return 0;
    }

    for (i = 0; i < text_len; i++) {
        if (text[i] <= ' ' || text[i] > '~') {
            return 0;
        }
    }

    for (i = 0; i < tcb->advisories_n; i++) {
        if (strlen(tcb->advisories[i]) == text_len
            && memcmp(tcb->advisories[i], text, text_len) == 0)
        {
            return 1;
        }
    }

    if (tcb->advisories_n == IOA_TCB_ADVISORIES_MAX) {
        return 0;
    }

    memcpy(tcb->advisories[i], text, text_len);
    tcb->advisories[i][text_len] = '\0';
    tcb->advisories_n++;

    return 1;
}


/* The earlier of two dates of which 0 is none. */
static int64_t
ioa_tcb_earlier(int64_t one, int64_t two)
{
    if (one == 0 || two == 0) {
        return one + two;
    }

    return one < two ? one : two;
}


static void
ioa_tcb_lacks_add(ioa_tcb_t *tcb, const char *lacks)
{
    size_t  n, more;

    n = strlen(tcb->lacks);
    more = strlen(lacks);

    if (more == 0) {
        return;
    }

    if (n == 0) {
        memcpy(tcb->lacks, lacks, more + 1);

    } else if (n + 2 + more <= IOA_TCB_LACKS_MAX) {
        memcpy(tcb->lacks + n, "; ", 2);
        memcpy(tcb->lacks + n + 2, lacks, more + 1);

    } else {
        n = n + 3 <= IOA_TCB_LACKS_MAX ? n : IOA_TCB_LACKS_MAX - 3;
        memcpy(tcb->lacks + n, "...", sizeof("..."));
    }
}


int
ioa_tcb_merge(ioa_tcb_t *tcb, const ioa_tcb_t *part)
{
    size_t       i;
    const char  *name;

    for (i = 0; i < part->advisories_n; i++) {
        name = part->advisories[i];

        if (!ioa_tcb_add_advisory(tcb, (const uint8_t *) name,
                                  strlen(name)))
        {
            return 0;
        }
    }

    tcb->status = ioa_tcb_worst(tcb->status, part->status);
    tcb->out_since = ioa_tcb_earlier(tcb->out_since, part->out_since);
    ioa_tcb_lacks_add(tcb, part->lacks);

    return 1;
}


const char *
ioa_tcb_advisory_means(const char *name)
{
    size_t  i;

    static const struct {
        const char  *name;
        const char  *means;
    } documents[] = {
        { "INTEL-DOC-10000", " (the processor is past its End of Servicing "
                             "Updates)" },
        { "INTEL-DOC-10001", " (the processor is past its End of Servicing "
                             "Lifetime)" },
        { "INTEL-DOC-10003", " (raised for other reasons than security)" }
    };

    for (i = 0; i < sizeof(documents) / sizeof(documents[0]); i++) {
        if (strcmp(name, documents[i].name) == 0) {
            return documents[i].means;
        }
    }

    return "";
}
