#include "host.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "mounts.h"

/* PROC_IPC_INIT_INO in the kernel's include/linux/proc_ns.h: the objects of the machine itself. */
#define INITIAL_IPC_NAMESPACE "ipc:[4026531839]"
/* PROC_USER_INIT_INO in the same file: users, and with them keyrings, of the machine itself. */
#define INITIAL_USER_NAMESPACE "user:[4026531837]"

/* The first argument of a process's command line. */
static void read_command(const struct procfs *procfs, pid_t pid, char *out, size_t size) {
    char path[32];
    (void)snprintf(path, sizeof(path), "%d/cmdline", (int)pid);
    if (procfs_read(procfs, path, out, size) < 0)
        out[0] = '\0';
}

static void read_link(const char *path, char *out, size_t size) {
    ssize_t n = readlink(path, out, size - 1);
    out[n < 0 ? 0 : n] = '\0';
}

void host_observe(struct host *host, const struct procfs *procfs) {
    pid_t parent = getppid();
    read_link("/proc/self/ns/pid", host->pid_namespace, sizeof(host->pid_namespace));
    read_command(procfs, 1, host->init_command, sizeof(host->init_command));
    read_command(procfs, parent, host->parent_command, sizeof(host->parent_command));
    host->facts = (struct host_facts){host->pid_namespace, host->init_command, host->parent_command, parent,
                                      host_began_here(procfs, "/tmp")};
}

static bool is_in(const char *path, const char *namespace) {
    char name[64];
    read_link(path, name, sizeof(name));
    return strcmp(name, namespace) == 0;
}

bool host_shares_ipc(void) { return is_in("/proc/self/ns/ipc", INITIAL_IPC_NAMESPACE); }

bool host_shares_users(void) { return is_in("/proc/self/ns/user", INITIAL_USER_NAMESPACE); }

/* Not the times of /proc/1: an inode there begins when somebody first looks, in a later life perhaps. */
int64_t host_started(const struct procfs *procfs) {
    struct proc_stat stat;
    struct timespec up;
    long ticks = sysconf(_SC_CLK_TCK);
    if (procfs_stat(procfs, 1, &stat) != 1 || ticks <= 0 || clock_gettime(CLOCK_BOOTTIME, &up) != 0)
        return 0;
    int64_t booted = wall_ms() * NS_PER_MS - ((int64_t)up.tv_sec * NS_PER_S + up.tv_nsec);
    return booted + (int64_t)stat.started * (NS_PER_S / ticks);
}

bool host_began_here(const struct procfs *procfs, const char *path) {
    struct mount_point at;
    int64_t started = host_started(procfs);
    mounts_find(path, &at);
    bool is_own = strcmp(at.point, path) == 0 || (strcmp(at.point, "/") == 0 && (strcmp(at.kind, "tmpfs") == 0 ||
                                                                               strcmp(at.kind, "overlay") == 0));
    return started != 0 && is_own && mounts_began_here(&at, path, started);
}

bool host_may_write(const char *path) {
    struct stat facts;
    struct statvfs where;
    if (access(path, W_OK | X_OK) == 0)
        return true;
    return stat(path, &facts) == 0 && facts.st_uid == getuid() && statvfs(path, &where) == 0 && (where.f_flag & ST_RDONLY) == 0;
}

/* ---- memory --------------------------------------------------------------------------------- */

/* Say whether the memory of a process can be opened for writing; nothing is read or written. */
static bool opens_memory(const struct procfs *procfs, pid_t pid) {
    char path[32];
    (void)snprintf(path, sizeof(path), "%d/mem", (int)pid);
    int opened = openat(procfs->root, path, O_RDWR | O_CLOEXEC);
    if (opened < 0)
        return false;
    (void)close(opened);
    return true;
}

/* Copy the name of a process's program. */
static void name_program(const struct procfs *procfs, pid_t pid, char *out, size_t size) {
    char command[256];
    read_command(procfs, pid, command, sizeof(command));
    const char *name = strrchr(command, '/');
    name = name == NULL ? command : name + 1;
    bytes_copy(out, size, bytes_of(name[0] == '\0' ? "a process without a name" : name));
}

/* Say whether a process was executed with a variable that begins with `mark`. */
static bool shows(const struct procfs *procfs, pid_t pid, const char *mark) {
    char path[32], piece[4096];
    size_t n = strlen(mark), kept = 0;
    bool is_found = false;
    (void)snprintf(path, sizeof(path), "%d/environ", (int)pid);
    int opened = openat(procfs->root, path, O_RDONLY | O_CLOEXEC);
    for (ssize_t got; opened >= 0 && !is_found && (got = read(opened, piece + kept, sizeof(piece) - kept)) > 0;) {
        size_t all = kept + (size_t)got;
        is_found = memmem(piece, all, mark, n) != NULL;
        kept = all < n ? all : n - 1;
        memmove(piece, piece + all - kept, kept);
    }
    if (opened >= 0)
        (void)close(opened);
    return is_found;
}

bool host_shows_variable(struct procfs *procfs, const char *mark, char *out, size_t size) {
    pid_t pid;
    out[0] = '\0';
    if (procfs_rewind(procfs) != 0)
        return false;
    while ((pid = procfs_next(procfs)) > 0)
        if (pid != getpid() && shows(procfs, pid, mark)) {
            name_program(procfs, pid, out, size);
            return true;
        }
    return false;
}

bool host_open_stranger(struct procfs *procfs, char *out, size_t size) {
    pid_t pid;
    out[0] = '\0';
    if (procfs_rewind(procfs) != 0)
        return false;
    while ((pid = procfs_next(procfs)) > 0)
        if (pid != getpid() && opens_memory(procfs, pid)) {
            name_program(procfs, pid, out, size);
            return true;
        }
    return false;
}
