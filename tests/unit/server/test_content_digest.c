/*
 * Content-Digest: digests and bodies are those of RFC 9530's examples (Appendix B), the syntax is that of dictionaries of
 * byte sequences (RFC 9651).
 */
#include "tests/unit/handlers/fake.h"

#include "server/content_digest.h"

#define HELLO "{\"hello\": \"world\"}\n"
#define HELLO_DIGEST "RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg="
#define BARE_HELLO "{\"hello\": \"world\"}"
#define BARE_HELLO_DIGEST "X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE="
#define REST "\"world\"}\n"
#define REST_DIGEST "jjcgBDWNAtbYUXI37CVG3gRuGOAjaaDRGpIUFsdyepQ="
#define EMPTY_DIGEST "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="

static void start(struct fake *fake, const char *body, const char *digest)
{
    fake_init(fake);
    fake->exchange.body = body;
    fake->exchange.body_length = strlen(body);
    if (digest != NULL) {
        fake_set_header(fake, "Content-Digest", digest);
    }
}

static void test_good_digests(void **state)
{
    (void)state;
    static const struct { const char *body, *digest; } rows[] = {
        { HELLO, NULL },
        { HELLO, "sha-256=:" HELLO_DIGEST ":" },
        { BARE_HELLO, "sha-256=:" BARE_HELLO_DIGEST ":" },
        { REST, "sha-256=:" REST_DIGEST ":" },
        { "", "sha-256=:" EMPTY_DIGEST ":" },
        { HELLO, "sha-256=:" HELLO_DIGEST ": " },
        { HELLO, "md5=:AAAA:, sha-256=:" HELLO_DIGEST ":" },
        { HELLO, "sha-256=:" HELLO_DIGEST ":,sha-512=:AAAA:" },
        { HELLO, "sha-256=:" HELLO_DIGEST ":\t ,\t sha-512=:AAAA:" },
        { HELLO, "sha-512=:AAAA:" }, /* one that we do not know says nothing */
        { HELLO, "sha-2560=:AAAA:, sha-25=:AAAA:, *x_y.z=::" },
        { HELLO, "sha-256=:" REST_DIGEST ":, sha-256=:" HELLO_DIGEST ":" }, /* the last of one name counts (RFC 9651, 4.2.2) */
        { HELLO, "sha-256=:AAAA:, sha-512=:AAAA:, sha-256=:" HELLO_DIGEST ":, md5=:AAAA:" },
        { HELLO, "sha-256=:" HELLO_DIGEST ":;a" }, /* parameters (3.1.2) of every type */
        { HELLO, "sha-256=:" HELLO_DIGEST ":;a;b=1;c=-1.25; d=\"q\\\"; ,x\";e=?0;*f=tok/en:x;g=:AA==:;h=@-1;i=%\"%e4\", sha-512=:AAAA:;z" },
        { HELLO, "sha-512=:AAAA:; x=\", sha-256=::\" ,sha-256=:" HELLO_DIGEST ":" },
        { HELLO, "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg:" }, /* without its padding (4.2.7) */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct fake fake;
        start(&fake, rows[i].body, rows[i].digest);
        if (!content_digest_check(&fake.exchange)) {
            fail_msg("%s is refused", rows[i].digest);
        }
        assert_int_equal(fake.exchange.reply.length, 0);
        fake_fini(&fake);
    }
}

static void test_other_bodies(void **state)
{
    (void)state;
    static const struct { const char *body, *digest; } rows[] = {
        { BARE_HELLO, "sha-256=:" HELLO_DIGEST ":" },
        { HELLO, "sha-256=:" BARE_HELLO_DIGEST ":" },
        { "", "sha-256=:" HELLO_DIGEST ":" },
        { HELLO, "sha-256=:" EMPTY_DIGEST ":" },
        { HELLO, "sha-256=::" },
        { HELLO, "sha-256=:RK/0:" },
        { HELLO, "sha-512=:AAAA:, sha-256=:" REST_DIGEST ":" },
        { HELLO, "sha-256=:" HELLO_DIGEST ":, sha-256=:" REST_DIGEST ":" },
        { HELLO, "sha-256=:" REST_DIGEST ":;a=\"sha-256=:" HELLO_DIGEST ":\"" },
        { HELLO, "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabD:" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct fake fake;
        start(&fake, rows[i].body, rows[i].digest);
        assert_false(content_digest_check(&fake.exchange));
        fake_assert_problem(&fake, 400, "digest_mismatch");
        fake_fini(&fake);
    }
    struct fake fake; /* the answer names what the body has */
    start(&fake, HELLO, "sha-256=:" EMPTY_DIGEST ":");
    assert_false(content_digest_check(&fake.exchange));
    assert_non_null(strstr(fake_text(&fake, "detail"), "sha-256=:" HELLO_DIGEST ":"));
    fake_fini(&fake);
}

static void test_what_is_no_digest(void **state)
{
    (void)state;
    static const char *const digests[] = {
        "sha-256", "sha-256=", "sha-256=:", "sha-256=" HELLO_DIGEST, "sha-256=\"" HELLO_DIGEST "\"", "sha-256=:" HELLO_DIGEST,
        "SHA-256=:" HELLO_DIGEST ":", "sha-256 =:" HELLO_DIGEST ":", "sha-256=:" HELLO_DIGEST ":,", "sha-256=:" HELLO_DIGEST ":, ",
        "sha-256=:" HELLO_DIGEST ":;", "sha-256=:" HELLO_DIGEST ": sha-512=:AAAA:", ",sha-256=:" HELLO_DIGEST ":", "=:AAAA:",
        ":AAAA:", "sha-512=:AA-_:", "sha-512=:AA AA:", "sha-512=1", ",",
        "sha-256=:" HELLO_DIGEST ":;A", "sha-256=:" HELLO_DIGEST ":;a=", "sha-256=:" HELLO_DIGEST ":;a=\"", "sha-256=:" HELLO_DIGEST ":;a=\"\\x\"",
        "sha-256=:" HELLO_DIGEST ":;a=?2", "sha-256=:" HELLO_DIGEST ":;a=1.", "sha-256=:" HELLO_DIGEST ":;a=-", "sha-256=:" HELLO_DIGEST ":;a=@x",
        "sha-256=:" HELLO_DIGEST ":;a=:", "sha-256=:" HELLO_DIGEST ":;a=%x", "sha-256=:" HELLO_DIGEST ": ;a", "sha-256=:" HELLO_DIGEST ":;a ;",
        "1=:AAAA:", "-=:AAAA:", "sha-512=:AAAA:,,sha-256=:" HELLO_DIGEST ":",
    };
    for (size_t i = 0; i < sizeof digests / sizeof digests[0]; i++) {
        struct fake fake;
        start(&fake, HELLO, digests[i]);
        if (content_digest_check(&fake.exchange)) {
            fail_msg("%s is taken", digests[i]);
        }
        fake_assert_problem(&fake, 400, "malformed_request");
        fake_fini(&fake);
    }
}

static void test_replies(void **state)
{
    (void)state;
    static const struct { const char *reply, *digest; } rows[] = {
        { HELLO, "sha-256=:" HELLO_DIGEST ":" }, { BARE_HELLO, "sha-256=:" BARE_HELLO_DIGEST ":" }, { REST, "sha-256=:" REST_DIGEST ":" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct fake fake;
        start(&fake, "", NULL);
        buffer_text(&fake.exchange.reply, rows[i].reply);
        content_digest_add(&fake.exchange);
        assert_string_equal(fake_reply_header(&fake, "Content-Digest"), rows[i].digest);
        assert_string_equal(fake.exchange.reply.bytes, rows[i].reply);
        fake_fini(&fake);
    }
    struct fake fake;
    start(&fake, "", NULL);
    content_digest_add(&fake.exchange); /* an empty one has none */
    assert_int_equal(fake.exchange.header_count, 0);
    fake_fini(&fake);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_digests),
        cmocka_unit_test(test_other_bodies),
        cmocka_unit_test(test_what_is_no_digest),
        cmocka_unit_test(test_replies),
    };
    return cmocka_run_group_tests_name("content_digest", tests, NULL, NULL);
}
