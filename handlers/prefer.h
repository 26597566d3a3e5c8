#ifndef HANDLERS_PREFER_H
#define HANDLERS_PREFER_H

#include <stdbool.h>

/*
 * The wishes of a Prefer header (RFC 7240, section 2): preferences between commas, each a name, perhaps a value, and
 * parameters behind semicolons. Only what we can do is looked for; what is unknown or cannot be read is ignored, as is the
 * same preference a second time.
 *
 *   return=representation          the object changed, which is what is answered anyway
 *   return=representation; proof   with the proof that its entry is in the ledger
 *   proof                          the same
 *   respond-async                  202 and a job to ask for, where the answer is a computation
 *   wait=SECONDS                   with respond-async: only if the answer takes longer than that
 */
enum { PREFER_WAIT_MAX = 3600 };

struct prefer {
    bool has_representation; /* return=representation */
    bool has_proof_there;    /* with the parameter proof */
    bool has_proof;          /* the preference proof */
    bool has_async;          /* respond-async */
    bool has_wait;           /* wait, a number of seconds */
    int wait_s;              /* that number, or PREFER_WAIT_MAX where it is more */
};

/* list: all fields of the header as one list; NULL: there is none. */
void prefer_read(const char *list, struct prefer *out);

/* What Preference-Applied says of them (section 3, without parameters), NULL where there is nothing to say; is_proved: the
 * proof is there. Static storage. */
const char *prefer_applied(const struct prefer *prefer, bool is_proved);

#endif
