/*
 * Signed notes and checkpoints from anybody: what is taken apart goes together again byte for byte, a checkpoint has one text,
 * and whatever lines stand behind it, the keys of the goldens have signed the golden text and no other.
 */
#include <string.h>

#include "base/buffer.h"
#include "base/text.h"
#include "ledger/checkpoint.h"
#include "ledger/note.h"
#include "tests/fuzz/fuzz.h"

/* Of tests/golden/ledger/vectors.txt. */
static const char node_public[] = "023dfd5510eee4eefbdb0e9c88812636ed90f9fef6c830a2be4d20a93dc90dca14";
static const char ed25519_of_it[] = "10e8ece4dbd5286d40608b0fa6e2b2ba830bfdb6f28937e1f2670f3195b852f9";
static const char golden_text[] = "ledger.example/golden\n4\nzghE3/LH9dU4sPknorLXf3K8wTVDCb4QXcOCN7k1HaE=\n";

static struct checkpoint_keys golden_keys(void)
{
    static uint8_t node[KEY_PUBLIC_BYTES], ed25519[ED25519_PUBLIC_BYTES];
    static bool is_ready;
    if (!is_ready) {
        CHECK(key_library_open() == STATUS_OK);
        CHECK(text_from_hex(node_public, node, sizeof node) == STATUS_OK);
        CHECK(text_from_hex(ed25519_of_it, ed25519, sizeof ed25519) == STATUS_OK);
        is_ready = true;
    }
    return (struct checkpoint_keys){ node, ed25519 };
}

static void check_note(const char *bytes, size_t length)
{
    static struct note note;
    struct buffer again;
    if (note_read(&note, bytes, length) != STATUS_OK) {
        return;
    }
    buffer_init(&again);
    buffer_append(&again, note.text, note.text_length);
    buffer_byte(&again, '\n');
    for (size_t i = 0; i < note.count; i++) {
        const struct note_line *line = &note.lines[i];
        CHECK(note_name_is_valid(line->name, line->name_length));
        buffer_text(&again, "\xe2\x80\x94 ");
        buffer_append(&again, line->name, line->name_length);
        buffer_byte(&again, ' ');
        buffer_append(&again, line->code, line->code_length);
        buffer_byte(&again, '\n');
    }
    CHECK(!again.failed && again.length == length && memcmp(again.bytes, bytes, length) == 0);
    buffer_fini(&again);
}

static void check_text(const char *bytes, size_t length)
{
    struct checkpoint checkpoint;
    char text[CHECKPOINT_TEXT_BYTES];
    if (checkpoint_parse(&checkpoint, bytes, length) == STATUS_OK) {
        size_t text_length = checkpoint_text(&checkpoint, text);
        CHECK(text_length < length && memcmp(text, bytes, text_length) == 0 && bytes[text_length] == '\n');
    }
}

static void check_signatures(const char *bytes, size_t length)
{
    struct checkpoint checkpoint;
    struct checkpoint_keys keys = golden_keys();
    enum status any = checkpoint_read(&checkpoint, bytes, length, &keys, CHECKPOINT_ANY_LINE);
    enum status ours = checkpoint_read(&checkpoint, bytes, length, &keys, CHECKPOINT_OUR_LINES);
    CHECK(ours == STATUS_INVALID || any == STATUS_OK);
    if (any == STATUS_OK) {
        CHECK(length > sizeof golden_text && memcmp(bytes, golden_text, sizeof golden_text - 1) == 0);
        CHECK(checkpoint_parse(&checkpoint, bytes, length) == STATUS_OK);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    char *copy = malloc(length + (length == 0)); /* exact size: a sanitizer sees an overrun */
    CHECK(copy != NULL);
    memcpy(copy, bytes, length);
    check_note(copy, length);
    check_text(copy, length);
    check_signatures(copy, length);
    free(copy);
    return 0;
}
