/*
 * How many descriptors the service needs, and whether it may have them. Without enough of them SQLite would look for its files again and
 * again, and say in the end that one cannot be opened, which is true and helps nobody.
 */
#include "server/descriptors.h"

#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>

#include "base/log.h"
#include "server/away.h"
#include "server/tell.h"

/* What is open for each of them. tests/fault/test_start.py counts. */
enum {
    OF_A_LOOP = 5,       /* both databases, the log of the first, two of the loop itself */
    OF_A_JOB_THREAD = 3, /* both databases, the log of the first */
    OF_AN_ADDRESS = 4,   /* a socket and its end, of as many as a name stands for: seldom more than two */
    OF_A_RELAY = 2,      /* TLS: a thread for each loop */
    OF_THE_REST = 8,     /* the writer's databases, the clerk's, lock, anchor, shared memory, the janitor's own */
    SPARE_LEAST = 16,    /* a check of the ledger, files that are open for a moment, the first connections */
    SPARE = 1024         /* the same beside thousands of connections, and sockets that linger */
};

/* What came with the process: standard streams, sockets of systemd's, what a shell left open. */
static rlim_t open_already(rlim_t limit)
{
    rlim_t count = 0;
    for (rlim_t i = 0; i < limit && i < SPARE; i++) {
        count += fcntl((int)i, F_GETFD) >= 0;
    }
    return count;
}

static rlim_t count_addresses(const struct config *config)
{
    rlim_t count = config->listen.count;
    for (size_t i = 0; i < config->listen.count; i++) {
        for (const char *at = config->listen.items[i]; *at != 0; at++) {
            count += *at == ',';
        }
    }
    return count;
}

static rlim_t least(const struct config *config)
{
    const rlim_t of_a_loop = OF_A_LOOP + (config->tls_certificate != NULL ? OF_A_RELAY : 0);
    return of_a_loop * (rlim_t)config->loops + OF_A_JOB_THREAD * ((rlim_t)config->job_threads + AWAY_THREADS) +
           OF_AN_ADDRESS * count_addresses(config) + OF_THE_REST + SPARE_LEAST;
}

bool descriptors_raise(const struct config *config)
{
    struct rlimit limit;
    const rlim_t each = config->tls_certificate != NULL ? 3 : 1; /* relay.h: the pair beside the client's */
    const rlim_t wanted = each * (rlim_t)config->connections + SPARE;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return true;
    }
    const rlim_t needed = open_already(limit.rlim_cur) + least(config);
    const rlim_t aim = wanted > needed ? wanted : needed;
    if (limit.rlim_cur >= aim) {
        return true;
    }
    const rlim_t before = limit.rlim_cur;
    limit.rlim_cur = limit.rlim_max < aim ? limit.rlim_max : aim;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0) {
        limit.rlim_cur = before;
    }
    if (limit.rlim_cur < needed) {
        tell("this process may have %llu descriptors open (RLIMIT_NOFILE), and %llu are the least that it starts with: with %lld loops and "
             "%lld threads for jobs, before the first of %lld connections, for which there should be %llu. Raise the limit (ulimit -n %llu, "
             "LimitNOFILE= of a systemd unit, --ulimit nofile= of a container), or ask for less (--loops, --job-threads)",
             (unsigned long long)limit.rlim_cur, (unsigned long long)needed, (long long)config->loops, (long long)config->job_threads,
             (long long)config->connections, (unsigned long long)aim, (unsigned long long)aim);
        return false;
    }
    if (limit.rlim_cur < wanted) {
        log_warn("start", "descriptors=%llu wanted=%llu", (unsigned long long)limit.rlim_cur, (unsigned long long)wanted);
    }
    return true;
}
