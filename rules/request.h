#ifndef RULES_REQUEST_H
#define RULES_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "json/bind.h"
#include "ledger/cosignature.h"
#include "ledger/key.h"

/*
 * What the body of each kind of command says, bound from JSON (figures: from CSV too).
 * Absent texts are NULL, absent integers BIND_ABSENT, absent choices -1.
 */

struct province_request {
    const char *code; /* must equal the target where given; required in the genesis */
    const char *gb_code;
    struct bind_name name; /* en and zh */
    const char *belt, *capital;
    double lat, lon; /* degrees; stored in units of 1e-7 */
};

struct organisation_request {
    const char *id; /* must equal the target where given; so below */
    struct bind_name name;
    const char *kind, *province;
};

struct site_request {
    const char *id;
    struct bind_name name;
    const char *kind, *organisation, *province;
    double lat, lon; /* NAN where absent */
};

struct identifier_request {
    const char *system, *value;
};

struct item_request {
    const char *id;
    struct bind_name name;
    const char *unit, *category;
    struct bind_array identifiers; /* of struct identifier_request */
    bool lot_control, medical_grade;
};

struct indicator_request {
    const char *id;
    struct bind_name name;
    const char *unit, *source;
};

struct figure_request {
    const char *indicator;
    int64_t year;
    const char *province;
    double value;        /* only to see that it is a number */
    const char *decimal; /* the digits as they came */
    long row;            /* line of a CSV body; 0 for JSON */
};

struct figures_request {
    struct bind_array figures; /* of struct figure_request */
    bool is_csv;
};

struct genesis_request {
    const char *origin;
    int64_t time_zone_minutes; /* east of UTC: where expiry days end */
    const char *node_key;      /* 33 bytes in hexadecimal */
    const char *checkpoint_key; /* Ed25519, 32 bytes in hexadecimal; NULL: checkpoints bear the node key's line alone */
    struct bind_array provinces, indicators, figures;
};

struct rotate_request {
    const char *node_key, *checkpoint_key; /* as in the genesis */
};

struct intake_request {
    const char *id, *site, *item;
    int64_t quantity;
    int source; /* index into intake_sources */
    const char *lot, *expiry, *owner;
    int condition; /* index into supply_conditions; -1 where absent */
    const char *donor, *donation, *earmark, *reference;
    struct bind_personal note;
    int64_t occurred_at;
};

struct adjust_request {
    int64_t delta;
    int reason; /* index into adjust_reasons */
    const char *reference;
    struct bind_personal note;
};

struct transfer_line_request {
    const char *supply;
    int64_t quantity;
};

struct transfer_request {
    const char *id, *destination;
    struct bind_array lines; /* of struct transfer_line_request */
    const char *need, *reference, *carrier;
    struct bind_personal contact, note, rationale;
};

struct dispatch_request {
    struct bind_personal driver, note;
};

struct receive_line_request {
    int64_t line, good, damaged, lost; /* quantities: BIND_ABSENT counts as 0 */
    struct bind_personal reason;
};

struct receive_request {
    struct bind_array lines; /* of struct receive_line_request */
    struct bind_personal note;
};

struct reason_request { /* cancel, return */
    struct bind_personal reason;
};

struct key_add_request { /* a JWK (RFC 7517, RFC 8812) */
    int kty, crv, use, alg;
    const char *x, *y; /* base64url of 32 bytes each */
    const char *kid;
    json_t *key_ops; /* said by browsers; not looked at, nor is ext */
    bool ext;
    json_t *d;        /* of a private key: refused */
    uint8_t public_key[KEY_PUBLIC_BYTES]; /* made of x and y by jwk_settle, as is id */
    char id[KEY_ID_BYTES];
};

struct policy_request {
    const char *organisation; /* must equal the target where given */
    json_t *signed_kinds;
    const char *signed_kinds_text; /* made of it by policy_settle; NULL where it has faults */
};

struct erase_request {
    json_t *commitments;
    const char **list; /* of them, as erasure_settle has read it */
    size_t count;
    const char *reference;
};

struct witness_request {
    const char *id; /* must equal the target where given */
    const char *vkey, *organisation;
    bool ended;
    struct cosigner cosigner; /* made of vkey by witness_settle */
};

extern const char *const intake_sources[];    /* donation purchase production opening found */
extern const char *const supply_conditions[]; /* good damaged quarantine rejected */
extern const char *const adjust_reasons[];    /* consumed destroyed lost counted corrected */

/* Whether a personal text is given, in clear or committed. */
bool request_has_text(const struct bind_personal *personal);

/* The table for a kind of command. */
struct bind_table;
const struct bind_table *request_table(int command_kind);

/* The rows of figures alone, for the genesis and the figures' reader. */
extern const struct bind_table figures_rows_table;

#endif
