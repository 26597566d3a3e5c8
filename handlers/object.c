/* One stored object as a reply. present.c does the same for what a command has changed. */
#include "handlers/object.h"

#include "handlers/problem.h"
#include "handlers/query.h"

void object_tag(char tag[TAG_BYTES], int64_t version, const struct buffer *out, size_t start)
{
    if (out->failed) {
        tag[0] = 0; /* nobody will see it */
    } else {
        tag_make(tag, version, out->bytes + start, out->length - start);
    }
}

enum handled object_reply(struct exchange *exchange, const char *id, const char *noun, const char *collection, object_present present)
{
    struct json_writer w;
    int64_t version = TAG_NO_VERSION;
    char tag[TAG_BYTES];
    if (!query_read(exchange, &query_nothing, NULL)) {
        return HANDLED_REPLY;
    }
    json_writer_init(&w, &exchange->reply);
    json_object_begin(&w);
    size_t start = exchange->reply.length;
    enum status status = present(exchange->db, exchange->arena, &exchange->caller, id, &w, &version);
    if (status == STATUS_ABSENT) {
        problem_reply(exchange, "not_found", "There is no %s %s; GET %s lists what there is.", noun, id, collection);
        return HANDLED_REPLY;
    }
    if (status != STATUS_OK) {
        problem_status(exchange, status);
        return HANDLED_REPLY;
    }
    object_tag(tag, version, &exchange->reply, start);
    const char *kept = arena_text(exchange->arena, tag);
    if (kept == NULL) {
        problem_status(exchange, STATUS_EXHAUSTED);
        return HANDLED_REPLY;
    }
    json_object_end(&w);
    json_writer_finish(&w);
    exchange_json(exchange, 200);
    exchange_header(exchange, "ETag", kept);
    return HANDLED_REPLY;
}
