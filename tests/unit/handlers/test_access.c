/* Who may: tokens, roles, private services, keys. */
#include "tests/unit/handlers/fake.h"

#include "handlers/access.h"
#include "ledger/digest.h"

static struct node *node;
static char directory[32];

static void add_token(const char *id, const char *text, const char *role, const char *scope, int64_t expires_at_ms)
{
    struct token token = { .id = id, .organisation = "CRC-HB", .role = role, .scope = scope, .created_at_ms = 1,
                           .expires_at_ms = expires_at_ms };
    digest_bytes(token.hash, text, strlen(text));
    assert_int_equal(node_token_insert(node, &token), STATUS_OK);
}

static int open_node(void **state)
{
    char path[64];
    (void)state;
    snprintf(path, sizeof path, "%s/node.db", fake_directory(directory));
    assert_int_equal(node_open(path, true, &node), STATUS_OK);
    add_token("t-operator", "operators-token", "operator", "", 0);
    add_token("t-admin", "admins+token/==", "admin", "", INT64_C(32503680000000));
    add_token("t-expired", "expired", "admin", "", 2);
    add_token("t-revoked", "revoked", "admin", "", 0);
    add_token("t-narrow", "narrow", "admin", "supplies,transfers", 0);
    add_token("t-read", "read", "admin", "read", 0);
    assert_int_equal(node_token_revoke(node, "t-revoked", 2), STATUS_OK);
    return 0;
}

static int close_node(void **state)
{
    (void)state;
    node_close(node);
    fake_directory_remove(directory);
    return 0;
}

static void start(struct fake *fake, const char *authorization, unsigned roles)
{
    fake_init(fake);
    fake->exchange.node = node;
    fake->route.roles = roles;
    if (authorization != NULL) {
        fake_set_header(fake, "Authorization", authorization);
    }
}

static void test_good_tokens(void **state)
{
    (void)state;
    static const char *const headers[] = { "Bearer operators-token", "bearer   operators-token", "BEARER operators-token " };
    struct fake fake;
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        start(&fake, headers[i], ROLE_BIT(ROLE_OPERATOR) | ROLE_BIT(ROLE_ADMIN));
        assert_true(access_check(&fake.exchange));
        assert_true(fake.exchange.has_token);
        assert_int_equal(fake.exchange.caller.role, ROLE_OPERATOR);
        assert_string_equal(fake.exchange.caller.organisation, "CRC-HB");
        assert_string_equal(fake.exchange.caller.subject, "t-operator");
        fake_fini(&fake);
    }
    start(&fake, "Bearer admins+token/==", ROLE_BIT(ROLE_ADMIN));
    assert_true(access_check(&fake.exchange));
    fake_fini(&fake);
}

static void test_bad_tokens(void **state)
{
    (void)state;
    static const char *const headers[] = {
        "Bearer unknown", "Bearer expired", "Bearer revoked", "Bearer", "Bearer ", "Bearer a b", "Basic b3A6cHc=",
        "operators-token", "Bearer operators-token,Bearer x", "Bearer =", "",
    };
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        struct fake fake;
        start(&fake, headers[i], 0); /* a wrong token is wrong where none is needed too */
        assert_false(access_check(&fake.exchange));
        fake_assert_problem(&fake, 401, "unauthenticated");
        assert_non_null(strstr(fake_reply_header(&fake, "WWW-Authenticate"), "invalid_token"));
        assert_false(fake.exchange.has_token);
        fake_fini(&fake);
    }
}

static void test_roles(void **state)
{
    (void)state;
    struct fake fake;
    start(&fake, NULL, ROLE_BIT(ROLE_ADMIN));
    assert_false(access_check(&fake.exchange));
    fake_assert_problem(&fake, 401, "unauthenticated");
    assert_string_equal(fake_reply_header(&fake, "WWW-Authenticate"), "Bearer realm=\"tallystick\"");
    fake_fini(&fake);

    start(&fake, "Bearer operators-token", ROLE_BIT(ROLE_ADMIN) | ROLE_BIT(ROLE_COORDINATOR));
    assert_false(access_check(&fake.exchange));
    fake_assert_problem(&fake, 403, "forbidden");
    assert_string_equal(fake_text(&fake, "detail"), "This needs the role coordinator or admin; the token's role is operator.");
    assert_string_equal(fake_text(&fake, "role"), "operator");
    assert_int_equal(json_array_size(json_object_get(fake.body, "needed_roles")), 2);
    fake_fini(&fake);
}

static void test_scope_narrows(void **state)
{
    (void)state;
    static const struct {
        const char *header;
        const char *path;
        bool may;
    } cases[] = {
        { "Bearer narrow", "/supplies", true }, { "Bearer narrow", "/supplies/{id}/adjustments", true },
        { "Bearer narrow", "/transfers/{id}/receive", true }, { "Bearer narrow", "/items/{id}", false },
        { "Bearer narrow", "/supplie", false }, { "Bearer narrow", "/suppliess", false },
        { "Bearer read", "/supplies", false }, { "Bearer read", "/items/{id}", false },
        { "Bearer admins+token/==", "/items/{id}", true },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fake fake;
        start(&fake, cases[i].header, ROLE_BIT(ROLE_ADMIN));
        fake.route.path = cases[i].path;
        fake.route.method = METHOD_POST;
        assert_int_equal(access_check(&fake.exchange), cases[i].may);
        if (!cases[i].may) {
            fake_assert_problem(&fake, 403, "forbidden");
            assert_string_equal(fake_text(&fake, "scope"),
                                strcmp(cases[i].header, "Bearer read") == 0 ? "read" : "supplies,transfers");
        }
        fake_fini(&fake);
    }
    struct fake fake;
    static const unsigned readers[] = { 0, ROLE_BIT(ROLE_ADMIN) };
    for (size_t i = 0; i < 2; i++) { /* reading is never narrowed, even where it needs a role */
        start(&fake, "Bearer read", readers[i]);
        fake.route.path = "/config";
        fake.route.method = METHOD_GET;
        assert_true(access_check(&fake.exchange));
        fake_fini(&fake);
    }
}

static void test_sound_scopes(void **state)
{
    (void)state;
    static const struct route routes[] = {
        { .path = "/supplies", .method = METHOD_GET }, { .path = "/supplies", .method = METHOD_POST, .roles = 2 },
        { .path = "/items/{id}", .method = METHOD_PUT, .roles = 2 }, { .path = "/density", .method = METHOD_POST },
        { .path = "/config", .method = METHOD_GET, .roles = 2 } };
    static const char *const sound[] = { "", "read", "supplies", "items", "items,supplies" };
    static const char *const unsound[] = { "density", "config", "items,config", "read,supplies", "supplies,", ",", ",items", "items,,supplies",
                                           "Items", "items supplies", "item", "supplies/x", " " };
    for (size_t i = 0; i < sizeof sound / sizeof sound[0]; i++) {
        assert_true(access_scope_is_sound(sound[i], routes, sizeof routes / sizeof routes[0]));
    }
    for (size_t i = 0; i < sizeof unsound / sizeof unsound[0]; i++) {
        assert_false(access_scope_is_sound(unsound[i], routes, sizeof routes / sizeof routes[0]));
    }
}

/* One network that tries token after token is told to wait; good tokens are served all the same, seen before or not. */
static void test_guessing_is_slowed(void **state)
{
    (void)state;
    struct fake fake;
    char header[32];
    struct exchange_pair *sent = &fake.headers[0];
    start(&fake, "Bearer stale-1", 0);
    for (int i = 0; i < 100; i++) { /* a few programs that were set up wrongly guess nothing */
        snprintf(header, sizeof header, "Bearer stale-%d", i % CALLERS_REMEMBERED);
        sent->value = header;
        assert_false(access_check(&fake.exchange));
        assert_int_equal(fake.exchange.status, 401);
    }
    for (int i = CALLERS_REMEMBERED; i < CALLERS_FAILURES_MAX + 5; i++) {
        snprintf(header, sizeof header, "Bearer guess-%d", i);
        assert_false(access_check(&fake.exchange));
        assert_int_equal(fake.exchange.status, i < CALLERS_FAILURES_MAX ? 401 : 429);
    }
    fake_assert_problem(&fake, 429, "too_many_attempts");
    const long wait_s = strtol(fake_reply_header(&fake, "Retry-After"), NULL, 10);
    assert_true(wait_s >= 1 && wait_s <= CALLERS_WINDOW_S);
    sent->value = "Bearer operators-token"; /* never seen before */
    assert_true(access_check(&fake.exchange));
    sent->value = "Bearer another-guess";
    fake.exchange.client = "192.0.2.2";
    assert_false(access_check(&fake.exchange));
    assert_int_equal(fake.exchange.status, 401);
    fake.exchange.client = "2001:db8::1";
    assert_false(access_check(&fake.exchange));
    assert_int_equal(fake.exchange.status, 401);
    fake_fini(&fake);
}

static void test_private_service(void **state)
{
    (void)state;
    struct fake fake;
    start(&fake, NULL, 0);
    assert_true(access_check(&fake.exchange));
    fake.service.is_private = true;
    assert_false(access_check(&fake.exchange));
    fake_assert_problem(&fake, 401, "unauthenticated");
    fake.route.is_bare = true;
    assert_true(access_check(&fake.exchange));
    fake_fini(&fake);
    start(&fake, "Bearer operators-token", 0);
    fake.service.is_private = true;
    assert_true(access_check(&fake.exchange));
    fake_fini(&fake);
}

static void test_keys(void **state)
{
    (void)state;
    char longest[LIMIT_KEY_BYTES + 2];
    memset(longest, 'k', sizeof longest);
    longest[LIMIT_KEY_BYTES] = 0;
    const struct {
        const char *sent;
        const char *key; /* NULL: malformed */
    } cases[] = {
        { "a", "a" }, { "\"a\"", "a" }, { "a\"b", "a\"b" }, { longest, longest },
        { "", NULL }, { "\"\"", NULL }, { "\"", NULL }, { "\"a", NULL }, { "a b", NULL }, { "\"a\"b\"", NULL },
        { "k\xc3\xa4", NULL }, { "a\tb", NULL },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fake fake;
        start(&fake, NULL, 0);
        fake.exchange.method = METHOD_POST;
        fake_set_header(&fake, "Idempotency-Key", cases[i].sent);
        const char *key = access_key(&fake.exchange);
        if (cases[i].key != NULL) {
            assert_string_equal(key, cases[i].key);
        } else {
            assert_null(key);
            fake_assert_problem(&fake, 400, "idempotency_key_malformed");
        }
        fake_fini(&fake);
    }
    longest[LIMIT_KEY_BYTES] = 'k';
    longest[LIMIT_KEY_BYTES + 1] = 0;
    struct fake fake;
    start(&fake, NULL, 0);
    fake.exchange.method = METHOD_POST;
    fake_set_header(&fake, "Idempotency-Key", longest);
    assert_null(access_key(&fake.exchange));
    fake_fini(&fake);
}

static void test_missing_keys(void **state)
{
    (void)state;
    struct fake fake;
    start(&fake, NULL, 0);
    fake.exchange.method = METHOD_POST;
    assert_null(access_key(&fake.exchange));
    fake_assert_problem(&fake, 400, "idempotency_key_missing");
    fake.exchange.method = METHOD_PUT;
    const char *key = access_key(&fake.exchange);
    assert_int_equal(strlen(key), UUID_BYTES - 1);
    assert_int_equal(key[14], '7');
    fake_fini(&fake);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_tokens),
        cmocka_unit_test(test_bad_tokens),
        cmocka_unit_test(test_roles),
        cmocka_unit_test(test_scope_narrows),
        cmocka_unit_test(test_sound_scopes),
        cmocka_unit_test(test_guessing_is_slowed),
        cmocka_unit_test(test_private_service),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_missing_keys),
    };
    return cmocka_run_group_tests(tests, open_node, close_node);
}
