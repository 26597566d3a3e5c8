/*
 * One round of a witness. Nothing here trusts the log: what it says is parsed by rules/witness_answer.c and checked by ledger/.
 */
#include "server/witness.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "json/write.h"
#include "ledger/key_file.h"
#include "ledger/note.h"
#include "ledger/proof.h"
#include "rules/witness_answer.h"
#include "server/evidence.h"
#include "server/fetch.h"
#include "server/kept_file.h"
#include "server/log_key.h"
#include "server/paths.h"
#include "server/tell.h"
#include "server/unproven.h"

enum {
    NOTE_BYTES_MAX = 65536,
    PATH_BYTES = 96,
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
    long http; /* of the log's last answer; 0: none came */
};

static enum status load_key(struct witness_watch *watch, const char *path)
{
    enum status status = key_file_load(path, &watch->key);
    if (status == STATUS_ABSENT) {
        status = key_generate(&watch->key);
        status = status == STATUS_OK ? key_file_save(watch->key, path) : status;
    }
    if (status == STATUS_OK && key_ed25519(watch->key) == NULL) {
        status = STATUS_INVALID;
    }
    if (status != STATUS_OK) {
        tell("the witness's key %s cannot be read or made: %s", path, status_name(status));
    }
    return status;
}

/* The name that goes with the key: that of before, or the one given, or one made of the key. */
static enum status settle_name(struct witness_watch *watch, struct arena *arena, const char *name)
{
    const char *line = NULL;
    size_t length = 0;
    struct buffer vkey;
    enum status status = kept_file_read(arena, watch->dir, "witness.vkey", &line, &length);
    if (status == STATUS_OK) {
        length -= length > 0 && line[length - 1] == '\n';
        if (cosigner_read(&watch->cosigner, line, length) != STATUS_OK ||
            memcmp(watch->cosigner.public_key, key_ed25519(watch->key), ED25519_PUBLIC_BYTES) != 0) {
            tell("%s/witness.vkey is not the line of the key in witness.key", watch->dir);
            return STATUS_INVALID;
        }
        if (name != NULL && strcmp(name, watch->cosigner.name) != 0) {
            tell("--name: the witness in %s is called %s already; a name does not change", watch->dir, watch->cosigner.name);
            return STATUS_INVALID;
        }
        return STATUS_OK;
    }
    if (status != STATUS_ABSENT) {
        return status;
    }
    if (name != NULL && (strlen(name) >= NOTE_NAME_BYTES || !note_name_is_valid(name, strlen(name)))) {
        tell("--name: a witness's name has 1 to %d bytes and neither blanks nor +", NOTE_NAME_BYTES - 1);
        return STATUS_INVALID;
    }
    if (name == NULL) {
        char id[KEY_ID_BYTES];
        key_ed25519_id_of(id, key_ed25519(watch->key));
        name = arena_format(arena, "witness.local/%.8s", id);
    }
    if (name == NULL) {
        return STATUS_EXHAUSTED;
    }
    cosigner_init(&watch->cosigner, name, key_ed25519(watch->key));
    buffer_init(&vkey);
    cosigner_write(&vkey, &watch->cosigner);
    buffer_byte(&vkey, '\n');
    status = vkey.failed ? STATUS_EXHAUSTED : kept_file_write(watch->dir, "witness.vkey", vkey.bytes, vkey.length);
    buffer_fini(&vkey);
    return status;
}

enum status witness_open(struct witness_watch *watch, const char *dir, const char *of, const char *name, const char *log_key_path)
{
    struct arena arena;
    arena_init(&arena);
    *watch = (struct witness_watch){ .dir = dir, .of = of };
    const char *path = data_path(&arena, dir, "witness.key");
    enum status status = path == NULL ? STATUS_EXHAUSTED : load_key(watch, path);
    if (status == STATUS_OK) {
        status = settle_name(watch, &arena, name);
    }
    if (status == STATUS_OK) {
        status = log_key_load(&watch->log_key, dir, log_key_path, of);
    }
    arena_fini(&arena);
    return status;
}

void witness_close(struct witness_watch *watch)
{
    key_free(watch->key);
    watch->key = NULL;
    log_key_fini(&watch->log_key);
}

/* STATUS_OK: an answer of 200. */
static enum status ask(struct round *round, const char *path, const char *accept, const struct buffer *body, struct buffer *out)
{
    char message[FETCH_MESSAGE_BYTES], said[WITNESS_PROBLEM_BYTES];
    round->http = 0;
    enum status status = fetch_run(round->watch->fetch, path, accept, body, out, &round->http, message);
    if (status != STATUS_OK) {
        tell("no answer from the log: %s", message);
        round->http = 0;
    } else if (round->http != 200) {
        witness_answer_problem(out->length > 0 ? out->bytes : "", out->length, said);
        tell("the log answers %ld to %s: %s", round->http, path, said);
        status = STATUS_IO;
    }
    return status;
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
    enum status status = ask(round, "/ledger/keys", "application/json", NULL, &keys);
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
    if (ask(round, "/ledger/checkpoint", "text/plain", NULL, &round->shown) != STATUS_OK) {
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

/* Asks for the proof that what is shown continues a checkpoint. STATUS_INVALID: what came leads elsewhere; STATUS_ABSENT: the log
 * answered, and not with a proof; STATUS_IO: it did not, or said that it cannot now. */
static enum status prove(struct round *round, const struct checkpoint *old)
{
    struct proof proof;
    char path[PATH_BYTES];
    snprintf(path, sizeof path, "/ledger/consistency?from=%" PRIu64 "&to=%" PRIu64, old->size, round->checkpoint.size);
    if (ask(round, path, "application/json", NULL, &round->proof) != STATUS_OK) {
        bool is_refused = round->http != 0 && round->http < 500 && round->http != 408 && round->http != 429;
        return is_refused ? STATUS_ABSENT : STATUS_IO;
    }
    enum status status = witness_answer_proof(round->proof.bytes, round->proof.length, &proof);
    if (status != STATUS_OK) {
        tell("what the log gives is no proof");
        return status == STATUS_EXHAUSTED ? STATUS_IO : STATUS_ABSENT;
    }
    return proof_consistency_check(old->size, round->checkpoint.size, old->root, round->checkpoint.root,
                                   (const uint8_t(*)[DIGEST_BYTES])proof.hashes, proof.count);
}

/* The log gave no proof: from owed to what is shown; owed NULL: from what was seen, and then what is shown is kept, since its
 * signature may be all that there will ever be of another history. */
static enum witness_round withhold(struct round *round, bool is_refused, const struct unproven_note *owed)
{
    const char *dir = round->watch->dir;
    char name[UNPROVEN_NAME_BYTES], since[TEXT_INSTANT_BYTES];
    struct withheld withheld;
    int64_t now_s = clock_wall_ms() / 1000;
    enum status status = owed != NULL
        ? STATUS_OK : unproven_keep(&round->unproven, dir, &round->checkpoint, round->shown.bytes, round->shown.length, name);
    if (owed != NULL) {
        tell("the log owes the proof that its checkpoint of %" PRIu64 " entries continues %s/unproven-%u", round->checkpoint.size, dir, owed->number);
    } else if (status == STATUS_OK) {
        tell("the log owes the proof for its checkpoint of %" PRIu64 " entries, which is kept as %s/%s", round->checkpoint.size, dir, name);
    } else {
        tell("the log owes the proof for its checkpoint of %" PRIu64 " entries, which is not kept%s", round->checkpoint.size,
             status == STATUS_ABSENT ? ": unproven-* are as many as there may be" : "");
    }
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

/* The cosigned note, delivered, and written down as such. */
static enum status cosign(struct round *round)
{
    struct witness_watch *watch = round->watch;
    struct note note;
    struct buffer cosigned, body, answer;
    struct json_writer w;
    uint8_t signature[COSIGNATURE_BYTES];
    int64_t time_s = clock_wall_ms() / 1000;
    buffer_init(&cosigned);
    buffer_init(&body);
    buffer_init(&answer);
    enum status status = time_s < 1 || time_s > COSIGNATURE_TIME_MAX ? STATUS_INVALID
                                                                    : note_read(&note, round->shown.bytes, round->shown.length);
    if (status == STATUS_OK) {
        status = cosignature_make(watch->key, note.text, note.text_length, time_s, signature);
    }
    if (status == STATUS_OK) {
        buffer_append(&cosigned, round->shown.bytes, round->shown.length);
        note_line_write(&cosigned, watch->cosigner.name, watch->cosigner.hash, signature, sizeof signature);
        buffer_byte(&cosigned, 0);
        json_writer_init(&w, &body);
        json_object_begin(&w);
        json_member_text(&w, "checkpoint", cosigned.failed ? "" : cosigned.bytes);
        json_object_end(&w);
        json_writer_finish(&w);
        status = cosigned.failed || body.failed ? STATUS_EXHAUSTED : STATUS_OK;
    }
    if (status == STATUS_OK && watch->delivers) {
        status = ask(round, "/ledger/cosignatures", "application/json", &body, &answer);
    }
    if (status == STATUS_OK) {
        status = kept_file_write(watch->dir, "cosigned", cosigned.bytes, cosigned.length - 1);
    }
    buffer_fini(&cosigned);
    buffer_fini(&body);
    buffer_fini(&answer);
    return status;
}

/* Whether the cosigned note is of what is shown. */
static bool is_delivered(struct round *round)
{
    const char *text = NULL;
    size_t length = 0;
    struct checkpoint cosigned;
    return kept_file_read(&round->arena, round->watch->dir, "cosigned", &text, &length) == STATUS_OK &&
        checkpoint_parse(&cosigned, text, length) == STATUS_OK && cosigned.size == round->checkpoint.size &&
        memcmp(cosigned.root, round->checkpoint.root, DIGEST_BYTES) == 0;
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
    if (result == WITNESS_NOTHING_NEW && !is_delivered(round)) {
        result = WITNESS_COSIGNED;
    }
    if (result == WITNESS_COSIGNED && cosign(round) != STATUS_OK) {
        result = WITNESS_TROUBLE;
    }
    if (result == WITNESS_COSIGNED) {
        printf("%s cosigned %s of %" PRIu64 " entries\n", round->watch->cosigner.name, round->checkpoint.origin, round->checkpoint.size);
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
