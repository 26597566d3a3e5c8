/*
 * Finding the site that a command is about, and asking whether its actor may act there, and whether it must come signed.
 */
#include "rules/permit.h"

#include "rules/policy.h"
#include "rules/request.h"

#define KEEPERS ROLE_BIT(ROLE_ADMIN)
#define MOVERS (ROLE_BIT(ROLE_ADMIN) | ROLE_BIT(ROLE_COORDINATOR))

/* Where a command happens and who may do it there, whatever his organisation is. site NULL: that cannot be told. */
struct place {
    const char *what; /* as a refusal calls it */
    unsigned roles;
    const char *site, *organisation;
};

/* What does not exist leaves the place untold. */
static enum status told(enum status status)
{
    return status == STATUS_ABSENT ? STATUS_OK : status;
}

static enum status find_site(struct context *context, const char *id, struct place *place)
{
    struct site site;
    enum status status = context_find_site(context, id, &site);
    if (status == STATUS_OK) {
        place->site = site.id;
        place->organisation = site.organisation;
    }
    return told(status);
}

/* STATUS_ABSENT: there is no such supply. */
static enum status find_supply(struct context *context, const char *id, struct place *place)
{
    struct supply supply;
    enum status status = context_find_supply(context, id, &supply);
    return status == STATUS_OK ? find_site(context, supply.site, place) : status;
}

/* All lines must lie at one site, so the first supply that exists tells which. */
static enum status find_origin(struct context *context, const struct transfer_request *request, struct place *place)
{
    const struct transfer_line_request *lines = request->lines.items;
    for (size_t i = 0; i < request->lines.count; i++) {
        enum status status = lines[i].supply == NULL ? STATUS_ABSENT : find_supply(context, lines[i].supply, place);
        if (status != STATUS_ABSENT) {
            return status;
        }
    }
    return STATUS_OK;
}

static enum status find_end(struct context *context, bool is_receipt, struct place *place)
{
    struct transfer transfer;
    enum status status = context_find_transfer(context, context->command->target, &transfer);
    if (status == STATUS_OK) {
        place->site = is_receipt ? transfer.destination : transfer.origin;
        place->organisation = is_receipt ? transfer.destination_organisation : transfer.origin_organisation;
    }
    return told(status);
}

static enum status find_place(struct context *context, struct place *place)
{
    const struct command *command = context->command;
    const struct intake_request *intake = NULL;
    *place = (struct place){ .what = "", .roles = MOVERS };
    switch (command->kind) {
    case COMMAND_SUPPLY_INTAKE:
        *place = (struct place){ .what = "intake", .roles = KEEPERS };
        intake = command->request;
        return intake != NULL && intake->site != NULL ? find_site(context, intake->site, place) : STATUS_OK;
    case COMMAND_SUPPLY_ADJUST:
        *place = (struct place){ .what = "adjustment", .roles = KEEPERS };
        return told(find_supply(context, command->target, place));
    case COMMAND_TRANSFER_CREATE:
        place->what = "reservation";
        return command->request != NULL ? find_origin(context, command->request, place) : STATUS_OK;
    case COMMAND_TRANSFER_DISPATCH: place->what = "dispatch"; return find_end(context, false, place);
    case COMMAND_TRANSFER_CANCEL:   place->what = "cancel";   return find_end(context, false, place);
    case COMMAND_TRANSFER_RETURN:   place->what = "return";   return find_end(context, false, place);
    case COMMAND_TRANSFER_RECEIVE:  place->what = "receive";  return find_end(context, true, place);
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

/* Whether the actor may: STATUS_CONFLICT: the outcome is refused. */
static enum status find_permitted(struct context *context, struct place *place)
{
    enum status status = find_place(context, place);
    if (status != STATUS_OK || place->site == NULL || context_may_act(context, place->organisation, place->roles)) {
        return status;
    }
    status = context_forbid(context, place->what, place->site, place->organisation, place->roles);
    return status == STATUS_OK ? STATUS_CONFLICT : status;
}

enum status permit_check(struct context *context)
{
    struct place place;
    enum status status = find_permitted(context, &place);
    return status != STATUS_OK || place.site == NULL ? status : policy_check(context, place.organisation);
}

enum status permit_again(struct context *context)
{
    struct place place;
    return find_permitted(context, &place);
}
