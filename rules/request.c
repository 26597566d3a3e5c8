/*
 * The binding tables: one row for each member that a command's body may have.
 * decode.c reads bodies by them; openapi.yaml says the same to people.
 */
#include "rules/request.h"

#include "base/limits.h"
#include "base/text.h"
#include "rules/command.h"

#define COUNT(ROWS) (sizeof(ROWS) / sizeof(ROWS)[0])
#define TABLE(NAME, ROWS, TYPE) static const struct bind_table NAME = { ROWS, COUNT(ROWS), sizeof(TYPE) }
#define QUANTITY_ROW(T, M, REQUIRED) BIND_INTEGER_ROW(T, M, REQUIRED, 1, TEXT_INTEGER_MAX)
#define PROVINCE_ROW(T, M, REQUIRED) \
    { #M, BIND_ID, REQUIRED, BIND_OFFSET(T, M, const char *), 0, 0, province_wanted, NULL }
#define PART_ROW(T, M) BIND_INTEGER_ROW(T, M, false, 0, TEXT_INTEGER_MAX)

/* What is said where a text is no id: the codes are known to fewer people than the names. */
static const char *const province_wanted[] = {
    "the code of a province (GET /provinces lists them), ISO 3166-2 such as CN-HB or GB/T 2260 such as 420000,", NULL
};

const char *const intake_sources[] = { "donation", "purchase", "production", "opening", "found", NULL };
const char *const supply_conditions[] = { "good", "damaged", "quarantine", "rejected", NULL };
const char *const adjust_reasons[] = { "consumed", "destroyed", "lost", "counted", "corrected", NULL };

#define PROVINCE_ROWS(CODE_REQUIRED) \
    BIND_ID_ROW(struct province_request, code, CODE_REQUIRED), \
    BIND_ID_ROW(struct province_request, gb_code, true), \
    BIND_NAME_ROW(struct province_request, name, true, LIMIT_NAME_BYTES), \
    BIND_WORD_ROW(struct province_request, belt, true), \
    BIND_TEXT_ROW(struct province_request, capital, true, LIMIT_NAME_BYTES), \
    BIND_NUMBER_ROW(struct province_request, lat, true), \
    BIND_NUMBER_ROW(struct province_request, lon, true)

static const struct bind_member province_rows[] = { PROVINCE_ROWS(false) };
static const struct bind_member genesis_province_rows[] = { PROVINCE_ROWS(true) };
TABLE(province_table, province_rows, struct province_request);
TABLE(genesis_province_table, genesis_province_rows, struct province_request);

static const struct bind_member organisation_rows[] = {
    BIND_ID_ROW(struct organisation_request, id, false),
    BIND_NAME_ROW(struct organisation_request, name, true, LIMIT_NAME_BYTES),
    BIND_WORD_ROW(struct organisation_request, kind, true),
    PROVINCE_ROW(struct organisation_request, province, false),
};
TABLE(organisation_table, organisation_rows, struct organisation_request);

static const struct bind_member site_rows[] = {
    BIND_ID_ROW(struct site_request, id, false),
    BIND_NAME_ROW(struct site_request, name, true, LIMIT_NAME_BYTES),
    BIND_WORD_ROW(struct site_request, kind, true),
    BIND_ID_ROW(struct site_request, organisation, true),
    PROVINCE_ROW(struct site_request, province, true),
    BIND_NUMBER_ROW(struct site_request, lat, false),
    BIND_NUMBER_ROW(struct site_request, lon, false),
};
TABLE(site_table, site_rows, struct site_request);

static const struct bind_member identifier_rows[] = {
    BIND_WORD_ROW(struct identifier_request, system, true),
    BIND_TEXT_ROW(struct identifier_request, value, true, LIMIT_REFERENCE_BYTES),
};
TABLE(identifier_table, identifier_rows, struct identifier_request);

static const struct bind_member item_rows[] = {
    BIND_ID_ROW(struct item_request, id, false),
    BIND_NAME_ROW(struct item_request, name, true, LIMIT_NAME_BYTES),
    BIND_WORD_ROW(struct item_request, unit, true),
    BIND_WORD_ROW(struct item_request, category, false),
    BIND_OBJECTS_ROW(struct item_request, identifiers, false, 0, LIMIT_IDENTIFIERS, &identifier_table),
    BIND_BOOLEAN_ROW(struct item_request, lot_control, false),
    BIND_BOOLEAN_ROW(struct item_request, medical_grade, false),
};
TABLE(item_table, item_rows, struct item_request);

#define INDICATOR_ROWS(ID_REQUIRED) \
    BIND_ID_ROW(struct indicator_request, id, ID_REQUIRED), \
    BIND_NAME_ROW(struct indicator_request, name, true, LIMIT_NAME_BYTES), \
    BIND_WORD_ROW(struct indicator_request, unit, true), \
    BIND_TEXT_ROW(struct indicator_request, source, false, LIMIT_TEXT_BYTES)

static const struct bind_member indicator_rows[] = { INDICATOR_ROWS(false) };
static const struct bind_member genesis_indicator_rows[] = { INDICATOR_ROWS(true) };
TABLE(indicator_table, indicator_rows, struct indicator_request);
TABLE(genesis_indicator_table, genesis_indicator_rows, struct indicator_request);

static const struct bind_member figure_rows[] = {
    BIND_ID_ROW(struct figure_request, indicator, true),
    BIND_INTEGER_ROW(struct figure_request, year, true, 1900, 2100),
    PROVINCE_ROW(struct figure_request, province, true),
    BIND_NUMBER_ROW(struct figure_request, value, true),
};
TABLE(figure_table, figure_rows, struct figure_request);

static const struct bind_member figures_rows[] = {
    BIND_OBJECTS_ROW(struct figures_request, figures, true, 1, LIMIT_FIGURES, &figure_table),
};
const struct bind_table figures_rows_table = { figures_rows, COUNT(figures_rows), sizeof(struct figures_request) };

static const struct bind_member genesis_rows[] = {
    BIND_TEXT_ROW(struct genesis_request, origin, true, 127),
    BIND_INTEGER_ROW(struct genesis_request, time_zone_minutes, true, -1440, 1440),
    BIND_TEXT_ROW(struct genesis_request, node_key, true, 66),
    BIND_TEXT_ROW(struct genesis_request, checkpoint_key, false, 64),
    BIND_OBJECTS_ROW(struct genesis_request, provinces, true, 1, 1000, &genesis_province_table),
    BIND_OBJECTS_ROW(struct genesis_request, indicators, true, 1, 1000, &genesis_indicator_table),
    BIND_OBJECTS_ROW(struct genesis_request, figures, true, 1, LIMIT_FIGURES, &figure_table),
};
TABLE(genesis_table, genesis_rows, struct genesis_request);

static const struct bind_member rotate_rows[] = {
    BIND_TEXT_ROW(struct rotate_request, node_key, true, 66),
    BIND_TEXT_ROW(struct rotate_request, checkpoint_key, false, 64),
};
TABLE(rotate_table, rotate_rows, struct rotate_request);

static const struct bind_member intake_rows[] = {
    BIND_ID_ROW(struct intake_request, id, false),
    BIND_ID_ROW(struct intake_request, site, true),
    BIND_ID_ROW(struct intake_request, item, true),
    QUANTITY_ROW(struct intake_request, quantity, true),
    BIND_CHOICE_ROW(struct intake_request, source, true, intake_sources),
    BIND_TEXT_ROW(struct intake_request, lot, false, LIMIT_ID_BYTES),
    BIND_DATE_ROW(struct intake_request, expiry, false),
    BIND_ID_ROW(struct intake_request, owner, false),
    BIND_CHOICE_ROW(struct intake_request, condition, false, supply_conditions),
    BIND_TEXT_ROW(struct intake_request, donor, false, LIMIT_NAME_BYTES),
    BIND_TEXT_ROW(struct intake_request, donation, false, LIMIT_REFERENCE_BYTES),
    BIND_ID_ROW(struct intake_request, earmark, false),
    BIND_TEXT_ROW(struct intake_request, reference, false, LIMIT_REFERENCE_BYTES),
    BIND_PERSONAL_ROW(struct intake_request, note, false, LIMIT_TEXT_BYTES),
    BIND_INSTANT_ROW(struct intake_request, occurred_at, false),
};
TABLE(intake_table, intake_rows, struct intake_request);

static const struct bind_member adjust_rows[] = {
    BIND_INTEGER_ROW(struct adjust_request, delta, true, -TEXT_INTEGER_MAX, TEXT_INTEGER_MAX),
    BIND_CHOICE_ROW(struct adjust_request, reason, true, adjust_reasons),
    BIND_TEXT_ROW(struct adjust_request, reference, false, LIMIT_REFERENCE_BYTES),
    BIND_PERSONAL_ROW(struct adjust_request, note, false, LIMIT_TEXT_BYTES),
};
TABLE(adjust_table, adjust_rows, struct adjust_request);

static const struct bind_member transfer_line_rows[] = {
    BIND_ID_ROW(struct transfer_line_request, supply, true),
    QUANTITY_ROW(struct transfer_line_request, quantity, true),
};
TABLE(transfer_line_table, transfer_line_rows, struct transfer_line_request);

static const struct bind_member transfer_rows[] = {
    BIND_ID_ROW(struct transfer_request, id, false),
    BIND_ID_ROW(struct transfer_request, destination, true),
    BIND_OBJECTS_ROW(struct transfer_request, lines, true, 0, LIMIT_LINES, &transfer_line_table),
    BIND_ID_ROW(struct transfer_request, need, false),
    BIND_TEXT_ROW(struct transfer_request, reference, false, LIMIT_REFERENCE_BYTES),
    BIND_TEXT_ROW(struct transfer_request, carrier, false, LIMIT_NAME_BYTES),
    BIND_PERSONAL_ROW(struct transfer_request, contact, false, LIMIT_TEXT_BYTES),
    BIND_PERSONAL_ROW(struct transfer_request, note, false, LIMIT_TEXT_BYTES),
    BIND_PERSONAL_ROW(struct transfer_request, rationale, false, LIMIT_TEXT_BYTES),
};
TABLE(transfer_table, transfer_rows, struct transfer_request);

static const struct bind_member dispatch_rows[] = {
    BIND_PERSONAL_ROW(struct dispatch_request, driver, false, LIMIT_TEXT_BYTES),
    BIND_PERSONAL_ROW(struct dispatch_request, note, false, LIMIT_TEXT_BYTES),
};
TABLE(dispatch_table, dispatch_rows, struct dispatch_request);

static const struct bind_member receive_line_rows[] = {
    BIND_INTEGER_ROW(struct receive_line_request, line, true, 1, LIMIT_LINES),
    PART_ROW(struct receive_line_request, good),
    PART_ROW(struct receive_line_request, damaged),
    PART_ROW(struct receive_line_request, lost),
    BIND_PERSONAL_ROW(struct receive_line_request, reason, false, LIMIT_TEXT_BYTES),
};
TABLE(receive_line_table, receive_line_rows, struct receive_line_request);

static const struct bind_member receive_rows[] = {
    BIND_OBJECTS_ROW(struct receive_request, lines, true, 0, LIMIT_LINES, &receive_line_table),
    BIND_PERSONAL_ROW(struct receive_request, note, false, LIMIT_TEXT_BYTES),
};
TABLE(receive_table, receive_rows, struct receive_request);

static const struct bind_member reason_rows[] = {
    BIND_PERSONAL_ROW(struct reason_request, reason, false, LIMIT_TEXT_BYTES),
};
TABLE(reason_table, reason_rows, struct reason_request);

static const char *const key_types[] = { "EC", NULL };
static const char *const key_curves[] = { "secp256k1", NULL };
static const char *const key_uses[] = { "sig", NULL };
static const char *const key_algorithms[] = { "ES256K", NULL };

enum { COORDINATE_BYTES_MAX = 64 /* 43 are right; what is a little longer is told what it should be */ };

static const struct bind_member key_add_rows[] = {
    BIND_CHOICE_ROW(struct key_add_request, kty, true, key_types),
    BIND_CHOICE_ROW(struct key_add_request, crv, true, key_curves),
    BIND_TEXT_ROW(struct key_add_request, x, true, COORDINATE_BYTES_MAX),
    BIND_TEXT_ROW(struct key_add_request, y, true, COORDINATE_BYTES_MAX),
    BIND_TEXT_ROW(struct key_add_request, kid, false, LIMIT_REFERENCE_BYTES),
    BIND_CHOICE_ROW(struct key_add_request, use, false, key_uses),
    BIND_CHOICE_ROW(struct key_add_request, alg, false, key_algorithms),
    BIND_VALUE_ROW(struct key_add_request, key_ops, false),
    BIND_BOOLEAN_ROW(struct key_add_request, ext, false),
    BIND_VALUE_ROW(struct key_add_request, d, false),
};
TABLE(key_add_table, key_add_rows, struct key_add_request);

static const struct bind_member policy_rows[] = {
    BIND_ID_ROW(struct policy_request, organisation, false),
    BIND_VALUE_ROW(struct policy_request, signed_kinds, true),
};
TABLE(policy_table, policy_rows, struct policy_request);

static const struct bind_member erase_rows[] = {
    BIND_VALUE_ROW(struct erase_request, commitments, true),
    BIND_TEXT_ROW(struct erase_request, reference, false, LIMIT_REFERENCE_BYTES),
};
TABLE(erase_table, erase_rows, struct erase_request);

enum { VKEY_BYTES_MAX = 256 /* 182 are the most; what is a little longer is told what it should be */ };

static const struct bind_member witness_rows[] = {
    BIND_ID_ROW(struct witness_request, id, false),
    BIND_TEXT_ROW(struct witness_request, vkey, true, VKEY_BYTES_MAX),
    BIND_ID_ROW(struct witness_request, organisation, false),
    BIND_BOOLEAN_ROW(struct witness_request, ended, false),
};
TABLE(witness_table, witness_rows, struct witness_request);

bool request_has_text(const struct bind_personal *personal)
{
    return personal->text != NULL || personal->commitment != NULL;
}

const struct bind_table *request_table(int command_kind)
{
    switch ((enum command_kind)command_kind) {
    case COMMAND_GENESIS:           return &genesis_table;
    case COMMAND_NODE_KEY_ROTATE:   return &rotate_table;
    case COMMAND_PROVINCE_PUT:      return &province_table;
    case COMMAND_ORGANISATION_PUT:  return &organisation_table;
    case COMMAND_SITE_PUT:          return &site_table;
    case COMMAND_ITEM_PUT:          return &item_table;
    case COMMAND_INDICATOR_PUT:     return &indicator_table;
    case COMMAND_FIGURES_PUT:       return &figures_rows_table;
    case COMMAND_SUPPLY_INTAKE:     return &intake_table;
    case COMMAND_SUPPLY_ADJUST:     return &adjust_table;
    case COMMAND_TRANSFER_CREATE:   return &transfer_table;
    case COMMAND_TRANSFER_DISPATCH: return &dispatch_table;
    case COMMAND_TRANSFER_RECEIVE:  return &receive_table;
    case COMMAND_TRANSFER_CANCEL:   return &reason_table;
    case COMMAND_TRANSFER_RETURN:   return &reason_table;
    case COMMAND_ORGANISATION_KEY_ADD:    return &key_add_table;
    case COMMAND_ORGANISATION_KEY_REVOKE: return &reason_table;
    case COMMAND_POLICY_PUT:        return &policy_table;
    case COMMAND_PRIVACY_ERASE:     return &erase_table;
    case COMMAND_WITNESS_PUT:       return &witness_table;
    case COMMAND_KINDS:             break;
    }
    return NULL;
}
