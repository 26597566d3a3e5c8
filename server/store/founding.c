/*
 * The first start. Everything else that opens a directory: store.c.
 */
#include "server/store/founding.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/random.h"
#include "base/text.h"
#include "db/node.h"
#include "ledger/checkpoint.h"
#include "rules/block.h"
#include "server/store/directory.h"
#include "server/paths.h"
#include "server/store/start_data.h"
#include "server/store/system_block.h"
#include "server/tell.h"
#include "server/tokens.h"

enum { TIME_ZONE_MINUTES = 480 /* UTC+8, where the provinces' days end */ };

static bool write_whole(const char *path, const char *text)
{
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0) {
        return false;
    }
    size_t length = strlen(text);
    bool is_written = write(file, text, length) == (ssize_t)length && write(file, "\n", 1) == 1 && fsync(file) == 0;
    return close(file) == 0 && is_written;
}

/* The file bears its name only once it is whole. */
static enum status write_private_file(struct arena *arena, const char *data_dir, const char *path, const char *text)
{
    const char *unfinished = arena_format(arena, "%s.unfinished", path);
    if (unfinished == NULL) {
        return STATUS_EXHAUSTED;
    }
    if (!write_whole(unfinished, text) || rename(unfinished, path) != 0 || !directory_sync(data_dir)) {
        tell("%s could not be written: %s", path, strerror(errno));
        unlink(unfinished);
        return STATUS_IO;
    }
    return STATUS_OK;
}

enum status founding_make_token(struct arena *arena, const char *data_dir, struct node *node)
{
    const char *path = data_path(arena, data_dir, "admin.token");
    const char *token = NULL;
    if (path == NULL) {
        return STATUS_EXHAUSTED;
    }
    struct token *tokens = NULL;
    size_t count = 0;
    enum status status = node_token_list(node, arena, &tokens, &count);
    if (status != STATUS_OK || (count > 0 && access(path, F_OK) == 0)) {
        return status; /* a file without tokens is another ledger's, which was taken away */
    }
    const struct token_grant everything = { .organisation = "", .role = "admin", .scope = "" };
    status = tokens_create(node, arena, &everything, &token);
    return status != STATUS_OK ? status : write_private_file(arena, data_dir, path, token);
}

/* tallystick.local/ and eight hexadecimal digits, where nobody chose an origin. */
static enum status choose_origin(struct arena *arena, const char *wanted, const char **origin)
{
    uint8_t bytes[4];
    char hex[2 * sizeof bytes + 1];
    if (wanted != NULL) {
        *origin = wanted;
        if (!checkpoint_origin_is_valid(*origin)) {
            tell("--origin: an origin is 1 to 127 visible ASCII characters without space and +");
            return STATUS_INVALID;
        }
        return STATUS_OK;
    }
    enum status status = random_bytes(bytes, sizeof bytes);
    if (status != STATUS_OK) {
        return status;
    }
    text_to_hex(hex, bytes, sizeof bytes);
    *origin = arena_format(arena, "tallystick.local/%s", hex);
    return *origin == NULL ? STATUS_EXHAUSTED : STATUS_OK;
}

enum status founding_make_genesis(struct executor *executor, const struct signer *signer, const char *wanted)
{
    struct arena arena;
    struct buffer body;
    bool is_unknown = false;
    struct start_parameters parameters = { .time_zone_minutes = TIME_ZONE_MINUTES, .node_key = signer_public(signer),
                                           .checkpoint_key = signer_ed25519(signer) };
    arena_init(&arena);
    buffer_init(&body);
    enum status status = choose_origin(&arena, wanted, &parameters.origin);
    if (status == STATUS_OK) {
        status = start_data_write(&parameters, &arena, &body);
    }
    if (status == STATUS_OK) {
        status = system_block_deliver(executor, COMMAND_GENESIS, "genesis", &body, &arena, &is_unknown);
        status = status == STATUS_CONFLICT ? STATUS_CORRUPT : status;
    }
    buffer_fini(&body);
    arena_fini(&arena);
    return status;
}
