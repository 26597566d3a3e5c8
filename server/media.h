#ifndef SERVER_MEDIA_H
#define SERVER_MEDIA_H

/* What a Content-Type means to us. */
enum media {
    MEDIA_JSON,    /* application/json */
    MEDIA_CSV,     /* text/csv */
    MEDIA_JOSE,    /* application/jose */
    MEDIA_CHARSET, /* one of these, but not in UTF-8 */
    MEDIA_HEADLESS, /* text/csv without its header line (header=absent): nobody knows what the columns are */
    MEDIA_OTHER    /* anything else, and none (NULL) */
};

enum media media_read(const char *content_type);

#endif
