#ifndef HANDLERS_PRESENT_H
#define HANDLERS_PRESENT_H

#include "rules/block.h"

/*
 * From outcomes to answers, for the sequencer (rules/block.h): the bodies that GET gives (object.h), and the member ledger.
 */

/* The presenter for all kinds of commands; it needs no context. */
extern const struct presenter present_answers;

#endif
