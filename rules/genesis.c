/*
 * Entry 1: the parameters that never change, the node's first keys, and the start data.
 */
#include "rules/genesis.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "db/reference.h"
#include "ledger/checkpoint.h"
#include "rules/figure.h"
#include "rules/node_key.h"
#include "rules/reference.h"
#include "rules/request.h"

static enum status write_parameters(struct context *context, const struct genesis_request *request)
{
    char minutes[24];
    struct refusal *refusal = &context->outcome->refusal;
    if (!checkpoint_origin_is_valid(request->origin)) {
        faults_add(&refusal->faults, "/origin", "bad_format", "an origin is 1 to 127 visible ASCII characters without +");
        return STATUS_INVALID;
    }
    snprintf(minutes, sizeof minutes, "%" PRId64, request->time_zone_minutes);
    enum status status = db_parameter_insert(context->db, "origin", request->origin);
    if (status == STATUS_OK) {
        status = db_parameter_insert(context->db, "time_zone_minutes", minutes);
    }
    return status != STATUS_OK ? status : node_key_write(context, request->node_key, request->checkpoint_key, 1);
}

static enum status write_provinces(struct context *context, const struct bind_array *array)
{
    const struct province_request *rows = array->items;
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < array->count; i++) {
        struct province row = { .code = rows[i].code, .version = 1, .seq = (int64_t)context->seq };
        province_from_request(&rows[i], &row);
        if (row.name_en == NULL || row.name_zh == NULL) {
            return STATUS_INVALID;
        }
        status = db_province_put(context->db, &row);
    }
    return status;
}

static enum status write_indicators(struct context *context, const struct bind_array *array)
{
    const struct indicator_request *rows = array->items;
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < array->count; i++) {
        struct indicator row = { rows[i].id, { rows[i].name.text, rows[i].name.en, rows[i].name.zh }, rows[i].unit,
                                 rows[i].source, 1, (int64_t)context->seq };
        status = db_indicator_put(context->db, &row);
    }
    return status;
}

enum status genesis_apply(struct context *context)
{
    const struct genesis_request *request = context->command->request;
    if (context->seq != 1) {
        refusal_set(&context->outcome->refusal, REFUSAL_CONFLICT, "already_exists", "the ledger has begun already");
        return context_refused(context);
    }
    struct figures_effect effect = { (int64_t)request->figures.count, (int64_t)request->figures.count, 0, 0, 1 };
    enum status status = write_parameters(context, request);
    if (status == STATUS_INVALID) {
        return context_refused(context);
    }
    if (status == STATUS_OK) {
        status = write_provinces(context, &request->provinces);
    }
    if (status == STATUS_OK) {
        status = write_indicators(context, &request->indicators);
    }
    if (status == STATUS_OK) {
        status = figures_write(context, &request->figures, &effect);
    }
    return status != STATUS_OK ? status : context_created(context, request->origin);
}
