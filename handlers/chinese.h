#ifndef HANDLERS_CHINESE_H
#define HANDLERS_CHINESE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"

/*
 * English sentences in Chinese, by the lines of chinese.tsv. A sentence is found by its own text: what stands where a
 * line has %s or %d is taken over. So whoever words a sentence (json/, rules/, analytics/, server/) knows no language,
 * what is stored for a retry is worded once, and the reader's language is chosen where a reply leaves.
 */
struct chinese_message {
    const char *english; /* with %s, %w and %d */
    const char *chinese; /* with {1}, {1+}, {1,}, {1!} */
    size_t length;       /* of english */
    size_t at_start, in_all, at_end; /* how many bytes of it are its own: before the first %, in all, behind the last */
};

extern const struct chinese_message chinese_messages[];
extern const size_t chinese_message_count;

enum { CHINESE_STEPS = 500000 }; /* enough for a hundred faults; a few milliseconds */

/* Appends the sentence in Chinese. False where there is no line for it or *steps, which bounds the work and is counted
 * down, is used up; then what out has is of no use. Texts in double quotes are never taken apart, so that nothing a
 * client chose can pass for words of ours. */
bool chinese_say(const char *english, struct buffer *out, size_t *steps);

#endif
