/*
 * Checks over the whole of the business tables, streaming, for verify: quantities are
 * what the movements and the open transfers say.
 */
#include "db/check.h"

#include <inttypes.h>
#include <string.h>

#include "db/statement.h"

/* A supply as it stands, beside what its movements sum up to. */
struct cursor {
    sqlite3_stmt *use;
    bool has_row;
};

static enum status advance(struct cursor *cursor)
{
    return statement_row(cursor->use, &cursor->has_row);
}

/* Never NULL: what somebody has put there instead of a text does not fit anything. */
static const char *text_of(const struct cursor *cursor, int column)
{
    const char *text = (const char *)sqlite3_column_text(cursor->use, column);
    return text != NULL ? text : "";
}

static enum status say(struct arena *arena, struct db_finding *finding, int64_t seq, const char *text)
{
    finding->text = text;
    finding->seq = seq;
    return text == NULL || arena == NULL ? STATUS_EXHAUSTED : STATUS_OK;
}

/* Sums the movements of one supply; the first prefix that does not fit is a finding. */
static enum status check_movements(struct arena *arena, struct cursor *movements, const char *supply, int64_t on_hand,
                                   struct db_finding *finding)
{
    int64_t sum = 0;
    enum status status = STATUS_OK;
    while (status == STATUS_OK && movements->has_row && strcmp(text_of(movements, 0), supply) == 0) {
        int64_t seq = statement_integer(movements->use, 1);
        int64_t delta = statement_integer(movements->use, 2);
        int64_t balance = statement_integer(movements->use, 3);
        if (__builtin_add_overflow(sum, delta, &sum) || sum < 0 || sum != balance) {
            return say(arena, finding, seq, arena_format(arena,
                "supply %s: the movements up to entry %" PRId64 " sum up to %" PRId64 ", the movement says %" PRId64,
                supply, seq, sum, balance));
        }
        status = advance(movements);
    }
    if (status == STATUS_OK && sum != on_hand) {
        return say(arena, finding, 0, arena_format(arena,
            "supply %s: on_hand is %" PRId64 ", its movements sum up to %" PRId64, supply, on_hand, sum));
    }
    return status;
}

static enum status check_reserved(struct arena *arena, struct cursor *held, const char *supply, int64_t reserved,
                                  struct db_finding *finding)
{
    int64_t sum = 0;
    enum status status = STATUS_OK;
    if (held->has_row && strcmp(text_of(held, 0), supply) == 0) {
        sum = statement_integer(held->use, 1);
        status = advance(held);
    }
    if (status == STATUS_OK && sum != reserved) {
        return say(arena, finding, 0, arena_format(arena,
            "supply %s: reserved is %" PRId64 ", open transfers hold %" PRId64, supply, reserved, sum));
    }
    return status;
}

static enum status check_supplies(struct db *db, struct arena *arena, struct db_finding *finding)
{
    struct cursor supplies = { statement_use(db, STATEMENT_supply_all_quantities), false };
    struct cursor movements = { statement_use(db, STATEMENT_movement_all), false };
    struct cursor held = { statement_use(db, STATEMENT_supply_reserved_by_transfers), false };
    enum status status = advance(&supplies);
    status = status == STATUS_OK ? advance(&movements) : status;
    status = status == STATUS_OK ? advance(&held) : status;
    while (status == STATUS_OK && finding->text == NULL && supplies.has_row) {
        const char *id = text_of(&supplies, 0);
        status = check_movements(arena, &movements, id, statement_integer(supplies.use, 1), finding);
        if (status == STATUS_OK && finding->text == NULL) {
            status = check_reserved(arena, &held, id, statement_integer(supplies.use, 2), finding);
        }
        if (status == STATUS_OK && finding->text == NULL) {
            status = advance(&supplies);
        }
    }
    if (status == STATUS_OK && finding->text == NULL && (movements.has_row || held.has_row)) {
        status = say(arena, finding, 0, "a movement or a transfer names a supply that does not exist");
    }
    statement_end(supplies.use);
    statement_end(movements.use);
    statement_end(held.use);
    return status;
}

static enum status check_conservation(struct db *db, struct arena *arena, struct db_finding *finding)
{
    struct cursor lots = { statement_use(db, STATEMENT_conservation_by_lot), false };
    enum status status = advance(&lots);
    if (status == STATUS_OK && lots.has_row) {
        status = say(arena, finding, 0, arena_format(arena,
            "item %s lot %s: %s units more came in than lie, travel or were used up", text_of(&lots, 0),
            text_of(&lots, 1), text_of(&lots, 2)));
    }
    statement_end(lots.use);
    return status;
}

static enum status check_rows(struct db *db, struct arena *arena, struct db_finding *finding)
{
    struct cursor orphans = { statement_use(db, STATEMENT_movement_without_entry), false };
    struct cursor lines = { statement_use(db, STATEMENT_transfer_line_check), false };
    struct cursor bodies = { statement_use(db, STATEMENT_body_without_entry), false };
    struct cursor seals = { statement_use(db, STATEMENT_seal_without_entry), false };
    enum status status = advance(&orphans);
    if (status == STATUS_OK && orphans.has_row) {
        status = say(arena, finding, statement_integer(orphans.use, 0), "a movement names an entry that does not exist");
    }
    if (status == STATUS_OK && finding->text == NULL) {
        status = advance(&lines);
    }
    if (status == STATUS_OK && finding->text == NULL && lines.has_row) {
        status = say(arena, finding, 0, arena_format(arena,
            "transfer %s: a line's quantities contradict each other or the transfer's state", text_of(&lines, 0)));
    }
    if (status == STATUS_OK && finding->text == NULL) {
        status = advance(&bodies);
    }
    if (status == STATUS_OK && finding->text == NULL && statement_integer(bodies.use, 0) > 0) {
        status = say(arena, finding, 0, "a body is kept that belongs to no entry");
    }
    if (status == STATUS_OK && finding->text == NULL) {
        status = advance(&seals);
    }
    if (status == STATUS_OK && finding->text == NULL && seals.has_row) {
        status = say(arena, finding, statement_integer(seals.use, 0), "a seal is kept that belongs to no entry");
    }
    statement_end(orphans.use);
    statement_end(lines.use);
    statement_end(bodies.use);
    statement_end(seals.use);
    return status;
}

enum status db_check(struct db *db, struct arena *arena, struct db_finding *finding)
{
    struct db_finding found = { NULL, 0 };
    enum status status = check_supplies(db, arena, &found);
    if (status == STATUS_OK && found.text == NULL) {
        status = check_conservation(db, arena, &found);
    }
    if (status == STATUS_OK && found.text == NULL) {
        status = check_rows(db, arena, &found);
    }
    if (status == STATUS_OK) {
        *finding = found;
    }
    return status;
}

/* Whether two rows of schema_all say the same, by texts: the table of the schema is the only one that takes a blob for a text. */
static bool is_same_object(const struct cursor *a, const struct cursor *b)
{
    for (int column = 0; column < 4; column++) {
        bool are_texts = sqlite3_column_type(a->use, column) == SQLITE_TEXT && sqlite3_column_type(b->use, column) == SQLITE_TEXT;
        const char *one = text_of(a, column);
        const char *other = text_of(b, column);
        int length = sqlite3_column_bytes(a->use, column);
        if (!are_texts || length != sqlite3_column_bytes(b->use, column) || memcmp(one, other, (size_t)length) != 0) {
            return false;
        }
    }
    return true;
}

enum status db_check_schema(struct db *db, struct db *model, struct arena *arena, struct db_finding *finding)
{
    struct db_finding found = { NULL, 0 };
    struct cursor ours = { statement_use(db, STATEMENT_schema_all), false };
    struct cursor wanted = { statement_use(model, STATEMENT_schema_all), false };
    enum status status = STATUS_OK;
    do {
        status = advance(&ours);
        status = status == STATUS_OK ? advance(&wanted) : status;
        if (status == STATUS_OK && (ours.has_row || wanted.has_row) &&
            !(ours.has_row && wanted.has_row && is_same_object(&ours, &wanted))) {
            const struct cursor *cursor = ours.has_row ? &ours : &wanted;
            status = say(arena, &found, 0, arena_format(arena, "the schema is not the program's: look at %s or what stands "
                                                        "before it", text_of(cursor, 1)));
        }
    } while (status == STATUS_OK && found.text == NULL && ours.has_row);
    statement_end(ours.use);
    statement_end(wanted.use);
    if (status == STATUS_OK) {
        *finding = found;
    }
    return status;
}
