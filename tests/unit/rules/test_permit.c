/*
 * Who may do what at whose site: every role, of the origin's, the destination's, a third and of no organisation, against
 * every command that goods are moved by. That strangers learn nothing else, and that nothing is done, is looked at too.
 */
#include "tests/unit/rules/world.h"

#include "ledger/entry.h"
#include "rules/apply.h"
#include "rules/context.h"
#include "rules/decode.h"
#include "rules/permit.h"

static const enum role roles[] = { ROLE_PUBLIC, ROLE_AUDITOR, ROLE_OPERATOR, ROLE_COORDINATOR, ROLE_ADMIN };
enum { ROLES = sizeof roles / sizeof roles[0] };
static const char *const organisations[] = { "ORIGIN", "DEST", "THIRD", "" };
enum { ORGANISATIONS = sizeof organisations / sizeof organisations[0] };

/* Which may: a row for each organisation, a letter for each role in the order above. */
struct rights {
    enum command_kind kind;
    const char *target, *body;
    const char *may[ORGANISATIONS];
    const char *site; /* that a refusal names */
    const char *by;   /* the roles it names */
};

#define LINES "\"lines\":[{\"supply\":\"S\",\"quantity\":1}]"
#define KEEPS_ORIGIN { "--o-a", "----a", "----a", "----a" }
#define MOVES_ORIGIN { "--oca", "---ca", "---ca", "---ca" }
#define MOVES_DEST   { "---ca", "--oca", "---ca", "---ca" }
#define EVERYBODY    { "paoca", "paoca", "paoca", "paoca" }

static const struct rights matrix[] = {
    { COMMAND_SUPPLY_INTAKE, "", "{\"site\":\"A\",\"item\":\"MASK\",\"quantity\":1,\"source\":\"found\"}", KEEPS_ORIGIN, "A", "operator admin" },
    { COMMAND_SUPPLY_ADJUST, "S", "{\"delta\":-1,\"reason\":\"lost\"}", KEEPS_ORIGIN, "A", "operator admin" },
    { COMMAND_TRANSFER_CREATE, "", "{\"destination\":\"B\"," LINES "}", MOVES_ORIGIN, "A", "operator coordinator admin" },
    { COMMAND_TRANSFER_DISPATCH, "T", "{}", MOVES_ORIGIN, "A", "operator coordinator admin" },
    { COMMAND_TRANSFER_CANCEL, "T", "{\"reason\":\"so\"}", MOVES_ORIGIN, "A", "operator coordinator admin" },
    { COMMAND_TRANSFER_RETURN, "U", "{\"reason\":\"so\"}", MOVES_ORIGIN, "A", "operator coordinator admin" },
    { COMMAND_TRANSFER_RECEIVE, "U", "{\"lines\":[{\"line\":1,\"good\":1}]}", MOVES_DEST, "B", "operator coordinator admin" },
    /* What the body has wrong is not told to strangers; where nothing says whose site it is, nobody is one. */
    { COMMAND_SUPPLY_INTAKE, "", "{\"site\":\"NONE\",\"item\":\"MASK\",\"quantity\":1,\"source\":\"found\"}", EVERYBODY, "", "" },
    { COMMAND_SUPPLY_ADJUST, "NONE", "{\"delta\":-1,\"reason\":\"lost\"}", EVERYBODY, "", "" },
    { COMMAND_TRANSFER_CREATE, "", "{\"destination\":\"B\",\"lines\":[{\"supply\":\"NONE\",\"quantity\":1}]}", EVERYBODY, "", "" },
    { COMMAND_TRANSFER_CREATE, "", "{\"destination\":\"B\",\"lines\":[{\"supply\":\"NONE\",\"quantity\":1},{\"supply\":\"S\",\"quantity\":1}]}",
      MOVES_ORIGIN, "A", "operator coordinator admin" },
    { COMMAND_TRANSFER_DISPATCH, "NONE", "{}", EVERYBODY, "", "" },
    { COMMAND_TRANSFER_RECEIVE, "NONE", "{\"lines\":[{\"line\":1,\"good\":1}]}", EVERYBODY, "", "" },
    { COMMAND_TRANSFER_RECEIVE, "U", "{\"lines\":[]}", MOVES_DEST, "B", "operator coordinator admin" },
    { COMMAND_TRANSFER_CANCEL, "U", "{\"reason\":\"so\"}", MOVES_ORIGIN, "A", "operator coordinator admin" },
};

static void build(struct world *world)
{
    static const struct {
        enum command_kind kind;
        const char *target, *id, *body;
    } made[] = {
        { COMMAND_ORGANISATION_PUT, "ORIGIN", "1", "{\"name\":\"O\",\"kind\":\"depot\"}" },
        { COMMAND_ORGANISATION_PUT, "DEST", "2", "{\"name\":\"D\",\"kind\":\"depot\"}" },
        { COMMAND_ORGANISATION_PUT, "THIRD", "3", "{\"name\":\"T\",\"kind\":\"depot\"}" },
        { COMMAND_SITE_PUT, "A", "4", "{\"name\":\"A\",\"kind\":\"warehouse\",\"organisation\":\"ORIGIN\",\"province\":\"CN-HB\"}" },
        { COMMAND_SITE_PUT, "B", "5", "{\"name\":\"B\",\"kind\":\"hospital\",\"organisation\":\"DEST\",\"province\":\"CN-HB\"}" },
        { COMMAND_ITEM_PUT, "MASK", "6", "{\"name\":\"Mask\",\"unit\":\"piece\"}" },
        { COMMAND_SUPPLY_INTAKE, "", "S", "{\"site\":\"A\",\"item\":\"MASK\",\"quantity\":100,\"source\":\"opening\"}" },
        { COMMAND_TRANSFER_CREATE, "", "T", "{\"destination\":\"B\"," LINES "}" },
        { COMMAND_TRANSFER_CREATE, "", "U", "{\"destination\":\"B\"," LINES "}" },
        { COMMAND_TRANSFER_DISPATCH, "U", "7", "{}" },
    };
    world_open(world);
    world_begin(world);
    for (size_t i = 0; i < sizeof made / sizeof made[0]; i++) {
        int status = world_do(world, WORLD_START_MS, made[i].kind, made[i].target, made[i].id, made[i].body, NULL);
        assert_true(status == 200 || status == 201);
    }
}

static const char *member(const struct refusal *refusal, const char *name)
{
    for (size_t i = 0; i < refusal->member_count; i++) {
        if (strcmp(refusal->members[i].name, name) == 0) {
            return refusal->members[i].text;
        }
    }
    return NULL;
}

/* A row's command by one actor, and its outcome made ready. */
static struct command decoded(struct arena *arena, const struct rights *row, const struct actor *actor, struct outcome *outcome)
{
    struct faults *faults = arena_alloc(arena, sizeof *faults);
    faults_init(faults, arena);
    struct command command = { .kind = row->kind, .target = row->target, .id = "key", .new_id = "N", .actor = *actor,
                               .if_version = COMMAND_VERSION_NONE };
    memset(outcome, 0, sizeof *outcome);
    refusal_init(&outcome->refusal, arena);
    assert_int_equal(command_decode(&command, BIND_CLEAR, row->body, strlen(row->body), arena, faults), STATUS_OK);
    return command;
}

/* The whole rule for one command by one actor, taken back afterwards: what became of it. */
static void apply(struct world *world, struct arena *arena, const struct rights *row, const struct actor *actor, struct outcome *outcome)
{
    struct command command = decoded(arena, row, actor, outcome);
    struct context context = { .db = world->db, .arena = arena, .command = &command, .time_ms = WORLD_START_MS,
                               .seq = executor_seq(world->executor) + 1, .rules_version = ENTRY_RULES_VERSION, .time_zone_minutes = 480,
                               .outcome = outcome };
    assert_int_equal(db_begin(world->db), STATUS_OK);
    assert_int_equal(rules_apply(&context), STATUS_OK);
    db_rollback(world->db);
    command_fini(&command);
}

static void test_the_matrix(void **state)
{
    (void)state;
    struct world world;
    build(&world);
    for (size_t r = 0; r < sizeof matrix / sizeof matrix[0]; r++) {
        for (size_t c = 0; c < (size_t)ORGANISATIONS * ROLES; c++) {
            const struct rights *row = &matrix[r];
            const struct actor actor = { organisations[c / ROLES], roles[c % ROLES], "tok" };
            struct outcome outcome;
            struct arena arena;
            arena_init(&arena);
            apply(&world, &arena, row, &actor, &outcome);
            const struct refusal *refusal = &outcome.refusal;
            bool is_forbidden = outcome.kind == OUTCOME_REFUSED && refusal->kind == REFUSAL_FORBIDDEN;
            if (is_forbidden == (row->may[c / ROLES][c % ROLES] != '-')) {
                fail_msg("%s %s by %s of %s: %s", command_kind_name(row->kind), row->target, role_name(actor.role), actor.organisation,
                         is_forbidden ? "forbidden" : "let through");
            }
            if (is_forbidden) {
                assert_string_equal(refusal->code, "forbidden");
                assert_int_equal(refusal->faults.total, 0);
                assert_string_equal(member(refusal, "site"), row->site);
                assert_string_equal(member(refusal, "needed_organisation"), row->site[0] == 'A' ? "ORIGIN" : "DEST");
                assert_string_equal(member(refusal, "needed_roles"), row->by);
                assert_string_equal(member(refusal, "role"), role_name(actor.role));
            }
            arena_fini(&arena);
        }
    }
    world_close(&world);
}

/* Asked before the queue, about a body that is faulty, the same is said. */
static void test_the_same_before_the_queue(void **state)
{
    (void)state;
    struct world world;
    build(&world);
    for (size_t r = 0; r < sizeof matrix / sizeof matrix[0]; r++) {
        for (size_t c = 0; c < (size_t)ORGANISATIONS * ROLES; c++) {
            const struct rights *row = &matrix[r];
            struct arena arena;
            struct refusal forbidden;
            arena_init(&arena);
            struct faults *faults = arena_alloc(&arena, sizeof *faults);
            faults_init(faults, &arena);
            refusal_init(&forbidden, &arena);
            struct command command = { .kind = row->kind, .target = row->target, .id = "key", .new_id = "N",
                                       .actor = { organisations[c / ROLES], roles[c % ROLES], "tok" }, .if_version = COMMAND_VERSION_NONE };
            const char *body = arena_format(&arena, "{\"nonsense\":1,%s", row->body[1] == '}' ? "\"note\":\"\"}" : row->body + 1);
            assert_int_equal(command_decode(&command, BIND_CLEAR, body, strlen(body), &arena, faults), STATUS_INVALID);
            assert_int_equal(db_read_begin(world.db), STATUS_OK);
            enum status status = rules_check(world.db, &arena, &command, WORLD_START_MS, faults, &forbidden);
            db_read_end(world.db);
            assert_int_equal(status, row->may[c / ROLES][c % ROLES] != '-' ? STATUS_OK : STATUS_CONFLICT);
            command_fini(&command);
            arena_fini(&arena);
        }
    }
    world_close(&world);
}

/* What permit_again says of one command by one actor. */
static enum status again(struct world *world, struct arena *arena, const struct rights *row, const struct actor *actor, struct outcome *outcome)
{
    struct command command = decoded(arena, row, actor, outcome);
    struct context context = { .db = world->db, .arena = arena, .command = &command, .time_ms = WORLD_START_MS, .outcome = outcome };
    assert_int_equal(db_read_begin(world->db), STATUS_OK);
    enum status status = permit_again(&context);
    db_read_end(world->db);
    command_fini(&command);
    return status;
}

/* Whose first answer a retry may get: the same rights, whatever a policy demands of what is new. */
static void test_the_same_of_what_came_before(void **state)
{
    (void)state;
    struct world world;
    build(&world);
    int status = world_do(&world, WORLD_START_MS, COMMAND_POLICY_PUT, "default", "8", "{\"signed_kinds\":[\"*\"]}", NULL);
    assert_int_equal(status, 201);
    for (size_t r = 0; r < sizeof matrix / sizeof matrix[0]; r++) {
        for (size_t c = 0; c < (size_t)ORGANISATIONS * ROLES; c++) {
            const struct actor actor = { organisations[c / ROLES], roles[c % ROLES], "tok" };
            bool may = matrix[r].may[c / ROLES][c % ROLES] != '-';
            struct outcome outcome;
            struct arena arena;
            arena_init(&arena);
            assert_int_equal(again(&world, &arena, &matrix[r], &actor, &outcome), may ? STATUS_OK : STATUS_CONFLICT);
            if (!may) {
                assert_int_equal(outcome.kind, OUTCOME_REFUSED);
                assert_string_equal(outcome.refusal.code, "forbidden");
                assert_string_equal(member(&outcome.refusal, "site"), matrix[r].site);
            }
            arena_fini(&arena);
        }
    }
    world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_the_matrix), cmocka_unit_test(test_the_same_before_the_queue),
                                        cmocka_unit_test(test_the_same_of_what_came_before) };
    return cmocka_run_group_tests(tests, world_set_up, world_tear_down);
}
