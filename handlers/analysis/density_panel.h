#ifndef HANDLERS_ANALYSIS_DENSITY_PANEL_H
#define HANDLERS_ANALYSIS_DENSITY_PANEL_H

#include <stddef.h>

#include "base/arena.h"
#include "base/status.h"
#include "handlers/analysis/density_draw.h"
#include "handlers/analysis/unit_panel.h"

/* How many series a panel gives: one for each group and year, of all units where they are in no groups. */
size_t density_panel_series(const struct unit_panel *panel);

/* Fills the series of a drawing, by group, then by year, with the values there are. All lies in the arena or is the panel's.
 * STATUS_EXHAUSTED without memory. */
enum status density_panel_fill(struct arena *arena, const struct unit_panel *panel, struct density_drawing *drawing) NODISCARD;

#endif
