/*
 * Policies of how many witnesses must have cosigned. Each part remembers the one group that it is in, so that a pass over the parts in
 * the file's order counts every group up.
 */
#include "ledger/witness_policy.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ledger/note.h"

enum { WORD_SHOWN = 48 /* bytes of a word that an error quotes */, THRESHOLD_DIGITS = 9 };

struct word {
    const char *bytes;
    size_t length;
};

struct reading {
    struct witness_policy *policy;
    struct witness_policy_error *error;
    const char *at, *end; /* what is left of the line */
    bool has_quorum;
};

#define WORD_FORMAT "%.*s%s"
#define WORD_SHOW(WORD) \
    (int)((WORD).length > WORD_SHOWN ? WORD_SHOWN : (WORD).length), (WORD).bytes, (WORD).length > WORD_SHOWN ? "..." : ""

__attribute__((format(printf, 2, 3))) static enum status refuse(struct reading *reading, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(reading->error->reason, sizeof reading->error->reason, format, arguments);
    va_end(arguments);
    return STATUS_INVALID;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* The next word of the line; false at its end. */
static bool take_word(struct reading *reading, struct word *word)
{
    while (reading->at < reading->end && is_blank(*reading->at)) {
        reading->at++;
    }
    word->bytes = reading->at;
    while (reading->at < reading->end && !is_blank(*reading->at)) {
        reading->at++;
    }
    word->length = (size_t)(reading->at - word->bytes);
    return word->length > 0;
}

static bool is_word(struct word word, const char *text)
{
    return word.length == strlen(text) && memcmp(word.bytes, text, word.length) == 0;
}

static enum status want_end(struct reading *reading, const char *form)
{
    struct word word;
    return take_word(reading, &word) ? refuse(reading, "\"" WORD_FORMAT "\" is one word too many: %s", WORD_SHOW(word), form) : STATUS_OK;
}

static int find_part(const struct witness_policy *policy, struct word name)
{
    for (size_t i = 0; i < policy->part_count; i++) {
        const struct witness_policy_part *part = &policy->parts[i];
        if (part->name_length == name.length && memcmp(part->name, name.bytes, name.length) == 0) {
            return (int)i;
        }
    }
    return WITNESS_POLICY_NONE;
}

static enum status read_log(struct reading *reading)
{
    static const char form[] = "log VKEY [URL]";
    struct witness_policy *policy = reading->policy;
    struct checkpoint_signer signer = { .has_node = false };
    struct witness_policy_log log = { .is_node = false };
    struct word key, url;
    if (!take_word(reading, &key)) {
        return refuse(reading, "the log's key is missing: %s", form);
    }
    if (checkpoint_signer_add(&signer, key.bytes, key.length) != STATUS_OK) {
        return refuse(reading, "\"" WORD_FORMAT "\" is not the key of a log as GET /ledger/keys has it in vkey", WORD_SHOW(key));
    }
    memcpy(log.origin, signer.origin, sizeof log.origin);
    log.is_node = signer.has_node;
    memcpy(log.key, signer.has_node ? signer.node : signer.ed25519,
           signer.has_node ? sizeof signer.node : sizeof signer.ed25519);
    for (size_t i = 0; i < policy->log_count; i++) {
        if (policy->logs[i].is_node == log.is_node && memcmp(policy->logs[i].key, log.key, sizeof log.key) == 0) {
            return refuse(reading, "this key of a log is listed twice");
        }
    }
    if (policy->log_count == WITNESS_POLICY_LOGS_MAX) {
        return refuse(reading, "there are more than %d logs", WITNESS_POLICY_LOGS_MAX);
    }
    policy->logs[policy->log_count++] = log;
    (void)take_word(reading, &url);
    return want_end(reading, form);
}

/* The name that a line gives to something new, and room for it. */
static enum status begin_part(struct reading *reading, const char *form, struct witness_policy_part **part)
{
    struct witness_policy *policy = reading->policy;
    struct word name;
    if (!take_word(reading, &name)) {
        return refuse(reading, "the name is missing: %s", form);
    }
    if (is_word(name, "none") || find_part(policy, name) != WITNESS_POLICY_NONE) {
        return refuse(reading, "the name \"" WORD_FORMAT "\" is taken already", WORD_SHOW(name));
    }
    if (policy->part_count == WITNESS_POLICY_PARTS_MAX) {
        return refuse(reading, "there are more than %d witnesses and groups", WITNESS_POLICY_PARTS_MAX);
    }
    *part = &policy->parts[policy->part_count];
    **part = (struct witness_policy_part){ .name = name.bytes, .name_length = name.length, .group = WITNESS_POLICY_NONE };
    return STATUS_OK;
}

static enum status read_witness(struct reading *reading)
{
    static const char form[] = "witness NAME VKEY [URL]";
    struct witness_policy *policy = reading->policy;
    struct witness_policy_part *part = NULL;
    struct word key, url;
    enum status status = begin_part(reading, form, &part);
    if (status != STATUS_OK) {
        return status;
    }
    if (!take_word(reading, &key)) {
        return refuse(reading, "the witness's key is missing: %s", form);
    }
    if (cosigner_read(&part->cosigner, key.bytes, key.length) != STATUS_OK) {
        return refuse(reading, "\"" WORD_FORMAT "\" is not the key of a witness who cosigns by Ed25519, as GET /witnesses has it in vkey",
                      WORD_SHOW(key));
    }
    for (size_t i = 0; i < policy->part_count; i++) {
        const struct witness_policy_part *other = &policy->parts[i];
        if (!other->is_group && memcmp(other->cosigner.public_key, part->cosigner.public_key, ED25519_PUBLIC_BYTES) == 0) {
            return refuse(reading, "this key of a witness is listed twice");
        }
    }
    policy->part_count++;
    (void)take_word(reading, &url);
    return want_end(reading, form);
}

/* K in decimal, or 0 where it is none. */
static size_t read_threshold(struct word word)
{
    size_t value = 0;
    if (word.length > THRESHOLD_DIGITS || word.bytes[0] == '0') {
        return 0;
    }
    for (size_t i = 0; i < word.length; i++) {
        if (word.bytes[i] < '0' || word.bytes[i] > '9') {
            return 0;
        }
        value = 10 * value + (size_t)(word.bytes[i] - '0');
    }
    return value;
}

static enum status read_members(struct reading *reading, int group, size_t *count)
{
    struct word member;
    while (take_word(reading, &member)) {
        int index = find_part(reading->policy, member);
        if (index == WITNESS_POLICY_NONE || index == group) {
            return refuse(reading, "\"" WORD_FORMAT "\" is no witness and no group of a line before", WORD_SHOW(member));
        }
        if (reading->policy->parts[index].group != WITNESS_POLICY_NONE) {
            return refuse(reading, "\"" WORD_FORMAT "\" is a member already, of this group or of another", WORD_SHOW(member));
        }
        reading->policy->parts[index].group = group;
        ++*count;
    }
    return *count == 0 ? refuse(reading, "the group has no member") : STATUS_OK;
}

static enum status read_group(struct reading *reading)
{
    static const char form[] = "group NAME (all | any | K) NAME...";
    struct witness_policy_part *part = NULL;
    struct word threshold;
    size_t count = 0;
    enum status status = begin_part(reading, form, &part);
    if (status != STATUS_OK) {
        return status;
    }
    if (!take_word(reading, &threshold)) {
        return refuse(reading, "how many of its members is missing: %s", form);
    }
    bool is_all = is_word(threshold, "all"), is_any = is_word(threshold, "any");
    size_t wanted = is_all || is_any ? 1 : read_threshold(threshold);
    if (wanted == 0) {
        return refuse(reading, "\"" WORD_FORMAT "\" is neither all, any nor a number from 1 on: %s", WORD_SHOW(threshold), form);
    }
    part->is_group = true;
    status = read_members(reading, (int)reading->policy->part_count, &count);
    if (status != STATUS_OK) {
        return status;
    }
    if (wanted > count) {
        return refuse(reading, "the group wants %zu of %zu members", wanted, count);
    }
    part->wanted = is_all ? count : wanted;
    reading->policy->part_count++;
    return STATUS_OK;
}

static enum status read_quorum(struct reading *reading)
{
    static const char form[] = "quorum (NAME | none)";
    struct word name;
    if (reading->has_quorum) {
        return refuse(reading, "there is a second quorum");
    }
    if (!take_word(reading, &name)) {
        return refuse(reading, "the name is missing: %s", form);
    }
    reading->policy->quorum = find_part(reading->policy, name);
    if (reading->policy->quorum == WITNESS_POLICY_NONE && !is_word(name, "none")) {
        return refuse(reading, "\"" WORD_FORMAT "\" is no witness and no group of a line before", WORD_SHOW(name));
    }
    reading->has_quorum = true;
    return want_end(reading, form);
}

static enum status read_line(struct reading *reading)
{
    static const struct {
        const char *word;
        enum status (*read)(struct reading *reading);
    } kinds[] = { { "log", read_log }, { "witness", read_witness }, { "group", read_group }, { "quorum", read_quorum } };
    struct word kind;
    for (const char *at = reading->at; at < reading->end; at++) {
        if (((unsigned char)*at < 0x20 && *at != '\t') || *at == 0x7f) {
            return refuse(reading, "the control character 0x%02x; lines end with a line feed alone", (unsigned)(unsigned char)*at);
        }
    }
    if (!take_word(reading, &kind) || kind.bytes[0] == '#') {
        return STATUS_OK;
    }
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (is_word(kind, kinds[i].word)) {
            return kinds[i].read(reading);
        }
    }
    return refuse(reading, "\"" WORD_FORMAT "\" is none of log, witness, group and quorum", WORD_SHOW(kind));
}

enum status witness_policy_read(struct witness_policy *policy, const char *text, size_t length, struct witness_policy_error *error)
{
    struct reading reading = { .policy = policy, .error = error };
    const char *at = text, *end = text + length;
    policy->log_count = policy->part_count = 0;
    policy->quorum = WITNESS_POLICY_NONE;
    error->line = 1;
    if (length > WITNESS_POLICY_BYTES_MAX) {
        return refuse(&reading, "the file is longer than %d bytes", WITNESS_POLICY_BYTES_MAX);
    }
    for (; at < end; error->line++) {
        const char *feed = memchr(at, '\n', (size_t)(end - at));
        reading.at = at;
        reading.end = feed;
        if (feed == NULL) {
            return refuse(&reading, "the last line does not end with a line feed: the file may have been cut off");
        }
        enum status status = read_line(&reading);
        if (status != STATUS_OK) {
            return status;
        }
        at = feed + 1;
    }
    return reading.has_quorum ? STATUS_OK : refuse(&reading, "there is no quorum");
}

/* Whether a log that is listed has signed. STATUS_INVALID: a line that says so is wrong. */
static enum status find_log(const struct witness_policy *policy, const char *note, size_t length, const char *origin, bool *has_signed)
{
    *has_signed = policy->log_count == 0;
    for (size_t i = 0; i < policy->log_count; i++) {
        const struct witness_policy_log *log = &policy->logs[i];
        const struct checkpoint_keys keys = { log->is_node ? log->key : NULL, log->is_node ? NULL : log->key };
        struct checkpoint checkpoint;
        if (strcmp(log->origin, origin) != 0 || !checkpoint_names(note, length, &keys)) {
            continue;
        }
        if (checkpoint_read(&checkpoint, note, length, &keys, CHECKPOINT_ANY_LINE) != STATUS_OK) {
            return STATUS_INVALID;
        }
        *has_signed = true;
    }
    return STATUS_OK;
}

static enum status count_up(const struct witness_policy *policy, const struct note *note, struct witness_policy_result *result)
{
    size_t counts[WITNESS_POLICY_PARTS_MAX] = { 0 };
    for (size_t i = 0; i < policy->part_count; i++) {
        const struct witness_policy_part *part = &policy->parts[i];
        uint8_t signature[COSIGNATURE_BYTES];
        if (part->is_group) {
            result->has_cosigned[i] = counts[i] >= part->wanted;
        } else {
            enum status status = cosignature_find(&part->cosigner, note, signature, &result->time_s[i]);
            if (status == STATUS_INVALID) {
                result->verdict = WITNESS_POLICY_WRONG_LINE;
                result->wrong = (int)i;
                return STATUS_OK;
            }
            if (status != STATUS_OK && status != STATUS_ABSENT) {
                return status;
            }
            result->has_cosigned[i] = status == STATUS_OK;
        }
        if (result->has_cosigned[i] && part->group != WITNESS_POLICY_NONE) {
            counts[part->group]++;
        }
    }
    if (policy->quorum != WITNESS_POLICY_NONE && !result->has_cosigned[policy->quorum]) {
        result->verdict = WITNESS_POLICY_TOO_FEW;
    }
    return STATUS_OK;
}

enum status witness_policy_apply(const struct witness_policy *policy, const char *bytes, size_t length,
                                 struct witness_policy_result *result)
{
    struct note note;
    char text[CHECKPOINT_TEXT_BYTES];
    bool has_signed = false;
    memset(result, 0, sizeof *result);
    result->verdict = WITNESS_POLICY_COUNTS;
    result->wrong = WITNESS_POLICY_NONE;
    if (note_read(&note, bytes, length) != STATUS_OK || checkpoint_parse(&result->checkpoint, bytes, length) != STATUS_OK ||
        checkpoint_text(&result->checkpoint, text) != note.text_length) { /* what is signed is the checkpoint and nothing more */
        return STATUS_INVALID;
    }
    enum status status = count_up(policy, &note, result);
    if (status != STATUS_OK || result->verdict == WITNESS_POLICY_WRONG_LINE) {
        return status;
    }
    if (find_log(policy, bytes, length, result->checkpoint.origin, &has_signed) != STATUS_OK) {
        result->verdict = WITNESS_POLICY_WRONG_LINE;
    } else if (!has_signed) {
        result->verdict = WITNESS_POLICY_NOT_LOGGED;
    }
    return STATUS_OK;
}
