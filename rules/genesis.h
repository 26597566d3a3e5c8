#ifndef RULES_GENESIS_H
#define RULES_GENESIS_H

#include "rules/apply.h" /* declares genesis_apply with its siblings */

#endif
