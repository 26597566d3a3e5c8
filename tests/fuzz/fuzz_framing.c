/*
 * The guard, and what is looked for in a header that it lets pass: what both call sound has one meaning.
 */
#include "server/wire/framing.h"

#include <strings.h>

#include "tests/fuzz/guarded.h"
#include "tests/unit/server/header.h"

static unsigned times(const char *name)
{
    unsigned count = 0;
    for (unsigned i = 0; i < connection.field_count; i++) {
        const struct field *field = &connection.fields[i];
        count += field->name_length == strlen(name) && strncasecmp(field->name, name, field->name_length) == 0;
    }
    return count;
}

static void check_sound(const struct framing *framing)
{
    unsigned lengths = times("Content-Length"), codings = times("Transfer-Encoding");
    CHECK(lengths + codings <= 1 && times("Host") <= 1 && times("Authorization") <= 1 && times("Idempotency-Key") <= 1);
    CHECK(times("Host") == 1 || strcmp(connection.version, "HTTP/1.0") == 0);
    CHECK(framing->is_chunked == (codings == 1));
    CHECK(framing->has_body == (framing->is_chunked || framing->length > 0));
    for (unsigned i = 0; i < connection.field_count; i++) {
        const struct field *field = &connection.fields[i];
        CHECK(field->name_length > 0 && memchr(field->name, ' ', field->name_length) == NULL);
        for (size_t k = 0; field->value[k] != 0; k++) {
            CHECK((unsigned char)field->value[k] >= 0x20 || field->value[k] == '\t');
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static struct guarded guarded;
    struct framing framing;
    struct trace trace;
    if (length > 16384) {
        return 0;
    }
    guarded_check(&guarded, (const char *)bytes, length);
    if (!receive(guarded.out, guarded.length)) {
        return 0;
    }
    const struct guard_fault *fault = guarded.guard.fault.code != NULL && guarded.guard.requests == 1 ? &guarded.guard.fault : NULL;
    framing_check(&framing, &connection, connection.version, fault);
    CHECK((framing.fault.code == NULL) == (framing.fault.detail == NULL));
    CHECK(fault == NULL || framing.fault.code == fault->code);
    if (framing.fault.code == NULL) {
        check_sound(&framing);
    }
    framing_trace(framing.traceparent, &trace);
    bool is_part = trace.id[0] != 0;
    CHECK(strlen(trace.id) == (is_part ? TRACE_ID_BYTES - 1 : 0) && strlen(trace.parent) == (is_part ? TRACE_SPAN_BYTES - 1 : 0));
    CHECK(trace.flags <= 3);
    return 0;
}
