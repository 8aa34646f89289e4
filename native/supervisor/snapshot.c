/* Remembers what lies in places, so that it stays when they are cleared; see writable_paths.h. */
#include "walk.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#include "codefile.h"
#include "contents.h"

/* Ten of the longest ticks; a file from the future is not waited for. */
#define TICK_LIMIT (100 * NS_PER_MS)

/* Open a directory that is to be cleared; NULL where it is not there or a link, and with a fault where it has no room. */
static struct place *add_root(struct writable_paths *writable_paths, const char *path, struct fault *fault) {
    int descriptor = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (descriptor < 0)
        return NULL;
    struct place *root = &writable_paths->roots[writable_paths->n_roots];
    if (writable_paths->n_roots == WRITABLE_PATHS_MANY_ROOTS || strlen(path) >= WRITABLE_PATHS_PATH_BYTES ||
        inode_read(descriptor, "", &root->before) != 0) {
        (void)close(descriptor);
        (void)fault_set(fault, "too many directories, or one that cannot be looked at: %.160s", path);
        return NULL;
    }
    root->descriptor = descriptor;
    root->is_remembered = root->is_lost = false;
    bytes_copy(root->path, sizeof(root->path), bytes_of(path));
    inode_read_flags(descriptor, &root->before);
    writable_paths->n_roots++;
    return root;
}

/* Take back the last one. */
static void drop_root(struct writable_paths *writable_paths) {
    (void)close(writable_paths->roots[--writable_paths->n_roots].descriptor);
}

int writable_paths_begin(struct writable_paths *writable_paths, const char *const *roots, size_t n,
                         struct fault *fault) {
    /* What it holds of roots costs memory once it is touched. */
    memset(writable_paths, 0, offsetof(struct writable_paths, roots));
    writable_paths->uid = geteuid();
    if (known_begin(&writable_paths->kept, fault) != 0)
        return -1;
    if (getrandom(&writable_paths->mark, sizeof(writable_paths->mark), 0) !=
        (ssize_t)sizeof(writable_paths->mark))
        return fault_set(fault, "getrandom: %s", strerror(errno));
    writable_paths->waiting =
        mmap(NULL, WRITABLE_PATHS_WAITING_BYTES + INODE_ATTRIBUTES_BYTES, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (writable_paths->waiting == MAP_FAILED)
        return fault_set(fault, "mmap: %s", strerror(errno));
    for (size_t i = 0; i < n; i++) {
        struct place *root = add_root(writable_paths, roots[i], fault);
        if (root == NULL && fault->text[0] != '\0')
            return -1;
        if (root != NULL && faccessat(root->descriptor, ".", W_OK | X_OK, 0) != 0)
            drop_root(writable_paths);
    }
    return 0;
}

int writable_paths_begin_outside(struct writable_paths *writable_paths, const struct writable_paths *apart,
                                 const struct code_places *code, struct fault *fault) {
    if (writable_paths_begin(writable_paths, NULL, 0, fault) != 0 ||
        known_begin(&writable_paths->image, fault) != 0)
        return -1;
    memcpy(writable_paths->image.key, writable_paths->kept.key, sizeof(writable_paths->image.key));
    writable_paths->apart = apart;
    writable_paths->keep = apart->keep;
    writable_paths->code = code;
    return 0;
}

void writable_paths_forget(struct writable_paths *writable_paths) {
    known_cut(&writable_paths->kept, 0);
    known_copy(&writable_paths->kept, &writable_paths->image);
    writable_paths->n_own = 0;
    written_forget(&writable_paths->written);
    if (writable_paths->contents != NULL)
        writable_paths->contents->n = 0;
    for (size_t i = 0; i < writable_paths->n_roots; i++)
        writable_paths->roots[i].is_remembered = writable_paths->roots[i].is_lost = false;
}

/* A snapshot of one root under way. */
struct snapshot {
    struct writable_paths *writable_paths;
    struct known *into;
    const struct place *root;
    const char *path;
    const struct inode_state *state;
    size_t limit; /* of entries in the table */
    int64_t newest;
    int64_t started; /* of the image in a later life: when the environment was; else 0 */
    struct young *young;
    bool is_full;
    bool is_unwatched; /* a file of ours that could be written to unseen */
};

/* A file of the image's that is younger than the environment: say whether it was removed, since Python makes it again. */
static bool is_removed_as_young(struct snapshot *snapshot, int descriptor, const char *name, const char *path, bool is_code) {
    if (code_is_cache(snapshot->writable_paths->code, path) && unlinkat(descriptor, name, 0) == 0) {
        snapshot->young->removed++;
        return true;
    }
    snapshot->young->code += is_code;
    snapshot->young->data += !is_code;
    return false;
}

static int remember_entry(void *context, int descriptor, const char *name) {
    struct snapshot *snapshot = context;
    struct writable_paths *writable_paths = snapshot->writable_paths;
    struct inode_state state;
    char path[WRITABLE_PATHS_FULL_BYTES];
    bool is_code = false;
    if (inode_read(descriptor, name, &state) != 0 ||
        writable_paths_is_apart(writable_paths, snapshot->root, &state) ||
        writable_paths_judge_keep(writable_paths, snapshot->root, snapshot->path, name) == KEEP_ALL)
        return 0;
    if (snapshot->into == &writable_paths->image) {
        writable_paths_print_path(path, snapshot->root, snapshot->path, name);
        is_code = !is_directory(&state) && code_is(writable_paths->code, path, S_ISLNK(state.mode));
        if (snapshot->started != 0 && !is_directory(&state) && state.changed > snapshot->started &&
            is_removed_as_young(snapshot, descriptor, name, path, is_code))
            return 0;
    }
    if (snapshot->into->n >= snapshot->limit ||
        (is_directory(&state) && !writable_paths_push(writable_paths, snapshot->path, name))) {
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
    const struct known_entry *image = known_find(&writable_paths->image, snapshot->state, name);
    is_code |= image != NULL && image->is_code;
    struct known_entry entry = {.is_code = is_code};
    char *scratch = writable_paths->waiting + WRITABLE_PATHS_WAITING_BYTES;
    if (snapshot->into == &writable_paths->kept && writable_paths->contents != NULL)
        entry.content = contents_keep(writable_paths->contents, writable_paths->uid, descriptor, name, &state, scratch);
    if (snapshot->into == &writable_paths->kept && S_ISREG(state.mode)) {
        entry.watch = written_watch(&writable_paths->written, descriptor, name, &entry.is_on_disk);
        snapshot->is_unwatched |= entry.watch < 0 && state.uid == writable_paths->uid;
        if (entry.watch > 0 && entry.content == 0)
            entry.digest = entry.is_on_disk ? written_is_hollow(descriptor, name, state.size)
                                            : written_digest(writable_paths->kept.key, descriptor, name, scratch);
    }
    if (snapshot->into == &writable_paths->kept && is_directory(&state) && state.uid == writable_paths->uid)
        entry.watch = written_watch_directory(&writable_paths->written, descriptor, name);
    entry.state = state;
    known_put(snapshot->into, snapshot->state, name, entry);
    writable_paths->n_own += image == NULL && state.uid == writable_paths->uid;
    if (state.changed > snapshot->newest)
        snapshot->newest = state.changed;
    return 0;
}

/* Take a root and what is below it as it is now; -1 where it cannot be looked at. What cannot be read is left out. */
static int take_root(struct snapshot *snapshot, struct place *root) {
    struct writable_paths *writable_paths = snapshot->writable_paths;
    char path[WRITABLE_PATHS_PATH_BYTES] = "";
    snapshot->root = root;
    snapshot->is_full = false;
    writable_paths->n_waiting = 0;
    if (inode_read(root->descriptor, "", &root->before) != 0)
        return -1;
    inode_read_flags(root->descriptor, &root->before);
    root->is_remembered = true;
    if (root->before.changed > snapshot->newest)
        snapshot->newest = root->before.changed;
    do {
        int descriptor = *path == '\0'
                             ? dup(root->descriptor)
                             : openat(root->descriptor, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        struct inode_state state;
        if (descriptor < 0)
            continue;
        snapshot->path = path;
        snapshot->state = &state;
        if (inode_read(descriptor, "", &state) == 0)
            (void)writable_paths_each_entry(descriptor, remember_entry, snapshot);
        (void)close(descriptor);
    } while (!snapshot->is_full && writable_paths_pop(writable_paths, path));
    return 0;
}

bool writable_paths_cover(struct writable_paths *writable_paths, const char *path, int64_t started,
                          struct young *young) {
    struct snapshot snapshot = {.writable_paths = writable_paths,
                                .into = &writable_paths->image,
                                .limit = WRITABLE_PATHS_MANY_IMAGE,
                                .started = started,
                                .young = young};
    struct fault fault = {""};
    struct place *root = add_root(writable_paths, path, &fault);
    if (root == NULL)
        return false;
    size_t n = writable_paths->image.n;
    bool is_taken = take_root(&snapshot, root) == 0 && !snapshot.is_full;
    writable_paths->n_own = 0;
    if (!is_taken) {
        known_cut(&writable_paths->image, n);
        drop_root(writable_paths);
    }
    return is_taken;
}

void writable_paths_outlast(int64_t changed) {
    int64_t until = now_ns() + TICK_LIMIT;
    struct timespec at;
    while (clock_gettime(CLOCK_REALTIME_COARSE, &at) == 0 &&
           (int64_t)at.tv_sec * NS_PER_S + at.tv_nsec <= changed && now_ns() < until)
        (void)nanosleep(&(struct timespec){0, NS_PER_MS}, NULL);
}

int writable_paths_remember(struct writable_paths *writable_paths, struct fault *fault) {
    struct snapshot snapshot = {.writable_paths = writable_paths, .into = &writable_paths->kept};
    writable_paths_forget(writable_paths);
    known_cut(&writable_paths->kept, 0);
    for (size_t i = 0; i < writable_paths->n_roots; i++) {
        struct place *root = &writable_paths->roots[i];
        size_t own = writable_paths->n_own, n = writable_paths->kept.n,
               most = n + WRITABLE_PATHS_MANY_OF_INIT;
        snapshot.limit = writable_paths->code == NULL || most > KNOWN_MANY ? KNOWN_MANY : most;
        if (take_root(&snapshot, root) != 0)
            return fault_set(fault, "%.200s cannot be looked at: %s", root->path, strerror(errno));
        if (!snapshot.is_full)
            continue;
        if (writable_paths->code == NULL)
            return fault_set(fault, "init left more than %d files in temporary directories", KNOWN_MANY);
        known_cut(&writable_paths->kept, n);
        writable_paths->n_own = own;
        root->is_lost = true;
    }
    writable_paths_outlast(snapshot.newest);
    return snapshot.is_unwatched ? fault_set(fault, "some changes of files that init left are not seen: inotify refused to watch them") : 0;
}

bool writable_paths_is_bare(const struct writable_paths *writable_paths) {
    return writable_paths->n_own == 0;
}
