/* What can be wrong with a signer, in words. */
#include "ledger/signer_fault.h"

const char *signer_fault_text(enum signer_fault fault)
{
    switch (fault) {
    case SIGNER_SOUND:       return "is sound";
    case SIGNER_NOT_STARTED: return "could not be started";
    case SIGNER_ENDED:       return "has ended";
    case SIGNER_SILENT:      return "did not answer in time";
    case SIGNER_REFUSED:     return "answered that it cannot";
    case SIGNER_RUBBISH:     return "answered what is no answer";
    case SIGNER_WRONG:       return "gave a signature that does not verify";
    }
    return "";
}
