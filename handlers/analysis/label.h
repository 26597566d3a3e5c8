#ifndef HANDLERS_ANALYSIS_LABEL_H
#define HANDLERS_ANALYSIS_LABEL_H

#include "handlers/exchange.h"

/* What an indicator, stored or derived, is called in a picture. Texts lie in the arena. */
struct analysis_label {
    const char *name; /* "Hospital beds per 10,000 people"; its id where nothing else can be had */
    const char *unit; /* "beds per 10,000 people"; "" where there is none */
};

/* Looks the indicator up. Without memory or a database that answers, its id is its name. Never NULL. */
struct analysis_label analysis_label_find(struct exchange *exchange, const char *id);

/* "population at year end" of "Population at year end"; of "DEA" nothing is changed. In the arena; text itself without memory. */
const char *analysis_label_small(struct arena *arena, const char *text);

/* "Western" of "western": a letter of ASCII at the start is made a capital one. In the arena; text itself without memory. */
const char *analysis_label_capital(struct arena *arena, const char *text);

#endif
