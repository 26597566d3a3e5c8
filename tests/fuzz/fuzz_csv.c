/*
 * CSV: whatever was read is the same when it is written and read again.
 */
#include <stdbool.h>
#include <string.h>

#include "json/csv.h"
#include "tests/fuzz/fuzz.h"

enum { RECORDS_MAX = 512 };

/* Reads all and writes it as it would go out; false where something is broken. */
static bool rewrite(const char *bytes, size_t length, struct buffer *out, size_t counts[RECORDS_MAX], size_t *records)
{
    char *copy = malloc(length + 1);
    struct csv_reader reader;
    enum status status = STATUS_OK;
    CHECK(copy != NULL);
    memcpy(copy, bytes, length);
    csv_reader_init(&reader, copy, length);
    for (*records = 0; *records < RECORDS_MAX && (status = csv_read(&reader)) == STATUS_OK; ++*records) {
        CHECK(reader.count >= 1 && reader.count <= CSV_FIELDS_MAX);
        counts[*records] = reader.count;
        for (size_t i = 0; i < reader.count; i++) {
            csv_write_field(out, i == 0, reader.fields[i]);
        }
        csv_write_end(out);
    }
    CHECK(status != STATUS_INVALID || reader.fault != CSV_SOUND);
    free(copy);
    return status != STATUS_INVALID;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static size_t first[RECORDS_MAX], second[RECORDS_MAX];
    struct buffer once, twice;
    size_t records = 0, again = 0;
    buffer_init(&once);
    buffer_init(&twice);
    if (rewrite((const char *)bytes, length, &once, first, &records) && !once.failed && records > 0) {
        CHECK(rewrite(once.bytes, once.length, &twice, second, &again));
        CHECK(again == records && memcmp(first, second, records * sizeof first[0]) == 0);
        CHECK(twice.length == once.length && memcmp(twice.bytes, once.bytes, once.length) == 0);
    }
    buffer_fini(&once);
    buffer_fini(&twice);
    return 0;
}
