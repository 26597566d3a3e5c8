#ifndef TESTS_UNIT_SERVER_HEADER_H
#define TESTS_UNIT_SERVER_HEADER_H

/*
 * A request's header as libmicrohttpd 0.9.75 hands it over, without libmicrohttpd: the function that server/wire/framing.c
 * calls is played here, over bytes in which a NUL stands wherever the library would have written one. Before cmocka's
 * header comes in, the includer has those that it wants.
 */
#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <microhttpd.h>

enum { FIELDS_MAX = 120 };

struct field {
    const char *name, *value; /* value NULL: a line without one */
    size_t name_length, value_length;
};

/* One request's header, as it lies in the library's memory. */
struct MHD_Connection {
    char bytes[32768];
    struct field fields[FIELDS_MAX];
    unsigned field_count;
    size_t length;
    const char *method, *target, *version;
};

static struct MHD_Connection connection;

int MHD_get_connection_values_n(struct MHD_Connection *of, enum MHD_ValueKind kind, MHD_KeyValueIteratorN iterator, void *context)
{
    assert(kind == MHD_HEADER_KIND);
    for (unsigned i = 0; i < of->field_count; i++) {
        const struct field *field = &of->fields[i];
        if (iterator(context, kind, field->name, field->name_length, field->value, field->value_length) != MHD_YES) {
            break;
        }
    }
    return (int)of->field_count;
}

/* Splits length bytes at CR LF as the library does: a NUL behind each word of the request line, behind each name and
 * each value; blanks in front of a value are passed over. False for what the library would not have got that far with. */
static bool receive(const char *raw, size_t length)
{
    memset(&connection, 0, sizeof connection);
    if (length >= sizeof connection.bytes) {
        return false;
    }
    memcpy(connection.bytes, raw, length);
    connection.length = length;
    char *const all_end = connection.bytes + length;
    char *at = connection.bytes;
    char *end = strstr(at, "\r\n");
    char *space = end != NULL ? memchr(at, ' ', (size_t)(end - at)) : NULL;
    if (space == NULL) {
        return false;
    }
    char *version = end;
    while (version[-1] != ' ') {
        version--;
    }
    connection.method = at;
    connection.target = space + 1;
    connection.version = version;
    *space = 0;
    version[-1] = 0;
    *end = 0;
    for (at = end + 2; all_end - at >= 2 && (at[0] != '\r' || at[1] != '\n'); at = end + 2) {
        for (end = at; all_end - end >= 2 && (end[0] != '\r' || end[1] != '\n'); end++) {
        }
        char *colon = all_end - end >= 2 ? memchr(at, ':', (size_t)(end - at)) : NULL;
        if (colon == NULL || connection.field_count == FIELDS_MAX) {
            return false;
        }
        char *value = colon + 1;
        while (*value == ' ' || *value == '\t') {
            value++;
        }
        *colon = 0;
        *end = 0;
        connection.fields[connection.field_count++] = (struct field){at, value, (size_t)(colon - at), (size_t)(end - value)};
    }
    return true;
}

#endif
