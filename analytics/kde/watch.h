#ifndef ANALYTICS_KDE_WATCH_H
#define ANALYTICS_KDE_WATCH_H

#include <stdbool.h>
#include <stddef.h>

/* Who may end what takes long, which then answers STATUS_BUSY; is_cancelled NULL: nobody. It is asked at least once
 * for every few passes over the points, so often and cheaply that it should not do more than look at a clock. */
struct kde_watch {
    bool (*is_cancelled)(void *context);
    void *context;
    void (*progress)(void *context, size_t done, size_t count); /* NULL, or told as often how far one loop is; what is done in
                                                                 * several loops begins with 0 again */
};

static inline bool kde_is_cancelled(const struct kde_watch *watch)
{
    return watch->is_cancelled != NULL && watch->is_cancelled(watch->context);
}

static inline void kde_tell(const struct kde_watch *watch, size_t done, size_t count)
{
    if (watch->progress != NULL) {
        watch->progress(watch->context, done, count);
    }
}

#endif
