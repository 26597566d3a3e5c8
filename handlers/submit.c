/*
 * Every write comes through here on its way to the sequencer; the answer comes back
 * through present.c.
 */
#include "handlers/submit.h"

#include <assert.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "handlers/access.h"
#include "handlers/problem.h"
#include "handlers/query.h"
#include "handlers/submit_signed.h"
#include "rules/apply.h"

/* Digits of a version; 15 are below 2^53. */
enum { VERSION_DIGITS_MAX = 15 };

/* The version in an entity tag of ours, or 0. */
static int64_t tag_version(const char *tag, size_t length)
{
    char digits[VERSION_DIGITS_MAX + 1];
    int64_t version = 0;
    size_t used = 0;
    while (used < length && used < VERSION_DIGITS_MAX && tag[used] >= '0' && tag[used] <= '9') {
        digits[used] = tag[used];
        used++;
    }
    digits[used] = 0;
    if (used == 0 || digits[0] == '0' || (used < length && tag[used] != '.')) {
        return 0;
    }
    return text_to_integer(digits, &version) == STATUS_OK ? version : 0;
}

/* Takes the entity tag at *at, which moves behind it; *version is 0 for one that is none of ours, or weak, which no version equals. */
static bool take_tag(const char **at, int64_t *version)
{
    const bool is_weak = strncmp(*at, "W/", 2) == 0;
    const char *begin = *at + (is_weak ? 2 : 0);
    const char *end = *begin == '"' ? strchr(begin + 1, '"') : NULL;
    if (end == NULL) {
        return false;
    }
    *version = is_weak ? 0 : tag_version(begin + 1, (size_t)(end - begin - 1));
    *at = end + 1;
    return true;
}

/* A list of tags (RFC 9110, 13.1.1) as versions. */
static bool read_tags(const char *at, struct command *condition)
{
    size_t count = 0;
    for (at += strspn(at, ", \t"); *at != 0; count++) {
        int64_t version = 0;
        if (count > COMMAND_VERSIONS_MORE || !take_tag(&at, &version)) {
            return false;
        }
        *(count == 0 ? &condition->if_version : &condition->if_more[condition->if_more_count++]) = version;
        at += strspn(at, " \t");
        if (*at != 0 && *at != ',') {
            return false;
        }
        at += strspn(at, ", \t");
    }
    return count > 0;
}

bool submit_read_version(struct exchange *exchange, struct command *condition)
{
    const char *header = exchange->header(exchange, "If-Match"), *none = exchange->header(exchange, "If-None-Match");
    const bool is_to_be_absent = none != NULL && strcmp(none, "*") == 0;
    if (header != NULL && is_to_be_absent) {
        problem_reply(exchange, "version_mismatch",
                      "If-Match wants a version and If-None-Match: * wants none: both together are never met.");
        return false;
    }
    if (header == NULL) {
        condition->if_version = is_to_be_absent ? COMMAND_VERSION_ABSENT : COMMAND_VERSION_NONE;
        return true;
    }
    if (strcmp(header, "*") == 0) {
        condition->if_version = COMMAND_VERSION_ANY;
        return true;
    }
    if (!read_tags(header, condition)) {
        problem_reply(exchange, "invalid_if_match",
                      "If-Match is the ETag of the version that is to be replaced, in its quotes (If-Match: \"3\"), "
                      "or * for any.");
        return false;
    }
    return true;
}

void submit_drop(struct exchange *exchange)
{
    command_fini(&exchange->command);
    memset(&exchange->command, 0, sizeof exchange->command);
}

/* A body that cannot be read has one fault, whose code is none of a 422. */
static bool is_unreadable(const struct faults *faults)
{
    return faults->count > 0 && problem_code_is_known(faults->items[0].code) &&
           problem_code_status(faults->items[0].code) != 422;
}

void submit_refuse(struct exchange *exchange, const struct faults *faults)
{
    assert(faults->total > 0);
    if (faults->count == 0) { /* there was no memory to keep them */
        problem_status(exchange, STATUS_EXHAUSTED);
        return;
    }
    const struct fault *first = &faults->items[0];
    if ((faults->total == 1 && problem_code_is_known(first->code)) || is_unreadable(faults)) {
        problem_faults(exchange, first->code, faults, "%s", first->detail);
    } else if (first->row > 0) {
        problem_faults(exchange, "import_errors", faults,
                       "%zu things are wrong with the rows; errors names them. Nothing was changed.", faults->total);
    } else {
        problem_faults(exchange, "invalid_request", faults, "%s is wrong with the body; errors names all of it.",
                       faults->total == 1 ? "One thing" : "More than one thing");
    }
}

/* Whether the kind creates an object whose id is not in the path. */
static bool creates(enum command_kind kind)
{
    return kind == COMMAND_SUPPLY_INTAKE || kind == COMMAND_TRANSFER_CREATE || kind == COMMAND_ORGANISATION_KEY_ADD;
}

/* The id for what is created; NULL and a problem where none can be made. */
static const char *settle_new_id(struct exchange *exchange, enum command_kind kind, const char *new_id)
{
    if (new_id != NULL || !creates(kind)) {
        return new_id != NULL ? new_id : "";
    }
    return access_uuid(exchange);
}

/* Reads id and body of a request that is not signed. STATUS_CONFLICT: the problem is the reply. */
static enum status read_plain(struct exchange *exchange, struct command *command, const char *new_id, struct faults *faults)
{
    command->new_id = settle_new_id(exchange, command->kind, new_id);
    if (command->new_id == NULL) {
        return STATUS_CONFLICT;
    }
    return command_decode(command, BIND_CLEAR, exchange->body, exchange->body_length, exchange->arena, faults);
}

/* More about a body that is faulty, or that the caller may not send it at all: STATUS_CONFLICT, the problem is the reply. */
static enum status check_further(struct exchange *exchange, struct faults *faults)
{
    struct refusal forbidden;
    enum status status = rules_check(exchange->db, exchange->arena, &exchange->command, clock_wall_ms(), faults, &forbidden);
    if (status == STATUS_CONFLICT) {
        answer_init(&exchange->answer);
        problem_refusal(&forbidden, exchange->path, &exchange->answer);
        exchange_answer(exchange);
    }
    return status == STATUS_OK ? STATUS_INVALID : status;
}

bool submit_prepare(struct exchange *exchange, enum command_kind kind, const char *target, const char *new_id)
{
    struct command *command = &exchange->command;
    struct faults faults;
    struct command condition = { .if_version = COMMAND_VERSION_NONE };
    bool in_body = false;
    bool is_signed = submit_is_signed(exchange);
    const char *key = is_signed ? "" : access_key(exchange); /* a signed one has it in its payload */
    if (key == NULL || !submit_read_version(exchange, &condition)) {
        return false;
    }
    if (creates(kind) && condition.if_version == COMMAND_VERSION_ABSENT) {
        condition.if_version = COMMAND_VERSION_NONE; /* what it makes is new in any case */
    }
    if (creates(kind) && condition.if_version != COMMAND_VERSION_NONE) {
        problem_reply(exchange, "version_mismatch",
                      "If-Match names a version, but what this request makes has none before it is made: leave If-Match "
                      "out. Sending the request again does it once only, by its Idempotency-Key.");
        return false;
    }
    *command = condition;
    command->kind = kind;
    command->target = target;
    command->id = key;
    command->new_id = "";
    command->actor = exchange->caller;
    faults_init(&faults, exchange->arena);
    enum status status = is_signed ? submit_read_signed(exchange, command, creates(kind), &faults, &in_body)
                                   : read_plain(exchange, command, new_id, &faults);
    if (status == STATUS_OK) {
        return true;
    }
    if (status == STATUS_INVALID && (in_body || !is_signed)) {
        status = check_further(exchange, &faults);
    }
    submit_drop(exchange);
    if (status == STATUS_INVALID) {
        faults_move(&faults, 0, in_body ? "/body" : "");
        submit_refuse(exchange, &faults);
    } else if (status != STATUS_CONFLICT) {
        problem_status(exchange, status);
    }
    return false;
}

enum handled submit_command(struct exchange *exchange, enum command_kind kind, const char *target, const char *new_id)
{
    if (!query_read(exchange, &query_nothing, NULL)) {
        return HANDLED_REPLY;
    }
    return submit_prepare(exchange, kind, target, new_id) ? HANDLED_COMMAND : HANDLED_REPLY;
}
