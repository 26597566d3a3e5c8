/*
 * The node's keys in the open. Which key is valid where: rules/keyring.h; how a key is written for verifiers of notes:
 * ledger/note.h.
 */
#include "handlers/ledger/keys.h"

#include "base/text.h"
#include "db/entry.h"
#include "db/reference.h"
#include "handlers/problem.h"
#include "handlers/query.h"
#include "handlers/shape.h"
#include "ledger/checkpoint.h"
#include "rules/keyring.h"

enum { BASE64_KEY_BYTES = TEXT_BASE64_BYTES(32) };

static void write_bytes(struct json_writer *w, const char *member, const uint8_t bytes[32])
{
    char text[BASE64_KEY_BYTES];
    text_to_base64url(text, bytes, 32);
    json_member_text(w, member, text);
}

/* What both kinds have; the object ends here. */
static enum status write_use(struct json_writer *w, const char *id, const char *algorithm, uint64_t from_seq, uint64_t to_seq,
                             const struct buffer *vkey)
{
    json_member_text(w, "kid", id);
    json_member_text(w, "use", "sig");
    json_member_text(w, "alg", algorithm);
    json_member_integer(w, "from_seq", (int64_t)from_seq);
    json_key(w, "to_seq");
    if (to_seq > 0) {
        json_value_integer(w, (int64_t)to_seq);
    } else {
        json_value_null(w);
    }
    json_member_text(w, "vkey", vkey->failed ? NULL : vkey->bytes);
    json_object_end(w);
    return vkey->failed ? STATUS_EXHAUSTED : STATUS_OK;
}

static enum status write_node_key(struct json_writer *w, const char *origin, const struct node_key_row *key)
{
    struct buffer vkey;
    buffer_init(&vkey);
    checkpoint_node_key_write(&vkey, origin, key->public_key);
    json_object_begin(w);
    enum status status = shape_point(w, key->public_key);
    enum status written = write_use(w, key->id, "ES256K", key->from_seq, key->to_seq, &vkey);
    buffer_fini(&vkey);
    return status != STATUS_OK ? status : written;
}

static enum status write_checkpoint_key(struct json_writer *w, const char *origin, const struct checkpoint_key_row *key)
{
    struct buffer vkey;
    buffer_init(&vkey);
    checkpoint_ed25519_key_write(&vkey, origin, key->public_key);
    json_object_begin(w);
    json_member_text(w, "kty", "OKP");
    json_member_text(w, "crv", "Ed25519");
    write_bytes(w, "x", key->public_key);
    enum status status = write_use(w, key->id, "EdDSA", key->from_seq, key->to_seq, &vkey);
    buffer_fini(&vkey);
    return status;
}

static enum status write_keys(struct exchange *exchange, struct json_writer *w)
{
    struct node_key_row *nodes = NULL;
    struct checkpoint_key_row *checkpoints = NULL;
    size_t node_count = 0, checkpoint_count = 0;
    const char *origin = NULL;
    enum status status = db_node_key_list(exchange->db, exchange->arena, &nodes, &node_count);
    if (status == STATUS_OK) {
        status = db_checkpoint_key_list(exchange->db, exchange->arena, &checkpoints, &checkpoint_count);
    }
    if (status == STATUS_OK) {
        status = db_parameter_find(exchange->db, exchange->arena, "origin", &origin);
    }
    for (size_t i = 0; status == STATUS_OK && i < node_count; i++) {
        status = write_node_key(w, origin, &nodes[i]);
    }
    for (size_t i = 0; status == STATUS_OK && i < checkpoint_count; i++) {
        status = write_checkpoint_key(w, origin, &checkpoints[i]);
    }
    return status == STATUS_ABSENT ? STATUS_CORRUPT : status;
}

enum handled ledger_keys(struct exchange *exchange)
{
    struct json_writer w;
    if (!query_read(exchange, &query_nothing, NULL)) {
        return HANDLED_REPLY;
    }
    json_writer_init(&w, &exchange->reply);
    json_object_begin(&w);
    json_key(&w, "keys");
    json_array_begin(&w);
    enum status status = write_keys(exchange, &w);
    if (status != STATUS_OK) {
        problem_status(exchange, status);
        return HANDLED_REPLY;
    }
    json_array_end(&w);
    json_object_end(&w);
    json_writer_finish(&w);
    exchange_json(exchange, 200);
    return HANDLED_REPLY;
}

static void write_vkeys(struct json_writer *w, const char *origin, const struct checkpoint_keys *keys, struct buffer *vkey)
{
    json_key(w, "vkeys");
    json_array_begin(w);
    if (keys->node != NULL) {
        checkpoint_node_key_write(vkey, origin, keys->node);
        json_text(w, vkey->failed ? NULL : vkey->bytes);
    }
    if (keys->ed25519 != NULL) {
        buffer_reset(vkey);
        checkpoint_ed25519_key_write(vkey, origin, keys->ed25519);
        json_text(w, vkey->failed ? NULL : vkey->bytes);
    }
    json_array_end(w);
}

enum status ledger_keys_write(struct exchange *exchange, const char *origin, uint64_t size, struct json_writer *w)
{
    struct keyring keyring;
    struct node_key_row *nodes = NULL;
    size_t count = 0;
    struct buffer vkey;
    keyring_init(&keyring);
    enum status status = keyring_load(&keyring, exchange->db, exchange->arena);
    if (status == STATUS_OK) {
        status = db_node_key_list(exchange->db, exchange->arena, &nodes, &count);
    }
    if (status != STATUS_OK) {
        return status;
    }
    json_key(w, "keys");
    json_array_begin(w);
    for (size_t i = 0; i < count; i++) {
        json_text(w, nodes[i].id);
    }
    json_array_end(w);
    struct checkpoint_keys keys = keyring_at(&keyring, size);
    buffer_init(&vkey);
    write_vkeys(w, origin, &keys, &vkey);
    status = vkey.failed ? STATUS_EXHAUSTED : STATUS_OK;
    buffer_fini(&vkey);
    return status;
}
