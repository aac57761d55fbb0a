/*
 * feed: what the parts of driver share.  Each reads records from standard
 * input and writes a line for each; where a record is cut, the program ends.
 */

#ifndef FEED_H
#define FEED_H

#include "unit.h"

/* The parts; argv[0] is a part's name. */
int feed_door(int argc, char **argv);
int feed_gpu(int argc, char **argv);
int feed_hash(int argc, char **argv);
int feed_hot(int argc, char **argv);
int feed_parse(int argc, char **argv);
int feed_seeds(int argc, char **argv);
int feed_snp(int argc, char **argv);
int feed_stream(int argc, char **argv);
int feed_tdx(int argc, char **argv);
int feed_vendor(int argc, char **argv);

/* Returns: 0 at the end of input. */
int feed_more(void);

void feed_bytes(void *out, size_t n);

/* Little-endian. */
uint64_t feed_number(size_t n);

/*
 * A length of four bytes and as many bytes, in memory of exactly that size: a
 * read beyond it is seen by the sanitizer.  To be freed.
 */
uint8_t *feed_blob(size_t *len);

void *feed_alloc(size_t n);

/* Prints. */
void feed_hex(const uint8_t *data, size_t n);

/*
 * How long the next piece of left bytes is: all of it (seed 0), a byte (1),
 * or by the seed's chance.
 */
size_t feed_piece(uint32_t *seed, size_t left);

#endif
