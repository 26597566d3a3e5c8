/* Prefer: RFC 7240's own examples, what we look for in all its spellings, and what cannot be read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "handlers/prefer.h"

enum { NOTHING = 0, OBJECT = 1, THERE = 2, OWN = 4 };

static int read_all(const char *list)
{
    struct prefer prefer;
    prefer_read(list, &prefer);
    return (prefer.has_representation ? OBJECT : 0) | (prefer.has_proof_there ? THERE : 0) | (prefer.has_proof ? OWN : 0);
}

static void test_spellings(void **state)
{
    (void)state;
    static const struct { const char *list; int found; } cases[] = {
        { NULL, NOTHING }, { "", NOTHING }, { " ", NOTHING }, { ",", NOTHING }, { " , ,, ", NOTHING }, { ";", NOTHING },
        /* what is meant */
        { "return=representation; proof", OBJECT | THERE }, { "return=representation;proof", OBJECT | THERE },
        { "return=representation", OBJECT }, { "proof", OWN }, { "return=representation, proof", OBJECT | OWN },
        { "proof, return=representation", OBJECT | OWN }, { "proof, return=representation; proof", OBJECT | THERE | OWN },
        /* blanks, quotes, capitals, empty values: all the same (RFC 7240, section 2) */
        { "\treturn = representation\t;\tproof ", OBJECT | THERE }, { "return =\"representation\" ;proof", OBJECT | THERE },
        { "RETURN=Representation; PROOF", OBJECT | THERE }, { "Proof", OWN }, { "proof=\"\"", OWN }, { "proof=", OWN },
        { "return=representation; proof=\"\"", OBJECT | THERE }, { "return=representation;; ;proof;", OBJECT | THERE },
        { "return=representation; x=1; y=\"a;b,c\"; proof", OBJECT | THERE }, { ",proof,", OWN },
        /* other preferences beside them */
        { "respond-async, wait=100, handling=lenient, proof", OWN }, { "foo; some-parameter, return=representation;proof", OBJECT | THERE },
        { "foo=\"a, proof\"", NOTHING }, { "foo=\"a\\\", proof\", proof", OWN }, { "foo; proof", NOTHING }, { "foo=proof", NOTHING },
        { "proofs", NOTHING }, { "proo", NOTHING }, { "return; proof", NOTHING }, { "return=minimal; proof", NOTHING },
        { "return=minimal, proof", OWN }, { "return=representations; proof", NOTHING },
        /* a value is none of ours */
        { "proof=1", NOTHING }, { "proof=\"x\"", NOTHING }, { "return=representation; proof=no", OBJECT },
        /* the first counts */
        { "return=minimal, return=representation; proof", NOTHING }, { "return=representation, return=minimal", OBJECT },
        { "return=representation, return=representation; proof", OBJECT }, { "proof=1, proof", NOTHING },
        { "return=representation; proof=1; proof", OBJECT },
        /* what cannot be read is as if it were not there */
        { "@, proof", OWN }, { "a b, proof", OWN }, { "return=representation proof", NOTHING }, { "\"proof\"", NOTHING },
        { "return=representation; @, proof", OWN }, { "return=\"representation, proof", NOTHING }, { "proof x", NOTHING },
        { "foo=\"a\"b, proof", OWN }, { "foo=\"a, proof", NOTHING }, { "foo=\"a\\", NOTHING }, { "=1, proof", OWN }, { "pr\xc3\xb6of", NOTHING },
        { "return=representation; \"proof\"", NOTHING }, { "return=representation; proof @, x", NOTHING },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int found = read_all(cases[i].list);
        if (found != cases[i].found) {
            fail_msg("%s: %d and not %d", cases[i].list, found, cases[i].found);
        }
    }
}

/* Section 3: what was applied, without parameters; a proof that could not be made was not. */
static void test_applied(void **state)
{
    (void)state;
    static const struct { const char *list; const char *proved; const char *unproved; } cases[] = {
        { "x", NULL, NULL }, { "proof", "proof", NULL }, { "return=representation", "return=representation", "return=representation" },
        { "return=representation; proof", "return=representation", "return=representation" },
        { "proof, return=representation", "return=representation, proof", "return=representation" },
        { "proof, return=minimal", "proof", NULL },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (int is_proved = 0; is_proved < 2; is_proved++) {
            struct prefer prefer;
            prefer_read(cases[i].list, &prefer);
            const char *expected = is_proved ? cases[i].proved : cases[i].unproved, *said = prefer_applied(&prefer, is_proved);
            assert_true((said == NULL) == (expected == NULL));
            if (said != NULL) {
                assert_string_equal(said, expected);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_spellings), cmocka_unit_test(test_applied) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
