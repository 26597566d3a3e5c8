/*
 * The one place where entity tags are made. Objects are tagged by present.c, pages of
 * figures by figures.c, answers of the analytics by analysis/reply.c; the server tags all
 * else that is read (server/dispatch.c).
 */
#include "handlers/tag.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "ledger/digest.h"

enum { TAG_DIGEST_BYTES = 8 };

void tag_make(char out[TAG_BYTES], int64_t version, const void *bytes, size_t length)
{
    uint8_t digest[DIGEST_BYTES];
    char hex[2 * TAG_DIGEST_BYTES + 1];
    digest_bytes(digest, bytes, length);
    text_to_hex(hex, digest, TAG_DIGEST_BYTES);
    int used = version == TAG_NO_VERSION ? snprintf(out, TAG_BYTES, "\"%s\"", hex)
                                         : snprintf(out, TAG_BYTES, "\"%" PRId64 ".%s\"", version, hex);
    assert(used > 0 && used < TAG_BYTES);
}

void tag_reply(struct exchange *exchange, int64_t version)
{
    char tag[TAG_BYTES];
    if (exchange->reply.failed || exchange->reply.length == 0) {
        return;
    }
    tag_make(tag, version, exchange->reply.bytes, exchange->reply.length);
    const char *kept = arena_text(exchange->arena, tag);
    if (kept != NULL) {
        exchange_header_replace(exchange, "ETag", kept);
    }
}
