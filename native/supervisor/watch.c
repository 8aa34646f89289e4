/* Watches from outside whether a worker talks to the Runtime API; see watch.h. */
#include "watch.h"

#include <errno.h>
#include <sys/random.h>

/* An attack takes some milliseconds to begin; most handlers are over by the second look. */
#define FIRST_LOOK (1 * NS_PER_MS)
/* A stolen event takes 1 to 1.5 ms with AWS's emulator. */
#define EVERY (5 * NS_PER_MS)
/* Looks at the table may take one part in so many of the processor time that the function has, and come this
 * often anyway. */
#define SHARE 50
#define SELDOM (50 * NS_PER_MS)
/* The memory at which Lambda gives a whole processor
 * (https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html), and the least that it gives of
 * one. */
#define MEMORY_OF_A_PROCESSOR 1769
#define LEAST_MEMORY 88
/* The platform ends an environment whose event is not answered in time. One that still runs this long after
 * that was answered by somebody, unless its clock and ours disagree by so much. */
#define OVERDUE (5 * NS_PER_S)
/* Looks in a row that fail: a host that is short of memory for a moment makes one fail, and none for long. */
#define MANY_FAILED 3
/* Looks at a connection of which it is not known whose it is, and changes hands perhaps, per event. */
#define MANY_TRIES 5
/* How long the connections of a dead process are waited for: that its descriptors are closed, which comes
 * after the teardown of its memory, and that the platform reads and closes them, unless it keeps a request
 * for an event. */
#define TEARDOWN (500 * NS_PER_MS)
#define SETTLE (50 * NS_PER_MS)
#define SETTLE_EVERY (500 * NS_PER_US)
/* A connection that was reset leaves no trace; what it had sent is read by then, unless the machine is busy.
 */
#define GRACE (5 * NS_PER_MS)
/* Rows are as many at most. */
#define MANY SOCKETS_MANY

/* Where Lambda's API is. */
static const uint8_t lambda_address[4] = {169, 254, 100, 1};
#define LAMBDA_PORT 9001

const char *sighting_name(enum sighting sighting) {
    static const char *const names[] = {NULL, "connection", "overdue", "blinded", "demoted"};
    return names[sighting];
}

const char *sighting_words(enum sighting sighting) {
    static const char *const words[] = {"", "it connected to the Runtime API",
                                        "its event has timed out, but the platform did not end it",
                                        "it left the supervisor nothing to look for connections with",
                                        "it lowered the supervisor's priority"};
    return words[sighting];
}

/* ---- what leads to the API
 * -------------------------------------------------------------------------------------- */

static bool has_other_end(const struct watch *watch, const struct connection *row) {
    for (size_t i = 0; i < watch->sockets.n_rows; i++)
        if (endpoint_same(&watch->sockets.rows[i].local, &row->remote) &&
            endpoint_same(&watch->sockets.rows[i].remote, &row->local))
            return true;
    return false;
}

/* Say whether `server`, an end of `row`, is the API. Where something listens at every address of the host,
 * whatever address of its own leads there does. */
static bool is_api(const struct watch *watch, const struct connection *row, const struct endpoint *server) {
    bool is_port = false;
    for (size_t i = 0; i < watch->n_api; i++) {
        if (endpoint_same(server, &watch->api[i]))
            return true;
        is_port |= server->port == watch->api[i].port;
    }
    return is_port && watch->sockets.serves_all && has_other_end(watch, row);
}

static bool is_own_end(const struct watch *watch, const struct endpoint *end) {
    for (size_t i = 0; i < watch->n_own; i++)
        if (endpoint_same(end, &watch->own[i]))
            return true;
    return false;
}

/* Say whether a row goes to or from the API and is not of a connection of our own. */
static bool concerns_us(const struct watch *watch, const struct connection *row) {
    return row->state != TCP_LISTENS && !is_own_end(watch, &row->local) && !is_own_end(watch, &row->remote) &&
           (is_api(watch, row, &row->remote) || is_api(watch, row, &row->local));
}

static struct known_socket *find_socket(struct watch *watch, uint64_t inode) {
    for (size_t i = 0; i < watch->n_known; i++)
        if (watch->known[i].inode == inode)
            return &watch->known[i];
    return NULL;
}

static void know_socket(struct watch *watch, uint64_t inode, bool is_innocent) {
    struct known_socket *known = find_socket(watch, inode);
    if (known == NULL && watch->n_known < WATCH_MANY_KNOWN) {
        known = &watch->known[watch->n_known++];
        *known = (struct known_socket){inode, 0, false};
    }
    if (known != NULL) {
        known->is_innocent |= is_innocent;
        known->tries += !is_innocent;
    }
}

/* Forget sockets that are gone, and with `all` also how often others were looked at. */
static void forget_sockets(struct watch *watch, bool all) {
    size_t n = 0;
    for (size_t i = 0; i < watch->n_known; i++) {
        bool is_there = false;
        for (size_t k = 0; k < watch->sockets.n_rows && !is_there; k++)
            is_there = watch->sockets.rows[k].inode == watch->known[i].inode;
        if (watch->known[i].is_innocent ? is_there : is_there && !all)
            watch->known[n++] = watch->known[i];
    }
    watch->n_known = n;
}

/* List the sockets that somebody holds at the client's end and that are not known to be innocent. */
static size_t list_suspects(struct watch *watch, uint64_t *out) {
    size_t n = 0;
    forget_sockets(watch, false);
    for (size_t i = 0; i < watch->sockets.n_rows; i++) {
        const struct connection *row = &watch->sockets.rows[i];
        bool is_client = false;
        for (size_t k = 0; k < watch->n_api; k++)
            is_client |= row->remote.port == watch->api[k].port;
        /* A worker cannot make a socket as somebody else, unless it is root. */
        uid_t uid = watch->sweep->uid;
        if (row->inode == 0 || !is_client || (row->uid != uid && uid != 0) || !concerns_us(watch, row))
            continue;
        const struct known_socket *known = find_socket(watch, row->inode);
        if (known == NULL || (!known->is_innocent && known->tries < MANY_TRIES))
            out[n++] = row->inode;
    }
    return n;
}

/* Whose sockets are asked for. */
struct holding {
    struct watch *watch;
    const uint64_t *inodes;
    size_t n;
    bool held[MANY];
    bool is_unreadable; /* somebody's descriptors could not be read */
};

/* Say whether something could be read; without a descriptor of our own to read it by, a worker has lowered our limit. */
static bool was_read(struct watch *watch, bool is_read) {
    watch->is_starved |= !is_read && errno == EMFILE;
    return is_read;
}

static int note_held(void *context, pid_t pid) {
    struct holding *holding = context;
    const struct procfs *procfs = holding->watch->sweep->procfs;
    bool is_read = procfs_holds(procfs, pid, holding->inodes, holding->n, holding->held) == 0;
    holding->is_unreadable |= !was_read(holding->watch, is_read);
    return 0;
}

/* Take out of `suspects` those that extensions hold; false where that could not be read. */
static bool acquit(struct watch *watch, uint64_t *suspects, size_t *n) {
    if (watch->sweep->n_extensions == 0 || *n == 0)
        return true;
    struct holding holding = {.watch = watch, .inodes = suspects, .n = *n};
    bool is_seen = was_read(watch, sweep_each_extension(watch->sweep, note_held, &holding) == 0) && !holding.is_unreadable;
    size_t left = 0;
    for (size_t i = 0; i < *n; i++) {
        if (holding.held[i])
            know_socket(watch, suspects[i], true);
        else
            suspects[left++] = suspects[i];
    }
    *n = left;
    return is_seen;
}

/* Say whether one of these sockets is known to be a worker's. */
static bool are_guilty(struct watch *watch, uint64_t *suspects, size_t n) {
    bool is_seen = acquit(watch, suspects, &n);
    if (n == 0)
        return false;
    if (watch->own_namespace && watch->sweep->n_extensions == 0)
        return true;
    if (watch->own_namespace && is_seen && sockets_read(&watch->sockets))
        for (size_t i = 0; i < watch->sockets.n_rows; i++)
            for (size_t k = 0; k < n; k++)
                if (watch->sockets.rows[i].inode == suspects[k])
                    /* Nobody else's, and not closed meanwhile. */
                    return true;
    struct holding holding = {.watch = watch, .inodes = suspects, .n = n};
    (void)sweep_each_foreign(watch->sweep, note_held, &holding);
    if (watch->worker > 0)
        (void)note_held(&holding, watch->worker);
    for (size_t i = 0; i < n; i++)
        if (holding.held[i])
            return true;
    for (size_t i = 0; i < n; i++)
        know_socket(watch, suspects[i], false);
    return false;
}

/* ---- while a worker has an event
 * -------------------------------------------------------------------------------- */

/* A length of time from nothing to twice `ns`. Nobody knows when the next look comes, and no moment is safe from one: how often
 * we have run is for everybody to read (/proc/PID/schedstat), and who waits for the end of a look needs only a millisecond. */
static int64_t jitter(int64_t ns) {
    uint8_t drawn = 128;
    (void)!getrandom(&drawn, sizeof(drawn), GRND_NONBLOCK);
    return ns * drawn / 128;
}

static int64_t cpu_ns(void) {
    struct timespec at;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at);
    return (int64_t)at.tv_sec * NS_PER_S + at.tv_nsec;
}

static bool is_tried(const struct watch *watch) {
    for (size_t i = 0; i < watch->n_known; i++)
        if (watch->known[i].tries > 0)
            return true;
    return false;
}

/* Say whether there were more rows than are kept where all are the worker's, extensions' few apart: no function has so many of
 * the API's port. */
static bool is_cut(const struct watch *watch) {
    return watch->own_namespace && watch->sockets.is_cut;
}

/* Look for living connections of the worker's processes. */
enum sighting watch_look_now(struct watch *watch) {
    const struct sweep *sweep = watch->sweep;
    uint64_t suspects[MANY];
    /* Not the clock: on a busy machine a look takes long, and just then it is not to come seldom. */
    int64_t began = cpu_ns();
    watch->is_starved = false;
    errno = 0;
    bool is_read = was_read(watch, sockets_read(&watch->sockets));
    size_t n = is_read ? list_suspects(watch, suspects) : 0;
    watch->failed = is_read ? 0 : watch->failed + 1;
    watch->is_starved |= watch->failed >= MANY_FAILED;
    /* Among more connections of that port than are looked at one to the API may hide. */
    bool is_guilty = is_cut(watch) || (n > 0 && are_guilty(watch, suspects, n));
    int64_t now = now_ns(), pause = (cpu_ns() - began) * watch->pause_factor;
    watch->due = now + jitter(EVERY);
    watch->full_due = now + jitter(pause < EVERY ? EVERY : pause > SELDOM ? SELDOM : pause);
    watch->may_remain |= is_guilty || watch->is_starved;
    if (watch->is_starved && sweep->relieve != NULL)
        (void)sweep->relieve(sweep->context);
    return is_guilty ? SIGHTING_CONNECTION : watch->is_starved ? SIGHTING_BLINDED : SIGHTING_NONE;
}

void watch_begin(struct watch *watch, struct sweep *sweep, const struct endpoint *api, bool own_namespace,
                 bool on_lambda, long memory_mb) {
    bytes_clear(watch, sizeof(*watch));
    watch->sweep = sweep;
    watch->own_namespace = own_namespace;
    watch->api[watch->n_api++] = *api;
    /* Whatever the function was told: a layer may have put a proxy of its own before it. */
    const struct endpoint known = endpoint_of(lambda_address, LAMBDA_PORT);
    if (on_lambda && !endpoint_same(api, &known))
        watch->api[watch->n_api++] = known;
    watch->seen = watch->quiet = -1;
    watch->is_armed = sockets_begin(&watch->sockets, sweep->procfs, watch->api, watch->n_api);
    long memory = memory_mb <= 0 || memory_mb > MEMORY_OF_A_PROCESSOR ? MEMORY_OF_A_PROCESSOR : memory_mb;
    watch->pause_factor = SHARE * MEMORY_OF_A_PROCESSOR / (memory < LEAST_MEMORY ? LEAST_MEMORY : memory);
}

void watch_own(struct watch *watch, const struct endpoint *local) {
    if (is_own_end(watch, local))
        return;
    if (watch->n_own == WATCH_MANY_OWN)
        watch_disown(watch, &watch->own[0]);
    watch->own[watch->n_own++] = *local;
}

void watch_disown(struct watch *watch, const struct endpoint *local) {
    size_t n = 0;
    const struct endpoint gone = *local;
    for (size_t i = 0; i < watch->n_own; i++)
        if (!endpoint_same(&watch->own[i], &gone))
            watch->own[n++] = watch->own[i];
    watch->n_own = n;
}

void watch_arrived(struct watch *watch) {
    if (watch->worker == 0 && watch->quiet >= 0)
        watch->quiet = sockets_begun(&watch->sockets);
}

void watch_hand_over(struct watch *watch, pid_t worker, int64_t deadline, bool is_on) {
    int64_t now = now_ns();
    watch->is_on = is_on && watch->is_armed;
    watch->worker = worker;
    /* An event that comes late, or by another clock, tells nothing. */
    watch->overdue = deadline > now && deadline < NEVER - OVERDUE ? deadline + OVERDUE : NEVER;
    watch->due = watch->full_due = now + FIRST_LOOK;
    if (watch->quiet >= 0)
        /* What had connected before the event came was no worker: a look at the table takes a millisecond on a large machine,
         * and an invoker in our namespace connects for each event. */
        watch->seen = watch->quiet;
    forget_sockets(watch, true);
}

int64_t watch_due(const struct watch *watch) {
    if (!watch->is_on)
        return NEVER;
    return watch->due < watch->overdue ? watch->due : watch->overdue;
}

const char *watch_misses(const struct watch *watch) {
    if (!watch->is_armed)
        return "its own event ends, because connections cannot be listed here";
    if (!watch->own_namespace)
        return "Dayfly detects it, or until its own event ends if its descriptors cannot be read";
    return "Dayfly detects and ends it";
}

/* ---- what the dead have left
 * ------------------------------------------------------------------------------------ */

static bool has_ends(const struct known_ends *known, const struct endpoint *local,
                     const struct endpoint *remote) {
    for (size_t i = 0; i < known->n; i++)
        if (endpoint_same(&known->at[i].local, local) && endpoint_same(&known->at[i].remote, remote))
            return true;
    return false;
}

/* Say whether one side of a connection is closed and the other is not. */
static bool is_half_closed(const struct connection *row) {
    return row->state == TCP_FIN_WAIT_1 || row->state == TCP_FIN_WAIT_2 || row->state == TCP_CLOSE_WAITS ||
           row->state == TCP_CLOSES;
}

/* Take the half-closed rows, which are nobody's but a worker's where there are no extensions.
 *
 * An extension may leave some at any time, and nobody is to wait for those. Beside one those count whose
 * words had not all been sent when nobody held them any more, which is so for microseconds where an extension
 * closes; and as long as they are there, since what they asked for may be the next event. */
static void take_left(struct watch *watch) {
    struct known_ends found = {.n = 0};
    for (size_t i = 0; i < watch->sockets.n_rows && watch->own_namespace; i++) {
        const struct connection *row = &watch->sockets.rows[i];
        if (!is_half_closed(row) || !concerns_us(watch, row) || found.n == WATCH_MANY_KNOWN)
            continue;
        bool counts = watch->sweep->n_extensions == 0 || (row->state == TCP_FIN_WAIT_1 && row->inode == 0) ||
                      has_ends(&watch->left, &row->local, &row->remote) ||
                      has_ends(&watch->left, &row->remote, &row->local);
        if (counts)
            found.at[found.n++] = (struct ends){row->local, row->remote};
    }
    watch->left = found;
}

/* Look, and note whether nothing of a worker's is or was there when `begun` connections had been begun. */
static enum sighting look_and_note(struct watch *watch, long begun) {
    enum sighting sighting = watch_look_now(watch);
    /* What the worker has sent and closed is seen by nobody else: it goes on, or has gone on until now. */
    take_left(watch);
    watch->may_remain |= watch->left.n > 0;
    watch->quiet = sighting == SIGHTING_NONE && !is_tried(watch) && watch->failed == 0 && !watch->may_remain ? begun : -1;
    return sighting;
}

/* Say whether all that is left was waited for in vain already. */
static bool is_known_to_remain(const struct watch *watch) {
    for (size_t i = 0; i < watch->left.n; i++)
        if (!has_ends(&watch->remains, &watch->left.at[i].local, &watch->left.at[i].remote))
            return false;
    return true;
}

enum sighting watch_look(struct watch *watch, int64_t now) {
    if (!watch->is_on)
        return SIGHTING_NONE;
    if (now >= watch->overdue)
        return SIGHTING_OVERDUE;
    if (now < watch->due)
        return SIGHTING_NONE;
    long begun = sockets_begun(&watch->sockets);
    if (begun >= 0 ? begun == watch->seen : now < watch->full_due) {
        watch->due = now + jitter(EVERY);
        return SIGHTING_NONE;
    }
    enum sighting sighting = look_and_note(watch, begun);
    /* Where it is not known whose a connection is, or nothing was seen, it is looked at again. */
    watch->seen = is_tried(watch) || watch->failed > 0 ? -1 : begun;
    return sighting;
}

enum sighting watch_look_at_end(struct watch *watch) {
    if (!watch->is_armed)
        return SIGHTING_NONE;
    long begun = sockets_begun(&watch->sockets);
    return begun == watch->quiet && begun >= 0 ? SIGHTING_NONE : look_and_note(watch, begun);
}

bool watch_settle(struct watch *watch) {
    uint64_t living[MANY];
    watch->is_on = false;
    watch->worker = 0;
    if (!watch->is_armed || !watch->own_namespace)
        return true;
    long begun = sockets_begun(&watch->sockets);
    if (begun == watch->quiet && begun >= 0)
        return true;
    int64_t began = now_ns(), until = began + SETTLE;
    bool was_visited = false, is_late = false;
    while (!is_late) {
        bool is_read = sockets_read(&watch->sockets);
        size_t n = is_read ? list_suspects(watch, living) : 0;
        if (!acquit(watch, living, &n))
            n = 0;
        take_left(watch);
        /* Whoever comes later has nothing to do with what was waited for in vain. */
        if (is_read && n == 0 && !is_cut(watch) && (watch->sweep->n_extensions > 0 || is_known_to_remain(watch)))
            break;
        was_visited = true;
        int64_t now = now_ns();
        if (n > 0 || is_cut(watch))
            until = now + SETTLE < began + TEARDOWN ? now + SETTLE : began + TEARDOWN;
        is_late = now > until;
        if (!is_late)
            (void)nanosleep(&(struct timespec){0, SETTLE_EVERY}, NULL);
        /* What outlives the worker by so much was never its own. */
        for (size_t i = 0; is_late && i < n; i++)
            know_socket(watch, living[i], true);
    }
    if (was_visited && !is_late)
        /* One that was reset has left the table, and what it had sent may still be read. */
        (void)nanosleep(&(struct timespec){0, GRACE}, NULL);
    watch->may_remain |= was_visited || watch->left.n > 0;
    watch->quiet = watch->may_remain ? -1 : begun;
    return !was_visited;
}

bool watch_has_remains(struct watch *watch) {
    if (!watch->may_remain)
        return false;
    bool is_read = sockets_read(&watch->sockets);
    take_left(watch);
    watch->remains = watch->left;
    watch->may_remain = !is_read || watch->remains.n > 0 || is_cut(watch);
    /* What was on its way and is not any more has come since. */
    return true;
}
