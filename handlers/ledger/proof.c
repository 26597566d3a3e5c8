/*
 * Proofs for strangers. They are made from the tree's rows (rules/tiles.h) and checked before they leave: what would not
 * lead to the root that was signed is a fault of the stored rows, and nobody gets to see it.
 */
#include "handlers/ledger/proof.h"

#include <inttypes.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "db/entry.h"
#include "handlers/prefer.h"
#include "handlers/problem.h"
#include "handlers/query.h"
#include "json/write.h"
#include "ledger/proof.h"
#include "rules/tiles.h"

enum { HASH_DIGITS = 2 * DIGEST_BYTES };

struct inclusion {
    uint64_t seq, size;
    uint8_t entry_hash[DIGEST_BYTES];
    uint8_t leaf_hash[DIGEST_BYTES];
    uint8_t root[DIGEST_BYTES];
    struct proof proof;
    struct proof_source source;
    struct checkpoint_row checkpoint; /* of that size; note NULL where there is none */
};

struct consistency {
    uint64_t from, to;
    uint8_t from_root[DIGEST_BYTES];
    uint8_t to_root[DIGEST_BYTES];
    struct proof proof;
    struct proof_source source;
    struct checkpoint_row from_checkpoint, to_checkpoint;
};

static const uint8_t (*hashes_of(const struct proof *proof))[DIGEST_BYTES]
{
    return (const uint8_t (*)[DIGEST_BYTES])proof->hashes;
}

/* The checkpoint of a size, and the root that it signs; without one *has_root is false. */
static enum status find_checkpoint(struct exchange *exchange, uint64_t size, struct checkpoint_row *out,
                                   uint8_t root[DIGEST_BYTES], bool *has_root)
{
    enum status status = db_checkpoint_of_size(exchange->db, exchange->arena, size, out);
    *has_root = status == STATUS_OK;
    if (status == STATUS_OK) {
        memcpy(root, out->root, DIGEST_BYTES);
    } else {
        out->note = NULL;
    }
    return status == STATUS_ABSENT ? STATUS_OK : status;
}

static enum status complain(enum status status)
{
    if (status == STATUS_INVALID || status == STATUS_CORRUPT) {
        log_error("proof", "the rows of the tree's hashes do not lead to the checkpoint: run verify");
        return STATUS_CORRUPT;
    }
    return status;
}

/* The proof that entry seq is one of the first size; 1 <= seq <= size <= exchange->seq. */
static enum status make_inclusion(struct exchange *exchange, uint64_t seq, uint64_t size, struct inclusion **out)
{
    bool has_root = false;
    struct inclusion *made = arena_alloc(exchange->arena, sizeof *made);
    if (made == NULL) {
        return STATUS_EXHAUSTED;
    }
    made->seq = seq;
    made->size = size;
    proof_source_init(&made->source, tiles_get, exchange->db);
    enum status status = proof_inclusion(&made->source, seq - 1, size, &made->proof);
    if (status == STATUS_OK) {
        status = proof_leaf(&made->source, seq - 1, made->leaf_hash);
    }
    if (status == STATUS_OK) {
        status = db_entry_hash(exchange->db, seq, made->entry_hash);
    }
    if (status == STATUS_OK) {
        status = find_checkpoint(exchange, size, &made->checkpoint, made->root, &has_root);
    }
    if (status == STATUS_OK && has_root) {
        status = proof_inclusion_check(seq - 1, size, made->leaf_hash, hashes_of(&made->proof), made->proof.count, made->root);
    } else if (status == STATUS_OK) {
        status = proof_inclusion_root(seq - 1, size, made->leaf_hash, hashes_of(&made->proof), made->proof.count, made->root);
    }
    *out = made;
    return complain(status);
}

/* The proof that the first `to` entries begin with the first `from`; 1 <= from <= to <= exchange->seq. */
static enum status make_consistency(struct exchange *exchange, uint64_t from, uint64_t to, struct consistency **out)
{
    bool has_from = false, has_to = false;
    struct consistency *made = arena_alloc(exchange->arena, sizeof *made);
    if (made == NULL) {
        return STATUS_EXHAUSTED;
    }
    made->from = from;
    made->to = to;
    proof_source_init(&made->source, tiles_get, exchange->db);
    enum status status = proof_consistency(&made->source, from, to, &made->proof);
    if (status == STATUS_OK) {
        status = find_checkpoint(exchange, from, &made->from_checkpoint, made->from_root, &has_from);
    }
    if (status == STATUS_OK) {
        status = find_checkpoint(exchange, to, &made->to_checkpoint, made->to_root, &has_to);
    }
    if (status == STATUS_OK && !has_from) {
        status = proof_root(&made->source, from, made->from_root);
    }
    if (status == STATUS_OK && !has_to) {
        status = proof_root(&made->source, to, made->to_root);
    }
    if (status == STATUS_OK) {
        status = proof_consistency_check(from, to, made->from_root, made->to_root, hashes_of(&made->proof), made->proof.count);
    }
    *out = made;
    return complain(status);
}

static void write_proof(struct json_writer *w, const struct proof *proof)
{
    json_key(w, "proof");
    json_array_begin(w);
    for (size_t i = 0; i < proof->count; i++) {
        json_hex(w, proof->hashes[i], DIGEST_BYTES);
    }
    json_array_end(w);
}

/* Where a size was asked for that no checkpoint has: the newest there is. */
static enum status write_newest(struct exchange *exchange, struct json_writer *w)
{
    struct checkpoint_row newest;
    enum status status = db_checkpoint_last(exchange->db, exchange->arena, &newest);
    if (status == STATUS_OK) {
        json_member_text(w, "newest_checkpoint", newest.note);
    }
    return status == STATUS_ABSENT ? STATUS_CORRUPT : status;
}

struct inclusion_query {
    int64_t seq;
    const char *hash;
    int64_t size;
};

static const struct query_parameter inclusion_rows[] = {
    QUERY_INTEGER_ROW(struct inclusion_query, seq, false, 1, TEXT_INTEGER_MAX),
    QUERY_TEXT_ROW(struct inclusion_query, hash, false, HASH_DIGITS),
    QUERY_INTEGER_ROW(struct inclusion_query, size, false, 1, TEXT_INTEGER_MAX),
};
static const struct query_table inclusion_table = QUERY_TABLE(inclusion_rows);

/* A size that the tree has not had yet. */
static void check_size(const struct exchange *exchange, const char *name, int64_t size, struct faults *faults)
{
    if (size != QUERY_ABSENT && (uint64_t)size > exchange->seq) {
        faults_add_parameter(faults, name, "out_of_range", "%s is %" PRId64 "; the ledger has %" PRIu64 " entries", name, size,
                             exchange->seq);
    }
}

/* Which entry is meant, by its number or its hash; 0 where that is not said well or there is none. */
static enum status find_entry(const struct exchange *exchange, const struct inclusion_query *query, struct faults *faults,
                              uint64_t *seq)
{
    bool has_seq = exchange_query(exchange, "seq") != NULL, has_hash = exchange_query(exchange, "hash") != NULL;
    uint8_t hash[DIGEST_BYTES];
    if (has_seq && has_hash) {
        faults_add_parameter(faults, "hash", "conflicting_values", "hash names an entry, and seq does; one of them is wanted");
    } else if (!has_seq && !has_hash) {
        faults_add_parameter(faults, "seq", "missing_alternative",
                             "seq is missing; the number of an entry is wanted, or hash, its entry_hash");
    } else if (query->hash != NULL && text_from_hex(query->hash, hash, sizeof hash) != STATUS_OK) {
        faults_add_parameter(faults, "hash", "bad_format", "hash is %s; the 64 hexadecimal digits of an entry_hash are wanted",
                             faults_quote(faults, query->hash, strlen(query->hash)));
    } else if (query->hash != NULL) {
        enum status status = db_entry_of_hash(exchange->db, hash, seq);
        return status == STATUS_ABSENT ? STATUS_OK : status;
    } else if (query->seq != QUERY_ABSENT && (uint64_t)query->seq <= exchange->seq) {
        *seq = (uint64_t)query->seq;
    }
    return STATUS_OK;
}

static void refuse_entry(struct exchange *exchange, const struct inclusion_query *query)
{
    if (query->hash != NULL) {
        problem_reply(exchange, "not_found", "There is no entry with the hash %s; the ledger has the entries 1 to %" PRIu64 ".",
                      query->hash, exchange->seq);
    } else {
        problem_reply(exchange, "not_found", "There is no entry %s; the ledger has the entries 1 to %" PRIu64 ".",
                      exchange_query(exchange, "seq"), exchange->seq);
    }
}

static enum status write_inclusion(struct exchange *exchange, const struct inclusion *made)
{
    struct json_writer w;
    enum status status = STATUS_OK;
    json_writer_init(&w, &exchange->reply);
    json_object_begin(&w);
    json_member_integer(&w, "seq", (int64_t)made->seq);
    json_member_hex(&w, "entry_hash", made->entry_hash, DIGEST_BYTES);
    json_member_integer(&w, "leaf_index", (int64_t)made->seq - 1);
    json_member_hex(&w, "leaf_hash", made->leaf_hash, DIGEST_BYTES);
    json_member_integer(&w, "size", (int64_t)made->size);
    json_member_hex(&w, "root", made->root, DIGEST_BYTES);
    write_proof(&w, &made->proof);
    json_member_text(&w, "checkpoint", made->checkpoint.note);
    if (made->checkpoint.note == NULL) {
        status = write_newest(exchange, &w);
    }
    json_object_end(&w);
    json_writer_finish(&w);
    return status;
}

enum handled proof_get(struct exchange *exchange)
{
    struct inclusion_query query = { 0 };
    struct inclusion *made = NULL;
    struct faults faults;
    uint64_t seq = 0;
    faults_init(&faults, exchange->arena);
    enum status status = query_gather(exchange, &inclusion_table, &query, &faults);
    if (status == STATUS_OK) {
        check_size(exchange, "size", query.size, &faults);
        status = find_entry(exchange, &query, &faults, &seq);
    }
    if (status == STATUS_OK && faults.total == 0 && seq > 0 && query.size != QUERY_ABSENT && (uint64_t)query.size < seq) {
        faults_add_parameter(&faults, "size", "out_of_range", "size is %" PRId64 "; entry %" PRIu64 " is in no tree so small",
                             query.size, seq);
    }
    if (status == STATUS_OK && faults.total > 0) {
        query_refuse(exchange, &faults);
        return HANDLED_REPLY;
    }
    if (status == STATUS_OK && seq == 0) {
        refuse_entry(exchange, &query);
        return HANDLED_REPLY;
    }
    if (status == STATUS_OK) {
        status = make_inclusion(exchange, seq, query.size == QUERY_ABSENT ? exchange->seq : (uint64_t)query.size, &made);
    }
    if (status == STATUS_OK) {
        exchange_json(exchange, 200);
        status = write_inclusion(exchange, made);
    }
    if (status != STATUS_OK) {
        problem_status(exchange, status);
    }
    return HANDLED_REPLY;
}

struct consistency_query {
    int64_t from;
    int64_t to;
};

static const struct query_parameter consistency_rows[] = {
    QUERY_INTEGER_ROW(struct consistency_query, from, true, 1, TEXT_INTEGER_MAX),
    QUERY_INTEGER_ROW(struct consistency_query, to, false, 1, TEXT_INTEGER_MAX),
};
static const struct query_table consistency_table = QUERY_TABLE(consistency_rows);

static enum status write_consistency(struct exchange *exchange, const struct consistency *made)
{
    struct json_writer w;
    enum status status = STATUS_OK;
    json_writer_init(&w, &exchange->reply);
    json_object_begin(&w);
    json_member_integer(&w, "from", (int64_t)made->from);
    json_member_integer(&w, "to", (int64_t)made->to);
    json_member_hex(&w, "from_root", made->from_root, DIGEST_BYTES);
    json_member_hex(&w, "to_root", made->to_root, DIGEST_BYTES);
    write_proof(&w, &made->proof);
    json_member_text(&w, "from_checkpoint", made->from_checkpoint.note);
    json_member_text(&w, "to_checkpoint", made->to_checkpoint.note);
    if (made->from_checkpoint.note == NULL || made->to_checkpoint.note == NULL) {
        status = write_newest(exchange, &w);
    }
    json_object_end(&w);
    json_writer_finish(&w);
    return status;
}

enum handled proof_consistency_get(struct exchange *exchange)
{
    struct consistency_query query = { 0 };
    struct consistency *made = NULL;
    struct faults faults;
    faults_init(&faults, exchange->arena);
    enum status status = query_gather(exchange, &consistency_table, &query, &faults);
    if (status == STATUS_OK) {
        check_size(exchange, "from", query.from, &faults);
        check_size(exchange, "to", query.to, &faults);
    }
    if (status == STATUS_OK && faults.total == 0 && query.to != QUERY_ABSENT && query.from > query.to) {
        faults_add_parameter(&faults, "from", "out_of_range", "from is %" PRId64 ", more than to, which is %" PRId64, query.from,
                             query.to);
    }
    if (status == STATUS_OK && faults.total > 0) {
        query_refuse(exchange, &faults);
        return HANDLED_REPLY;
    }
    if (status == STATUS_OK) {
        status = make_consistency(exchange, (uint64_t)query.from, query.to == QUERY_ABSENT ? exchange->seq : (uint64_t)query.to,
                                  &made);
    }
    if (status == STATUS_OK) {
        exchange_json(exchange, 200);
        status = write_consistency(exchange, made);
    }
    if (status != STATUS_OK) {
        problem_status(exchange, status);
    }
    return HANDLED_REPLY;
}

/* The receipt is the last member of the reply, and the last of its members are these. The reply is replaced when the new
 * one is whole: the change is made, and nothing may say otherwise. */
static enum status extend_receipt(struct exchange *exchange, const struct inclusion *made)
{
    static const char end[] = "}}";
    const struct buffer *reply = &exchange->reply;
    struct buffer members, whole;
    struct json_writer w;
    size_t length = sizeof end - 1;
    if (reply->length < length || memcmp(reply->bytes + reply->length - length, end, length) != 0) {
        return STATUS_INVALID; /* present.c writes no such answer */
    }
    buffer_init(&members);
    buffer_init(&whole);
    json_writer_init(&w, &members);
    json_object_begin(&w);
    json_member_integer(&w, "leaf_index", (int64_t)made->seq - 1);
    json_member_hex(&w, "leaf_hash", made->leaf_hash, DIGEST_BYTES);
    json_member_integer(&w, "size", (int64_t)made->size);
    write_proof(&w, &made->proof);
    json_member_text(&w, "checkpoint", made->checkpoint.note);
    json_object_end(&w);
    json_writer_finish(&w);
    if (!members.failed) {
        buffer_append(&whole, reply->bytes, reply->length - length);
        buffer_byte(&whole, ',');
        buffer_append(&whole, members.bytes + 1, members.length - 1);
        buffer_byte(&whole, '}');
    }
    enum status status = members.failed || whole.failed ? STATUS_EXHAUSTED : STATUS_OK;
    if (status == STATUS_OK) {
        buffer_fini(&exchange->reply);
        exchange->reply = whole; /* moved */
    } else {
        buffer_fini(&whole);
    }
    buffer_fini(&members);
    return status;
}

void proof_add_to_receipt(struct exchange *exchange, const char *list)
{
    struct prefer prefer;
    struct inclusion *made = NULL;
    uint64_t seq = exchange->answer.seq;
    bool is_proved = false;
    prefer_read(list, &prefer);
    if (exchange->status >= 300 || seq == 0) {
        return;
    }
    if (prefer.has_proof || prefer.has_proof_there) {
        enum status status = seq <= exchange->seq ? make_inclusion(exchange, seq, exchange->seq, &made) : STATUS_CORRUPT;
        if (status == STATUS_OK && made->checkpoint.note != NULL) {
            status = extend_receipt(exchange, made);
        }
        is_proved = status == STATUS_OK && made->checkpoint.note != NULL;
        if (!is_proved) {
            log_error("proof", "entry=%" PRIu64 " size=%" PRIu64 " status=%s", seq, exchange->seq, status_name(status));
        }
    }
    const char *applied = prefer_applied(&prefer, is_proved);
    if (applied != NULL) {
        exchange_header(exchange, "Preference-Applied", applied);
    }
}
