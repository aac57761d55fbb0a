/*
 * ioa_guess: why a response answers another request than the one that was
 * sent.  It may be that one after all, with members that the API's front
 * added; then the hash in the signed text says which.
 *
 * Tried are the defaults that io.net's public schema names, each where the
 * request lacks it, in the combinations that a front may add, and no member
 * at all, for a gateway that was told to add some.  Single members are not
 * tried: a schema fills in all of a kind.  So no more than ten hashes are
 * taken, and none of a request that is too long.
 *
 * It explains a refusal, and never undoes one.
 */

#ifndef IOA_GUESS_H
#define IOA_GUESS_H

#include "agent/ioa_reqmodel.h"

/*
 * Returns: the members as a JSON object, as ioa_defaults_parse takes it,
 * "{}" for none; NULL where nothing fits.
 * In: rm, after ioa_reqmodel_final has returned IOA_OK; signed32, the hash
 * in the signed text; text_max, the longest canonical text that is tried.
 */
const char *ioa_guess(ioa_reqmodel_t *rm,
    const uint8_t signed32[IOA_SHA256_LEN], size_t text_max);

#endif
