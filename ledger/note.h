#ifndef LEDGER_NOTE_H
#define LEDGER_NOTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/status.h"

/*
 * Signed notes (C2SP signed-note): a text, an empty line, and a line for each signature.
 *
 *   TEXT, its lines ended by \n
 *   \n
 *   "— " NAME " " base64(4-byte key hash || signature) \n
 *
 * The dash is U+2014. What is signed is the text with its last line feed. A signature says its key by name and hash:
 * key hash = the first 4 bytes of SHA-256(NAME || \n || algorithm || public key), where the algorithm is a byte
 * (0x01: Ed25519) or, for one without a number, 0xff and a name. A verifier's key as text, which is how it is handed on:
 * NAME "+" key hash in hexadecimal "+" base64(algorithm || public key).
 */

enum {
    NOTE_HASH_BYTES = 4,
    NOTE_NAME_BYTES = 128, /* of a verifier's key, with a NUL */
    NOTE_LINES_MAX = 64, /* bounds the work on a hostile note; the form asks for at least 16 */
    NOTE_KEY_BYTES_MAX = 64 /* algorithm and public key */
};

struct note_line {
    const char *name; /* borrowed, like code */
    size_t name_length;
    const char *code; /* base64 of hash and signature */
    size_t code_length;
    uint8_t hash[NOTE_HASH_BYTES];
};

struct note {
    const char *text; /* borrowed */
    size_t text_length; /* with the last line feed */
    size_t count;
    struct note_line lines[NOTE_LINES_MAX];
};

/* A name that a note can carry: UTF-8 without blanks, control characters and '+'. */
bool note_name_is_valid(const char *name, size_t length);

/* Takes a note apart. STATUS_INVALID: not UTF-8, a control character other than \n, no empty line, a line behind it that is
 * no signature's, more than NOTE_LINES_MAX. Nothing is verified; a note without signatures is one, too. */
enum status note_read(struct note *note, const char *bytes, size_t length) NODISCARD;

/* The hash of a key: of algorithm and public key, as they stand above. */
void note_hash(uint8_t hash[NOTE_HASH_BYTES], const char *name, const void *key, size_t key_length);

/* Whether a line says that it is of this key. Four bytes are no proof. */
bool note_line_is_of(const struct note_line *line, const char *name, const uint8_t hash[NOTE_HASH_BYTES]);

/* The signature of a line, exactly length bytes; STATUS_INVALID where it is of another length. */
enum status note_line_signature(const struct note_line *line, uint8_t *signature, size_t length) NODISCARD;

/* Appends a line. */
void note_line_write(struct buffer *out, const char *name, const uint8_t hash[NOTE_HASH_BYTES], const uint8_t *signature,
                     size_t length);

/* A verifier's key, taken apart. */
struct note_key {
    char name[NOTE_NAME_BYTES];
    uint8_t hash[NOTE_HASH_BYTES];
    uint8_t bytes[NOTE_KEY_BYTES_MAX]; /* algorithm and public key */
    size_t length;
};

/* Reads one. STATUS_INVALID: not of this form, a hash that is not the key's, a name of NOTE_NAME_BYTES or more. */
enum status note_key_read(struct note_key *key, const char *text, size_t length) NODISCARD;

/* Appends a verifier's key as text. key_length: at most NOTE_KEY_BYTES_MAX. */
void note_key_write(struct buffer *out, const char *name, const void *key, size_t key_length);

#endif
