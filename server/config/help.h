#ifndef SERVER_CONFIG_HELP_H
#define SERVER_CONFIG_HELP_H

/* The text of --help: about 0 all sub-commands and options; else those of CONFIG_FOR (config.h), each with an example.
 * The caller frees it. NULL without memory. */
char *help_text(unsigned about);

#endif
