/*
 * Reference data replaced whole by PUT: what is created, changed, left as it is and refused, by the state, the version wanted
 * and the members of the request. Identifiers bear the check digit of GS1's own example.
 */
#include "rules/decode.h"
#include "rules/reference.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "db/reference.h"
#include "db/supply.h"
#include "rules/request.h"
#include "tests/unit/support/open_db.h"

#define PROVINCE(GB, LAT) \
    "{\"gb_code\":\"" GB "\",\"name\":{\"en\":\"Hubei\",\"zh\":\"湖北\"},\"belt\":\"central\",\"capital\":\"Wuhan\",\"lat\":" LAT \
    ",\"lon\":114.31}"
#define HUBEI PROVINCE("420000", "30.59")
#define DEPOT "{\"name\":\"Depot\",\"kind\":\"depot\",\"province\":\"CN-HB\"}"
#define HALL "{\"name\":\"Hall\",\"kind\":\"warehouse\",\"organisation\":\"ORG\",\"province\":\"CN-HB\"}"
#define MASK(UNIT) "{\"name\":\"Mask\",\"unit\":\"" UNIT "\",\"category\":\"ppe\"}"
#define BEDS(NAME) "{\"name\":\"" NAME "\",\"unit\":\"beds\"}"
#define LENGTH(ROWS) (sizeof(ROWS) / sizeof(ROWS)[0])

typedef enum status applied(struct context *context);

/* What is put, and what then becomes of it. */
struct step {
    applied *apply;
    enum command_kind kind;
    const char *target, *body;
    int64_t version; /* wanted */
    const char *said; /* created, changed, unchanged, or the code of the refusal with its faults */
};

/* What became of a command, in words: as struct step has it. */
static const char *words(struct fixture *f, const struct outcome *outcome)
{
    static const char *const kinds[] = { "created", "changed", "unchanged" };
    if (outcome->kind != OUTCOME_REFUSED) {
        return kinds[outcome->kind];
    }
    const char *text = outcome->refusal.code;
    for (size_t i = 0; i < outcome->refusal.faults.count; i++) {
        const struct fault *fault = &outcome->refusal.faults.items[i];
        text = arena_format(&f->arena, "%s %s:%s", text, fault->pointer, fault->code);
    }
    return text;
}

/* Applies a step as the entry of the next number; the number goes on where the state changed. */
static struct outcome *step_apply(struct fixture *f, const struct step *step)
{
    struct outcome *outcome = arena_alloc(&f->arena, sizeof *outcome);
    struct faults *faults = arena_alloc(&f->arena, sizeof *faults);
    faults_init(faults, &f->arena);
    refusal_init(&outcome->refusal, &f->arena);
    struct command command = { .kind = step->kind, .target = step->target, .id = "key", .new_id = "N", .actor = { "ORG", ROLE_ADMIN, "tok" },
                               .if_version = step->version };
    const enum status decoded = command_decode(&command, BIND_CLEAR, step->body, strlen(step->body), &f->arena, faults);
    if (decoded != STATUS_OK) {
        fail_msg("%s: %s %s", step->body, faults->count > 0 ? faults->items[0].pointer : "", faults->count > 0 ? faults->items[0].code : "");
    }
    struct context context = { .db = f->db, .arena = &f->arena, .command = &command, .seq = f->seq, .time_zone_minutes = 480,
                               .outcome = outcome };
    assert_int_equal(step->apply(&context), STATUS_OK);
    if (outcome->kind == OUTCOME_CREATED || outcome->kind == OUTCOME_CHANGED) {
        assert_int_equal(outcome->seq, f->seq);
        assert_string_equal(outcome->id, step->target);
        f->seq++;
    }
    command_fini(&command);
    return outcome;
}

static void run(struct fixture *f, const struct step *steps, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *said = words(f, step_apply(f, &steps[i]));
        if (strcmp(said, steps[i].said) != 0) {
            fail_msg("step %zu, %s: %s, not %s", i, steps[i].body, said, steps[i].said);
        }
    }
}

#define STEP(NOUN, KIND, TARGET, BODY, VERSION, SAID) { NOUN##_put_apply, COMMAND_##KIND##_PUT, TARGET, BODY, COMMAND_VERSION_##VERSION, SAID }
#define STEP_AT(NOUN, KIND, TARGET, BODY, VERSION, SAID) { NOUN##_put_apply, COMMAND_##KIND##_PUT, TARGET, BODY, VERSION, SAID }

static const struct step ground[] = {
    STEP(province, PROVINCE, "CN-HB", HUBEI, NONE, "created"),
    STEP(organisation, ORGANISATION, "ORG", DEPOT, NONE, "created"),
    STEP(site, SITE, "HALL", HALL, NONE, "created"),
    STEP(item, ITEM, "MASK", MASK("piece"), NONE, "created"),
};

/* The same conditions hold for all that is put: RFC 9110, 13.1, of the version. */
static void test_versions(void **state)
{
    static const struct step steps[] = {
        STEP_AT(indicator, INDICATOR, "beds", BEDS("Beds"), 1, "version_mismatch"), /* there is none */
        STEP(indicator, INDICATOR, "beds", BEDS("Beds"), ANY, "version_mismatch"),
        STEP(indicator, INDICATOR, "beds", BEDS("Beds"), ABSENT, "created"),
        STEP(indicator, INDICATOR, "beds", BEDS("Beds"), NONE, "unchanged"),
        STEP_AT(indicator, INDICATOR, "beds", BEDS("Beds"), 1, "unchanged"),
        STEP(indicator, INDICATOR, "beds", BEDS("Beds"), ANY, "unchanged"),
        STEP_AT(indicator, INDICATOR, "beds", BEDS("Beds"), 2, "version_mismatch"), /* a stale condition, though nothing would change */
        STEP(indicator, INDICATOR, "beds", BEDS("Beds"), ABSENT, "version_mismatch"),
        STEP(indicator, INDICATOR, "beds", BEDS("Bed"), NONE, "version_required"),
        STEP(indicator, INDICATOR, "beds", BEDS("Bed"), ABSENT, "version_mismatch"),
        STEP_AT(indicator, INDICATOR, "beds", BEDS("Bed"), 2, "version_mismatch"),
        STEP_AT(indicator, INDICATOR, "beds", BEDS("Bed"), 1, "changed"),
        STEP_AT(indicator, INDICATOR, "beds", BEDS("Beds"), 1, "version_mismatch"),
        STEP(indicator, INDICATOR, "beds", BEDS("Beds"), ANY, "changed"),
    };
    struct fixture *f = *state;
    struct indicator found;
    run(f, steps, LENGTH(steps));
    assert_int_equal(db_indicator_find(f->db, &f->arena, "beds", &found), STATUS_OK);
    assert_true(found.version == 3 && found.seq == 3);
    assert_string_equal(found.name.text, "Beds");
    /* what is left as it is tells of the entry that made it so */
    assert_int_equal(step_apply(f, &steps[3])->seq, 3);
}

static void test_provinces(void **state)
{
    static const struct step steps[] = {
        STEP(province, PROVINCE, "CN-HB", HUBEI, NONE, "created"),
        STEP(province, PROVINCE, "CN-HB", HUBEI, NONE, "unchanged"),
        STEP(province, PROVINCE, "CN-XX", HUBEI, NONE, "already_exists"), /* another's GB/T 2260 code */
        STEP(province, PROVINCE, "420000", PROVINCE("430000", "30.59"), NONE, "already_exists"), /* so is this one */
        STEP(province, PROVINCE, "CN-HB", PROVINCE("42000", "30.59"), ANY, "bad_format /gb_code:bad_format"),
        STEP(province, PROVINCE, "CN-HB", PROVINCE("4200000", "30.59"), ANY, "bad_format /gb_code:bad_format"),
        STEP(province, PROVINCE, "CN-HB", PROVINCE("42000A", "30.59"), ANY, "bad_format /gb_code:bad_format"),
        STEP(province, PROVINCE, "CN-HB", PROVINCE("420000", "90.0000001"), ANY, "out_of_range /lat:out_of_range"),
        STEP(province, PROVINCE, "CN-HB", PROVINCE("x", "-91"), ANY, "invalid_request /lat:out_of_range /gb_code:bad_format"),
        STEP(province, PROVINCE, "CN-HB", PROVINCE("420000", "90"), ANY, "changed"),
        STEP(province, PROVINCE, "CN-HB", PROVINCE("420000", "-90"), ANY, "changed"),
        STEP(province, PROVINCE, "CN-HB", PROVINCE("420001", "30.123456789"), ANY, "changed"),
        STEP(province, PROVINCE, "CN-GD", "{\"gb_code\":\"440000\",\"name\":\"Guangdong\",\"belt\":\"eastern\",\"capital\":\"G\","
             "\"lat\":23,\"lon\":180.5}", NONE, "invalid_request /name:missing_member /lon:out_of_range"),
        STEP(province, PROVINCE, "CN-XX", HUBEI, NONE, "created"), /* the code has become free */
    };
    struct fixture *f = *state;
    struct province found;
    run(f, steps, LENGTH(steps));
    assert_int_equal(db_province_find(f->db, &f->arena, "420001", &found), STATUS_OK);
    assert_string_equal(found.code, "CN-HB");
    assert_true(found.version == 4 && found.seq == 4);
    assert_true(found.lat_e7 == 301234568 && found.lon_e7 == 1143100000); /* to the nearest unit of 1e-7 degrees */
}

static void test_a_province_of_a_request(void **state)
{
    const struct province_request request = { .gb_code = "110000", .name = { .en = "Beijing", .zh = "北京" }, .belt = "eastern",
                                              .capital = "Beijing", .lat = -0.00000015, .lon = NAN };
    struct province row = { .code = "kept", .version = 5, .seq = 6 };
    (void)state;
    province_from_request(&request, &row);
    assert_true(row.gb_code == request.gb_code && row.name_en == request.name.en && row.name_zh == request.name.zh &&
                row.belt == request.belt && row.capital == request.capital); /* borrowed */
    assert_true(row.lat_e7 == -1 || row.lat_e7 == -2); /* half a unit, as the double has it */
    assert_true(row.lon_e7 == REFERENCE_NOWHERE);
    assert_string_equal(row.code, "kept");
    assert_true(row.version == 5 && row.seq == 6);
}

static void test_organisations_and_sites(void **state)
{
    static const struct step steps[] = {
        STEP(organisation, ORGANISATION, "O-2", "{\"name\":\"Two\",\"kind\":\"depot\"}", NONE, "created"), /* in no province */
        STEP(organisation, ORGANISATION, "O-2", "{\"name\":\"Two\",\"kind\":\"depot\",\"province\":\"CN-XX\"}", ANY,
             "unknown_province /province:unknown_province"),
        STEP(organisation, ORGANISATION, "ORG", "{\"name\":\"Depot\",\"kind\":\"depot\",\"province\":\"420000\"}", NONE, "unchanged"),
        STEP(organisation, ORGANISATION, "ORG", "{\"name\":\"Depot\",\"kind\":\"depot\"}", ANY, "changed"), /* whole: the province goes */
        STEP(site, SITE, "S-2", "{\"name\":\"S\",\"kind\":\"warehouse\",\"organisation\":\"O-2\",\"province\":\"420000\",\"lat\":-1.5,\"lon\":0}",
             NONE, "created"),
        STEP(site, SITE, "S-3", "{\"name\":\"S\",\"kind\":\"warehouse\",\"organisation\":\"O-3\",\"province\":\"CN-XX\",\"lat\":1}", NONE,
             "invalid_request /lon:missing_member /province:unknown_province /organisation:unknown_organisation"),
        STEP(site, SITE, "S-3", "{\"name\":\"S\",\"kind\":\"warehouse\",\"organisation\":\"ORG\",\"province\":\"CN-HB\",\"lon\":1}", NONE,
             "missing_member /lat:missing_member"),
        STEP(site, SITE, "HALL", "{\"name\":\"Hall\",\"kind\":\"warehouse\",\"organisation\":\"O-2\",\"province\":\"CN-HB\"}", ANY, "changed"),
        STEP(site, SITE, "HALL", HALL, ANY, "changed"),
    };
    static const struct step in_use[] = {
        STEP(site, SITE, "HALL", "{\"name\":\"Hall\",\"kind\":\"warehouse\",\"organisation\":\"O-2\",\"province\":\"CN-HB\"}", ANY, "site_in_use"),
        STEP(site, SITE, "HALL", "{\"name\":\"Great hall\",\"kind\":\"warehouse\",\"organisation\":\"ORG\",\"province\":\"420000\"}", ANY, "changed"),
    };
    const struct supply supply = { .id = "S", .site = "HALL", .item = "MASK", .lot = "", .expiry = "", .owner = "ORG", .donor = "", .donation = "",
                                   .earmark = "", .condition = "good", .on_hand = 0, .received_at_ms = 1, .version = 1, .seq = 1 };
    struct fixture *f = *state;
    struct organisation organisation;
    struct site site;
    run(f, ground, LENGTH(ground));
    run(f, steps, LENGTH(steps));
    assert_int_equal(db_organisation_find(f->db, &f->arena, "ORG", &organisation), STATUS_OK);
    assert_null(organisation.province);
    assert_int_equal(db_site_find(f->db, &f->arena, "S-2", &site), STATUS_OK);
    assert_string_equal(site.province, "CN-HB"); /* whichever of its codes was sent */
    assert_true(site.lat_e7 == -15000000 && site.lon_e7 == 0);
    assert_int_equal(db_site_find(f->db, &f->arena, "S-3", &site), STATUS_ABSENT); /* a refusal writes nothing */
    assert_int_equal(db_supply_insert(f->db, &supply), STATUS_OK); /* of which nothing is left */
    run(f, in_use, LENGTH(in_use));
    assert_int_equal(db_site_find(f->db, &f->arena, "HALL", &site), STATUS_OK);
    assert_true(site.version == 4 && site.lat_e7 == REFERENCE_NOWHERE && site.lon_e7 == REFERENCE_NOWHERE);
    assert_string_equal(site.organisation, "ORG");
}

static void test_items(void **state)
{
#define GLOVE(IDENTIFIERS) "{\"name\":\"Glove\",\"unit\":\"pair\",\"identifiers\":[" IDENTIFIERS "]}"
#define GTIN(DIGITS) "{\"system\":\"gtin\",\"value\":\"" DIGITS "\"}"
    static const struct step steps[] = {
        STEP(item, ITEM, "GLOVE", GLOVE(GTIN("6291041500213")), NONE, "created"),
        STEP(item, ITEM, "GLOVE", GLOVE(GTIN("6291041500213")), NONE, "unchanged"),
        STEP(item, ITEM, "GLOVE", GLOVE(GTIN("6291041500214")), ANY, "identifier_check_digit /identifiers/0/value:identifier_check_digit"),
        STEP(item, ITEM, "GLOVE", GLOVE(GTIN("6291041500213") "," GTIN("629104150021")), ANY,
             "identifier_check_digit /identifiers/1/value:identifier_check_digit"),
        STEP(item, ITEM, "GLOVE", GLOVE(GTIN("62910415002") "," GTIN("6291041500213") "," GTIN("6")), ANY,
             "invalid_request /identifiers/0/value:bad_format /identifiers/2/value:bad_format"),
        STEP(item, ITEM, "GLOVE", GLOVE(""), NONE, "version_required"),
        STEP(item, ITEM, "GLOVE", GLOVE(""), ANY, "changed"),
        STEP(item, ITEM, "MASK", MASK("box"), ANY, "changed"), /* none lies anywhere */
        STEP(item, ITEM, "MASK", MASK("piece"), ANY, "changed"),
    };
    static const struct step in_use[] = {
        STEP(item, ITEM, "MASK", MASK("box"), ANY, "item_in_use"),
        STEP(item, ITEM, "MASK", "{\"name\":\"Mask\",\"unit\":\"piece\",\"category\":\"ppe\",\"lot_control\":true}", ANY, "item_in_use"),
        STEP(item, ITEM, "MASK", "{\"name\":\"Masks\",\"unit\":\"piece\",\"medical_grade\":true}", ANY, "changed"),
    };
    const struct supply supply = { .id = "S", .site = "HALL", .item = "MASK", .lot = "", .expiry = "", .owner = "ORG", .donor = "", .donation = "",
                                   .earmark = "", .condition = "good", .on_hand = 1, .received_at_ms = 1, .version = 1, .seq = 1 };
    struct fixture *f = *state;
    struct item found;
    run(f, ground, LENGTH(ground));
    run(f, steps, 2);
    assert_int_equal(db_item_find(f->db, &f->arena, "GLOVE", &found), STATUS_OK);
    assert_string_equal(found.identifiers, "[{\"system\":\"gtin\",\"value\":\"6291041500213\"}]");
    run(f, steps + 2, LENGTH(steps) - 2);
    assert_int_equal(db_item_find(f->db, &f->arena, "GLOVE", &found), STATUS_OK);
    assert_string_equal(found.identifiers, "[]");
    assert_null(found.category);
    assert_int_equal(db_supply_insert(f->db, &supply), STATUS_OK);
    run(f, in_use, LENGTH(in_use));
    assert_int_equal(db_item_find(f->db, &f->arena, "MASK", &found), STATUS_OK);
    assert_true(found.version == 4 && found.medical_grade && !found.lot_control);
    assert_string_equal(found.name.text, "Masks");
    assert_null(found.category);
}

static void test_indicators(void **state)
{
    static const struct step steps[] = {
        STEP(indicator, INDICATOR, "beds_per_10k", BEDS("Beds"), NONE, "derived_indicator /id:derived_indicator"),
        STEP(indicator, INDICATOR, "_per_10k", BEDS("Beds"), NONE, "derived_indicator /id:derived_indicator"),
        STEP(indicator, INDICATOR, "per_10k", BEDS("Beds"), NONE, "created"),
        STEP(indicator, INDICATOR, "beds_per_10k_", BEDS("Beds"), NONE, "created"),
        STEP(indicator, INDICATOR, "beds", "{\"name\":{\"en\":\"beds\",\"zh\":\"床\"},\"unit\":\"beds\",\"source\":\"yearbook\"}", NONE, "created"),
        STEP(indicator, INDICATOR, "beds", "{\"name\":{\"en\":\"beds\",\"zh\":\"床\"},\"unit\":\"beds\"}", ANY, "changed"),
    };
    struct fixture *f = *state;
    struct indicator found;
    run(f, steps, LENGTH(steps));
    assert_int_equal(db_indicator_find(f->db, &f->arena, "beds_per_10k", &found), STATUS_ABSENT);
    assert_int_equal(db_indicator_find(f->db, &f->arena, "beds", &found), STATUS_OK);
    assert_null(found.source);
    assert_null(found.name.text);
    assert_string_equal(found.name.zh, "床");
}

/* What could be read is looked at before the queue; what is absent is passed over, and nothing is marked. */
static void test_checks_of_parts(void **state)
{
    struct fixture *f = *state;
    struct outcome outcome = { 0 };
    struct command command = { .target = "X", .if_version = COMMAND_VERSION_NONE };
    struct context context = { .db = f->db, .arena = &f->arena, .command = &command, .seq = 1, .outcome = &outcome };
    const struct site_request site = { .lat = NAN, .lon = NAN };
    const struct organisation_request organisation = { .id = NULL };
    const struct identifier_request half = { .system = "gtin" };
    struct item_request item = { .unit = NULL };
    refusal_init(&outcome.refusal, &f->arena);
    command.request = &site;
    assert_int_equal(site_put_check(&context), STATUS_OK);
    command.request = &organisation;
    assert_int_equal(organisation_put_check(&context), STATUS_OK);
    item.identifiers.items = (void *)(uintptr_t)&half;
    item.identifiers.count = 1;
    command.request = &item;
    item_put_check(&context);
    indicator_put_check(&context);
    assert_int_equal(outcome.refusal.faults.total, 0);
    const struct organisation_request elsewhere = { .province = "CN-XX" };
    command.request = &elsewhere;
    assert_int_equal(organisation_put_check(&context), STATUS_OK);
    assert_int_equal(outcome.refusal.faults.total, 1);
    assert_string_equal(outcome.refusal.faults.items[0].code, "unknown_province");
    assert_null(outcome.refusal.code);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_versions, fixture_set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(test_provinces, fixture_set_up, fixture_tear_down),
        cmocka_unit_test(test_a_province_of_a_request),
        cmocka_unit_test_setup_teardown(test_organisations_and_sites, fixture_set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(test_items, fixture_set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(test_indicators, fixture_set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(test_checks_of_parts, fixture_set_up, fixture_tear_down),
    };
    return cmocka_run_group_tests_name("reference", tests, NULL, NULL);
}
