/*
 * Every write comes through here on its way to the sequencer; the answer comes back
 * through present.c.
 */
#include "handlers/submit.h"

#include <assert.h>
#include <string.h>

#include "base/clock.h"
#include "handlers/access.h"
#include "handlers/condition.h"
#include "handlers/problem.h"
#include "handlers/query.h"
#include "handlers/submit_signed.h"
#include "rules/apply.h"
#include "rules/decode.h"

/* A command has room for the tags of a condition. */
_Static_assert((int)CONDITION_TAGS_MAX == (int)COMMAND_VERSIONS_MORE + 1, "room");

/* If-Match: which versions are wanted. */
static void want_versions(const struct condition *wanted, struct command *command)
{
    command->if_version = COMMAND_VERSION_ANY; /* of "*", which has no tags */
    for (size_t i = 0; i < wanted->count; i++) {
        const int64_t version = wanted->tags[i].is_weak ? COMMAND_VERSION_WEAK : condition_version(&wanted->tags[i]);
        *(i == 0 ? &command->if_version : &command->if_more[command->if_more_count++]) = version;
    }
}

/* If-None-Match with tags, which are compared weakly: which versions must not be there. */
static void exclude_versions(const struct condition *unwanted, struct command *command)
{
    for (size_t i = 0; i < unwanted->count; i++) {
        const int64_t version = condition_version(&unwanted->tags[i]);
        if (version > 0) { /* what is none of ours is the tag of nothing */
            command->unless[command->unless_count++] = version;
        }
    }
}

bool submit_read_version(struct exchange *exchange, struct command *command)
{
    const char *match = exchange->header(exchange, "If-Match"), *none = exchange->header(exchange, "If-None-Match");
    struct condition wanted, unwanted = {.is_any = false};
    command->if_version = COMMAND_VERSION_NONE;
    if (none != NULL && !condition_read(exchange, "If-None-Match", "malformed_request", none, &unwanted)) {
        return false;
    }
    if (match != NULL && unwanted.is_any) {
        problem_reply(exchange, "version_mismatch",
                      "If-Match wants a version and If-None-Match: * wants none: both together are never met.");
        return false;
    }
    if (match != NULL && !condition_read(exchange, "If-Match", "invalid_if_match", match, &wanted)) {
        return false;
    }
    if (match != NULL) {
        want_versions(&wanted, command);
    } else if (unwanted.is_any) {
        command->if_version = COMMAND_VERSION_ABSENT;
    }
    exclude_versions(&unwanted, command);
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

/* Whether what the kind writes is new in any case, so that no condition on a version of it can be met. */
static bool makes(enum command_kind kind)
{
    return creates(kind) || kind == COMMAND_PRIVACY_ERASE;
}

/* The id for what is created; NULL and a problem where none can be made. */
static const char *settle_new_id(struct exchange *exchange, enum command_kind kind, const char *new_id)
{
    if (new_id != NULL || !creates(kind)) {
        return new_id != NULL ? new_id : "";
    }
    return access_uuid(exchange);
}

/* Reads id and body of a request that is not signed. STATUS_OK also where it is to be refused later (rules/decode.h); STATUS_CONFLICT: the
 * problem is the reply. */
static enum status read_plain(struct exchange *exchange, struct command *command, const char *new_id, struct faults *faults)
{
    command->new_id = settle_new_id(exchange, command->kind, new_id);
    if (command->new_id == NULL) {
        return STATUS_CONFLICT;
    }
    enum status status = command_decode(command, BIND_CLEAR, exchange->body, exchange->body_length, exchange->arena, faults);
    return status == STATUS_INVALID && command->unseen != NULL ? STATUS_OK : status;
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
    if (makes(kind) && condition.if_version == COMMAND_VERSION_ABSENT) {
        condition.if_version = COMMAND_VERSION_NONE;
    }
    if (makes(kind)) {
        condition.unless_count = 0;
    }
    if (makes(kind) && condition.if_version != COMMAND_VERSION_NONE) {
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
