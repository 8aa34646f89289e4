#include "mounts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

/* Between a start in ticks since boot and a file's time: the tick, and how well the two clocks agree. */
#define CLOCKS_DIFFER_NS (1 * NS_PER_S)

enum { MOUNT_LINE = 4096 };

/* Views of the kernel and devices: nothing that is written there is a file of anybody's. */
static const char *const pseudo[] = {
    "autofs",  "binfmt_misc", "bpf",    "cgroup", "cgroup2", "configfs",   "debugfs", "devpts",  "devtmpfs", "efivarfs",
    "fusectl", "mqueue",      "nsfs",   "proc",   "pstore",  "securityfs", "selinuxfs", "sysfs", "tracefs",
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

bool mounts_is_pseudo(const struct mount *mount) {
    for (size_t i = 0; i < COUNT(pseudo); i++)
        if (strcmp(mount->kind, pseudo[i]) == 0)
            return true;
    return path_is_within(mount->point, "/proc") || path_is_within(mount->point, "/sys") || path_is_within(mount->point, "/dev");
}

void mounts_each(void (*see)(void *context, const struct mount *mount), void *context) {
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
struct search {
    const char *path;
    struct mount_point *best;
};

static void see_holder(void *context, const struct mount *mount) {
    const struct search *search = context;
    struct mount_point *best = search->best;
    if (!path_is_within(search->path, mount->point) || strlen(mount->point) < strlen(best->point))
        return;
    bytes_copy(best->root, sizeof(best->root), bytes_of(mount->root));
    bytes_copy(best->point, sizeof(best->point), bytes_of(mount->point));
    bytes_copy(best->kind, sizeof(best->kind), bytes_of(mount->kind));
}

void mounts_find(const char *path, struct mount_point *out) {
    struct search search = {path, out};
    *out = (struct mount_point){.root = ""};
    mounts_each(see_holder, &search);
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

bool mounts_began_here(const struct mount_point *at, const char *top, int64_t started) {
    if (strcmp(at->kind, "overlay") == 0 && strcmp(at->point, "/") == 0)
        return true;
    return (strcmp(at->point, top) != 0 || strcmp(at->root, "/") == 0) && is_young(top, started);
}
