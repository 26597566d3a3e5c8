/* The names of the kinds. A name that stands in an entry never changes. */
#include "rules/command_kind.h"

#include <assert.h>
#include <string.h>

static const char *const kind_names[COMMAND_KINDS] = {
    [COMMAND_GENESIS] = "genesis",
    [COMMAND_NODE_KEY_ROTATE] = "node_key.rotate",
    [COMMAND_PROVINCE_PUT] = "province.put",
    [COMMAND_ORGANISATION_PUT] = "organisation.put",
    [COMMAND_SITE_PUT] = "site.put",
    [COMMAND_ITEM_PUT] = "item.put",
    [COMMAND_INDICATOR_PUT] = "indicator.put",
    [COMMAND_FIGURES_PUT] = "figures.put",
    [COMMAND_SUPPLY_INTAKE] = "supply.intake",
    [COMMAND_SUPPLY_ADJUST] = "supply.adjust",
    [COMMAND_TRANSFER_CREATE] = "transfer.create",
    [COMMAND_TRANSFER_DISPATCH] = "transfer.dispatch",
    [COMMAND_TRANSFER_RECEIVE] = "transfer.receive",
    [COMMAND_TRANSFER_CANCEL] = "transfer.cancel",
    [COMMAND_TRANSFER_RETURN] = "transfer.return",
    [COMMAND_ORGANISATION_KEY_ADD] = "organisation_key.add",
    [COMMAND_ORGANISATION_KEY_REVOKE] = "organisation_key.revoke",
    [COMMAND_POLICY_PUT] = "policy.put",
    [COMMAND_PRIVACY_ERASE] = "privacy.erase",
    [COMMAND_WITNESS_PUT] = "witness.put",
};

const char *command_kind_name(enum command_kind kind)
{
    assert(kind < COMMAND_KINDS);
    return kind_names[kind];
}

enum status command_kind_from_name(const char *name, enum command_kind *kind)
{
    for (int i = 0; i < COMMAND_KINDS; i++) {
        if (strcmp(kind_names[i], name) == 0) {
            *kind = (enum command_kind)i;
            return STATUS_OK;
        }
    }
    return STATUS_ABSENT;
}
