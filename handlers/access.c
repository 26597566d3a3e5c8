/*
 * Tokens, roles and keys of requests. Whether a site is the caller's is the rules' to say:
 * they see the command's actor.
 */
#include "handlers/access.h"

#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "base/text.h"
#include "db/node.h"
#include "handlers/callers.h"
#include "handlers/problem.h"
#include "ledger/digest.h"

enum { TOKEN_BYTES_MAX = 512 };

/* The characters of a token68 (RFC 9110, 11.2) without its padding. */
static bool is_token_character(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           (c != 0 && strchr("-._~+/", c) != NULL);
}

/* The token in an Authorization header, or NULL where the header is not "Bearer TOKEN". */
static const char *read_token(const char *header, size_t *length)
{
    static const char scheme[] = "bearer";
    size_t scheme_length = sizeof scheme - 1;
    if (strncasecmp(header, scheme, scheme_length) != 0 || header[scheme_length] != ' ') {
        return NULL;
    }
    const char *token = header + scheme_length + strspn(header + scheme_length, " ");
    size_t used = 0;
    while (is_token_character(token[used])) {
        used++;
    }
    size_t whole = used + strspn(token + used, "=");
    size_t blanks = strspn(token + whole, " \t");
    if (used == 0 || whole > TOKEN_BYTES_MAX || token[whole + blanks] != 0) {
        return NULL;
    }
    *length = whole;
    return token;
}

/* A 401 for a token that was sent (RFC 6750, 3.1). */
static bool refuse_token(struct exchange *exchange, const char *detail)
{
    problem_reply(exchange, "unauthenticated", "%s", detail);
    exchange->header_count = 0;
    exchange_header(exchange, "WWW-Authenticate", "Bearer realm=\"tallystick\", error=\"invalid_token\"");
    return false;
}

/*
 * The same, and it counts against the network that it came from: one that sends many different ones is told to wait. Good
 * tokens are never held back for it. A token has 32 random bytes, so that guessing one is hopeless at any speed; what this
 * spares is the log and the eyes of whoever watches the count of 401s.
 */
static bool refuse_try(struct exchange *exchange, const uint8_t hash[DIGEST_BYTES], const char *detail)
{
    int64_t wait_s = callers_failed(exchange->service->callers, exchange->client, hash, clock_steady_us());
    if (wait_s == 0) {
        return refuse_token(exchange, detail);
    }
    const char *wait = arena_format(exchange->arena, "%lld", (long long)wait_s);
    problem_reply(exchange, "too_many_attempts",
                  "%d tokens that are not valid came from your network within %d seconds, and this one is not valid either. "
                  "Wait %lld seconds before you try another one; requests without a token, and valid tokens, are served.",
                  CALLERS_FAILURES_MAX, CALLERS_WINDOW_S, (long long)wait_s);
    exchange_header(exchange, "Retry-After", wait != NULL ? wait : "60");
    return false;
}

/* NULL: the token is good now. */
static const char *why_ended(const struct token *token, int64_t now_ms)
{
    if (token->revoked_at_ms != 0 && token->revoked_at_ms <= now_ms) {
        return "The token was revoked. Ask an administrator for a new one.";
    }
    if (token->expires_at_ms != 0 && token->expires_at_ms <= now_ms) {
        return "The token has expired. Ask an administrator for a new one.";
    }
    return NULL;
}

/* Fills the caller from a token's row. */
static bool take_caller(struct exchange *exchange, const struct token *token)
{
    int64_t now_ms = clock_wall_ms();
    const char *ended = why_ended(token, now_ms);
    if (ended != NULL) {
        return refuse_try(exchange, token->hash, ended);
    }
    enum role role = ROLE_PUBLIC;
    if (role_from_name(token->role, &role) != STATUS_OK || role == ROLE_PUBLIC || role == ROLE_SYSTEM) {
        log_error("token", "id=%s role=unusable", token->id);
        problem_status(exchange, STATUS_CORRUPT);
        return false;
    }
    exchange->caller = (struct actor){ .organisation = token->organisation, .role = role, .subject = token->id };
    exchange->has_token = true;
    exchange->scope = token->scope;
    callers_used(exchange->service->callers, token->hash, now_ms);
    return true;
}

/*
 * Who calls. False: the problem is the reply.
 *
 * A token is looked up by its SHA-256, which is what is stored. How long an index takes to find bytes tells how far they agree with
 * stored ones; but whoever guesses tokens does not choose their digests, and a digest's first bytes, once known, say nothing of the token's:
 * he would still have to try 2^256 of them. What is found is compared as a whole in constant time, so that nothing rests on how the
 * database compares.
 */
static bool identify(struct exchange *exchange)
{
    exchange->caller = (struct actor){ .organisation = "", .role = ROLE_PUBLIC, .subject = "" };
    exchange->has_token = false;
    exchange->scope = "";
    const char *header = exchange->header(exchange, "Authorization");
    if (header == NULL) {
        return true;
    }
    size_t length = 0;
    const char *text = read_token(header, &length);
    if (text == NULL) {
        return refuse_token(exchange, "The Authorization header cannot be read. It is: Authorization: Bearer TOKEN.");
    }
    uint8_t hash[DIGEST_BYTES];
    digest_bytes(hash, text, length);
    struct token token;
    enum status status = node_token_find(exchange->node, exchange->arena, hash, &token);
    if (status == STATUS_OK && !text_equal_constant_time(hash, token.hash, sizeof hash)) {
        status = STATUS_ABSENT;
    }
    if (status == STATUS_ABSENT) {
        return refuse_try(exchange, hash, "The token is not known here. It is the line that was printed when it was "
                                          "made: Authorization: Bearer TOKEN.");
    }
    if (status != STATUS_OK) {
        problem_status(exchange, status);
        return false;
    }
    return take_caller(exchange, &token);
}

/* Roles in the order of what they may, as words. */
static const enum role grantable[] = { ROLE_AUDITOR, ROLE_OPERATOR, ROLE_COORDINATOR, ROLE_ADMIN };
enum { GRANTABLE = sizeof grantable / sizeof grantable[0] };

static const char *phrase_roles(struct arena *arena, unsigned roles)
{
    const char *phrase = NULL;
    for (size_t i = 0; i < GRANTABLE; i++) {
        if ((roles & ROLE_BIT(grantable[i])) != 0) {
            const char *name = role_name(grantable[i]);
            phrase = phrase == NULL ? name : arena_format(arena, "%s or %s", phrase, name);
        }
    }
    return phrase != NULL ? phrase : "another one"; /* no memory: the members still name them */
}

static void write_roles(struct json_writer *w, const void *context)
{
    const struct exchange *exchange = context;
    json_key(w, "needed_roles");
    json_array_begin(w);
    for (size_t i = 0; i < GRANTABLE; i++) {
        if ((exchange->route->roles & ROLE_BIT(grantable[i])) != 0) {
            json_text(w, role_name(grantable[i]));
        }
    }
    json_array_end(w);
    json_member_text(w, "role", role_name(exchange->caller.role));
}

/* The first word of a path: supplies of /supplies/{id}/adjustments. */
static size_t first_word(const char *path)
{
    return strcspn(path + 1, "/");
}

/* Whether word stands in a scope. */
static bool scope_has(const char *scope, const char *word, size_t length)
{
    while (scope[0] != 0) {
        const size_t used = strcspn(scope, ",");
        if (used == length && memcmp(scope, word, length) == 0) {
            return true;
        }
        scope += used + (scope[used] == ',');
    }
    return false;
}

/* Whether a scope says who may: it narrows what is written, never what is read, even where reading needs a role. */
static bool is_narrowed(const struct route *route)
{
    return route->roles != 0 && route->method != METHOD_GET;
}

bool access_scope_is_sound(const char *scope, const struct route *routes, size_t count)
{
    const char *words = scope;
    if (strcmp(scope, "read") == 0 || scope[0] == 0) {
        return true;
    }
    for (bool is_last = false; !is_last;) {
        const size_t length = strcspn(words, ",");
        bool is_known = false;
        for (size_t i = 0; i < count && !is_known; i++) {
            const char *path = routes[i].path;
            is_known = is_narrowed(&routes[i]) && first_word(path) == length && memcmp(path + 1, words, length) == 0;
        }
        if (!is_known) {
            return false;
        }
        is_last = words[length] == 0;
        words += length + !is_last;
    }
    return true;
}

static void write_scope(struct json_writer *w, const void *context)
{
    const struct exchange *exchange = context;
    json_member_text(w, "scope", exchange->scope);
}

/* Whether the token's scope lets it write here. False: the problem is the reply. */
static bool is_in_scope(struct exchange *exchange)
{
    const char *word = exchange->route->path + 1;
    const size_t length = first_word(exchange->route->path);
    if (exchange->scope[0] == 0 || !is_narrowed(exchange->route) || scope_has(exchange->scope, word, length)) {
        return true;
    }
    problem_members(exchange, "forbidden", write_scope, exchange,
                    "The token's role would do, but it was narrowed to %s when it was made. This needs a token whose scope "
                    "has %.*s, or one without a scope.", exchange->scope, (int)length, word);
    return false;
}

/* Probes and the contract tell nothing of the data: a private service serves them too. */
static bool is_open_always(const struct route *route)
{
    return route->is_bare || strcmp(route->path, "/readyz") == 0;
}

bool access_check(struct exchange *exchange)
{
    if (!identify(exchange)) {
        return false;
    }
    const struct route *route = exchange->route;
    if (route->roles == 0) {
        if (exchange->service->is_private && !exchange->has_token && !is_open_always(route)) {
            problem_reply(exchange, "unauthenticated",
                          "This service is private: every request needs a token, sent as Authorization: Bearer TOKEN.");
            return false;
        }
        return true;
    }
    if (!exchange->has_token) {
        problem_reply(exchange, "unauthenticated",
                      "This needs a token with the role %s, sent as Authorization: Bearer TOKEN.",
                      phrase_roles(exchange->arena, route->roles));
        return false;
    }
    if ((route->roles & ROLE_BIT(exchange->caller.role)) == 0) {
        problem_members(exchange, "forbidden", write_roles, exchange,
                        "This needs the role %s; the token's role is %s.",
                        phrase_roles(exchange->arena, route->roles), role_name(exchange->caller.role));
        return false;
    }
    return is_in_scope(exchange);
}

bool access_goes_on(const struct exchange *exchange)
{
    if (!exchange->service->is_private) {
        return true;
    }
    const char *header = exchange->header(exchange, "Authorization");
    size_t length = 0;
    const char *text = header != NULL ? read_token(header, &length) : NULL;
    if (text == NULL) {
        return false;
    }
    uint8_t hash[DIGEST_BYTES];
    struct arena arena;
    struct token token;
    arena_init(&arena);
    digest_bytes(hash, text, length);
    const bool is_valid = node_token_find(exchange->node, &arena, hash, &token) == STATUS_OK &&
                          text_equal_constant_time(hash, token.hash, sizeof hash) && why_ended(&token, clock_wall_ms()) == NULL;
    arena_fini(&arena);
    return is_valid;
}

/* Strips the optional quotes. False where what is left is not 1..255 visible ASCII characters. */
static bool unquote_key(const char **key, size_t *length)
{
    const char *text = *key;
    size_t bytes = strlen(text);
    bool is_quoted = text[0] == '"';
    if (is_quoted) {
        if (bytes < 2 || text[bytes - 1] != '"') {
            return false;
        }
        text++;
        bytes -= 2;
    }
    if (bytes == 0 || bytes > LIMIT_KEY_BYTES) {
        return false;
    }
    for (size_t i = 0; i < bytes; i++) {
        if (text[i] < 0x21 || text[i] > 0x7e || (is_quoted && text[i] == '"')) {
            return false;
        }
    }
    *key = text;
    *length = bytes;
    return true;
}

const char *access_uuid(struct exchange *exchange)
{
    char *uuid = arena_alloc(exchange->arena, UUID_BYTES);
    enum status status = uuid == NULL ? STATUS_EXHAUSTED : random_uuid(uuid, clock_wall_ms());
    if (status != STATUS_OK) {
        problem_status(exchange, status);
        return NULL;
    }
    return uuid;
}

const char *access_key(struct exchange *exchange)
{
    const char *key = exchange->header(exchange, "Idempotency-Key");
    size_t length = 0;
    if (key == NULL && exchange->method == METHOD_PUT) {
        return access_uuid(exchange); /* a PUT may come without one */
    }
    if (key == NULL) {
        problem_reply(exchange, "idempotency_key_missing",
                      "A POST that changes something needs a key of your choice, so that sending it again does it "
                      "once only: Idempotency-Key: 1 to 255 visible ASCII characters, a UUID for example.");
        return NULL;
    }
    if (!unquote_key(&key, &length)) {
        problem_reply(exchange, "idempotency_key_malformed",
                      "The Idempotency-Key has 1 to 255 visible ASCII characters without blanks, with or without "
                      "quotes around them.");
        return NULL;
    }
    const char *copy = arena_copy(exchange->arena, key, length);
    if (copy == NULL) {
        problem_status(exchange, STATUS_EXHAUSTED);
    }
    return copy;
}
