#ifndef TESTS_FAULT_DISK_NODE_H
#define TESTS_FAULT_DISK_NODE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * A file of the disk in memory: its bytes, who has it open, its locks, and the memory that those who have it open share (the index
 * of the write-ahead log). Inside disk.c.
 */
enum { NODE_SLOTS = 8, NODE_ALL_CLAIMS = 0xff };

struct node {
    struct node *next;
    char *name;          /* NULL: a temporary file */
    bool is_private;     /* never recorded */
    bool is_gone;        /* has no name any more */
    size_t file;
    unsigned char *bytes;
    size_t length;
    size_t capacity;
    size_t handles;
    size_t readers;      /* handles at SQLITE_LOCK_SHARED or above */
    const void *reserved; /* whose */
    const void *pending;
    const void *exclusive;
    void **regions;
    size_t region_count;
    unsigned shared[NODE_SLOTS]; /* claims on the shared memory */
    bool is_exclusive[NODE_SLOTS];
};

/* What one handle claims, a bit a slot. */
struct node_claims {
    unsigned shared;
    unsigned exclusive;
};

void node_free(struct node *node);
void node_write(struct node *node, size_t offset, const void *bytes, size_t length);
void node_truncate(struct node *node, size_t length);

/* SQLite's levels of locks; false where somebody else's stands against it. */
bool node_lock(struct node *node, const void *owner, int *level, int wanted);
void node_unlock(struct node *node, const void *owner, int *level, int wanted);

/* Shared memory; NULL where there is none yet and none is to be made. */
void *node_region(struct node *node, size_t index, size_t bytes, bool makes);
void node_forget_regions(struct node *node);
bool node_claim(struct node *node, struct node_claims *claims, unsigned mask, bool is_exclusive);
void node_release(struct node *node, struct node_claims *claims, unsigned mask);

#endif
