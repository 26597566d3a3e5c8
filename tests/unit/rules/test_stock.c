/*
 * The one place where a quantity on a shelf changes: every change has a movement that explains it, what is the same
 * is added to, and what stands in the way of sending is all named.
 */
#include "tests/unit/rules/world.h"

#include "db/reference.h"
#include "db/supply.h"
#include "rules/context.h"
#include "rules/stock.h"

/* A change by hand inside a block: what a rule would be given. */
struct hand {
    struct world world;
    struct arena arena;
    struct command command;
    struct outcome outcome;
    struct context context; /* seq: of an entry that there is, as a card shows what its movements' entries say */
};

static const struct stock_note intake = {.kind = "intake", .reason = "", .occurred_at_ms = WORLD_START_MS - 5};

static struct supply like(void)
{
    return (struct supply){.site = "A", .province = "CN-HB", .item = "MASK", .lot = "L", .expiry = "1970-01-20", .owner = "ORG",
                           .donor = "", .donation = "", .earmark = "", .condition = "good"};
}

static void begin(struct hand *hand)
{
    struct world *world = &hand->world;
    world_open(world);
    world_begin(world);
    assert_int_equal(world_do(world, WORLD_START_MS, COMMAND_ORGANISATION_PUT, "ORG", "a", "{\"name\":\"O\",\"kind\":\"depot\"}", NULL), 201);
    assert_int_equal(world_do(world, WORLD_START_MS, COMMAND_SITE_PUT, "A", "b",
        "{\"name\":\"A\",\"kind\":\"warehouse\",\"organisation\":\"ORG\",\"province\":\"CN-HB\"}", NULL), 201);
    assert_int_equal(world_do(world, WORLD_START_MS, COMMAND_ITEM_PUT, "MASK", "c", "{\"name\":\"Mask\",\"unit\":\"piece\"}", NULL), 201);
    arena_init(&hand->arena);
    hand->command = (struct command){.kind = COMMAND_SUPPLY_INTAKE, .target = "", .id = "key", .new_id = "key",
                                     .actor = {"ORG", ROLE_ADMIN, "tok"}};
    memset(&hand->outcome, 0, sizeof hand->outcome);
    refusal_init(&hand->outcome.refusal, &hand->arena);
    hand->context = (struct context){.db = world->db, .arena = &hand->arena, .command = &hand->command, .time_ms = WORLD_START_MS,
                                     .seq = 3, .time_zone_minutes = 480, .outcome = &hand->outcome};
    assert_int_equal(db_begin(world->db), STATUS_OK);
}

static void end(struct hand *hand)
{
    db_rollback(hand->world.db);
    arena_fini(&hand->arena);
    world_close(&hand->world);
}

/* The stored supply is this one, and its movements add up to it, in order and each with its balance. */
static void check(struct hand *hand, const struct supply *wanted, size_t movement_count)
{
    struct supply found;
    struct movement *movements = NULL;
    size_t count = 0;
    int64_t balance = 0;
    assert_int_equal(db_supply_find(hand->world.db, &hand->arena, wanted->id, &found), STATUS_OK);
    assert_true(found.on_hand == wanted->on_hand && found.reserved == wanted->reserved && found.version == wanted->version);
    assert_int_equal(found.seq, wanted->seq);
    assert_string_equal(found.lot, wanted->lot);
    assert_int_equal(db_movement_list(hand->world.db, &hand->arena, wanted->id, 0, 0, 100, &movements, &count), STATUS_OK);
    assert_int_equal(count, movement_count);
    for (size_t i = 0; i < count; i++) {
        balance += movements[i].delta;
        assert_int_equal(movements[i].balance, balance);
    }
    assert_int_equal(balance, found.on_hand);
}

static void test_adding(void **state)
{
    (void)state;
    struct hand hand;
    struct supply one = like(), first, second, third;
    bool is_new = false;
    begin(&hand);
    assert_int_equal(stock_add(&hand.context, &one, "S", 100, &intake, &first, &is_new), STATUS_OK);
    assert_true(is_new && first.on_hand == 100 && first.reserved == 0 && first.version == 1);
    assert_int_equal(first.received_at_ms, WORLD_START_MS - 5);
    check(&hand, &first, 1);

    hand.context.seq = 4;
    hand.context.movements = 0;
    assert_int_equal(stock_add(&hand.context, &one, "S2", 20, &intake, &second, &is_new), STATUS_OK);
    assert_false(is_new);
    assert_string_equal(second.id, "S"); /* the same thing on the same shelf has one card */
    assert_true(second.on_hand == 120 && second.version == 2 && second.seq == 4);
    check(&hand, &second, 2);

    one.condition = "damaged"; /* another card, under a name of the service's own */
    assert_int_equal(stock_add(&hand.context, &one, NULL, 3, &intake, &third, &is_new), STATUS_OK);
    assert_true(is_new && third.on_hand == 3 && strlen(third.id) == 36 && third.id[14] == '8');
    check(&hand, &third, 1);
    check(&hand, &second, 2);
    end(&hand);
}

static void test_each_attribute_is_a_card_of_its_own(void **state)
{
    (void)state;
    struct hand hand;
    begin(&hand);
    for (int i = 0; i < 8; i++) {
        struct supply one = like(), made;
        bool is_new = false;
        const char **const attributes[] = {&one.lot, &one.expiry, &one.owner, &one.donor, &one.donation, &one.earmark, &one.condition};
        static const char *const others[] = {"M", "1970-01-21", "ORG2", "D", "N", "CN-HB", "quarantine"};
        if (i < 7) {
            *attributes[i] = others[i];
        }
        if (i == 2) {
            continue; /* an owner must be an organisation */
        }
        assert_int_equal(stock_add(&hand.context, &one, NULL, 1, &intake, &made, &is_new), STATUS_OK);
        assert_true(is_new);
    }
    end(&hand);
}

static void test_changing(void **state)
{
    (void)state;
    struct hand hand;
    struct supply one = like(), card;
    bool is_new = false;
    static const struct stock_note used = {.kind = "adjustment", .reason = "consumed", .occurred_at_ms = WORLD_START_MS};
    begin(&hand);
    assert_int_equal(stock_add(&hand.context, &one, "S", 100, &intake, &card, &is_new), STATUS_OK);
    hand.context.seq = 4;
    assert_int_equal(stock_change(&hand.context, &card, 0, 60, &used), STATUS_OK); /* reserved: nothing moves */
    assert_true(card.on_hand == 100 && card.reserved == 60 && card.version == 2);
    check(&hand, &card, 1);
    assert_int_equal(stock_change(&hand.context, &card, -60, -60, &used), STATUS_OK);
    check(&hand, &card, 2);
    assert_int_equal(stock_change(&hand.context, &card, -40, 0, &used), STATUS_OK); /* down to nothing */
    assert_true(card.on_hand == 0 && card.reserved == 0);
    check(&hand, &card, 3);
    end(&hand);
}

static void test_no_more_than_an_integer_holds(void **state)
{
    (void)state;
    struct hand hand;
    struct supply one = like(), card, after;
    bool is_new = false;
    begin(&hand);
    assert_int_equal(stock_add(&hand.context, &one, "S", TEXT_INTEGER_MAX - 1, &intake, &card, &is_new), STATUS_OK);
    assert_int_equal(stock_add(&hand.context, &one, NULL, 2, &intake, &after, &is_new), STATUS_CONFLICT);
    assert_string_equal(hand.outcome.refusal.code, "quantity_overflow");
    assert_non_null(strstr(hand.outcome.refusal.detail, "supply S holds 9007199254740990; 2 more would exceed 9007199254740991"));
    check(&hand, &card, 1);
    assert_int_equal(stock_add(&hand.context, &one, NULL, 1, &intake, &after, &is_new), STATUS_OK);
    check(&hand, &after, 2);
    end(&hand);
}

static void test_what_stands_in_the_way(void **state)
{
    (void)state;
    struct hand hand;
    struct stock_obstacle found[STOCK_OBSTACLES_MAX];
    const struct site here = {.id = "A", .organisation = "ORG", .province = "CN-HB"};
    size_t count = 9;
    struct supply one = like();
    one.id = "S";
    begin(&hand); /* 1970-01-12 in UTC+8 */
    assert_int_equal(stock_obstacles(&hand.context, &one, &here, found, &count), STATUS_OK);
    assert_int_equal(count, 0);
    one.expiry = "1970-01-12"; /* its last day */
    one.earmark = "ORG";
    assert_int_equal(stock_obstacles(&hand.context, &one, &here, found, &count), STATUS_OK);
    assert_int_equal(count, 0);
    static const char *const earmarks[] = {"A", "ORG", "CN-HB", ""};
    for (size_t i = 0; i < 4; i++) {
        one.earmark = earmarks[i];
        assert_int_equal(stock_obstacles(&hand.context, &one, &here, found, &count), STATUS_OK);
        assert_int_equal(count, 0);
    }
    one.earmark = "B";
    one.expiry = "1970-01-11";
    one.condition = "quarantine";
    assert_int_equal(stock_obstacles(&hand.context, &one, &here, found, &count), STATUS_OK);
    assert_int_equal(count, 3);
    assert_string_equal(found[0].code, "quality_not_passed");
    assert_string_equal(found[1].code, "lot_expired");
    assert_string_equal(found[1].detail, "supply S, lot L, was usable through 1970-01-11; today is 1970-01-12");
    assert_string_equal(found[2].code, "earmark_violation");
    assert_non_null(strstr(found[2].detail, "earmarked for B; A belongs to ORG in CN-HB"));
    end(&hand);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_adding), cmocka_unit_test(test_each_attribute_is_a_card_of_its_own),
        cmocka_unit_test(test_changing), cmocka_unit_test(test_no_more_than_an_integer_holds),
        cmocka_unit_test(test_what_stands_in_the_way),
    };
    return cmocka_run_group_tests(tests, world_set_up, world_tear_down);
}
