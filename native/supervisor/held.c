#include "held.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "walk.h"

/* Sockets that are asked for in one clearing, and how much of the kernel's list is read for each: an invocation may make any
 * number, and what it hides by that it could remove. */
#define MANY_SOCKETS 64
#define SOCKETS_BYTES (1u << 20)

/* FNV-1a of the last part of a path. */
static uint64_t hash_name(const char *path) {
    const char *slash = strrchr(path, '/');
    uint64_t value = UINT64_C(0xcbf29ce484222325);
    for (const char *c = slash != NULL ? slash + 1 : path; *c != '\0'; c++)
        value = (value ^ (uint8_t)*c) * UINT64_C(0x100000001b3);
    return value;
}

static int add_file(void *context, int descriptor, const char *name) {
    struct held *held = context;
    struct stat facts;
    char path[WRITABLE_PATHS_FULL_BYTES];
    if (held->n == HELD_MANY)
        return 1;
    if (fstatat(descriptor, name, &facts, 0) != 0)
        return 0;
    ssize_t n = readlinkat(descriptor, name, path, sizeof(path) - 1);
    path[n > 0 ? n : 0] = '\0';
    struct held_file *file = &held->files[held->n++];
    *file = (struct held_file){(uint64_t)major(facts.st_dev) << 32 | minor(facts.st_dev), facts.st_ino, hash_name(path)};
    for (size_t i = 0; i < held->n_before; i++)
        if (held->before[i].inode == file->inode && held->before[i].device == file->device) {
            file->name = held->before[i].name;
            break;
        }
    return 0;
}

static int add_files_of(void *context, pid_t pid) {
    struct held *held = context;
    char path[32];
    (void)snprintf(path, sizeof(path), "%d/fd", (int)pid);
    int folder = openat(held->procfs->root, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return 0;
    (void)writable_paths_each_entry(folder, add_file, held);
    (void)close(folder);
    return 0;
}

void held_look(struct held *held, struct sweep *sweep) {
    held->procfs = sweep->procfs;
    memcpy(held->before, held->files, held->n * sizeof(*held->files));
    held->n_before = held->n;
    held->n = held->n_asked = 0;
    held->has_extensions = sweep->n_extensions > 0;
    (void)sweep_each_extension(sweep, add_files_of, held);
}

/* A path, and whether a socket is bound there. */
struct bound {
    const char *path;
    bool is_found;
};

/* A line ends with the path, behind seven fields. */
static void see_socket(void *context, const char *line) {
    struct bound *bound = context;
    for (int i = 0; i < 7; i++) {
        line += strspn(line, " ");
        line += strcspn(line, " ");
    }
    bound->is_found |= line[0] == ' ' && strcmp(line + 1, bound->path) == 0;
}

bool held_has(struct held *held, const struct inode_state *state, const char *path) {
    struct bound bound = {path, false};
    for (size_t i = 0; i < held->n; i++)
        if (held->files[i].inode == state->inode && held->files[i].device == state->device && held->files[i].name == hash_name(path))
            return true;
    /* The process that bound it lives, or is dead and its files are still to be closed: see held_has_asked. */
    if (held->has_extensions && S_ISSOCK(state->mode) && held->n_asked++ < MANY_SOCKETS)
        (void)procfs_each_line(held->procfs, "net/unix", SOCKETS_BYTES, see_socket, &bound);
    return bound.is_found;
}
