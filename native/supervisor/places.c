/* Clears the temporary directories; see places.h. */
#include "places.h"

#include "inode.h"
#include "keep.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The table of what init left is at most half full. */
#define SLOTS (2 * PLACES_MANY_KEPT)
#define LIST_BYTES 16384
#define NAME_BYTES 256
/* A directory's table that has grown by so much, and stays so when it is empty: some 15,000 names of the
 * longest. Every look at it costs a read of all of it, for as long as the environment lives. */
#define BLOAT_BYTES (1u << 20)
/* A directory that is read while it is emptied may skip entries. */
#define MANY_PASSES 16
/* Ten of the longest ticks; a file from the future is not waited for. */
#define TICK_LIMIT (100 * NS_PER_MS)
#define LIFTED_NAME ".dayfly-%016llx-%llu"

struct kept_entry {
    uint64_t hash; /* 0: free */
    bool is_seen;
    struct inode_state state;
};

/* One clearing under way. */
struct clearing {
    struct places *places;
    struct cleaned *out;
    const struct place *root;
    int64_t until;
    bool is_late;
};

/* ---- what init left
 * --------------------------------------------------------------------------------------------- */

static uint64_t rotate(uint64_t value, int by) { return value << by | value >> (64 - by); }

static void sip_round(uint64_t v[4]) {
    v[0] += v[1], v[1] = rotate(v[1], 13) ^ v[0], v[0] = rotate(v[0], 32);
    v[2] += v[3], v[3] = rotate(v[3], 16) ^ v[2];
    v[0] += v[3], v[3] = rotate(v[3], 21) ^ v[0];
    v[2] += v[1], v[1] = rotate(v[1], 17) ^ v[2], v[2] = rotate(v[2], 32);
}

/* SipHash-2-4 of a name in a directory: nobody finds two names that collide without the key. Never 0. */
static uint64_t hash_of(const uint64_t key[2], const struct inode_state *parent, const char *name) {
    uint64_t v[4] = {key[0] ^ 0x736f6d6570736575u, key[1] ^ 0x646f72616e646f6du, key[0] ^ 0x6c7967656e657261u,
                     key[1] ^ 0x7465646279746573u};
    size_t n = strlen(name), total = n + 16;
    for (size_t at = 0; at <= total; at += 8) {
        uint64_t word = 0;
        if (at == 0)
            word = parent->device;
        else if (at == 8)
            word = parent->inode;
        else
            memcpy(&word, name + (at - 16), total - at < 8 ? total - at : 8);
        if (total - at < 8)
            word |= (uint64_t)total << 56;
        v[3] ^= word;
        sip_round(v), sip_round(v);
        v[0] ^= word;
    }
    v[2] ^= 0xff;
    for (int i = 0; i < 4; i++)
        sip_round(v);
    uint64_t hash = v[0] ^ v[1] ^ v[2] ^ v[3];
    return hash == 0 ? 1 : hash;
}

/* The entry of a name, or the free one where it would be. */
static struct kept_entry *slot_of(const struct places *places, uint64_t hash) {
    size_t at = (size_t)(hash % SLOTS);
    while (places->kept[at].hash != 0 && places->kept[at].hash != hash)
        at = (at + 1) % SLOTS;
    return &places->kept[at];
}

static struct kept_entry *find_kept(const struct places *places, const struct inode_state *parent,
                                    const char *name) {
    if (places->n_kept == 0)
        return NULL;
    struct kept_entry *entry = slot_of(places, hash_of(places->key, parent, name));
    return entry->hash == 0 ? NULL : entry;
}

static bool is_directory(const struct inode_state *state) { return S_ISDIR(state->mode); }

/* Compare inode, size and ctime; of directories the inode alone, since entries come and go. */
static bool is_same(const struct inode_state *now, const struct inode_state *before) {
    return is_directory(now) || (now->size == before->size && now->changed == before->changed);
}

/* ---- paths that wait
 * -------------------------------------------------------------------------------------------- */

/* Push the path of `name` below `folder`; false where there is no room. Its length follows it. */
static bool push(struct places *places, const char *folder, const char *name) {
    size_t of_folder = strlen(folder), of_name = strlen(name);
    size_t n = of_folder + (of_folder > 0 ? 1 : 0) + of_name;
    if (n + 1 > PLACES_PATH_BYTES || places->n_waiting + n + 1 + sizeof(uint16_t) > PLACES_WAITING_BYTES)
        return false;
    char *at = places->waiting + places->n_waiting;
    memcpy(at, folder, of_folder);
    if (of_folder > 0)
        at[of_folder] = '/';
    memcpy(at + n - of_name, name, of_name + 1);
    uint16_t length = (uint16_t)(n + 1);
    memcpy(at + n + 1, &length, sizeof(length));
    places->n_waiting += n + 1 + sizeof(length);
    return true;
}

/* Take the path that was pushed last into `out`; false where none waits. */
static bool pop(struct places *places, char *out) {
    uint16_t length;
    if (places->n_waiting == 0)
        return false;
    places->n_waiting -= sizeof(length);
    memcpy(&length, places->waiting + places->n_waiting, sizeof(length));
    places->n_waiting -= length;
    memcpy(out, places->waiting + places->n_waiting, length);
    return true;
}

/* ---- removing
 * --------------------------------------------------------------------------------------------------- */

/* Call `act` for every entry of an open directory until it returns other than 0; what it returned, or -1 with
 * errno. */
static int each_entry(int descriptor, int (*act)(void *context, int descriptor, const char *name),
                      void *context) {
    _Alignas(8) uint8_t list[LIST_BYTES];
    if (lseek(descriptor, 0, SEEK_SET) != 0)
        return -1;
    for (;;) {
        long n = syscall(SYS_getdents64, descriptor, list, sizeof(list));
        if (n <= 0)
            return n < 0 ? -1 : 0;
        for (long at = 0; at < n;) {
            const struct entry64 *entry = (const struct entry64 *)(const void *)(list + at);
            at += entry->length;
            if (strcmp(entry->name, ".") == 0 || strcmp(entry->name, "..") == 0)
                continue;
            int result = act(context, descriptor, entry->name);
            if (result != 0)
                return result;
        }
    }
}

static bool is_late(struct clearing *clearing) {
    if (!clearing->is_late && clearing->until != NEVER && now_ns() > clearing->until)
        clearing->is_late = true;
    return clearing->is_late;
}

/* Rename a directory to a name of ours directly under the root; false where that fails. */
static bool lift(struct clearing *clearing, int parent, const char *name) {
    struct places *places = clearing->places;
    int top = clearing->root->descriptor;
    char fresh[64];
    (void)snprintf(fresh, sizeof(fresh), LIFTED_NAME, (unsigned long long)places->mark,
                   (unsigned long long)places->lifted);
    if (renameat(parent, name, top, fresh) != 0) {
        /* Moving a directory writes its `..`, which needs write permission on the directory itself. */
        int descriptor = inode_open_directory(parent, name);
        if (descriptor < 0)
            return false;
        inode_open_up(descriptor, places->uid, S_IRWXU);
        (void)inode_restore_flags(descriptor, NULL);
        (void)close(descriptor);
        if (renameat(parent, name, top, fresh) != 0)
            return false;
    }
    places->lifted++;
    return true;
}

static void unlink_file(struct clearing *clearing, int parent, const char *name,
                        const struct inode_state *state) {
    if (unlinkat(parent, name, 0) != 0) {
        clearing->out->failed++;
        return;
    }
    clearing->out->files++;
    /* Blocks, not length: a sparse file of terabytes holds nothing. */
    clearing->out->bytes += state->blocks * 512;
}

/* Remove an entry of a directory that was lifted; stops (1) when it is late. */
static int remove_inner(void *context, int descriptor, const char *name) {
    struct clearing *clearing = context;
    struct inode_state state;
    if (is_late(clearing))
        return 1;
    if (inode_read(descriptor, name, &state) != 0)
        return 0;
    if (!is_directory(&state))
        unlink_file(clearing, descriptor, name, &state);
    else if (!lift(clearing, descriptor, name))
        clearing->out->failed++;
    return 0;
}

/* Empty and remove one lifted directory. */
static void remove_lifted(struct clearing *clearing, uint64_t number) {
    int top = clearing->root->descriptor;
    char name[64];
    (void)snprintf(name, sizeof(name), LIFTED_NAME, (unsigned long long)clearing->places->mark,
                   (unsigned long long)number);
    for (int pass = 0; pass < MANY_PASSES; pass++) {
        uint32_t failed = clearing->out->failed;
        int descriptor = inode_open_directory(top, name);
        if (descriptor < 0)
            break;
        inode_open_up(descriptor, clearing->places->uid, S_IRWXU);
        /* Written through one by one (chattr +S), 50 files take a second. */
        (void)inode_restore_flags(descriptor, NULL);
        int result = each_entry(descriptor, remove_inner, clearing);
        (void)close(descriptor);
        if (result > 0)
            return;
        if (unlinkat(top, name, AT_REMOVEDIR) == 0) {
            clearing->out->directories++;
            return;
        }
        /* An entry refused to go: another pass would not end it. */
        if (clearing->out->failed != failed)
            break;
    }
    clearing->out->failed++;
}

/* Remove an entry, with all below; no tree is ever deeper than one level under the root. */
static void remove_entry(struct clearing *clearing, int parent, const char *name,
                         const struct inode_state *state) {
    if (!is_directory(state)) {
        unlink_file(clearing, parent, name, state);
        return;
    }
    uint64_t next = clearing->places->lifted;
    if (!lift(clearing, parent, name)) {
        clearing->out->failed++;
        return;
    }
    /* Those below are lifted after it, and get the next numbers. */
    for (; next < clearing->places->lifted && !clearing->is_late; next++)
        remove_lifted(clearing, next);
}

/* What the setting `keep` says of `name` in the directory `folder` below a root. */
static enum keep judge_keep(const struct places *places, const struct place *root, const char *folder, const char *name) {
    char path[2 * PLACES_PATH_BYTES + NAME_BYTES + 2];
    if (places->keep == NULL || places->keep->count == 0)
        return KEEP_NO;
    (void)snprintf(path, sizeof(path), "%s/%s%s%s", root->path, folder, folder[0] == '\0' ? "" : "/", name);
    return keep_judge(places->keep, bytes_of(path));
}

/* ---- walking
 * ---------------------------------------------------------------------------------------------------- */

/* One directory that stays, while its entries are looked at. */
struct folder {
    struct clearing *clearing;
    const char *path;
    const struct inode_state *state;
    uint32_t removed;
};

static int look_at_entry(void *context, int descriptor, const char *name) {
    struct folder *folder = context;
    struct clearing *clearing = folder->clearing;
    struct places *places = clearing->places;
    struct inode_state state;
    if (inode_read(descriptor, name, &state) != 0)
        return 0;
    /* Where another file system is mounted: what lies there is not ours. */
    if (state.mount != clearing->root->before.mount || state.device != clearing->root->before.device)
        return 0;
    struct kept_entry *kept = find_kept(places, folder->state, name);
    bool stays = kept != NULL && kept->state.inode == state.inode && kept->state.device == state.device &&
                 is_directory(&kept->state) == is_directory(&state);
    if (stays && !kept->is_seen) {
        kept->is_seen = true;
        clearing->out->changed += !is_same(&state, &kept->state);
    }
    enum keep verdict = stays ? KEEP_NO : judge_keep(places, clearing->root, folder->path, name);
    if (verdict == KEEP_ALL)
        return 0;
    stays |= verdict == KEEP_INSIDE && is_directory(&state);
    if (stays || (is_directory(&state) && state.uid != places->uid)) {
        if (is_directory(&state) && !push(places, folder->path, name))
            clearing->out->failed++;
        return 0;
    }
    if (state.uid != places->uid)
        return 0;
    if (is_late(clearing))
        return 1;
    inode_open_up(descriptor, places->uid, S_IRWXU);
    inode_open_up(clearing->root->descriptor, places->uid, S_IRWXU);
    remove_entry(clearing, descriptor, name, &state);
    folder->removed++;
    return clearing->is_late;
}

/* Clear one directory that stays, and have those in it wait. */
static void clear_folder(struct clearing *clearing, const char *path, int descriptor,
                         const struct inode_state *state) {
    struct folder folder = {clearing, path, state, 0};
    size_t waiting = clearing->places->n_waiting;
    for (int pass = 0; pass < MANY_PASSES; pass++) {
        folder.removed = 0;
        clearing->places->n_waiting = waiting;
        uint32_t failed = clearing->out->failed;
        int result = each_entry(descriptor, look_at_entry, &folder);
        if (result < 0)
            clearing->out->failed++;
        /* Nothing was there to go, or nothing went. */
        if (result != 0 || folder.removed == 0 || clearing->out->failed != failed)
            return;
    }
}

/* The kept entry of the directory `path` below the root, given that of the directory it lies in; NULL where
 * init did not know it. Walks down from the root, since inodes are the key. */
static struct kept_entry *kept_folder(const struct clearing *clearing, const char *path) {
    struct inode_state parent = clearing->root->before;
    struct kept_entry *entry = NULL;
    char name[NAME_BYTES];
    for (const char *at = path; *at != '\0';) {
        const char *end = strchrnul(at, '/');
        bytes_copy(name, sizeof(name), (struct bytes){(const uint8_t *)at, (size_t)(end - at)});
        entry = find_kept(clearing->places, &parent, name);
        if (entry == NULL)
            return NULL;
        parent = entry->state;
        at = *end == '/' ? end + 1 : end;
    }
    return entry;
}

/* Give a directory that stays what it had; true where its own table has grown for good. */
static bool give_back(struct clearing *clearing, int descriptor, struct inode_state *before,
                      bool is_remembered) {
    struct inode_state now;
    if (inode_read(descriptor, "", &now) != 0)
        return false;
    bool is_bloated = is_remembered && now.size > before->size + BLOAT_BYTES;
    if (now.uid != clearing->places->uid || (is_remembered && now.changed == before->changed))
        return is_bloated;
    if (inode_restore(descriptor, &now, is_remembered ? before : NULL,
                      clearing->places->waiting + PLACES_WAITING_BYTES) != 0)
        clearing->out->failed++;
    if (inode_read(descriptor, "", &now) == 0)
        before->changed = now.changed;
    return is_bloated;
}

/* Remove a directory on the way to what is kept, and those above it, where they hold nothing: their names could carry data
 * on. */
static void remove_way(struct clearing *clearing, char *path) {
    struct inode_state state;
    int top = clearing->root->descriptor;
    while (path[0] != '\0' && kept_folder(clearing, path) == NULL && inode_read(top, path, &state) == 0 &&
           state.uid == clearing->places->uid && unlinkat(top, path, AT_REMOVEDIR) == 0) {
        char *end = strrchr(path, '/');
        clearing->out->directories++;
        *(end == NULL ? path : end) = '\0';
    }
}

static void clear_root(struct clearing *clearing, struct place *root) {
    struct places *places = clearing->places;
    char path[PLACES_PATH_BYTES];
    struct inode_state state;
    places->n_waiting = 0;
    clearing->root = root;
    if (inode_read(root->descriptor, "", &state) != 0) {
        clearing->out->failed++;
        return;
    }
    inode_open_up(root->descriptor, places->uid, S_IRUSR | S_IXUSR);
    if (state.uid == places->uid && state.changed != root->before.changed)
        clearing->out->flagged +=
            inode_restore_flags(root->descriptor, root->is_remembered ? &root->before : NULL);
    clear_folder(clearing, "", root->descriptor, &root->before);
    while (!clearing->is_late && pop(places, path)) {
        int descriptor = inode_open_directory(root->descriptor, path);
        if (descriptor < 0) {
            /* Another user's, closed to us: nothing of ours is in it. */
            bool is_closed = errno == EACCES && inode_read(root->descriptor, path, &state) == 0;
            clearing->out->failed += !(is_closed && state.uid != places->uid);
            continue;
        }
        struct kept_entry *kept = kept_folder(clearing, path);
        if (inode_read(descriptor, "", &state) == 0) {
            inode_open_up(descriptor, places->uid, S_IRUSR | S_IXUSR);
            if (state.uid == places->uid && kept != NULL && state.changed != kept->state.changed)
                clearing->out->flagged += inode_restore_flags(descriptor, &kept->state);
            clear_folder(clearing, path, descriptor, &state);
        }
        /* A new one comes with a new zygote. */
        if (kept != NULL && give_back(clearing, descriptor, &kept->state, true))
            clearing->out->changed++;
        (void)close(descriptor);
        if (kept == NULL && places->keep != NULL)
            remove_way(clearing, path);
    }
    /* Last: what is removed goes by way of it. */
    if (!clearing->is_late && give_back(clearing, root->descriptor, &root->before, root->is_remembered))
        clearing->out->bloated++;
}

void places_clear(struct places *places, int64_t until, struct cleaned *out) {
    struct clearing clearing = {.places = places, .out = out, .until = until};
    memset(out, 0, sizeof(*out));
    for (size_t i = 0; places->n_kept > 0 && i < SLOTS; i++)
        places->kept[i].is_seen = false;
    for (size_t i = 0; i < places->n_roots && !clearing.is_late; i++)
        clear_root(&clearing, &places->roots[i]);
    out->is_finished = !clearing.is_late;
    places->is_pending = clearing.is_late;
    /* One that was not met is gone or was replaced. */
    for (size_t i = 0; out->is_finished && places->n_kept > 0 && i < SLOTS; i++)
        out->changed += places->kept[i].hash != 0 && !places->kept[i].is_seen;
}

bool places_has_more(struct places *places) {
    struct cleaned found;
    /* The first that would be removed is late. */
    places_clear(places, 0, &found);
    places->is_pending = false;
    return !found.is_finished || found.changed > 0 || found.failed > 0;
}

/* ---- one environment
 * -------------------------------------------------------------------------------------------- */

int places_begin(struct places *places, const char *const *roots, size_t n, struct fault *fault) {
    bytes_clear(places, sizeof(*places));
    places->uid = geteuid();
    if (getrandom(places->key, sizeof(places->key), 0) != (ssize_t)sizeof(places->key) ||
        getrandom(&places->mark, sizeof(places->mark), 0) != (ssize_t)sizeof(places->mark))
        return fault_set(fault, "getrandom: %s", strerror(errno));
    places->kept = mmap(NULL, SLOTS * sizeof(*places->kept), PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    places->waiting = mmap(NULL, PLACES_WAITING_BYTES + INODE_ATTRIBUTES_BYTES, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (places->kept == MAP_FAILED || places->waiting == MAP_FAILED)
        return fault_set(fault, "mmap: %s", strerror(errno));
    for (size_t i = 0; i < n; i++) {
        int descriptor = open(roots[i], O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (descriptor < 0)
            continue;
        if (faccessat(descriptor, ".", W_OK | X_OK, 0) != 0) {
            (void)close(descriptor);
            continue;
        }
        if (places->n_roots == PLACES_MANY_ROOTS || strlen(roots[i]) >= PLACES_PATH_BYTES)
            return fault_set(fault, "too many temporary directories");
        struct place *root = &places->roots[places->n_roots++];
        root->descriptor = descriptor;
        bytes_copy(root->path, sizeof(root->path), bytes_of(roots[i]));
        if (inode_read(descriptor, "", &root->before) != 0)
            return fault_set(fault, "%.200s cannot be looked at: %s", roots[i], strerror(errno));
        inode_read_flags(descriptor, &root->before);
    }
    return 0;
}

void places_forget(struct places *places) {
    /* Zeroes when it is next touched. */
    if (places->n_kept > 0)
        (void)madvise(places->kept, SLOTS * sizeof(*places->kept), MADV_DONTNEED);
    places->n_kept = places->n_own = 0;
    for (size_t i = 0; i < places->n_roots; i++)
        places->roots[i].is_remembered = false;
}

/* A snapshot under way. */
struct snapshot {
    struct places *places;
    const struct place *root;
    const char *path;
    const struct inode_state *state;
    int64_t newest;
    bool is_full;
};

static int remember_entry(void *context, int descriptor, const char *name) {
    struct snapshot *snapshot = context;
    struct places *places = snapshot->places;
    struct inode_state state;
    if (inode_read(descriptor, name, &state) != 0 || state.mount != snapshot->root->before.mount ||
        state.device != snapshot->root->before.device)
        return 0;
    if (judge_keep(places, snapshot->root, snapshot->path, name) == KEEP_ALL)
        return 0;
    if (places->n_kept == PLACES_MANY_KEPT || (is_directory(&state) && !push(places, snapshot->path, name))) {
        snapshot->is_full = true;
        return 1;
    }
    if (is_directory(&state)) {
        int inner = openat(descriptor, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (inner >= 0) {
            inode_read_flags(inner, &state);
            (void)close(inner);
        }
    }
    struct kept_entry *entry = slot_of(places, hash_of(places->key, snapshot->state, name));
    entry->hash = hash_of(places->key, snapshot->state, name);
    entry->state = state;
    places->n_kept++;
    places->n_own += state.uid == places->uid;
    if (state.changed > snapshot->newest)
        snapshot->newest = state.changed;
    return 0;
}

/* Wait until a change made from now on gets another time than `changed`: before Linux 6.13 files are stamped
 * by the coarse clock, which moves every 1 to 10 ms, and a file made at the end of init could be changed by
 * the first event unseen. */
static void outlast(int64_t changed) {
    int64_t until = now_ns() + TICK_LIMIT;
    struct timespec at;
    while (clock_gettime(CLOCK_REALTIME_COARSE, &at) == 0 &&
           (int64_t)at.tv_sec * NS_PER_S + at.tv_nsec <= changed && now_ns() < until)
        (void)nanosleep(&(struct timespec){0, NS_PER_MS}, NULL);
}

int places_remember(struct places *places, struct fault *fault) {
    struct snapshot snapshot = {.places = places};
    places_forget(places);
    for (size_t i = 0; i < places->n_roots; i++) {
        struct place *root = &places->roots[i];
        char path[PLACES_PATH_BYTES] = "";
        snapshot.root = root;
        places->n_waiting = 0;
        if (inode_read(root->descriptor, "", &root->before) != 0)
            return fault_set(fault, "%.200s cannot be looked at: %s", root->path, strerror(errno));
        inode_read_flags(root->descriptor, &root->before);
        root->is_remembered = true;
        if (root->before.changed > snapshot.newest)
            snapshot.newest = root->before.changed;
        do {
            /* What cannot be read is left out. */
            int descriptor = *path == '\0' ? dup(root->descriptor)
                                           : openat(root->descriptor, path,
                                                    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
            struct inode_state state;
            if (descriptor < 0)
                continue;
            snapshot.path = path;
            snapshot.state = &state;
            if (inode_read(descriptor, "", &state) == 0)
                (void)each_entry(descriptor, remember_entry, &snapshot);
            (void)close(descriptor);
        } while (!snapshot.is_full && pop(places, path));
    }
    if (snapshot.is_full)
        return fault_set(fault, "init left more than %d files in temporary directories", PLACES_MANY_KEPT);
    outlast(snapshot.newest);
    return 0;
}

bool places_is_bare(const struct places *places) { return places->n_own == 0; }
