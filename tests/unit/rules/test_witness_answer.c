/* What a witness reads of a log's answers: what is one, and what of everything else is refused without harm. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/text.h"
#include "rules/witness_answer.h"
#include "tests/unit/ledger/golden.h"

static const char *node, *ed25519; /* keys of the log, as GET /ledger/keys has them in vkey */

static int prepare(void **state)
{
    (void)state;
    node = golden_find("note.vkey");
    ed25519 = golden_find("note.ed25519_vkey");
    return key_library_open() == STATUS_OK && node != NULL && ed25519 != NULL ? 0 : -1;
}

static enum status read_keys(const char *json, uint64_t size, struct checkpoint_signer *signer)
{
    memset(signer, 0x5a, sizeof *signer); /* untouched where it is refused */
    return witness_answer_keys(json, strlen(json), size, signer);
}

/* A set of two keys with these ranges. */
static const char *key_set(const char *node_range, const char *ed25519_range)
{
    return arena_format(golden_arena(), "{\"keys\":[{\"kty\":\"EC\",\"vkey\":\"%s\",%s},{\"vkey\":\"%s\",%s}],\"more\":[{}]}", node, node_range,
                        ed25519, ed25519_range);
}

static void test_keys(void **state)
{
    (void)state;
    static const struct {
        const char *node, *ed25519;
        uint64_t size;
        bool has_node, has_ed25519;
    } cases[] = {
        { "\"from_seq\":1,\"to_seq\":null", "\"from_seq\":1,\"to_seq\":null", 1, true, true },
        { "\"from_seq\":1,\"to_seq\":9", "\"from_seq\":10,\"to_seq\":null", 9, true, false },
        { "\"from_seq\":1,\"to_seq\":9", "\"from_seq\":10,\"to_seq\":null", 10, false, true },
        { "\"from_seq\":1,\"to_seq\":9", "\"from_seq\":11,\"to_seq\":null", 10, false, false },
        { "\"from_seq\":1", "\"from_seq\":1,\"to_seq\":null", 5, false, true },                      /* no end is not the end null */
        { "\"from_seq\":\"1\",\"to_seq\":null", "\"from_seq\":0,\"to_seq\":null", 5, false, false },
        { "\"from_seq\":1,\"to_seq\":-1", "\"from_seq\":-5,\"to_seq\":null", 5, false, false },
        { "\"from_seq\":1,\"to_seq\":1.5", "\"from_seq\":1,\"to_seq\":true", 1, false, false },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct checkpoint_signer signer;
        enum status status = read_keys(key_set(cases[i].node, cases[i].ed25519), cases[i].size, &signer);
        assert_int_equal(status, cases[i].has_node || cases[i].has_ed25519 ? STATUS_OK : STATUS_ABSENT);
        if (status == STATUS_OK) {
            assert_string_equal(signer.origin, "ledger.example/golden");
            assert_int_equal(signer.has_node, cases[i].has_node);
            assert_int_equal(signer.has_ed25519, cases[i].has_ed25519);
        } else {
            assert_int_equal(signer.origin[0], 0x5a);
        }
    }
}

static void test_what_is_no_key_set(void **state)
{
    (void)state;
#define RANGE "\"from_seq\":1,\"to_seq\":null"
    const char *cases[] = {
        "", "{", "[]", "7", "{}", "{\"keys\":{}}", "{\"keys\":null}", "{\"keys\":[]}x", "{\"keys\":[],\"keys\":[]}",
        "{\"keys\":[{\"vkey\":\"x\"," RANGE "}]}", "{\"keys\":[{\"vkey\":\"\"," RANGE "}]}",
        arena_format(golden_arena(), "{\"keys\":[{\"vkey\":\"%s\"," RANGE "},{\"vkey\":\"%s\"," RANGE "}]}", node, node), /* two of a kind */
        arena_format(golden_arena(), "{\"keys\":[{\"vkey\":\"%sA\"," RANGE "}]}", node),
        "{\"keys\":[{\"vkey\":\"witness.example/w1+e75f6532+BAOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4\"," RANGE "}]}", /* of a witness */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct checkpoint_signer signer;
        assert_int_equal(read_keys(cases[i], 5, &signer), STATUS_INVALID);
        assert_int_equal(signer.origin[0], 0x5a);
    }
    static const char *const none[] = { "{\"keys\":[]}", "{\"keys\":[7,null,[],{}]}", "{\"keys\":[{\"vkey\":7," RANGE "}]}" };
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        struct checkpoint_signer signer;
        assert_int_equal(read_keys(none[i], 5, &signer), STATUS_ABSENT);
    }
    /* Keys of two logs in one set. */
    struct buffer other;
    struct checkpoint_signer signer;
    uint8_t public_key[ED25519_PUBLIC_BYTES] = { 1 };
    buffer_init(&other);
    checkpoint_ed25519_key_write(&other, "other.example/1", public_key);
    const char *both = arena_format(golden_arena(), "{\"keys\":[{\"vkey\":\"%s\"," RANGE "},{\"vkey\":\"%s\"," RANGE "}]}", node, other.bytes);
    assert_int_equal(read_keys(both, 5, &signer), STATUS_INVALID);
    buffer_fini(&other);
}

static enum status read_proof(const char *json, struct proof *proof)
{
    memset(proof, 0x5a, sizeof *proof);
    return witness_answer_proof(json, strlen(json), proof);
}

/* {"proof": [...]} of so many hashes, the i-th of bytes i. */
static const char *proof_of(size_t count)
{
    struct buffer out;
    buffer_init(&out);
    buffer_text(&out, "{\"from\":1,\"proof\":[");
    for (size_t i = 0; i < count; i++) {
        char hex[2 * DIGEST_BYTES + 1];
        uint8_t hash[DIGEST_BYTES];
        memset(hash, (int)i, sizeof hash);
        text_to_hex(hex, hash, sizeof hash);
        buffer_format(&out, "%s\"%s\"", i > 0 ? "," : "", hex);
    }
    buffer_text(&out, "]}");
    const char *text = arena_copy(golden_arena(), out.bytes, out.length);
    buffer_fini(&out);
    return text;
}

static void test_proofs(void **state)
{
    (void)state;
    struct proof proof;
    for (size_t count = 0; count <= PROOF_HASHES_MAX; count++) {
        assert_int_equal(read_proof(proof_of(count), &proof), STATUS_OK);
        assert_int_equal(proof.count, count);
        for (size_t i = 0; i < count; i++) {
            assert_int_equal(proof.hashes[i][0], i);
            assert_int_equal(proof.hashes[i][DIGEST_BYTES - 1], i);
        }
    }
    assert_int_equal(read_proof(proof_of(PROOF_HASHES_MAX + 1), &proof), STATUS_INVALID);
    assert_int_equal(read_proof(proof_of(1000), &proof), STATUS_INVALID);
    assert_int_equal(proof.count, (size_t)0x5a5a5a5a5a5a5a5a);
}

/* Every prefix of an answer, and every byte of it another: refused, or the same proof still. */
static void test_spoilt_proofs(void **state)
{
    (void)state;
    struct proof proof;
    const char *whole = proof_of(2);
    size_t length = strlen(whole);
    for (size_t i = 0; i < length; i++) {
        assert_int_equal(witness_answer_proof(whole, i, &proof), STATUS_INVALID);
    }
    char *bent = arena_copy(golden_arena(), whole, length);
    for (size_t i = 0; i < length; i++) {
        bent[i] ^= 0x10; /* of a digit: none any more */
        enum status status = witness_answer_proof(bent, length, &proof);
        assert_true(status == STATUS_INVALID || (status == STATUS_OK && i < strlen("{\"from\":1,")));
        bent[i] ^= 0x10;
    }
    static const char *const cases[] = { "", "[]", "{}", "{\"proof\":{}}", "{\"proof\":null}", "{\"proof\":[7]}", "{\"proof\":[null]}",
                                         "{\"proof\":[\"\"]}", "{\"proof\":[\"00\"]}", "{\"proof\":[[]]}" };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(read_proof(cases[i], &proof), STATUS_INVALID);
    }
}

/* What a problem says, whole characters of it, and nothing that a terminal would obey. */
static void test_problems(void **state)
{
    (void)state;
    static const struct {
        const char *json, *line;
    } cases[] = {
        { "{\"type\":\"/errors/unknown_key\",\"detail\":\"No such key.\",\"code\":\"unknown_key\"}", "unknown_key: No such key." },
        { "{\"detail\":\"No such key.\"}", "No such key." },
        { "{\"detail\":\"a\\u001b[2Jb\\nc\",\"code\":\"x\"}", "x: a [2Jb c" },
        { "<html>\r\nno</html>", "<html>  no</html>" },
        { "{\"detail\":7}", "{\"detail\":7}" },
        { "[]", "[]" },
        { "\xff\x1b", "? " },
        { "", "" },
    };
    char line[WITNESS_PROBLEM_BYTES];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        witness_answer_problem(cases[i].json, strlen(cases[i].json), line);
        assert_string_equal(line, cases[i].line);
    }
    for (size_t before = 0; before < 8; before++) { /* wherever the cut falls */
        struct buffer json;
        buffer_init(&json);
        buffer_format(&json, "{\"code\":\"c\",\"detail\":\"%.*s", (int)before, "aaaaaaaa");
        for (size_t i = 0; i < 500; i++) {
            buffer_text(&json, "\xe5\x8f\xa3");
        }
        buffer_text(&json, "\"}");
        witness_answer_problem(json.bytes, json.length, line);
        size_t length = strlen(line);
        assert_true(length < WITNESS_PROBLEM_BYTES && length > WITNESS_PROBLEM_BYTES - 8 && text_is_utf8(line, length));
        assert_string_equal(line + length - 6, "\xe5\x8f\xa3...");
        buffer_fini(&json);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys), cmocka_unit_test(test_what_is_no_key_set), cmocka_unit_test(test_proofs), cmocka_unit_test(test_spoilt_proofs),
        cmocka_unit_test(test_problems),
    };
    return cmocka_run_group_tests(tests, prepare, NULL);
}
