/* Clears directories; see writable_paths.h. */
#include "walk.h"

#include "contents.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* A directory's table that has grown by so much, and stays so when it is empty: some 15,000 names of the
 * longest. Every look at it costs a read of all of it, for as long as the environment lives. */
#define BLOAT_BYTES (1u << 20)
/* All of them together take that from later invocations. */
#define BLOAT_MOST (16u << 20)
/* A directory that is read while it is emptied may skip entries. */
#define MANY_PASSES 16
/* Directories that go before room is asked for again, at first. */
#define FIRST_IN_PLACE 64
#define LIFTED_NAME ".dayfly-%016llx-%llu"

/* One clearing under way. */
struct clearing {
    struct writable_paths *writable_paths;
    struct cleaned *out;
    const struct place *root;
    int64_t until;
    int64_t newest; /* of what was settled */
    uint64_t grown; /* tables of directories that stay */
    bool is_late;
};

/* Compare inode, size and ctime; of directories the inode alone, since entries come and go. */
static bool is_same(const struct inode_state *now, const struct inode_state *before) {
    return is_directory(now) || (now->size == before->size && now->changed == before->changed);
}

/* ---- removing ---------------------------------------------------------------------------------- */

static bool is_late(struct clearing *clearing) {
    if (!clearing->is_late && clearing->until != NEVER && now_ns() > clearing->until)
        clearing->is_late = true;
    return clearing->is_late;
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

/* Open a directory that is to go, and take away what its owner may have put in the way. */
static int open_doomed(const struct clearing *clearing, int parent, const char *name) {
    int descriptor = inode_open_directory(parent, name);
    if (descriptor < 0)
        return -1;
    inode_open_up(descriptor, clearing->writable_paths->uid, S_IRWXU);
    /* Written through one by one (chattr +S), 50 files take a second. */
    (void)inode_restore_flags(descriptor, NULL);
    return descriptor;
}

/* A directory whose files go, up to the first directory in it. */
struct thinning {
    struct clearing *clearing;
    char inner[WRITABLE_PATHS_NAME_BYTES]; /* that one, "" for none */
};

static int thin(void *context, int descriptor, const char *name) {
    struct thinning *thinning = context;
    struct inode_state state;
    if (is_late(thinning->clearing))
        return 1;
    if (inode_read(descriptor, name, &state) != 0)
        return 0;
    if (is_directory(&state)) {
        bytes_copy(thinning->inner, sizeof(thinning->inner), bytes_of(name));
        return 1;
    }
    unlink_file(thinning->clearing, descriptor, name, &state);
    return 0;
}

/* Remove so many directories of a tree where they are, the innermost first; false where none could be removed. */
static bool remove_in_place(struct clearing *clearing, int parent, const char *name, uint32_t most) {
    struct thinning thinning = {.clearing = clearing};
    struct cleaned *out = clearing->out;
    const uint32_t failed = out->failed, before = out->directories;
    int at = open_doomed(clearing, parent, name), depth = 0;
    while (at >= 0 && out->directories - before < most) {
        int next;
        thinning.inner[0] = '\0';
        if (writable_paths_each_entry(at, thin, &thinning) < 0 || clearing->is_late || out->failed != failed)
            break;
        if (thinning.inner[0] == '\0') {
            if (depth-- == 0) {
                out->directories += unlinkat(parent, name, AT_REMOVEDIR) == 0;
                break;
            }
            next = openat(at, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        } else if (unlinkat(at, thinning.inner, AT_REMOVEDIR) == 0) {
            out->directories++;
            continue;
        } else if (errno == ENOTEMPTY) {
            depth++;
            next = open_doomed(clearing, at, thinning.inner);
        } else {
            break;
        }
        (void)close(at);
        at = next;
    }
    if (at >= 0)
        (void)close(at);
    return out->directories != before;
}

/* Rename a directory to a name of ours directly under the root, if need be as soon as there is room for it; false where that
 * fails. */
static bool lift(struct clearing *clearing, int parent, const char *name) {
    struct writable_paths *writable_paths = clearing->writable_paths;
    int top = clearing->root->descriptor;
    char fresh[64];
    (void)snprintf(fresh, sizeof(fresh), LIFTED_NAME, (unsigned long long)writable_paths->mark,
                   (unsigned long long)writable_paths->lifted);
    bool was_opened = false;
    uint32_t most = FIRST_IN_PLACE;
    while (renameat(parent, name, top, fresh) != 0) {
        if (errno == ENOENT)
            /* It has been removed itself. */
            return true;
        if (errno == ENOSPC || errno == EDQUOT) {
            /* A full disk has no room for another name. To ask for some takes 10 ms (ext4 writes its journal first). */
            if (!remove_in_place(clearing, parent, name, most))
                return false;
            most *= 2;
            continue;
        }
        /* Moving a directory writes its `..`, which needs write permission on the directory itself. */
        int descriptor = was_opened ? -1 : open_doomed(clearing, parent, name);
        if (descriptor < 0)
            return false;
        was_opened = true;
        (void)close(descriptor);
    }
    writable_paths->lifted++;
    return true;
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
        clearing->out->failed += !clearing->is_late;
    return 0;
}

/* Empty and remove one lifted directory. */
static void remove_lifted(struct clearing *clearing, uint64_t number) {
    int top = clearing->root->descriptor;
    char name[64];
    (void)snprintf(name, sizeof(name), LIFTED_NAME, (unsigned long long)clearing->writable_paths->mark,
                   (unsigned long long)number);
    for (int pass = 0; pass < MANY_PASSES; pass++) {
        uint32_t failed = clearing->out->failed;
        int descriptor = open_doomed(clearing, top, name);
        if (descriptor < 0)
            break;
        int result = writable_paths_each_entry(descriptor, remove_inner, clearing);
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
    uint64_t next = clearing->writable_paths->lifted;
    if (!lift(clearing, parent, name)) {
        clearing->out->failed += !clearing->is_late;
        return;
    }
    /* Those below are lifted after it, and get the next numbers. */
    for (; next < clearing->writable_paths->lifted && !clearing->is_late; next++)
        remove_lifted(clearing, next);
}

/* Have a file of init's be what it was, which has another stamp or may have been written to; false where it is not, or only to look was
 * asked for (`until` is 0). */
static bool settle(struct clearing *clearing, int descriptor, const char *name, struct known_entry *entry, bool is_stamped) {
    struct writable_paths *writable_paths = clearing->writable_paths;
    struct written *written = &writable_paths->written;
    char *scratch = writable_paths->waiting + WRITABLE_PATHS_WAITING_BYTES;
    if (is_stamped && (!writable_paths->restores || entry->content == 0))
        return false;
    if (entry->content == 0) {
        if (entry->digest == 0 || entry->digest != written_digest(writable_paths->kept.key, descriptor, name, scratch))
            return false;
    } else if (!contents_is_same(writable_paths->contents, entry->content, descriptor, name, &entry->state, scratch)) {
        if (clearing->until == 0 || !writable_paths->restores ||
            !contents_restore(writable_paths->contents, entry->content, descriptor, name, &entry->state, scratch))
            return false;
        clearing->out->restored++;
        /* By ourselves. */
        written_ask(written);
    }
    written_settle(written, entry->watch);
    clearing->out->settled++;
    if (entry->state.changed > clearing->newest)
        clearing->newest = entry->state.changed;
    return true;
}

/* Make a directory of init's again that was replaced by what is removed by now: nothing that was in it is known by the new one. It stays
 * unseen where that fails, or where the zygote works in the old one or has it open, as then later workers would have. */
static void make_again(struct clearing *clearing, int parent, const char *name, struct known_entry *entry) {
    struct writable_paths *writable_paths = clearing->writable_paths;
    struct inode_state now;
    if (clearing->is_late || !writable_paths->restores || !is_directory(&entry->state) ||
        !written_is_gone(&writable_paths->written, entry->watch) || mkdirat(parent, name, S_IRWXU) != 0)
        return;
    int descriptor = inode_open_directory(parent, name);
    if (descriptor < 0)
        return;
    (void)inode_restore_flags(descriptor, &entry->state);
    if (inode_read(descriptor, "", &now) == 0 &&
        inode_restore(descriptor, &now, &entry->state, writable_paths->waiting + WRITABLE_PATHS_WAITING_BYTES) == 0 &&
        inode_read(descriptor, "", &now) == 0) {
        inode_read_flags(descriptor, &now);
        entry->state = now;
        entry->is_seen = true;
        entry->watch = written_watch_directory(&writable_paths->written, parent, name);
        clearing->out->restored++;
    }
    (void)close(descriptor);
}

static void count_change(struct cleaned *out, const struct known_entry *entry) {
    out->changed++;
    out->code += entry->is_code;
}

/* ---- walking ----------------------------------------------------------------------------------- */

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
    struct writable_paths *writable_paths = clearing->writable_paths;
    struct inode_state state;
    if (inode_read(descriptor, name, &state) != 0)
        return 0;
    if (writable_paths_is_apart(writable_paths, clearing->root, &state))
        return 0;
    struct known_entry *kept = known_find(&writable_paths->kept, folder->state, name);
    bool stays = kept != NULL && is_same_inode(&state, &kept->state);
    if (stays && !kept->is_seen) {
        kept->is_seen = true;
        bool is_stamped = !is_same(&state, &kept->state);
        bool is_written = !is_directory(&state) && written_has(&writable_paths->written, kept->watch);
        if (!is_stamped && is_written && kept->is_on_disk) {
            is_stamped = is_written = kept->digest == 0 && written_is_hollow(descriptor, name, state.size);
            if (!is_written)
                written_settle(&writable_paths->written, kept->watch);
        }
        if ((is_stamped || is_written) &&
            !writable_paths_is_held(writable_paths, clearing->root, folder->path, name, &state) &&
            !settle(clearing, descriptor, name, kept, is_stamped))
            count_change(clearing->out, kept);
    }
    enum keep verdict =
        stays ? KEEP_NO : writable_paths_judge_keep(writable_paths, clearing->root, folder->path, name);
    if (verdict == KEEP_ALL ||
        (!stays && writable_paths_is_held(writable_paths, clearing->root, folder->path, name, &state)))
        return 0;
    stays |= verdict == KEEP_INSIDE && is_directory(&state);
    if (stays || (is_directory(&state) && state.uid != writable_paths->uid)) {
        if (is_directory(&state) && !writable_paths_push(writable_paths, folder->path, name))
            clearing->out->failed++;
        return 0;
    }
    if (state.uid != writable_paths->uid)
        return 0;
    if (is_late(clearing))
        return 1;
    inode_open_up(descriptor, writable_paths->uid, S_IRWXU);
    inode_open_up(clearing->root->descriptor, writable_paths->uid, S_IRWXU);
    remove_entry(clearing, descriptor, name, &state);
    if (kept != NULL)
        make_again(clearing, descriptor, name, kept);
    folder->removed++;
    return clearing->is_late;
}

/* Clear one directory that stays, and have those in it wait. */
static void clear_folder(struct clearing *clearing, const char *path, int descriptor,
                         const struct inode_state *state) {
    struct folder folder = {clearing, path, state, 0};
    size_t waiting = clearing->writable_paths->n_waiting;
    for (int pass = 0; pass < MANY_PASSES; pass++) {
        folder.removed = 0;
        clearing->writable_paths->n_waiting = waiting;
        uint32_t failed = clearing->out->failed;
        int result = writable_paths_each_entry(descriptor, look_at_entry, &folder);
        if (result < 0)
            clearing->out->failed++;
        /* Nothing was there to go, or nothing went. */
        if (result != 0 || folder.removed == 0 || clearing->out->failed != failed)
            return;
    }
}

/* The kept entry of the directory `path` below the root, given that of the directory it lies in; NULL where
 * init did not know it. Walks down from the root, since inodes are the key. */
static struct known_entry *kept_folder(const struct clearing *clearing, const char *path) {
    struct inode_state parent = clearing->root->before;
    struct known_entry *entry = NULL;
    char name[WRITABLE_PATHS_NAME_BYTES];
    for (const char *at = path; *at != '\0';) {
        const char *end = strchrnul(at, '/');
        bytes_copy(name, sizeof(name), (struct bytes){(const uint8_t *)at, (size_t)(end - at)});
        entry = known_find(&clearing->writable_paths->kept, &parent, name);
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
    uint64_t grown = is_remembered && now.size > before->size ? now.size - before->size : 0;
    bool is_bloated = grown > BLOAT_BYTES;
    clearing->grown += grown;
    if (now.uid != clearing->writable_paths->uid)
        return is_bloated;
    inode_restore_hint(descriptor, before);
    if (is_remembered && now.changed == before->changed)
        return is_bloated;
    if (inode_restore(descriptor, &now, is_remembered ? before : NULL,
                      clearing->writable_paths->waiting + WRITABLE_PATHS_WAITING_BYTES) != 0)
        clearing->out->failed++;
    if (inode_read(descriptor, "", &now) == 0)
        before->changed = now.changed;
    return is_bloated;
}

/* Remove a directory on the way to what is kept, and those above it, where they hold nothing: their names
 * could carry data on. */
static void remove_way(struct clearing *clearing, char *path) {
    struct inode_state state;
    int top = clearing->root->descriptor;
    while (path[0] != '\0' && kept_folder(clearing, path) == NULL && inode_read(top, path, &state) == 0 &&
           state.uid == clearing->writable_paths->uid && unlinkat(top, path, AT_REMOVEDIR) == 0) {
        char *end = strrchr(path, '/');
        clearing->out->directories++;
        *(end == NULL ? path : end) = '\0';
    }
}

static void clear_root(struct clearing *clearing, struct place *root) {
    struct writable_paths *writable_paths = clearing->writable_paths;
    char path[WRITABLE_PATHS_PATH_BYTES];
    struct inode_state state;
    writable_paths->n_waiting = 0;
    clearing->root = root;
    /* Its owner may have put another directory in its place. */
    if (inode_read(AT_FDCWD, root->path, &state) != 0 || !is_same_inode(&state, &root->before)) {
        clearing->out->failed++;
        return;
    }
    inode_open_up(root->descriptor, writable_paths->uid, S_IRUSR | S_IXUSR);
    if (state.uid == writable_paths->uid && state.changed != root->before.changed)
        clearing->out->flagged +=
            inode_restore_flags(root->descriptor, root->is_remembered ? &root->before : NULL);
    clear_folder(clearing, "", root->descriptor, &root->before);
    while (!clearing->is_late && writable_paths_pop(writable_paths, path)) {
        int descriptor = inode_open_directory(root->descriptor, path);
        if (descriptor < 0) {
            /* Another user's, closed to us: nothing of ours is in it. */
            bool is_closed = errno == EACCES && inode_read(root->descriptor, path, &state) == 0;
            clearing->out->failed += !(is_closed && state.uid != writable_paths->uid);
            continue;
        }
        struct known_entry *kept = kept_folder(clearing, path);
        if (inode_read(descriptor, "", &state) == 0) {
            inode_open_up(descriptor, writable_paths->uid, S_IRUSR | S_IXUSR);
            if (state.uid == writable_paths->uid && kept != NULL && state.changed != kept->state.changed)
                clearing->out->flagged += inode_restore_flags(descriptor, &kept->state);
            clear_folder(clearing, path, descriptor, &state);
        }
        /* A new one comes with a new zygote. */
        if (kept != NULL && give_back(clearing, descriptor, &kept->state, true))
            clearing->out->changed++;
        (void)close(descriptor);
        if (kept == NULL && writable_paths->keep != NULL)
            remove_way(clearing, path);
    }
    /* Last: what is removed goes by way of it. */
    if (!clearing->is_late && give_back(clearing, root->descriptor, &root->before, root->is_remembered))
        clearing->out->bloated++;
}

void writable_paths_clear(struct writable_paths *writable_paths, int64_t until, struct cleaned *out) {
    struct clearing clearing = {.writable_paths = writable_paths, .out = out, .until = until};
    struct known *kept = &writable_paths->kept;
    memset(out, 0, sizeof(*out));
    written_ask(&writable_paths->written);
    for (size_t i = 0; i < kept->n; i++)
        kept->entries[i].is_seen = false;
    for (size_t i = 0; i < writable_paths->n_roots && !clearing.is_late; i++)
        if (!writable_paths->roots[i].is_lost)
            clear_root(&clearing, &writable_paths->roots[i]);
    /* A new zygote's are new. */
    out->changed += clearing.grown > BLOAT_MOST;
    writable_paths_outlast(clearing.newest);
    out->is_finished = !clearing.is_late;
    writable_paths->is_pending = clearing.is_late;
    /* One that was not met is gone or was replaced. */
    for (size_t i = 0; out->is_finished && i < kept->n; i++)
        if (!kept->entries[i].is_seen)
            count_change(out, &kept->entries[i]);
}

bool writable_paths_has_more(struct writable_paths *writable_paths) {
    struct cleaned found;
    /* The first that would be removed is late. */
    writable_paths_clear(writable_paths, 0, &found);
    writable_paths->is_pending = false;
    return !found.is_finished || found.changed > 0 || found.failed > 0;
}
