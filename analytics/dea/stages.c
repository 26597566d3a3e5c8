/*
 * The face that a program of model.h has found becomes one of face.h, in which fixed inputs are rows whose slack does not count; what
 * slacks.c does on it is the same as without them.
 */
#include "analytics/dea/stages.h"

#include <math.h>
#include <string.h>

#include "analytics/dea/move.h"
#include "analytics/dea/result.h"
#include "analytics/dea/slacks.h"

/* In shares of the unit's own targets, or of the columns' maxima. */
static void face_take(struct dea_model_run *run, bool is_own_scale)
{
    const struct dea_table *table = &run->table;
    struct dea_face *face = &run->face;
    for (size_t i = 0; i < face->rows; i++) {
        int exponent = 0;
        frexp(table->bound[i], &exponent);
        face->shift[i] = is_own_scale && i + 1 < face->rows ? -exponent : 0;
        face->bound[i] = ldexp(table->bound[i], face->shift[i]);
        face->relation[i] = table->relation[i];
        face->is_fixed[i] = dea_model_is_fixed(run, i);
    }
    face->count = table->columns;
    for (size_t j = 0; j < table->columns; j++) {
        for (size_t i = 0; i < face->rows; i++) {
            face->columns[j * face->rows + i] = ldexp(table->matrix[j * table->rows + i], face->shift[i]);
        }
        face->member[j] = table->member[j];
        face->solution.lambda[j] = 0; /* the first program puts a point there */
    }
}

enum status dea_stages_solve(struct dea_model_run *run, size_t unit, struct dea_model_unit *out)
{
    double factor = 1;
    enum status status = dea_move_face(run, unit, &factor);
    if (status != STATUS_OK || run->table.columns == 0) {
        return status == STATUS_OK ? STATUS_EXHAUSTED : status;
    }
    struct dea_projection projection;
    face_take(run, true);
    status = dea_slacks_find(&run->work, &run->face, DEA_SLACKS_MULTI_STAGE, &projection);
    if (status != STATUS_OK && status != STATUS_BUSY) {
        face_take(run, false);
        status = dea_slacks_find(&run->work, &run->face, DEA_SLACKS_MULTI_STAGE, &projection);
    }
    if (status != STATUS_OK) {
        return status;
    }
    for (size_t i = 0; i + 1 < run->work.rows; i++) {
        dea_model_row_write(run, unit, out, i, dea_move_by(run, factor, unit, i), projection.slack[i]);
    }
    return dea_result_peers_write(&run->work, &run->face, out->peers, dea_model_peers_max(run->problem), &out->peers_length);
}
