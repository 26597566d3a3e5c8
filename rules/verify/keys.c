/*
 * What must be known before the first signature is looked at. It comes from the tables that are checked: that they are what
 * the entries say is seen at the end, when the replayed state is compared.
 */
#include "rules/verify/keys.h"

#include "db/reference.h"
#include "rules/verify/parts.h"

enum status verify_keys_read(struct verify *verify)
{
    enum status status = keyring_load(&verify->keyring, verify->db, &verify->keys_arena);
    if (status == STATUS_OK) {
        status = db_parameter_find(verify->db, &verify->keys_arena, "origin", &verify->origin);
    }
    return status == STATUS_ABSENT ? STATUS_OK : status; /* the replay will tell */
}
