#ifndef HANDLERS_ANALYSIS_LABEL_H
#define HANDLERS_ANALYSIS_LABEL_H

#include "handlers/exchange.h"

/*
 * The words of pictures, in the language that the caller prefers. Names of answers' members (crste, tfpch) are the same in both.
 */

/* What an indicator, stored or derived, is called in a picture. Texts lie in the arena. */
struct analysis_label {
    const char *name; /* "Hospital beds per 10,000 people"; its id where nothing else can be had */
    const char *unit; /* "beds per 10,000 people"; "" where there is none; in Chinese the name, as units are English words */
};

/* Looks the indicator up. Without memory or a database that answers, its id is its name. Never NULL. */
struct analysis_label analysis_label_find(struct exchange *exchange, const char *id);

/* "population at year end" of "Population at year end"; of "DEA" nothing is changed. In the arena; text itself without memory. */
const char *analysis_label_small(struct arena *arena, const char *text);

/* "Western" of "western": a letter of ASCII at the start is made a capital one. In the arena; text itself without memory. */
const char *analysis_label_capital(struct arena *arena, const char *text);

/* What stands between texts. */
struct analysis_marks {
    const char *comma, *semicolon, *colon, *stop; /* with the blank that follows */
};

const struct analysis_marks *analysis_label_marks(const struct exchange *exchange);

/* The sentence in Chinese where that is preferred and there is a line for it (handlers/chinese.h), else as it is. In the arena, or it
 * itself. Of NULL, which is arena_format's without memory, "". */
const char *analysis_label_say(const struct exchange *exchange, const char *english);

/* The same for count parts of one sentence, with semicolons between and a full stop behind; those that are NULL are left out. */
const char *analysis_label_join(const struct exchange *exchange, const char *const *parts, size_t count);

/* What a panel is called: "All" without a group, a belt of the study's in Chinese where that is preferred, else the group's name with a
 * capital. */
const char *analysis_label_group(const struct exchange *exchange, const char *group, bool is_belt);

#endif
