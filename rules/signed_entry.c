/*
 * Entries read back: an unsigned one has its body in its column, a signed one has there what was signed, of which the body is a part.
 */
#include "rules/signed_entry.h"

#include <string.h>

#include "db/entry.h"
#include "ledger/submitter.h"

/* Whether the payload is about the command that the columns tell; else what differs. */
static const char *compare(const struct entry_row *row, const char *log, const struct signed_entry *entry, struct arena *arena)
{
    const struct signed_payload *payload = &entry->payload;
    const struct {
        const char *name, *said, *stored;
    } members[] = {
        { "kid", entry->key, row->submitter_key }, { "log", payload->log, log != NULL ? log : payload->log },
        { "kind", payload->kind, row->kind },      { "target", payload->target, row->target },
        { "id", payload->id, row->command_id },    { "new_id", payload->new_id, row->new_id },
    };
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        if (strcmp(members[i].said, members[i].stored) != 0) {
            const char *text = arena_format(arena, "what the submitter signed has %s for its %s, the entry %s", members[i].said,
                                            members[i].name, members[i].stored);
            return text != NULL ? text : "what the submitter signed is another command than the entry's";
        }
    }
    return NULL;
}

static enum status read_jws(const struct entry_row *row, const char *log, struct arena *arena, struct signed_entry *entry,
                            struct signed_finding *finding)
{
    struct jws jws;
    struct faults *faults = arena_alloc(arena, sizeof *faults);
    if (faults == NULL) {
        return STATUS_EXHAUSTED;
    }
    faults_init(faults, arena);
    if (jws_read_input(row->body, row->body_stored_length, row->submitter_sig, &jws) != JWS_SOUND) {
        finding->text = "what the submitter is said to have signed is no header and payload of a JWS";
        return STATUS_INVALID;
    }
    enum status status = signed_read_header(&jws, arena, faults, &entry->key);
    if (status == STATUS_OK) {
        status = signed_read_payload(&jws, arena, faults, &entry->payload);
    }
    if (status == STATUS_INVALID) {
        const char *text = faults->count > 0 ? arena_format(arena, "what the submitter signed cannot be read: %s", faults->items[0].detail)
                                             : NULL;
        finding->text = text != NULL ? text : "what the submitter signed cannot be read";
    }
    if (status == STATUS_OK) {
        finding->text = compare(row, log, entry, arena);
        finding->code = "submitter_payload";
        status = finding->text != NULL ? STATUS_INVALID : STATUS_OK;
    }
    entry->body = entry->payload.body;
    entry->body_length = entry->payload.body_length;
    return status;
}

enum status signed_read_entry(const struct entry_row *row, const char *log, struct arena *arena, struct signed_entry *out,
                              struct signed_finding *finding)
{
    struct signed_entry entry = { .key = NULL, .body = row->body, .body_length = row->body_stored_length };
    bool is_signed = row->submitter_alg[0] != 0;
    enum status status = STATUS_OK;
    finding->code = "submitter_form";
    if (!is_signed && (row->submitter_key[0] != 0 || row->submitter_sig_length != 0)) {
        finding->text = "it names a submitter's key or signature and no algorithm";
        return STATUS_INVALID;
    }
    if (is_signed && (strcmp(row->submitter_alg, SUBMITTER_ALGORITHM) != 0 || row->submitter_sig_length != KEY_SIGNATURE_BYTES)) {
        finding->text = "its submitter's algorithm is not ES256K, or the signature has not 64 bytes";
        return STATUS_INVALID;
    }
    status = is_signed ? read_jws(row, log, arena, &entry, finding) : STATUS_OK;
    if (status == STATUS_OK) {
        *out = entry;
    }
    return status;
}
