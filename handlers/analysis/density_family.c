/*
 * Families of tests: their p-values are gathered, corrected and put back.
 */
#include "handlers/analysis/density_family.h"

#include <math.h>

#include "analytics/kde/holm.h"

/* The p-values of a family and where each, corrected, belongs. */
struct family {
    double *p;
    double **places;
    double *adjusted;
    size_t count;
};

static enum status family_init(struct arena *arena, size_t room, struct family *family)
{
    *family = (struct family){ arena_array(arena, room, sizeof *family->p), arena_array(arena, room, sizeof *family->places),
                               arena_array(arena, room, sizeof *family->adjusted), 0 };
    return family->p == NULL || family->places == NULL || family->adjusted == NULL ? STATUS_EXHAUSTED : STATUS_OK;
}

static void family_add(struct family *family, double p, double *place)
{
    family->p[family->count] = p;
    family->places[family->count++] = place;
}

/* Puts them in their places, and begins the next one. */
static void family_end(struct family *family)
{
    kde_holm(family->p, family->count, family->adjusted);
    for (size_t i = 0; i < family->count; i++) {
        *family->places[i] = family->adjusted[i];
    }
    family->count = 0;
}

enum status density_family_of_curves(struct arena *arena, const struct density_drawing *drawing)
{
    struct family family;
    enum status status = family_init(arena, 2 * drawing->years, &family);
    for (size_t i = 0; i < drawing->series_count && status == STATUS_OK; i++) {
        struct density_more *more = &drawing->series[i].more;
        if (more->has_dip) {
            family_add(&family, more->dip.p_value, &more->dip_holm);
        }
        if (more->has_critical) {
            family_add(&family, more->critical.calibrated_p, &more->critical_holm);
        }
        if ((i + 1) % drawing->years == 0) {
            family_end(&family);
        }
    }
    return status;
}

enum status density_family_of_changes(struct arena *arena, struct density_change *changes, size_t count)
{
    struct family family;
    enum status status = family_init(arena, 3 * count, &family);
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        struct density_change *change = &changes[i];
        if (change->has_test) {
            family_add(&family, change->test.height_p, &change->height_holm);
            family_add(&family, change->test.width_p, &change->width_holm);
            family_add(&family, change->test.sd_p, &change->sd_holm);
        }
    }
    if (status == STATUS_OK) {
        family_end(&family);
    }
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        if (!isnan(changes[i].mean_shift_p)) {
            family_add(&family, changes[i].mean_shift_p, &changes[i].mean_shift_holm);
        }
    }
    if (status == STATUS_OK) {
        family_end(&family);
    }
    return status;
}
