#ifndef RULES_COMMAND_KIND_H
#define RULES_COMMAND_KIND_H

#include "base/status.h"

/* What a command can be (command.h), and the names that entries and JWS give it. */

enum command_kind {
    COMMAND_GENESIS,
    COMMAND_NODE_KEY_ROTATE,
    COMMAND_PROVINCE_PUT,
    COMMAND_ORGANISATION_PUT,
    COMMAND_SITE_PUT,
    COMMAND_ITEM_PUT,
    COMMAND_INDICATOR_PUT,
    COMMAND_FIGURES_PUT,
    COMMAND_SUPPLY_INTAKE,
    COMMAND_SUPPLY_ADJUST,
    COMMAND_TRANSFER_CREATE,
    COMMAND_TRANSFER_DISPATCH,
    COMMAND_TRANSFER_RECEIVE,
    COMMAND_TRANSFER_CANCEL,
    COMMAND_TRANSFER_RETURN,
    COMMAND_ORGANISATION_KEY_ADD,
    COMMAND_ORGANISATION_KEY_REVOKE,
    COMMAND_POLICY_PUT,
    COMMAND_PRIVACY_ERASE,
    COMMAND_WITNESS_PUT,
    COMMAND_KINDS /* how many there are */
};

/* "transfer.dispatch" and the like; static storage. STATUS_ABSENT for an unknown name. */
const char *command_kind_name(enum command_kind kind);
enum status command_kind_from_name(const char *name, enum command_kind *kind) NODISCARD;

#endif
