/*
 * Reads steps of entries ahead, gives them to the pool, and settles them in the order of their numbers. ledger/chain.c judges what
 * stands in an entry, replay.c what it leads to; what stands beside it is told in the other parts (parts.h lists them). The commands of
 * one step are carried out again while the step before is settled; a step is replayed only behind one that was replayed to its end.
 */
#include "rules/verify/entries.h"

#include <assert.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "rules/verify/beside.h"
#include "rules/verify/checkpoints.h"
#include "rules/verify/parts.h"
#include "rules/verify/signatures.h"
#include "rules/verify/submitters.h"
#include "rules/verify/tiles.h"

#define BYTES_AHEAD (8 * MIB) /* what is read ahead beyond one step */

/* A step's commands, carried out again one behind the other, which may be on another thread while the step before is settled. */
struct replaying {
    struct parallel_batch batch; /* first: what the pool sees */
    struct step *step;
    struct replay *replay;
    struct arena arena;            /* what the results hold */
    struct replay_result *results; /* of the step's items, as many as done */
    size_t done;                   /* all, unless there was a finding, an entry that is not what its hash and seal say, or a failure */
    enum status status;            /* of the first that is not done */
    bool is_begun;                 /* submitted, and not waited for when the step is settled */
    bool is_whole;
};

struct step {
    struct parallel_batch batch; /* first: what the pool sees */
    struct replaying replaying;
    struct arena arena;
    struct verify_item *items;
    struct verify_work *works;
    size_t count;
    enum status status; /* of reading on behind the items; STATUS_CORRUPT: entry broken is none */
    uint64_t broken;
};

/* Steps under way, the oldest first. Invariants: 1. under_way <= capacity; 2. exactly the steps first, first + 1, ... (in a circle),
 * under_way of them, were submitted and not waited for; 3. bytes is the sum of their arenas'. */
struct pipeline {
    struct verify *verify;
    struct step *steps;
    size_t capacity, first, under_way;
    size_t bytes;
    uint64_t read_up_to;
    bool is_read; /* there is nothing behind what was read, or it cannot be read */
};

static void run_step(struct parallel_batch *batch)
{
    struct step *step = (struct step *)batch;
    verify_signatures(step->items, step->works, step->count);
}

/* What replay sees: an entry that is the one that its seal was made for. Whatever is not so ends the verification when it is settled. */
static bool may_replay(const struct verify_item *item, const struct verify_work *work)
{
    return work->has_body && work->facts.is_body_sound && work->seal == CHAIN_SEAL_GOOD &&
        memcmp(work->facts.hash, item->row->hash, DIGEST_BYTES) == 0;
}

static void run_replay(struct parallel_batch *batch)
{
    struct replaying *replaying = (struct replaying *)batch;
    struct step *step = replaying->step;
    bool is_sound = true;
    while (is_sound && replaying->done < step->count && may_replay(&step->items[replaying->done], &step->works[replaying->done])) {
        struct replay_result *result = &replaying->results[replaying->done];
        replaying->status = replay_entry(replaying->replay, step->items[replaying->done].row, &replaying->arena, result);
        if (replaying->status != STATUS_OK) {
            return;
        }
        is_sound = result->finding == NULL;
        replaying->done++;
    }
    replaying->is_whole = is_sound && replaying->done == step->count;
}

/* What the pool needs to know of each item. */
static enum status prepare(struct verify *verify, struct step *step)
{
    step->works = arena_array(&step->arena, step->count, sizeof *step->works);
    if (step->works == NULL) {
        return STATUS_EXHAUSTED;
    }
    for (size_t i = 0; i < step->count; i++) {
        struct verify_work *work = &step->works[i];
        const struct entry_row *row = step->items[i].row;
        work->keyring = verify->keyring;
        work->origin = verify->origin;
        work->seal_key = keyring_seal_key(&verify->keyring, row->seal_key, row->seq);
        enum status status = verify_submitter_prepare(verify, row, work);
        if (status != STATUS_OK) {
            return status;
        }
        if (step->items[i].ends_block) {
            work->checkpoint_status = verify->source.checkpoint(verify->source.context, &step->arena, row->height, &work->checkpoint);
        }
    }
    return STATUS_OK;
}

static void read_step(struct pipeline *pipeline)
{
    struct verify *verify = pipeline->verify;
    struct step *step = &pipeline->steps[(pipeline->first + pipeline->under_way) % pipeline->capacity];
    assert(pipeline->under_way < pipeline->capacity);
    arena_reset(&step->arena);
    step->count = 0;
    step->broken = pipeline->read_up_to + 1;
    step->status = verify->source.entries(verify->source.context, &step->arena, pipeline->read_up_to, &step->items, &step->count,
                                          &step->broken);
    if (step->status != STATUS_OK) {
        step->count = 0;
    } else if (step->count > 0) {
        step->status = prepare(verify, step);
        step->count = step->status == STATUS_OK ? step->count : 0;
    }
    pipeline->is_read = step->count == 0;
    if (step->count > 0) {
        pipeline->read_up_to = step->items[step->count - 1].row->seq;
    }
    step->batch.run = run_step;
    step->replaying.done = 0;
    step->replaying.status = STATUS_OK;
    step->replaying.is_begun = step->replaying.is_whole = false;
    pipeline->bytes += step->arena.total_bytes;
    pipeline->under_way++;
    parallel_submit(verify->parallel, &step->batch);
}

/* The oldest step, its batch done; it is no more under way. */
static struct step *take_step(struct pipeline *pipeline)
{
    struct step *step = &pipeline->steps[pipeline->first];
    assert(pipeline->under_way > 0);
    parallel_wait(pipeline->verify->parallel, &step->batch);
    if (step->replaying.is_begun) {
        parallel_wait(pipeline->verify->parallel, &step->replaying.batch);
    }
    pipeline->first = (pipeline->first + 1) % pipeline->capacity;
    pipeline->under_way--;
    pipeline->bytes -= step->arena.total_bytes;
    return step;
}

static void find_fault(struct verify *verify, const struct entry_row *row, enum chain_fault fault)
{
    uint64_t broken = fault == CHAIN_SEQ ? verify->chain.seq + 1 : row->seq;
    if (fault == CHAIN_KEY && row->seal_key == NULL) {
        verify_find(verify, row->seq, chain_fault_code(CHAIN_SEAL), "entry %" PRIu64 ": its seal is missing", row->seq);
    } else {
        verify_find(verify, broken, chain_fault_code(fault), "entry %" PRIu64 ": %s", broken, chain_fault_text(fault));
    }
}

static enum status settle_entry(struct verify *verify, const struct step *step, size_t index)
{
    const struct entry_row *row = step->items[index].row;
    const struct verify_work *work = &step->works[index];
    struct replay_result result = { .finding = NULL };
    enum chain_fault fault = CHAIN_BODY;
    if (work->has_body) {
        fault = chain_link(&verify->chain, &work->entry, &work->facts, row->hash, work->seal);
    }
    if (fault != CHAIN_SOUND) {
        find_fault(verify, row, fault);
        return STATUS_OK;
    }
    verify->report->signatures++;
    atomic_store_explicit(&verify->settled, verify->chain.seq, memory_order_relaxed);
    verify_notes_compare(verify);
    enum status status = verify->db != NULL ? verify_tiles_entry(verify, work->facts.leaf) : STATUS_OK;
    if (status == STATUS_OK && verify->replay != NULL) {
        assert(index < step->replaying.done || step->replaying.status != STATUS_OK);
        status = index < step->replaying.done ? STATUS_OK : step->replaying.status;
        result = index < step->replaying.done ? step->replaying.results[index] : result;
    } else if (status == STATUS_OK && verify->db != NULL) {
        status = replay_look(verify->db, verify->origin, row, &verify->arena, &result);
    }
    if (status == STATUS_OK && result.finding != NULL) {
        verify_find(verify, row->seq, result.code, "entry %" PRIu64 ": %s", row->seq, result.finding);
    }
    verify->report->replayed += status == STATUS_OK && result.finding == NULL && verify->replay != NULL;
    if (status == STATUS_OK && result.finding == NULL && result.is_signed) {
        verify_submitter_settle(verify, row, work, &result);
    }
    return status == STATUS_OK && verify->db != NULL ? verify_entry_beside(verify, row, result.body, result.body_length) : status;
}

static enum status settle_step(struct verify *verify, const struct step *step)
{
    enum status status = STATUS_OK;
    arena_reset(&verify->arena);
    for (size_t i = 0; status == STATUS_OK && verify->report->is_ok && i < step->count; i++) {
        status = settle_entry(verify, step, i);
        if (status == STATUS_OK && verify->report->is_ok && step->items[i].ends_block) {
            status = verify_checkpoint(verify, step->items[i].row->height, &step->works[i]);
        }
    }
    if (status != STATUS_OK || !verify->report->is_ok) {
        return status;
    }
    if (step->status == STATUS_CORRUPT && verify->source.explain != NULL) {
        const char *code = "", *reason = "";
        verify->source.explain(verify->source.context, &code, &reason);
        verify_find(verify, step->broken, code, "%s", reason);
        return STATUS_OK;
    }
    if (step->status == STATUS_CORRUPT) {
        verify_find(verify, step->broken, "column", "entry %" PRIu64 ": a column has a length or a content that no entry has",
                    step->broken);
        return STATUS_OK;
    }
    return step->status;
}

/* The step that is index behind the oldest. */
static struct step *step_at(struct pipeline *pipeline, size_t index)
{
    return &pipeline->steps[(pipeline->first + index) % pipeline->capacity];
}

/* Has the commands of a step carried out, once its signatures are known. The one before it has been. */
static enum status begin_replay(struct pipeline *pipeline, struct step *step)
{
    struct replaying *replaying = &step->replaying;
    if (pipeline->verify->replay == NULL || replaying->is_begun) {
        return STATUS_OK;
    }
    parallel_wait(pipeline->verify->parallel, &step->batch);
    arena_reset(&replaying->arena);
    replaying->results = arena_array(&replaying->arena, step->count + 1, sizeof *replaying->results);
    if (replaying->results == NULL) {
        return STATUS_EXHAUSTED;
    }
    replaying->batch.run = run_replay;
    replaying->step = step;
    replaying->replay = pipeline->verify->replay;
    replaying->is_begun = true;
    parallel_submit(pipeline->verify->parallel, &replaying->batch);
    return STATUS_OK;
}

/* The oldest step's commands are carried out then, and those of the next one are on their way. */
static enum status replay_ahead(struct pipeline *pipeline)
{
    struct step *step = step_at(pipeline, 0);
    enum status status = begin_replay(pipeline, step);
    if (status == STATUS_OK && step->replaying.is_begun) {
        parallel_wait(pipeline->verify->parallel, &step->replaying.batch);
    }
    return status == STATUS_OK && step->replaying.is_whole && pipeline->under_way > 1 ? begin_replay(pipeline, step_at(pipeline, 1)) : status;
}

static enum status run(struct pipeline *pipeline)
{
    struct verify *verify = pipeline->verify;
    enum status status = STATUS_OK;
    while (status == STATUS_OK && verify->report->is_ok) {
        while (!pipeline->is_read && pipeline->under_way < pipeline->capacity &&
               (pipeline->under_way == 0 || pipeline->bytes < BYTES_AHEAD)) {
            read_step(pipeline);
        }
        if (pipeline->under_way == 0) {
            return STATUS_OK;
        }
        status = replay_ahead(pipeline);
        if (status == STATUS_OK) {
            status = settle_step(verify, take_step(pipeline));
        }
        if (status == STATUS_OK && !verify_may_go_on(verify)) {
            status = STATUS_BUSY;
        }
    }
    return status;
}

enum status verify_entries(struct verify *verify)
{
    size_t threads = verify->options->threads;
    struct pipeline pipeline = { .verify = verify, .capacity = threads == 0 ? 1 : 2 * threads + 2, .read_up_to = verify->chain.seq };
    pipeline.steps = calloc(pipeline.capacity, sizeof *pipeline.steps);
    if (pipeline.steps == NULL) {
        return STATUS_EXHAUSTED;
    }
    enum status status = verify->db != NULL ? verify_tiles_begin(verify) : STATUS_OK;
    if (status == STATUS_OK) {
        status = run(&pipeline);
    }
    while (pipeline.under_way > 0) {
        take_step(&pipeline);
    }
    for (size_t i = 0; i < pipeline.capacity; i++) {
        arena_fini(&pipeline.steps[i].replaying.arena);
        arena_fini(&pipeline.steps[i].arena); /* zeroed is as good as initialised */
    }
    free(pipeline.steps);
    verify->report->entries = verify->chain.seq;
    memcpy(verify->report->head, verify->chain.head, DIGEST_BYTES);
    tree_root(&verify->chain.tree, verify->report->root);
    if (status == STATUS_OK && verify->chain.seq == 0) {
        verify_find(verify, 1, "seq", "there is no entry, not even the genesis");
    }
    return status;
}
