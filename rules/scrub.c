/*
 * Which answers have a text: all steps of a transfer are answered with the transfer and its texts, so all of them are gone
 * through; of any other command only its own answer. The answer to the request that brought the text loses its fingerprint
 * as well, since a digest of the request can be tried out by whoever has the file and a guess. It may have been refused before it was
 * accepted under another key: all refusals go. Nothing was done for them, so a retry is judged anew, as after they have lapsed; without
 * its digest nothing could tell a retry from another request, for which the refusal would be a wrong answer.
 */
#include "rules/scrub.h"

#include <string.h>

#include "db/answer.h"
#include "db/privacy.h"
#include "json/scan.h"
#include "json/write.h"
#include "rules/answer_keys.h"
#include "rules/command.h"
#include "rules/request.h"

/* Members of answers that can be personal texts. */
static const char *const personal_members[] = { "contact", "driver", "note", "rationale", "reason" };

struct scrubbing {
    const char *body;
    size_t copied;       /* bytes of body that stand in out, or were left out */
    const char *encoded; /* the text as JSON has it, with its quotes */
    size_t encoded_length;
    struct buffer *out;
    bool has_changed;
};

static bool is_personal_member(const char *name)
{
    for (size_t i = 0; i < sizeof personal_members / sizeof personal_members[0]; i++) {
        if (strcmp(personal_members[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static enum status look(void *context, const struct scan_value *value)
{
    struct scrubbing *scrubbing = context;
    const char *at = scrubbing->body + value->offset;
    if (value->kind == '"' && value->length == scrubbing->encoded_length && is_personal_member(value->member) &&
        memcmp(at, scrubbing->encoded, value->length) == 0) {
        buffer_append(scrubbing->out, scrubbing->body + scrubbing->copied, value->offset - scrubbing->copied);
        buffer_text(scrubbing->out, "null");
        scrubbing->copied = value->offset + value->length;
        scrubbing->has_changed = true;
    }
    return STATUS_OK;
}

enum status scrub_body(const char *body, size_t length, const char *text, struct buffer *out, bool *has_changed)
{
    struct buffer encoded;
    struct json_writer w;
    buffer_init(&encoded);
    json_writer_init(&w, &encoded);
    json_text(&w, text);
    struct scrubbing scrubbing = { .body = body, .encoded = encoded.bytes, .encoded_length = encoded.length, .out = out };
    enum status status = encoded.failed ? STATUS_EXHAUSTED : json_scan(body, length, look, &scrubbing);
    if (status == STATUS_OK) {
        buffer_append(out, body + scrubbing.copied, length - scrubbing.copied);
        status = out->failed ? STATUS_EXHAUSTED : STATUS_OK;
    }
    buffer_fini(&encoded);
    if (status == STATUS_OK) {
        *has_changed = scrubbing.has_changed;
    }
    return status;
}

/* The version of a tag alone: what follows it is a digest of the text that is to be gone. "" stays. */
static const char *version_of(struct arena *arena, const char *etag)
{
    const char *point = strchr(etag, '.');
    return point == NULL ? etag : arena_format(arena, "%.*s\"", (int)(point - etag), etag);
}

/* An erasure under way. */
struct erasing {
    struct db *db;
    struct arena *arena;
    const struct answer_keys *keys;
    uint64_t seq; /* of its entry */
};

/* Writes the answer without the text and, where it is the one to the request that brought it, without its fingerprint. */
static enum status rewrite_answer(const struct erasing *erasing, struct answer_row *row, const struct buffer *body, bool has_changed, bool is_bringer)
{
    enum answer_fit fit = ANSWER_UNKNOWN;
    enum status status = answer_keys_check_erased(erasing->keys, erasing->db, row, erasing->seq, &fit);
    if (status != STATUS_OK) {
        return status;
    }
    if (is_bringer) {
        memset(row->salt, 0, sizeof row->salt);
        memset(row->fingerprint, 0, sizeof row->fingerprint);
    }
    if (has_changed) {
        row->etag = version_of(erasing->arena, row->etag);
        row->body = body->bytes;
        row->body_length = body->length;
    }
    if (row->etag == NULL) {
        return STATUS_EXHAUSTED;
    }
    answer_keys_seal_erased(erasing->keys, row, erasing->seq, fit);
    return db_answer_rewrite(erasing->db, row);
}

static enum status scrub_answer(const struct erasing *erasing, const struct entry_command *command, const char *text, bool is_bringer)
{
    const struct actor actor = { .organisation = command->organisation, .subject = command->subject };
    struct answer_row row;
    struct buffer body;
    bool has_changed = false;
    enum status status = db_answer_of_entry(erasing->db, erasing->arena, command->seq, actor_scope(&actor), command->id, &row);
    if (status != STATUS_OK) {
        return status == STATUS_ABSENT ? STATUS_OK : status; /* verify finds that */
    }
    buffer_init(&body);
    status = scrub_body(row.body, row.body_length, text, &body, &has_changed);
    if (status == STATUS_OK) {
        status = rewrite_answer(erasing, &row, &body, has_changed, is_bringer);
    }
    buffer_fini(&body);
    return status == STATUS_INVALID ? STATUS_CORRUPT : status;
}

/* The answers that can have the text which a command brought. */
static enum status scrub_answers(const struct erasing *erasing, const struct entry_command *bringer, const char *text)
{
    struct entry_command *steps = NULL;
    size_t count = 0;
    enum status status = STATUS_OK;
    if (strncmp(bringer->kind, "transfer.", 9) == 0) {
        const char *transfer = bringer->target[0] != 0 ? bringer->target : bringer->new_id;
        status = db_entry_commands_of_transfer(erasing->db, erasing->arena, transfer, &steps, &count);
    }
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        status = scrub_answer(erasing, &steps[i], text, false);
    }
    if (status == STATUS_OK) {
        status = scrub_answer(erasing, bringer, text, true);
    }
    return status == STATUS_OK ? db_refused_drop(erasing->db) : status;
}

static enum status scrub_text(const struct erasing *erasing, const char *commitment)
{
    struct personal_row personal;
    struct entry_command bringer;
    enum status status = db_personal_find(erasing->db, erasing->arena, commitment, &personal);
    if (status == STATUS_ABSENT || (status == STATUS_OK && personal.text == NULL)) {
        return STATUS_OK;
    }
    if (status == STATUS_OK) {
        status = db_entry_command(erasing->db, erasing->arena, personal.seq, &bringer);
        status = status == STATUS_ABSENT ? STATUS_CORRUPT : status;
    }
    if (status == STATUS_OK) {
        status = scrub_answers(erasing, &bringer, personal.text);
    }
    return status == STATUS_OK ? db_personal_erase(erasing->db, personal.seq, commitment) : status;
}

enum status scrub_texts(struct db *db, struct arena *arena, const struct answer_keys *keys, const struct command *command, uint64_t seq)
{
    const struct erasing erasing = { db, arena, keys, seq };
    const struct erase_request *request = command->request;
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < request->count; i++) {
        status = scrub_text(&erasing, request->list[i]);
    }
    return status;
}
