/*
 * SQLite's interface to an operating system (https://www.sqlite.org/vfs.html) over plain memory, with the properties that the
 * usual one claims for a disk: a write leaves alone what stands beside it, nothing else is promised. What a loss of power
 * leaves: disk_power.c. Without memory the test ends.
 */
#include "tests/fault/disk.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "tests/fault/disk_node.h"
#include "tests/fault/room.h"

static sqlite3_vfs vfs;
static struct node *first;
static size_t files_made;
static struct disk_plan plan;
static size_t calls[DISK_CALLS];
static bool has_failed;
static struct disk_trace *trace;
static uint64_t random_state = 1;

struct handle {
    sqlite3_file base;
    struct node *node;
    int level; /* SQLITE_LOCK_* */
    bool is_removed_on_close;
    bool syncs_directory; /* a journal that was made and not synced yet: its first sync does that too */
    struct node_claims claims;
};

static struct disk_step *note(enum disk_deed deed, const struct node *node)
{
    static struct disk_step nowhere;
    if (trace == NULL || node->is_private) {
        return &nowhere;
    }
    if (trace->count == trace->capacity) {
        trace->capacity = trace->capacity == 0 ? 1024 : trace->capacity * 2;
        trace->steps = room_grown(trace->steps, trace->capacity * sizeof *trace->steps);
    }
    struct disk_step *step = &trace->steps[trace->count++];
    *step = (struct disk_step){ .deed = deed, .file = node->file };
    if (deed == DEED_CREATE || deed == DEED_DELETE) {
        step->name = room_text(node->name);
    }
    return step;
}

/* Whether this call is the one that fails, or one of those. */
static bool fails(enum disk_call call)
{
    bool does = ++calls[call] >= plan.at && plan.at > 0 && plan.call == call && (plan.stays || calls[call] == plan.at);
    has_failed = has_failed || does;
    return does;
}

static struct node *find(const char *name)
{
    for (struct node *node = first; node != NULL; node = node->next) {
        if (!node->is_gone && node->name != NULL && strcmp(node->name, name) == 0) {
            return node;
        }
    }
    return NULL;
}

static struct node *make(const char *name)
{
    struct node *node = room(sizeof *node);
    node->name = name != NULL ? room_text(name) : NULL;
    node->is_private = name == NULL;
    node->file = files_made++;
    node->next = first;
    first = node;
    return node;
}

/* Forgets files that have neither a name nor anybody who has them open. */
static void sweep(void)
{
    for (struct node **at = &first; *at != NULL;) {
        struct node *node = *at;
        if (node->is_gone && node->handles == 0) {
            *at = node->next;
            node_free(node);
        } else {
            at = &node->next;
        }
    }
}

static int close_file(sqlite3_file *file)
{
    struct handle *handle = (struct handle *)file;
    struct node *node = handle->node;
    node_unlock(node, handle, &handle->level, SQLITE_LOCK_NONE);
    node->handles--;
    node->is_gone = node->is_gone || handle->is_removed_on_close;
    sweep();
    return SQLITE_OK;
}

static int read_file(sqlite3_file *file, void *out, int amount, sqlite3_int64 offset)
{
    const struct node *node = ((struct handle *)file)->node;
    size_t at = (size_t)offset, wanted = (size_t)amount;
    if (fails(DISK_READ)) {
        return SQLITE_IOERR_READ;
    }
    size_t there = at >= node->length ? 0 : node->length - at;
    size_t got = there < wanted ? there : wanted;
    if (got > 0) {
        memcpy(out, node->bytes + at, got);
    }
    memset((char *)out + got, 0, wanted - got);
    return got == wanted ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

static int write_file(sqlite3_file *file, const void *bytes, int amount, sqlite3_int64 offset)
{
    struct node *node = ((struct handle *)file)->node;
    size_t length = (size_t)amount;
    bool is_failed = fails(DISK_WRITE);
    if (is_failed && plan.trouble != DISK_SHORT) {
        return plan.trouble == DISK_FULL ? SQLITE_FULL : SQLITE_IOERR_WRITE;
    }
    length = is_failed ? length / 2 : length;
    struct disk_step *step = note(DEED_WRITE, node);
    step->offset = (size_t)offset;
    step->length = length;
    if (trace != NULL && !node->is_private) {
        step->bytes = room_copy(bytes, length);
    }
    node_write(node, (size_t)offset, bytes, length);
    return is_failed ? SQLITE_FULL : SQLITE_OK;
}

static int truncate_file(sqlite3_file *file, sqlite3_int64 size)
{
    struct node *node = ((struct handle *)file)->node;
    if (fails(DISK_TRUNCATE)) {
        return SQLITE_IOERR_TRUNCATE;
    }
    note(DEED_TRUNCATE, node)->offset = (size_t)size;
    node_truncate(node, (size_t)size);
    return SQLITE_OK;
}

static int sync_file(sqlite3_file *file, int flags)
{
    struct handle *handle = (struct handle *)file;
    (void)flags;
    if (fails(DISK_SYNC)) {
        return SQLITE_IOERR_FSYNC;
    }
    note(DEED_SYNC, handle->node);
    if (handle->syncs_directory) {
        handle->syncs_directory = false;
        note(DEED_SYNC_DIRECTORY, handle->node);
    }
    return SQLITE_OK;
}

static int size_of_file(sqlite3_file *file, sqlite3_int64 *size)
{
    *size = (sqlite3_int64)((struct handle *)file)->node->length;
    return SQLITE_OK;
}

static int lock_file(sqlite3_file *file, int level)
{
    struct handle *handle = (struct handle *)file;
    return node_lock(handle->node, handle, &handle->level, level) ? SQLITE_OK : SQLITE_BUSY;
}

static int unlock_file(sqlite3_file *file, int level)
{
    struct handle *handle = (struct handle *)file;
    node_unlock(handle->node, handle, &handle->level, level);
    return SQLITE_OK;
}

static int check_reserved(sqlite3_file *file, int *is_reserved)
{
    *is_reserved = ((struct handle *)file)->node->reserved != NULL;
    return SQLITE_OK;
}

static int control(sqlite3_file *file, int operation, void *argument)
{
    (void)file;
    (void)operation;
    (void)argument;
    return SQLITE_NOTFOUND;
}

static int sector_size(sqlite3_file *file)
{
    (void)file;
    return 4096; /* as SQLite's own */
}

static int characteristics(sqlite3_file *file)
{
    (void)file;
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE; /* as SQLite's own */
}

static int shared_map(sqlite3_file *file, int region, int bytes, int extends, void volatile **out)
{
    *out = node_region(((struct handle *)file)->node, (size_t)region, (size_t)bytes, extends != 0);
    return SQLITE_OK;
}

static int shared_lock(sqlite3_file *file, int offset, int count, int flags)
{
    struct handle *handle = (struct handle *)file;
    unsigned mask = ((1u << count) - 1) << offset;
    if ((flags & SQLITE_SHM_UNLOCK) != 0) {
        node_release(handle->node, &handle->claims, mask);
        return SQLITE_OK;
    }
    return node_claim(handle->node, &handle->claims, mask, (flags & SQLITE_SHM_EXCLUSIVE) != 0) ? SQLITE_OK : SQLITE_BUSY;
}

static void shared_barrier(sqlite3_file *file)
{
    (void)file;
}

static int shared_unmap(sqlite3_file *file, int removes)
{
    struct handle *handle = (struct handle *)file;
    node_release(handle->node, &handle->claims, NODE_ALL_CLAIMS);
    if (removes) {
        node_forget_regions(handle->node);
    }
    return SQLITE_OK;
}

static const sqlite3_io_methods methods = {
    .iVersion = 2, .xClose = close_file, .xRead = read_file, .xWrite = write_file, .xTruncate = truncate_file, .xSync = sync_file,
    .xFileSize = size_of_file, .xLock = lock_file, .xUnlock = unlock_file, .xCheckReservedLock = check_reserved,
    .xFileControl = control, .xSectorSize = sector_size, .xDeviceCharacteristics = characteristics, .xShmMap = shared_map,
    .xShmLock = shared_lock, .xShmBarrier = shared_barrier, .xShmUnmap = shared_unmap,
};

static int open_file(sqlite3_vfs *self, const char *name, sqlite3_file *file, int flags, int *flags_out)
{
    struct handle *handle = (struct handle *)file;
    struct node *node = name != NULL ? find(name) : NULL;
    (void)self;
    memset(handle, 0, sizeof *handle);
    if (node == NULL && (flags & SQLITE_OPEN_CREATE) == 0) {
        return SQLITE_CANTOPEN;
    }
    if (node == NULL) {
        node = make(name);
        note(DEED_CREATE, node);
        handle->syncs_directory = (flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_SUPER_JOURNAL)) != 0;
    }
    node->handles++;
    handle->base.pMethods = &methods;
    handle->node = node;
    handle->is_removed_on_close = name == NULL || (flags & SQLITE_OPEN_DELETEONCLOSE) != 0;
    if (flags_out != NULL) {
        *flags_out = flags;
    }
    return SQLITE_OK;
}

static int delete_file(sqlite3_vfs *self, const char *name, int syncs_directory)
{
    struct node *node = find(name);
    (void)self;
    if (node == NULL) {
        return SQLITE_IOERR_DELETE_NOENT;
    }
    note(DEED_DELETE, node);
    if (syncs_directory) {
        note(DEED_SYNC_DIRECTORY, node);
    }
    node->is_gone = true;
    sweep();
    return SQLITE_OK;
}

static int look_for_file(sqlite3_vfs *self, const char *name, int flags, int *is_there)
{
    const struct node *node = find(name);
    (void)self;
    *is_there = node != NULL && (flags != SQLITE_ACCESS_EXISTS || node->length > 0); /* as SQLite's own: an empty one is none */
    return SQLITE_OK;
}

static int full_path(sqlite3_vfs *self, const char *name, int room, char *out)
{
    (void)self;
    sqlite3_snprintf(room, out, "%s", name);
    return SQLITE_OK;
}

/* The same each time: what a seed brought about comes about again. */
static int randomness(sqlite3_vfs *self, int amount, char *out)
{
    (void)self;
    for (int i = 0; i < amount; i++) {
        random_state = random_state * 6364136223846793005u + 1442695040888963407u;
        out[i] = (char)(random_state >> 56);
    }
    return amount;
}

static int sleep_not(sqlite3_vfs *self, int microseconds)
{
    (void)self;
    return microseconds;
}

static int last_error(sqlite3_vfs *self, int room, char *out)
{
    (void)self;
    (void)room;
    (void)out;
    return 0;
}

void disk_begin(void)
{
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); /* as db/ has it, which comes too late after this */
    vfs = *sqlite3_vfs_find(NULL); /* its time, and its other libraries */
    vfs.iVersion = 2;
    vfs.pNext = NULL;
    vfs.szOsFile = (int)sizeof(struct handle);
    vfs.zName = "disk";
    vfs.xOpen = open_file;
    vfs.xDelete = delete_file;
    vfs.xAccess = look_for_file;
    vfs.xFullPathname = full_path;
    vfs.xRandomness = randomness;
    vfs.xSleep = sleep_not;
    vfs.xGetLastError = last_error;
    int code = sqlite3_vfs_register(&vfs, 1);
    assert(code == SQLITE_OK);
}

void disk_save(struct disk_image *image)
{
    *image = (struct disk_image){ NULL, 0 };
    for (const struct node *node = first; node != NULL; node = node->next) {
        if (node->is_gone || node->name == NULL) {
            continue;
        }
        image->files = room_grown(image->files, (image->count + 1) * sizeof *image->files);
        struct disk_file *file = &image->files[image->count++];
        *file = (struct disk_file){ room_text(node->name), room_copy(node->bytes, node->length), node->length };
    }
}

void disk_restore(const struct disk_image *image)
{
    for (struct node *node = first; node != NULL; node = node->next) {
        assert(node->handles == 0);
        node->is_gone = true;
    }
    sweep();
    assert(first == NULL);
    for (size_t i = 0; i < image->count; i++) {
        node_write(make(image->files[i].name), 0, image->files[i].bytes, image->files[i].length);
    }
    random_state = 1;
}

void disk_image_free(struct disk_image *image)
{
    for (size_t i = 0; i < image->count; i++) {
        free(image->files[i].name);
        free(image->files[i].bytes);
    }
    free(image->files);
    *image = (struct disk_image){ NULL, 0 };
}

struct disk_file *disk_image_find(const struct disk_image *image, const char *name)
{
    for (size_t i = 0; i < image->count; i++) {
        if (strcmp(image->files[i].name, name) == 0) {
            return &image->files[i];
        }
    }
    return NULL;
}

void disk_plan(const struct disk_plan *next)
{
    plan = next != NULL ? *next : (struct disk_plan){ .at = 0 };
    memset(calls, 0, sizeof calls);
    has_failed = false;
}

bool disk_has_failed(void)
{
    return has_failed;
}

size_t disk_calls(enum disk_call call)
{
    return calls[call];
}

void disk_record(struct disk_trace *begun)
{
    *begun = (struct disk_trace){ .count = 0 };
    disk_save(&begun->before);
    begun->before_file = room((begun->before.count + 1) * sizeof *begun->before_file);
    for (size_t i = 0; i < begun->before.count; i++) {
        begun->before_file[i] = find(begun->before.files[i].name)->file;
    }
    trace = begun;
}

void disk_record_end(void)
{
    trace = NULL;
}

void disk_trace_free(struct disk_trace *ended)
{
    for (size_t i = 0; i < ended->count; i++) {
        free(ended->steps[i].bytes);
        free((char *)(uintptr_t)ended->steps[i].name);
    }
    disk_image_free(&ended->before);
    free(ended->before_file);
    free(ended->steps);
    *ended = (struct disk_trace){ .count = 0 };
}
