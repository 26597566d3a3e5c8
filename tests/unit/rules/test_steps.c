/*
 * What may be done with transfers and supplies, as tables: every action in every state, every way in which a line can
 * arrive, every adjustment. Quantities are held against a model that knows nothing of the rules' own arithmetic, and a
 * refusal must leave everything as it was.
 */
#include "tests/unit/rules/world.h"

#include "db/supply.h"
#include "db/transfer.h"

enum { STOCK = 100, SENT = 10 };

/* All in one block, which is committed at the end. */
struct hall {
    struct world world;
    struct arena arena;
    unsigned count; /* of commands */
    int status;     /* of the last one */
    char text[64];  /* what it said: an id, or the code of a refusal */
};

/* A line of a transfer, and the shelves that its goods left and came to. */
struct model {
    const char *state;
    int64_t dispatched, good, damaged, lost, returned, outstanding, on_hand, reserved;
};

static void act(struct hall *hall, enum command_kind kind, const char *target, const char *id, const char *body)
{
    char key[24];
    snprintf(key, sizeof key, "k%u", hall->count++);
    hall->status = world_deliver(&hall->world, kind, target, id != NULL ? id : key, body, hall->text);
}

static void succeed(struct hall *hall, enum command_kind kind, const char *target, const char *id, const char *body)
{
    act(hall, kind, target, id, body);
    if (hall->status >= 300) {
        fail_msg("%s: %d %s %s", body, hall->status, hall->text, world_faults);
    }
}

static void begin(struct hall *hall)
{
    memset(hall, 0, sizeof *hall);
    arena_init(&hall->arena);
    world_open(&hall->world);
    world_begin(&hall->world);
    assert_int_equal(block_begin(hall->world.executor, WORLD_START_MS), STATUS_OK);
    succeed(hall, COMMAND_ORGANISATION_PUT, "ORG", NULL, "{\"name\":\"O\",\"kind\":\"depot\"}");
    succeed(hall, COMMAND_SITE_PUT, "A", NULL, "{\"name\":\"A\",\"kind\":\"warehouse\",\"organisation\":\"ORG\",\"province\":\"CN-HB\"}");
    succeed(hall, COMMAND_SITE_PUT, "B", NULL, "{\"name\":\"B\",\"kind\":\"hospital\",\"organisation\":\"ORG\",\"province\":\"CN-HB\"}");
    succeed(hall, COMMAND_ITEM_PUT, "MASK", NULL, "{\"name\":\"Mask\",\"unit\":\"piece\"}");
}

static void end(struct hall *hall)
{
    uint8_t root[DIGEST_BYTES];
    assert_int_equal(block_end(hall->world.executor, root), STATUS_OK);
    assert_int_equal(block_commit(hall->world.executor), STATUS_OK);
    arena_fini(&hall->arena);
    world_close(&hall->world);
}

/* A supply of STOCK with a lot of its own, named like it. */
static void stock(struct hall *hall, const char *name)
{
    succeed(hall, COMMAND_SUPPLY_INTAKE, "", name, arena_format(&hall->arena,
        "{\"site\":\"A\",\"item\":\"MASK\",\"quantity\":%d,\"source\":\"opening\",\"lot\":\"%s\"}", STOCK, name));
}

/* What lies at B of the lot of supply in this condition. */
static int64_t arrived(struct hall *hall, const char *supply, const char *condition)
{
    struct supply like, found;
    assert_int_equal(db_supply_find(hall->world.db, &hall->arena, supply, &like), STATUS_OK);
    like.site = "B";
    like.condition = condition;
    enum status status = db_supply_find_same(hall->world.db, &hall->arena, &like, &found);
    assert_true(status == STATUS_OK || status == STATUS_ABSENT);
    return status == STATUS_OK ? found.on_hand : 0;
}

/* Whether everything stored about line number is as the model says. */
static void check(struct hall *hall, const char *what, const char *transfer, size_t number, const struct model *model)
{
    struct transfer stored;
    struct transfer_line *lines = NULL;
    struct supply supply;
    size_t count = 0;
    assert_int_equal(db_transfer_find(hall->world.db, &hall->arena, transfer, &stored), STATUS_OK);
    assert_int_equal(db_transfer_lines(hall->world.db, &hall->arena, transfer, &lines, &count), STATUS_OK);
    assert_true(number <= count);
    const struct transfer_line *line = &lines[number - 1];
    assert_int_equal(db_supply_find(hall->world.db, &hall->arena, line->supply, &supply), STATUS_OK);
    bool is_same = strcmp(stored.state, model->state) == 0 && line->dispatched == model->dispatched &&
        line->received_good == model->good && line->received_damaged == model->damaged && line->lost == model->lost &&
        line->returned == model->returned && line->outstanding == model->outstanding && supply.on_hand == model->on_hand &&
        supply.reserved == model->reserved && arrived(hall, line->supply, "good") == model->good &&
        arrived(hall, line->supply, "damaged") == model->damaged;
    if (!is_same) {
        fail_msg("%s: line %zu is %s: dispatched %lld good %lld damaged %lld lost %lld returned %lld outstanding %lld, shelf %lld %lld", what,
                 number, stored.state, (long long)line->dispatched, (long long)line->received_good, (long long)line->received_damaged,
                 (long long)line->lost, (long long)line->returned, (long long)line->outstanding, (long long)supply.on_hand,
                 (long long)supply.reserved);
    }
}

/* ---- every action in every state ---- */

/* Steps by letters: d dispatch, c cancel, r return, p three good, w two damaged, l all that is outstanding lost, a all of it good. */
static void step(struct hall *hall, const char *transfer, char letter, const struct model *model)
{
    static const char because[] = "{\"reason\":\"so\"}";
    const long long rest = model->outstanding > 0 ? model->outstanding : 1;
    switch (letter) {
    case 'd': act(hall, COMMAND_TRANSFER_DISPATCH, transfer, NULL, "{}"); return;
    case 'c': act(hall, COMMAND_TRANSFER_CANCEL, transfer, NULL, because); return;
    case 'r': act(hall, COMMAND_TRANSFER_RETURN, transfer, NULL, because); return;
    case 'p': act(hall, COMMAND_TRANSFER_RECEIVE, transfer, NULL, "{\"lines\":[{\"line\":1,\"good\":3}]}"); return;
    case 'w': act(hall, COMMAND_TRANSFER_RECEIVE, transfer, NULL, "{\"lines\":[{\"line\":1,\"damaged\":2,\"reason\":\"wet\"}]}"); return;
    default:
        act(hall, COMMAND_TRANSFER_RECEIVE, transfer, NULL, arena_format(&hall->arena, letter == 'a'
            ? "{\"lines\":[{\"line\":1,\"good\":%lld}]}" : "{\"lines\":[{\"line\":1,\"lost\":%lld,\"reason\":\"gone\"}]}", rest));
    }
}

/* What a step that is allowed makes of the numbers. */
static void follow(struct model *model, char letter)
{
    int64_t *const parts[] = { &model->good, &model->damaged, &model->lost, &model->returned };
    const int64_t rest = model->outstanding;
    switch (letter) {
    case 'd':
        model->state = "in_transit";
        model->dispatched = model->outstanding = SENT;
        model->on_hand -= SENT;
        model->reserved -= SENT;
        return;
    case 'c':
        model->state = "cancelled";
        model->reserved -= SENT;
        return;
    case 'r':
        model->state = model->good + model->damaged + model->lost > 0 ? "received" : "returned";
        model->on_hand += rest;
        break;
    default:
        model->state = letter == 'p' || letter == 'w' ? model->state : "received";
    }
    const size_t which = letter == 'r' ? 3 : letter == 'l' ? 2 : letter == 'w' ? 1 : 0;
    const int64_t moved = letter == 'p' ? 3 : letter == 'w' ? 2 : rest;
    *parts[which] += moved;
    model->outstanding -= moved;
}

static void test_every_action_in_every_state(void **state)
{
    (void)state;
    static const char actions[] = "dcrpwla";
    static const struct {
        const char *path;     /* how a transfer gets there from being made */
        const char *state;
        const char *allowed;  /* the actions that may be done then */
        const char *received; /* the code of a receipt that may not */
    } rows[] = {
        { "",    "reserved",   "dc",    "invalid_transition" },
        { "d",   "in_transit", "rpwla", "" },
        { "dp",  "in_transit", "rpwla", "" },
        { "dpw", "in_transit", "rpwla", "" },
        { "dww", "in_transit", "rpwla", "" },
        { "da",  "received",   "",      "already_received" },
        { "dl",  "received",   "",      "already_received" },
        { "dwa", "received",   "",      "already_received" },
        { "dpr", "received",   "",      "already_received" },
        { "dr",  "returned",   "",      "invalid_transition" },
        { "c",   "cancelled",  "",      "invalid_transition" },
    };
    struct hall hall;
    begin(&hall);
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        for (const char *action = actions; *action != 0; action++) {
            const char *what = arena_format(&hall.arena, "T-%zu-%s-%c", r, rows[r].path, *action);
            const char *supply = arena_format(&hall.arena, "S-%zu-%c", r, *action);
            struct model model = { .state = "reserved", .on_hand = STOCK, .reserved = SENT };
            stock(&hall, supply);
            succeed(&hall, COMMAND_TRANSFER_CREATE, "", what, arena_format(&hall.arena,
                "{\"destination\":\"B\",\"lines\":[{\"supply\":\"%s\",\"quantity\":%d}]}", supply, SENT));
            for (const char *letter = rows[r].path; *letter != 0; letter++) {
                step(&hall, what, *letter, &model);
                assert_int_equal(hall.status, 200);
                follow(&model, *letter);
            }
            check(&hall, what, what, 1, &model);
            assert_string_equal(model.state, rows[r].state);

            bool is_receipt = strchr("pwla", *action) != NULL;
            step(&hall, what, *action, &model);
            if (strchr(rows[r].allowed, *action) != NULL) {
                if (hall.status != 200) {
                    fail_msg("%s: %d %s %s", what, hall.status, hall.text, world_faults);
                }
                follow(&model, *action);
            } else {
                assert_int_equal(hall.status, 409);
                assert_string_equal(hall.text, is_receipt ? rows[r].received : "invalid_transition");
            }
            check(&hall, what, what, 1, &model);
        }
    }
    end(&hall);
}

/* ---- receipts: what arrives good, damaged, not at all, in parts, and more than was sent ---- */

#define MOST 9007199254740991LL

struct part {
    long long good, damaged, lost;
    bool has_reason;
    const char *wanted; /* NULL: it is taken; else the refusal's code */
};

static void test_what_arrives(void **state)
{
    (void)state;
    static const struct part rows[][4] = { /* of SENT each; the parts in order */
        { { 10, 0, 0, false, NULL } },
        { { 0, 10, 0, true, NULL } },
        { { 0, 0, 10, true, NULL } },
        { { 4, 3, 3, true, NULL } },
        { { 3, 0, 0, false, NULL }, { 0, 4, 0, true, NULL }, { 0, 0, 3, true, NULL } },
        { { 1, 1, 1, true, NULL }, { 1, 1, 1, true, NULL }, { 1, 1, 1, true, NULL }, { 1, 0, 0, false, NULL } },
        { { 11, 0, 0, false, "over_receipt" }, { 10, 0, 0, false, NULL } },
        { { 4, 4, 3, true, "over_receipt" }, { 4, 4, 2, true, NULL } },
        { { 9, 0, 0, false, NULL }, { 2, 0, 0, false, "over_receipt" }, { 0, 2, 0, true, "over_receipt" }, { 1, 0, 0, false, NULL } },
        { { 0, 0, 9, true, NULL }, { 1, 1, 0, true, "over_receipt" }, { 0, 1, 0, true, NULL } },
        { { MOST, MOST, MOST, true, "over_receipt" }, { MOST, 0, 0, false, "over_receipt" }, { 0, 0, MOST, true, "over_receipt" },
          { 10, 0, 0, false, NULL } },
        { { 0, 0, 0, false, "nothing_received" }, { 0, 0, 0, true, "nothing_received" }, { 10, 0, 0, true, NULL } },
        { { 9, 1, 0, false, "reason_required" }, { 9, 0, 1, false, "reason_required" }, { 9, 0, 0, false, NULL }, { 0, 1, 0, true, NULL } },
        { { 0, 11, 0, false, "reason_required" }, { 0, 11, 0, true, "over_receipt" }, { 10, 0, 0, false, NULL } },
    };
    struct hall hall;
    begin(&hall);
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        const char *what = arena_format(&hall.arena, "T-%zu", r);
        const char *supply = arena_format(&hall.arena, "S-%zu", r);
        struct model model = { .state = "reserved", .on_hand = STOCK, .reserved = SENT };
        stock(&hall, supply);
        succeed(&hall, COMMAND_TRANSFER_CREATE, "", what, arena_format(&hall.arena,
            "{\"destination\":\"B\",\"lines\":[{\"supply\":\"%s\",\"quantity\":%d}]}", supply, SENT));
        step(&hall, what, 'd', &model);
        follow(&model, 'd');
        for (const struct part *part = rows[r]; part < rows[r] + 4 && (part->wanted != NULL || part->good + part->damaged + part->lost > 0);
             part++) {
            act(&hall, COMMAND_TRANSFER_RECEIVE, what, NULL, arena_format(&hall.arena,
                "{\"lines\":[{\"line\":1,\"good\":%lld,\"damaged\":%lld,\"lost\":%lld%s}]}", part->good, part->damaged, part->lost,
                part->has_reason ? ",\"reason\":\"so\"" : ""));
            if (part->wanted == NULL) {
                assert_int_equal(hall.status, 200);
                model.good += part->good;
                model.damaged += part->damaged;
                model.lost += part->lost;
                model.outstanding -= part->good + part->damaged + part->lost;
                model.state = model.outstanding == 0 ? "received" : "in_transit";
            } else {
                assert_int_equal(hall.status, strcmp(part->wanted, "over_receipt") == 0 ? 409 : 422);
                assert_string_equal(hall.text, part->wanted);
            }
            check(&hall, what, what, 1, &model);
        }
        assert_string_equal(model.state, "received"); /* every row ends with all accounted for */
    }
    end(&hall);
}

/* Several lines: each counts for itself, and one that does not fit keeps all of them back. */
static void test_lines_of_a_receipt(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        const char *faults; /* NULL: it is taken */
        int64_t good[2];    /* of each line, afterwards */
        const char *state;
    } rows[] = {
        { "{\"lines\":[]}", "/lines no_lines", { 0, 0 }, "in_transit" },
        { "{\"lines\":[{\"line\":3,\"good\":1}]}", "/lines/0/line unknown_line", { 0, 0 }, "in_transit" },
        { "{\"lines\":[{\"line\":1,\"good\":1},{\"line\":1,\"good\":1}]}", "/lines/1 duplicate_line", { 0, 0 }, "in_transit" },
        { "{\"lines\":[{\"line\":1,\"good\":1},{\"line\":2,\"good\":11}]}", "/lines/1 over_receipt", { 0, 0 }, "in_transit" },
        { "{\"lines\":[{\"line\":1,\"good\":11},{\"line\":2,\"good\":11}]}", "/lines/0 over_receipt, /lines/1 over_receipt", { 0, 0 }, "in_transit" },
        { "{\"lines\":[{\"line\":2,\"good\":10}]}", NULL, { 0, 10 }, "in_transit" },
        { "{\"lines\":[{\"line\":2,\"good\":1},{\"line\":1,\"good\":4}]}", "/lines/0 over_receipt", { 0, 10 }, "in_transit" },
        { "{\"lines\":[{\"line\":1,\"good\":4}]}", NULL, { 4, 10 }, "in_transit" },
        { "{\"lines\":[{\"line\":1,\"good\":6}]}", NULL, { 10, 10 }, "received" },
    };
    struct hall hall;
    begin(&hall);
    stock(&hall, "S1");
    stock(&hall, "S2");
    succeed(&hall, COMMAND_TRANSFER_CREATE, "", "T",
            "{\"destination\":\"B\",\"lines\":[{\"supply\":\"S1\",\"quantity\":10},{\"supply\":\"S2\",\"quantity\":10}]}");
    succeed(&hall, COMMAND_TRANSFER_DISPATCH, "T", NULL, "{}");
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        act(&hall, COMMAND_TRANSFER_RECEIVE, "T", NULL, rows[r].body);
        assert_string_equal(world_faults, rows[r].faults != NULL ? rows[r].faults : "");
        for (size_t line = 0; line < 2; line++) {
            const struct model model = { .state = rows[r].state, .dispatched = SENT, .good = rows[r].good[line],
                                         .outstanding = SENT - rows[r].good[line], .on_hand = STOCK - SENT };
            check(&hall, rows[r].body, "T", line + 1, &model);
        }
    }
    end(&hall);
}

/* Cancel and return say why, whatever the state. */
static void test_reasons(void **state)
{
    (void)state;
    struct hall hall;
    begin(&hall);
    stock(&hall, "S");
    succeed(&hall, COMMAND_TRANSFER_CREATE, "", "T", "{\"destination\":\"B\",\"lines\":[{\"supply\":\"S\",\"quantity\":10}]}");
    const enum command_kind kinds[] = { COMMAND_TRANSFER_CANCEL, COMMAND_TRANSFER_RETURN };
    for (size_t i = 0; i < 2; i++) {
        act(&hall, kinds[i], "T", NULL, "{}");
        assert_int_equal(hall.status, 422);
        assert_string_equal(hall.text, "reason_required");
        act(&hall, kinds[i], "NOWHERE", NULL, "{\"reason\":\"so\"}");
        assert_string_equal(hall.text, "not_found");
    }
    const struct model model = { .state = "reserved", .on_hand = STOCK, .reserved = SENT };
    check(&hall, "nothing was done", "T", 1, &model);
    end(&hall);
}

/* ---- adjustments ---- */

static void test_adjustments(void **state)
{
    (void)state;
    static const struct {
        const char *reason;
        long long delta;
        const char *wanted; /* NULL: it is taken */
    } rows[] = { /* of a supply of 100, 10 of them reserved */
        { "consumed", -1, NULL }, { "consumed", -90, NULL }, { "consumed", -91, "insufficient_stock" }, { "consumed", 1, "out_of_range" },
        { "destroyed", -90, NULL }, { "destroyed", -100, "insufficient_stock" }, { "destroyed", 1, "out_of_range" },
        { "lost", -90, NULL }, { "lost", -MOST, "insufficient_stock" }, { "lost", MOST, "out_of_range" },
        { "counted", -90, NULL }, { "counted", -91, "insufficient_stock" }, { "counted", 5, NULL }, { "counted", MOST, "quantity_overflow" },
        { "counted", MOST - STOCK, NULL }, { "counted", MOST - STOCK + 1, "quantity_overflow" },
        { "corrected", -90, NULL }, { "corrected", -91, "insufficient_stock" }, { "corrected", 7, NULL },
        { "consumed", 0, "out_of_range" }, { "counted", 0, "out_of_range" }, { "corrected", 0, "out_of_range" },
    };
    struct hall hall;
    begin(&hall);
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        struct supply supply;
        struct movement *movements = NULL;
        size_t count = 0;
        const char *name = arena_format(&hall.arena, "S-%zu", r);
        stock(&hall, name);
        succeed(&hall, COMMAND_TRANSFER_CREATE, "", NULL, arena_format(&hall.arena,
            "{\"destination\":\"B\",\"lines\":[{\"supply\":\"%s\",\"quantity\":%d}]}", name, SENT));
        act(&hall, COMMAND_SUPPLY_ADJUST, name, NULL,
            arena_format(&hall.arena, "{\"delta\":%lld,\"reason\":\"%s\"}", rows[r].delta, rows[r].reason));
        const bool is_taken = rows[r].wanted == NULL;
        if (!is_taken && strcmp(hall.text, rows[r].wanted) != 0) {
            fail_msg("%s %lld: %d %s", rows[r].reason, rows[r].delta, hall.status, hall.text);
        }
        assert_int_equal(hall.status, is_taken ? 200 : strcmp(rows[r].wanted, "out_of_range") == 0 ? 422 : 409);
        assert_int_equal(db_supply_find(hall.world.db, &hall.arena, name, &supply), STATUS_OK);
        assert_int_equal(supply.on_hand, STOCK + (is_taken ? rows[r].delta : 0));
        assert_int_equal(supply.reserved, SENT);
        assert_int_equal(db_movement_list(hall.world.db, &hall.arena, name, 0, 0, 10, &movements, &count), STATUS_OK);
        assert_int_equal(count, is_taken ? 2 : 1);
        assert_string_equal(movements[count - 1].reason, is_taken ? rows[r].reason : "opening");
        assert_int_equal(movements[count - 1].balance, supply.on_hand);
    }
    act(&hall, COMMAND_SUPPLY_ADJUST, "NOWHERE", NULL, "{\"delta\":-1,\"reason\":\"lost\"}");
    assert_string_equal(hall.text, "not_found");
    end(&hall);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_action_in_every_state), cmocka_unit_test(test_what_arrives),
        cmocka_unit_test(test_lines_of_a_receipt), cmocka_unit_test(test_reasons), cmocka_unit_test(test_adjustments),
    };
    return cmocka_run_group_tests(tests, world_set_up, world_tear_down);
}
