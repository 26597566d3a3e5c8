#ifndef LEDGER_SIGNER_FAULT_H
#define LEDGER_SIGNER_FAULT_H

/* Why a signature of the node could not be had (signer.h). */
enum signer_fault {
    SIGNER_SOUND,
    SIGNER_NOT_STARTED, /* the program could not be started */
    SIGNER_ENDED,       /* it has ended, or closed its output */
    SIGNER_SILENT,      /* no answer within LIMIT_KEY_COMMAND_MS */
    SIGNER_REFUSED,     /* it answered that it cannot */
    SIGNER_RUBBISH,     /* its answer is none */
    SIGNER_WRONG        /* its signature does not verify */
};

/* What that is, to go on a sentence that begins with the program: "ended"; static. */
const char *signer_fault_text(enum signer_fault fault);

#endif
