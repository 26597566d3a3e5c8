/*
 * Tokens from the side of the one who gives them: the sub-commands, and the making itself, which store.c needs for the
 * first administrator. What a token may is handlers/access.c's.
 */
#include "server/tokens.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/random.h"
#include "base/text.h"
#include "db/db.h"
#include "db/reference.h"
#include "handlers/access.h"
#include "ledger/digest.h"
#include "rules/actor.h"
#include "server/routes.h"
#include "server/paths.h"
#include "server/tell.h"

enum { TOKEN_SECRET_BYTES = 32 };

#define MINUTE_MS INT64_C(60000)
#define DAY_MS (24 * 60 * MINUTE_MS)
#define LAST_MS INT64_C(253402300799999) /* 9999-12-31T23:59:59.999Z */

enum status tokens_create(struct node *node, struct arena *arena, const struct token_grant *grant, const char **out)
{
    uint8_t secret[TOKEN_SECRET_BYTES];
    uint8_t number[8];
    char encoded[TEXT_BASE64_BYTES(TOKEN_SECRET_BYTES)];
    char hex[2 * sizeof number + 1];
    enum status status = random_bytes(secret, sizeof secret);
    if (status == STATUS_OK) {
        status = random_bytes(number, sizeof number);
    }
    if (status != STATUS_OK) {
        return status;
    }
    text_to_base64url(encoded, secret, sizeof secret);
    text_to_hex(hex, number, sizeof number);
    const char *text = arena_format(arena, "tly_%s", encoded);
    const char *id = arena_format(arena, "tok-%s", hex);
    explicit_bzero(secret, sizeof secret);
    explicit_bzero(encoded, sizeof encoded);
    if (text == NULL || id == NULL) {
        return STATUS_EXHAUSTED;
    }
    struct token token = { .id = id, .organisation = grant->organisation, .role = grant->role, .scope = grant->scope,
                           .created_at_ms = clock_wall_ms(), .expires_at_ms = grant->expires_at_ms };
    digest_bytes(token.hash, text, strlen(text));
    status = node_token_insert(node, &token);
    if (status == STATUS_OK) {
        *out = text;
    }
    return status;
}

/* The organisation must exist, so that a slip of the pen does not make a useless token. */
static enum status check_organisation(const struct config *config, struct arena *arena)
{
    struct db *db = NULL;
    struct organisation organisation;
    const char *path = data_path(arena, config->data_dir, "tallystick.db");
    if (path == NULL) {
        return STATUS_EXHAUSTED;
    }
    enum status status = db_open_reader(path, &db);
    if (status != STATUS_OK) {
        tell_failure("no token was made", config->data_dir, status);
        return status;
    }
    status = db_organisation_find(db, arena, config->organisation, &organisation);
    db_close(db);
    if (status == STATUS_ABSENT) {
        tell("there is no organisation %s: PUT /organisations/%s first", config->organisation,
                config->organisation);
    } else if (status != STATUS_OK) {
        tell_failure("no token was made", config->data_dir, status);
    }
    return status;
}

/* Roles that a token may carry. */
static bool role_is_given(const char *name)
{
    enum role role = ROLE_PUBLIC;
    bool is_known = role_from_name(name, &role) == STATUS_OK && role != ROLE_PUBLIC && role != ROLE_SYSTEM;
    if (!is_known) {
        tell("--role: admin, coordinator, operator or auditor, not %s", name);
    }
    return is_known;
}

static bool scope_is_given(const char *scope)
{
    size_t count = 0;
    const struct route *routes = routes_table(&count);
    if (access_scope_is_sound(scope, routes, count)) {
        return true;
    }
    tell("--scope: read alone, or the first words of the paths that may be written, with commas "
                    "between them (supplies,transfers), not %s", scope);
    return false;
}

/* A number and m, h, d or w, from now; -1 where text is none, or ends beyond the year 9999. */
static int64_t span_read(const char *text, int64_t now_ms)
{
    static const struct {
        char unit;
        int64_t ms;
    } units[] = { { 'm', MINUTE_MS }, { 'h', 60 * MINUTE_MS }, { 'd', DAY_MS }, { 'w', 7 * DAY_MS } };
    char digits[8];
    const size_t length = strspn(text, "0123456789");
    int64_t count = 0;
    if (length == 0 || length >= sizeof digits || text[length] == 0 || text[length + 1] != 0) {
        return -1;
    }
    memcpy(digits, text, length);
    digits[length] = 0;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (units[i].unit == text[length] && text_to_integer(digits, &count) == STATUS_OK) {
            const int64_t at_ms = now_ms + count * units[i].ms; /* seven digits of weeks are far from overflowing */
            return at_ms <= LAST_MS ? at_ms : -1;
        }
    }
    return -1;
}

/* When the token ends: 0 where nothing was said, -1 and a message where it cannot be read. */
static int64_t expiry_read(const char *text)
{
    const int64_t now_ms = clock_wall_ms();
    int64_t at_ms = 0;
    int64_t days = 0;
    if (text == NULL) {
        return 0;
    }
    if (text_to_instant(text, &at_ms) != STATUS_OK) {
        at_ms = text_to_date(text, &days) == STATUS_OK ? days * DAY_MS : span_read(text, now_ms);
    }
    if (at_ms < 0) {
        tell("--expires: 90d (m minutes, h hours, d days, w weeks), 2027-06-30 or 2027-06-30T12:00:00Z, to the end of the year 9999, not %s", text);
    } else if (at_ms <= now_ms) {
        tell("--expires: %s is not in the future", text);
        at_ms = -1;
    }
    return at_ms;
}

/* Opens the directory's node.db; a message where that fails. */
static struct node *open_node(const struct config *config, struct arena *arena)
{
    struct node *node = NULL;
    const char *path = data_path(arena, config->data_dir, "node.db");
    if (path == NULL) {
        tell_failure("the tokens cannot be read", config->data_dir, STATUS_EXHAUSTED);
        return NULL;
    }
    if (access(path, R_OK | W_OK) != 0 && errno != ENOENT) {
        tell("%s cannot be used: %s. The files of a data directory belong to the user that serves it (here uid %u)", path, strerror(errno),
             (unsigned)geteuid());
        return NULL;
    }
    if (access(path, F_OK) != 0) {
        tell("there is no data directory to write to in %s: tallystick init --data-dir %s makes one",
                config->data_dir, config->data_dir);
        return NULL;
    }
    enum status status = node_open(path, true, &node);
    if (status != STATUS_OK) {
        tell_failure("the tokens cannot be read", config->data_dir, status);
    }
    return node;
}

static bool make_token(const struct config *config, struct arena *arena)
{
    const int64_t expires_at_ms = expiry_read(config->expires);
    const struct token_grant grant = { config->organisation, config->role, config->scope != NULL ? config->scope : "",
                                       expires_at_ms };
    const char *text = NULL;
    if (expires_at_ms < 0 || !role_is_given(grant.role) || !scope_is_given(grant.scope)) {
        return false;
    }
    struct node *node = open_node(config, arena);
    if (node == NULL || check_organisation(config, arena) != STATUS_OK) {
        node_close(node);
        return false;
    }
    enum status status = tokens_create(node, arena, &grant, &text);
    node_close(node);
    if (status != STATUS_OK) {
        tell_failure("no token was made", config->data_dir, status);
        return false;
    }
    printf("%s\n", text);
    return true;
}

/* An instant for people, or what stands for none. */
static const char *instant_or(char out[TEXT_INSTANT_BYTES], int64_t at_ms, const char *none)
{
    if (at_ms == 0) {
        return none;
    }
    text_from_instant(out, at_ms);
    return out;
}

static const char *or_dash(const char *text)
{
    return text[0] != 0 ? text : "-";
}

static bool show_tokens(const struct config *config, struct arena *arena)
{
    struct token *tokens = NULL;
    size_t count = 0;
    struct node *node = open_node(config, arena);
    if (node == NULL) {
        return false;
    }
    enum status status = node_token_list(node, arena, &tokens, &count);
    node_close(node);
    if (status != STATUS_OK) {
        tell_failure("the tokens cannot be read", config->data_dir, status);
        return false;
    }
    const int64_t now_ms = clock_wall_ms();
    printf("%-20s  %-7s  %-11s  %-24s  %-24s  %-24s  %-24s  %s\n", "id", "state", "role", "organisation", "made",
           "last used", "expires", "scope");
    for (size_t i = 0; i < count; i++) {
        const struct token *token = &tokens[i];
        const bool is_over = token->expires_at_ms != 0 && token->expires_at_ms <= now_ms;
        char made[TEXT_INSTANT_BYTES], used[TEXT_INSTANT_BYTES], expires[TEXT_INSTANT_BYTES];
        printf("%-20s  %-7s  %-11s  %-24s  %-24s  %-24s  %-24s  %s\n", token->id,
               token->revoked_at_ms != 0 ? "revoked" : is_over ? "expired" : "valid", token->role,
               or_dash(token->organisation), instant_or(made, token->created_at_ms, "-"),
               instant_or(used, token->last_used_at_ms, "never"), instant_or(expires, token->expires_at_ms, "never"),
               or_dash(token->scope));
    }
    return true;
}

static bool end_token(const struct config *config, struct arena *arena)
{
    struct node *node = open_node(config, arena);
    if (node == NULL) {
        return false;
    }
    enum status status = node_token_revoke(node, config->id, clock_wall_ms());
    node_close(node);
    if (status == STATUS_ABSENT) {
        tell("no valid token has the id %s; tallystick token list --data-dir %s shows them",
                config->id, config->data_dir);
    } else if (status != STATUS_OK) {
        tell_failure("the token was not revoked", config->data_dir, status);
    } else {
        printf("%s is revoked from now on\n", config->id);
    }
    return status == STATUS_OK;
}

static int run(const struct config *config, bool (*act)(const struct config *, struct arena *))
{
    struct arena arena;
    arena_init(&arena);
    const bool is_done = act(config, &arena);
    arena_fini(&arena);
    return is_done ? EXIT_SUCCESS : EXIT_FAILURE;
}

int command_token_create(const struct config *config)
{
    return run(config, make_token);
}

int command_token_list(const struct config *config)
{
    return run(config, show_tokens);
}

int command_token_revoke(const struct config *config)
{
    return run(config, end_token);
}
