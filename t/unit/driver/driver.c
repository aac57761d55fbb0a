/*
 * driver: the library for tests in other languages.
 *
 * usage: driver PART [ARGUMENT...]
 *
 * What a part reads and writes is at the top of its file.
 */

#include "feed.h"

static const struct {
    const char  *name;
    int        (*run)(int argc, char **argv);
} driver_parts[] = {
    { "door", feed_door },          /* evidence through ioa_attest_verify */
    { "gpu", feed_gpu },            /* a list of GPU evidence */
    { "hash", feed_hash },          /* canonical text, hash of a request */
    { "hot", feed_hot },            /* what each response is, repeated */
    { "parse", feed_parse },        /* what is JSON, which model is named */
    { "seeds", feed_seeds },        /* seeds of fuzz_tdx and fuzz_chain */
    { "snp", feed_snp },            /* SEV-SNP reports */
    { "stream", feed_stream },      /* event streams */
    { "tdx", feed_tdx },            /* TDX quotes */
    { "vendor", feed_vendor },      /* replies of Intel's and NVIDIA's */
};


int
main(int argc, char **argv)
{
    size_t  i;

    for (i = 0; i < sizeof(driver_parts) / sizeof(driver_parts[0]); i++) {
        if (argc > 1 && strcmp(argv[1], driver_parts[i].name) == 0) {
            return driver_parts[i].run(argc - 1, argv + 1);
        }
    }

    fprintf(stderr, "usage: driver PART [ARGUMENT...]\n");

    return 2;
}
