/*
 * replay: a target of libFuzzer's without libFuzzer, for any compiler: its
 * function is called once for each file that is named.
 *
 *   replay/fuzz_X FILE ...
 *
 * The last line is "N inputs".  A target that finds a fault aborts, behind a
 * line with the file's name.
 */

#include <stdio.h>

#include "fuzz.h"

#define REPLAY_MAX  (1024 * 1024)


int
main(int argc, char **argv)
{
    int       i;
    FILE     *in;
    size_t    n;
    uint8_t  *data, *exact;

    data = malloc(REPLAY_MAX);
    fuzz_assert(data != NULL);

    for (i = 1; i < argc; i++) {
        printf("%s\n", argv[i]);
        fflush(stdout);

        in = fopen(argv[i], "rb");

        if (in == NULL) {
            perror(argv[i]);
            return 1;
        }

        n = fread(data, 1, REPLAY_MAX, in);
        fclose(in);

        exact = fuzz_exact(data, n);
        (void) LLVMFuzzerTestOneInput(exact, n);
        free(exact);
    }

    free(data);
    printf("%d inputs\n", argc - 1);

    return 0;
}
