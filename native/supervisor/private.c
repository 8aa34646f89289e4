#include "private.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

int private_make(struct private_directory *directory, const char *parent, struct fault *fault) {
    uint8_t mark[4];
    directory->path[0] = '\0';
    size_t n = strlen(parent);
    while (n > 0 && parent[n - 1] == '/')
        n--;
    if (getrandom(mark, sizeof(mark), 0) != (ssize_t)sizeof(mark))
        return fault_set(fault, "there are no random numbers");
    char path[sizeof(directory->path)];
    int used = snprintf(path, sizeof(path), "%.*s/dayfly-%d-%02x%02x%02x%02x", (int)n, parent, (int)getpid(), mark[0],
                        mark[1], mark[2], mark[3]);
    if (used < 0 || (size_t)used >= sizeof(path))
        return fault_set(fault, "no temporary directory can be made in %s: its name is too long", parent);
    if (mkdir(path, 0700) != 0)
        return fault_set(fault, "no temporary directory can be made in %s: %s", parent, strerror(errno));
    memcpy(directory->path, path, sizeof(path));
    directory->lock = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    /* A file system without locks makes it without. */
    if (directory->lock >= 0)
        (void)flock(directory->lock, LOCK_EX | LOCK_NB);
    return 0;
}

void private_remove(struct private_directory *directory) {
    if (directory->path[0] == '\0')
        return;
    (void)rmdir(directory->path);
    directory->path[0] = '\0';
    if (directory->lock >= 0)
        (void)close(directory->lock);
}
