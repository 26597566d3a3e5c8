#ifndef SERVER_CONFIG_CHANGE_H
#define SERVER_CONFIG_CHANGE_H

#include <stdbool.h>
#include <stddef.h>

struct config;
struct config_option;

/* Comparing and mixing two configurations, option by option. For reload.c. */

/* Whether the two say the same about this option. */
bool config_is_same(const struct config *one, const struct config *other, const struct config_option *option);

/* Takes the value of row index over from the other. */
void config_keep(struct config *config, const struct config *other, size_t index);

#endif
