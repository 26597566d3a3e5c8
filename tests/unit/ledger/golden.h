#ifndef TESTS_UNIT_LEDGER_GOLDEN_H
#define TESTS_UNIT_LEDGER_GOLDEN_H

/*
 * What the ledger's unit tests share: the goldens of tests/golden/ledger/vectors.txt
 * (one "name value" a line), the entries that they describe, and a folder for key files.
 * Include after cmocka.h. Run from the root of the source tree.
 */

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/text.h"
#include "ledger/checkpoint.h"
#include "ledger/entry.h"
#include "ledger/key_file.h"
#include "ledger/signer.h"

enum { GOLDEN_ENTRIES = 4 };

/* Lives as long as the program. */
static inline struct arena *golden_arena(void)
{
    static struct arena arena;
    return &arena;
}

/* The value of a name as it stands in a file of such lines, which is read once into *file; NULL where there is none. */
static inline const char *golden_find_in(char **file, const char *path, const char *name)
{
    if (*file == NULL) {
        FILE *stream = fopen(path, "rb");
        assert_non_null(stream);
        *file = calloc(1, 1 << 20);
        assert_non_null(*file);
        size_t length = fread(*file, 1, (1 << 20) - 1, stream);
        assert_true(length > 0 && feof(stream));
        fclose(stream);
    }
    size_t name_length = strlen(name);
    for (const char *line = *file; line != NULL && *line != 0;) {
        const char *end = strchr(line, '\n');
        assert_non_null(end);
        if (strncmp(line, name, name_length) == 0 && line[name_length] == ' ') {
            const char *value = line + name_length + 1;
            return arena_copy(golden_arena(), value, (size_t)(end - value));
        }
        line = end + 1;
    }
    return NULL;
}

static inline const char *golden_find(const char *name)
{
    static char *file;
    return golden_find_in(&file, "tests/golden/ledger/vectors.txt", name);
}

/* The same of the goldens of signed commands (tests/oracle/signed_model.py). */
static inline const char *golden_signed(const char *name)
{
    static char *file;
    const char *value = golden_find_in(&file, "tests/golden/ledger/signed.txt", name);
    if (value == NULL) {
        fail_msg("no golden named %s", name);
    }
    return value;
}

static inline const char *golden_text(const char *name)
{
    const char *value = golden_find(name);
    if (value == NULL) {
        fail_msg("no golden named %s", name);
    }
    return value;
}

/* A hexadecimal value's bytes. */
static inline const uint8_t *golden_bytes(const char *name, size_t *length)
{
    const char *hex = golden_text(name);
    *length = strlen(hex) / 2;
    uint8_t *bytes = arena_alloc(golden_arena(), *length);
    assert_non_null(bytes);
    assert_int_equal(text_from_hex(hex, bytes, *length), STATUS_OK);
    return bytes;
}

static inline const uint8_t *golden_fixed(const char *name, size_t expected)
{
    size_t length = 0;
    const uint8_t *bytes = golden_bytes(name, &length);
    assert_int_equal(length, expected);
    return bytes;
}

/* "entry2" and "hash" to "entry2.hash". */
static inline const char *golden_name(int seq, const char *field)
{
    const char *name = arena_format(golden_arena(), "entry%d.%s", seq, field);
    assert_non_null(name);
    return name;
}

static inline uint64_t golden_integer(int seq, const char *field)
{
    int64_t value = 0;
    assert_int_equal(text_to_integer(golden_text(golden_name(seq, field)), &value), STATUS_OK);
    return (uint64_t)value;
}

/* The entry that a golden's fields describe, body and digest included. */
static inline struct entry golden_entry(int seq)
{
    static uint8_t long_body[LIMIT_BODY_INLINE + 1];
    struct entry entry = { 0 };
    size_t body_length = 0;
    entry.seq = golden_integer(seq, "seq");
    entry.height = golden_integer(seq, "height");
    entry.time_ms = golden_integer(seq, "time_ms");
    entry.rules_version = (uint32_t)golden_integer(seq, "rules_version");
    entry.kind = golden_text(golden_name(seq, "kind"));
    entry.target = golden_text(golden_name(seq, "target"));
    entry.command_id = golden_text(golden_name(seq, "command_id"));
    entry.new_id = golden_text(golden_name(seq, "new_id"));
    entry.organisation = golden_text(golden_name(seq, "organisation"));
    entry.role = golden_text(golden_name(seq, "role"));
    entry.subject = golden_text(golden_name(seq, "subject"));
    entry.submitter_key = golden_text(golden_name(seq, "submitter_key"));
    entry.submitter_alg = golden_text(golden_name(seq, "submitter_alg"));
    memcpy(entry.previous_hash, golden_fixed(golden_name(seq, "previous_hash"), DIGEST_BYTES), DIGEST_BYTES);
    memcpy(entry.effects, golden_fixed(golden_name(seq, "effects"), DIGEST_BYTES), DIGEST_BYTES);
    entry.submitter_sig = golden_bytes(golden_name(seq, "submitter_sig"), &entry.submitter_sig_length);
    if (golden_find(golden_name(seq, "body")) != NULL) {
        entry.body = golden_bytes(golden_name(seq, "body"), &body_length);
    } else {
        for (size_t i = 0; i < sizeof long_body; i++) {
            long_body[i] = (uint8_t)(i % 251);
        }
        entry.body = long_body;
        body_length = sizeof long_body;
    }
    entry.body_length = body_length;
    digest_bytes(entry.body_digest, entry.body, body_length);
    return entry;
}

/* A new empty folder. */
static inline const char *golden_folder(void)
{
    char *folder = arena_text(golden_arena(), "/tmp/tallystick-test-XXXXXX");
    assert_non_null(mkdtemp(folder));
    return folder;
}

/* Writes a file with exactly this mode, whatever the umask. */
static inline const char *golden_file(const char *folder, const char *name, const char *text, mode_t mode)
{
    const char *path = arena_format(golden_arena(), "%s/%s", folder, name);
    FILE *stream = fopen(path, "wb");
    assert_non_null(stream);
    assert_int_equal(fwrite(text, 1, strlen(text), stream), strlen(text));
    assert_int_equal(fclose(stream), 0);
    assert_int_equal(chmod(path, mode), 0);
    return path;
}

/* The key of these 64 hexadecimal digits, by way of a file. */
static inline struct key *golden_key_of(const char *hex)
{
    struct key *key = NULL;
    const char *folder = golden_folder();
    const char *path = golden_file(folder, "key", arena_format(golden_arena(), "%s\n", hex), 0600);
    assert_int_equal(key_library_open(), STATUS_OK);
    assert_int_equal(key_file_load(path, &key), STATUS_OK);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
    return key;
}

/* The key that sealed the goldens. */
static inline struct key *golden_key(void)
{
    return golden_key_of(golden_text("node.secret"));
}

/* The same with its second half. */
static inline struct key *golden_whole_key(void)
{
    return golden_key_of(arena_format(golden_arena(), "%s\n%s", golden_text("node.secret"), golden_text("ed25519.seed")));
}

static inline struct signer *golden_signer(struct key *key)
{
    struct signer *signer = NULL;
    assert_int_equal(signer_of_key(key, &signer), STATUS_OK);
    return signer;
}

/* The public keys of the goldens. */
static inline struct checkpoint_keys golden_keys(bool with_ed25519)
{
    return (struct checkpoint_keys){ golden_fixed("node.public", KEY_PUBLIC_BYTES),
                                     with_ed25519 ? golden_fixed("ed25519.public", ED25519_PUBLIC_BYTES) : NULL };
}

#endif
