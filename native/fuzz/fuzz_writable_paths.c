/* The clearer of temporary directories: names, kinds, modes and links in them are an attacker's. Each step is
 * three bytes and a name; nothing may stay but what was there when the place was remembered, and nothing
 * outside may change. */
#include "writable_paths.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

int fuzz_one(const uint8_t *data, size_t size);

enum { MANY_STEPS = 48, MANY_FOLDERS = 16 };

static char place[] = "/tmp/fuzz-places-XXXXXX";
static int inside = -1, outside = -1;

/* Make what a step says: its kind, in which of the directories made so far, and its name. */
static void make(struct bytes *rest, int *folders, size_t *n_folders) {
    char name[256];
    uint8_t kind = rest->at[0], where = rest->at[1], n = rest->at[2];
    rest->at += 3;
    rest->n -= 3;
    size_t length = n < rest->n ? n : rest->n;
    bytes_copy(name, sizeof(name), (struct bytes){rest->at, length});
    rest->at += length;
    rest->n -= length;
    /* A name, not a path. */
    for (char *at = name; *at != '\0'; at++)
        if (*at == '/')
            *at = '_';
    int parent = folders[where % *n_folders], made = -1;
    switch (kind % 8) {
    case 0:
    case 1:
        if (mkdirat(parent, name, 0700) == 0 && *n_folders < MANY_FOLDERS) {
            made = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
            if (made >= 0)
                folders[(*n_folders)++] = made;
        }
        break;
    case 2:
        made = openat(parent, name, O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, kind >> 3);
        if (made >= 0) {
            (void)!write(made, name, 1);
            (void)close(made);
        }
        break;
    case 3:
        (void)!symlinkat(kind & 8 ? "../outside" : kind & 16 ? "../outside/file" : name, parent, name);
        break;
    case 4:
        (void)mkfifoat(parent, name, 0600);
        break;
    case 5:
        (void)!linkat(folders[(where >> 4) % *n_folders], "kept", parent, name, 0);
        break;
    case 6:
        (void)fchmod(parent, (mode_t)(kind >> 3) << 4);
        break;
    default:
        (void)renameat(parent, name, folders[(where >> 4) % *n_folders], kind & 8 ? "kept" : "moved");
    }
}

static size_t entries_of(int folder) {
    size_t n = 0;
    int copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *listed = copy < 0 ? NULL : fdopendir(copy);
    if (listed == NULL)
        abort();
    while (readdir(listed) != NULL)
        n++;
    (void)closedir(listed);
    return n - 2;
}

static void end(void) {
    int top = open(place, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    (void)unlinkat(inside, "kept", 0);
    (void)unlinkat(outside, "file", 0);
    (void)unlinkat(top, "inside", AT_REMOVEDIR);
    (void)unlinkat(top, "outside", AT_REMOVEDIR);
    (void)close(top);
    (void)rmdir(place);
}

static void begin(void) {
    if (mkdtemp(place) == NULL || atexit(end) != 0)
        abort();
    int top = open(place, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (mkdirat(top, "inside", 0700) != 0 || mkdirat(top, "outside", 0700) != 0)
        abort();
    inside = openat(top, "inside", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    outside = openat(top, "outside", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    (void)close(openat(outside, "file", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    (void)close(top);
}

int fuzz_one(const uint8_t *data, size_t size) {
    static struct writable_paths writable_paths;
    static struct fault fault;
    char path[64];
    const char *const roots[] = {path};
    int folders[MANY_FOLDERS];
    size_t n_folders = 0;
    struct cleaned cleaned;
    struct stat before, after;
    struct bytes rest = {data, size};
    if (inside < 0) {
        begin();
        (void)snprintf(path, sizeof(path), "%s/inside", place);
        if (writable_paths_begin(&writable_paths, roots, 1, &fault) != 0)
            abort();
    }
    int kept = openat(inside, "kept", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (kept < 0 || fstat(kept, &before) != 0 || close(kept) != 0)
        abort();
    if (writable_paths_remember(&writable_paths, &fault) != 0)
        abort();
    folders[n_folders++] = dup(inside);
    for (int step = 0; step < MANY_STEPS && rest.n > 3; step++)
        make(&rest, folders, &n_folders);
    for (size_t i = 0; i < n_folders; i++)
        (void)close(folders[i]);
    writable_paths_clear(&writable_paths, NEVER, &cleaned);
    if (!cleaned.is_finished || cleaned.failed > 0 || entries_of(inside) > 1 || entries_of(outside) != 1)
        abort();
    bool is_same = fstatat(inside, "kept", &after, AT_SYMLINK_NOFOLLOW) == 0 && after.st_ino == before.st_ino;
    if (!is_same && cleaned.changed == 0)
        abort();
    return 0;
}
