#ifndef DB_NAME_H
#define DB_NAME_H

/* A name as it was given: one text, or by language. At least one is not NULL. */
struct name {
    const char *text;
    const char *en;
    const char *zh;
};

#endif
