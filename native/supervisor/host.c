#include "host.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* PROC_IPC_INIT_INO in the kernel's include/linux/proc_ns.h: the objects of the machine itself. */
#define INITIAL_IPC_NAMESPACE "ipc:[4026531839]"
/* Between a start in ticks since boot and a file's time: the tick, and how well the two clocks agree. */
#define CLOCKS_DIFFER_NS (1 * NS_PER_S)

enum { MOUNT_LINE = 4096, MANY_SHOWN = 8, DEPTH = 2 };

/* Views of the kernel and devices: nothing that is written there is a file of anybody's. */
static const char *const pseudo[] = {
    "autofs",  "binfmt_misc", "bpf",    "cgroup", "cgroup2", "configfs",   "debugfs", "devpts",  "devtmpfs", "efivarfs",
    "fusectl", "mqueue",      "nsfs",   "proc",   "pstore",  "securityfs", "selinuxfs", "sysfs", "tracefs",
};

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

bool host_shares_ipc(void) {
    char name[64];
    read_link("/proc/self/ns/ipc", name, sizeof(name));
    return strcmp(name, INITIAL_IPC_NAMESPACE) == 0;
}

/* ---- mounts --------------------------------------------------------------------------------- */

/* One line of /proc/self/mountinfo. */
struct mount {
    char *root;
    char *point;
    char *kind;
    bool is_read_only;
};

static bool has_option(const char *options, const char *wanted) {
    size_t n = strlen(wanted);
    for (const char *at = options; at != NULL; at = strchr(at, ',') == NULL ? NULL : strchr(at, ',') + 1)
        if (strncmp(at, wanted, n) == 0 && (at[n] == ',' || at[n] == '\0'))
            return true;
    return false;
}

/* Undo the kernel's escapes of space, tab, line feed and backslash (fs/proc_namespace.c). */
static void unescape(char *text) {
    char *to = text;
    for (const char *at = text; *at != '\0'; to++) {
        if (at[0] == '\\' && at[1] >= '0' && at[1] <= '3' && at[2] >= '0' && at[2] <= '7' && at[3] >= '0' && at[3] <= '7') {
            *to = (char)((at[1] - '0') * 64 + (at[2] - '0') * 8 + (at[3] - '0'));
            at += 4;
        } else {
            *to = *at++;
        }
    }
    *to = '\0';
}

static bool parse_mount(char *line, struct mount *out) {
    char *fields[6];
    char *rest = line;
    line[strcspn(line, "\n")] = '\0';
    char *right = strstr(line, " - ");
    if (right == NULL)
        return false;
    *right = '\0';
    for (size_t i = 0; i < COUNT(fields); i++) {
        fields[i] = strsep(&rest, " ");
        if (fields[i] == NULL)
            return false;
    }
    char *kinds = right + 3;
    char *kind = strsep(&kinds, " ");
    const char *options = kinds == NULL ? NULL : strrchr(kinds, ' ');
    /* The mount's own options and the file system's: either forbids writing. */
    *out = (struct mount){fields[3], fields[4], kind,
                          has_option(fields[5], "ro") || (options != NULL && has_option(options + 1, "ro"))};
    unescape(out->root);
    unescape(out->point);
    return true;
}

static bool is_within(const char *path, const char *top) {
    size_t n = strlen(top);
    while (n > 0 && top[n - 1] == '/')
        n--;
    return strncmp(path, top, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

static bool is_pseudo(const struct mount *mount) {
    for (size_t i = 0; i < COUNT(pseudo); i++)
        if (strcmp(mount->kind, pseudo[i]) == 0)
            return true;
    return is_within(mount->point, "/proc") || is_within(mount->point, "/sys") || is_within(mount->point, "/dev");
}

/* Call `see` for each mount, later ones last. */
static void each_mount(void (*see)(void *context, const struct mount *mount), void *context) {
    char line[MOUNT_LINE];
    FILE *file = fopen("/proc/self/mountinfo", "re");
    if (file == NULL)
        return;
    while (fgets(line, sizeof(line), file) != NULL) {
        struct mount mount;
        if (parse_mount(line, &mount))
            see(context, &mount);
    }
    (void)fclose(file);
}

/* The topmost mount that holds `path`. */
struct holder {
    const char *path;
    char root[256], point[256], kind[64];
};

static void see_holder(void *context, const struct mount *mount) {
    struct holder *best = context;
    if (!is_within(best->path, mount->point) || strlen(mount->point) < strlen(best->point))
        return;
    bytes_copy(best->root, sizeof(best->root), bytes_of(mount->root));
    bytes_copy(best->point, sizeof(best->point), bytes_of(mount->point));
    bytes_copy(best->kind, sizeof(best->kind), bytes_of(mount->kind));
}

/* Say whether nothing at the top of a directory is older than `started` (ns since 1970). */
static bool is_young(const char *path, int64_t started) {
    DIR *directory = opendir(path);
    bool young = directory != NULL;
    for (struct dirent *entry; young && (entry = readdir(directory)) != NULL;) {
        struct stat facts;
        /* lost+found is made with the file system itself; the two others are the directory and what it lies in. */
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 || strcmp(entry->d_name, "lost+found") == 0)
            continue;
        if (fstatat(dirfd(directory), entry->d_name, &facts, AT_SYMLINK_NOFOLLOW) != 0)
            young = errno == ENOENT;
        else
            young = (int64_t)facts.st_ctim.tv_sec * NS_PER_S + facts.st_ctim.tv_nsec >= started - CLOCKS_DIFFER_NS;
    }
    if (directory != NULL)
        (void)closedir(directory);
    return young;
}

/* When PID 1 was started, in nanoseconds since 1970 as files are stamped; 0 if unknown. Not the times of /proc/1: an inode
 * there begins when somebody first looks, in a later life perhaps. */
static int64_t init_started(const struct procfs *procfs) {
    struct proc_stat stat;
    struct timespec up;
    long ticks = sysconf(_SC_CLK_TCK);
    if (procfs_stat(procfs, 1, &stat) != 1 || ticks <= 0 || clock_gettime(CLOCK_BOOTTIME, &up) != 0)
        return 0;
    int64_t booted = wall_ms() * NS_PER_MS - ((int64_t)up.tv_sec * NS_PER_S + up.tv_nsec);
    return booted + (int64_t)stat.started * (NS_PER_S / ticks);
}

bool host_began_here(const struct procfs *procfs, const char *path) {
    struct holder best = {.path = path};
    int64_t started = init_started(procfs);
    if (started == 0)
        return false;
    each_mount(see_holder, &best);
    if (strcmp(best.kind, "overlay") == 0 && strcmp(best.point, "/") == 0)
        return true;
    if (strcmp(best.point, path) != 0 && !(strcmp(best.kind, "tmpfs") == 0 && strcmp(best.point, "/") == 0))
        return false;
    if (strcmp(best.point, path) == 0 && strcmp(best.root, "/") != 0)
        return false;
    return is_young(path, started);
}

bool host_may_write(const char *path) {
    struct stat facts;
    if (access(path, W_OK | X_OK) == 0)
        return true;
    return errno != EROFS && stat(path, &facts) == 0 && facts.st_uid == getuid();
}

/* Where a user may write outside of some directories; found by looking DEPTH levels below a mount and a home. */
struct writable {
    const char *const *roots;
    size_t n_roots;
    struct buffer shown;
    size_t count;
};

static void see_directory(struct writable *all, const char *path, int depth) {
    for (size_t i = 0; i < all->n_roots; i++)
        if (strcmp(path, all->roots[i]) == 0)
            return;
    if (host_may_write(path)) {
        if (all->count++ < MANY_SHOWN)
            (void)buffer_print(&all->shown, "%s%s", all->shown.n > 0 ? ", " : "", path);
        return;
    }
    DIR *directory = depth > 0 ? opendir(path) : NULL;
    if (directory == NULL)
        return;
    struct stat top, facts;
    bool is_seen = fstat(dirfd(directory), &top) == 0;
    for (struct dirent *entry; is_seen && (entry = readdir(directory)) != NULL;) {
        char inner[PATH_MAX];
        /* What is mounted there is looked at by itself. */
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
            fstatat(dirfd(directory), entry->d_name, &facts, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISDIR(facts.st_mode) ||
            facts.st_dev != top.st_dev)
            continue;
        int n = snprintf(inner, sizeof(inner), "%s/%s", strcmp(path, "/") == 0 ? "" : path, entry->d_name);
        if (n > 0 && (size_t)n < sizeof(inner))
            see_directory(all, inner, depth - 1);
    }
    (void)closedir(directory);
}

static void see_writable(void *context, const struct mount *mount) {
    if (!mount->is_read_only && !is_pseudo(mount))
        see_directory(context, mount->point, DEPTH);
}

size_t host_writable(const char *const *roots, size_t n, char *out, size_t size) {
    struct writable all = {roots, n, {(uint8_t *)out, 0, size}, 0};
    const char *home = getenv("HOME");
    out[0] = '\0';
    each_mount(see_writable, &all);
    if (all.count == 0 && home != NULL && home[0] == '/')
        see_directory(&all, home, DEPTH);
    return all.count;
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
