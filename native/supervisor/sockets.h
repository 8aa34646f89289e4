/* Reads the kernel's table of TCP connections in this network namespace, everybody's included.
 *
 * By netlink (sock_diag) where the kernel has it, else from /proc/net. Both walk the kernel's whole hash
 * table, whose size follows the machine's memory and not the number of connections: 230 us by netlink and 9
 * ms by /proc with 262,144 slots (a machine of 32 GB), a few us with the 4,096 of half a gigabyte.
 */
#ifndef DAYFLY_SOCKETS_H
#define DAYFLY_SOCKETS_H

#include "common.h"

#include <netinet/in.h>

#include "procfs.h"

/* Rows that one look keeps; the supervisor has a handful. */
#define SOCKETS_MANY 256
#define SOCKETS_MANY_SERVERS 2
/* One read from netlink, as large as the kernel's messages get. */
#define SOCKETS_READ_BYTES 65536

/* include/net/tcp_states.h */
enum tcp_state {
    TCP_IS_ESTABLISHED = 1,
    TCP_FIN_WAIT_1 = 4,
    TCP_FIN_WAIT_2 = 5,
    TCP_TIME_WAITS = 6,
    TCP_CLOSE_WAITS = 8,
    TCP_LISTENS = 10,
    TCP_CLOSES = 11
};

/* IPv4 as a mapped IPv6 address; the port in host order. */
struct endpoint {
    uint8_t address[16];
    uint16_t port;
};

/* One row: an end of a TCP connection, or its remains. */
struct connection {
    struct endpoint local;
    struct endpoint remote;
    uint8_t state;
    uint32_t uid;   /* its maker's, without meaning where no process holds it */
    uint64_t inode; /* 0: no process holds it (closed, or not yet accepted) */
};

struct sockets {
    const struct procfs *procfs;
    int netlink;  /* -1: not, or not any more, or to be opened anew */
    int counters; /* /proc/net/snmp, kept open */
    bool by_proc; /* netlink was refused from the beginning: /proc/net/tcp */
    bool has_read;
    struct endpoint servers[SOCKETS_MANY_SERVERS];
    size_t n_servers;
    long first_port, last_port; /* from these the kernel gives ports out, 0 where it does not tell */
    long most_orphans;          /* beyond them the kernel resets, 0 where it does not tell */
    long most_pages;            /* beyond them the kernel saves memory, 0 where it does not tell */
    unsigned int lacks_before;  /* what an earlier life left: nobody is made to wait for it */
    long at_ease;               /* connections begun when they took nothing from anybody, -1 where not known */
    bool serves_all; /* one of them listens at every address of the host, so that others lead there too */
    struct connection rows[SOCKETS_MANY];
    size_t n_rows;
    bool lost_clients; /* clients of the same port were left out */
    bool is_cut; /* there were more that may lead to a server */
    _Alignas(8) uint8_t read[SOCKETS_READ_BYTES];
};

/* Prepare to look at connections that have one of `n` servers at either end, before code runs here that could listen as
 * they do; false where none can be read. */
bool sockets_begin(struct sockets *sockets, const struct procfs *procfs, const struct endpoint *servers, size_t n);
void sockets_end(struct sockets *sockets);
/* Read all those rows, listeners included and what is in TIME_WAIT not; false where none can be read. */
bool sockets_read(struct sockets *sockets);
/* How many TCP connections were ever begun in this network namespace, -1 where it does not tell. The kernel
 * counts one once it is in the table (tcp_connect), so whoever finds the number unchanged finds no new one
 * there. */
long sockets_begun(const struct sockets *sockets);

/* Name what connections of dead processes take from the next event, NULL where it has enough. Undoes at once what it can: a port
 * that was chosen, and whose connection went to this host. Others end in a minute (TIME_WAIT), or when their peer has read what
 * was sent. `is_alone`: nobody else has connections on this machine, except extensions. */
const char *sockets_lack(struct sockets *sockets, bool is_alone, bool has_extensions);

/* The endpoint of an IPv4 address of four bytes. */
struct endpoint endpoint_of(const uint8_t *address, uint16_t port);
/* Fill an endpoint from a socket address; false for another family. */
bool endpoint_from(struct endpoint *out, const struct sockaddr *address);
bool endpoint_same(const struct endpoint *a, const struct endpoint *b);
/* Say whether an endpoint stands for every address of the host. */
bool endpoint_is_any(const struct endpoint *end);

/* Parse one line of /proc/net/tcp or tcp6, ended by a zero byte; false for another. */
bool sockets_parse(const char *line, struct connection *out);
/* Unpack one message of a netlink dump of `n` bytes; false for a part of one. */
bool sockets_unpack(const uint8_t *at, size_t n, struct connection *out);

#endif
