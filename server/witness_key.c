/*
 * The key is made once, and then the line of its name: a witness that was killed between the two finds the key and makes the line.
 * Who signs by it: server/witness_cosign.c.
 */
#include "server/witness_key.h"

#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "ledger/key_file.h"
#include "ledger/note.h"
#include "server/kept_file.h"
#include "server/paths.h"
#include "server/tell.h"

static const char line_file[] = "witness.vkey";

/* *key is the caller's to free, whatever becomes of it. */
static enum status load_key(const char *path, struct key **key)
{
    enum status status = key_file_load(path, key);
    if (status == STATUS_ABSENT) {
        status = key_generate(key);
        status = status == STATUS_OK ? key_file_save(*key, path) : status;
    }
    if (status == STATUS_OK && key_ed25519(*key) == NULL) {
        status = STATUS_INVALID;
    }
    if (status != STATUS_OK) {
        tell("the witness's key %s cannot be read or made: %s", path, status_name(status));
    }
    return status;
}

/* The name of before. */
static enum status read_line(struct witness_key *own, const char *dir, const char *name, const char *line, size_t length)
{
    length -= length > 0 && line[length - 1] == '\n';
    if (cosigner_read(&own->cosigner, line, length) != STATUS_OK ||
        memcmp(own->cosigner.public_key, key_ed25519(own->key), ED25519_PUBLIC_BYTES) != 0) {
        tell("%s/%s is not the line of the key in witness.key", dir, line_file);
        return STATUS_INVALID;
    }
    if (name != NULL && strcmp(name, own->cosigner.name) != 0) {
        tell("--name: the witness in %s is called %s already; a name does not change", dir, own->cosigner.name);
        return STATUS_INVALID;
    }
    return STATUS_OK;
}

/* The name that is given, or one made of the key. */
static enum status choose_name(struct witness_key *own, struct arena *arena, const char *name)
{
    if (name != NULL && (strlen(name) >= NOTE_NAME_BYTES || !note_name_is_valid(name, strlen(name)))) {
        tell("--name: a witness's name has 1 to %d bytes and neither blanks nor +", NOTE_NAME_BYTES - 1);
        return STATUS_INVALID;
    }
    if (name == NULL) {
        char id[KEY_ID_BYTES];
        key_ed25519_id_of(id, key_ed25519(own->key));
        name = arena_format(arena, "witness.local/%.8s", id);
    }
    if (name == NULL) {
        return STATUS_EXHAUSTED;
    }
    cosigner_init(&own->cosigner, name, key_ed25519(own->key));
    return STATUS_OK;
}

static enum status write_line(const struct witness_key *own, const char *dir)
{
    struct buffer line;
    buffer_init(&line);
    cosigner_write(&line, &own->cosigner);
    buffer_byte(&line, '\n');
    enum status status = line.failed ? STATUS_EXHAUSTED : kept_file_write(dir, line_file, line.bytes, line.length);
    buffer_fini(&line);
    return status;
}

static enum status settle_name(struct witness_key *own, struct arena *arena, const char *dir, const char *name)
{
    const char *line = NULL;
    size_t length = 0;
    enum status status = kept_file_read(arena, dir, line_file, &line, &length);
    if (status == STATUS_OK) {
        return read_line(own, dir, name, line, length);
    }
    if (status == STATUS_ABSENT) {
        status = choose_name(own, arena, name);
        status = status == STATUS_OK ? write_line(own, dir) : status;
    }
    return status;
}

enum status witness_key_open(struct witness_key *out, const char *dir, const char *name)
{
    struct arena arena;
    struct witness_key own = { .key = NULL };
    arena_init(&arena);
    const char *path = data_path(&arena, dir, "witness.key");
    enum status status = path == NULL ? STATUS_EXHAUSTED : load_key(path, &own.key);
    if (status == STATUS_OK) {
        status = settle_name(&own, &arena, dir, name);
    }
    arena_fini(&arena);
    if (status == STATUS_OK) {
        *out = own;
    } else {
        witness_key_close(&own);
    }
    return status;
}

void witness_key_close(struct witness_key *own)
{
    key_free(own->key);
    own->key = NULL;
}
