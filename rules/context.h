#ifndef RULES_CONTEXT_H
#define RULES_CONTEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"
#include "db/reference.h"
#include "db/signing.h"
#include "db/supply.h"
#include "db/transfer.h"
#include "rules/command.h"
#include "rules/outcome.h"

struct db;

enum { CONTEXT_ROWS_KEPT = 8 };

/* Reference rows that the commands of one block ask for again and again. Whoever shares it between them forgets all of it
 * (context_shared_forget) behind each command that may have changed such a row, and where a block begins. */
struct context_shared {
    struct arena arena; /* holds the texts */
    struct site sites[CONTEXT_ROWS_KEPT];
    struct item items[CONTEXT_ROWS_KEPT];
    struct organisation_key keys[CONTEXT_ROWS_KEPT];
    size_t site_count, item_count, key_count; /* found so far; the newest are kept */
};

/* The last supply and the last transfer that were asked for: whether the actor may do something is a question about the row that is then changed.
 * Each with the number of changes (db_changes) at which it was read: after another one it is read again. id NULL: none was found. */
struct context_known {
    struct supply supply;
    struct transfer transfer;
    int64_t supply_at, transfer_at;
};

/*
 * One application of a command. Everything a rule may look at is here: the stored state,
 * the command, the block's time. No clock, no random bytes, no floating point results.
 */
struct context {
    struct db *db;
    struct arena *arena;
    const struct command *command;
    int64_t time_ms;
    uint64_t seq;         /* the entry that will tell of it */
    uint32_t rules_version; /* of that entry: what is carried out again is judged by the rules by which it was accepted */
    uint32_t ids_derived; /* how many ids were derived so far */
    int64_t movements;    /* how many movements were written so far */
    int64_t time_zone_minutes;
    struct outcome *outcome;
    struct context_known known; /* context_find_... alone looks at it, and at the next */
    struct context_shared *shared; /* NULL: nothing is */
};

/* Zeroed before the first use; arena_fini(&shared->arena) ends it. */
void context_shared_forget(struct context_shared *shared);

/* Whether a command of this kind may change a row of those that are shared. */
bool context_changes_shared(enum command_kind kind);

/* db_site_find and its like, which rules may ask twice for the same row. */
enum status context_find_item(struct context *context, const char *id, struct item *out) NODISCARD;
enum status context_find_key(struct context *context, const char *id, struct organisation_key *out) NODISCARD;
enum status context_find_site(struct context *context, const char *id, struct site *out) NODISCARD;
enum status context_find_supply(struct context *context, const char *id, struct supply *out) NODISCARD;
enum status context_find_transfer(struct context *context, const char *id, struct transfer *out) NODISCARD;

/* The id that the next thing created on the way gets, UUIDv8 of
 * SHA-256(tag, scope, command id, ordinal); NULL without memory. */
const char *context_derive_id(struct context *context);

/* Today's date where expiry days end, YYYY-MM-DD, in the arena; NULL without memory. */
const char *context_today(const struct context *context);

/* Marks the outcome; id is copied. Always STATUS_OK but without memory. */
enum status context_created(struct context *context, const char *id) NODISCARD;
enum status context_changed(struct context *context, const char *id) NODISCARD;
enum status context_unchanged(struct context *context, const char *id, int64_t seq) NODISCARD;

/* Marks the outcome refused by what outcome->refusal says; where only faults were
 * gathered, kind, code and detail are made of the first. Always STATUS_OK. */
enum status context_refused(struct context *context) NODISCARD;

/* Whether a fault was found at pointer or below it, so that what depends on this member cannot be
 * judged; true too where more faults were found than are kept. */
bool context_is_faulty(const struct context *context, const char *pointer);

/* The same for a fault of the object itself, whatever its members are. */
bool context_is_unread(const struct context *context, const char *pointer);

/* Whether the actor may act for a site of organisation: its operator, or a role of roles. */
bool context_may_act(const struct context *context, const char *organisation, unsigned roles);

/* Refuses with 403: the actor may not do what (a step or a thing: "dispatch", "intake") at a site of organisation. Its operators may, and
 * whoever has a role of roles: those that context_may_act was asked about. */
enum status context_forbid(struct context *context, const char *what, const char *site, const char *organisation,
                           unsigned roles) NODISCARD;

#endif
