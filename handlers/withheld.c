/*
 * Who reads contacts, drivers, notes, reasons and rationales.
 */
#include "handlers/withheld.h"

#include <assert.h>
#include <string.h>

static bool is_same(const char *a, const char *b)
{
    return b != NULL && a[0] != 0 && strcmp(a, b) == 0;
}

bool withheld_may_see(const struct actor *viewer, const char *organisation, const char *other)
{
    switch (viewer->role) {
    case ROLE_AUDITOR:
    case ROLE_COORDINATOR:
    case ROLE_ADMIN:
    case ROLE_SYSTEM:
        return true;
    case ROLE_OPERATOR:
        return is_same(viewer->organisation, organisation) || is_same(viewer->organisation, other);
    case ROLE_PUBLIC:
        break;
    }
    return false;
}

void withheld_write(struct withheld *withheld, struct json_writer *w, const char *key, const char *commitment,
                    const char *text)
{
    bool is_shown = withheld->may_see && text != NULL;
    json_member_text(w, key, is_shown ? text : NULL);
    if (commitment != NULL && !is_shown) {
        assert(withheld->count < WITHHELD_MAX);
        withheld->names[withheld->count++] = key;
    }
}

void withheld_close(struct withheld *withheld, struct json_writer *w)
{
    json_key(w, "withheld");
    json_array_begin(w);
    for (size_t i = 0; i < withheld->count; i++) {
        json_text(w, withheld->names[i]);
    }
    json_array_end(w);
    withheld->count = 0;
}
