/*
 * Small steps of a connection.
 */
#include "server/wire/client.h"

#include <stddef.h>

enum client_phase client_phase(const struct client *client)
{
    return (enum client_phase)atomic_load_explicit(&client->phase, memory_order_relaxed);
}

void client_enter(struct client *client, enum client_phase phase)
{
    atomic_store_explicit(&client->phase, (int)phase, memory_order_relaxed);
}

const struct guard_fault *client_fault(const struct client *client)
{
    const struct guard *guard = &client->guard;
    return guard->fault.code != NULL && guard->requests == client->begun ? &guard->fault : NULL;
}
