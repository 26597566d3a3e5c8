/*
 * Life and death of an answer. It is filled by the presenter (rules/block.h).
 */
#include "rules/answer.h"

#include <string.h>

void answer_init(struct answer *answer)
{
    memset(answer, 0, sizeof *answer);
    buffer_init(&answer->body);
}

void answer_fini(struct answer *answer)
{
    buffer_fini(&answer->body);
}
