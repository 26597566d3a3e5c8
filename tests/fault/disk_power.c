/*
 * From the record of what was done to the disk to what is on it after a loss of power. The bytes of each file are kept as they were
 * synced last; what came since is applied sector by sector, or not.
 */
#include "tests/fault/disk_power.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fault/room.h"

/* A file as it was synced, and what was done to it since. Steps are in order. */
struct kept {
    const char *name; /* NULL where it has none (yet) that is on the disk */
    unsigned char *bytes;
    size_t length;
    size_t capacity;
    const struct disk_step **since;
    size_t since_count;
    size_t since_capacity;
};

struct wreck {
    struct kept *files;
    size_t count;
    const struct disk_step **names; /* made and removed since the directory was synced */
    size_t name_count;
};

static void set_length(struct kept *file, size_t length)
{
    if (length > file->capacity) {
        file->capacity = length * 2;
        file->bytes = room_grown(file->bytes, file->capacity);
    }
    if (length > file->length) {
        memset(file->bytes + file->length, 0, length - file->length);
    }
    file->length = length;
}

static void put(struct kept *file, size_t offset, const unsigned char *bytes, size_t length)
{
    if (offset + length > file->length) {
        set_length(file, offset + length);
    }
    if (length > 0) {
        memcpy(file->bytes + offset, bytes, length);
    }
}

/* How much of a step is done. */
enum extent { ALL, NOTHING, SOME_SECTORS, FIRST_SECTORS };

static void apply(struct kept *file, const struct disk_step *step, enum extent extent, struct chance *chance)
{
    if (extent == NOTHING || (step->deed == DEED_TRUNCATE && extent != ALL)) {
        return;
    }
    if (step->deed == DEED_TRUNCATE) {
        set_length(file, step->offset);
        return;
    }
    size_t at = step->offset, end = step->offset + step->length;
    size_t sectors = (end + DISK_SECTOR_BYTES - 1) / DISK_SECTOR_BYTES - at / DISK_SECTOR_BYTES;
    size_t front = extent == FIRST_SECTORS ? chance_below(chance, sectors + 1) : 0;
    for (size_t sector = 0; at < end; sector++) {
        size_t next = (at / DISK_SECTOR_BYTES + 1) * DISK_SECTOR_BYTES;
        next = next < end ? next : end;
        if (extent == ALL || (extent == FIRST_SECTORS && sector < front) || (extent == SOME_SECTORS && chance_below(chance, 2) == 0)) {
            put(file, at, step->bytes + (at - step->offset), next - at);
        }
        at = next;
    }
}

static struct kept *file_at(struct wreck *wreck, size_t file)
{
    if (file >= wreck->count) {
        wreck->files = room_grown(wreck->files, (file + 1) * sizeof *wreck->files);
        memset(wreck->files + wreck->count, 0, (file + 1 - wreck->count) * sizeof *wreck->files);
        wreck->count = file + 1;
    }
    return &wreck->files[file];
}

static void name_or_not(struct wreck *wreck, const struct disk_step *step)
{
    file_at(wreck, step->file)->name = step->deed == DEED_CREATE ? step->name : NULL;
}

static void sync_names(struct wreck *wreck)
{
    for (size_t i = 0; i < wreck->name_count; i++) {
        name_or_not(wreck, wreck->names[i]);
    }
    wreck->name_count = 0;
}

static void follow(struct wreck *wreck, const struct disk_step *step)
{
    struct kept *file = file_at(wreck, step->file);
    switch (step->deed) {
    case DEED_CREATE:
    case DEED_DELETE:
        wreck->names = room_grown(wreck->names, (wreck->name_count + 1) * sizeof *wreck->names);
        wreck->names[wreck->name_count++] = step;
        break;
    case DEED_WRITE:
    case DEED_TRUNCATE:
        if (file->since_count == file->since_capacity) {
            file->since_capacity = 2 * file->since_capacity + 16;
            file->since = room_grown(file->since, file->since_capacity * sizeof *file->since);
        }
        file->since[file->since_count++] = step;
        break;
    case DEED_SYNC:
        for (size_t i = 0; i < file->since_count; i++) {
            apply(file, file->since[i], ALL, NULL);
        }
        file->since_count = 0;
        break;
    case DEED_SYNC_DIRECTORY:
        sync_names(wreck);
        break;
    }
}

static enum extent extent_of(enum disk_loss loss, bool is_under_way, struct chance *chance)
{
    static const enum extent any[] = { ALL, NOTHING, SOME_SECTORS };
    switch (loss) {
    case LOSS_OF_ALL:
        return NOTHING;
    case LOSS_OF_LAST:
        return is_under_way ? FIRST_SECTORS : ALL;
    case LOSS_OF_SOME:
        return is_under_way ? SOME_SECTORS : any[chance_below(chance, 3)];
    }
    return NOTHING;
}

static void settle(struct wreck *wreck, const struct disk_step *under_way, enum disk_loss loss, struct chance *chance)
{
    size_t names = loss == LOSS_OF_ALL ? 0 : loss == LOSS_OF_LAST ? wreck->name_count : chance_below(chance, wreck->name_count + 1);
    wreck->name_count = names;
    sync_names(wreck);
    for (size_t i = 0; i < wreck->count; i++) {
        struct kept *file = &wreck->files[i];
        for (size_t k = 0; k < file->since_count; k++) {
            apply(file, file->since[k], extent_of(loss, file->since[k] == under_way, chance), chance);
        }
    }
}

void disk_lose_power(const struct disk_trace *trace, size_t steps, enum disk_loss loss, struct chance *chance,
                     struct disk_image *image)
{
    struct wreck wreck = { .count = 0 };
    const struct disk_step *under_way = steps < trace->count ? &trace->steps[steps] : NULL;
    assert(steps <= trace->count);
    for (size_t i = 0; i < trace->before.count; i++) {
        struct kept *file = file_at(&wreck, trace->before_file[i]);
        file->name = trace->before.files[i].name;
        put(file, 0, trace->before.files[i].bytes, trace->before.files[i].length);
    }
    for (size_t i = 0; i < steps; i++) {
        follow(&wreck, &trace->steps[i]);
    }
    if (under_way != NULL && (under_way->deed == DEED_WRITE || under_way->deed == DEED_TRUNCATE)) {
        follow(&wreck, under_way);
    }
    settle(&wreck, under_way, loss, chance);
    *image = (struct disk_image){ NULL, 0 };
    for (size_t i = 0; i < wreck.count; i++) {
        struct kept *file = &wreck.files[i];
        if (file->name != NULL) {
            image->files = room_grown(image->files, (image->count + 1) * sizeof *image->files);
            image->files[image->count++] = (struct disk_file){ room_text(file->name), file->bytes != NULL ? file->bytes : room(1), file->length };
        } else {
            free(file->bytes);
        }
        free(file->since);
    }
    free(wreck.files);
    free(wreck.names);
}
