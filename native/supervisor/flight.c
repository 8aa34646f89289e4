/* Sees to it that what dead processes had sent to each other is closed as well; see flight.h. */
#include "flight.h"

#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* /proc/net/protocols has some 4 kB. */
#define PROTOCOLS_BYTES 16384
/* SOCK_DIAG_BY_FAMILY. */
#define BY_FAMILY 20
/* As large as the kernel's messages get. */
#define READ_BYTES 32768
/* What was collected is closed with our own, in no order that is promised (delayed_fput in fs/file_table.c): when that of
 * the second round is closed, all of the first is. */
#define ROUNDS 2

/* What the kernel is asked, struct unix_diag_req of linux/unix_diag.h behind its head, and how it begins each answer. */
struct question {
    struct nlmsghdr head;
    uint8_t family, protocol;
    uint16_t unused;
    uint32_t states, inode, show, cookie[2];
};

struct answer {
    uint8_t family, type, state, unused;
    uint32_t inode, cookie[2];
};

#define SHOW_UID 0x40u /* UDIAG_SHOW_UID, since Linux 5.3 */
#define ATTRIBUTE_UID 7 /* UNIX_DIAG_UID */

/* Say whether an answer of `n` bytes names our user as the socket's maker; where no maker is named, it may be. */
static bool may_be_ours(const uint8_t *at, size_t n, uid_t uid) {
    for (size_t from = sizeof(struct answer); from + sizeof(struct rtattr) <= n;) {
        struct rtattr attribute;
        uint32_t maker;
        memcpy(&attribute, at + from, sizeof(attribute));
        if (attribute.rta_len < sizeof(attribute) || attribute.rta_len > n - from)
            break;
        if (attribute.rta_type == ATTRIBUTE_UID && attribute.rta_len >= RTA_LENGTH(sizeof(maker))) {
            memcpy(&maker, at + from + RTA_LENGTH(0), sizeof(maker));
            return maker == uid;
        }
        from += RTA_ALIGN(attribute.rta_len);
    }
    return true;
}

/* Add up the answers in one datagram; true where the last was among them. */
static bool add_answers(const uint8_t *at, size_t n, uid_t uid, long *count) {
    for (size_t from = 0; from + sizeof(struct nlmsghdr) <= n;) {
        struct nlmsghdr head;
        memcpy(&head, at + from, sizeof(head));
        if (head.nlmsg_len < sizeof(head) || head.nlmsg_len > n - from || head.nlmsg_type == NLMSG_ERROR)
            break;
        if (head.nlmsg_type == NLMSG_DONE)
            return true;
        *count += may_be_ours(at + from + sizeof(head), head.nlmsg_len - sizeof(head), uid);
        from += NLMSG_ALIGN(head.nlmsg_len);
    }
    return false;
}

/* How many Unix sockets of our user's there are, -1 where that is not told. */
static long count_our_sockets(void) {
    _Alignas(8) uint8_t read[READ_BYTES];
    struct question question = {.head = {.nlmsg_len = sizeof(question),
                                         .nlmsg_type = BY_FAMILY,
                                         .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
                                .family = AF_UNIX,
                                .states = UINT32_MAX,
                                .show = SHOW_UID};
    int asked = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    long count = 0;
    bool is_whole = false;
    ssize_t n = asked < 0 ? -1 : send(asked, &question, sizeof(question), 0);
    /* A dump is answered while it is asked for. */
    while (n > 0 && !is_whole) {
        n = recv(asked, read, sizeof(read), MSG_DONTWAIT);
        is_whole = n > 0 && add_answers(read, (size_t)n, geteuid(), &count);
    }
    if (asked >= 0)
        (void)close(asked);
    return is_whole ? count : -1;
}

static void add_sockets(void *context, const char *line) {
    long *count = context;
    /* UNIX, and UNIX-STREAM since Linux 5.15: name, size of one, how many. */
    if (strncmp(line, "UNIX", 4) != 0)
        return;
    const char *at = line + strcspn(line, " ");
    char *end;
    (void)strtol(at, &end, 10);
    *count += strtol(end, NULL, 10);
}

/* How many Unix sockets there are in this network namespace, -1 where that is not told. */
static long count_sockets(const struct procfs *procfs) {
    long count = 0;
    return procfs_each_line(procfs, "net/protocols", PROTOCOLS_BYTES, add_sockets, &count) == 0 ? count : -1;
}

/* Send a socket to itself, and with it the writing end of a pipe, and close both: the reading end, which then tells when
 * that was collected, or -1. Closes a socket in any case, with which the kernel begins to collect. */
static int send_marker(void) {
    int pair[2], ends[2] = {-1, -1};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        return -1;
    bool is_sent = false;
    if (pipe2(ends, O_CLOEXEC) == 0) {
        char byte = 0;
        const int sent[2] = {pair[1], ends[1]};
        _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(sent))] = {0};
        struct iovec part = {&byte, 1};
        struct msghdr message = {
            .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(sent));
        memcpy(CMSG_DATA(header), sent, sizeof(sent));
        /* Refused where the dead have more in flight than we may (too_many_unix_fds): tried again once that is collected. */
        is_sent = sendmsg(pair[0], &message, MSG_NOSIGNAL | MSG_DONTWAIT) == 1;
        (void)close(ends[1]);
        if (!is_sent)
            (void)close(ends[0]);
    }
    (void)close(pair[1]);
    (void)close(pair[0]);
    return is_sent ? ends[0] : -1;
}

/* Have the kernel begin to collect. */
static void urge(void) {
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        return;
    (void)close(pair[0]);
    (void)close(pair[1]);
}

void flight_init(struct flight *flight, const struct procfs *procfs) {
    *flight = (struct flight){.procfs = procfs, .marker = -1};
}

/* Count anew; true where there are more than before, of our user's where that is told. */
static bool are_more(struct flight *flight, long own) {
    long all = count_sockets(flight->procfs);
    if (all >= 0 && flight->has_count && all - own <= flight->all) {
        flight->all = all - own;
        return false;
    }
    long ours = count_our_sockets();
    if (ours < 0)
        ours = all;
    bool are_more = ours < 0 || !flight->has_count || ours - own > flight->ours;
    flight->has_count = all >= 0 && ours >= 0;
    flight->all = all - own;
    flight->ours = ours - own;
    return are_more;
}

bool flight_is_over(struct flight *flight, long own) {
    if (flight->rounds == 0) {
        if (!are_more(flight, own))
            return true;
        flight->rounds = ROUNDS;
    }
    for (; flight->rounds > 0; flight->rounds--) {
        if (flight->marker < 0)
            flight->marker = send_marker();
        struct pollfd look = {flight->marker, POLLIN, 0};
        if (flight->marker < 0 || poll(&look, 1, 0) <= 0) {
            /* A collection that was under way when the marker was sent does not count. */
            urge();
            return false;
        }
        (void)close(flight->marker);
        flight->marker = -1;
    }
    /* What is there now is somebody else's. */
    flight->has_count = false;
    (void)are_more(flight, own);
    return true;
}
