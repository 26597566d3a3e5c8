/*
 * Starting the program, and talking to it with a deadline for each answer. Pipes and not a socket, since shells take a
 * socket on their standard input for a login from elsewhere.
 */
#include "ledger/signer_command.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"

enum { WORDS_MAX = 32, END_WAIT_MS = 2000, END_POLL_MS = 10, REQUEST_BYTES_MAX = 2 * LIMIT_KEY_MESSAGE_BYTES + 32 };

struct signer_command {
    char *text; /* its words, each with a NUL */
    char *words[WORDS_MAX + 1];
    pid_t process; /* 0: none */
    int input, output; /* ours: we write its input and read its output */
};

static enum status split(struct signer_command *command, const char *text)
{
    size_t count = 0;
    char *rest = NULL;
    command->text = strdup(text);
    if (command->text == NULL) {
        return STATUS_EXHAUSTED;
    }
    for (char *word = strtok_r(command->text, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest)) {
        if (count == WORDS_MAX) {
            log_error("key_command", "more than %d words", WORDS_MAX);
            return STATUS_INVALID;
        }
        command->words[count++] = word;
    }
    return count > 0 ? STATUS_OK : STATUS_INVALID;
}

/* Signals as a program finds them that was started by hand: serve blocks some and ignores one. */
static void set_attributes(posix_spawnattr_t *attributes)
{
    sigset_t none, standard;
    sigemptyset(&none);
    sigemptyset(&standard);
    sigaddset(&standard, SIGPIPE);
    posix_spawnattr_setsigmask(attributes, &none);
    posix_spawnattr_setsigdefault(attributes, &standard);
    posix_spawnattr_setpgroup(attributes, 0);
    posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
}

/* 0, or the number of an error. */
static int spawn(struct signer_command *command, int input, int output)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    set_attributes(&attributes);
    posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
    int error = posix_spawnp(&command->process, command->words[0], &actions, &attributes, command->words, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    if (error != 0) {
        command->process = 0;
    }
    return error;
}

static enum status start(struct signer_command *command)
{
    int to[2], from[2];
    if (pipe2(to, O_CLOEXEC) != 0) {
        log_error("key_command", "pipe failed: %s", strerror(errno));
        return STATUS_IO;
    }
    if (pipe2(from, O_CLOEXEC) != 0) {
        log_error("key_command", "pipe failed: %s", strerror(errno));
        close(to[0]);
        close(to[1]);
        return STATUS_IO;
    }
    int error = spawn(command, to[0], from[1]);
    close(to[0]);
    close(from[1]);
    command->input = to[1];
    command->output = from[0];
    if (error != 0) {
        log_error("key_command", "program=%s could not be started: %s", command->words[0], strerror(error));
        return STATUS_IO;
    }
    bool is_set = fcntl(command->input, F_SETFL, O_NONBLOCK) == 0 && fcntl(command->output, F_SETFL, O_NONBLOCK) == 0;
    assert(is_set);
    return STATUS_OK;
}

enum status signer_command_open(const char *text, struct signer_command **opened)
{
    struct signer_command *command = calloc(1, sizeof *command);
    if (command == NULL) {
        return STATUS_EXHAUSTED;
    }
    command->input = command->output = -1;
    enum status status = split(command, text);
    if (status == STATUS_OK) {
        status = start(command);
    }
    if (status != STATUS_OK) {
        signer_command_close(command);
        return status;
    }
    *opened = command;
    return STATUS_OK;
}

/* Waits for its end, at most END_WAIT_MS, then makes it end. */
static void reap(pid_t process)
{
    const int64_t until_us = clock_steady_us() + (int64_t)END_WAIT_MS * 1000;
    while (waitpid(process, NULL, WNOHANG) == 0) {
        if (clock_steady_us() >= until_us) {
            log_warn("key_command", "process=%ld did not end with its input and is killed", (long)process);
            kill(process, SIGKILL);
            waitpid(process, NULL, 0);
            return;
        }
        nanosleep(&(struct timespec){ .tv_nsec = END_POLL_MS * 1000000L }, NULL);
    }
}

void signer_command_close(struct signer_command *command)
{
    if (command == NULL) {
        return;
    }
    if (command->input >= 0) {
        close(command->input);
        close(command->output);
    }
    if (command->process > 0) {
        reap(command->process);
    }
    free(command->text);
    free(command);
}

static enum signer_fault fail(const struct signer_command *command, enum signer_fault fault)
{
    log_error("key_command", "program=%s %s", command->words[0], signer_fault_text(fault));
    return fault;
}

/* write, whose SIGPIPE does not end this process: only serve ignores it. */
static ssize_t write_quietly(int file, const char *bytes, size_t length)
{
    sigset_t broken_pipe, before;
    sigemptyset(&broken_pipe);
    sigaddset(&broken_pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &broken_pipe, &before);
    ssize_t written = write(file, bytes, length);
    int error = errno;
    if (written < 0 && error == EPIPE) {
        sigtimedwait(&broken_pipe, NULL, &(struct timespec){ 0 });
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = error;
    return written;
}

/* Milliseconds that are left, not below 0. */
static int left_ms(int64_t until_us)
{
    int64_t left_us = until_us - clock_steady_us();
    return left_us <= 0 ? 0 : (int)((left_us + 999) / 1000);
}

static enum signer_fault send_line(struct signer_command *command, const char *request, int64_t until_us)
{
    char line[REQUEST_BYTES_MAX + 1];
    int length = snprintf(line, sizeof line, "%s\n", request);
    assert(length > 0 && (size_t)length < sizeof line);
    for (size_t sent = 0; sent < (size_t)length;) {
        ssize_t written = write_quietly(command->input, line + sent, (size_t)length - sent);
        if (written > 0) {
            sent += (size_t)written;
        } else if (written < 0 && errno == EAGAIN) {
            struct pollfd room = { .fd = command->input, .events = POLLOUT };
            if (poll(&room, 1, left_ms(until_us)) == 0) {
                return SIGNER_SILENT;
            }
        } else if (written < 0 && errno != EINTR) {
            return SIGNER_ENDED;
        }
    }
    return SIGNER_SOUND;
}

static enum signer_fault receive_line(struct signer_command *command, char *answer, size_t room, int64_t until_us)
{
    size_t used = 0;
    for (;;) {
        struct pollfd more = { .fd = command->output, .events = POLLIN };
        int is_there = poll(&more, 1, left_ms(until_us));
        if (is_there == 0) {
            return SIGNER_SILENT;
        }
        ssize_t got = read(command->output, answer + used, room - used);
        if (got < 0 && (errno == EINTR || errno == EAGAIN)) {
            continue;
        }
        if (got <= 0) {
            return SIGNER_ENDED;
        }
        used += (size_t)got;
        char *end = memchr(answer, '\n', used);
        if (end != NULL) {
            *end = 0;
            return end + 1 == answer + used && strlen(answer) + 1 == used ? SIGNER_SOUND : SIGNER_RUBBISH;
        }
        if (used == room) {
            return SIGNER_RUBBISH;
        }
    }
}

enum signer_fault signer_command_ask(struct signer_command *command, const char *request, char *answer, size_t room)
{
    int64_t until_us = clock_steady_us() + (int64_t)LIMIT_KEY_COMMAND_MS * 1000;
    struct pollfd early = { .fd = command->output, .events = POLLIN };
    enum signer_fault fault = SIGNER_SOUND;
    if (poll(&early, 1, 0) > 0) { /* before it was asked: it has ended, or talks out of turn */
        fault = (early.revents & POLLIN) != 0 ? SIGNER_RUBBISH : SIGNER_ENDED;
    }
    if (fault == SIGNER_SOUND) {
        fault = send_line(command, request, until_us);
    }
    if (fault == SIGNER_SOUND) {
        fault = receive_line(command, answer, room, until_us);
    }
    return fault == SIGNER_SOUND ? fault : fail(command, fault);
}
