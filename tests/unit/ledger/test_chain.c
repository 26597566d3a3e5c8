/* What the auditor must notice: every changed field and byte, and every reordering. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ledger/chain.h"
#include "tests/unit/ledger/golden.h"

/* An entry with what is stored beside it. */
struct record {
    struct entry entry;
    uint8_t hash[DIGEST_BYTES];
    uint8_t seal[KEY_SIGNATURE_BYTES];
};

static struct record records[GOLDEN_ENTRIES + 1]; /* by seq */
static const uint8_t *node_key;

static int load_records(void **state)
{
    (void)state;
    for (int seq = 1; seq <= GOLDEN_ENTRIES; seq++) {
        records[seq].entry = golden_entry(seq);
        memcpy(records[seq].hash, golden_fixed(golden_name(seq, "hash"), DIGEST_BYTES), DIGEST_BYTES);
        memcpy(records[seq].seal, golden_fixed(golden_name(seq, "seal"), KEY_SIGNATURE_BYTES), KEY_SIGNATURE_BYTES);
    }
    node_key = golden_fixed("node.public", KEY_PUBLIC_BYTES);
    return 0;
}

/* Checks one record; a chain that found a fault must not have moved. */
static enum chain_fault check(struct chain *chain, const struct record *record)
{
    struct chain before = *chain;
    enum chain_fault fault = chain_check(chain, &record->entry, record->hash, record->seal, node_key);
    if (fault != CHAIN_SOUND) {
        assert_memory_equal(chain, &before, sizeof before);
    } else {
        assert_int_equal(chain->seq, before.seq + 1);
    }
    return fault;
}

/* A chain that has accepted the goldens 1 to count. */
static struct chain chain_of(int count)
{
    struct chain chain;
    chain_init(&chain);
    for (int seq = 1; seq <= count; seq++) {
        assert_int_equal(check(&chain, &records[seq]), CHAIN_SOUND);
    }
    return chain;
}

/* Hashes and seals anew, as one who holds the key could. */
static void seal_again(struct record *record, const struct key *key)
{
    digest_bytes(record->entry.body_digest, record->entry.body, (size_t)record->entry.body_length);
    assert_int_equal(entry_hash(&record->entry, record->hash), STATUS_OK);
    key_sign(key, record->hash, record->seal);
}

static void test_goldens_are_sound(void **state)
{
    (void)state;
    uint8_t root[DIGEST_BYTES];
    struct chain chain = chain_of(GOLDEN_ENTRIES);
    assert_int_equal(chain.seq, GOLDEN_ENTRIES);
    assert_int_equal(chain.height, golden_integer(GOLDEN_ENTRIES, "height"));
    assert_int_equal(chain.time_ms, golden_integer(GOLDEN_ENTRIES, "time_ms"));
    assert_memory_equal(chain.head, records[GOLDEN_ENTRIES].hash, DIGEST_BYTES);
    tree_root(&chain.tree, root);
    assert_memory_equal(root, golden_fixed("root4", DIGEST_BYTES), DIGEST_BYTES);
}

/* One change to one field, and the fault that it must show as. */
struct change {
    const char *name;
    void (*make)(struct record *record);
    enum chain_fault fault;
};

#define CHANGE(name, statement) static void change_##name(struct record *record) { statement; }
CHANGE(seq, record->entry.seq++)
CHANGE(height, record->entry.height++)
CHANGE(time_ms, record->entry.time_ms++)
CHANGE(previous_hash, record->entry.previous_hash[31] ^= 1)
CHANGE(rules_version, record->entry.rules_version++)
CHANGE(kind, record->entry.kind = "other")
CHANGE(target, record->entry.target = "other")
CHANGE(command_id, record->entry.command_id = "other")
CHANGE(new_id, record->entry.new_id = "other")
CHANGE(organisation, record->entry.organisation = "other")
CHANGE(role, record->entry.role = "other")
CHANGE(subject, record->entry.subject = "other")
CHANGE(submitter_key, record->entry.submitter_key = "other")
CHANGE(submitter_alg, record->entry.submitter_alg = "other")
CHANGE(body_length, record->entry.body_length--)
CHANGE(body_digest, record->entry.body_digest[0] ^= 0x80)
CHANGE(body_missing, record->entry.body = NULL)
CHANGE(submitter_sig, (record->entry.submitter_sig = "other", record->entry.submitter_sig_length = 5))
CHANGE(effects, record->entry.effects[7] ^= 2)
CHANGE(hash, record->hash[0] ^= 1)
CHANGE(seal_r, record->seal[5] ^= 1)
CHANGE(seal_s, record->seal[63] ^= 1)

static void change_body(struct record *record)
{
    size_t length = (size_t)record->entry.body_length;
    uint8_t *body = (uint8_t *)arena_copy(golden_arena(), record->entry.body, length);
    assert_non_null(body);
    body[length / 2] ^= 1;
    record->entry.body = body;
}

/* The body changed with its digest: only the hash can show it. */
static void change_body_and_digest(struct record *record)
{
    change_body(record);
    digest_bytes(record->entry.body_digest, record->entry.body, (size_t)record->entry.body_length);
}

/* Two neighbouring texts exchange a letter: without length prefixes this would pass. */
static void change_border(struct record *record)
{
    record->entry.role = arena_format(golden_arena(), "%s%.1s", record->entry.role, record->entry.subject);
    record->entry.subject++;
}

static void test_every_field_is_covered(void **state)
{
    (void)state;
    static const struct change changes[] = {
        { "seq", change_seq, CHAIN_SEQ },
        { "height", change_height, CHAIN_HASH },
        { "time_ms", change_time_ms, CHAIN_HASH },
        { "previous_hash", change_previous_hash, CHAIN_PREVIOUS_HASH },
        { "rules_version", change_rules_version, CHAIN_HASH },
        { "kind", change_kind, CHAIN_HASH },
        { "target", change_target, CHAIN_HASH },
        { "command_id", change_command_id, CHAIN_HASH },
        { "new_id", change_new_id, CHAIN_HASH },
        { "organisation", change_organisation, CHAIN_HASH },
        { "role", change_role, CHAIN_HASH },
        { "subject", change_subject, CHAIN_HASH },
        { "submitter_key", change_submitter_key, CHAIN_HASH },
        { "submitter_alg", change_submitter_alg, CHAIN_HASH },
        { "body_length", change_body_length, CHAIN_BODY },
        { "body_digest", change_body_digest, CHAIN_BODY },
        { "body", change_body, CHAIN_BODY },
        { "body missing", change_body_missing, CHAIN_BODY },
        { "body and digest", change_body_and_digest, CHAIN_HASH },
        { "submitter_sig", change_submitter_sig, CHAIN_HASH },
        { "effects", change_effects, CHAIN_HASH },
        { "border of texts", change_border, CHAIN_HASH },
        { "hash", change_hash, CHAIN_HASH },
        { "seal r", change_seal_r, CHAIN_SEAL },
        { "seal s", change_seal_s, CHAIN_SEAL },
    };
    for (int seq = 1; seq <= GOLDEN_ENTRIES; seq++) {
        struct chain chain = chain_of(seq - 1);
        for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
            struct record changed = records[seq];
            changes[i].make(&changed);
            enum chain_fault fault = check(&chain, &changed);
            if (fault != changes[i].fault) {
                fail_msg("entry %d, %s: %s instead of %s", seq, changes[i].name,
                         chain_fault_code(fault), chain_fault_code(changes[i].fault));
            }
        }
        assert_int_equal(check(&chain, &records[seq]), CHAIN_SOUND);
    }
}

/* All 255 other values of every byte of the canonical bytes, of the hash and of the seal. */
static void test_every_byte_is_covered(void **state)
{
    (void)state;
    for (int seq = 1; seq <= GOLDEN_ENTRIES; seq++) {
        size_t length = 0;
        struct chain chain = chain_of(seq - 1);
        const uint8_t *bytes = golden_bytes(golden_name(seq, "bytes"), &length);
        uint8_t *changed = (uint8_t *)arena_copy(golden_arena(), (const char *)bytes, length);
        struct arena arena;
        arena_init(&arena);
        for (size_t i = 0; i < length * 256; i++) {
            struct record record = records[seq];
            size_t at = i / 256;
            changed[at] = (uint8_t)(i % 256);
            if (changed[at] != bytes[at] && entry_decode(&record.entry, changed, length, &arena) == STATUS_OK) {
                if (record.entry.body == NULL && record.entry.body_length == records[seq].entry.body_length) {
                    record.entry.body = records[seq].entry.body; /* the blob table's */
                }
                assert_int_not_equal(check(&chain, &record), CHAIN_SOUND);
            }
            changed[at] = bytes[at];
            arena_reset(&arena);
        }
        arena_fini(&arena);
    }
    struct chain chain = chain_of(1);
    for (size_t i = 0; i < (DIGEST_BYTES + KEY_SIGNATURE_BYTES) * 8; i++) {
        struct record record = records[2];
        size_t at = i / 8;
        uint8_t mask = (uint8_t)(1u << i % 8);
        *(at < DIGEST_BYTES ? &record.hash[at] : &record.seal[at - DIGEST_BYTES]) ^= mask;
        assert_int_equal(check(&chain, &record), at < DIGEST_BYTES ? CHAIN_HASH : CHAIN_SEAL);
    }
}

static void test_deletion_insertion_swap(void **state)
{
    (void)state;
    for (int seq = 1; seq < GOLDEN_ENTRIES; seq++) {
        struct chain chain = chain_of(seq - 1);
        assert_int_equal(check(&chain, &records[seq + 1]), CHAIN_SEQ); /* deleted, or swapped with the next */
        chain = chain_of(seq);
        assert_int_equal(check(&chain, &records[seq]), CHAIN_SEQ); /* doubled */
    }
    for (int from = 1; from <= GOLDEN_ENTRIES; from++) { /* any entry in any other's place, renumbered */
        for (int to = 1; to <= GOLDEN_ENTRIES; to++) {
            struct chain chain = chain_of(to - 1);
            struct record moved = records[from];
            moved.entry.seq = (uint64_t)to;
            assert_int_equal(check(&chain, &moved), from == to ? CHAIN_SOUND : CHAIN_PREVIOUS_HASH);
            chain = chain_of(to - 1);
            memcpy(moved.entry.previous_hash, chain.head, DIGEST_BYTES);
            assert_int_equal(check(&chain, &moved), from == to ? CHAIN_SOUND : CHAIN_HASH);
        }
    }
}

/* Who recomputes the hashes still lacks the key; who has the key breaks the next link. */
static void test_forgers(void **state)
{
    (void)state;
    struct key *thief = NULL;
    struct key *node = golden_key();
    assert_int_equal(key_generate(&thief), STATUS_OK);
    struct record forged = records[2];
    forged.entry.organisation = "other";
    assert_int_equal(entry_hash(&forged.entry, forged.hash), STATUS_OK);
    struct chain chain = chain_of(1);
    assert_int_equal(check(&chain, &forged), CHAIN_SEAL); /* the old seal */
    seal_again(&forged, thief);
    assert_int_equal(check(&chain, &forged), CHAIN_SEAL); /* a stranger's seal */
    seal_again(&forged, node);
    assert_int_equal(check(&chain, &forged), CHAIN_SOUND);
    assert_int_equal(check(&chain, &records[3]), CHAIN_PREVIOUS_HASH);
    key_free(thief);
    key_free(node);
}

static void test_key_not_valid_here(void **state)
{
    (void)state;
    struct chain chain = chain_of(1);
    const struct record *next = &records[2];
    assert_int_equal(chain_check(&chain, &next->entry, next->hash, next->seal, NULL), CHAIN_KEY);
    uint8_t malformed[KEY_PUBLIC_BYTES] = { 0 };
    assert_int_equal(chain_check(&chain, &next->entry, next->hash, next->seal, malformed), CHAIN_SEAL);
    assert_int_equal(chain.seq, 1);
}

/* What only the node itself could get wrong: sealed entries against the rules of time. */
static void test_time_height_and_rules(void **state)
{
    (void)state;
    static const struct {
        int64_t time_ms;
        int64_t height;
        uint32_t rules_version;
        enum chain_fault fault;
    } cases[] = {
        { 0, 0, 1, CHAIN_SOUND },   { 0, 1, 1, CHAIN_SOUND },  { 1, 1, 1, CHAIN_SOUND },
        { -1, 0, 1, CHAIN_TIME },   { -1, 1, 1, CHAIN_TIME },  { 0, -1, 1, CHAIN_HEIGHT },
        { INT64_C(253402300800000), 1, 1, CHAIN_TIME }, { INT64_MAX, 1, 1, CHAIN_TIME },
        { 0, 2, 1, CHAIN_HEIGHT },  { 0, 1, 0, CHAIN_RULES_VERSION }, { 0, 1, 2, CHAIN_SOUND },
        { 0, 1, ENTRY_RULES_VERSION + 1, CHAIN_RULES_VERSION },
    };
    struct key *node = golden_key();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct chain chain = chain_of(3);
        struct record record = records[4];
        record.entry.time_ms = chain.time_ms + (uint64_t)cases[i].time_ms;
        record.entry.height = chain.height + (uint64_t)cases[i].height;
        record.entry.rules_version = cases[i].rules_version;
        seal_again(&record, node);
        assert_int_equal(check(&chain, &record), cases[i].fault);
    }
    static const uint64_t first_heights[] = { 0, 1, 2 };
    for (size_t i = 0; i < sizeof first_heights / sizeof *first_heights; i++) {
        struct chain chain = chain_of(0);
        struct record record = records[1];
        record.entry.height = first_heights[i];
        seal_again(&record, node);
        assert_int_equal(check(&chain, &record), first_heights[i] == 1 ? CHAIN_SOUND : CHAIN_HEIGHT);
    }
    key_free(node);
}

/* Newer rules may begin anywhere; older ones, which may allow what the newer ones forbid, never come back. */
static void test_rules_never_go_back(void **state)
{
    (void)state;
    struct key *node = golden_key();
    for (uint32_t version = 0; version <= ENTRY_RULES_VERSION + 1; version++) {
        struct chain chain = chain_of(2);
        struct record third = records[3], fourth = records[4];
        third.entry.rules_version = ENTRY_RULES_VERSION;
        seal_again(&third, node);
        assert_int_equal(check(&chain, &third), CHAIN_SOUND);
        assert_int_equal(chain.rules_version, ENTRY_RULES_VERSION);
        memcpy(fourth.entry.previous_hash, third.hash, DIGEST_BYTES);
        fourth.entry.rules_version = version;
        seal_again(&fourth, node);
        assert_int_equal(check(&chain, &fourth), version == ENTRY_RULES_VERSION ? CHAIN_SOUND : CHAIN_RULES_VERSION);
    }
    key_free(node);
}

static void test_faults_have_names(void **state)
{
    (void)state;
    for (int fault = CHAIN_SOUND; fault <= CHAIN_RULES_VERSION; fault++) {
        assert_true(strlen(chain_fault_code((enum chain_fault)fault)) > 1);
        assert_true(strlen(chain_fault_text((enum chain_fault)fault)) > 10);
        for (int other = CHAIN_SOUND; other < fault; other++) {
            assert_string_not_equal(chain_fault_code((enum chain_fault)fault), chain_fault_code((enum chain_fault)other));
        }
    }
    assert_string_equal(chain_fault_code(CHAIN_PREVIOUS_HASH), "previous_hash");
}

/* Many at once, short and long beside each other, by the auditor's code and by the writer's. */
static void test_many_at_once(void **state)
{
    (void)state;
    enum { MANY = 300 };
    static const size_t sizes[] = { 0, 1, 55, 56, 63, 64, 65, 119, 120, 500, 3000, 4095, 4096, 4097, 5000, 65536, 65537, 100000 };
    static struct entry entries[MANY];
    static struct chain_facts facts[MANY];
    static struct chain_item items[MANY];
    for (size_t i = 0; i < MANY; i++) {
        size_t length = sizes[i * 7 % (sizeof sizes / sizeof sizes[0])];
        char *body = arena_alloc(golden_arena(), length + 1), *text = arena_alloc(golden_arena(), 6000);
        assert_non_null(body);
        assert_non_null(text);
        memset(body, 'a' + (int)(i % 26), length);
        memset(text, 'k', i % 11 == 0 ? 5999 : i % 50);
        entries[i] = records[1 + i % GOLDEN_ENTRIES].entry;
        entries[i].seq = i;
        entries[i].target = text;
        entries[i].body = body;
        entries[i].body_length = length;
        digest_bytes(entries[i].body_digest, body, length);
        items[i] = (struct chain_item){ &entries[i], &facts[i] };
    }
    entries[50].body_digest[3] ^= 1;
    entries[51].body = NULL;
    entries[51].body_length = 7;
    for (size_t count = MANY; count > 0; count -= count > 20 ? 140 : 1) {
        memset(facts, 0xee, sizeof facts);
        chain_hash(items, count);
        for (size_t i = 0; i < count; i++) {
            uint8_t hash[DIGEST_BYTES], leaf[DIGEST_BYTES];
            struct buffer bytes;
            assert_int_equal(facts[i].is_body_sound, i != 50 && i != 51);
            if (i == 51) {
                continue;
            }
            buffer_init(&bytes);
            entry_encode(&entries[i], &bytes);
            digest_bytes(hash, bytes.bytes, bytes.length);
            tree_leaf_hash(leaf, bytes.bytes, bytes.length);
            buffer_fini(&bytes);
            assert_memory_equal(facts[i].hash, hash, DIGEST_BYTES);
            assert_memory_equal(facts[i].leaf, leaf, DIGEST_BYTES);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_many_at_once),
        cmocka_unit_test(test_goldens_are_sound),
        cmocka_unit_test(test_every_field_is_covered),
        cmocka_unit_test(test_every_byte_is_covered),
        cmocka_unit_test(test_deletion_insertion_swap),
        cmocka_unit_test(test_forgers),
        cmocka_unit_test(test_key_not_valid_here),
        cmocka_unit_test(test_time_height_and_rules),
        cmocka_unit_test(test_rules_never_go_back),
        cmocka_unit_test(test_faults_have_names),
    };
    int failed = key_library_open() == STATUS_OK ? cmocka_run_group_tests(tests, load_records, NULL) : 1;
    arena_fini(golden_arena());
    return failed;
}
