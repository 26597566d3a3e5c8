/*
 * Conditions on versions, as the commands of all kinds meet them. Which version an entity tag names: handlers/condition.c.
 */
#include "rules/precondition.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

#define VERSION "version_mismatch"

bool precondition_wants(const struct command *command, int64_t version)
{
    bool is_wanted = command->if_version == COMMAND_VERSION_ANY || command->if_version == version;
    for (size_t i = 0; i < command->if_more_count; i++) {
        is_wanted = is_wanted || command->if_more[i] == version;
    }
    return is_wanted;
}

bool precondition_excludes(const struct command *command, int64_t version)
{
    bool is_excluded = false;
    for (size_t i = 0; i < command->unless_count; i++) {
        is_excluded = is_excluded || command->unless[i] == version;
    }
    return is_excluded;
}

void precondition_refuse_excluded(int64_t version, struct refusal *refusal)
{
    refusal_set(refusal, REFUSAL_STALE, VERSION,
                "If-None-Match forbids the change while the version is %" PRId64 ", as it is: leave that out to change it", version);
    refusal_integer(refusal, "version", version);
}

bool precondition_refuse_unmeetable(const struct command *command, int64_t version, struct refusal *refusal)
{
    bool is_foreign = command->if_version == COMMAND_VERSION_FOREIGN, is_named = command->if_version > 0;
    for (size_t i = 0; i < command->if_more_count; i++) {
        is_foreign = is_foreign || command->if_more[i] == COMMAND_VERSION_FOREIGN;
        is_named = is_named || command->if_more[i] > 0;
    }
    if (is_named || command->if_version == COMMAND_VERSION_ANY) {
        return false;
    }
    refusal_set(refusal, REFUSAL_STALE, VERSION,
                is_foreign ? "If-Match has no ETag with a version that this service gave: the version is %" PRId64 " now, so If-Match: \"%" PRId64
                             "\" or the whole ETag of what you read would do"
                           : "A weak ETag (W/) never meets If-Match: the version is %" PRId64 " now, so If-Match: \"%" PRId64
                             "\" or the whole ETag of what you read would do", version, version);
    refusal_integer(refusal, "version", version);
    return true;
}

/* The versions that If-Match names: 3, 4 */
static void list_versions(const struct command *command, char *text, size_t room)
{
    size_t used = 0;
    for (size_t i = 0; i <= command->if_more_count; i++) {
        const int64_t version = i == 0 ? command->if_version : command->if_more[i - 1];
        const int length = version <= 0 ? 0 : snprintf(text + used, room - used, "%s%" PRId64, used > 0 ? ", " : "", version);
        used += length > 0 && (size_t)length < room - used ? (size_t)length : 0;
    }
    text[used] = 0;
}

static void refuse_stale(const struct command *command, int64_t version, struct refusal *refusal)
{
    enum { VERSION_BYTES = 20 };
    char named[(COMMAND_VERSIONS_MORE + 1) * VERSION_BYTES];
    if (precondition_refuse_unmeetable(command, version, refusal)) {
        return;
    }
    list_versions(command, named, sizeof named);
    refusal_set(refusal, REFUSAL_STALE, VERSION, "%s has version %" PRId64 " by now, not %s: read it again", command->target, version, named);
    refusal_integer(refusal, "version", version);
}

enum status precondition_check(struct context *context, bool exists, int64_t version)
{
    const struct command *command = context->command;
    struct refusal *refusal = &context->outcome->refusal;
    if (!exists && (command->if_version == COMMAND_VERSION_NONE || command->if_version == COMMAND_VERSION_ABSENT)) {
        return STATUS_OK;
    }
    if (!exists) {
        refusal_set(refusal, REFUSAL_STALE, VERSION,
                    "If-Match names a version, but %s does not exist: leave If-Match out to create it", command->target);
        return STATUS_CONFLICT;
    }
    if (precondition_excludes(command, version)) {
        precondition_refuse_excluded(version, refusal);
        return STATUS_CONFLICT;
    }
    if (command->if_version == COMMAND_VERSION_NONE) {
        refusal_set(refusal, REFUSAL_UNCONDITIONED, "version_required",
                    "%s exists: to replace it name its version in If-Match, now \"%" PRId64 "\", or send its whole ETag",
                    command->target, version);
        refusal_integer(refusal, "version", version);
        return STATUS_CONFLICT;
    }
    if (command->if_version == COMMAND_VERSION_ABSENT) {
        refusal_set(refusal, REFUSAL_STALE, VERSION,
                    "If-None-Match: * is for what does not exist yet, and %s has version %" PRId64, command->target, version);
        refusal_integer(refusal, "version", version);
        return STATUS_CONFLICT;
    }
    if (!precondition_wants(command, version)) {
        refuse_stale(command, version, refusal);
        return STATUS_CONFLICT;
    }
    return STATUS_OK;
}

enum status precondition_check_optional(struct context *context, int64_t version)
{
    const struct command *command = context->command;
    const bool is_free = command->if_version == COMMAND_VERSION_NONE && !precondition_excludes(command, version);
    return is_free ? STATUS_OK : precondition_check(context, true, version);
}
