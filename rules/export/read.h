#ifndef RULES_EXPORT_READ_H
#define RULES_EXPORT_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/limits.h"
#include "base/status.h"
#include "ledger/digest.h"
#include "ledger/key.h"

/*
 * One line of an export, read strictly: of what it says there is one way to write it, that of rules/export/export.c, and every other
 * one is refused. Pure functions.
 */

/* No line is longer: the longest body in base64, and what stands around it. */
#define EXPORT_LINE_BYTES_MAX (LIMIT_BODY_LARGE / 3 * 4 + 1 * MIB)

/* What all lines begin with, and those that are told apart before they are read; nothing else in an export does. */
#define EXPORT_LINE_BEGINS "{\"type\":\""
#define EXPORT_HEADER_BEGINS "{\"type\":\"header\",\"format\":\"tallystick-export\",\"version\":1,"
#define EXPORT_ENTRY_BEGINS "{\"type\":\"entry\","
#define EXPORT_TEXT_BEGINS "{\"type\":\"text\","
#define EXPORT_CHECKPOINT_BEGINS "{\"type\":\"checkpoint\","

enum export_line_kind {
    EXPORT_LINE_HEADER,
    EXPORT_LINE_KEY,
    EXPORT_LINE_ENTRY,
    EXPORT_LINE_TEXT,
    EXPORT_LINE_CHECKPOINT,
    EXPORT_LINE_END
};

struct export_line {
    enum export_line_kind kind;
    uint64_t seq;        /* header: after; key: from_seq; checkpoint: size; else the entry */
    uint64_t height;     /* checkpoint */
    const char *origin;  /* header */
    bool with_texts;     /* header */
    const char *key;     /* key, entry: the key's id */
    const char *algorithm;      /* key */
    const uint8_t *public_key;  /* key: public_key_length bytes */
    size_t public_key_length;
    uint8_t hash[DIGEST_BYTES]; /* entry, end */
    uint8_t seal[KEY_SIGNATURE_BYTES];
    const uint8_t *bytes; /* entry: the canonical bytes */
    size_t bytes_length;
    const uint8_t *body;  /* entry: its long body; NULL where it is none */
    size_t body_length;
    const char *pointer;  /* text */
    const char *commitment;
    const uint8_t *salt;  /* text: DIGEST_BYTES; NULL once erased, like text */
    const char *text;
    const char *note;     /* checkpoint */
};

/* bytes: the line without its line feed. What *line points to lies in the arena. STATUS_INVALID: it is no such line. */
enum status export_line_read(struct export_line *line, const char *bytes, size_t length, struct arena *arena) NODISCARD;

#endif
