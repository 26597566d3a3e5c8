#ifndef SERVER_WIRE_TLS_H
#define SERVER_WIRE_TLS_H

#include <gnutls/gnutls.h>

#include "base/status.h"

/*
 * Certificate and key, and the sessions made with them. TLS 1.2 and 1.3 alone, with forward secrecy and authenticated
 * ciphers alone. Any thread.
 */

struct tls;
struct tls_credentials;

/* Reads both files (PEM; the certificate first, those that signed it behind). Says in the log what is wrong with them,
 * and nothing of what is in the key. */
enum status tls_open(const char *certificate_path, const char *key_path, struct tls **tls) NODISCARD;
void tls_close(struct tls *tls); /* NULL does nothing; sessions may still be open */

/* Reads both anew: sessions from now on use them. Where they are no good, all stays as it was. */
enum status tls_reload(struct tls *tls, const char *certificate_path, const char *key_path) NODISCARD;

/* A server's session over a socket that does not block. credentials are to be released behind gnutls_deinit. */
enum status tls_session_open(struct tls *tls, int fd, gnutls_session_t *session,
                             struct tls_credentials **credentials) NODISCARD;
void tls_release(struct tls_credentials *credentials); /* NULL does nothing */

#endif
