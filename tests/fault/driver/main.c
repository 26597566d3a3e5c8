/* The words of the command line. */
#include "tests/fault/driver/driver.h"

#include <stdio.h>
#include <string.h>

int main(int count, char **words)
{
    if (count == 2 && strcmp(words[1], "verify") == 0) {
        return driver_verify();
    }
    if (count == 3 && strcmp(words[1], "begin") == 0) {
        return driver_begin(words[2]);
    }
    if (count == 7 && strcmp(words[1], "flip") == 0) {
        return driver_flip(words[2], words[3], words[4], words[5], words[6]);
    }
    if ((count == 4 || count == 7) && strcmp(words[1], "again") == 0) {
        return driver_again(words[2], words[3], count == 7 ? words[4] : NULL, count == 7 ? words[5] : NULL, count == 7 ? words[6] : NULL);
    }
    if (count == 4 && strcmp(words[1], "twice") == 0) {
        return driver_twice(words[2], words[3]);
    }
    fprintf(stderr, "driver verify | begin DIR | flip DIR QUERIES SEED COUNT EVERY | again FROM TO [SEQ OLD NEW] | twice DIR SEQ\n");
    return 2;
}
