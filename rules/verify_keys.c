/*
 * The keys stand in a list that grows at its front and is never changed otherwise, so that threads of the pool can read the part
 * that they were given while more is read.
 */
#include "rules/verify_keys.h"

#include <string.h>

#include "rules/verify_parts.h"

enum status verify_key_add(struct verify *verify, const struct node_key_row *row)
{
    char id[KEY_ID_BYTES];
    struct verify_key *key = arena_alloc(&verify->keys_arena, sizeof *key);
    if (key == NULL) {
        return STATUS_EXHAUSTED;
    }
    key->row = *row;
    key_verifier_init(&key->verifier, row->public_key);
    key_id_of(id, row->public_key);
    key->is_named_right = strcmp(row->id, id) == 0;
    key->next = verify->keys;
    verify->keys = key;
    return STATUS_OK;
}

enum status verify_keys_read(struct verify *verify)
{
    struct node_key_row *rows = NULL;
    size_t count = 0;
    enum status status = db_node_key_list(verify->db, &verify->keys_arena, &rows, &count);
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        status = verify_key_add(verify, &rows[i]);
    }
    return status;
}

const struct verify_key *verify_key_at(const struct verify *verify, const char *id, uint64_t seq)
{
    for (const struct verify_key *key = verify->keys; id != NULL && key != NULL; key = key->next) {
        if (key->is_named_right && strcmp(key->row.id, id) == 0 && key->row.from_seq <= seq &&
            (key->row.to_seq == 0 || seq <= key->row.to_seq)) {
            return key;
        }
    }
    return NULL;
}
