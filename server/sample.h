#ifndef SERVER_SAMPLE_H
#define SERVER_SAMPLE_H

#include "base/status.h"

/*
 * A small world to look at, for init --sample: organisations, sites, items, supplies and
 * transfers of data/sample.tsv, delivered as commands like any others, under keys of their
 * own, so that delivering them again changes nothing.
 */
struct store;

/* STATUS_CORRUPT where a command is refused (the log says which). */
enum status sample_deliver(struct store *store) NODISCARD;

#endif
