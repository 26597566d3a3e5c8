/*
 * Notes with lines of witnesses from anybody: whatever stands in them, w1 has cosigned the golden text and no other, at the times at which it
 * did. A witness's key that is read is written again byte for byte.
 */
#include <string.h>

#include "base/buffer.h"
#include "ledger/cosignature.h"
#include "ledger/note.h"
#include "tests/fuzz/fuzz.h"

static const char golden_text[] = "ledger.example/golden\n4\nzghE3/LH9dU4sPknorLXf3K8wTVDCb4QXcOCN7k1HaE=\n";
static const char vkey[] = "witness.example/w1+e75f6532+BAOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4";

static void check_note(const struct cosigner *cosigner, const char *bytes, size_t length)
{
    static struct note note;
    uint8_t signature[COSIGNATURE_BYTES];
    int64_t time = 0, time_again = 0;
    if (note_read(&note, bytes, length) != STATUS_OK || cosignature_find(cosigner, &note, signature, &time) != STATUS_OK) {
        CHECK(time == 0);
        return;
    }
    CHECK(note.text_length == sizeof golden_text - 1 && memcmp(note.text, golden_text, note.text_length) == 0);
    CHECK(time >= 1790000000 && time <= 1790000002); /* of the corpus, by tests/http/cosign.py */
    CHECK(cosignature_verify(cosigner, note.text, note.text_length, signature, &time_again) == STATUS_OK && time_again == time);
}

static void check_key(const char *bytes, size_t length)
{
    struct cosigner read;
    struct buffer again;
    if (cosigner_read(&read, bytes, length) != STATUS_OK) {
        return;
    }
    buffer_init(&again);
    cosigner_write(&again, &read);
    CHECK(!again.failed && again.length == length && memcmp(again.bytes, bytes, length) == 0);
    buffer_fini(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static struct cosigner cosigner;
    int64_t time = 0;
    if (cosigner.name[0] == 0) {
        CHECK(cosigner_read(&cosigner, vkey, sizeof vkey - 1) == STATUS_OK);
    }
    char *copy = malloc(length + (length == 0)); /* exact size: a sanitizer sees an overrun */
    CHECK(copy != NULL);
    memcpy(copy, bytes, length);
    check_note(&cosigner, copy, length);
    check_key(copy, length);
    if (length == COSIGNATURE_BYTES) { /* what is signed is nobody's text */
        CHECK(cosignature_verify(&cosigner, "", 0, bytes, &time) != STATUS_OK);
    }
    free(copy);
    return 0;
}
