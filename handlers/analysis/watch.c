/* Shares of phases into shares of the whole. Read efficiency.c for who has phases. */
#include "handlers/analysis/watch.h"

#include "handlers/exchange.h"

/* A phase is told of in so many steps of a share. */
#define STEPS 1000

struct analysis_watch analysis_watch_begin(struct exchange *exchange, size_t whole)
{
    return (struct analysis_watch){ .exchange = exchange, .whole = whole };
}

void analysis_watch_next(struct analysis_watch *watch, size_t share)
{
    watch->before += watch->share;
    watch->share = share;
    analysis_watch_progress(watch, 0, 1);
}

bool analysis_watch_is_cancelled(void *context)
{
    struct analysis_watch *watch = context;
    struct exchange *exchange = watch->exchange;
    return exchange->is_cancelled != NULL && exchange->is_cancelled(exchange);
}

void analysis_watch_progress(void *context, size_t done, size_t count)
{
    struct analysis_watch *watch = context;
    struct exchange *exchange = watch->exchange;
    size_t step = count > 0 ? (size_t)((double)(done < count ? done : count) / (double)count * STEPS) : 0;
    size_t now = watch->before * STEPS + watch->share * step;
    if (exchange->progress != NULL && (now > watch->told || !watch->is_told)) {
        watch->is_told = true;
        watch->told = now;
        exchange->progress(exchange, now, watch->whole * STEPS);
    }
}
