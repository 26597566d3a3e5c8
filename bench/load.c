/*
 * A load generator for HTTP/1.1: N clients on kept-alive connections in one thread, one
 * request in flight on each, no pipelining. Latency is measured from the first byte handed
 * to the kernel to the last byte of the answer. Prints one line of key=value.
 *
 * Whoever measures a server on the same machine takes processor time from it: this program
 * does as little as it can for each answer (head's end, Content-Length, status) and says
 * how much processor time it took itself. bench/run.py runs it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/text.h"

enum { CLIENTS_MAX = 4096, RECEIVE_BYTES = 64 * 1024, HEAD_BYTES_MAX = 16 * 1024, EVENTS = 256, STALL_MS = 30000 };

struct options {
    struct sockaddr_in address;
    const char *address_text;
    const char *method;
    const char *path;
    const char *body;     /* NULL: none */
    const char *type;     /* of the body */
    const char *lines;    /* a file whose lines are the bodies, each sent once; NULL: body for all */
    const char *key;      /* prefix of the Idempotency-Key; NULL: no such header */
    struct buffer header; /* lines of the caller's own */
    int64_t clients;
    int64_t requests; /* 0: no limit */
    double seconds;   /* 0: no limit */
    double rate; /* requests a second in all; 0: as fast as answers come */
    int64_t status;   /* that every answer must have */
};

/* One connection. At most one request is in flight on it. */
struct client {
    int fd;
    struct buffer request;
    size_t sent;
    char head[HEAD_BYTES_MAX + 1];
    size_t head_length;
    bool is_in_body;
    uint64_t body_left;
    int64_t started_us;
};

struct load {
    struct options options;
    struct client *clients;
    int epoll;
    size_t active;
    int64_t started_us;
    int64_t issued;
    int64_t finished;
    int64_t wrong; /* answers with another status */
    uint64_t bytes;
    struct buffer bodies; /* of --lines */
    size_t bodies_at;
    uint32_t *latencies_us;
    size_t latency_capacity;
    struct client **parked; /* with --rate: a ring of those that wait until the next request is due, the first to come at parked_at */
    size_t parked_at, parked_count;
};

static char received[RECEIVE_BYTES];

static _Noreturn void fail(const char *what, const char *why)
{
    fprintf(stderr, "load: %s: %s\n", what, why);
    exit(2);
}

/* Another number for each, in no order, as random keys have none: splitmix64's finisher,
 * which can be undone and so never gives two the same. */
static uint64_t scatter(int64_t number)
{
    uint64_t z = ((uint64_t)number + 1) * 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static void build_request(struct load *load, struct client *client)
{
    const struct options *options = &load->options;
    struct buffer *out = &client->request;
    buffer_reset(out);
    buffer_format(out, "%s %s HTTP/1.1\r\nHost: %s\r\n", options->method, options->path, options->address_text);
    if (options->header.length > 0) {
        buffer_append(out, options->header.bytes, options->header.length);
    }
    if (options->key != NULL) {
        buffer_format(out, "Idempotency-Key: %s-%016llx\r\n", options->key, (unsigned long long)scatter(load->issued));
    }
    const char *body = options->body;
    int length = body != NULL ? (int)strlen(body) : 0;
    if (options->lines != NULL) {
        body = load->bodies.bytes + load->bodies_at;
        length = (int)strcspn(body, "\n");
        load->bodies_at += (size_t)length + 1;
    }
    if (body != NULL) {
        buffer_format(out, "Content-Type: %s\r\nContent-Length: %d\r\n\r\n%.*s", options->type, length, length, body);
    } else {
        buffer_text(out, "\r\n");
    }
    if (out->failed) {
        fail("request", "no memory");
    }
    client->sent = 0;
}

static bool may_issue(const struct load *load, int64_t now_us)
{
    const struct options *options = &load->options;
    if ((options->requests > 0 && load->issued >= options->requests) || (options->lines != NULL && load->bodies_at >= load->bodies.length)) {
        return false;
    }
    return options->seconds <= 0 || (double)(now_us - load->started_us) < options->seconds * 1e6;
}

/* Sends what the kernel takes; the rest waits for EPOLLOUT. */
static void send_rest(struct load *load, struct client *client)
{
    while (client->sent < client->request.length) {
        ssize_t sent = send(client->fd, client->request.bytes + client->sent, client->request.length - client->sent,
                            MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno != EAGAIN) {
            fail("send", strerror(errno));
        }
        if (sent < 0) {
            break;
        }
        client->sent += (size_t)sent;
    }
    bool is_partial = client->sent < client->request.length;
    if (is_partial) {
        struct epoll_event event = { .events = EPOLLIN | EPOLLOUT, .data.ptr = client };
        epoll_ctl(load->epoll, EPOLL_CTL_MOD, client->fd, &event);
    }
}

/* When the next request is due; 0: at once. What waits for a free client counts from then on, so that a server that stalls
 * does not hold back the requests that would show it. */
static int64_t due_us(const struct load *load)
{
    return load->options.rate > 0 ? load->started_us + (int64_t)((double)load->issued * 1e6 / load->options.rate) : 0;
}

static void start_request(struct load *load, struct client *client)
{
    const int64_t due = due_us(load);
    int64_t now_us = clock_steady_us();
    if (!may_issue(load, now_us)) {
        close(client->fd);
        client->fd = -1;
        load->active--;
        return;
    }
    build_request(load, client);
    load->issued++;
    client->head_length = 0;
    client->is_in_body = false;
    client->started_us = due > 0 ? due : now_us;
    send_rest(load, client);
}

/* The client is free: its next request, or none before it is due. */
static void go_on(struct load *load, struct client *client)
{
    if (load->options.rate > 0) {
        load->parked[(load->parked_at + load->parked_count++) % (size_t)load->options.clients] = client;
    } else {
        start_request(load, client);
    }
}

/* Who has waited longest: else the last to come would always be the next to go, and the others stand idle until the server ends them. */
static struct client *take_parked(struct load *load)
{
    struct client *client = load->parked[load->parked_at];
    load->parked_at = (load->parked_at + 1) % (size_t)load->options.clients;
    load->parked_count--;
    return client;
}

/* Starts what is due, and lets everybody go at the end. */
static void start_due(struct load *load)
{
    while (load->parked_count > 0 && (clock_steady_us() >= due_us(load) || !may_issue(load, clock_steady_us()))) {
        start_request(load, take_parked(load));
    }
}

/* How long to wait for events. */
static int wait_ms(const struct load *load)
{
    if (load->parked_count == 0) {
        return STALL_MS;
    }
    int64_t left_us = due_us(load) - clock_steady_us();
    return left_us > 0 ? (int)(left_us / 1000) + 1 : 0;
}

static void finish_request(struct load *load, struct client *client)
{
    int64_t latency_us = clock_steady_us() - client->started_us;
    if ((size_t)load->finished == load->latency_capacity) {
        load->latency_capacity = load->latency_capacity == 0 ? 65536 : load->latency_capacity * 2;
        load->latencies_us = realloc(load->latencies_us, load->latency_capacity * sizeof *load->latencies_us);
        if (load->latencies_us == NULL) {
            fail("latencies", "no memory");
        }
    }
    load->latencies_us[load->finished++] = latency_us > UINT32_MAX ? UINT32_MAX : (uint32_t)latency_us;
    go_on(load, client);
}

/* The status and the length of the body; a head that lacks either ends the measurement. */
static void read_head(struct load *load, struct client *client)
{
    const char *head = client->head;
    const char *length = strcasestr(head, "\r\nContent-Length:");
    if (strncmp(head, "HTTP/1.1 ", 9) != 0 || length == NULL) {
        fail("answer without status or length", head);
    }
    long status = strtol(head + 9, NULL, 10);
    if (status != load->options.status && load->wrong++ == 0) {
        fprintf(stderr, "load: status %ld instead of %lld\n%s\n", status, (long long)load->options.status, head);
    }
    client->body_left = strtoull(length + 17, NULL, 10);
    client->is_in_body = true;
}

/* Gathers a head; returns how many of the bytes belong to it. */
static size_t take_head(struct load *load, struct client *client, const char *bytes, size_t count)
{
    size_t before = client->head_length;
    const char *end_here = before == 0 ? memmem(bytes, count, "\r\n\r\n", 4) : NULL; /* the usual case: in one piece */
    size_t piece = end_here != NULL ? (size_t)(end_here + 4 - bytes) : count;
    piece = piece < HEAD_BYTES_MAX - before ? piece : HEAD_BYTES_MAX - before;
    memcpy(client->head + before, bytes, piece);
    client->head_length += piece;
    client->head[client->head_length] = 0;
    char *end = memmem(client->head, client->head_length, "\r\n\r\n", 4);
    if (end == NULL && client->head_length == HEAD_BYTES_MAX) {
        fail("answer", "its head is too long");
    }
    if (end == NULL) {
        return piece;
    }
    end[2] = 0;
    read_head(load, client);
    return (size_t)(end + 4 - client->head) - before;
}

static void take(struct load *load, struct client *client, const char *bytes, size_t count)
{
    load->bytes += count;
    if (!client->is_in_body) {
        count -= take_head(load, client, bytes, count);
    }
    if (!client->is_in_body) {
        return;
    }
    if (count > client->body_left) {
        fail("answer", "more bytes than its length says");
    }
    client->body_left -= count;
    if (client->body_left == 0) {
        finish_request(load, client);
    }
}

static void on_event(struct load *load, struct client *client, uint32_t events)
{
    if ((events & EPOLLOUT) != 0) {
        struct epoll_event event = { .events = EPOLLIN, .data.ptr = client };
        epoll_ctl(load->epoll, EPOLL_CTL_MOD, client->fd, &event);
        send_rest(load, client);
    }
    if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) == 0) {
        return;
    }
    ssize_t count = recv(client->fd, received, sizeof received, MSG_DONTWAIT);
    if (count < 0 && errno == EAGAIN) {
        return;
    }
    if (count <= 0) {
        fail("receive", count == 0 ? "the server closed a connection" : strerror(errno));
    }
    take(load, client, received, (size_t)count);
}

static void connect_client(struct load *load, struct client *client)
{
    int one = 1;
    client->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const struct sockaddr *address = (const struct sockaddr *)&load->options.address;
    if (client->fd < 0 || connect(client->fd, address, sizeof load->options.address) != 0) {
        fail("connect", strerror(errno));
    }
    setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = client };
    if (epoll_ctl(load->epoll, EPOLL_CTL_ADD, client->fd, &event) != 0) {
        fail("epoll", strerror(errno));
    }
    buffer_init(&client->request);
    load->active++;
}

static int compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static uint32_t quantile(const struct load *load, double q)
{
    return load->finished == 0 ? 0 : load->latencies_us[(size_t)(q * (double)(load->finished - 1))];
}

static void print_report(struct load *load, double seconds)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    double cpu = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                 (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
    if (load->finished > 0) {
        qsort(load->latencies_us, (size_t)load->finished, sizeof *load->latencies_us, compare);
    }
    printf("clients=%lld requests=%lld wrong=%lld seconds=%.6f rate=%.1f p50_us=%u p95_us=%u p99_us=%u max_us=%u "
           "bytes=%llu cpu_s=%.3f\n",
           (long long)load->options.clients, (long long)load->finished, (long long)load->wrong, seconds,
           (double)load->finished / seconds, quantile(load, 0.5), quantile(load, 0.95), quantile(load, 0.99),
           quantile(load, 1), (unsigned long long)load->bytes, cpu);
}

static void run(struct load *load)
{
    struct epoll_event events[EVENTS];
    load->epoll = epoll_create1(EPOLL_CLOEXEC);
    load->clients = calloc((size_t)load->options.clients, sizeof *load->clients);
    load->parked = calloc((size_t)load->options.clients, sizeof *load->parked);
    if (load->epoll < 0 || load->clients == NULL || load->parked == NULL) {
        fail("start", strerror(errno));
    }
    for (int64_t i = 0; i < load->options.clients; i++) {
        connect_client(load, &load->clients[i]);
    }
    load->started_us = clock_steady_us();
    for (int64_t i = 0; i < load->options.clients; i++) {
        go_on(load, &load->clients[i]);
    }
    while (start_due(load), load->active > 0) {
        const int timeout_ms = wait_ms(load);
        int count = epoll_wait(load->epoll, events, EVENTS, timeout_ms);
        if (count == 0 && timeout_ms == STALL_MS) {
            fail("stalled", "no answer for 30 seconds");
        }
        for (int i = 0; i < count; i++) {
            on_event(load, events[i].data.ptr, events[i].events);
        }
    }
    print_report(load, (double)(clock_steady_us() - load->started_us) / 1e6);
    for (int64_t i = 0; i < load->options.clients; i++) {
        buffer_fini(&load->clients[i].request);
    }
    free(load->clients);
    free(load->parked);
    free(load->latencies_us);
    close(load->epoll);
}

static void read_lines(struct load *load)
{
    FILE *file = fopen(load->options.lines, "rb");
    size_t count = 0;
    buffer_init(&load->bodies);
    while (file != NULL && (count = fread(received, 1, sizeof received, file)) > 0) {
        buffer_append(&load->bodies, received, count);
    }
    if (file == NULL || ferror(file) || load->bodies.failed || load->bodies.length == 0 || load->bodies.bytes[load->bodies.length - 1] != '\n') {
        fail("--lines", "is no file of lines");
    }
    fclose(file);
}

static void read_address(struct options *options, const char *text)
{
    char host[64];
    int64_t port = 0;
    const char *colon = strrchr(text, ':');
    size_t length = colon != NULL ? (size_t)(colon - text) : sizeof host;
    if (length >= sizeof host || text_to_integer(colon + 1, &port) != STATUS_OK || port < 1 || port > 65535) {
        fail("--address", "IPv4:PORT is wanted");
    }
    memcpy(host, text, length);
    host[length] = 0;
    options->address_text = text;
    options->address = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    if (inet_pton(AF_INET, host, &options->address.sin_addr) != 1) {
        fail("--address", "IPv4:PORT is wanted");
    }
}

static int64_t read_number(const char *text, int64_t max)
{
    int64_t value = 0;
    if (text_to_integer(text, &value) != STATUS_OK || value < 1 || value > max) {
        fail("not a number that fits", text);
    }
    return value;
}

static void usage(void)
{
    fputs("load --address IPv4:PORT [--clients N] (--requests N | --seconds S) [--method M] [--path P]\n"
          "     [--header 'Name: value']... [--body TEXT | --lines FILE] [--type TYPE] [--key PREFIX]\n"
          "     [--status N] [--rate N]\n"
          "--lines sends each line of a file as a body, once, and ends behind the last; --type is the body's, application/json else.\n"
          "--key sends Idempotency-Key: PREFIX-x with another x for each request; --rate sends so many a second in all,\n"
          "and latencies count from when each was due.\n", stderr);
    exit(2);
}

static void parse(int count, char **words, struct options *options)
{
    static const struct option names[] = {
        { "address", 1, NULL, 'a' }, { "clients", 1, NULL, 'c' }, { "requests", 1, NULL, 'n' },
        { "seconds", 1, NULL, 's' }, { "method", 1, NULL, 'm' },  { "path", 1, NULL, 'p' },
        { "header", 1, NULL, 'h' },  { "body", 1, NULL, 'b' },    { "key", 1, NULL, 'k' },
        { "status", 1, NULL, 't' },  { "rate", 1, NULL, 'r' },    { "lines", 1, NULL, 'l' },
        { "type", 1, NULL, 'y' },    { NULL, 0, NULL, 0 },
    };
    *options = (struct options){ .method = "GET", .path = "/", .clients = 1, .status = 200, .type = "application/json" };
    buffer_init(&options->header);
    for (int option; (option = getopt_long(count, words, "", names, NULL)) != -1;) {
        switch (option) {
        case 'a': read_address(options, optarg); break;
        case 'c': options->clients = read_number(optarg, CLIENTS_MAX); break;
        case 'n': options->requests = read_number(optarg, INT32_MAX); break;
        case 's': options->seconds = strtod(optarg, NULL); break;
        case 'm': options->method = optarg; break;
        case 'p': options->path = optarg; break;
        case 'h': buffer_format(&options->header, "%s\r\n", optarg); break;
        case 'b': options->body = optarg; break;
        case 'l': options->lines = optarg; break;
        case 'y': options->type = optarg; break;
        case 'k': options->key = optarg; break;
        case 'r': options->rate = strtod(optarg, NULL); break;
        case 't': options->status = read_number(optarg, 599); break;
        default: usage();
        }
    }
    if (optind != count || options->address_text == NULL || (options->requests <= 0 && !(options->seconds > 0))) {
        usage();
    }
}

int main(int count, char **words)
{
    static struct load load;
    parse(count, words, &load.options);
    if (load.options.lines != NULL) {
        read_lines(&load);
    }
    run(&load);
    buffer_fini(&load.bodies);
    buffer_fini(&load.options.header);
    return load.wrong == 0 ? 0 : 1;
}
