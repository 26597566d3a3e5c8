/*
 * Names of statuses, for logs. The enum itself is the contract: status.h.
 */
#include "base/status.h"

const char *status_name(enum status status)
{
    switch (status) {
    case STATUS_OK:        return "ok";
    case STATUS_ABSENT:    return "absent";
    case STATUS_CONFLICT:  return "conflict";
    case STATUS_INVALID:   return "invalid";
    case STATUS_BUSY:      return "busy";
    case STATUS_EXHAUSTED: return "exhausted";
    case STATUS_CORRUPT:   return "corrupt";
    case STATUS_IO:        return "io";
    }
    return "unknown";
}
