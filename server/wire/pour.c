/*
 * All of it happens on the loop's thread, when libmicrohttpd asks for the next bytes (on_more).
 */
#include "server/wire/pour.h"

#include <microhttpd.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "db/db.h"
#include "handlers/access.h"
#include "rules/export/export.h"
#include "server/wire/lane.h"
#include "server/request.h"
#include "server/server.h"

enum {
    READERS_MAX = 16,              /* at once: each holds a piece of some 200 KiB, and takes its part of its loop */
    BLOCK_BYTES = 32 * 1024,       /* libmicrohttpd's buffer for one of these replies */
    ONCE_BYTES = 1024 * 1024,      /* of a reply in one piece, about */
    LOOK_AGAIN_US = 1000 * 1000    /* whether its caller may still read is looked at as often */
};

#define LIFE_US (3600 * INT64_C(1000000)) /* then the client comes again: whoever may read is asked anew */

/* The loop's thread has it. */
struct reader {
    struct server *server;
    struct request *request;
    struct export export;
    struct buffer lines;
    size_t taken; /* of lines */
    int64_t until_us, looked_us;
};

static enum status read_piece(struct db *db, struct export *export, struct buffer *lines)
{
    enum status status = db_read_begin(db);
    if (status == STATUS_OK) {
        status = export_piece(export, db, lines);
        db_read_end(db);
    }
    if (status != STATUS_OK) {
        log_error("export", "entry=%llu status=%s", (unsigned long long)export->seq + 1, status_name(status));
    }
    return status;
}

/* Whether its caller may still read (the first look was access_check's): no line, nor the rest of one, goes to whoever may not. */
static bool goes_on(struct reader *reader, int64_t now_us)
{
    if (now_us - reader->looked_us < LOOK_AGAIN_US) {
        return true;
    }
    reader->looked_us = now_us;
    return access_goes_on(&reader->request->exchange);
}

static ssize_t on_more(void *context, uint64_t position, char *out, size_t room)
{
    struct reader *reader = context;
    const int64_t now_us = clock_steady_us();
    if (!goes_on(reader, now_us)) {
        return MHD_CONTENT_READER_END_WITH_ERROR; /* the connection breaks off, as below: nobody is to take it for the whole */
    }
    if (reader->taken == reader->lines.length) {
        if (export_is_over(&reader->export)) {
            return MHD_CONTENT_READER_END_OF_STREAM;
        }
        /* not before the first piece: an export without an entry would have nothing to end with */
        if (position > 0 && (atomic_load_explicit(&reader->server->is_stopping, memory_order_relaxed) ||
                             now_us > reader->until_us)) {
            export_stop(&reader->export);
        }
        reader->taken = 0;
        buffer_reset(&reader->lines);
        if (read_piece(lane_db(reader->request->lane), &reader->export, &reader->lines) != STATUS_OK) {
            return MHD_CONTENT_READER_END_WITH_ERROR; /* the connection breaks off: what came has no last line */
        }
    }
    size_t left = reader->lines.length - reader->taken;
    size_t count = left < room ? left : room;
    memcpy(out, reader->lines.bytes + reader->taken, count);
    reader->taken += count;
    reader->request->reply_bytes += count;
    return (ssize_t)count;
}

/* The response is destroyed: its connection has ended. */
static void on_end(void *context)
{
    struct reader *reader = context;
    atomic_fetch_sub(&reader->server->exports, 1);
    buffer_fini(&reader->lines);
    free(reader);
}

struct MHD_Response *pour_response(struct request *request, bool *is_full)
{
    struct server *server = request->server;
    *is_full = atomic_fetch_add(&server->exports, 1) >= READERS_MAX;
    struct reader *reader = *is_full ? NULL : calloc(1, sizeof *reader);
    struct MHD_Response *response = NULL;
    if (reader != NULL) {
        reader->server = server;
        reader->request = request;
        buffer_init(&reader->lines);
        export_begin(&reader->export, request->exchange.follow_after, request->exchange.seq, false);
        reader->looked_us = clock_steady_us();
        reader->until_us = reader->looked_us + LIFE_US;
        response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_BYTES, on_more, reader, on_end);
    }
    if (response == NULL) {
        free(reader);
        atomic_fetch_sub(&server->exports, 1);
    }
    return response;
}

enum status pour_once(struct request *request)
{
    struct exchange *exchange = &request->exchange;
    struct export export;
    enum status status = STATUS_OK;
    export_begin(&export, exchange->follow_after, exchange->seq, false);
    while (status == STATUS_OK && !export_is_over(&export)) {
        if (exchange->reply.length >= ONCE_BYTES) {
            export_stop(&export);
        }
        status = read_piece(lane_db(request->lane), &export, &exchange->reply);
    }
    return status;
}
