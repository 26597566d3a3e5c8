#ifndef SERVER_CONFIG_OPTIONS_H
#define SERVER_CONFIG_OPTIONS_H

struct json_writer;
struct service;

/* One object for each option that serve takes: what it is, its value, and where that came from. For service->options. */
void options_write(struct service *service, struct json_writer *w);

#endif
