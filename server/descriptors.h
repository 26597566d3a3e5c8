#ifndef SERVER_DESCRIPTORS_H
#define SERVER_DESCRIPTORS_H

#include <stdbool.h>

#include "server/config/config.h"

/* As many descriptors as the connections need, as far as the system allows; fewer are a warning in the log. False: what is open
 * before the first connection would not fit, and it was told so (tell.h). Before anything is opened. */
bool descriptors_raise(const struct config *config);

#endif
