/*
 * What a policy says of the checkpoint that is verified. The names in it are anybody's bytes: they are made harmless before they are shown.
 */
#include "server/command/quorum.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "ledger/key.h"
#include "server/note_file.h"
#include "server/tell.h"

enum { NAME_SHOWN = 128 };

static const char *show_name(const struct quorum *quorum, int part, char out[NAME_SHOWN])
{
    if (part == WITNESS_POLICY_NONE) {
        return "none";
    }
    const struct witness_policy_part *named = &quorum->policy->parts[part];
    snprintf(out, NAME_SHOWN, "%.*s", (int)named->name_length, named->name);
    text_make_line(out, strlen(out));
    return out;
}

static void count_witnesses(const struct quorum *quorum, size_t *cosigned, size_t *all)
{
    *cosigned = *all = 0;
    for (size_t i = 0; i < quorum->policy->part_count; i++) {
        *all += !quorum->policy->parts[i].is_group;
        *cosigned += !quorum->policy->parts[i].is_group && quorum->result.has_cosigned[i];
    }
}

static void write_reason(struct quorum *quorum)
{
    char name[NAME_SHOWN];
    const uint64_t size = quorum->result.checkpoint.size;
    size_t cosigned = 0, all = 0;
    count_witnesses(quorum, &cosigned, &all);
    switch (quorum->result.verdict) {
    case WITNESS_POLICY_COUNTS:
        break;
    case WITNESS_POLICY_NOT_LOGGED:
        snprintf(quorum->reason, sizeof quorum->reason, "the checkpoint of %" PRIu64 " entries does not count: no log of the policy signed it as %s",
                 size, quorum->result.checkpoint.origin);
        break;
    case WITNESS_POLICY_WRONG_LINE:
        snprintf(quorum->reason, sizeof quorum->reason,
                 "the checkpoint of %" PRIu64 " entries does not count: its line of %s is no signature of this checkpoint by the key in the policy: "
                 "it was altered, or somebody else made it", size,
                 quorum->result.wrong == WITNESS_POLICY_NONE ? "the log" : show_name(quorum, quorum->result.wrong, name));
        break;
    case WITNESS_POLICY_TOO_FEW:
        snprintf(quorum->reason, sizeof quorum->reason,
                 "the checkpoint of %" PRIu64 " entries does not count: %zu of %zu witnesses have cosigned it, which is not the quorum %s", size,
                 cosigned, all, show_name(quorum, quorum->policy->quorum, name));
        break;
    }
}

const struct quorum *quorum_find(struct arena *arena, const char *policy_path, const char *checkpoint)
{
    struct quorum *quorum = arena_alloc(arena, sizeof *quorum);
    if (quorum == NULL) {
        return NULL;
    }
    *quorum = (struct quorum){ .policy = policy_file_read(arena, policy_path) };
    if (quorum->policy == NULL) {
        return NULL;
    }
    enum status status = key_library_open();
    if (status == STATUS_OK) {
        status = witness_policy_apply(quorum->policy, checkpoint, strlen(checkpoint), &quorum->result);
    }
    if (status != STATUS_OK) {
        tell("--checkpoint: the lines of signatures behind the checkpoint cannot be read: %s", status_name(status));
        return NULL;
    }
    write_reason(quorum);
    return quorum;
}

bool quorum_counts(const struct quorum *quorum)
{
    return quorum->result.verdict == WITNESS_POLICY_COUNTS;
}

void quorum_print(const struct quorum *quorum)
{
    char name[NAME_SHOWN], time[TEXT_INSTANT_BYTES];
    if (quorum_counts(quorum)) {
        printf("the checkpoint of %" PRIu64 " entries counts: quorum %s\n", quorum->result.checkpoint.size,
               show_name(quorum, quorum->policy->quorum, name));
    } else {
        printf("NOT COUNTED: %s\n", quorum->reason);
    }
    for (size_t i = 0; i < quorum->policy->part_count; i++) {
        if (quorum->policy->parts[i].is_group) {
            continue;
        }
        if (quorum->result.has_cosigned[i]) {
            text_from_instant(time, quorum->result.time_s[i] * 1000);
            printf("  %s cosigned it at %s\n", show_name(quorum, (int)i, name), time);
        } else {
            printf("  %s has no cosignature on it\n", show_name(quorum, (int)i, name));
        }
    }
}

void quorum_write(struct json_writer *w, const struct quorum *quorum)
{
    char name[NAME_SHOWN];
    if (quorum == NULL) {
        json_member_text(w, "counts", NULL);
        json_member_text(w, "witnesses", NULL);
        return;
    }
    json_member_boolean(w, "counts", quorum_counts(quorum));
    json_key(w, "witnesses");
    json_array_begin(w);
    for (size_t i = 0; i < quorum->policy->part_count; i++) {
        if (quorum->policy->parts[i].is_group) {
            continue;
        }
        json_object_begin(w);
        json_member_text(w, "name", show_name(quorum, (int)i, name));
        if (quorum->result.has_cosigned[i]) {
            json_member_instant(w, "time", quorum->result.time_s[i] * 1000);
        } else {
            json_member_text(w, "time", NULL);
        }
        json_object_end(w);
    }
    json_array_end(w);
}
