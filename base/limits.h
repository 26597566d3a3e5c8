#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

/* The one list of limits, each with its reason. Sizes in bytes, times in the unit named. */

#define KIB ((size_t)1024)
#define MIB (1024 * KIB)

enum {
    LIMIT_ID_BYTES = 64,             /* ids, codes: fit in a URL, a label and a log line */
    LIMIT_KEY_BYTES = 255,           /* Idempotency-Key: as in the field (Stripe) */
    LIMIT_NAME_BYTES = 200,          /* names of organisations, sites, items */
    LIMIT_TEXT_BYTES = 4000,         /* contacts, drivers, notes, reasons, rationales */
    LIMIT_REFERENCE_BYTES = 100,     /* a document number of the client */
    LIMIT_ERASURES = 200,            /* texts of one order to erase: each may touch every answer about a transfer */
    LIMIT_LINES = 200,               /* lines of one transfer: fits 64 KiB with room */
    LIMIT_IDENTIFIERS = 16,          /* identifiers of one item */
    LIMIT_PAGE_DEFAULT = 100,        /* rows of a list page */
    LIMIT_PAGE_MAX = 1000,           /* bounded memory for one answer */
    LIMIT_FAULTS = 100,              /* faults named in one problem; more are counted */
    LIMIT_JSON_DEPTH = 32,           /* nesting of a body: bounded recursion */
    LIMIT_FIGURES = 2000000,         /* rows of one submission of figures: about 100 MiB when read */
    LIMIT_BODY_INLINE = 65536,       /* bodies above stand in the blob table */
    LIMIT_PATH_SEGMENTS = 6,         /* longest route: /supplies/{id}/movements */
    LIMIT_QUERY_PARAMETERS = 40,     /* query members of one target */
    LIMIT_HEADERS = 100,             /* header fields of one request */
    LIMIT_TARGET_BYTES = 8192,       /* request target */
    LIMIT_REFUSAL_KEPT_HOURS = 24,   /* how long a refusal is replayed */
    LIMIT_KEY_COMMAND_MS = 5000,     /* how long a program with the node's key may take for an answer: all writes wait */
    LIMIT_KEY_MESSAGE_BYTES = 256    /* what an Ed25519 key of the node signs: a checkpoint's text */
};

#define LIMIT_BODY_DEFAULT (64 * KIB) /* ordinary writes */
#define LIMIT_BODY_LARGE (64 * MIB)   /* figures and compute POSTs */
#define LIMIT_JSON_MEMORY (512 * MIB) /* one body's parsed document: its values take up to 80 times its bytes */
#define LIMIT_BODIES_IN_ALL (256 * MIB) /* bodies of all requests at once: so many can be held */
#define LIMIT_TRIM_BYTES  (1 * MIB)  /* of a body: behind a longer one memory is given back to the system */
#define LIMIT_REPLY_BYTES (64 * MIB)  /* an answer held in memory */

#endif
