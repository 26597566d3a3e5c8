#ifndef LEDGER_SIGNER_COMMAND_H
#define LEDGER_SIGNER_COMMAND_H

#include <stddef.h>

#include "base/status.h"
#include "ledger/signer_fault.h"

/*
 * A program beside this one that is asked line by line: requests on its standard input, an answer to each on its standard
 * output; its standard error is ours. signer.c says which lines these are. It gets a process group of its own, so that a ^C
 * on the terminal does not end it before the last signature, and is to end when its input does.
 */
struct signer_command;

/* command: the program (looked up in PATH where its name has no slash) and its arguments, separated by blanks; no shell is
 * involved. STATUS_IO: could not be started; logged. */
enum status signer_command_open(const char *command, struct signer_command **opened) NODISCARD;

/* Closes its input, gives it a moment to end, then kills it. NULL does nothing. */
void signer_command_close(struct signer_command *command);

/* One request (without its line feed) and the answer to it (without its own, with a NUL, in room bytes). One thread at a
 * time. Anything but SIGNER_SOUND is logged, and the program is of no use any more. */
enum signer_fault signer_command_ask(struct signer_command *command, const char *request, char *answer, size_t room);

#endif
