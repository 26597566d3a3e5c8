/*
 * Request targets: what is taken is UTF-8 without control characters, in no more parts than there is room for.
 */
#include <string.h>

#include "base/text.h"
#include "server/target.h"
#include "tests/fuzz/fuzz.h"

static void check_text(const char *text)
{
    CHECK(text != NULL && text_is_utf8(text, strlen(text)));
    for (const char *at = text; *at != 0; at++) {
        CHECK((unsigned char)*at >= 0x20 && *at != 0x7f);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct arena arena;
    struct target target;
    arena_init(&arena);
    const char *raw = arena_copy(&arena, (const char *)bytes, length);
    const char *fault = raw != NULL ? target_parse(&target, raw, &arena) : "";
    if (fault == NULL) {
        CHECK(target.segment_count <= LIMIT_PATH_SEGMENTS && target.query_count <= LIMIT_QUERY_PARAMETERS);
        CHECK(target.is_asterisk || target.path[0] == '/');
        for (size_t i = 0; i < target.segment_count; i++) {
            check_text(target.segments[i]);
        }
        for (size_t i = 0; i < target.query_count; i++) {
            check_text(target.query[i].name);
            check_text(target.query[i].value);
        }
    }
    arena_fini(&arena);
    return 0;
}
