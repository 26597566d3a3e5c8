#ifndef BASE_STATUS_H
#define BASE_STATUS_H

/*
 * The only thing that crosses a module boundary when something fails.
 * Results leave through out-parameters, which stay untouched on failure.
 */
enum status {
    STATUS_OK,        /* done */
    STATUS_ABSENT,    /* what was asked for does not exist */
    STATUS_CONFLICT,  /* the state forbids it */
    STATUS_INVALID,   /* the input is wrong */
    STATUS_BUSY,      /* try again later */
    STATUS_EXHAUSTED, /* memory, disk or another bound is used up */
    STATUS_CORRUPT,   /* stored data contradict themselves */
    STATUS_IO         /* the system refused a read, write or sync */
};

#define NODISCARD __attribute__((warn_unused_result))

/* The name of a status in lower case, for logs. Never NULL; static storage. */
const char *status_name(enum status status);

#endif
