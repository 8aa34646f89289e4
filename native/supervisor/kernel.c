/* Clears System V objects and kernel keys that an invocation left; see kernel.h. */
#include "kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Passes over objects, KERNEL_MANY_OBJECTS each: more than msgmni, shmmni and semmni (32,000) together. */
#define MANY_PASSES 128
/* A key's description has a page at most, and its type and owners before it. */
#define DESCRIPTION_BYTES 4224
/* How long the kernel may take until it has forgotten a keyring that was invalidated, after which it makes
 * another: a worker of its own does it, which a busy machine keeps waiting. */
#define COLLECTION (500 * NS_PER_MS)
/* One read of /proc/key-users gives a page at most; what of it may come before the line that is looked for. A line has less
 * than a hundred bytes. */
#define TALLY_BYTES 4097
#define TALLY_BEFORE 2048
/* A machine with some hundred users before ours is none that is given to one function; the walk over them would take
 * longer than all else. */
#define TALLY_FAR 16384
/* What a user's keyring has: everything but setattr for who possesses it, everything for the user. */
#define RING_RIGHTS 0x1f3f0000u

static const char *const object_files[OBJECT_KINDS] = {"sysvipc/shm", "sysvipc/msg", "sysvipc/sem"};
/* Columns of the owner and the creator, from 0; the identifier is in column 1 (ipc/{shm,msg,sem}.c). */
static const int owner_columns[OBJECT_KINDS] = {7, 7, 4};
static const int creator_columns[OBJECT_KINDS] = {9, 9, 6};

/* ---- System V
 * --------------------------------------------------------------------------------------------------- */

bool kernel_parse_object(enum object_kind kind, const char *line, int *identifier, unsigned long *uid,
                         unsigned long *creator) {
    const char *at = line;
    for (int column = 0; column <= creator_columns[kind]; column++) {
        char *end;
        /* The key may be negative. */
        long long value = strtoll(at, &end, 10);
        if (end == at)
            return false;
        if (column == 1)
            *identifier = (int)value;
        else if (column == owner_columns[kind])
            *uid = (unsigned long)value;
        else if (column == creator_columns[kind])
            *creator = (unsigned long)value;
        at = end;
    }
    return true;
}

static bool has_object(const struct objects *objects, enum object_kind kind, int identifier) {
    for (size_t i = 0; i < objects->n; i++)
        if (objects->at[i].kind == kind && objects->at[i].identifier == identifier)
            return true;
    return false;
}

/* A listing under way. */
struct listing {
    uid_t uid;
    enum object_kind kind;
    const struct objects *but;
    struct objects *out;
};

/* Take one line: an object of our user's that is not in `but` goes to `out`. */
static void take_line(void *context, const char *line) {
    const struct listing *listing = context;
    struct objects *out = listing->out;
    unsigned long uid = 0, creator = 0;
    int identifier = 0;
    if (!kernel_parse_object(listing->kind, line, &identifier, &uid, &creator) ||
        (uid != listing->uid && creator != listing->uid) ||
        (listing->but != NULL && has_object(listing->but, listing->kind, identifier)))
        return;
    if (out->n == KERNEL_MANY_OBJECTS)
        out->is_cut = true;
    else
        out->at[out->n++] = (struct object){listing->kind, identifier};
}

/* List the objects of our user's that are not in `but`. A kernel without System V has none. */
static void list_objects(const struct kernel *kernel, const struct objects *but, struct objects *out) {
    out->n = 0;
    out->is_cut = false;
    for (enum object_kind kind = 0; kind < OBJECT_KINDS; kind++) {
        struct listing listing = {kernel->uid, kind, but, out};
        (void)procfs_each_line(kernel->procfs, object_files[kind], SIZE_MAX, take_line, &listing);
    }
}

static bool remove_object(const struct object *object) {
    switch (object->kind) {
    case OBJECT_SHM:
        return shmctl(object->identifier, IPC_RMID, NULL) == 0;
    case OBJECT_MSG:
        return msgctl(object->identifier, IPC_RMID, NULL) == 0;
    case OBJECT_SEM:
        return semctl(object->identifier, 0, IPC_RMID) == 0;
    case OBJECT_KINDS:
    default:
        return false;
    }
}

static void remove_objects(const struct kernel *kernel, const struct objects *but, struct cleared *out) {
    struct objects left;
    for (int pass = 0; pass < MANY_PASSES; pass++) {
        uint32_t removed = 0;
        list_objects(kernel, but, &left);
        for (size_t i = 0; i < left.n; i++)
            removed += remove_object(&left.at[i]);
        out->removed += removed;
        if (left.n == 0)
            return;
        if (!left.is_cut || removed == 0) {
            out->failed += (uint32_t)left.n - removed;
            return;
        }
    }
    out->failed++;
}

/* ---- keys
 * ------------------------------------------------------------------------------------------------------- */

static long keyctl(int operation, long a, long b, long c) {
    return syscall(SYS_keyctl, operation, a, b, c, 0L);
}

/* The keyrings that all workers of a user share, by their serials; 0 where there is none. */
enum { RING_USER, RING_USER_SESSION, RING_PERSISTENT, RING_SESSION, RINGS };

static const long ring_names[RINGS] = {KEY_SPEC_USER_KEYRING, KEY_SPEC_USER_SESSION_KEYRING, 0,
                                       KEY_SPEC_SESSION_KEYRING};

struct rings {
    int32_t at[RINGS];
};

static int32_t serial_of(long ring) {
    long serial = keyctl(KEYCTL_GET_KEYRING_ID, ring, 0, 0);
    return serial > 0 ? (int32_t)serial : 0;
}

/* Find the shared keyrings; false where nobody has keys: kernels without (ENOSYS), and hosts that refuse the
 * calls. */
static bool find_rings(struct rings *rings) {
    /* Linked into the process's keyring, which goes with the process: whoever possesses a keyring may change
     * those in it. */
    long persistent = keyctl(KEYCTL_GET_PERSISTENT, -1, KEY_SPEC_PROCESS_KEYRING, 0);
    if (persistent < 0 && (errno == ENOSYS || errno == EPERM))
        return false;
    for (int i = 0; i < RINGS; i++) {
        if (i != RING_PERSISTENT && i != RING_SESSION)
            (void)keyctl(KEYCTL_LINK, ring_names[i], KEY_SPEC_PROCESS_KEYRING, 0);
        rings->at[i] =
            i == RING_PERSISTENT ? (persistent > 0 ? (int32_t)persistent : 0) : serial_of(ring_names[i]);
    }
    /* Who has no session of his own uses the user's. */
    if (rings->at[RING_SESSION] == rings->at[RING_USER_SESSION])
        rings->at[RING_SESSION] = 0;
    return true;
}

static bool has_key(const struct keys *keys, int32_t key) {
    for (size_t i = 0; i < keys->n; i++)
        if (keys->at[i] == key)
            return true;
    return false;
}

static void add_key_once(struct keys *keys, int32_t key) {
    if (has_key(keys, key))
        return;
    if (keys->n == KERNEL_MANY_KEYS)
        keys->is_cut = true;
    else
        keys->at[keys->n++] = key;
}

/* Read what a keyring links to; -1 with errno. */
static int read_ring(long ring, struct keys *out) {
    long bytes = keyctl(KEYCTL_READ, ring, (long)out->at, (long)sizeof(out->at));
    out->n = 0;
    out->is_cut = bytes > (long)sizeof(out->at);
    if (bytes < 0)
        return -1;
    out->n = out->is_cut ? KERNEL_MANY_KEYS : (size_t)bytes / sizeof(out->at[0]);
    return 0;
}

static bool is_ring(int32_t key) {
    char text[DESCRIPTION_BYTES];
    /* All of it or nothing. */
    long n = keyctl(KEYCTL_DESCRIBE, key, (long)text, (long)sizeof(text));
    return n >= 8 && n <= (long)sizeof(text) && memcmp(text, "keyring;", 8) == 0;
}

/* List the shared keyrings, which link to each other, all that is linked in them, and in keyrings there. */
static void list_keys(struct keys *out) {
    struct rings rings;
    struct keys inner;
    out->n = 0;
    out->is_cut = false;
    if (!find_rings(&rings))
        return;
    for (int i = 0; i < RINGS; i++)
        if (rings.at[i] != 0)
            add_key_once(out, rings.at[i]);
    for (size_t i = 0; i < out->n; i++) {
        if (!is_ring(out->at[i]) || read_ring(out->at[i], &inner) != 0)
            continue;
        out->is_cut |= inner.is_cut;
        for (size_t k = 0; k < inner.n; k++)
            add_key_once(out, inner.at[k]);
    }
}

/* Take out of one keyring what is neither in `kept` nor a shared keyring; how much that was is added to
 * `out`. -1 where the keyring is closed to us. */
static int clear_ring(int32_t ring, const struct keys *kept, const struct rings *rings, struct cleared *out) {
    struct keys inner;
    do {
        if (read_ring(ring, &inner) != 0)
            return -1;
        for (size_t i = 0; i < inner.n; i++) {
            int32_t key = inner.at[i];
            if (has_key(kept, key) || key == rings->at[RING_USER] || key == rings->at[RING_USER_SESSION] ||
                key == rings->at[RING_PERSISTENT])
                continue;
            /* Unlinked at once; what is only invalidated is listed until the kernel collects it. */
            if (keyctl(KEYCTL_UNLINK, key, ring, 0) != 0 && errno != ENOENT && errno != ENOKEY)
                return -1;
            (void)keyctl(KEYCTL_INVALIDATE, key, 0, 0);
            out->removed++;
            out->keys++;
        }
    } while (inner.is_cut);
    return 0;
}

/* Say whether a keyring still takes keys: new ones may have been forbidden (KEYCTL_RESTRICT_KEYRING). */
static bool takes_keys(int32_t ring) {
    long key = syscall(SYS_add_key, "user", "dayfly", "-", 1L, (long)ring);
    if (key > 0) {
        (void)keyctl(KEYCTL_UNLINK, key, ring, 0);
        (void)keyctl(KEYCTL_INVALIDATE, key, 0, 0);
    }
    /* No room left: what is full takes keys. */
    return key > 0 || errno == EDQUOT;
}

/* Open one of the shared keyrings that was closed to us (KEYCTL_SETPERM), or have the kernel make another.
 * What was revoked, or has lost the right to be searched, stays as long as the kernel knows the user: then
 * -1. */
static int replace_ring(int number, const struct keys *kept, struct rings *rings, struct cleared *out) {
    int32_t ring = rings->at[number];
    if (ring != 0) {
        (void)keyctl(KEYCTL_SETPERM, ring, RING_RIGHTS, 0);
        if (clear_ring(ring, kept, rings, out) == 0 && takes_keys(ring))
            return 0;
        (void)keyctl(KEYCTL_INVALIDATE, ring, 0, 0);
    }
    for (int64_t until = now_ns() + COLLECTION; now_ns() < until; (void)sched_yield())
        if (find_rings(rings) && rings->at[number] != 0 && rings->at[number] != ring &&
            clear_ring(rings->at[number], kept, rings, out) == 0)
            return 0;
    return -1;
}

/* Clear the shared keyrings but those in the set `closed`, and the keyrings of `kept`; the set of what stays
 * closed. */
static unsigned int remove_keys(const struct kernel *kernel, const struct keys *kept, unsigned int closed,
                                struct cleared *out) {
    struct rings rings;
    unsigned int stay = 0;
    if (!kernel->has_keys || !find_rings(&rings))
        return 0;
    for (int i = 0; i < RINGS; i++) {
        bool is_missing = rings.at[i] == 0 && (i == RING_PERSISTENT || i == RING_SESSION);
        if (is_missing || (closed >> i & 1) != 0)
            continue;
        uint32_t before = out->keys;
        bool is_closed = rings.at[i] == 0 || clear_ring(rings.at[i], kept, &rings, out) != 0;
        /* Tried where somebody has been at it: each try leaves the kernel something to collect. */
        is_closed = is_closed || (out->keys != before && !takes_keys(rings.at[i]));
        if (is_closed && replace_ring(i, kept, &rings, out) != 0)
            stay |= 1u << i;
    }
    for (size_t i = 0; i < kept->n; i++)
        if (is_ring(kept->at[i]) && clear_ring(kept->at[i], kept, &rings, out) != 0 && errno == EACCES)
            out->failed++;
    return stay;
}

/* ---- keys that only dead processes hold
 * --------------------------------------------------------------------------------------------- */

/* Find our user's line of /proc/key-users, "uid: usage keys/..." (security/keys/proc.c), in a piece of that file, whose first
 * line is whole where `is_first`; its place in the piece, -1 without. */
static long find_tally(const char *piece, uid_t uid, bool is_first, long *keys) {
    for (const char *line = piece; line != NULL; line = strchr(line, '\n'), is_first = true) {
        char *end;
        line += *line == '\n';
        if (!is_first || strtoul(line, &end, 10) != uid || end == line || *end != ':' || strchr(end, '/') == NULL)
            continue;
        (void)strtol(end + 1, &end, 10);
        *keys = strtol(end, NULL, 10);
        return line - piece;
    }
    return -1;
}

/* How many keys our user has, wherever they are; -1 where that is not told. Where other users have keys, too, the kernel
 * walks over all that come before, anew whenever a place is sought: so it is sought once, and read on from there. */
static long count_keys(struct kernel *kernel) {
    char piece[TALLY_BYTES];
    long keys = -1;
    /* Others come and go: it is near the place of the last time, or it is looked for from the beginning. */
    off_t from = kernel->tally_at > TALLY_BEFORE ? kernel->tally_at - TALLY_BEFORE : 0;
    size_t kept = 0;
    bool is_guess = from > 0, is_sought = true;
    while (kernel->tallies >= 0) {
        if (is_sought && lseek(kernel->tallies, from, SEEK_SET) != from)
            return -1;
        ssize_t n = read(kernel->tallies, piece + kept, sizeof(piece) - 1 - kept);
        if (n < 0)
            return -1;
        piece[kept + (size_t)n] = '\0';
        long at = find_tally(piece, kernel->uid, !is_guess, &keys);
        if (at >= 0) {
            kernel->tally_at = from + at;
            return keys;
        }
        is_sought = is_guess;
        is_guess = false;
        if (is_sought) {
            from = 0;
            continue;
        }
        /* A line that is cut is read on. */
        const char *last = strrchr(piece, '\n');
        if (n == 0 || last == NULL)
            return n == 0 ? 0 : -1;
        size_t whole = (size_t)(last + 1 - piece);
        kept += (size_t)n - whole;
        from += (off_t)whole;
        memmove(piece, piece + whole, kept);
        if (from > TALLY_FAR) {
            (void)close(kernel->tallies);
            kernel->tallies = -1;
        }
    }
    return -1;
}

/* What of /proc/keys is looked for. */
struct sight {
    uid_t uid;
    struct keys *out;
};

static void take_key(void *context, const char *line) {
    const struct sight *sight = context;
    /* Serial, flags, usage, time left, rights, user. */
    char *end;
    unsigned long key = strtoul(line, &end, 16);
    if (end == line)
        return;
    const char *at = end;
    for (int column = 1; column <= 4; column++) {
        at += strspn(at, " ");
        at += strcspn(at, " ");
    }
    if (strtoul(at, NULL, 10) == sight->uid)
        add_key_once(sight->out, (int32_t)key);
}

static void list_seen(const struct kernel *kernel, struct keys *out) {
    struct sight sight = {kernel->uid, out};
    out->n = 0;
    out->is_cut = false;
    (void)procfs_each_line(kernel->procfs, "keys", SIZE_MAX, take_key, &sight);
}

void kernel_rest(struct kernel *kernel) {
    if (!kernel->has_keys)
        return;
    kernel->n_at_rest = count_keys(kernel);
    kernel->late_since = 0;
    /* Without a count nothing asks for them, and where many users have keys the kernel takes 60 ms to list one user's. */
    if (kernel->n_at_rest >= 0)
        list_seen(kernel, &kernel->seen_at_rest);
}

void kernel_adopt(struct kernel *kernel) {
    struct keys now;
    if (!kernel->has_keys || !kernel->has_neighbours || kernel->are_keys_others || (kernel->tallies >= 0 && !kernel_has_more_keys(kernel)))
        return;
    list_keys(&now);
    for (size_t i = 0; i < now.n; i++)
        add_key_once(&kernel->keys_kept, now.at[i]);
    kernel_rest(kernel);
}

bool kernel_has_more_keys(struct kernel *kernel) {
    if (!kernel->has_keys || kernel->are_keys_others || kernel->n_at_rest < 0)
        return false;
    long n = count_keys(kernel);
    if (n > kernel->n_at_rest)
        return true;
    if (n >= 0)
        kernel->n_at_rest = n;
    return false;
}

uint32_t kernel_end_keys(const struct kernel *kernel) {
    struct keys seen;
    uint32_t ended = 0;
    list_seen(kernel, &seen);
    for (size_t i = 0; i < seen.n; i++)
        /* Refused for keys as they are made, a neighbour's too: only what any process of the user's may search. */
        if (!has_key(&kernel->seen_at_rest, seen.at[i]) && keyctl(KEYCTL_INVALIDATE, seen.at[i], 0, 0) == 0)
            ended++;
    return ended;
}

/* ---- one environment
 * -------------------------------------------------------------------------------------------- */

static int take_stock(const struct kernel *kernel, struct objects *objects, struct keys *keys,
                      struct fault *fault) {
    list_objects(kernel, NULL, objects);
    list_keys(keys);
    if (objects->is_cut || keys->is_cut)
        return fault_set(fault, "there are more than %d System V objects or %d kernel keys",
                         KERNEL_MANY_OBJECTS, KERNEL_MANY_KEYS);
    return 0;
}

int kernel_begin(struct kernel *kernel, const struct procfs *procfs, bool is_first_life, uint32_t *removed,
                 struct fault *fault) {
    struct rings rings = {{0}};
    struct cleared cleared = {0};
    bytes_clear(kernel, sizeof(*kernel));
    kernel->procfs = procfs;
    kernel->uid = geteuid();
    kernel->tallies = openat(procfs->root, "key-users", O_RDONLY | O_CLOEXEC);
    kernel->has_keys = find_rings(&rings);
    for (int i = 0; i < RINGS && kernel->has_keys; i++) {
        struct keys inner;
        bool is_missing = rings.at[i] == 0 && (i == RING_PERSISTENT || i == RING_SESSION);
        if (!is_missing && (rings.at[i] == 0 || read_ring(rings.at[i], &inner) != 0))
            kernel->closed |= 1u << i;
    }
    if (!is_first_life) {
        remove_objects(kernel, NULL, &cleared);
        kernel->closed = remove_keys(kernel, &kernel->keys_before, 0, &cleared);
    }
    *removed = cleared.removed;
    if (take_stock(kernel, &kernel->before, &kernel->keys_before, fault) != 0)
        return -1;
    kernel->kept = kernel->before;
    kernel->keys_kept = kernel->keys_before;
    return cleared.failed == 0 ? 0 : fault_set(fault, "System V objects or keys of an earlier life stay");
}

/* Say whether a keyring that workers share has something that is not in `kept`. */
static bool has_more_keys(const struct kernel *kernel, const struct keys *kept) {
    struct keys now;
    if (!kernel->has_keys)
        return false;
    list_keys(&now);
    for (size_t i = 0; i < now.n; i++)
        if (!has_key(kept, now.at[i]))
            return true;
    return false;
}

unsigned int kernel_made_by_init(const struct kernel *kernel) {
    struct objects made;
    unsigned int found = 0;
    list_objects(kernel, &kernel->before, &made);
    for (size_t i = 0; i < made.n; i++)
        found |= 1u << made.at[i].kind;
    return found | (has_more_keys(kernel, &kernel->keys_before) ? 1u << OBJECT_KINDS : 0);
}

const char *kernel_reason(unsigned int bit) {
    switch (bit) {
    case 1u << OBJECT_SHM:
        return "System V shared memory made at init would be shared by workers: create it in the handler";
    case 1u << OBJECT_MSG:
        return "System V message queue made at init would be shared by workers: create it in the handler";
    case 1u << OBJECT_SEM:
        return "System V semaphores made at init would be shared by workers: create it in the handler";
    default:
        return "kernel keys made at init would be shared by workers: create them in the handler";
    }
}

int kernel_remember(struct kernel *kernel, struct fault *fault) {
    kernel_rest(kernel);
    return take_stock(kernel, &kernel->kept, &kernel->keys_kept, fault);
}

void kernel_empty(struct kernel *kernel, struct cleared *out) {
    memset(out, 0, sizeof(*out));
    remove_objects(kernel, &kernel->before, out);
    if (kernel->are_keys_others)
        /* What init made would have kept the function from being forked. */
        list_keys(&kernel->keys_before);
    else
        (void)remove_keys(kernel, &kernel->keys_before, kernel->closed, out);
}

void kernel_clear(const struct kernel *kernel, struct cleared *out) {
    memset(out, 0, sizeof(*out));
    remove_objects(kernel, &kernel->kept, out);
    if (!kernel->are_keys_others)
        out->failed += remove_keys(kernel, &kernel->keys_kept, kernel->closed, out) != 0;
}

bool kernel_has_more(const struct kernel *kernel) {
    struct objects left;
    list_objects(kernel, &kernel->kept, &left);
    return left.n > 0 || (!kernel->are_keys_others && has_more_keys(kernel, &kernel->keys_kept));
}
