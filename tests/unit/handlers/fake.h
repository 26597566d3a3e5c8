#ifndef TESTS_UNIT_HANDLERS_FAKE_H
#define TESTS_UNIT_HANDLERS_FAKE_H

/* A request without a server, for tests of handlers: headers and query from tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "db/db.h"
#include "db/node.h"
#include "db/reference.h"
#include "handlers/callers.h"
#include "handlers/exchange.h"

enum { FAKE_HEADERS = 4 };

struct fake {
    struct exchange exchange;
    struct arena arena;
    struct service service;
    struct route route;
    struct exchange_pair headers[FAKE_HEADERS];
    size_t header_count;
    json_t *body; /* of the reply, once asked for */
};

static inline const char *fake_header(const struct exchange *exchange, const char *name)
{
    const struct fake *fake = exchange->server;
    for (size_t i = 0; i < fake->header_count; i++) {
        if (strcasecmp(fake->headers[i].name, name) == 0) {
            return fake->headers[i].value;
        }
    }
    return NULL;
}

/* A GET of /things by nobody. */
static inline void fake_init(struct fake *fake)
{
    memset(fake, 0, sizeof *fake);
    arena_init(&fake->arena);
    fake->route = (struct route){ .method = METHOD_GET, .path = "/things" };
    memset(fake->service.cursor_secret, 7, sizeof fake->service.cursor_secret);
    fake->exchange = (struct exchange){
        .method = METHOD_GET,
        .route = &fake->route,
        .target = "/things",
        .path = "/things",
        .base_url = "http://127.0.0.1:8080",
        .request_id = "r-1",
        .caller = { .organisation = "", .role = ROLE_PUBLIC, .subject = "" },
        .arena = &fake->arena,
        .service = &fake->service,
        .header = fake_header,
        .server = fake,
    };
    fake->exchange.scope = "";
    fake->exchange.client = "192.0.2.1";
    assert_int_equal(callers_open(&fake->service.callers), STATUS_OK);
    buffer_init(&fake->exchange.reply);
}

static inline void fake_fini(struct fake *fake)
{
    json_decref(fake->body);
    callers_close(fake->service.callers);
    buffer_fini(&fake->exchange.reply);
    arena_fini(&fake->arena);
}

static inline void fake_set_header(struct fake *fake, const char *name, const char *value)
{
    assert_true(fake->header_count < FAKE_HEADERS);
    fake->headers[fake->header_count++] = (struct exchange_pair){ name, value };
}

static inline void fake_add_query(struct fake *fake, const char *name, const char *value)
{
    assert_true(fake->exchange.query_count < LIMIT_QUERY_PARAMETERS);
    fake->exchange.query[fake->exchange.query_count++] = (struct exchange_pair){ name, value };
}

/* The reply's body, which must be JSON. */
static inline json_t *fake_body(struct fake *fake)
{
    json_decref(fake->body);
    fake->body = json_loadb(fake->exchange.reply.bytes, fake->exchange.reply.length, 0, NULL);
    assert_non_null(fake->body);
    return fake->body;
}

/* A member of the reply's object as text. */
static inline const char *fake_text(struct fake *fake, const char *name)
{
    const char *text = json_string_value(json_object_get(fake_body(fake), name));
    assert_non_null(text);
    return text;
}

/* A header of the reply, or NULL. */
static inline const char *fake_reply_header(const struct fake *fake, const char *name)
{
    for (size_t i = 0; i < fake->exchange.header_count; i++) {
        if (strcasecmp(fake->exchange.headers[i].name, name) == 0) {
            return fake->exchange.headers[i].value;
        }
    }
    return NULL;
}

/* The reply is a problem of that code. */
static inline void fake_assert_problem(struct fake *fake, int status, const char *code)
{
    assert_string_equal(fake_text(fake, "code"), code);
    assert_int_equal(fake->exchange.status, status);
    assert_int_equal(json_integer_value(json_object_get(fake->body, "status")), status);
    assert_string_equal(fake->exchange.content_type, "application/problem+json");
}

/* The code of the index-th fault; it is told of the parameter given. */
static inline const char *fake_fault(struct fake *fake, size_t index, const char *parameter)
{
    json_t *fault = json_array_get(json_object_get(fake_body(fake), "errors"), index);
    assert_non_null(fault);
    assert_string_equal(json_string_value(json_object_get(fault, "parameter")), parameter);
    return json_string_value(json_object_get(fault, "code"));
}

/* A new directory for databases; the caller removes it with fake_directory_remove. */
static inline const char *fake_directory(char path[32])
{
    memcpy(path, "/tmp/handlers.XXXXXX", sizeof "/tmp/handlers.XXXXXX");
    assert_non_null(mkdtemp(path));
    return path;
}

static inline void fake_directory_remove(const char *directory)
{
    static const char *const names[] = { "tallystick.db", "tallystick.db-wal", "tallystick.db-shm",
                                         "node.db", "node.db-wal", "node.db-shm" };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[64];
        snprintf(path, sizeof path, "%s/%s", directory, names[i]);
        unlink(path);
    }
    assert_int_equal(rmdir(directory), 0);
}

#endif
