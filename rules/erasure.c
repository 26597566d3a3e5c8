/*
 * Erasures in the state. That the commitments are known is the handler's question (handlers/privacy.c); only admins get here
 * (the route).
 */
#include "rules/erasure.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "db/privacy.h"
#include "json/unfit.h"

enum { COMMITMENT_DIGITS = COMMITMENT_HEX_BYTES - 1, POINTER_BYTES = 40 };

static bool is_commitment(const char *text)
{
    return strlen(text) == COMMITMENT_DIGITS && strspn(text, "0123456789abcdef") == COMMITMENT_DIGITS;
}

/* One item of the array: NULL and a fault where it is no commitment. */
static const char *read_item(const json_t *value, size_t index, const struct erase_request *request, struct faults *faults)
{
    char pointer[POINTER_BYTES];
    snprintf(pointer, sizeof pointer, "/commitments/%zu", index);
    if (json_is_unfit(value, faults)) {
        return NULL;
    }
    if (!json_is_string(value)) {
        faults_add(faults, pointer, "wrong_type", "commitments has %s; a text is wanted", json_type_phrase(value));
        return NULL;
    }
    const char *text = json_string_value(value);
    if (!is_commitment(text)) {
        faults_add(faults, pointer, "bad_format", "commitments has %s; 64 hexadecimal digits in small letters are wanted, "
                   "as GET /privacy/texts shows them",
                   faults_quote(faults, text, strlen(text)));
        return NULL;
    }
    for (size_t i = 0; i < request->count; i++) {
        if (strcmp(request->list[i], text) == 0) {
            faults_add(faults, pointer, "duplicate_id", "this commitment stands in the list already");
            return NULL;
        }
    }
    return text;
}

enum status erasure_settle(struct erase_request *request, struct arena *arena, struct faults *faults)
{
    const json_t *array = request->commitments;
    if (array == NULL || json_is_unfit(array, faults)) {
        return STATUS_OK; /* said already */
    }
    if (!json_is_array(array)) {
        faults_add(faults, "/commitments", "wrong_type", "commitments is %s; an array is wanted", json_type_phrase(array));
        return STATUS_OK;
    }
    const size_t length = json_array_size(array);
    if (length == 0 || length > LIMIT_ERASURES) {
        faults_add(faults, "/commitments", length == 0 ? "too_short" : "too_long", "commitments has %zu items; 1 to %d are wanted",
                   length, (int)LIMIT_ERASURES);
        return STATUS_OK;
    }
    request->list = arena_array(arena, length, sizeof *request->list);
    if (request->list == NULL) {
        return STATUS_EXHAUSTED;
    }
    for (size_t i = 0; i < length; i++) {
        const char *text = read_item(json_array_get(array, i), i, request, faults);
        if (text != NULL) {
            request->list[request->count++] = text;
        }
    }
    return STATUS_OK;
}

enum status erasure_apply(struct context *context)
{
    const struct erase_request *request = context->command->request;
    int64_t first = 0;
    bool has_new = false;
    for (size_t i = 0; i < request->count; i++) {
        int64_t seq = 0;
        enum status status = db_erasure_find(context->db, context->arena, request->list[i], &seq);
        if (status == STATUS_ABSENT) {
            has_new = true;
            status = db_erasure_insert(context->db, request->list[i], (int64_t)context->seq);
        } else if (status == STATUS_OK && (first == 0 || seq < first)) {
            first = seq;
        }
        if (status != STATUS_OK) {
            return status;
        }
    }
    char id[24];
    snprintf(id, sizeof id, "%" PRId64, has_new ? (int64_t)context->seq : first);
    return has_new ? context_created(context, id) : context_unchanged(context, id, first);
}
