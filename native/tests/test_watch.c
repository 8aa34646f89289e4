/* Who is connected to the Runtime API: the worker, the supervisor, an extension, somebody else. */
#include "unit.h"

#include "../supervisor/watch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#define PORT 9001
#define OTHER_PORT 9002
#define OWN_PORT 8080

static struct procfs procfs;
static struct pairs pairs;
static struct sweep sweep;
static struct watch watch;
static struct fault fault;
static int told[2]; /* a byte makes the server close what it has accepted */

static struct sockaddr_in address_of(uint16_t port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

static int listen_at(uint16_t port) {
    struct sockaddr_in address = address_of(port);
    int one = 1, descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(descriptor >= 0);
    CHECK(setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) == 0);
    CHECK(bind(descriptor, (struct sockaddr *)&address, sizeof(address)) == 0);
    CHECK(listen(descriptor, 64) == 0);
    return descriptor;
}

/* Accept and keep, as the platform does with a request for the next event. */
static void serve(int api, int other) {
    int accepted[64];
    size_t n = 0;
    struct pollfd ready[3] = {{api, POLLIN, 0}, {other, POLLIN, 0}, {told[0], POLLIN, 0}};
    for (;;) {
        CHECK(poll(ready, 3, -1) > 0);
        for (int i = 0; i < 2; i++)
            if (ready[i].revents != 0 && n < 64)
                accepted[n++] = accept(ready[i].fd, NULL, NULL);
        if (ready[2].revents != 0) {
            char byte;
            CHECK(read(told[0], &byte, 1) == 1);
            while (n > 0)
                (void)close(accepted[--n]);
        }
    }
}

/* The platform: of another user, with a connection of its own. */
static void start_the_platform(void) {
    struct ifreq loopback = {.ifr_name = "lo"};
    int any = socket(AF_INET, SOCK_DGRAM, 0);
    CHECK(any >= 0);
    CHECK(ioctl(any, SIOCGIFFLAGS, &loopback) == 0);
    loopback.ifr_flags |= IFF_UP;
    CHECK(ioctl(any, SIOCSIFFLAGS, &loopback) == 0);
    CHECK(pipe(told) == 0);
    int api = listen_at(PORT), other = listen_at(OTHER_PORT);
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0)
        serve(api, other);
    (void)close(api);
    (void)close(other);
}

static int connect_to(uint16_t port) {
    struct sockaddr_in address = address_of(port);
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(descriptor >= 0);
    CHECK(connect(descriptor, (struct sockaddr *)&address, sizeof(address)) == 0);
    return descriptor;
}

static void start_the_platform_and_a_friend(void) {
    start_the_platform();
    (void)connect_to(PORT);
}

/* Fork a worker that connects there and then sleeps. */
static pid_t start_worker(uint16_t port) {
    int ready[2];
    char byte = 0;
    CHECK(pipe(ready) == 0);
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        int descriptor = connect_to(port);
        CHECK(write(descriptor, "GET", 3) == 3);
        CHECK(write(ready[1], &byte, 1) == 1);
        for (;;)
            (void)pause();
    }
    CHECK(read(ready[0], &byte, 1) == 1);
    return pid;
}

static void begin_with(bool own_namespace) {
    struct sockaddr_in address = address_of(PORT);
    struct endpoint api;
    CHECK(procfs_open(&procfs, &fault) == 0);
    CHECK(pairs_begin(&pairs, &fault) == 0);
    CHECK(sweep_begin(&sweep, &procfs, &pairs, own_namespace ? SWEEP_ENVIRONMENT : SWEEP_DESCENDANTS,
                      &fault) == 0);
    CHECK(endpoint_from(&api, (struct sockaddr *)&address));
    watch_begin(&watch, &sweep, &api, own_namespace, false, 128);
    CHECK(watch.is_armed);
}

static void begin(void) { begin_with(true); }

static enum sighting look(pid_t worker) {
    watch_hand_over(&watch, worker, NEVER, true);
    CHECK(watch_due(&watch) < NEVER);
    return watch_look(&watch, watch_due(&watch));
}

/* ---- while a worker has an event */

static void sees_a_worker_there(void) {
    begin();
    CHECK_EQUAL(look(0), SIGHTING_NONE);
    pid_t worker = start_worker(PORT);
    CHECK_EQUAL(look(worker), SIGHTING_CONNECTION);
    /* And again: it is not forgotten because nobody has connected since. */
    CHECK_EQUAL(look(worker), SIGHTING_NONE);
    watch.seen = -1;
    CHECK_EQUAL(look(worker), SIGHTING_CONNECTION);
}

static void sees_it_in_the_file_as_well(void) {
    begin();
    (void)close(watch.sockets.netlink);
    watch.sockets.netlink = -1;
    watch.sockets.by_proc = true;
    CHECK_EQUAL(look(0), SIGHTING_NONE);
    CHECK_EQUAL(look(start_worker(PORT)), SIGHTING_CONNECTION);
}

static void does_not_mind_our_own(void) {
    begin();
    int ours = connect_to(PORT);
    struct sockaddr_in name;
    struct endpoint local;
    socklen_t n = sizeof(name);
    CHECK(getsockname(ours, (struct sockaddr *)&name, &n) == 0);
    CHECK(endpoint_from(&local, (struct sockaddr *)&name));
    watch_own(&watch, &local);
    CHECK_EQUAL(look(0), SIGHTING_NONE);
    CHECK(watch_settle(&watch));
    watch_disown(&watch, &local);
    watch.seen = watch.quiet = -1;
    CHECK_EQUAL(look(0), SIGHTING_CONNECTION);
}

static void does_not_mind_other_ports_and_users(void) {
    begin();
    CHECK_EQUAL(look(start_worker(OTHER_PORT)), SIGHTING_NONE);
    CHECK(watch_settle(&watch));
}

/* A worker that is a busy client of another host's server at the API's port, a host of this machine here. */
static pid_t start_a_busy_client(void) {
    enum { MANY = 300 };
    int ready[2];
    char byte = 0;
    CHECK(pipe(ready) == 0);
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        struct sockaddr_in there = address_of(PORT);
        there.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 6);
        int server = socket(AF_INET, SOCK_STREAM, 0);
        CHECK(bind(server, (struct sockaddr *)&there, sizeof(there)) == 0 && listen(server, MANY) == 0);
        for (int i = 0; i < MANY; i++) {
            int client = socket(AF_INET, SOCK_STREAM, 0);
            CHECK(client >= 0 && connect(client, (struct sockaddr *)&there, sizeof(there)) == 0);
        }
        CHECK(write(ready[1], &byte, 1) == 1);
        for (;;)
            (void)pause();
    }
    CHECK(read(ready[0], &byte, 1) == 1);
    return pid;
}

static void does_not_mind_many_of_the_same_port_elsewhere(void) {
    begin();
    for (int by_proc = 0; by_proc < 2; by_proc++) {
        watch.sockets.by_proc = by_proc != 0;
        pid_t client = start_a_busy_client();
        CHECK_EQUAL(look(client), SIGHTING_NONE);
        /* Nor may one to the API hide among them. */
        pid_t worker = start_worker(PORT);
        watch.seen = -1;
        CHECK_EQUAL(look(worker), SIGHTING_CONNECTION);
        CHECK(kill(client, SIGKILL) == 0 && waitpid(client, NULL, 0) == client);
        CHECK(kill(worker, SIGKILL) == 0 && waitpid(worker, NULL, 0) == worker);
        CHECK(write(told[1], "", 1) == 1);
        AWAIT(watch_settle(&watch));
    }
}

static void does_not_take_a_lack_for_nothing(void) {
    begin();
    struct procfs lacking = procfs;
    lacking.root = -1;
    watch.sockets.procfs = &lacking;
    watch.sockets.by_proc = true;
    watch_hand_over(&watch, 1, NEVER, true);
    for (int i = 0; i < 2; i++)
        CHECK_EQUAL(watch_look(&watch, watch_due(&watch)), SIGHTING_NONE);
    CHECK_EQUAL(watch_look(&watch, watch_due(&watch)), SIGHTING_BLINDED);
    watch.quiet = -1;
    CHECK(!watch_settle(&watch));
}

static void count_line(void *context, const char *line) { *(int *)context += line[0] != '\0'; }

static void does_not_take_a_part_for_the_whole(void) {
    int lines = 0;
    begin();
    CHECK(procfs_each_line(&procfs, "net/tcp", 1 << 20, count_line, &lines) == 0 && lines > 1);
    CHECK(procfs_each_line(&procfs, "net/tcp", 0, count_line, &lines) == -1 && errno == EFBIG);
}

static void looks_when_it_is_time(void) {
    begin();
    int64_t now = now_ns();
    watch_hand_over(&watch, 1, now + NS_PER_S, true);
    (void)start_worker(PORT);
    CHECK_EQUAL(watch_look(&watch, now), SIGHTING_NONE);
    CHECK_EQUAL(watch_look(&watch, watch_due(&watch)), SIGHTING_CONNECTION);
    CHECK_EQUAL(watch_look(&watch, now + 7 * NS_PER_S), SIGHTING_OVERDUE);
    watch_hand_over(&watch, 1, now + NS_PER_S, false);
    CHECK_EQUAL(watch_due(&watch), NEVER);
    CHECK_EQUAL(watch_look(&watch, now + 7 * NS_PER_S), SIGHTING_NONE);
}

static void no_moment_after_a_look_is_safe(void) {
    bool was_soon = false;
    begin();
    watch_hand_over(&watch, 1, NEVER, true);
    for (int i = 0; i < 400 && !was_soon; i++) {
        int64_t now = watch_due(&watch);
        CHECK_EQUAL(watch_look(&watch, now), SIGHTING_NONE);
        /* The first one takes its time from the clock. */
        was_soon = i > 0 && watch_due(&watch) - now < NS_PER_MS;
    }
    CHECK(was_soon);
}

static void does_not_look_for_who_connected_before_the_event(void) {
    begin();
    CHECK(watch_settle(&watch));
    int theirs = connect_to(OTHER_PORT);
    watch_arrived(&watch);
    watch_hand_over(&watch, 1, NEVER, true);
    const size_t unread = SOCKETS_MANY + 1;
    watch.sockets.n_rows = unread;
    CHECK_EQUAL(watch_look(&watch, watch_due(&watch)), SIGHTING_NONE);
    CHECK_EQUAL(watch.sockets.n_rows, unread);
    (void)close(theirs);
    CHECK_EQUAL(look(start_worker(PORT)), SIGHTING_CONNECTION);
}

/* ---- beside others */

static void a_stranger_beside_us_is_not_a_worker(void) {
    begin_with(false);
    watch_hand_over(&watch, getpid(), NEVER, true);
    /* Started before us, and of our user. */
    CHECK_EQUAL(watch_look(&watch, watch_due(&watch)), SIGHTING_NONE);
    pid_t worker = start_worker(PORT);
    CHECK_EQUAL(look(worker), SIGHTING_CONNECTION);
}

static void beside_a_stranger(void) {
    (void)start_worker(PORT);
    forked(a_stranger_beside_us_is_not_a_worker);
}

static void start_an_extension(void) {
    int ready[2];
    char byte = 0;
    start_the_platform();
    CHECK(mount("tmpfs", "/opt", "tmpfs", 0, "mode=755") == 0);
    CHECK(mkdir("/opt/extensions", 0755) == 0 && mknod("/opt/extensions/agent", S_IFREG | 0755, 0) == 0);
    CHECK(pipe(ready) == 0);
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        unit_drop();
        int descriptor = connect_to(PORT);
        CHECK(write(ready[1], &byte, 1) == 1 && descriptor >= 0);
        for (;;)
            (void)pause();
    }
    CHECK(read(ready[0], &byte, 1) == 1);
}

static void an_extension_may_be_there(void) {
    begin();
    CHECK_EQUAL(sweep.n_extensions, 1);
    CHECK_EQUAL(look(0), SIGHTING_NONE);
    CHECK(watch_settle(&watch));
    pid_t worker = start_worker(PORT);
    CHECK_EQUAL(look(worker), SIGHTING_CONNECTION);
}

/* ---- what the dead have left */

static void waits_for_what_a_dead_worker_had_sent(void) {
    begin();
    CHECK(watch_settle(&watch));
    CHECK(!watch_has_remains(&watch));
    pid_t worker = start_worker(PORT);
    watch_hand_over(&watch, worker, NEVER, false);
    CHECK(kill(worker, SIGKILL) == 0 && waitpid(worker, NULL, 0) == worker);
    /* The platform keeps the request. */
    CHECK(!watch_settle(&watch));
    CHECK(watch_has_remains(&watch));
    CHECK(watch_has_remains(&watch));
    CHECK(write(told[1], "", 1) == 1);
    AWAIT(!watch_has_remains(&watch));
    CHECK(watch_settle(&watch));
}

static void does_not_mind_who_connected_before_the_event(void) {
    begin();
    CHECK(watch_settle(&watch));
    int theirs = connect_to(PORT);
    watch_arrived(&watch);
    CHECK(watch_settle(&watch));
    /* A worker that goes on may connect between two events. */
    watch_hand_over(&watch, getpid(), NEVER, false);
    int again = connect_to(PORT);
    watch_arrived(&watch);
    (void)close(theirs);
    (void)close(again);
    CHECK(!watch_settle(&watch));
    /* What may be on its way is no reason to look away. */
    (void)connect_to(PORT);
    watch_arrived(&watch);
    CHECK(!watch_settle(&watch));
}

static void sees_what_a_worker_that_goes_on_has_sent(void) {
    begin();
    CHECK_EQUAL(watch_look_at_end(&watch), SIGHTING_NONE);
    int sent = connect_to(PORT);
    CHECK_EQUAL(watch_look_at_end(&watch), SIGHTING_CONNECTION);
    (void)close(sent);
    CHECK_EQUAL(watch_look_at_end(&watch), SIGHTING_NONE);
    CHECK(watch_has_remains(&watch));
}

/* ---- what the kernel writes */

static void reads_rows(void) {
    struct connection row;
    const struct endpoint local = endpoint_of((const uint8_t[]){127, 0, 0, 1}, 0x1F90);
    CHECK(sockets_parse(
        "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1051        0 4242 1 x",
        &row));
    CHECK(endpoint_same(&row.local, &local));
    CHECK(endpoint_is_any(&row.remote));
    CHECK(row.state == TCP_LISTENS && row.uid == 1051 && row.inode == 4242);
    CHECK(
        sockets_parse("  12: 0000000000000000FFFF00000100007F:1F90 00000000000000000000000001000000:0050 01 "
                      "00000000:00000001 00:00000000 00000000     0        0 7 1 x",
                      &row));
    CHECK(endpoint_same(&row.local, &local));
    CHECK(!endpoint_is_any(&row.remote));
    CHECK(!sockets_parse("  sl  local_address rem_address   st tx_queue", &row));
    CHECK(!sockets_parse("   0: 0100007F:1F90 0000", &row));
    CHECK(!sockets_parse("", &row));
    uint8_t message[72] = {AF_INET, 1};
    CHECK(!sockets_unpack(message, 71, &row));
    CHECK(sockets_unpack(message, 72, &row) && row.state == 1);
}

/* A hundred ports, and two hundred of a server's own. */
static void narrow_the_ports(void) {
    start_the_platform();
    unit_write("/proc/sys/net/ipv4/ip_local_port_range", "32768 32867");
}

/* The port that a new listener got in `listener`. */
static uint16_t listen_anywhere(int *listener) {
    struct sockaddr_in address;
    socklen_t size = sizeof(address);
    *listener = listen_at(0);
    CHECK(getsockname(*listener, (struct sockaddr *)&address, &size) == 0);
    return ntohs(address.sin_port);
}

static bool lacks(const char *what) {
    const char *lack = sockets_lack(&watch.sockets, true, false);
    return lack == what || (lack != NULL && what != NULL && strcmp(lack, what) == 0);
}

static void closed_connections_take_ports(void) {
    begin_with(true);
    for (int i = 0; i < 80; i++) {
        int listener;
        CHECK(lacks(i > 75 ? "nearly all ports" : NULL));
        int one = connect_to(listen_anywhere(&listener));
        int other = accept(listener, NULL, NULL);
        /* Who closes first waits. */
        (void)close(one);
        (void)close(other);
        (void)close(listener);
    }
}

/* Whether a careful server gets `port`. */
static bool is_free(uint16_t port) {
    struct sockaddr_in address = address_of(port);
    int one = 1, descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) == 0);
    bool is_bound = bind(descriptor, (struct sockaddr *)&address, sizeof(address)) == 0;
    (void)close(descriptor);
    return is_bound;
}

/* Connect from OWN_PORT to `port`. */
static int connect_from_own(uint16_t port) {
    struct sockaddr_in own = address_of(OWN_PORT), address = address_of(port);
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    CHECK(bind(descriptor, (struct sockaddr *)&own, sizeof(own)) == 0);
    (void)connect(descriptor, (struct sockaddr *)&address, sizeof(address));
    return descriptor;
}

static void free_a_chosen_port(void) {
    for (int i = 0; i < 2; i++) {
        int listener;
        int one = connect_from_own(listen_anywhere(&listener)), other = accept(listener, NULL, NULL);
        (void)close(listener);
        /* From either end, TIME_WAIT is the first's to close. */
        (void)close(one);
        (void)close(other);
        CHECK(!is_free(OWN_PORT));
        CHECK(lacks(NULL));
        CHECK(is_free(OWN_PORT));
    }
}

static void chosen_ports_are_freed(void) {
    begin_with(true);
    free_a_chosen_port();
    watch.sockets.by_proc = true;
    free_a_chosen_port();
}

static bool is_enough_beside_others(void) { return sockets_lack(&watch.sockets, false, false) == NULL; }

/* Send to a peer that does not read, until no more is taken. */
static void send_much(int to, int flags) {
    static const uint8_t much[4096];
    while (send(to, much, sizeof(much), MSG_NOSIGNAL | flags) > 0)
        ;
}

static void what_is_unsent_is_waited_for(void) {
    int listener;
    begin_with(true);
    int one = connect_from_own(listen_anywhere(&listener)), other = accept(listener, NULL, NULL);
    send_much(one, 0);
    (void)close(one);
    /* The peer lives, and may be another host. */
    CHECK(lacks("a port that a function may need"));
    CHECK(is_enough_beside_others());
    CHECK(!is_free(OWN_PORT));
    /* As if the kernel had given it out. */
    watch.sockets.first_port = 1;
    watch.sockets.at_ease = -1;
    CHECK(lacks(NULL));
    watch.sockets.most_pages = 64;
    CHECK(lacks(NULL));
    watch.sockets.at_ease = -1;
    CHECK(lacks("half of the memory of connections"));
    CHECK(is_enough_beside_others());
    watch.sockets.most_pages = 0;
    watch.sockets.most_orphans = 1;
    watch.sockets.at_ease = -1;
    CHECK(lacks("half of the places of unsent connections"));
    watch.sockets.lacks_before = ~0u;
    CHECK(lacks(NULL));
    watch.sockets.lacks_before = 0;
    (void)close(other);
    /* The kernel counts those of the whole machine, and another test may have some for a moment. */
    AWAIT((watch.sockets.at_ease = -1, lacks(NULL)));
}

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

static void multipath_connections_are_waited_for(void) {
    struct sockaddr_in own = address_of(OWN_PORT), address;
    int listener, one = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_MPTCP);
    if (one < 0)
        return;
    begin_with(true);
    address = address_of(listen_anywhere(&listener));
    CHECK(bind(one, (struct sockaddr *)&own, sizeof(own)) == 0);
    CHECK(connect(one, (struct sockaddr *)&address, sizeof(address)) == 0);
    int other = accept(listener, NULL, NULL);
    (void)close(listener);
    (void)close(one);
    CHECK(lacks("a port that a function may need"));
    (void)close(other);
    AWAIT(lacks(NULL));
    CHECK(is_free(OWN_PORT));
}

int main(void) {
    RUN(in_namespace(start_the_platform, sees_a_worker_there));
    RUN(in_namespace(start_the_platform, sees_it_in_the_file_as_well));
    RUN(in_namespace(start_the_platform, does_not_mind_our_own));
    if (geteuid() == 0)
        RUN(in_namespace(start_the_platform_and_a_friend, does_not_mind_other_ports_and_users));
    RUN(in_namespace(start_the_platform, does_not_mind_many_of_the_same_port_elsewhere));
    RUN(in_namespace(start_the_platform, does_not_take_a_lack_for_nothing));
    RUN(in_namespace(start_the_platform, does_not_take_a_part_for_the_whole));
    RUN(in_namespace(start_the_platform, looks_when_it_is_time));
    RUN(in_namespace(start_the_platform, no_moment_after_a_look_is_safe));
    RUN(in_namespace(start_the_platform, does_not_look_for_who_connected_before_the_event));
    RUN(in_namespace(start_the_platform, beside_a_stranger));
    RUN(in_namespace(start_an_extension, an_extension_may_be_there));
    RUN(in_namespace(start_the_platform, waits_for_what_a_dead_worker_had_sent));
    RUN(in_namespace(start_the_platform, does_not_mind_who_connected_before_the_event));
    RUN(in_namespace(start_the_platform, sees_what_a_worker_that_goes_on_has_sent));
    RUN(in_namespace(narrow_the_ports, closed_connections_take_ports));
    RUN(in_namespace(start_the_platform, chosen_ports_are_freed));
    RUN(in_namespace(start_the_platform, what_is_unsent_is_waited_for));
    RUN(in_namespace(start_the_platform, multipath_connections_are_waited_for));
    RUN(reads_rows());
    return 0;
}
