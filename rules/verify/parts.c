/* What every part of a verification does: writes a finding, asks whether to go on. */
#include "rules/verify/parts.h"

#include <stdarg.h>
#include <stdio.h>

void verify_find(struct verify *verify, uint64_t seq, const char *code, const char *format, ...)
{
    struct verify_report *report = verify->report;
    if (!report->is_ok) {
        return; /* the first finding stands */
    }
    report->is_ok = false;
    report->first_broken = seq;
    snprintf(report->code, sizeof report->code, "%s", code);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(report->reason, sizeof report->reason, format, arguments);
    va_end(arguments);
}

bool verify_may_go_on(void *context)
{
    struct verify *verify = context;
    const struct verify_options *options = verify->options;
    if (options->progress == NULL || atomic_exchange(&verify->is_asking, true)) {
        return true;
    }
    bool may = options->progress(options->context, atomic_load_explicit(&verify->settled, memory_order_relaxed), verify->size);
    atomic_store(&verify->is_asking, false);
    return may;
}
