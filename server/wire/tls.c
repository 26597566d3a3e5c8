/*
 * GnuTLS: files, versions, ciphers. Who moves the bytes: relay.c.
 */
#include "server/wire/tls.h"

#include <gnutls/x509.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "base/log.h"

enum { PATH_QUOTED_BYTES = 512, DAY_S = 24 * 60 * 60, EXPIRY_WARNING_DAYS = 14 };

static const char priorities[] = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-RSA:-DHE-RSA:-CIPHER-ALL:+AES-256-GCM:"
                                 "+CHACHA20-POLY1305:+AES-128-GCM:%SERVER_PRECEDENCE";

struct tls_credentials {
    atomic_int holders;
    gnutls_certificate_credentials_t certificate;
};

struct tls {
    pthread_mutex_t lock;
    struct tls_credentials *current; /* under lock */
    gnutls_priority_t priority;
    gnutls_datum_t ticket_key;       /* GnuTLS derives a new one from it every few hours */
};

void tls_release(struct tls_credentials *credentials)
{
    if (credentials != NULL && atomic_fetch_sub(&credentials->holders, 1) == 1) {
        gnutls_certificate_free_credentials(credentials->certificate);
        free(credentials);
    }
}

/* A key that everybody on the machine may read is hardly one. */
static void look_at_mode(const char *path, const char *quoted)
{
    struct stat file;
    if (stat(path, &file) == 0 && (file.st_mode & (S_IRWXO | S_IWGRP)) != 0) {
        log_warn("tls", "key=\"%s\" mode=%03o error=\"others than its owner and readers of its group may use it; chmod 600\"",
                 quoted, (unsigned)(file.st_mode & 0777));
    }
}

static void tell_expiry(const struct tls_credentials *credentials, const char *quoted)
{
    gnutls_x509_crt_t *chain = NULL;
    unsigned count = 0;
    if (gnutls_certificate_get_x509_crt(credentials->certificate, 0, &chain, &count) != 0 || count == 0) {
        return;
    }
    time_t until = gnutls_x509_crt_get_expiration_time(chain[0]);
    long long days = (long long)(until - time(NULL)) / DAY_S;
    if (days < EXPIRY_WARNING_DAYS) {
        log_warn("tls", "certificate=\"%s\" chain=%u days_left=%lld", quoted, count, days);
    } else {
        log_info("tls", "certificate=\"%s\" chain=%u days_left=%lld", quoted, count, days);
    }
    for (unsigned i = 0; i < count; i++) {
        gnutls_x509_crt_deinit(chain[i]);
    }
    gnutls_free(chain);
}

static enum status load(const char *certificate_path, const char *key_path, struct tls_credentials **credentials)
{
    char certificate[PATH_QUOTED_BYTES];
    char key[PATH_QUOTED_BYTES];
    log_quote(certificate, sizeof certificate, certificate_path);
    log_quote(key, sizeof key, key_path);
    struct tls_credentials *loaded = calloc(1, sizeof *loaded);
    if (loaded == NULL || gnutls_certificate_allocate_credentials(&loaded->certificate) != 0) {
        free(loaded);
        return STATUS_EXHAUSTED;
    }
    atomic_init(&loaded->holders, 1);
    look_at_mode(key_path, key);
    int error = gnutls_certificate_set_x509_key_file(loaded->certificate, certificate_path, key_path, GNUTLS_X509_FMT_PEM);
    if (error < 0) {
        log_error("tls", "certificate=\"%s\" key=\"%s\" error=\"%s\"", certificate, key, gnutls_strerror(error));
        tls_release(loaded);
        return STATUS_INVALID;
    }
    tell_expiry(loaded, certificate);
    *credentials = loaded;
    return STATUS_OK;
}

enum status tls_open(const char *certificate_path, const char *key_path, struct tls **tls)
{
    struct tls *opened = calloc(1, sizeof *opened);
    if (opened == NULL) {
        return STATUS_EXHAUSTED;
    }
    pthread_mutex_init(&opened->lock, NULL);
    int error = gnutls_priority_init(&opened->priority, priorities, NULL);
    if (error == 0) {
        error = gnutls_session_ticket_key_generate(&opened->ticket_key);
    }
    if (error != 0) {
        log_error("tls", "error=\"%s\"", gnutls_strerror(error));
    }
    enum status status = error == 0 ? load(certificate_path, key_path, &opened->current) : STATUS_EXHAUSTED;
    if (status != STATUS_OK) {
        tls_close(opened);
        return status;
    }
    *tls = opened;
    return STATUS_OK;
}

void tls_close(struct tls *tls)
{
    if (tls == NULL) {
        return;
    }
    tls_release(tls->current);
    gnutls_priority_deinit(tls->priority);
    if (tls->ticket_key.data != NULL) {
        gnutls_memset(tls->ticket_key.data, 0, tls->ticket_key.size);
        gnutls_free(tls->ticket_key.data);
    }
    pthread_mutex_destroy(&tls->lock);
    free(tls);
}

enum status tls_reload(struct tls *tls, const char *certificate_path, const char *key_path)
{
    struct tls_credentials *loaded = NULL;
    enum status status = load(certificate_path, key_path, &loaded);
    if (status == STATUS_OK) {
        pthread_mutex_lock(&tls->lock);
        struct tls_credentials *before = tls->current;
        tls->current = loaded;
        pthread_mutex_unlock(&tls->lock);
        tls_release(before);
    }
    return status;
}

static struct tls_credentials *hold_current(struct tls *tls)
{
    pthread_mutex_lock(&tls->lock);
    struct tls_credentials *current = tls->current;
    atomic_fetch_add(&current->holders, 1);
    pthread_mutex_unlock(&tls->lock);
    return current;
}

enum status tls_session_open(struct tls *tls, int fd, gnutls_session_t *session, struct tls_credentials **credentials)
{
    static const gnutls_datum_t protocols[] = {{(unsigned char *)"http/1.1", 8}, {(unsigned char *)"http/1.0", 8}};
    gnutls_session_t opened = NULL;
    if (gnutls_init(&opened, GNUTLS_SERVER | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL) != 0) {
        return STATUS_EXHAUSTED;
    }
    struct tls_credentials *held = hold_current(tls);
    /* Mandatory: who offers other protocols alone is told so; who offers none speaks HTTP/1.1. */
    if (gnutls_priority_set(opened, tls->priority) != 0 ||
        gnutls_credentials_set(opened, GNUTLS_CRD_CERTIFICATE, held->certificate) != 0 ||
        gnutls_alpn_set_protocols(opened, protocols, 2, GNUTLS_ALPN_MANDATORY | GNUTLS_ALPN_SERVER_PRECEDENCE) != 0 ||
        gnutls_session_ticket_enable_server(opened, &tls->ticket_key) != 0) {
        gnutls_deinit(opened);
        tls_release(held);
        return STATUS_EXHAUSTED;
    }
    gnutls_transport_set_int(opened, fd);
    *session = opened;
    *credentials = held;
    return STATUS_OK;
}
