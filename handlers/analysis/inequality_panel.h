#ifndef HANDLERS_ANALYSIS_INEQUALITY_PANEL_H
#define HANDLERS_ANALYSIS_INEQUALITY_PANEL_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"
#include "handlers/analysis/inequality_moves.h"
#include "handlers/analysis/inequality_write.h"
#include "handlers/analysis/unit_panel.h"

/* Fills series, states and moves of a sheet, by year all units and then each group, from a panel and the means of its
 * years; series of a group stand together. Options, indicator and the like are the caller's to fill. All lies in the arena or the panel. */
enum status inequality_panel_fill(struct arena *arena, const struct unit_panel *panel, const double *means,
                                  const struct inequality_cuts *cuts, struct inequality_sheet *sheet) NODISCARD;

#endif
