/*
 * Lends the ledger's functions to the tests in Python: one command a line on standard
 * input, one answer a line on standard output. Bytes are hexadecimal, "-" for none.
 *
 *   verify PUBLIC DIGEST SIGNATURE   ok, or invalid
 *   entry BYTES                      HASH LEAF, or invalid
 *   root LEAF...                     the root of the leaves' tree
 *   note PUBLIC BYTES                ORIGIN SIZE ROOT, or invalid
 *   note PUBLIC BYTES ED25519        the same for a note with both lines, as a ledger writes it
 *   ed25519 SEED MESSAGE             PUBLIC SIGNATURE
 *   ed25519-verify PUBLIC MESSAGE SIGNATURE  ok, or invalid
 *   submitted PUBLIC DIGEST SIGNATURE  the same as verify for a submitter's signature, whose s may be high
 *   jws PUBLIC BYTES                 DIGEST of the signing input where the key signed this compact JWS, or invalid
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "ledger/checkpoint.h"
#include "ledger/entry.h"
#include "ledger/jws.h"
#include "ledger/key.h"
#include "ledger/submitter.h"
#include "ledger/tree.h"

/* Bytes of one word of the line; bytes is NULL where it is missing or no hexadecimal. */
struct word {
    uint8_t *bytes;
    size_t length;
};

static struct word next_word(char **rest, struct arena *arena)
{
    struct word word = { NULL, 0 };
    const char *hex = strtok_r(NULL, " ", rest);
    if (hex == NULL) {
        return word;
    }
    size_t length = strcmp(hex, "-") == 0 ? 0 : strlen(hex) / 2;
    uint8_t *bytes = arena_alloc(arena, length);
    if (bytes != NULL && text_from_hex(length == 0 ? "" : hex, bytes, length) == STATUS_OK) {
        word.bytes = bytes;
        word.length = length;
    }
    return word;
}

static bool is_of(struct word word, size_t length)
{
    return word.bytes != NULL && word.length == length;
}

static void print_hex(const uint8_t digest[DIGEST_BYTES], const char *end)
{
    char hex[2 * DIGEST_BYTES + 1];
    text_to_hex(hex, digest, DIGEST_BYTES);
    printf("%s%s", hex, end);
}

static bool answer_verify(char **rest, struct arena *arena)
{
    struct word public_key = next_word(rest, arena);
    struct word digest = next_word(rest, arena);
    struct word signature = next_word(rest, arena);
    if (!is_of(public_key, KEY_PUBLIC_BYTES) || !is_of(digest, DIGEST_BYTES) ||
        !is_of(signature, KEY_SIGNATURE_BYTES) ||
        key_verify(public_key.bytes, digest.bytes, signature.bytes) != STATUS_OK) {
        return false;
    }
    puts("ok");
    return true;
}

static bool answer_entry(char **rest, struct arena *arena)
{
    struct entry entry;
    uint8_t hash[DIGEST_BYTES];
    uint8_t leaf[DIGEST_BYTES];
    struct word bytes = next_word(rest, arena);
    if (bytes.bytes == NULL || entry_decode(&entry, bytes.bytes, bytes.length, arena) != STATUS_OK ||
        entry_hash(&entry, hash) != STATUS_OK) {
        return false;
    }
    tree_leaf_hash(leaf, bytes.bytes, bytes.length);
    print_hex(hash, " ");
    print_hex(leaf, "\n");
    return true;
}

static bool answer_root(char **rest, struct arena *arena)
{
    struct tree tree;
    uint8_t hash[DIGEST_BYTES];
    tree_init(&tree);
    for (struct word leaf = next_word(rest, arena); leaf.bytes != NULL; leaf = next_word(rest, arena)) {
        tree_leaf_hash(hash, leaf.bytes, leaf.length);
        tree_append(&tree, hash);
    }
    tree_root(&tree, hash);
    print_hex(hash, "\n");
    return true;
}

static bool answer_note(char **rest, struct arena *arena)
{
    struct checkpoint checkpoint;
    struct word public_key = next_word(rest, arena);
    struct word note = next_word(rest, arena);
    struct word ed25519 = next_word(rest, arena);
    struct checkpoint_keys keys = { public_key.bytes, ed25519.bytes };
    enum checkpoint_demand demand = ed25519.bytes == NULL ? CHECKPOINT_ANY_LINE : CHECKPOINT_OUR_LINES;
    if (!is_of(public_key, KEY_PUBLIC_BYTES) || note.bytes == NULL ||
        checkpoint_read(&checkpoint, (const char *)note.bytes, note.length, &keys, demand) != STATUS_OK) {
        return false;
    }
    printf("%s %" PRIu64 " ", checkpoint.origin, checkpoint.size);
    print_hex(checkpoint.root, "\n");
    return true;
}

static bool answer_submitted(char **rest, struct arena *arena)
{
    struct submitter_key key;
    struct word public_key = next_word(rest, arena);
    struct word digest = next_word(rest, arena);
    struct word signature = next_word(rest, arena);
    if (!is_of(public_key, KEY_PUBLIC_BYTES) || !is_of(digest, DIGEST_BYTES) || !is_of(signature, KEY_SIGNATURE_BYTES) ||
        submitter_key_read(&key, public_key.bytes) != STATUS_OK ||
        submitter_verify(&key, digest.bytes, signature.bytes) != STATUS_OK) {
        return false;
    }
    puts("ok");
    return true;
}

static bool answer_jws(char **rest, struct arena *arena)
{
    struct jws jws;
    struct submitter_key key;
    uint8_t digest[DIGEST_BYTES];
    struct word public_key = next_word(rest, arena);
    struct word text = next_word(rest, arena);
    if (!is_of(public_key, KEY_PUBLIC_BYTES) || text.bytes == NULL || submitter_key_read(&key, public_key.bytes) != STATUS_OK ||
        jws_read((const char *)text.bytes, text.length, &jws) != JWS_SOUND) {
        return false;
    }
    jws_digest(&jws, digest);
    if (submitter_verify(&key, digest, jws.signature) != STATUS_OK) {
        return false;
    }
    print_hex(digest, "\n");
    return true;
}

static bool answer_ed25519(char **rest, struct arena *arena)
{
    uint8_t public_key[ED25519_PUBLIC_BYTES], signature[ED25519_SIGNATURE_BYTES];
    struct word seed = next_word(rest, arena);
    struct word message = next_word(rest, arena);
    if (!is_of(seed, ED25519_SEED_BYTES) || message.bytes == NULL) {
        return false;
    }
    ed25519_public(public_key, seed.bytes);
    ed25519_sign(public_key, seed.bytes, message.bytes, message.length, signature);
    print_hex(public_key, " ");
    print_hex(signature, "");
    print_hex(signature + DIGEST_BYTES, "\n");
    return true;
}

static bool answer_ed25519_verify(char **rest, struct arena *arena)
{
    struct word public_key = next_word(rest, arena);
    struct word message = next_word(rest, arena);
    struct word signature = next_word(rest, arena);
    if (!is_of(public_key, ED25519_PUBLIC_BYTES) || message.bytes == NULL || !is_of(signature, ED25519_SIGNATURE_BYTES) ||
        ed25519_verify(public_key.bytes, message.bytes, message.length, signature.bytes) != STATUS_OK) {
        return false;
    }
    puts("ok");
    return true;
}

int main(void)
{
    static const struct {
        const char *name;
        bool (*answer)(char **rest, struct arena *arena);
    } commands[] = {
        { "verify", answer_verify }, { "entry", answer_entry }, { "root", answer_root }, { "note", answer_note },
        { "ed25519", answer_ed25519 }, { "ed25519-verify", answer_ed25519_verify },
        { "submitted", answer_submitted }, { "jws", answer_jws },
    };
    struct arena arena;
    char *line = NULL;
    size_t capacity = 0;
    if (key_library_open() != STATUS_OK) {
        return 1;
    }
    arena_init(&arena);
    while (getline(&line, &capacity, stdin) > 0) {
        char *rest = NULL;
        line[strcspn(line, "\n")] = 0;
        const char *name = strtok_r(line, " ", &rest);
        bool is_answered = false;
        for (size_t i = 0; name != NULL && i < sizeof commands / sizeof *commands; i++) {
            is_answered = is_answered || (strcmp(name, commands[i].name) == 0 && commands[i].answer(&rest, &arena));
        }
        if (!is_answered) {
            puts("invalid");
        }
        fflush(stdout);
        arena_reset(&arena);
    }
    free(line);
    arena_fini(&arena);
    return 0;
}
