/*
 * Policies from anybody: what is read is a forest whose groups ask for no more members than they have; written out again from what was
 * read it is the same policy; and what it says of a checkpoint is what walking it from the quorum down says.
 */
#include <string.h>

#include "base/buffer.h"
#include "ledger/witness_policy.h"
#include "tests/fuzz/fuzz.h"

/* By tests/http/cosign.py: w1 to w3 of the corpus have cosigned, w4 and w5 have not. */
static const char note[] = "ledger.example/golden\n4\nzghE3/LH9dU4sPknorLXf3K8wTVDCb4QXcOCN7k1HaE=\n\n"
    "\xe2\x80\x94 witness.example/w1 519lMgAAAABqsTuAO3nVjwP+sUOjelBojLgzheI7UVXY5TBz24wkEcrLbrtWeUY8DvCKPJk4Qh2f6ahD2YlqsxPc6cDL9+ZA97V4Aw==\n"
    "\xe2\x80\x94 witness.example/w2 Cm/JMwAAAABqsTuBUEZNYyG6uZl4dCOxhxsEKsj7giEMXg4nfX8woccVgSrQCOpZ7LTi7/3SzFw92FsteSauYde2RjThI+EGQW0CAQ==\n"
    "\xe2\x80\x94 witness.example/w3 dv9M1wAAAABqsTuCtoXcXzPJHyt3ijP7efu3TjS6W6AXhEgeUGDuLcN6BROUPrm3myxuMqLhwtFAXftngTBvGdDPnloQPqUZghywDQ==\n";

static size_t members_of(const struct witness_policy *policy, size_t group)
{
    size_t count = 0;
    for (size_t i = 0; i < group; i++) {
        count += policy->parts[i].group == (int)group;
    }
    return count;
}

static void check_form(const struct witness_policy *policy)
{
    CHECK(policy->log_count <= WITNESS_POLICY_LOGS_MAX && policy->part_count <= WITNESS_POLICY_PARTS_MAX);
    CHECK(policy->quorum >= WITNESS_POLICY_NONE && policy->quorum < (int)policy->part_count);
    for (size_t i = 0; i < policy->part_count; i++) {
        const struct witness_policy_part *part = &policy->parts[i];
        CHECK(part->name_length > 0);
        CHECK(part->group == WITNESS_POLICY_NONE || (part->group > (int)i && policy->parts[part->group].is_group));
        CHECK(!part->is_group || (part->wanted >= 1 && part->wanted <= members_of(policy, i)));
        for (size_t k = 0; k < i; k++) {
            CHECK(policy->parts[k].name_length != part->name_length || memcmp(policy->parts[k].name, part->name, part->name_length) != 0);
        }
    }
}

static void write_name(struct buffer *out, const struct witness_policy_part *part)
{
    buffer_byte(out, ' ');
    buffer_append(out, part->name, part->name_length);
}

static void write_policy(struct buffer *out, const struct witness_policy *policy)
{
    for (size_t i = 0; i < policy->log_count; i++) {
        const struct witness_policy_log *log = &policy->logs[i];
        buffer_text(out, "log ");
        (log->is_node ? checkpoint_node_key_write : checkpoint_ed25519_key_write)(out, log->origin, log->key);
        buffer_byte(out, '\n');
    }
    for (size_t i = 0; i < policy->part_count; i++) {
        const struct witness_policy_part *part = &policy->parts[i];
        buffer_text(out, part->is_group ? "group" : "witness");
        write_name(out, part);
        if (part->is_group) {
            buffer_format(out, " %zu", part->wanted);
        } else {
            buffer_byte(out, ' ');
            cosigner_write(out, &part->cosigner);
        }
        for (size_t k = 0; k < i; k++) {
            if (policy->parts[k].group == (int)i) {
                write_name(out, &policy->parts[k]);
            }
        }
        buffer_byte(out, '\n');
    }
    buffer_text(out, "quorum");
    if (policy->quorum == WITNESS_POLICY_NONE) {
        buffer_text(out, " none");
    } else {
        write_name(out, &policy->parts[policy->quorum]);
    }
    buffer_byte(out, '\n');
}

static void check_again(const struct witness_policy *policy)
{
    static struct witness_policy again;
    struct witness_policy_error error;
    struct buffer out, out_again;
    buffer_init(&out);
    buffer_init(&out_again);
    write_policy(&out, policy);
    CHECK(!out.failed && witness_policy_read(&again, out.bytes, out.length, &error) == STATUS_OK);
    write_policy(&out_again, &again);
    CHECK(!out_again.failed && out.length == out_again.length && memcmp(out.bytes, out_again.bytes, out.length) == 0);
    buffer_fini(&out);
    buffer_fini(&out_again);
}

/* From above: whether so many members hold, each by the same question. */
static bool holds(const struct witness_policy *policy, const struct witness_policy_result *result, size_t part)
{
    size_t count = 0;
    if (!policy->parts[part].is_group) {
        return result->has_cosigned[part];
    }
    for (size_t i = 0; i < part; i++) {
        count += policy->parts[i].group == (int)part && holds(policy, result, i);
    }
    return count >= policy->parts[part].wanted;
}

static void check_verdict(const struct witness_policy *policy)
{
    static struct witness_policy_result result;
    CHECK(witness_policy_apply(policy, note, sizeof note - 1, &result) == STATUS_OK);
    CHECK(result.checkpoint.size == 4);
    if (result.verdict == WITNESS_POLICY_WRONG_LINE) {
        return; /* the key of another one under the name of this */
    }
    bool is_met = policy->quorum == WITNESS_POLICY_NONE || holds(policy, &result, (size_t)policy->quorum);
    CHECK(result.verdict == WITNESS_POLICY_NOT_LOGGED ? policy->log_count > 0 : is_met == (result.verdict == WITNESS_POLICY_COUNTS));
    CHECK(result.verdict != WITNESS_POLICY_COUNTS || (is_met && policy->log_count == 0)); /* no log has signed this note */
    for (size_t i = 0; i < policy->part_count; i++) {
        const struct cosigner *cosigner = &policy->parts[i].cosigner;
        bool is_one = strlen(cosigner->name) == 18 && cosigner->name[17] >= '1' && cosigner->name[17] <= '3' &&
                      memcmp(cosigner->name, "witness.example/w", 17) == 0;
        CHECK(policy->parts[i].is_group || is_one || !result.has_cosigned[i]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static struct witness_policy policy;
    struct witness_policy_error error = { .line = 0 };
    size_t feeds = 0;
    char *copy = malloc(length + (length == 0)); /* exact size: a sanitizer sees an overrun */
    CHECK(copy != NULL);
    memcpy(copy, bytes, length);
    for (size_t i = 0; i < length; i++) {
        feeds += bytes[i] == '\n';
    }
    if (witness_policy_read(&policy, copy, length, &error) == STATUS_OK) {
        check_form(&policy);
        check_again(&policy);
        check_verdict(&policy);
    } else {
        CHECK(error.line >= 1 && error.line <= feeds + 1 && error.reason[0] != 0);
        CHECK(memchr(error.reason, 0, sizeof error.reason) != NULL);
    }
    free(copy);
    return 0;
}
