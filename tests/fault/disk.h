#ifndef TESTS_FAULT_DISK_H
#define TESTS_FAULT_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A disk in memory, which is SQLite's default file system once disk_begin was called: db/ opens its files on it without knowing.
 * Calls can be made to fail, and what was done can be recorded, so that disk_power.h makes of it what a loss of power would leave.
 * One thread at a time. Nothing but SQLite's files lies here; whoever opens files by himself does so on the real disk.
 */

/* Registers it; before the first connection of the process. */
void disk_begin(void);

/* All files, as bytes by name. */
struct disk_file {
    char *name;
    unsigned char *bytes;
    size_t length;
};

struct disk_image {
    struct disk_file *files;
    size_t count;
};

/* A copy of all files; and back: whatever is there goes, no connection may be open. */
void disk_save(struct disk_image *image);
void disk_restore(const struct disk_image *image);
void disk_image_free(struct disk_image *image);

/* Of an image: the file, NULL where it has none. */
struct disk_file *disk_image_find(const struct disk_image *image, const char *name);

/* Faults. The call number at (from 1) of that kind since disk_plan fails: with EIO; because the disk is full; or half done, because
 * the disk is full. stays: so do all later ones. A sync that fails forgets nothing here. */
enum disk_call { DISK_READ, DISK_WRITE, DISK_TRUNCATE, DISK_SYNC, DISK_CALLS };
enum disk_trouble { DISK_EIO, DISK_FULL, DISK_SHORT };

struct disk_plan {
    enum disk_call call;
    enum disk_trouble trouble;
    size_t at; /* 0: nothing fails */
    bool stays;
};

void disk_plan(const struct disk_plan *plan); /* NULL: nothing fails any more */
bool disk_has_failed(void);                   /* whether something did since disk_plan */
size_t disk_calls(enum disk_call call);       /* how many there were since disk_plan */

/* What was done to the disk, in order. */
enum disk_deed { DEED_CREATE, DEED_DELETE, DEED_WRITE, DEED_TRUNCATE, DEED_SYNC, DEED_SYNC_DIRECTORY };

struct disk_step {
    enum disk_deed deed;
    size_t file;          /* which one: files that bear one name after each other are different ones */
    const char *name;     /* DEED_CREATE, DEED_DELETE; the trace's */
    size_t offset;        /* DEED_WRITE; the new length for DEED_TRUNCATE */
    size_t length;
    unsigned char *bytes; /* DEED_WRITE */
};

struct disk_trace {
    struct disk_image before;
    size_t *before_file; /* which file each of before is */
    struct disk_step *steps;
    size_t count;
    size_t capacity;
};

/* Records from now on: what is there now counts as on the disk for good. */
void disk_record(struct disk_trace *trace);
void disk_record_end(void);
void disk_trace_free(struct disk_trace *trace);

#endif
