/*
 * The one step that a loop and the janitor may both want to take.
 */
#include "server/client.h"

bool client_move(struct client *client, enum client_phase from, enum client_phase to)
{
    int expected = (int)from;
    return atomic_compare_exchange_strong(&client->phase, &expected, (int)to);
}
