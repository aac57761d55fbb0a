/*
 * ioa_reqmodel_type: see ioa_reqmodel_type.h.
 */

#include "agent/ioa_reqmodel_type.h"

/* in the agent's order */
const ioa_reqmodel_field_t  ioa_reqmodel_fields[IOA_REQMODEL_FIELDS] = {
    { "messages", IOA_REQMODEL_ARRAY },
    { "model", IOA_REQMODEL_STRING },
    { "temperature", IOA_REQMODEL_FLOAT },
    { "max_tokens", IOA_REQMODEL_INT },
    { "stream", IOA_REQMODEL_BOOL },
    { "top_p", IOA_REQMODEL_FLOAT },
    { "frequency_penalty", IOA_REQMODEL_FLOAT },
    { "presence_penalty", IOA_REQMODEL_FLOAT },
    { "stop", IOA_REQMODEL_ANY },
    { "n", IOA_REQMODEL_INT },
    { "logprobs", IOA_REQMODEL_BOOL }
};


size_t
ioa_reqmodel_field(ioa_bytes_t key)
{
    size_t  i;

    for (i = 0; i < IOA_REQMODEL_FIELDS; i++) {
        if (ioa_reqmodel_is(key, ioa_reqmodel_fields[i].name)) {
            break;
        }
    }

    return i;
}


int
ioa_reqmodel_is_int(ioa_bytes_t value)
{
    size_t  i;

    for (i = value.data[0] == '-'; i < value.len; i++) {
        if (value.data[i] < '0' || value.data[i] > '9') {
            return 0;
        }
    }

    return 1;
}


/*
 * A whole double is printed as an int by a member that the agent declares
 * one.  Those below 1e16 are printed with all their digits and ".0": the
 * digits are the int.  Larger ones are left alone.
 * Returns: 1 where it is such a double, or an int.
 */
static int
ioa_reqmodel_whole(ioa_bytes_t *value)
{
    ioa_bytes_t  digits = *value;

    if (digits.len > 2 && digits.data[digits.len - 2] == '.'
        && digits.data[digits.len - 1] == '0')
    {
        digits.len -= 2;

        if (ioa_reqmodel_is(digits, "-0")) {
            digits.data++;
            digits.len--;
        }
    }

    if (!ioa_reqmodel_is_int(digits)) {
        return 0;
    }

    *value = digits;

    return 1;
}


/* What is wrong with a value where a number is declared. */
static ioa_cause_t
ioa_reqmodel_no_number(uint8_t c)
{
    switch (c) {

    case '"':
        return IOA_CAUSE_STRING_FOR_NUMBER;

    case 't':
    case 'f':
        return IOA_CAUSE_BOOL_FOR_NUMBER;

    case '[':
    case '{':
        return IOA_CAUSE_NOT_NUMBER;

    default:
        return IOA_CAUSE_NONE;
    }
}


ioa_cause_t
ioa_reqmodel_type_misfit(ioa_reqmodel_type_t type, ioa_bytes_t *value)
{
    uint8_t      c = value->data[0];
    ioa_cause_t  cause;

    switch (type) {

    case IOA_REQMODEL_STRING:
        return c == '"' ? IOA_CAUSE_NONE : IOA_CAUSE_NOT_STRING;

    case IOA_REQMODEL_ARRAY:
        return c == '[' ? IOA_CAUSE_NONE : IOA_CAUSE_NOT_ARRAY;

    case IOA_REQMODEL_FLOAT:
        return ioa_reqmodel_no_number(c);

    case IOA_REQMODEL_INT:
        cause = ioa_reqmodel_no_number(c);

        if (cause != IOA_CAUSE_NONE) {
            return cause;
        }

        return ioa_reqmodel_whole(value) ? IOA_CAUSE_NONE
                                         : IOA_CAUSE_NOT_WHOLE;

    case IOA_REQMODEL_BOOL:
        return c == 't' || c == 'f' ? IOA_CAUSE_NONE : IOA_CAUSE_NOT_BOOL;

    default:
        return IOA_CAUSE_NONE;
    }
}
