#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

/* Gives back to the system what was freed and the allocator keeps for later. For the end of rare large work in a process that goes on:
 * it looks through all that is free. From any thread; nothing where the C library knows no such thing. */
void memory_give_back(void);

#endif
