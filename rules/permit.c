/*
 * Finding the site that a command is about, and asking whether its actor may act there, and whether it must come signed.
 */
#include "rules/permit.h"

#include "rules/policy.h"
#include "rules/request.h"

#define KEEPERS ROLE_BIT(ROLE_ADMIN)
#define MOVERS (ROLE_BIT(ROLE_ADMIN) | ROLE_BIT(ROLE_COORDINATOR))

static enum status forbid_stranger(struct context *context, const char *what, const char *site, const char *organisation,
                                   unsigned roles)
{
    if (context_may_act(context, organisation, roles)) {
        return policy_check(context, organisation);
    }
    enum status status = context_forbid(context, what, site, organisation, roles);
    return status == STATUS_OK ? STATUS_CONFLICT : status;
}

static enum status check_site(struct context *context, const char *what, const char *id, unsigned roles)
{
    struct site site;
    enum status status = context_find_site(context, id, &site);
    if (status != STATUS_OK) {
        return status == STATUS_ABSENT ? STATUS_OK : status;
    }
    return forbid_stranger(context, what, site.id, site.organisation, roles);
}

static enum status check_supply(struct context *context, const char *what, const char *id, unsigned roles)
{
    struct supply supply;
    enum status status = context_find_supply(context, id, &supply);
    if (status != STATUS_OK) {
        return status;
    }
    return check_site(context, what, supply.site, roles);
}

/* All lines must lie at one site, so the first supply that exists tells which. */
static enum status check_reservation(struct context *context, const struct transfer_request *request)
{
    const struct transfer_line_request *lines = request->lines.items;
    for (size_t i = 0; i < request->lines.count; i++) {
        enum status status = lines[i].supply == NULL ? STATUS_ABSENT
                                                     : check_supply(context, "reservation", lines[i].supply, MOVERS);
        if (status != STATUS_ABSENT) {
            return status;
        }
    }
    return STATUS_OK;
}

static enum status check_step(struct context *context, const char *action, bool is_receipt)
{
    struct transfer transfer;
    enum status status = context_find_transfer(context, context->command->target, &transfer);
    if (status != STATUS_OK) {
        return status == STATUS_ABSENT ? STATUS_OK : status;
    }
    return is_receipt
        ? forbid_stranger(context, action, transfer.destination, transfer.destination_organisation, MOVERS)
        : forbid_stranger(context, action, transfer.origin, transfer.origin_organisation, MOVERS);
}

enum status permit_check(struct context *context)
{
    const struct command *command = context->command;
    const struct intake_request *intake = NULL;
    enum status status = STATUS_OK;
    switch (command->kind) {
    case COMMAND_SUPPLY_INTAKE:
        intake = command->request;
        return intake != NULL && intake->site != NULL ? check_site(context, "intake", intake->site, KEEPERS) : STATUS_OK;
    case COMMAND_SUPPLY_ADJUST:
        status = check_supply(context, "adjustment", command->target, KEEPERS);
        return status == STATUS_ABSENT ? STATUS_OK : status;
    case COMMAND_TRANSFER_CREATE:
        return command->request != NULL ? check_reservation(context, command->request) : STATUS_OK;
    case COMMAND_TRANSFER_DISPATCH: return check_step(context, "dispatch", false);
    case COMMAND_TRANSFER_CANCEL:   return check_step(context, "cancel", false);
    case COMMAND_TRANSFER_RETURN:   return check_step(context, "return", false);
    case COMMAND_TRANSFER_RECEIVE:  return check_step(context, "receive", true);
    case COMMAND_GENESIS:
    case COMMAND_NODE_KEY_ROTATE:
    case COMMAND_PROVINCE_PUT:
    case COMMAND_ORGANISATION_PUT:
    case COMMAND_SITE_PUT:
    case COMMAND_ITEM_PUT:
    case COMMAND_INDICATOR_PUT:
    case COMMAND_FIGURES_PUT:
    case COMMAND_ORGANISATION_KEY_ADD:
    case COMMAND_ORGANISATION_KEY_REVOKE:
    case COMMAND_POLICY_PUT:
    case COMMAND_PRIVACY_ERASE:
    case COMMAND_WITNESS_PUT:
    case COMMAND_KINDS:
        break; /* the route's roles say it all */
    }
    return STATUS_OK;
}
