/* Reads the kernel's table of TCP connections; see sockets.h. */
#include "sockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* A table longer than this cannot be looked at: some 200,000 connections by /proc, more than tcp_max_tw_buckets lets be in
 * TIME_WAIT beside as many as there are descriptors. */
#define MANY_BYTES (32u << 20)
/* /proc/net/sockstat has 200 bytes. */
#define SOCKSTAT_BYTES 4096
/* Fewer than any range of ports has. */
#define FEW_WAITING 64
/* Three in four ports: the fourth is left to the next event. */
#define MOST_OF_FOUR 4
/* /proc/net/snmp has some 2 kB. */
#define COUNTERS_BYTES 16384
/* What is in TIME_WAIT is nobody's, and there may be 28,000 of those. */
#define STATES (~(1u << TCP_TIME_WAITS))

/* include/uapi/linux/inet_diag.h; the old request walks both address families at once. */
#define SOCK_DIAG 4
#define TCPDIAG_GETSOCK 18
#define MESSAGE_BYTES 72
enum { JUMP = 1, LOCAL_FROM = 2, LOCAL_TO = 3, REMOTE_FROM = 4, REMOTE_TO = 5, BYTECODE = 1 };

static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

bool endpoint_same(const struct endpoint *a, const struct endpoint *b) {
    return a->port == b->port && memcmp(a->address, b->address, sizeof(a->address)) == 0;
}

static void map_address(struct endpoint *out, const uint8_t *four) {
    memcpy(out->address, mapped, sizeof(mapped));
    memcpy(out->address + 12, four, 4);
}

struct endpoint endpoint_of(const uint8_t *address, uint16_t port) {
    struct endpoint out;
    map_address(&out, address);
    out.port = port;
    return out;
}

bool endpoint_from(struct endpoint *out, const struct sockaddr *address) {
    memset(out, 0, sizeof(*out));
    if (address->sa_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)(const void *)address;
        map_address(out, (const uint8_t *)&in->sin_addr);
        out->port = ntohs(in->sin_port);
        return true;
    }
    if (address->sa_family == AF_INET6) {
        const struct sockaddr_in6 *in = (const struct sockaddr_in6 *)(const void *)address;
        memcpy(out->address, &in->sin6_addr, sizeof(out->address));
        out->port = ntohs(in->sin6_port);
        return true;
    }
    return false;
}

static uint16_t big16(const uint8_t *at) { return (uint16_t)(at[0] << 8 | at[1]); }

static uint32_t native32(const uint8_t *at) {
    uint32_t value;
    memcpy(&value, at, sizeof(value));
    return value;
}

bool sockets_unpack(const uint8_t *at, size_t n, struct connection *out) {
    if (n < MESSAGE_BYTES)
        return false;
    memset(out, 0, sizeof(*out));
    out->state = at[1];
    out->local.port = big16(at + 4);
    out->remote.port = big16(at + 6);
    if (at[0] == AF_INET) {
        map_address(&out->local, at + 8);
        map_address(&out->remote, at + 24);
    } else {
        memcpy(out->local.address, at + 8, 16);
        memcpy(out->remote.address, at + 24, 16);
    }
    out->uid = native32(at + 64);
    out->inode = native32(at + 68);
    return true;
}

static int digit(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Parse "ADDRESS:PORT" in hexadecimal, the address printed as words of the host; what follows it, NULL for
 * another text. */
static const char *parse_endpoint(const char *at, struct endpoint *out) {
    uint8_t raw[16];
    size_t n = 0;
    while (n < sizeof(raw) && digit(at[0]) >= 0 && digit(at[1]) >= 0) {
        raw[n++] = (uint8_t)(digit(at[0]) << 4 | digit(at[1]));
        at += 2;
    }
    if ((n != 4 && n != 16) || *at != ':')
        return NULL;
    for (size_t word = 0; word < n; word += 4) {
        uint32_t value = (uint32_t)raw[word] << 24 | (uint32_t)raw[word + 1] << 16 |
                         (uint32_t)raw[word + 2] << 8 | raw[word + 3];
        memcpy(raw + word, &value, sizeof(value));
    }
    if (n == 4)
        map_address(out, raw);
    else
        memcpy(out->address, raw, sizeof(raw));
    char *end;
    unsigned long port = strtoul(at + 1, &end, 16);
    if (end != at + 5 || *end != ' ')
        return NULL;
    out->port = (uint16_t)port;
    return end + 1;
}

bool sockets_parse(const char *line, struct connection *out) {
    memset(out, 0, sizeof(*out));
    const char *at = strchr(line, ':');
    if (at == NULL || at[1] != ' ')
        return false;
    at = parse_endpoint(at + 2, &out->local);
    if (at == NULL)
        return false;
    at = parse_endpoint(at, &out->remote);
    if (at == NULL)
        return false;
    unsigned int state, uid;
    unsigned long long inode;
    /* st tx_queue:rx_queue tr:tm->when retrnsmt uid timeout inode */
    if (sscanf(at, "%2x %*8x:%*8x %*2x:%*8x %*8x %10u %*10d %20llu", &state, &uid, &inode) != 3)
        return false;
    out->state = (uint8_t)state;
    out->uid = uid;
    out->inode = inode;
    return true;
}

/* How much a row matters: one of a server itself; an end that serves at its port; a client of that port, of whatever host. */
enum { RANK_NONE, RANK_CLIENT, RANK_SERVER, RANK_EXACT };

static int rank_of(const struct sockets *sockets, const struct connection *row) {
    int rank = RANK_NONE;
    for (size_t i = 0; i < sockets->n_servers; i++) {
        const struct endpoint *server = &sockets->servers[i];
        if (endpoint_same(&row->local, server) || endpoint_same(&row->remote, server))
            return RANK_EXACT;
        if (sockets->serves_all && row->local.port == server->port)
            rank = RANK_SERVER;
        else if (sockets->serves_all && row->remote.port == server->port && rank == RANK_NONE)
            rank = RANK_CLIENT;
    }
    return rank;
}

/* Keep a row that may lead to a server; where there is no room, in the place of one that matters less. */
static void keep(struct sockets *sockets, const struct connection *row) {
    int rank = row->state == TCP_TIME_WAITS ? RANK_NONE : rank_of(sockets, row), dropped = rank;
    if (rank == RANK_NONE)
        return;
    if (sockets->n_rows < SOCKETS_MANY) {
        sockets->rows[sockets->n_rows++] = *row;
        return;
    }
    for (size_t i = 0; i < SOCKETS_MANY && dropped == rank; i++) {
        int other = rank_of(sockets, &sockets->rows[i]);
        if (other < rank) {
            sockets->rows[i] = *row;
            dropped = other;
        }
    }
    /* Clients alone are those of other hosts. */
    sockets->is_cut |= dropped > RANK_CLIENT;
    sockets->lost_clients |= dropped == RANK_CLIENT;
}

static void keep_line(void *context, const char *line) {
    struct connection row;
    if (sockets_parse(line, &row))
        keep(context, &row);
}

/* Put a 16-bit number of the host. */
static uint8_t *put16(uint8_t *at, uint16_t value) {
    memcpy(at, &value, sizeof(value));
    return at + sizeof(value);
}

static uint8_t *put_operation(uint8_t *at, uint8_t code, uint8_t yes, uint16_t no) {
    at[0] = code;
    at[1] = yes;
    return put16(at + 2, no);
}

static uint8_t *put_port(uint8_t *at, uint8_t code, uint8_t yes, uint16_t no, uint16_t port) {
    return put_operation(put_operation(at, code, yes, no), 0, 0, port);
}

/* Ask the kernel for the connections with `port` at either end; -1 where it refuses. */
static int ask(struct sockets *sockets, uint16_t port) {
    uint8_t request[sizeof(struct nlmsghdr) + 60 + 40] = {0};
    struct nlmsghdr head = {
        .nlmsg_type = TCPDIAG_GETSOCK, .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP, .nlmsg_seq = 1};
    uint8_t *at = request + sizeof(head);
    const uint32_t states = STATES;
    at[0] = AF_INET;
    memcpy(at + 52, &states, sizeof(states));
    at = put16(put16(at + 60, 4 + 36), BYTECODE);
    /* The remote port is `port`, or the local one. The kernel's check follows the ways of success, so the
     * second half is reached by a jump over it; past the end by four is no match (inet_diag_bc_audit in
     * net/ipv4/inet_diag.c). */
    at = put_port(at, REMOTE_FROM, 8, 20, port);
    at = put_port(at, REMOTE_TO, 8, 12, port);
    at = put_operation(at, JUMP, 4, 20);
    at = put_port(at, LOCAL_FROM, 8, 20, port);
    at = put_port(at, LOCAL_TO, 8, 12, port);
    head.nlmsg_len = (uint32_t)(at - request);
    memcpy(request, &head, sizeof(head));
    if (send(sockets->netlink, request, head.nlmsg_len, 0) != (ssize_t)head.nlmsg_len)
        return -1;
    for (;;) {
        ssize_t n = recv(sockets->netlink, sockets->read, sizeof(sockets->read), 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return -1;
        for (size_t from = 0; from + sizeof(head) <= (size_t)n;) {
            memcpy(&head, sockets->read + from, sizeof(head));
            if (head.nlmsg_type == NLMSG_DONE)
                return 0;
            if (head.nlmsg_type == NLMSG_ERROR || head.nlmsg_len < sizeof(head) ||
                from + head.nlmsg_len > (size_t)n)
                return -1;
            struct connection row;
            if (sockets_unpack(sockets->read + from + sizeof(head), head.nlmsg_len - sizeof(head), &row))
                keep(sockets, &row);
            from += (head.nlmsg_len + 3u) & ~3u;
        }
    }
}

/* Look by netlink; -1 with errno. What was not read to its end is not read on: who asks next gets a socket of his own. */
static int read_netlink(struct sockets *sockets) {
    if (sockets->netlink < 0)
        sockets->netlink = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, SOCK_DIAG);
    if (sockets->netlink < 0)
        return -1;
    /* A dump is answered while it is asked for; a kernel that does otherwise must not keep us. */
    (void)setsockopt(sockets->netlink, SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){1, 0}, sizeof(struct timeval));
    for (size_t i = 0; i < sockets->n_servers; i++) {
        if ((i > 0 && sockets->servers[i].port == sockets->servers[0].port) || ask(sockets, sockets->servers[i].port) == 0)
            continue;
        int error = errno;
        (void)close(sockets->netlink);
        sockets->netlink = -1;
        errno = error;
        return -1;
    }
    return 0;
}

static int read_files(struct sockets *sockets) {
    if (procfs_each_line(sockets->procfs, "net/tcp", MANY_BYTES, keep_line, sockets) != 0)
        return -1;
    /* A kernel may be without IPv6. */
    return procfs_each_line(sockets->procfs, "net/tcp6", MANY_BYTES, keep_line, sockets) == 0 || errno == ENOENT ? 0 : -1;
}

bool sockets_read(struct sockets *sockets) {
    sockets->n_rows = 0;
    sockets->is_cut = sockets->lost_clients = false;
    int result = sockets->by_proc ? -1 : read_netlink(sockets);
    if (result != 0 && !sockets->has_read) {
        /* Refused, or a kernel without the module. Later it is a lack that somebody has made, and no reason to go over to what
         * takes forty times as long. */
        sockets->by_proc = true;
        sockets->n_rows = 0;
    }
    if (sockets->by_proc)
        result = read_files(sockets);
    sockets->has_read |= result == 0;
    for (size_t i = 0; i < sockets->n_rows && sockets->lost_clients; i++)
        sockets->is_cut |= sockets->rows[i].state != TCP_LISTENS && rank_of(sockets, &sockets->rows[i]) == RANK_SERVER;
    return result == 0;
}

/* ActiveOpens of /proc/net/snmp (RFC 4022). */
long sockets_begun(const struct sockets *sockets) {
    char text[COUNTERS_BYTES];
    ssize_t n = sockets->counters < 0 ? -1 : pread(sockets->counters, text, sizeof(text) - 1, 0);
    if (n <= 0)
        return -1;
    text[n] = '\0';
    const char *names = strstr(text, "\nTcp: ");
    const char *numbers = names == NULL ? NULL : strstr(names + 1, "\nTcp: ");
    const char *name = names == NULL ? NULL : strstr(names, " ActiveOpens ");
    if (numbers == NULL || name == NULL || name > numbers)
        return -1;
    const char *at = numbers + 5;
    for (const char *column = names + 5; column < name; column = strchr(column + 1, ' '))
        if ((at = strchr(at + 1, ' ')) == NULL)
            return -1;
    return strtol(at, NULL, 10);
}

static void take_waiting(void *context, const char *line) {
    const char *at = strstr(line, " tw ");
    if (strncmp(line, "TCP: ", 5) == 0 && at != NULL)
        *(long *)context = strtol(at + 4, NULL, 10);
}

bool sockets_ports_are_scarce(const struct procfs *procfs) {
    long waiting = 0;
    char range[32], *end;
    if (procfs_each_line(procfs, "net/sockstat", SOCKSTAT_BYTES, take_waiting, &waiting) != 0 || waiting < FEW_WAITING ||
        procfs_read(procfs, "sys/net/ipv4/ip_local_port_range", range, sizeof(range)) <= 0)
        return false;
    long first = strtol(range, &end, 10);
    return waiting > (strtol(end, NULL, 10) - first + 1) / MOST_OF_FOUR * (MOST_OF_FOUR - 1);
}

static bool is_zero(const uint8_t *at, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (at[i] != 0)
            return false;
    return true;
}

bool endpoint_is_any(const struct endpoint *end) {
    return is_zero(end->address, 16) ||
           (memcmp(end->address, mapped, sizeof(mapped)) == 0 && is_zero(end->address + 12, 4));
}

void sockets_begin(struct sockets *sockets, const struct procfs *procfs, const struct endpoint *servers, size_t n) {
    bytes_clear(sockets, sizeof(*sockets));
    sockets->procfs = procfs;
    sockets->netlink = -1;
    for (size_t i = 0; i < n && i < SOCKETS_MANY_SERVERS; i++)
        sockets->servers[sockets->n_servers++] = servers[i];
    sockets->counters = openat(procfs->root, "net/snmp", O_RDONLY | O_CLOEXEC);
    /* Whoever serves at one of the ports, for once. */
    sockets->serves_all = true;
    bool serves_all = false;
    if (sockets_read(sockets))
        for (size_t i = 0; i < sockets->n_rows; i++)
            serves_all |= sockets->rows[i].state == TCP_LISTENS && endpoint_is_any(&sockets->rows[i].local);
    sockets->serves_all = serves_all;
}

void sockets_end(struct sockets *sockets) {
    if (sockets->netlink >= 0)
        (void)close(sockets->netlink);
    if (sockets->counters >= 0)
        (void)close(sockets->counters);
    sockets->netlink = sockets->counters = -1;
}
