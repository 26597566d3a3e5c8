#ifndef HANDLERS_EXCHANGE_H
#define HANDLERS_EXCHANGE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/limits.h"
#include "base/random.h"
#include "rules/actor.h"
#include "rules/answer.h"
#include "rules/command.h"

/*
 * What a handler needs of a request and of a reply. The server fills the first half
 * before it calls the handler and sends the second half afterwards. A handler runs on
 * one thread, allocates in the arena only, and never blocks.
 */

struct db;
struct node;
struct service;
struct exchange;
struct json_writer;
struct track;
struct unfold_table;

enum method { METHOD_GET, METHOD_POST, METHOD_PUT, METHOD_DELETE };

/* Which resource a request may exhaust. */
enum route_class {
    CLASS_READ,  /* runs on the loop */
    CLASS_WRITE, /* goes through the sequencer */
    CLASS_JOB    /* runs in the job pool */
};

/* The representations that a route can give; Accept chooses (server/negotiate.h). Problems
 * are application/problem+json whatever was asked for. */
enum { GIVES_JSON = 1, GIVES_CSV = 2, GIVES_YAML = 4, GIVES_TEXT = 8, GIVES_HTML = 16, GIVES_EVENTS = 32, GIVES_LINES = 64, GIVES_SVG = 128 };

enum handled {
    HANDLED_REPLY,   /* the reply half is filled */
    HANDLED_COMMAND, /* exchange->command is to be delivered; its answer is the reply */
    HANDLED_JOB,     /* call the handler again in the job pool, with is_job set */
    HANDLED_WAIT,    /* call the handler again, with has_waited set, once the check of the ledger has ended or 5 seconds are over */
    HANDLED_STREAM   /* the head of the reply is filled; its body is the stream behind follow_after */
};

/* What HANDLED_STREAM sends. */
enum stream {
    STREAM_EVENTS, /* events, without an end (server/follow.h) */
    STREAM_JOB,    /* what becomes of the job that is followed, until its end (server/follow.h) */
    STREAM_EXPORT  /* the entries there are, as lines (server/wire/pour.h) */
};

/* Why a long job is to give up. */
enum cancelled {
    CANCELLED_NOT,
    CANCELLED_STOPPING, /* the service ends */
    CANCELLED_GONE,     /* the client has left: no reply will be read */
    CANCELLED_LATE      /* it has had job_seconds */
};

/* One row of the route table, from which 404, 405, OPTIONS, HEAD, limits and the check
 * against the contract derive. */
struct route {
    enum method method;
    const char *path; /* /transfers/{id}/receive */
    enum handled (*handler)(struct exchange *exchange);
    size_t body_bytes_max; /* 0: no body */
    enum route_class class;
    unsigned roles;        /* ROLE_BIT of those who may; 0: everybody (with --private: any token) */
    unsigned gives;        /* GIVES_* of its successes; 0: GIVES_JSON */
    const char *rows;      /* GIVES_CSV: the member of the JSON answer that is an array of rows */
    const char *columns;   /* the members of a row, or of the object where rows is NULL (json/table.h); they never change
                            * their order. Of a GET that has them fields= can choose; NULL: it cannot */
    /* GIVES_CSV: what the answer can be had as, of which table= chooses one; the first where it does not. A NULL name ends them.
     * NULL: its rows alone, as they are. */
    const struct unfold_table *tables;
    bool takes_csv;        /* text/csv is accepted besides application/json */
    bool takes_jose;       /* application/jose too: a command that came signed (submit_signed.h) */
    bool is_cached;        /* replies to callers without a token may be kept while the ledger has not grown */
    bool is_personal;      /* shows personal texts to some callers: replies say Vary: Authorization */
    bool is_async;         /* HANDLED_JOB may be answered 202, and go on without the request (server/tasks.h): the handler asks
                            * for no header, and is no command */
    bool is_bare;          /* needs no database: exchange->db is NULL, and the reply carries no Tallystick-Seq */
    bool is_watch;         /* for whoever watches the service: short, and answered before reads that wait (server/wire/turn.h) */
};

struct exchange_pair {
    const char *name;
    const char *value;
};

enum { EXCHANGE_HEADERS_MAX = 16 };

struct exchange {
    /* the request */
    enum method method;
    bool is_head; /* HEAD: as GET; the server leaves the body out */
    bool is_job;  /* running in the job pool */
    bool is_chinese; /* of the languages that are told (language.h) the caller prefers Chinese */
    bool has_waited; /* HANDLED_WAIT is over */
    const struct route *route;
    const char *target;     /* as it came */
    const char *path;       /* as it came, without the query */
    const char *base_url;   /* http://host:port, for absolute links */
    const char *parameters[LIMIT_PATH_SEGMENTS]; /* decoded values of {…}, in order */
    size_t parameter_count;
    struct exchange_pair query[LIMIT_QUERY_PARAMETERS]; /* decoded, in order */
    size_t query_count;
    const char *body; /* body_length bytes and a NUL; the server owns it; may be modified */
    size_t body_length;
    bool is_csv;  /* the body is text/csv */
    bool is_jose; /* it is application/jose */
    unsigned wanted; /* the one of the route's gives that Accept chose */
    bool is_headless; /* GIVES_CSV, without the header line */
    const struct unfold_table *table; /* the one of the route's tables that table= names; NULL: none is named that there is */
    const char *const *fields; /* the members that are asked for (query.h); NULL: all */
    size_t field_count;
    const char *request_id;
    bool has_token;
    struct actor caller; /* ROLE_PUBLIC without a token */
    const char *scope;   /* of the token, access.h; "" without one */
    const char *client;  /* the address that the request comes from */
    struct arena *arena;
    struct db *db;  /* this thread's read-only connection, inside a read transaction */
    uint64_t seq;   /* last entry that db shows */
    struct node *node; /* this thread's connection to node.db: tokens */
    struct service *service;
    const char *(*header)(const struct exchange *exchange, const char *name); /* borrowed, NULL where absent */
    bool (*is_cancelled)(void *exchange); /* a long job asks now and then; the argument is the exchange */
    void (*progress)(void *exchange, size_t done, size_t count); /* a long job tells now and then; NULL: nobody listens */
    int64_t job_seconds; /* how long this computation may take */
    enum cancelled cancelled; /* what is_cancelled found */
    void *server; /* the server's own */

    /* the reply */
    int status;
    const char *content_type;
    struct buffer reply;
    struct exchange_pair headers[EXCHANGE_HEADERS_MAX];
    size_t header_count;
    struct command command; /* HANDLED_COMMAND */
    const char *question;   /* HANDLED_JOB: in the arena, all that the answer depends on but how it is represented: equal ones are
                             * computed once for whoever asks meanwhile. NULL: nobody else can ask this */
    int64_t true_from_ms;   /* the reply depends on the day: it is the same from here, */
    int64_t true_until_ms;  /* up to here, by the wall clock; 0: as long as the ledger has not grown */
    enum stream stream;     /* HANDLED_STREAM */
    uint64_t follow_after;  /* HANDLED_STREAM: the last entry, or event of a job, that the client has seen */
    struct track *followed; /* STREAM_JOB: the server's (server/track.h) */
    struct answer answer;   /* filled by the executor */
};

/* Shared by all threads; filled by the server at start. */
struct service {
    struct callers *callers;         /* handlers/callers.h */
    struct analysis_cache *analyses; /* handlers/analysis/analysis.h */
    const char *version;
    const char *contract_yaml; /* openapi.yaml, embedded */
    size_t contract_yaml_length;
    const char *contract_json;
    size_t contract_json_length;
    const char *contract_page; /* the same for people */
    size_t contract_page_length;
    atomic_bool is_private; /* a reload may change it, and the next */
    struct job_desk *desk; /* handlers/jobs.h */
    uint8_t cursor_secret[32]; /* authenticates the cursors of lists (handlers/page.h); a secret of the node */
    /* "" where all is well, else one line a fault; asked by /readyz. */
    void (*readiness)(struct service *service, struct buffer *faults);
    void (*metrics)(struct service *service, struct buffer *out); /* the text of /metrics */
    void (*options)(struct service *service, struct json_writer *w); /* the objects of /config's array */
    /* Verifies the ledger, one at a time: handlers/ledger/ledger.c asks, the server runs it. */
    struct verifier *verifier;
    const struct route *routes;
    size_t route_count;
    void *server;
};

/* Adds a reply header; name is static, value in the arena or static. At most
 * EXCHANGE_HEADERS_MAX (asserted). */
void exchange_header(struct exchange *exchange, const char *name, const char *value);

/* The same in the place of what was added under that name, if anything. */
void exchange_header_replace(struct exchange *exchange, const char *name, const char *value);

/* The value of a reply header that was added, or NULL. */
const char *exchange_header_added(const struct exchange *exchange, const char *name);

/* Sets status and content type for a JSON reply whose body the handler writes to exchange->reply. */
void exchange_json(struct exchange *exchange, int status);

/* The value of a query parameter, or NULL. */
const char *exchange_query(const struct exchange *exchange, const char *name);

/* Makes the reply out of exchange->answer: status, headers, body. The body is moved;
 * answer_fini stays due. */
void exchange_answer(struct exchange *exchange);

#endif
