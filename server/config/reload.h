#ifndef SERVER_CONFIG_RELOAD_H
#define SERVER_CONFIG_RELOAD_H

struct server;

/*
 * Reads file, environment and command line once more and puts what has changed and may change while the service runs
 * into effect: the options marked CONFIG_RELOADED, and the certificate, whose files are read anew in any case. What needs
 * a restart is said in the log and stays. Where anything is wrong, all stays. The main thread alone.
 */
void reload(struct server *server);

/* Frees the configurations that reloads have made. No other thread runs any more. */
void reload_forget(struct server *server);

#endif
