/*
 * One round of a witness. Nothing here trusts the log: what it says is parsed by rules/witness_answer.c and checked by ledger/.
 * Read next: server/witness_ask.c, which asks it, and server/witness_cosign.c, which signs.
 */
#include "server/witness.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "server/evidence.h"
#include "server/fetch.h"
#include "server/kept_file.h"
#include "server/log_key.h"
#include "server/tell.h"
#include "server/unproven.h"
#include "server/witness_ask.h"
#include "server/witness_cosign.h"

enum {
    NOTE_BYTES_MAX = 65536,
    WITHHELD_LOOKS_MAX = 5,      /* a proxy that is being changed may refuse once or twice */
    WITHHELD_S_MAX = 24 * 60 * 60 /* no service that can sign is out of order for so long */
};

/* What a round works with. */
struct round {
    struct witness_watch *watch;
    struct arena arena;
    struct buffer shown; /* the note that the log shows */
    struct checkpoint checkpoint; /* what it says */
    struct buffer proof; /* the answer with the proof; empty where none was asked for */
    const char *seen;    /* the note that was seen before; NULL: none */
    size_t seen_length;
    struct unproven unproven;
    const struct unproven_note *contradicted; /* the one of these that what is shown does not fit; NULL: none */
};

enum status witness_open(struct witness_watch *watch, const char *dir, const char *of, const char *name, const char *log_key_path)
{
    *watch = (struct witness_watch){ .dir = dir, .of = of };
    enum status status = witness_key_open(&watch->own, dir, name);
    return status == STATUS_OK ? log_key_load(&watch->log_key, dir, log_key_path, of) : status;
}

void witness_close(struct witness_watch *watch)
{
    witness_key_close(&watch->own);
    log_key_fini(&watch->log_key);
}

/* Whatever may have happened, the log and its operator owe an explanation. */
static enum witness_round raise_alarm(const struct round *round, enum evidence_kind kind, const char *why)
{
    const struct evidence_piece pieces[] = {
        { "shown", round->shown.bytes, round->shown.length },
        { "seen", round->seen, round->seen != NULL ? round->seen_length : 0 },
        { "unproven", round->contradicted != NULL ? round->contradicted->text : "", round->contradicted != NULL ? round->contradicted->length : 0 },
        { "proof", round->proof.bytes, round->proof.length },
    };
    tell("ALARM: %s. Nothing was cosigned", why);
    evidence_keep(round->watch->dir, kind, why, pieces, sizeof pieces / sizeof pieces[0]);
    return WITNESS_ALARM;
}

/* Whether the keys sign what is shown. */
static enum status check_shown(struct round *round, const struct log_key *keys)
{
    struct checkpoint_signer signer;
    enum status status = log_key_at(keys, round->checkpoint.size, &signer);
    return status != STATUS_OK ? status
                               : checkpoint_signer_check(&signer, &round->checkpoint, round->shown.bytes, round->shown.length);
}

/* The keys of a log that was never seen before: those that it says it has, if its newest checkpoint is signed by them. */
static enum status pin_first(struct round *round)
{
    struct buffer keys;
    buffer_init(&keys);
    enum status status = witness_ask(round->watch->fetch, "/ledger/keys", "application/json", NULL, &keys);
    if (status == STATUS_OK) {
        const struct log_key shown = { keys.bytes, keys.length }; /* borrowed for the check */
        status = check_shown(round, &shown);
    }
    if (status == STATUS_OK) {
        status = log_key_pin(&round->watch->log_key, round->watch->dir, keys.bytes, keys.length);
    }
    if (status != STATUS_OK && status != STATUS_IO) {
        tell("the log shows no keys that have signed its checkpoint; is this a tallystick?");
    }
    buffer_fini(&keys);
    return status;
}

/* The newest checkpoint. */
static enum witness_round fetch_newest(struct round *round)
{
    if (witness_ask(round->watch->fetch, "/ledger/checkpoint", "text/plain", NULL, &round->shown) != STATUS_OK) {
        return WITNESS_TROUBLE;
    }
    if (round->shown.length == 0 || round->shown.length > NOTE_BYTES_MAX ||
        checkpoint_parse(&round->checkpoint, round->shown.bytes, round->shown.length) != STATUS_OK || round->checkpoint.size == 0) {
        tell("what the log shows is no checkpoint");
        return WITNESS_TROUBLE;
    }
    if (round->watch->log_key.text == NULL) {
        return pin_first(round) == STATUS_OK ? WITNESS_COSIGNED : WITNESS_TROUBLE;
    }
    if (check_shown(round, &round->watch->log_key) != STATUS_OK) {
        char command[LOG_KEY_COMMAND_BYTES];
        enum witness_round result = raise_alarm(round, EVIDENCE_UNSIGNED,
                                                "the log shows a checkpoint that is not signed by its keys that were pinned");
        log_key_command(round->watch->of, command);
        tell("where the log's operator says that its keys were rotated, and confirms those that you get, give them with --log-key log-keys.json: %s",
             command);
        return result;
    }
    return WITNESS_COSIGNED;
}

/* Whether what is shown continues a checkpoint, by the log's proof (witness_ask.h). */
static enum status prove(struct round *round, const struct checkpoint *old)
{
    return witness_ask_proof(round->watch->fetch, old, &round->checkpoint, &round->proof);
}

/* kept: what became of the note that is shown, where name is the file's. */
static void tell_owed(const struct round *round, const struct unproven_note *owed, enum status kept, const char *name)
{
    const char *dir = round->watch->dir;
    uint64_t size = round->checkpoint.size;
    if (owed != NULL) {
        tell("the log owes the proof that its checkpoint of %" PRIu64 " entries continues %s/unproven-%u", size, dir, owed->number);
    } else if (kept == STATUS_OK) {
        tell("the log owes the proof for its checkpoint of %" PRIu64 " entries, which is kept as %s/%s", size, dir, name);
    } else {
        tell("the log owes the proof for its checkpoint of %" PRIu64 " entries, which is not kept%s", size,
             kept == STATUS_ABSENT ? ": unproven-* are as many as there may be" : "");
    }
}

/* The log gave no proof: from owed to what is shown; owed NULL: from what was seen, and then what is shown is kept, since its
 * signature may be all that there will ever be of another history. */
static enum witness_round withhold(struct round *round, bool is_refused, const struct unproven_note *owed)
{
    const char *dir = round->watch->dir;
    char name[UNPROVEN_NAME_BYTES] = "", since[TEXT_INSTANT_BYTES];
    struct withheld withheld;
    int64_t now_s = clock_wall_ms() / 1000;
    enum status status = owed != NULL
        ? STATUS_OK : unproven_keep(&round->unproven, dir, &round->checkpoint, round->shown.bytes, round->shown.length, name);
    tell_owed(round, owed, status, name);
    enum status counted = withheld_count(&withheld, dir, is_refused, now_s);
    if (status == STATUS_ABSENT) { /* it is kept as evidence, since nothing would hold the log to it */
        return raise_alarm(round, EVIDENCE_SIGNED, "the log signs more checkpoints without a proof than can be kept");
    }
    if (counted != STATUS_OK) {
        return WITNESS_TROUBLE;
    }
    if (withheld.refused < WITHHELD_LOOKS_MAX &&
        (withheld.refused + withheld.unanswered < WITHHELD_LOOKS_MAX || now_s - withheld.since_s < WITHHELD_S_MAX)) {
        return WITNESS_TROUBLE;
    }
    text_from_instant(since, withheld.since_s * 1000);
    tell("ALARM: since %s the log has refused the proof %" PRId64 " times, and has not answered %" PRId64 " times", since, withheld.refused,
         withheld.unanswered);
    round->contradicted = owed;
    return raise_alarm(round, status == STATUS_OK ? EVIDENCE_WITHHELD : EVIDENCE_SIGNED,
                       "the log signs what it shows and withholds the proof that it continues what it showed before");
}

/* Whether what is shown can be true beside what the log signed and gave no proof for; without asking it anything. */
static enum witness_round hold_against_unproven(struct round *round)
{
    for (size_t i = 0; i < round->unproven.count; i++) {
        const struct unproven_note *note = &round->unproven.notes[i];
        round->contradicted = note;
        if (round->checkpoint.size < note->checkpoint.size) {
            return raise_alarm(round, EVIDENCE_OLDER,
                               "the log has gone back: it shows fewer entries than in a checkpoint that it signed and gave no proof for");
        }
        if (round->checkpoint.size == note->checkpoint.size && memcmp(round->checkpoint.root, note->checkpoint.root, DIGEST_BYTES) != 0) {
            return raise_alarm(round, EVIDENCE_SIGNED,
                               "the log has forked: it shows another root than in a checkpoint of the same size that it gave no proof for");
        }
    }
    round->contradicted = NULL;
    return WITNESS_COSIGNED;
}

/* Whether what is shown continues what was seen. */
static enum witness_round compare(struct round *round)
{
    struct checkpoint old;
    if (checkpoint_parse(&old, round->seen, round->seen_length) != STATUS_OK) {
        tell("%s/seen is damaged: put it back from a copy, or begin in an empty directory, as another witness", round->watch->dir);
        return WITNESS_TROUBLE;
    }
    if (strcmp(old.origin, round->checkpoint.origin) != 0) {
        return raise_alarm(round, EVIDENCE_SIGNED, "the log has another name than before");
    }
    if (round->checkpoint.size < old.size) {
        return raise_alarm(round, EVIDENCE_OLDER, "the log has gone back: it shows fewer entries than before");
    }
    if (round->checkpoint.size == old.size && memcmp(old.root, round->checkpoint.root, DIGEST_BYTES) != 0) {
        return raise_alarm(round, EVIDENCE_SIGNED, "the log has forked: it shows another root for the same size");
    }
    if (hold_against_unproven(round) == WITNESS_ALARM) {
        return WITNESS_ALARM;
    }
    if (round->checkpoint.size == old.size) {
        return WITNESS_NOTHING_NEW;
    }
    enum status status = prove(round, &old);
    if (status == STATUS_INVALID) {
        return raise_alarm(round, EVIDENCE_SIGNED, "the log has forked: no proof leads from the checkpoint seen before to the one shown");
    }
    return status == STATUS_OK ? WITNESS_COSIGNED : withhold(round, status == STATUS_ABSENT, NULL);
}

/* What is shown continues what was seen: now whether it continues what the log gave no proof for, too. */
static enum witness_round prove_owed(struct round *round)
{
    for (size_t i = 0; i < round->unproven.count; i++) {
        struct unproven_note *note = &round->unproven.notes[i];
        enum status status = note->checkpoint.size == round->checkpoint.size ? STATUS_OK : prove(round, &note->checkpoint);
        if (status == STATUS_INVALID) {
            round->contradicted = note;
            return raise_alarm(round, EVIDENCE_SIGNED, "the log has forked: no proof leads from a checkpoint that it signed before to the one shown");
        }
        if (status != STATUS_OK) {
            return withhold(round, status == STATUS_ABSENT, note);
        }
        note->is_proven = true;
    }
    return WITNESS_COSIGNED;
}

/* Writes down that what is shown was seen, which comes before any signature: a witness that forgets might cosign another history; and
 * only then forgets what it has the proof for. */
static enum witness_round take_in(struct round *round, enum witness_round result)
{
    enum witness_round owed = prove_owed(round);
    if (owed == WITNESS_ALARM) {
        return owed;
    }
    if (result == WITNESS_COSIGNED && kept_file_write(round->watch->dir, "seen", round->shown.bytes, round->shown.length) != STATUS_OK) {
        return WITNESS_TROUBLE;
    }
    enum status settled = unproven_settle(&round->unproven, round->watch->dir, result == WITNESS_COSIGNED);
    return settled != STATUS_OK || owed == WITNESS_TROUBLE ? WITNESS_TROUBLE : result;
}

static enum status cosign(const struct round *round)
{
    const struct witness_watch *watch = round->watch;
    return witness_cosign(&watch->own, watch->dir, watch->delivers ? watch->fetch : NULL, round->shown.bytes, round->shown.length);
}

static enum witness_round run(struct round *round)
{
    enum status status = kept_file_read(&round->arena, round->watch->dir, "seen", &round->seen, &round->seen_length);
    if (status != STATUS_OK && status != STATUS_ABSENT) {
        return WITNESS_TROUBLE;
    }
    if (unproven_load(&round->unproven, &round->arena, round->watch->dir) != STATUS_OK) {
        return WITNESS_TROUBLE;
    }
    enum witness_round result = fetch_newest(round);
    if (result == WITNESS_COSIGNED) {
        result = round->seen != NULL ? compare(round) : hold_against_unproven(round);
    }
    if ((result == WITNESS_COSIGNED || result == WITNESS_NOTHING_NEW) && evidence_is_lost(round->watch->dir)) {
        tell("ALARM: an alarm was raised before, and its evidence could not be kept. Nothing is cosigned until somebody takes "
             "%s/evidence-lost away", round->watch->dir);
        result = WITNESS_ALARM;
    }
    if (result == WITNESS_COSIGNED || result == WITNESS_NOTHING_NEW) {
        result = take_in(round, result);
    }
    if (result == WITNESS_NOTHING_NEW && !witness_cosign_is_done(&round->arena, round->watch->dir, &round->checkpoint)) {
        result = WITNESS_COSIGNED;
    }
    if (result == WITNESS_COSIGNED && cosign(round) != STATUS_OK) {
        result = WITNESS_TROUBLE;
    }
    if (result == WITNESS_COSIGNED) {
        printf("%s cosigned %s of %" PRIu64 " entries\n", round->watch->own.cosigner.name, round->checkpoint.origin, round->checkpoint.size);
        fflush(stdout);
    }
    return result;
}

enum witness_round witness_round(struct witness_watch *watch)
{
    struct round round = { .watch = watch };
    arena_init(&round.arena);
    buffer_init(&round.shown);
    buffer_init(&round.proof);
    enum witness_round result = run(&round);
    buffer_fini(&round.shown);
    buffer_fini(&round.proof);
    arena_fini(&round.arena);
    return result;
}
