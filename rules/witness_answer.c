/*
 * Reading what a log says, as somebody who trusts it in nothing. Members that are not looked at may be anything.
 */
#include "rules/witness_answer.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "json/faults.h"
#include "json/parse.h"

static enum status parse(const char *json, size_t length, json_t **document)
{
    struct arena arena;
    struct faults faults;
    arena_init(&arena);
    faults_init(&faults, &arena);
    enum status status = json_parse(json, length, document, &faults);
    if (status != STATUS_OK && *document != NULL) {
        json_decref(*document);
        *document = NULL;
    }
    arena_fini(&arena);
    return status;
}

/* Whether a key of the set may sign a checkpoint of this size. */
static bool is_valid_at(const json_t *key, uint64_t size)
{
    const json_t *from = json_object_get(key, "from_seq"), *to = json_object_get(key, "to_seq");
    return json_is_integer(from) && json_integer_value(from) >= 1 && (uint64_t)json_integer_value(from) <= size &&
        (json_is_null(to) || (json_is_integer(to) && json_integer_value(to) >= 1 && (uint64_t)json_integer_value(to) >= size));
}

enum status witness_answer_keys(const char *json, size_t length, uint64_t size, struct checkpoint_signer *out)
{
    json_t *document = NULL;
    struct checkpoint_signer signer = { .has_node = false };
    enum status status = parse(json, length, &document);
    if (status != STATUS_OK) {
        return status;
    }
    const json_t *keys = json_object_get(document, "keys");
    status = json_is_array(keys) ? STATUS_OK : STATUS_INVALID;
    for (size_t i = 0; status == STATUS_OK && i < json_array_size(keys); i++) {
        const json_t *key = json_array_get(keys, i), *vkey = json_object_get(key, "vkey");
        if (json_is_string(vkey) && is_valid_at(key, size)) {
            status = checkpoint_signer_add(&signer, json_string_value(vkey), json_string_length(vkey)) == STATUS_OK ? STATUS_OK : STATUS_INVALID;
        }
    }
    json_decref(document);
    if (status == STATUS_OK && signer.origin[0] == 0) {
        status = STATUS_ABSENT;
    }
    if (status == STATUS_OK) {
        *out = signer;
    }
    return status;
}

/* As much of a text as there is room for, as a line. */
static void write_line(char out[WITNESS_PROBLEM_BYTES], const char *text, size_t length)
{
    static const char more[] = "...";
    size_t room = WITNESS_PROBLEM_BYTES - 1;
    size_t kept = length;
    if (length > room) {
        kept = room - (sizeof more - 1);
        while (kept > 0 && ((unsigned char)text[kept] & 0xc0) == 0x80) { /* inside of a character */
            kept--;
        }
    }
    memcpy(out, text, kept);
    text_make_line(out, kept);
    memcpy(out + kept, more, kept < length ? sizeof more : 0);
    out[kept < length ? kept + sizeof more - 1 : kept] = 0;
}

void witness_answer_problem(const char *json, size_t length, char out[WITNESS_PROBLEM_BYTES])
{
    json_t *document = NULL;
    if (parse(json, length, &document) != STATUS_OK) {
        write_line(out, json, length);
        return;
    }
    char text[2 * WITNESS_PROBLEM_BYTES];
    const json_t *code = json_object_get(document, "code"), *detail = json_object_get(document, "detail");
    if (json_is_string(code) && json_is_string(detail)) {
        snprintf(text, sizeof text, "%.64s: %.*s", json_string_value(code), WITNESS_PROBLEM_BYTES, json_string_value(detail));
        write_line(out, text, strlen(text));
    } else if (json_is_string(detail)) {
        write_line(out, json_string_value(detail), json_string_length(detail));
    } else {
        write_line(out, json, length);
    }
    json_decref(document);
}

enum status witness_answer_proof(const char *json, size_t length, struct proof *out)
{
    json_t *document = NULL;
    struct proof proof = { .count = 0 };
    enum status status = parse(json, length, &document);
    if (status != STATUS_OK) {
        return status;
    }
    const json_t *hashes = json_object_get(document, "proof");
    status = json_is_array(hashes) && json_array_size(hashes) <= PROOF_HASHES_MAX ? STATUS_OK : STATUS_INVALID;
    for (size_t i = 0; status == STATUS_OK && i < json_array_size(hashes); i++) {
        const json_t *hash = json_array_get(hashes, i);
        status = json_is_string(hash) && json_string_length(hash) == 2 * DIGEST_BYTES
            ? text_from_hex(json_string_value(hash), proof.hashes[i], DIGEST_BYTES) : STATUS_INVALID;
        proof.count++;
    }
    json_decref(document);
    if (status == STATUS_OK) {
        *out = proof;
    }
    return status;
}
