#ifndef SERVER_WIRE_POUR_H
#define SERVER_WIRE_POUR_H

#include <stdbool.h>

#include "base/status.h"

/*
 * Replies that are an export of the ledger (GET /ledger/entries as application/x-ndjson). A reader holds the number of
 * the entry that it is at and one piece of lines, whatever its speed and the ledger's length; each piece is read in a transaction
 * of its own when the one before has been taken. One that takes nothing for --idle-timeout loses its connection.
 * The stream goes to the entry that was the last one when it was asked for; after an hour, and when the service
 * stops, it ends earlier. Its last line says where, and behind that one can go on. Of a private service it breaks off, without a
 * last line, once the token has ended that it was asked for with.
 */

struct MHD_Response;
struct request;

/* The body for the request, on its loop's thread, behind exchange->follow_after up to exchange->seq. *is_full where as many
 * are read as may. NULL then, and where memory lacks. */
struct MHD_Response *pour_response(struct request *request, bool *is_full);

/* For HTTP/1.0, whose bodies end with their connection: an export of moderate length into the reply. */
enum status pour_once(struct request *request) NODISCARD;

#endif
