#ifndef SERVER_NEGOTIATE_H
#define SERVER_NEGOTIATE_H

#include <stdbool.h>

/*
 * What a client would rather have (RFC 9110, 12.5): the one place where Accept and Accept-Encoding are read.
 * What there is to choose from comes from the route table (struct route's gives). Pure
 * functions of texts; any thread.
 */

/* The media types of a set of GIVES_* bits, the one preferred by us first; NULL behind the last. */
const char *negotiate_media(unsigned gives, unsigned index);

/* The one GIVES_* bit of gives that Accept ranks highest, ours first among equals; 0 where
 * it takes none of them. NULL and an empty Accept take everything. Of several ranges that fit
 * a type the most specific one counts; what is no media range fits nothing. */
unsigned negotiate_accept(const char *accept, unsigned gives);

/* Whether Accept would rather have text/csv without its header line: by the parameter header=absent (RFC 4180, 3; RFC 7111). */
bool negotiate_is_headless(const char *accept);

enum coding {
    CODING_IDENTITY, /* as it is */
    CODING_GZIP,     /* gzip, where that is worth it */
    CODING_ZSTD,     /* zstd, likewise */
    CODING_GZIP_ALONE, /* gzip in any case: Accept-Encoding refuses what is not compressed */
    CODING_ZSTD_ALONE,
    CODING_NONE      /* it refuses all of them */
};

/* What Accept-Encoding (12.5.3) asks for: the coding with the highest weight. Among equals zstd comes before gzip where it is
 * named, gzip before zstd where "*" alone takes that (who writes "*" may be older than zstd), and either before identity. NULL,
 * an empty one and one that names none of them take identity. */
enum coding negotiate_coding(const char *accept_encoding);

#endif
