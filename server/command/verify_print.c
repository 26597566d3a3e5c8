/*
 * Reports of verifications. The members of the object are never left out, so that a program may rely on them; those that do not
 * apply are null.
 */
#include "server/command/verify_print.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "json/write.h"
#include "rules/verify/report.h"
#include "server/command/quorum.h"

static void print_ok(const struct verify_report *report)
{
    char head[2 * DIGEST_BYTES + 1], root[2 * DIGEST_BYTES + 1];
    bool is_whole = report->first == 1;
    text_to_hex(head, report->head, DIGEST_BYTES);
    text_to_hex(root, report->root, DIGEST_BYTES);
    if (is_whole) {
        printf("ok: %" PRIu64 " entries verified\n", report->entries);
    } else if (report->entries < report->first) {
        printf("ok: no entry has come since entry %" PRIu64 ", where an earlier run ended\n", report->entries);
    } else {
        printf("ok: entries %" PRIu64 " to %" PRIu64 " verified, from where an earlier run ended\n", report->first, report->entries);
    }
    printf("%" PRIu64 " signatures, %" PRIu64 " checkpoints, %" PRIu64 " commands carried out again\n", report->signatures,
           report->checkpoints, report->replayed);
    if (!is_whole) {
        printf("NOT looked at: entries 1 to %" PRIu64 " and what belongs to them; the state and its sums; the schema; whether the file is "
               "whole. The last run that looked at everything reached entry %" PRIu64 "\n", report->first - 1, report->whole);
    }
    if (report->unchecked_answers > 0) {
        printf("NOT checked: whether %" PRIu64 " of the answers that are kept for retries are as they were given; node.db has no key for them\n",
               report->unchecked_answers);
    }
    printf("head %s\nroot %s\n", head, root);
}

void verify_print_text(const struct verify_report *report)
{
    if (report->is_ok) {
        print_ok(report);
        return;
    }
    char reason[sizeof report->reason]; /* may quote what a damaged file holds */
    snprintf(reason, sizeof reason, "%s", report->reason);
    text_make_line(reason, strlen(reason));
    if (report->first_broken == 0) {
        printf("BROKEN (%s): %s\n", report->code, reason);
        return;
    }
    printf("BROKEN at entry %" PRIu64 " (%s): %s\n", report->first_broken, report->code, reason);
    if (report->first == 1) {
        printf("%" PRIu64 " entries before it are sound\n", report->first_broken - 1);
    } else {
        printf("entries %" PRIu64 " to %" PRIu64 " are sound; those before were not looked at\n", report->first, report->first_broken - 1);
    }
}

static void write_not_looked_at(struct json_writer *w, const struct verify_report *report)
{
    static const char *const parts[] = { "entries", "state", "sums", "schema", "file", "answers" };
    json_key(w, "not_looked_at");
    json_array_begin(w);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (report->first > 1 ? i < 5 : report->is_export && i > 0) {
            json_text(w, parts[i]);
        }
    }
    json_array_end(w);
}

static void write_finding(struct json_writer *w, const struct verify_report *report, const struct quorum *quorum)
{
    const char *reason = report->is_ok ? NULL : report->reason, *code = report->is_ok ? NULL : report->code;
    if (report->is_ok && quorum != NULL && !quorum_counts(quorum)) {
        code = "quorum";
        reason = quorum->reason;
    }
    json_key(w, "first_broken");
    if (report->is_ok || report->first_broken == 0) {
        json_value_null(w);
    } else {
        json_value_integer(w, (int64_t)report->first_broken);
    }
    json_member_text(w, "code", code);
    json_member_text(w, "reason", reason);
}

static void write_report(struct json_writer *w, const struct verify_report *report, const struct quorum *quorum)
{
    json_member_boolean(w, "ok", report->is_ok && (quorum == NULL || quorum_counts(quorum)));
    write_finding(w, report, quorum);
    json_member_integer(w, "first", (int64_t)report->first);
    json_member_integer(w, "entries", (int64_t)report->entries);
    json_member_hex(w, "head", report->head, sizeof report->head);
    json_member_hex(w, "root", report->root, sizeof report->root);
    json_member_integer(w, "signatures", (int64_t)report->signatures);
    json_member_integer(w, "checkpoints", (int64_t)report->checkpoints);
    json_member_integer(w, "replayed", (int64_t)report->replayed);
    write_not_looked_at(w, report);
    if (report->is_export) { /* has none */
        json_member_text(w, "unchecked_answers", NULL);
    } else {
        json_member_integer(w, "unchecked_answers", (int64_t)report->unchecked_answers);
    }
    json_member_integer(w, "whole", (int64_t)report->whole);
    json_member_text(w, "not_incremental", report->unfit[0] != 0 ? report->unfit : NULL);
    quorum_write(w, quorum);
}

static void write_nothing(struct json_writer *w, const char *reason)
{
    static const char *const members[] = { "first", "entries", "head", "root", "signatures", "checkpoints", "replayed",
                                           "not_looked_at", "unchecked_answers", "whole", "not_incremental", "counts", "witnesses" };
    bool is_finding = reason == NULL;
    json_key(w, "ok");
    if (is_finding) {
        json_value_boolean(w, false);
    } else {
        json_value_null(w);
    }
    json_member_text(w, "first_broken", NULL);
    json_member_text(w, "code", is_finding ? "integrity" : NULL);
    json_member_text(w, "reason", is_finding ? "a file is damaged so that the check cannot begin" : reason);
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        json_member_text(w, members[i], NULL);
    }
}

void verify_print_json(enum status status, const struct verify_report *report, const struct quorum *quorum, int64_t duration_ms)
{
    struct buffer out;
    struct json_writer w;
    buffer_init(&out);
    json_writer_init(&w, &out);
    json_object_begin(&w);
    if (status == STATUS_OK) {
        write_report(&w, report, quorum);
    } else {
        write_nothing(&w, status == STATUS_CORRUPT ? NULL : status_name(status));
    }
    json_member_integer(&w, "duration_ms", duration_ms);
    json_object_end(&w);
    json_writer_finish(&w);
    puts(out.failed ? "{\"ok\":null}" : out.bytes);
    buffer_fini(&out);
}
