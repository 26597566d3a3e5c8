#ifndef HANDLERS_ANALYSIS_EFFICIENCY_MODEL_WRITE_H
#define HANDLERS_ANALYSIS_EFFICIENCY_MODEL_WRITE_H

#include "analytics/dea/model.h"
#include "base/buffer.h"
#include "handlers/analysis/efficiency_write.h"

/* Appends the answer of a sheet that has_model, one JSON object, to out. */
void efficiency_model_write(struct buffer *out, const struct efficiency_sheet *sheet, const struct dea_model_result *result);

#endif
