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

static enum status scrub_answer(struct db *db, struct arena *arena, const struct entry_command *command, const char *text)
{
    const struct actor actor = { .organisation = command->organisation, .subject = command->subject };
    struct answer_row row;
    struct buffer body;
    bool has_changed = false;
    enum status status = db_answer_find(db, arena, actor_scope(&actor), command->id, &row);
    if (status != STATUS_OK) {
        return status == STATUS_ABSENT ? STATUS_OK : status; /* verify finds that */
    }
    buffer_init(&body);
    status = scrub_body(row.body, row.body_length, text, &body, &has_changed);
    if (status == STATUS_OK && has_changed) {
        const char *etag = version_of(arena, row.etag);
        status = etag == NULL ? STATUS_EXHAUSTED
                              : db_answer_rewrite(db, actor_scope(&actor), command->id, etag, body.bytes, body.length);
    }
    buffer_fini(&body);
    return status == STATUS_INVALID ? STATUS_CORRUPT : status;
}

/* The answers that can have the text which a command brought. */
static enum status scrub_answers(struct db *db, struct arena *arena, const struct entry_command *bringer, const char *text)
{
    const struct actor actor = { .organisation = bringer->organisation, .subject = bringer->subject };
    struct entry_command *steps = NULL;
    size_t count = 0;
    enum status status = STATUS_OK;
    if (strncmp(bringer->kind, "transfer.", 9) == 0) {
        const char *transfer = bringer->target[0] != 0 ? bringer->target : bringer->new_id;
        status = db_entry_commands_of_transfer(db, arena, transfer, &steps, &count);
    }
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        status = scrub_answer(db, arena, &steps[i], text);
    }
    if (status == STATUS_OK) {
        status = scrub_answer(db, arena, bringer, text);
    }
    return status == STATUS_OK ? db_answer_forget(db, actor_scope(&actor), bringer->id) : status;
}

static enum status scrub_text(struct db *db, struct arena *arena, const char *commitment)
{
    struct personal_row personal;
    struct entry_command bringer;
    enum status status = db_personal_find(db, arena, commitment, &personal);
    if (status == STATUS_ABSENT || (status == STATUS_OK && personal.text == NULL)) {
        return STATUS_OK;
    }
    if (status == STATUS_OK) {
        status = db_entry_command(db, arena, personal.seq, &bringer);
        status = status == STATUS_ABSENT ? STATUS_CORRUPT : status;
    }
    if (status == STATUS_OK) {
        status = scrub_answers(db, arena, &bringer, personal.text);
    }
    return status == STATUS_OK ? db_personal_erase(db, personal.seq, commitment) : status;
}

enum status scrub_texts(struct db *db, struct arena *arena, const struct command *command)
{
    const struct erase_request *request = command->request;
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < request->count; i++) {
        status = scrub_text(db, arena, request->list[i]);
    }
    return status;
}
