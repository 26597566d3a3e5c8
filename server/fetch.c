/*
 * The client half of HTTP, as far as a witness needs it.
 */
#include "server/fetch.h"

#include <curl/curl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"

struct fetch {
    CURL *curl;
    char *base;
    char *token; /* the whole header line, or NULL */
    char error[CURL_ERROR_SIZE];
};

static bool is_allowed(const char *base)
{
    return strncasecmp(base, "http://", 7) == 0 || strncasecmp(base, "https://", 8) == 0;
}

static char *join(const char *first, const char *second)
{
    struct buffer out;
    size_t length = 0;
    buffer_init(&out);
    buffer_text(&out, first);
    buffer_text(&out, second);
    char *text = buffer_take(&out, &length);
    buffer_fini(&out);
    return text;
}

enum status fetch_open(const char *base, const char *token, struct fetch **out)
{
    if (!is_allowed(base)) {
        return STATUS_INVALID;
    }
    struct fetch *fetch = calloc(1, sizeof *fetch);
    if (fetch == NULL || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        free(fetch);
        return STATUS_EXHAUSTED;
    }
    fetch->curl = curl_easy_init();
    fetch->base = join(base, "");
    fetch->token = token != NULL ? join("Authorization: Bearer ", token) : NULL;
    if (fetch->curl == NULL || fetch->base == NULL || (token != NULL && fetch->token == NULL)) {
        fetch_close(fetch);
        return STATUS_EXHAUSTED;
    }
    size_t length = strlen(fetch->base);
    if (fetch->base[length - 1] == '/') {
        fetch->base[length - 1] = 0;
    }
    *out = fetch;
    return STATUS_OK;
}

void fetch_close(struct fetch *fetch)
{
    if (fetch == NULL) {
        return;
    }
    curl_easy_cleanup(fetch->curl);
    free(fetch->base);
    free(fetch->token);
    free(fetch);
    curl_global_cleanup();
}

static size_t take(char *bytes, size_t size, size_t count, void *context)
{
    struct buffer *out = context;
    size_t length = size * count;
    if (length > FETCH_BYTES_MAX - out->length) {
        return 0; /* which ends the transfer */
    }
    buffer_append(out, bytes, length);
    return out->failed ? 0 : length;
}

static bool add_header(struct curl_slist **headers, const char *line)
{
    struct curl_slist *longer = curl_slist_append(*headers, line);
    if (longer == NULL) {
        return false;
    }
    *headers = longer;
    return true;
}

static bool set_options(struct fetch *fetch, const char *url, const struct curl_slist *headers, const struct buffer *body,
                        struct buffer *out)
{
    CURL *curl = fetch->curl;
    curl_easy_reset(curl);
#if LIBCURL_VERSION_NUM >= 0x075500
    bool is_set = curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK;
#else
    bool is_set = curl_easy_setopt(curl, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS)) == CURLE_OK;
#endif
    is_set = is_set && curl_easy_setopt(curl, CURLOPT_URL, url) == CURLE_OK &&
        curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK && curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
        curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)FETCH_CONNECT_S) == CURLE_OK &&
        curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)FETCH_WHOLE_S) == CURLE_OK &&
        curl_easy_setopt(curl, CURLOPT_USERAGENT, "tallystick-witness") == CURLE_OK &&
        curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, fetch->error) == CURLE_OK &&
        curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers) == CURLE_OK &&
        curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take) == CURLE_OK && curl_easy_setopt(curl, CURLOPT_WRITEDATA, out) == CURLE_OK;
    if (is_set && body != NULL) {
        is_set = curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)body->length) == CURLE_OK &&
            curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body->bytes) == CURLE_OK;
    }
    return is_set;
}

enum status fetch_run(struct fetch *fetch, const char *path, const char *accept, const struct buffer *body, struct buffer *out,
                      long *http, char message[FETCH_MESSAGE_BYTES])
{
    struct curl_slist *headers = NULL;
    char *url = join(fetch->base, path), *accepted = join("Accept: ", accept);
    enum status status = STATUS_EXHAUSTED;
    buffer_reset(out);
    snprintf(message, FETCH_MESSAGE_BYTES, "no memory");
    bool is_ready = url != NULL && accepted != NULL && add_header(&headers, accepted) &&
        (fetch->token == NULL || add_header(&headers, fetch->token)) &&
        (body == NULL || add_header(&headers, "Content-Type: application/json")) && set_options(fetch, url, headers, body, out);
    if (is_ready) {
        fetch->error[0] = 0;
        CURLcode code = curl_easy_perform(fetch->curl);
        status = code == CURLE_OK && curl_easy_getinfo(fetch->curl, CURLINFO_RESPONSE_CODE, http) == CURLE_OK ? STATUS_OK : STATUS_IO;
        snprintf(message, FETCH_MESSAGE_BYTES, "%s: %s", url, fetch->error[0] != 0 ? fetch->error : curl_easy_strerror(code));
    }
    curl_easy_setopt(fetch->curl, CURLOPT_HTTPHEADER, NULL);
    curl_slist_free_all(headers);
    free(url);
    free(accepted);
    return status;
}
