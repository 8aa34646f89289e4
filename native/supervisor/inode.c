/* What is known of one file or directory by its descriptor; see inode.h. */
#include "inode.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

/* C libraries differ in the type of a request: int or unsigned long. */
static long control(int descriptor, unsigned long request, void *argument) {
    return syscall(SYS_ioctl, descriptor, request, argument);
}

#ifndef F_GET_RW_HINT
#define F_GET_RW_HINT 1035
#define F_SET_RW_HINT 1036
#endif
#ifndef AT_EMPTY_PATH
#define AT_EMPTY_PATH 0x1000
#endif
#define NO_AUTOMOUNT 0x800
#define WITH_MOUNT 0x1000u
#define BASIC 0x7ffu

/* struct statx of the kernel: C libraries differ in how much of it they know. */
struct moment {
    int64_t seconds;
    uint32_t nanoseconds;
    int32_t unused;
};

struct extended_status {
    uint32_t mask, block_size;
    uint64_t attributes;
    uint32_t links, uid, gid;
    uint16_t mode, unused;
    uint64_t inode, size, blocks, attributes_mask;
    struct moment accessed, born, changed, modified;
    uint32_t device_of[2], device[2];
    uint64_t mount;
    uint64_t rest[13];
};

_Static_assert(sizeof(struct extended_status) == 256, "as the kernel has it");

static int64_t ns_of(struct moment at) { return at.seconds * NS_PER_S + at.nanoseconds; }

int inode_read(int descriptor, const char *name, struct inode_state *out) {
    struct extended_status status;
    int flags = AT_SYMLINK_NOFOLLOW | NO_AUTOMOUNT | (*name == '\0' ? AT_EMPTY_PATH : 0);
    if (syscall(SYS_statx, descriptor, name, flags, BASIC | WITH_MOUNT, &status) != 0)
        return -1;
    memset(out, 0, sizeof(*out));
    out->device = (uint64_t)status.device[0] << 32 | status.device[1];
    out->inode = status.inode;
    out->mount = (status.mask & WITH_MOUNT) != 0 ? status.mount : 0;
    out->size = status.size;
    out->blocks = status.blocks;
    out->changed = ns_of(status.changed);
    out->accessed = ns_of(status.accessed);
    out->modified = ns_of(status.modified);
    out->uid = status.uid;
    out->mode = status.mode;
    return 0;
}

void inode_read_flags(int descriptor, struct inode_state *out) {
    /* The kernel writes an int, whatever the number of the call says. */
    unsigned int flags = 0;
    struct fsxattr more;
    out->flags = control(descriptor, FS_IOC_GETFLAGS, &flags) == 0 ? flags : 0;
    out->project = control(descriptor, FS_IOC_FSGETXATTR, &more) == 0 ? more.fsx_projid : 0;
    /* An int as well, and ext4's: others have none, or none that is set. */
    out->generation = control(descriptor, FS_IOC_GETVERSION, &flags) == 0 ? flags : 0;
    out->hint = 0;
    (void)fcntl(descriptor, F_GET_RW_HINT, &out->hint);
}

void inode_restore_hint(int descriptor, const struct inode_state *before) {
    uint64_t now = before->hint;
    if (fcntl(descriptor, F_GET_RW_HINT, &now) == 0 && now != before->hint)
        (void)fcntl(descriptor, F_SET_RW_HINT, &before->hint);
}

/* What a directory's owner may set without privileges. */
#define OWNERS_FLAGS                                                                                         \
    ((unsigned int)(FS_SECRM_FL | FS_UNRM_FL | FS_COMPR_FL | FS_SYNC_FL | FS_NODUMP_FL | FS_NOATIME_FL |     \
                    FS_NOCOMP_FL | FS_NOTAIL_FL | FS_DIRSYNC_FL | FS_TOPDIR_FL | FS_NOCOW_FL |               \
                    FS_EXTENT_FL | FS_DAX_FL | FS_PROJINHERIT_FL | FS_CASEFOLD_FL))

bool inode_restore_flags(int descriptor, const struct inode_state *before) {
    struct inode_state now;
    unsigned int wanted = before != NULL ? before->flags : 0;
    inode_read_flags(descriptor, &now);
    bool has_flags = ((now.flags ^ wanted) & OWNERS_FLAGS) != 0;
    if (has_flags) {
        wanted = (now.flags & ~OWNERS_FLAGS) | (wanted & OWNERS_FLAGS);
        (void)control(descriptor, FS_IOC_SETFLAGS, &wanted);
    }
    struct fsxattr more;
    bool has_project = before != NULL && now.project != before->project;
    if (has_project && control(descriptor, FS_IOC_FSGETXATTR, &more) == 0) {
        more.fsx_projid = before->project;
        (void)control(descriptor, FS_IOC_FSSETXATTR, &more);
    }
    bool has_generation = before != NULL && now.generation != before->generation;
    wanted = has_generation ? before->generation : 0;
    if (has_generation)
        (void)control(descriptor, FS_IOC_SETVERSION, &wanted);
    return has_flags || has_project || has_generation;
}

/* Say whether an extended attribute is one that a file's owner may set. */
static bool is_owners(const char *name) {
    return strncmp(name, "user.", 5) == 0 || strncmp(name, "system.posix_acl_", 17) == 0 ||
           strncmp(name, "trusted.", 8) == 0;
}

/* Length of the list; 0 where the file system knows none, -1 where it cannot be read. */
static ssize_t list_attributes(int descriptor, char *scratch) {
    ssize_t n = flistxattr(descriptor, scratch, INODE_ATTRIBUTES_BYTES);
    return n < 0 && (errno == ENOTSUP || errno == ENOSYS) ? 0 : n;
}

bool inode_has_attributes(int descriptor, char *scratch) { return list_attributes(descriptor, scratch) != 0; }

static int remove_attributes(int descriptor, char *scratch) {
    ssize_t n = list_attributes(descriptor, scratch);
    int result = n < 0 ? -1 : 0;
    for (const char *name = scratch; name < scratch + n; name += strlen(name) + 1)
        if (is_owners(name) && fremovexattr(descriptor, name) != 0)
            result = -1;
    return result;
}

static bool find_unwritten(int descriptor, uint64_t size, uint32_t how) {
    enum { EXTENTS = 32 };
    static _Alignas(struct fiemap) uint8_t space[sizeof(struct fiemap) + EXTENTS * sizeof(struct fiemap_extent)];
    struct fiemap *map = (void *)space;
    for (uint64_t at = 0; at < size;) {
        *map = (struct fiemap){.fm_start = at, .fm_length = size - at, .fm_flags = how, .fm_extent_count = EXTENTS};
        if (control(descriptor, FS_IOC_FIEMAP, map) != 0 || map->fm_mapped_extents == 0)
            return false;
        for (uint32_t i = 0; i < map->fm_mapped_extents; i++) {
            if ((map->fm_extents[i].fe_flags & FIEMAP_EXTENT_UNWRITTEN) != 0)
                return true;
            at = map->fm_extents[i].fe_logical + map->fm_extents[i].fe_length;
        }
    }
    return false;
}

bool inode_has_unwritten(int descriptor, uint64_t size) {
    /* So they are for a moment while the kernel writes them as well. */
    return find_unwritten(descriptor, size, 0) && find_unwritten(descriptor, size, FIEMAP_FLAG_SYNC);
}

static struct timespec time_of(int64_t ns) {
    return (struct timespec){(time_t)(ns / NS_PER_S), (long)(ns % NS_PER_S)};
}

int inode_restore(int descriptor, const struct inode_state *now, const struct inode_state *before,
                  char *scratch) {
    int result = remove_attributes(descriptor, scratch);
    if (before == NULL) {
        (void)futimens(descriptor, NULL);
        return result;
    }
    if ((now->mode & 07777) != (before->mode & 07777))
        (void)fchmod(descriptor, before->mode & 07777);
    const struct timespec times[2] = {time_of(before->accessed), time_of(before->modified)};
    (void)futimens(descriptor, times);
    return result;
}

bool inode_set_mode(int parent, const char *name, int how, mode_t mode) {
    /* fchmod needs an open descriptor and chmod would follow a link, but a path descriptor opens anything,
     * and its /proc name is that very inode. */
    int handle = openat(parent, name, O_PATH | O_NOFOLLOW | O_CLOEXEC | how);
    if (handle < 0)
        return false;
    char path[40];
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", handle);
    (void)chmod(path, mode);
    (void)close(handle);
    return true;
}

int inode_open_directory(int parent, const char *name) {
    const int how = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    int descriptor = openat(parent, name, how);
    if (descriptor >= 0 || errno != EACCES)
        return descriptor;
    return inode_set_mode(parent, name, O_DIRECTORY, S_IRWXU) ? openat(parent, name, how) : -1;
}

void inode_open_up(int descriptor, uid_t uid, mode_t rights) {
    struct stat status;
    if (fstat(descriptor, &status) == 0 && status.st_uid == uid && (status.st_mode & rights) != rights)
        (void)fchmod(descriptor, (status.st_mode & 07777) | S_IRWXU);
}
