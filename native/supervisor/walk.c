/* Walks directories below a root; see walk.h. */
#include "walk.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "held.h"

#define LIST_BYTES 16384

/* Push the path of `name` below `folder`; false where there is no room. Its length follows it. */
bool writable_paths_push(struct writable_paths *writable_paths, const char *folder, const char *name) {
    size_t of_folder = strlen(folder), of_name = strlen(name);
    size_t n = of_folder + (of_folder > 0 ? 1 : 0) + of_name;
    if (n + 1 > WRITABLE_PATHS_PATH_BYTES ||
        writable_paths->n_waiting + n + 1 + sizeof(uint16_t) > WRITABLE_PATHS_WAITING_BYTES)
        return false;
    char *at = writable_paths->waiting + writable_paths->n_waiting;
    memcpy(at, folder, of_folder);
    if (of_folder > 0)
        at[of_folder] = '/';
    memcpy(at + n - of_name, name, of_name + 1);
    uint16_t length = (uint16_t)(n + 1);
    memcpy(at + n + 1, &length, sizeof(length));
    writable_paths->n_waiting += n + 1 + sizeof(length);
    return true;
}

/* Take the path that was pushed last into `out`; false where none waits. */
bool writable_paths_pop(struct writable_paths *writable_paths, char *out) {
    uint16_t length;
    if (writable_paths->n_waiting == 0)
        return false;
    writable_paths->n_waiting -= sizeof(length);
    memcpy(&length, writable_paths->waiting + writable_paths->n_waiting, sizeof(length));
    writable_paths->n_waiting -= length;
    memcpy(out, writable_paths->waiting + writable_paths->n_waiting, length);
    return true;
}

/* Call `act` for every entry of an open directory until it returns other than 0; what it returned, or -1 with
 * errno. */
int writable_paths_each_entry(int descriptor, int (*act)(void *context, int descriptor, const char *name),
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

void writable_paths_print_path(char out[WRITABLE_PATHS_FULL_BYTES], const struct place *root,
                               const char *folder, const char *name) {
    (void)snprintf(out, WRITABLE_PATHS_FULL_BYTES, "%s/%s%s%s", root->path, folder,
                   folder[0] == '\0' ? "" : "/", name);
}

/* What the setting `keep` says of `name` in the directory `folder` below a root. */
enum keep writable_paths_judge_keep(const struct writable_paths *writable_paths, const struct place *root,
                                    const char *folder, const char *name) {
    char path[WRITABLE_PATHS_FULL_BYTES];
    if (writable_paths->keep == NULL || writable_paths->keep->count == 0)
        return KEEP_NO;
    writable_paths_print_path(path, root, folder, name);
    return keep_judge(writable_paths->keep, bytes_of(path));
}

/* Say whether an entry below a root is no part of it: where another file system is mounted, or another's root. */
bool writable_paths_is_apart(const struct writable_paths *writable_paths, const struct place *root,
                             const struct inode_state *state) {
    bool is_told = state->mount != 0 && root->before.mount != 0;
    /* Files of an overlay whose layers lie on several file systems have the devices of those. */
    if (is_told ? state->mount != root->before.mount : state->device != root->before.device)
        return true;
    for (size_t i = 0;
         writable_paths->apart != NULL && is_directory(state) && i < writable_paths->apart->n_roots; i++)
        if (is_same_inode(state, &writable_paths->apart->roots[i].before))
            return true;
    return false;
}

bool writable_paths_is_held(const struct writable_paths *writable_paths, const struct place *root,
                            const char *folder, const char *name, const struct inode_state *state) {
    char path[WRITABLE_PATHS_FULL_BYTES];
    if (writable_paths->held == NULL)
        return false;
    writable_paths_print_path(path, root, folder, name);
    return held_has(writable_paths->held, state, path);
}
