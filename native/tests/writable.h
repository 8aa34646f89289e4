/* What the tests of writable places share: places of this test's alone, what is left there, and looks at it. */
#ifndef DAYFLY_TESTS_WRITABLE_H
#define DAYFLY_TESTS_WRITABLE_H

#include "unit.h"

#include "../supervisor/inode.h"
#include "../supervisor/writable_paths.h"

#include <dirent.h>

static struct writable_paths writable_paths;
static struct cleaned cleaned;
static struct fault fault;
/* On a file system with flags and directories that stay large; "" without. */
static char disk[64];

static const char *const roots[] = {"/tmp", disk, "/nowhere"};
static inline void begin(void) {
    CHECK(writable_paths_begin(&writable_paths, roots, 3, &fault) == 0);
    CHECK_EQUAL(writable_paths.n_roots, 2);
}

static inline void remember(void) { CHECK(writable_paths_remember(&writable_paths, &fault) == 0); }

static inline void clear(void) {
    writable_paths_clear(&writable_paths, NEVER, &cleaned);
    CHECK(cleaned.is_finished && !writable_paths.is_pending);
}

static inline void make(const char *path) {
    int descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    CHECK(descriptor >= 0);
    CHECK(write(descriptor, "left", 4) == 4);
    (void)close(descriptor);
}

static inline bool exists(const char *path) {
    struct stat status;
    return lstat(path, &status) == 0;
}

static inline bool is_empty(const char *path) {
    bool empty = true;
    DIR *folder = opendir(path);
    CHECK(folder != NULL);
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            empty = false;
    (void)closedir(folder);
    return empty;
}

static inline const char *on_disk(const char *name) {
    static char path[4][PATH_MAX];
    static int next;
    char *at = path[next++ % 4];
    (void)snprintf(at, PATH_MAX, "%s/%s", disk, name);
    return at;
}

static inline void with_disk(void (*before)(void), void (*act)(void)) {
    (void)snprintf(disk, sizeof(disk), "/var/tmp/dayfly-unit-XXXXXX");
    CHECK(mkdtemp(disk) != NULL);
    if (geteuid() == 0)
        CHECK(chown(disk, UNIT_UID, UNIT_UID) == 0);
    in_namespace(before, act);
    pid_t pid = fork();
    if (pid == 0) {
        (void)execlp("rm", "rm", "-rf", disk, NULL);
        _exit(1);
    }
    CHECK(waitpid(pid, NULL, 0) == pid);
}

#endif
