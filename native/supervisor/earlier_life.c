/* What an earlier life left running: found, told apart from an init's, and ended; see earlier_life.h. */
#include "earlier_life.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdlib.h>

#include "supervisor.h"

/* TASK_COMM_LEN, and more in kernels to come. */
enum { COMMAND_BYTES = 32 };

/* Those of our user that an execution meets. The dying were killed by a lifeline with the life before, or by who else ended
 * it: nobody left them here. More than fit are counted with the others. */
struct met {
    const struct procfs *procfs;
    pid_t dying[64];
    size_t n;
    int others;
    struct earlier_life *earlier;
};

/* Names are anybody's. */
static void make_printable(char *name) {
    for (; *name != '\0'; name++)
        if (*name < ' ' || *name > '~')
            *name = '?';
}

/* Note a process that came from an invocation. */
static void name_served(const struct met *met, pid_t pid) {
    struct earlier_life *earlier = met->earlier;
    char path[32], name[COMMAND_BYTES];
    size_t n = strlen(earlier->names);
    earlier->served++;
    (void)snprintf(path, sizeof(path), "%d/comm", (int)pid);
    if (procfs_read(met->procfs, path, name, sizeof(name)) <= 0)
        return;
    name[strcspn(name, "\n")] = '\0';
    make_printable(name);
    struct buffer names = {(uint8_t *)earlier->names, n, sizeof(earlier->names) - 1};
    if (buffer_print(&names, "%s%s", n > 0 ? ", " : "", name) == 0)
        n = names.n;
    earlier->names[n] = '\0';
}

static int meet(void *context, pid_t pid) {
    struct met *met = context;
    if (met->n < COUNT(met->dying) && procfs_is_dying(met->procfs, pid) == 1) {
        met->dying[met->n++] = pid;
        return 0;
    }
    met->others++;
    if (!pairs_is_of_init(pid))
        name_served(met, pid);
    return 0;
}

/* Count the connections to the Runtime API: none is ours yet. */
static int64_t count_polls(struct supervisor *s) {
    struct sockets *sockets = &s->watch.sockets;
    struct sockaddr_in api = {.sin_family = AF_INET};
    struct endpoint server;
    char host[INET_ADDRSTRLEN];
    const char *address = getenv("AWS_LAMBDA_RUNTIME_API"), *port = strrchr(address, ':');
    int64_t n = 0;
    bytes_copy(host, sizeof(host), (struct bytes){(const uint8_t *)address, port == NULL ? 0 : (size_t)(port - address)});
    if (inet_pton(AF_INET, host, &api.sin_addr) != 1)
        return 0;
    api.sin_port = htons((uint16_t)atoi(port + 1));
    (void)endpoint_from(&server, (const struct sockaddr *)&api);
    bool is_read = sockets_begin(sockets, &s->procfs, &server, 1) && sockets_read(sockets);
    for (size_t i = 0; is_read && i < sockets->n_rows; i++)
        /* Closed at the platform's end, perhaps. */
        n += (sockets->rows[i].state == TCP_IS_ESTABLISHED || sockets->rows[i].state == TCP_CLOSE_WAITS) &&
             endpoint_same(&sockets->rows[i].remote, &server);
    sockets_end(sockets);
    return n;
}

void earlier_life_end(struct supervisor *s) {
    struct swept swept;
    struct met met = {.procfs = &s->procfs, .earlier = &s->earlier};
    (void)sweep_each_foreign(&s->sweep, meet, &met);
    if (s->earlier.served > 0 && s->earlier.polls != EARLIER_NOT_COUNTED)
        s->earlier.polls += count_polls(s);
    (void)sweep_first(&s->sweep);
    if (sweep_run(&s->sweep, met.dying, met.n, &swept) != 0) {
        print_error("processes from before the runtime restart could not be ended", "recycle this environment");
        exit(EXIT_NO_EVENTS);
    }
    /* A process that was ended at once may be seen again while it dies. */
    s->earlier.killed += met.others > (int)swept.killed ? met.others : (int)swept.killed;
}

/* Take what the layer's wrapper has ended, which counted none: `met` a process of an init, or `served NAMES`. */
static void take_wrappers(struct earlier_life *earlier) {
    const char *later = getenv(WRAPPERS_VARIABLE);
    static const char served[] = "served ";
    if (later == NULL || strcmp(later, "alone") == 0)
        return;
    earlier->killed = 1;
    if (strncmp(later, served, strlen(served)) != 0)
        return;
    earlier->served = 1;
    earlier->polls = EARLIER_NOT_COUNTED;
    bytes_copy(earlier->names, sizeof(earlier->names), bytes_of(later + strlen(served)));
    make_printable(earlier->names);
}

void earlier_life_take(struct earlier_life *earlier) {
    const char *before = getenv(EARLIER_LIFE_VARIABLE);
    int at = 0;
    if (before != NULL && sscanf(before, "%" SCNd64 " %" SCNd64 " %" SCNd64 " %n", &earlier->killed, &earlier->served,
                                 &earlier->polls, &at) == 3)
        bytes_copy(earlier->names, sizeof(earlier->names), bytes_of(before + at));
    else
        take_wrappers(earlier);
}

void earlier_life_hand_on(const struct earlier_life *earlier) {
    char found[EARLIER_NAMES + 64];
    (void)snprintf(found, sizeof(found), "%" PRId64 " %" PRId64 " %" PRId64 " %s", earlier->killed, earlier->served,
                   earlier->polls, earlier->names);
    (void)setenv(EARLIER_LIFE_VARIABLE, found, 1);
}
