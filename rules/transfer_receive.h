#ifndef RULES_TRANSFER_RECEIVE_H
#define RULES_TRANSFER_RECEIVE_H

#include "rules/apply.h" /* declares transfer_receive_apply with its siblings */

#endif
