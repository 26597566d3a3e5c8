#ifndef HANDLERS_ANALYSIS_INEQUALITY_PANEL_H
#define HANDLERS_ANALYSIS_INEQUALITY_PANEL_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"
#include "handlers/analysis/inequality_moves.h"
#include "handlers/analysis/inequality_write.h"

/* Fills series, states and moves of a sheet, by year all units and then each group, from a panel; series of a group stand
 * together. Options, indicator and the like are the caller's to fill. All lies in the arena or the panel. */
enum status inequality_panel_fill(struct arena *arena, const struct inequality_panel *panel, const struct inequality_cuts *cuts,
                                  struct inequality_sheet *sheet) NODISCARD;

#endif
