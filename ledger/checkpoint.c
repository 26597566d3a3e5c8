/*
 * Checkpoints: what a few lines of text say about the whole ledger, signed. The form is
 * that of the Go module mirror and of transparency logs, so that their tools read it. Next: rules/keyring.c, which keys may
 * sign at which size.
 */
#include "ledger/checkpoint.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "ledger/note.h"

static const char node_algorithm[] = "\xff" "secp256k1-sha256";
static const char ed25519_algorithm[] = "\x01";

enum {
    TEXT_BYTES_MAX = CHECKPOINT_ORIGIN_BYTES + 21 + TEXT_BASE64_BYTES(DIGEST_BYTES), /* 20 digits; each with a line feed */
    LINE_BYTES_MAX = 4 + CHECKPOINT_ORIGIN_BYTES + TEXT_BASE64_BYTES(NOTE_HASH_BYTES + KEY_SIGNATURE_BYTES),
    LINES = 2, /* of ours */
    NODE_KEY_BYTES = sizeof node_algorithm - 1 + KEY_PUBLIC_BYTES,
    ED25519_KEY_BYTES = sizeof ed25519_algorithm - 1 + ED25519_PUBLIC_BYTES
};

_Static_assert(TEXT_BYTES_MAX + 1 + LINES * LINE_BYTES_MAX <= CHECKPOINT_NOTE_BYTES_MAX, "both lines of the longest origin fit");
_Static_assert((int)KEY_SIGNATURE_BYTES == (int)ED25519_SIGNATURE_BYTES, "both signatures are 64 bytes long");
_Static_assert((int)TEXT_BYTES_MAX < (int)CHECKPOINT_TEXT_BYTES && (int)CHECKPOINT_TEXT_BYTES <= (int)LIMIT_KEY_MESSAGE_BYTES,
               "the longest text fits, and may be signed");
_Static_assert((int)NODE_KEY_BYTES <= (int)NOTE_KEY_BYTES_MAX, "a key fits into note_key_write");

int checkpoint_origin_is_valid(const char *origin)
{
    size_t length = strnlen(origin, CHECKPOINT_ORIGIN_BYTES);
    if (length == 0 || length == CHECKPOINT_ORIGIN_BYTES) {
        return 0;
    }
    for (size_t i = 0; i < length; i++) {
        if (origin[i] <= ' ' || origin[i] > '~' || origin[i] == '+') {
            return 0;
        }
    }
    return 1;
}

static void node_key_bytes(uint8_t bytes[NODE_KEY_BYTES], const uint8_t public_key[KEY_PUBLIC_BYTES])
{
    memcpy(bytes, node_algorithm, sizeof node_algorithm - 1);
    memcpy(bytes + sizeof node_algorithm - 1, public_key, KEY_PUBLIC_BYTES);
}

static void ed25519_key_bytes(uint8_t bytes[ED25519_KEY_BYTES], const uint8_t public_key[ED25519_PUBLIC_BYTES])
{
    memcpy(bytes, ed25519_algorithm, sizeof ed25519_algorithm - 1);
    memcpy(bytes + sizeof ed25519_algorithm - 1, public_key, ED25519_PUBLIC_BYTES);
}

static void node_hash(uint8_t hash[NOTE_HASH_BYTES], const char *origin, const uint8_t public_key[KEY_PUBLIC_BYTES])
{
    uint8_t bytes[NODE_KEY_BYTES];
    node_key_bytes(bytes, public_key);
    note_hash(hash, origin, bytes, sizeof bytes);
}

static void ed25519_hash(uint8_t hash[NOTE_HASH_BYTES], const char *origin, const uint8_t public_key[ED25519_PUBLIC_BYTES])
{
    uint8_t bytes[ED25519_KEY_BYTES];
    ed25519_key_bytes(bytes, public_key);
    note_hash(hash, origin, bytes, sizeof bytes);
}

size_t checkpoint_text(const struct checkpoint *checkpoint, char text[CHECKPOINT_TEXT_BYTES])
{
    char root[TEXT_BASE64_BYTES(DIGEST_BYTES)];
    assert(checkpoint_origin_is_valid(checkpoint->origin));
    text_to_base64(root, checkpoint->root, DIGEST_BYTES);
    int length = snprintf(text, CHECKPOINT_TEXT_BYTES, "%s\n%" PRIu64 "\n%s\n", checkpoint->origin, checkpoint->size, root);
    assert(length > 0 && length <= TEXT_BYTES_MAX);
    return (size_t)length;
}

enum status checkpoint_sign(struct signer *signer, const char *text, size_t length, uint8_t signature[KEY_SIGNATURE_BYTES])
{
    uint8_t digest[DIGEST_BYTES];
    digest_bytes(digest, text, length);
    return signer_sign(signer, digest, signature);
}

void checkpoint_join(const struct checkpoint *checkpoint, const struct signer *signer, const char *text,
                     const uint8_t node[KEY_SIGNATURE_BYTES], const uint8_t *ed25519, struct buffer *out)
{
    uint8_t hash[NOTE_HASH_BYTES];
    size_t start = out->length;
    buffer_format(out, "%s\n", text);
    node_hash(hash, checkpoint->origin, signer_public(signer));
    note_line_write(out, checkpoint->origin, hash, node, KEY_SIGNATURE_BYTES);
    if (ed25519 != NULL) {
        ed25519_hash(hash, checkpoint->origin, signer_ed25519(signer));
        note_line_write(out, checkpoint->origin, hash, ed25519, ED25519_SIGNATURE_BYTES);
    }
    assert(out->failed || out->length - start <= CHECKPOINT_NOTE_BYTES_MAX);
}

enum status checkpoint_write(const struct checkpoint *checkpoint, struct signer *signer, bool with_ed25519, struct buffer *out)
{
    char text[CHECKPOINT_TEXT_BYTES];
    uint8_t node[KEY_SIGNATURE_BYTES], ed25519[ED25519_SIGNATURE_BYTES];
    size_t length = checkpoint_text(checkpoint, text);
    enum status status = checkpoint_sign(signer, text, length, node);
    if (status == STATUS_OK && with_ed25519) {
        status = signer_sign_message(signer, text, length, ed25519);
    }
    if (status != STATUS_OK) {
        return status;
    }
    checkpoint_join(checkpoint, signer, text, node, with_ed25519 ? ed25519 : NULL, out);
    return out->failed ? STATUS_EXHAUSTED : STATUS_OK;
}

/* A run of bytes inside the note. */
struct span {
    const char *bytes;
    size_t length;
};

/* Cuts the first line off rest, without its line feed; false where there is none. */
static bool take_line(struct span *rest, struct span *line)
{
    const char *end = rest->length == 0 ? NULL : memchr(rest->bytes, '\n', rest->length);
    if (end == NULL) {
        return false;
    }
    line->bytes = rest->bytes;
    line->length = (size_t)(end - rest->bytes);
    rest->bytes = end + 1;
    rest->length -= line->length + 1;
    return true;
}

static bool read_size(struct span line, uint64_t *size)
{
    uint64_t sum = 0;
    if (line.length == 0 || (line.bytes[0] == '0' && line.length > 1)) {
        return false;
    }
    for (size_t i = 0; i < line.length; i++) {
        char c = line.bytes[i];
        if (c < '0' || c > '9' || __builtin_mul_overflow(sum, (uint64_t)10, &sum) ||
            __builtin_add_overflow(sum, (uint64_t)(c - '0'), &sum)) {
            return false;
        }
    }
    *size = sum;
    return true;
}

static bool read_root(struct span line, uint8_t root[DIGEST_BYTES])
{
    uint8_t decoded[TEXT_BASE64_BYTES(DIGEST_BYTES)];
    size_t length = 0;
    if (line.length != TEXT_BASE64_BYTES(DIGEST_BYTES) - 1 ||
        text_from_base64(line.bytes, line.length, decoded, &length) != STATUS_OK || length != DIGEST_BYTES) {
        return false;
    }
    memcpy(root, decoded, DIGEST_BYTES);
    return true;
}

/* The three lines of the text; rest is what follows them. */
static bool read_text(struct checkpoint *checkpoint, struct span *rest)
{
    struct span line;
    memset(checkpoint, 0, sizeof *checkpoint);
    if (!take_line(rest, &line) || line.length >= CHECKPOINT_ORIGIN_BYTES) {
        return false;
    }
    memcpy(checkpoint->origin, line.bytes, line.length);
    return strlen(checkpoint->origin) == line.length && checkpoint_origin_is_valid(checkpoint->origin) &&
           take_line(rest, &line) && read_size(line, &checkpoint->size) &&
           take_line(rest, &line) && read_root(line, checkpoint->root);
}

enum status checkpoint_parse(struct checkpoint *checkpoint, const char *bytes, size_t length)
{
    struct checkpoint read;
    struct span rest = { bytes, length };
    if (!read_text(&read, &rest) || rest.length == 0 || rest.bytes[0] != '\n') {
        return STATUS_INVALID;
    }
    *checkpoint = read;
    return STATUS_OK;
}

/* What a signature line is to the reader. */
enum mark { MARK_OTHER, MARK_WRONG, MARK_NODE, MARK_ED25519 };

static enum mark check_line(const struct note *note, const struct note_line *line, const char *origin,
                            const struct checkpoint_keys *keys)
{
    uint8_t hash[NOTE_HASH_BYTES], digest[DIGEST_BYTES], signature[KEY_SIGNATURE_BYTES];
    if (keys->node != NULL) {
        node_hash(hash, origin, keys->node);
        if (note_line_is_of(line, origin, hash)) {
            digest_bytes(digest, note->text, note->text_length);
            return note_line_signature(line, signature, sizeof signature) == STATUS_OK &&
                   key_verify(keys->node, digest, signature) == STATUS_OK ? MARK_NODE : MARK_WRONG;
        }
    }
    if (keys->ed25519 != NULL) {
        ed25519_hash(hash, origin, keys->ed25519);
        if (note_line_is_of(line, origin, hash)) {
            return note_line_signature(line, signature, sizeof signature) == STATUS_OK &&
                   ed25519_verify(keys->ed25519, note->text, note->text_length, signature) == STATUS_OK ? MARK_ED25519 : MARK_WRONG;
        }
    }
    return MARK_OTHER;
}

/* Whether the marks of all lines are those of a note as this ledger writes it. */
static bool are_our_lines(const enum mark *marks, size_t count, const struct checkpoint_keys *keys)
{
    enum mark wanted[LINES];
    size_t wanted_count = 0;
    if (keys->node != NULL) {
        wanted[wanted_count++] = MARK_NODE;
    }
    if (keys->ed25519 != NULL) {
        wanted[wanted_count++] = MARK_ED25519;
    }
    return wanted_count > 0 && count == wanted_count && memcmp(marks, wanted, count * sizeof *marks) == 0;
}

enum status checkpoint_read(struct checkpoint *checkpoint, const char *bytes, size_t length,
                            const struct checkpoint_keys *keys, enum checkpoint_demand demand)
{
    struct checkpoint read;
    struct note note;
    enum mark marks[NOTE_LINES_MAX];
    bool is_signed = false;
    if (note_read(&note, bytes, length) != STATUS_OK) {
        return STATUS_INVALID;
    }
    struct span rest = { note.text, note.text_length };
    if (!read_text(&read, &rest) || rest.length > 0) {
        return STATUS_INVALID;
    }
    for (size_t i = 0; i < note.count; i++) {
        marks[i] = check_line(&note, &note.lines[i], read.origin, keys);
        if (marks[i] == MARK_WRONG) {
            return STATUS_INVALID;
        }
        is_signed = is_signed || marks[i] != MARK_OTHER;
    }
    if (!is_signed || (demand == CHECKPOINT_OUR_LINES && !are_our_lines(marks, note.count, keys))) {
        return STATUS_INVALID;
    }
    *checkpoint = read;
    return STATUS_OK;
}

void checkpoint_node_key_write(struct buffer *out, const char *origin, const uint8_t public_key[KEY_PUBLIC_BYTES])
{
    uint8_t bytes[NODE_KEY_BYTES];
    node_key_bytes(bytes, public_key);
    note_key_write(out, origin, bytes, sizeof bytes);
}

void checkpoint_ed25519_key_write(struct buffer *out, const char *origin, const uint8_t public_key[ED25519_PUBLIC_BYTES])
{
    uint8_t bytes[ED25519_KEY_BYTES];
    ed25519_key_bytes(bytes, public_key);
    note_key_write(out, origin, bytes, sizeof bytes);
}

enum status checkpoint_signer_add(struct checkpoint_signer *signer, const char *vkey, size_t length)
{
    struct note_key key;
    const size_t prefix = sizeof node_algorithm - 1;
    if (note_key_read(&key, vkey, length) != STATUS_OK || !checkpoint_origin_is_valid(key.name)) {
        return STATUS_INVALID;
    }
    bool is_node = key.length == NODE_KEY_BYTES && memcmp(key.bytes, node_algorithm, prefix) == 0;
    bool is_ed25519 = key.length == ED25519_KEY_BYTES && key.bytes[0] == (uint8_t)ed25519_algorithm[0];
    if (!is_node && !is_ed25519) {
        return STATUS_INVALID;
    }
    if ((signer->origin[0] != 0 && strcmp(signer->origin, key.name) != 0) || (is_node ? signer->has_node : signer->has_ed25519)) {
        return STATUS_CONFLICT;
    }
    memcpy(signer->origin, key.name, strlen(key.name) + 1);
    if (is_node) {
        memcpy(signer->node, key.bytes + prefix, KEY_PUBLIC_BYTES);
        signer->has_node = true;
    } else {
        memcpy(signer->ed25519, key.bytes + 1, ED25519_PUBLIC_BYTES);
        signer->has_ed25519 = true;
    }
    return STATUS_OK;
}

enum status checkpoint_signer_check(const struct checkpoint_signer *signer, struct checkpoint *checkpoint, const char *note,
                                    size_t length)
{
    struct checkpoint read;
    const struct checkpoint_keys keys = { signer->has_node ? signer->node : NULL, signer->has_ed25519 ? signer->ed25519 : NULL };
    if (checkpoint_read(&read, note, length, &keys, CHECKPOINT_ANY_LINE) != STATUS_OK || strcmp(read.origin, signer->origin) != 0) {
        return STATUS_INVALID;
    }
    *checkpoint = read;
    return STATUS_OK;
}

bool checkpoint_names(const char *bytes, size_t length, const struct checkpoint_keys *keys)
{
    struct checkpoint checkpoint;
    struct note note;
    uint8_t hash[NOTE_HASH_BYTES];
    bool is_named = false;
    if (checkpoint_parse(&checkpoint, bytes, length) != STATUS_OK || note_read(&note, bytes, length) != STATUS_OK) {
        return false;
    }
    for (size_t i = 0; i < note.count && !is_named; i++) {
        if (keys->node != NULL) {
            node_hash(hash, checkpoint.origin, keys->node);
            is_named = note_line_is_of(&note.lines[i], checkpoint.origin, hash);
        }
        if (keys->ed25519 != NULL && !is_named) {
            ed25519_hash(hash, checkpoint.origin, keys->ed25519);
            is_named = note_line_is_of(&note.lines[i], checkpoint.origin, hash);
        }
    }
    return is_named;
}
