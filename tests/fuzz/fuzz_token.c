/*
 * Authorization and Idempotency-Key: nobody gets in but with the one token that there is, and a key that is taken is
 * 1 to 255 visible ASCII characters.
 */
#include "tests/unit/handlers/fake.h"

#include "handlers/access.h"
#include "ledger/digest.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/support/scratch.h"

static struct node *node;

static void open_node(void)
{
    char directory[SCRATCH_BYTES], path[96];
    struct token token = {.id = "t", .organisation = "ORG", .role = "admin", .scope = "", .created_at_ms = 1};
    CHECK(scratch_make(directory) == 0);
    snprintf(path, sizeof path, "%s/node.db", directory);
    digest_bytes(token.hash, "the-token", strlen("the-token"));
    CHECK(node_open(path, true, &node) == STATUS_OK && node_token_insert(node, &token) == STATUS_OK);
    CHECK(scratch_remove(directory) == 0); /* open, and gone for everybody else */
}

static bool is_known(const char *header)
{
    char rest[16] = "";
    size_t scheme = strcspn(header, " ");
    return scheme == 6 && strncasecmp(header, "Bearer", 6) == 0 && sscanf(header + 6, " %15s", rest) == 1 &&
        strcmp(rest, "the-token") == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct fake fake;
    char address[32];
    static unsigned calls;
    if (node == NULL) {
        open_node();
    }
    fake_init(&fake);
    const char *text = arena_copy(&fake.arena, (const char *)bytes, length);
    CHECK(text != NULL);
    snprintf(address, sizeof address, "192.0.%u.%u", calls / 256 % 256, calls % 256); /* guesses from one are slowed */
    calls++;
    fake.exchange.client = address;
    fake.exchange.node = node;
    fake.route.roles = ROLE_BIT(ROLE_ADMIN);
    fake_set_header(&fake, "Authorization", text);
    fake_set_header(&fake, "Idempotency-Key", text);
    if (access_check(&fake.exchange)) {
        CHECK(fake.exchange.has_token && is_known(text));
    } else {
        CHECK(fake.exchange.status == 401 && !fake.exchange.has_token);
    }
    const char *key = access_key(&fake.exchange);
    size_t key_length = key != NULL ? strlen(key) : 0;
    CHECK(key == NULL ? fake.exchange.status == 400 : key_length >= 1 && key_length <= 255);
    for (size_t i = 0; i < key_length; i++) {
        CHECK(key[i] > 0x20 && key[i] < 0x7f);
    }
    fake_fini(&fake);
    return 0;
}
