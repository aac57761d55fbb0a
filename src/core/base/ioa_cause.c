/*
 * ioa_cause: see ioa_cause.h.
 */

#include "base/ioa_cause.h"

static const char  *ioa_cause_texts[IOA_CAUSE_MAX] = {
    [IOA_CAUSE_NONE] = "",
    [IOA_CAUSE_CODED] = "a body with a Content-Encoding",
    [IOA_CAUSE_NOT_UTF8] = "not UTF-8",
    [IOA_CAUSE_NOT_JSON] = "not JSON",
    [IOA_CAUSE_NOT_OBJECT] = "not a JSON object",
    [IOA_CAUSE_DEPTH] = "nested too deep",
    [IOA_CAUSE_DUPLICATE] = "a duplicate key",
    [IOA_CAUSE_SURROGATE] = "a lone surrogate",
    [IOA_CAUSE_NUL] = "a null character",
    [IOA_CAUSE_NUMBER] = "a number that is malformed, too large or too long",
    [IOA_CAUSE_STRING_FOR_NUMBER] = "a string for a number",
    [IOA_CAUSE_BOOL_FOR_NUMBER] = "a bool for a number",
    [IOA_CAUSE_NOT_NUMBER] = "not a number",
    [IOA_CAUSE_NOT_WHOLE] = "not a whole number",
    [IOA_CAUSE_NOT_BOOL] = "not a bool",
    [IOA_CAUSE_NOT_STRING] = "not a string",
    [IOA_CAUSE_NOT_ARRAY] = "not an array"
};


const char *
ioa_cause_text(ioa_cause_t cause)
{
    return (unsigned) cause < IOA_CAUSE_MAX ? ioa_cause_texts[cause] : "";
}
