/*
 * Policies: reading, storing, and asking them. The kinds that a policy may name are those of supplies and transfers; they
 * stand in the table as JSON text in the order of enum command_kind, so that two policies that say the same are the same.
 */
#include "rules/policy.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "db/reference.h"
#include "db/signing.h"
#include "json/unfit.h"
#include "json/write.h"
#include "rules/reference.h"

enum { QUOTED_KIND_BYTES = 64 };

static const char everything[] = "*";

static bool may_be_demanded(enum command_kind kind)
{
    const char *name = command_kind_name(kind);
    return strncmp(name, "supply.", 7) == 0 || strncmp(name, "transfer.", 9) == 0;
}

/* What is wrong with one item, and what would be accepted. */
static void complain(const json_t *value, size_t index, struct arena *arena, struct faults *faults)
{
    const char *names[COMMAND_KINDS + 1];
    size_t count = 0;
    struct buffer list;
    const char *pointer = arena_format(arena, "/signed_kinds/%zu", index);
    if (json_is_unfit(value, faults)) {
        return;
    }
    buffer_init(&list);
    for (int kind = 0; kind < COMMAND_KINDS; kind++) {
        if (may_be_demanded((enum command_kind)kind)) {
            names[count] = command_kind_name((enum command_kind)kind);
            buffer_format(&list, "%s%s", count > 0 ? ", " : "", names[count]);
            count++;
        }
    }
    buffer_text(&list, " or ");
    buffer_text(&list, everything);
    if (pointer == NULL || list.failed) {
        faults_add(faults, "/signed_kinds", "not_a_choice", "one of the kinds is unknown"); /* no memory to name it */
    } else if (!json_is_string(value)) {
        faults_add(faults, pointer, "wrong_type", "signed_kinds has %s; %s is wanted", json_type_phrase(value), list.bytes);
    } else {
        const char *text = json_string_value(value);
        faults_add(faults, pointer, "not_a_choice", "signed_kinds has %s; %s is wanted",
                   faults_quote(faults, text, strlen(text)), list.bytes);
        faults_suggest(faults, text_nearest(text, names, count));
    }
    buffer_fini(&list);
}

/* The array as it is stored. */
static enum status write_kinds(const bool named[COMMAND_KINDS], bool has_all, struct arena *arena, const char **out)
{
    struct json_writer w;
    struct buffer text;
    buffer_init(&text);
    json_writer_init(&w, &text);
    json_array_begin(&w);
    if (has_all) {
        json_text(&w, everything);
    }
    for (int kind = 0; !has_all && kind < COMMAND_KINDS; kind++) {
        if (named[kind]) {
            json_text(&w, command_kind_name((enum command_kind)kind));
        }
    }
    json_array_end(&w);
    const char *copy = text.failed ? NULL : arena_copy(arena, text.bytes, text.length);
    buffer_fini(&text);
    if (copy == NULL) {
        return STATUS_EXHAUSTED;
    }
    *out = copy;
    return STATUS_OK;
}

enum status policy_settle(struct policy_request *request, struct arena *arena, struct faults *faults)
{
    bool named[COMMAND_KINDS] = { false };
    bool has_all = false;
    size_t before = faults->total;
    const json_t *array = request->signed_kinds;
    if (array == NULL || json_is_unfit(array, faults)) {
        return STATUS_OK; /* said already */
    }
    if (!json_is_array(array)) {
        faults_add(faults, "/signed_kinds", "wrong_type", "signed_kinds is %s; an array is wanted", json_type_phrase(array));
        return STATUS_OK;
    }
    for (size_t i = 0; i < json_array_size(array); i++) {
        const json_t *value = json_array_get(array, i);
        const char *text = json_is_string(value) && !json_is_unfit(value, faults) ? json_string_value(value) : "";
        enum command_kind kind = COMMAND_KINDS;
        if (strcmp(text, everything) == 0) {
            has_all = true;
        } else if (command_kind_from_name(text, &kind) == STATUS_OK && may_be_demanded(kind)) {
            named[kind] = true;
        } else {
            complain(value, i, arena, faults);
        }
    }
    return faults->total > before ? STATUS_OK : write_kinds(named, has_all, arena, &request->signed_kinds_text);
}

enum status policy_put_apply(struct context *context)
{
    const struct policy_request *request = context->command->request;
    const char *target = context->command->target;
    bool is_default = strcmp(target, POLICY_DEFAULT) == 0;
    struct policy old = { 0 };
    struct policy row = { is_default ? "" : target, request->signed_kinds_text, 0, (int64_t)context->seq };
    struct organisation organisation;
    enum reference_verdict verdict = REFERENCE_DONE;
    enum status status = is_default ? STATUS_OK : db_organisation_find(context->db, context->arena, target, &organisation);
    if (status == STATUS_ABSENT) {
        refusal_set(&context->outcome->refusal, REFUSAL_ABSENT, "not_found",
                    "there is no organisation %s; PUT /organisations/%s first", target, target);
        return context_refused(context);
    }
    if (status == STATUS_OK) {
        status = db_policy_find(context->db, context->arena, row.organisation, &old);
    }
    bool exists = status == STATUS_OK;
    if (status != STATUS_OK && status != STATUS_ABSENT) {
        return status;
    }
    bool is_same = exists && strcmp(old.signed_kinds, row.signed_kinds) == 0;
    status = reference_settle(context, exists, is_same, old.version, old.seq, &verdict);
    if (status != STATUS_OK || verdict == REFERENCE_DONE) {
        return status;
    }
    row.version = exists ? old.version + 1 : 1;
    status = db_policy_put(context->db, &row);
    return status != STATUS_OK ? status : reference_written(context, exists);
}

static enum status refuse(struct context *context, const struct policy *policy, const char *kind)
{
    struct refusal *refusal = &context->outcome->refusal;
    bool is_default = policy->organisation[0] == 0;
    const char *name = is_default ? POLICY_DEFAULT : policy->organisation;
    refusal_set(refusal, REFUSAL_FORBIDDEN, "signature_required",
                "the policy %s demands that %s comes signed, by a key of the token's organisation: send it as a JWS "
                "(Content-Type: application/jose)", name, kind);
    refusal_text(refusal, "policy", name);
    refusal_text(refusal, "kind", kind);
    enum status status = context_refused(context);
    return status == STATUS_OK ? STATUS_CONFLICT : status;
}

enum status policy_check(struct context *context, const char *organisation)
{
    const struct command *command = context->command;
    const char *kind = command_kind_name(command->kind);
    char quoted[QUOTED_KIND_BYTES];
    struct policy *policies = NULL;
    size_t count = 0;
    if (command->signature != NULL) { /* by a key of the actor's organisation: signature.h */
        return STATUS_OK;
    }
    snprintf(quoted, sizeof quoted, "\"%s\"", kind);
    enum status status = db_policy_of(context->db, context->arena, command->actor.organisation, organisation, &policies, &count);
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        const char *kinds = policies[i].signed_kinds;
        if (strstr(kinds, quoted) != NULL || strstr(kinds, "\"*\"") != NULL) {
            return refuse(context, &policies[i], kind);
        }
    }
    return status;
}
