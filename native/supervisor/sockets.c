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
/* How many ports are freed in one look, and how many looks free all there can be. */
#define MANY_HELD 64
#define MANY_LOOKS 1024
/* /proc/net/snmp has some 2 kB. */
#define COUNTERS_BYTES 16384
/* What is in TIME_WAIT is nobody's, and there may be 28,000 of those. */
#define STATES (~(1u << TCP_TIME_WAITS))
#define ALL_STATES (~0u)

/* include/uapi/linux/inet_diag.h; the old request walks both address families at once. */
#define SOCK_DIAG 4
#define TCPDIAG_GETSOCK 18
#define MESSAGE_BYTES 72
#define FILTER_BYTES 36
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

static void keep_row(void *context, const struct connection *row) { keep(context, row); }

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

typedef void take_row(void *context, const struct connection *row);

/* Ask the kernel for the connections in these states that a filter of `n` bytes passes; -1 where it refuses. */
static int ask(struct sockets *sockets, uint32_t states, const uint8_t *filter, size_t n_filter, take_row *take, void *context) {
    uint8_t request[sizeof(struct nlmsghdr) + 60 + 4 + FILTER_BYTES] = {0};
    struct nlmsghdr head = {
        .nlmsg_type = TCPDIAG_GETSOCK, .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP, .nlmsg_seq = 1};
    uint8_t *at = request + sizeof(head);
    at[0] = AF_INET;
    memcpy(at + 52, &states, sizeof(states));
    at = put16(put16(at + 60, (uint16_t)(4 + n_filter)), BYTECODE);
    memcpy(at, filter, n_filter);
    head.nlmsg_len = (uint32_t)(at + n_filter - request);
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
                take(context, &row);
            from += (head.nlmsg_len + 3u) & ~3u;
        }
    }
}

/* Ask for the connections with `port` at either end, in one of these states. */
static int ask_for(struct sockets *sockets, uint32_t states, uint16_t port) {
    uint8_t filter[FILTER_BYTES], *at = filter;
    /* The remote port is `port`, or the local one. The kernel's check follows the ways of success, so the
     * second half is reached by a jump over it; past the end by four is no match (inet_diag_bc_audit in
     * net/ipv4/inet_diag.c). */
    at = put_port(at, REMOTE_FROM, 8, 20, port);
    at = put_port(at, REMOTE_TO, 8, 12, port);
    at = put_operation(at, JUMP, 4, 20);
    at = put_port(at, LOCAL_FROM, 8, 20, port);
    at = put_port(at, LOCAL_TO, 8, 12, port);
    return ask(sockets, states, filter, (size_t)(at - filter), keep_row, sockets);
}

static bool open_netlink(struct sockets *sockets) {
    if (sockets->netlink >= 0)
        return true;
    sockets->netlink = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, SOCK_DIAG);
    /* A dump is answered while it is asked for; a kernel that does otherwise must not keep us. */
    return sockets->netlink >= 0 &&
           setsockopt(sockets->netlink, SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){1, 0}, sizeof(struct timeval)) == 0;
}

/* What was not read to its end is not read on: who asks next gets a socket of his own. */
static int drop_netlink(struct sockets *sockets) {
    int error = errno;
    (void)close(sockets->netlink);
    sockets->netlink = -1;
    errno = error;
    return -1;
}

/* Look by netlink; -1 with errno. */
static int read_netlink(struct sockets *sockets, uint32_t states) {
    if (!open_netlink(sockets))
        return -1;
    for (size_t i = 0; i < sockets->n_servers; i++)
        if ((i == 0 || sockets->servers[i].port != sockets->servers[0].port) && ask_for(sockets, states, sockets->servers[i].port) != 0)
            return drop_netlink(sockets);
    return 0;
}

static int read_files(struct sockets *sockets, void (*take)(void *context, const char *line), void *context) {
    if (procfs_each_line(sockets->procfs, "net/tcp", MANY_BYTES, take, context) != 0)
        return -1;
    /* A kernel may be without IPv6. */
    return procfs_each_line(sockets->procfs, "net/tcp6", MANY_BYTES, take, context) == 0 || errno == ENOENT ? 0 : -1;
}

/* As sockets_read; of the files all states. */
static bool read_states(struct sockets *sockets, uint32_t states) {
    sockets->n_rows = 0;
    sockets->is_cut = sockets->lost_clients = false;
    int result = sockets->by_proc ? -1 : read_netlink(sockets, states);
    if (result != 0 && !sockets->has_read) {
        /* Refused, or a kernel without the module. Later it is a lack that somebody has made, and no reason to go over to what
         * takes forty times as long. */
        sockets->by_proc = true;
        sockets->n_rows = 0;
    }
    if (sockets->by_proc)
        result = read_files(sockets, keep_line, sockets);
    sockets->has_read |= result == 0;
    for (size_t i = 0; i < sockets->n_rows && sockets->lost_clients; i++)
        sockets->is_cut |= sockets->rows[i].state != TCP_LISTENS && rank_of(sockets, &sockets->rows[i]) == RANK_SERVER;
    return result == 0;
}

bool sockets_read(struct sockets *sockets) { return read_states(sockets, STATES); }

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

/* ---- what closed connections take
 * ------------------------------------------------------------------------------------- */

/* Those that no process holds: in TIME_WAIT, and orphans, which have yet to send something; pages of all connections. */
struct closed {
    long orphans, waiting, pages;
};

static long number_behind(const char *line, const char *name) {
    const char *at = strstr(line, name);
    return at == NULL ? 0 : strtol(at + strlen(name), NULL, 10);
}

static void take_closed(void *context, const char *line) {
    if (strncmp(line, "TCP: ", 5) == 0)
        *(struct closed *)context =
            (struct closed){number_behind(line, " orphan "), number_behind(line, " tw "), number_behind(line, " mem ")};
}

/* Rows that hold a port outside the range from which the kernel gives ports out: a process chose it. */
struct held_ports {
    const struct sockets *sockets;
    bool is_alone;
    uid_t uid;
    struct connection rows[MANY_HELD];
    size_t n;
    uint32_t listened[2048]; /* a bit for each port that somebody listens at, and holds himself */
};

static void take_held(void *context, const struct connection *row) {
    struct held_ports *held = context;
    uint16_t port = row->local.port;
    if (port >= held->sockets->first_port && port <= held->sockets->last_port)
        return;
    if (row->state == TCP_LISTENS)
        held->listened[port / 32] |= 1u << port % 32;
    else if ((row->inode == 0 || (held->is_alone && row->uid == held->uid)) && held->n < MANY_HELD)
        /* Of a process that is dead. Multipath connections (MPTCP) keep their inode then. */
        held->rows[held->n++] = *row;
}

static void take_held_line(void *context, const char *line) {
    struct connection row;
    if (sockets_parse(line, &row))
        take_held(context, &row);
}

/* Find them; false where there are none, or none can be seen. */
static bool find_held(struct sockets *sockets, bool is_alone, struct held_ports *held) {
    uint8_t filter[FILTER_BYTES], *at = filter;
    bytes_clear(held, sizeof(*held));
    held->sockets = sockets;
    held->is_alone = is_alone;
    held->uid = getuid();
    /* Below the range, or above it; see ask_for. */
    at = put_port(at, LOCAL_TO, 8, 12, (uint16_t)(sockets->first_port - 1));
    at = put_operation(at, JUMP, 4, 12);
    at = put_port(at, LOCAL_FROM, 8, 12, (uint16_t)(sockets->last_port + 1));
    if (sockets->by_proc)
        (void)read_files(sockets, take_held_line, held);
    else if (open_netlink(sockets) && ask(sockets, ALL_STATES, filter, (size_t)(at - filter), take_held, held) != 0)
        (void)drop_netlink(sockets);
    size_t n = 0;
    for (size_t i = 0; i < held->n; i++) {
        uint16_t port = held->rows[i].local.port;
        if ((held->listened[port / 32] >> port % 32 & 1) == 0)
            held->rows[n++] = held->rows[i];
    }
    held->n = n;
    return n > 0;
}

static socklen_t address_from(struct sockaddr_storage *out, const struct endpoint *end) {
    memset(out, 0, sizeof(*out));
    if (memcmp(end->address, mapped, sizeof(mapped)) == 0) {
        struct sockaddr_in *in = (struct sockaddr_in *)(void *)out;
        in->sin_family = AF_INET;
        in->sin_port = htons(end->port);
        memcpy(&in->sin_addr, end->address + 12, 4);
        return sizeof(*in);
    }
    struct sockaddr_in6 *in = (struct sockaddr_in6 *)(void *)out;
    in->sin6_family = AF_INET6;
    in->sin6_port = htons(end->port);
    memcpy(&in->sin6_addr, end->address, sizeof(end->address));
    return sizeof(*in);
}

/* End a closed connection whose other end was here, too, and is gone: what waits answers a SYN from there as a segment out of
 * time, for which the kernel then sends the RST that ends it (RFC 1337). From another host's address nothing can be sent: false. */
static bool end_closed(const struct connection *row) {
    struct sockaddr_storage local, remote;
    socklen_t n_remote = address_from(&remote, &row->remote), n_local = address_from(&local, &row->local);
    int one = 1, descriptor = socket(remote.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0)
        return false;
    bool is_sent = setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) == 0 &&
                   bind(descriptor, (struct sockaddr *)&remote, n_remote) == 0;
    if (is_sent)
        (void)connect(descriptor, (struct sockaddr *)&local, n_local);
    (void)close(descriptor);
    return is_sent;
}

/* Free ports that connections of the dead hold; false where some stay. */
static bool free_ports(struct sockets *sockets, bool is_alone) {
    struct held_ports held;
    bool goes_on = true;
    for (int looks = 0; find_held(sockets, is_alone, &held); looks++) {
        if (!goes_on || looks == MANY_LOOKS)
            return false;
        goes_on = false;
        for (size_t i = 0; i < held.n; i++)
            goes_on |= end_closed(&held.rows[i]);
    }
    return true;
}

/* What closed connections may take, a bit each. */
enum { LACK_PORTS = 1, LACK_PORT = 2, LACK_PLACES = 4, LACK_MEMORY = 8 };

static unsigned int find_lacks(struct sockets *sockets, bool is_alone, bool has_extensions, bool undoes) {
    struct held_ports held;
    struct closed closed = {0, 0, 0};
    unsigned int found = 0;
    if (procfs_each_line(sockets->procfs, "net/sockstat", SOCKSTAT_BYTES, take_closed, &closed) != 0 || sockets->last_port == 0)
        return 0;
    if (closed.waiting >= FEW_WAITING &&
        closed.waiting > (sockets->last_port - sockets->first_port + 1) / MOST_OF_FOUR * (MOST_OF_FOUR - 1))
        found |= LACK_PORTS;
    bool alone = is_alone && !has_extensions;
    /* Before the first event there are only those that waits are counted for. */
    bool may_hold = undoes || closed.waiting > 0 || closed.orphans > 0;
    bool are_free = undoes ? free_ports(sockets, alone) : !may_hold || !find_held(sockets, alone, &held);
    if (!is_alone)
        return found;
    /* What follows is counted for the whole machine, or for all processes of the user. */
    found |= are_free ? 0 : LACK_PORT;
    if (closed.orphans == 0)
        return found;
    if (sockets->most_orphans > 0 && closed.orphans > sockets->most_orphans / 2)
        found |= LACK_PLACES;
    if (sockets->most_pages > 0 && closed.pages > sockets->most_pages / 2)
        found |= LACK_MEMORY;
    return found;
}

const char *sockets_lack(struct sockets *sockets, bool is_alone, bool has_extensions) {
    static const char *const names[] = {"nearly all ports", "a port that a function may need",
                                        "half of the places of unsent connections", "half of the memory of connections"};
    long begun = sockets_begun(sockets);
    if (begun >= 0 && begun == sockets->at_ease)
        return NULL;
    unsigned int lacks = find_lacks(sockets, is_alone, has_extensions, true) & ~sockets->lacks_before;
    sockets->at_ease = lacks == 0 ? begun : -1;
    return lacks == 0 ? NULL : names[__builtin_ctz(lacks)];
}

/* The n-th number of a file, from 0; 0 where it is not told. */
static long read_number(const struct procfs *procfs, const char *path, int n) {
    char text[64], *at = text;
    long number = 0;
    if (procfs_read(procfs, path, text, sizeof(text)) > 0)
        for (int i = 0; i <= n; i++)
            number = strtol(at, &at, 10);
    return number;
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

bool sockets_begin(struct sockets *sockets, const struct procfs *procfs, const struct endpoint *servers, size_t n) {
    bytes_clear(sockets, sizeof(*sockets));
    sockets->procfs = procfs;
    sockets->netlink = -1;
    for (size_t i = 0; i < n && i < SOCKETS_MANY_SERVERS; i++)
        sockets->servers[sockets->n_servers++] = servers[i];
    sockets->counters = openat(procfs->root, "net/snmp", O_RDONLY | O_CLOEXEC);
    sockets->at_ease = -1;
    sockets->first_port = read_number(procfs, "sys/net/ipv4/ip_local_port_range", 0);
    sockets->last_port = read_number(procfs, "sys/net/ipv4/ip_local_port_range", 1);
    sockets->most_orphans = read_number(procfs, "sys/net/ipv4/tcp_max_orphans", 0);
    /* From the second number on the kernel saves. */
    sockets->most_pages = read_number(procfs, "sys/net/ipv4/tcp_mem", 1);
    /* On a machine that is not ours, perhaps: nothing is undone. */
    sockets->lacks_before = find_lacks(sockets, true, false, false);
    /* Whoever serves at one of the ports, for once. */
    sockets->serves_all = true;
    bool serves_all = false;
    /* Those who listen are in a small table of their own (inet_diag_dump_icsk in net/ipv4/inet_diag.c). */
    bool is_read = read_states(sockets, 1u << TCP_LISTENS);
    for (size_t i = 0; is_read && i < sockets->n_rows; i++)
        serves_all |= sockets->rows[i].state == TCP_LISTENS && endpoint_is_any(&sockets->rows[i].local);
    sockets->serves_all = serves_all;
    return is_read;
}

void sockets_end(struct sockets *sockets) {
    if (sockets->netlink >= 0)
        (void)close(sockets->netlink);
    if (sockets->counters >= 0)
        (void)close(sockets->counters);
    sockets->netlink = sockets->counters = -1;
}
