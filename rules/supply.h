#ifndef RULES_SUPPLY_H
#define RULES_SUPPLY_H

#include "rules/apply.h" /* declares supply_*_apply with their siblings */

#endif
