/* What an invocation can leave in temporary directories, and what init left there. */
#include "writable.h"

#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/xattr.h>

/* This machine lets root lay file systems over each other. */
static bool has_layers;

/* ---- what is left */

static void removes_whatever_it_is(void) {
    begin();
    remember();
    make("/tmp/file");
    CHECK(mkfifo("/tmp/fifo", 0600) == 0);
    CHECK(mkdir("/tmp/closed", 0700) == 0 && mkdir("/tmp/closed/inner", 0700) == 0);
    make("/tmp/closed/inner/file");
    CHECK(chmod("/tmp/closed/inner", 0) == 0 && chmod("/tmp/closed", 0) == 0);
    CHECK(symlink("/etc", "/tmp/link") == 0 && symlink("/tmp/link/passwd", "/tmp/\xff\n") == 0);
    struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "/tmp/socket"};
    int bound = socket(AF_UNIX, SOCK_STREAM, 0);
    CHECK(bound >= 0 && bind(bound, (struct sockaddr *)&name, sizeof(name)) == 0);
    make(on_disk("file"));
    clear();
    CHECK_EQUAL(cleaned.files, 7);
    CHECK_EQUAL(cleaned.directories, 2);
    CHECK_EQUAL(cleaned.failed, 0);
    CHECK_EQUAL(cleaned.changed, 0);
    CHECK(cleaned.bytes > 0);
    CHECK(is_empty("/tmp") && is_empty(disk));
    CHECK(exists("/etc/passwd"));
    clear();
    CHECK_EQUAL(cleaned.files + cleaned.directories, 0);
}

static void removes_trees_of_any_depth(void) {
    begin();
    remember();
    int at = open("/tmp", O_RDONLY | O_DIRECTORY);
    for (int i = 0; i < 5000; i++) {
        CHECK(mkdirat(at, "deeper", 0700) == 0);
        int next = openat(at, "deeper", O_RDONLY | O_DIRECTORY);
        CHECK(next >= 0 && close(at) == 0);
        at = next;
    }
    CHECK(close(at) == 0);
    for (int i = 0; i < 3000; i++) {
        char name[64];
        (void)snprintf(name, sizeof(name), "/tmp/wide-%d", i);
        CHECK(mkdir(name, 0700) == 0);
    }
    clear();
    CHECK_EQUAL(cleaned.directories, 8000);
    CHECK_EQUAL(cleaned.failed, 0);
    CHECK(is_empty("/tmp"));
}

static void prepare_directories_of_others(void) {
    CHECK(mkdir("/tmp/others", 0777) == 0 && chmod("/tmp/others", 01777) == 0);
    make("/tmp/others/theirs");
    CHECK(mkdir("/tmp/secret", 0700) == 0);
    CHECK(mkdir("/tmp/mounted", 0777) == 0);
    CHECK(mount("tmpfs", "/tmp/mounted", "tmpfs", 0, "mode=1777") == 0);
}

static void removes_ours_among_others_files(void) {
    begin();
    make("/tmp/others/ours");
    make("/tmp/mounted/ours");
    clear();
    CHECK_EQUAL(cleaned.files, 1);
    CHECK(exists("/tmp/others/theirs") && !exists("/tmp/others/ours"));
    /* Another file system is no part of it. */
    CHECK(exists("/tmp/mounted/ours"));
    CHECK_EQUAL(cleaned.failed, 0);
}

/* Where the layers of a container's file system lie on several others, its files have the device numbers of
 * those, and its directories have another. */
static void prepare_layers(void) {
    CHECK(mkdir("/tmp/lower", 0755) == 0 && mkdir("/tmp/upper", 0755) == 0);
    CHECK(mount("tmpfs", "/tmp/lower", "tmpfs", 0, "") == 0 &&
          mount("tmpfs", "/tmp/upper", "tmpfs", 0, "") == 0);
    CHECK(mkdir("/tmp/lower/of", 01777) == 0 && mkdir("/tmp/upper/of", 01777) == 0 &&
          mkdir("/tmp/upper/work", 0755) == 0);
    CHECK(chmod("/tmp/upper/of", 01777) == 0 && chmod("/tmp/lower/of", 01777) == 0);
    make("/tmp/lower/of/below");
    CHECK(chown("/tmp/lower/of/below", UNIT_UID, UNIT_UID) == 0);
    has_layers = mount("overlay", "/tmp", "overlay", 0,
                       "lowerdir=/tmp/lower/of,upperdir=/tmp/upper/of,workdir=/tmp/upper/work,xino=off") == 0;
}

static void removes_files_of_layers_on_several_file_systems(void) {
    if (!has_layers)
        return;
    begin();
    remember();
    make("/tmp/left");
    clear();
    CHECK_EQUAL(cleaned.files, 1);
    CHECK_EQUAL(cleaned.changed, 0);
    CHECK(exists("/tmp/below") && !exists("/tmp/left"));
    CHECK(unlink("/tmp/below") == 0);
    clear();
    CHECK_EQUAL(cleaned.changed, 1);
}

static void stops_when_time_is_up_and_goes_on_later(void) {
    begin();
    remember();
    CHECK(mkdir("/tmp/a", 0700) == 0);
    make("/tmp/a/file");
    make("/tmp/b");
    writable_paths_clear(&writable_paths, now_ns() - 1, &cleaned);
    CHECK(!cleaned.is_finished && writable_paths.is_pending);
    CHECK(exists("/tmp/b"));
    clear();
    CHECK(is_empty("/tmp"));
}

/* ---- what init left */

static void keeps_what_init_made(void) {
    begin();
    make("/tmp/cache");
    CHECK(mkdir("/tmp/model", 0700) == 0);
    make("/tmp/model/weights");
    CHECK(writable_paths_is_bare(&writable_paths));
    remember();
    CHECK(!writable_paths_is_bare(&writable_paths));
    make("/tmp/model/left");
    clear();
    CHECK_EQUAL(cleaned.files, 1);
    CHECK_EQUAL(cleaned.changed, 0);
    CHECK(exists("/tmp/cache") && exists("/tmp/model/weights") && !exists("/tmp/model/left"));
    writable_paths_forget(&writable_paths);
    clear();
    CHECK(is_empty("/tmp"));
}

static void tells_of_each_change(const char *what, void (*change)(void), uint32_t changed) {
    (void)what;
    begin();
    make("/tmp/cache");
    CHECK(mkdir("/tmp/model", 0700) == 0);
    make("/tmp/model/weights");
    remember();
    change();
    clear();
    CHECK_EQUAL(cleaned.changed, changed);
    writable_paths_forget(&writable_paths);
    clear();
}

static void change_nothing(void) {}

static void write_more(void) {
    int descriptor = open("/tmp/cache", O_WRONLY | O_APPEND);
    CHECK(write(descriptor, "x", 1) == 1 && close(descriptor) == 0);
}

static void write_the_same(void) {
    struct stat before;
    CHECK(stat("/tmp/cache", &before) == 0);
    int descriptor = open("/tmp/cache", O_WRONLY);
    CHECK(write(descriptor, "evil", 4) == 4);
    const struct timespec times[2] = {before.st_atim, before.st_mtim};
    CHECK(futimens(descriptor, times) == 0 && close(descriptor) == 0);
}

static void remove_one(void) { CHECK(unlink("/tmp/model/weights") == 0); }

static void replace_one(void) {
    make("/tmp/new");
    CHECK(rename("/tmp/new", "/tmp/cache") == 0);
}

static void move_one(void) { CHECK(rename("/tmp/cache", "/tmp/elsewhere") == 0); }

static void move_the_directory(void) { CHECK(rename("/tmp/model", "/tmp/elsewhere") == 0); }

static void replace_the_directory_by_a_link(void) {
    CHECK(rename("/tmp/model", "/tmp/elsewhere") == 0);
    CHECK(symlink("/tmp/elsewhere", "/tmp/model") == 0);
}

static void close_the_directory(void) { CHECK(chmod("/tmp/model", 0) == 0); }

static void compares_what_init_made(void) {
    tells_of_each_change("nothing", change_nothing, 0);
    tells_of_each_change("size", write_more, 1);
    tells_of_each_change("content", write_the_same, 1);
    tells_of_each_change("gone", remove_one, 1);
    tells_of_each_change("replaced", replace_one, 1);
    tells_of_each_change("moved", move_one, 1);
    tells_of_each_change("directory and file", move_the_directory, 2);
    tells_of_each_change("directory and file", replace_the_directory_by_a_link, 2);
    tells_of_each_change("mode of a directory", close_the_directory, 0);
}

static uint32_t flags_of(const char *path) {
    struct inode_state state;
    int descriptor = open(path, O_RDONLY | O_DIRECTORY);
    CHECK(descriptor >= 0);
    inode_read_flags(descriptor, &state);
    (void)close(descriptor);
    return state.flags;
}

static bool set_flags(const char *path, unsigned int flags) {
    int descriptor = open(path, O_RDONLY | O_DIRECTORY);
    CHECK(descriptor >= 0);
    bool is_set = ioctl(descriptor, FS_IOC_SETFLAGS, &flags) == 0;
    (void)close(descriptor);
    return is_set;
}

/* What its owner sets of a directory without any time telling, and of a file system's own; false where it has no such number. */
static bool set_hint(const char *path, uint64_t hint, unsigned int generation) {
    int descriptor = open(path, O_RDONLY | O_DIRECTORY);
    CHECK(descriptor >= 0 && fcntl(descriptor, 1036 /* F_SET_RW_HINT */, &hint) == 0);
    bool is_set = ioctl(descriptor, FS_IOC_SETVERSION, &generation) == 0;
    (void)close(descriptor);
    return is_set;
}

static struct inode_state numbers_of(const char *path) {
    struct inode_state state;
    int descriptor = open(path, O_RDONLY | O_DIRECTORY);
    CHECK(descriptor >= 0);
    inode_read_flags(descriptor, &state);
    (void)close(descriptor);
    return state;
}

static void gives_directories_back_what_they_had(void) {
    struct stat before, now;
    char value[8];
    begin();
    CHECK(mkdir(on_disk("kept"), 0750) == 0);
    remember();
    struct inode_state numbers = numbers_of(on_disk("kept")), of_disk = numbers_of(disk);
    CHECK(stat(on_disk("kept"), &before) == 0);
    CHECK(setxattr(on_disk("kept"), "user.stash", "secret", 6, 0) == 0 || errno == ENOTSUP);
    CHECK(chmod(on_disk("kept"), 0701) == 0);
    const struct timespec times[2] = {{12, 34}, {56, 78}};
    CHECK(utimensat(AT_FDCWD, on_disk("kept"), times, 0) == 0);
    uint32_t flags = flags_of(on_disk("kept"));
    bool has_flags = set_flags(on_disk("kept"), flags | FS_SYNC_FL | FS_DIRSYNC_FL | FS_NODUMP_FL);
    if (has_flags) {
        CHECK(set_flags(disk, flags_of(disk) | FS_SYNC_FL));
        CHECK(mkdir(on_disk("inherits"), 0700) == 0);
        CHECK((flags_of(on_disk("inherits")) & FS_SYNC_FL) != 0);
    }
    make(on_disk("kept/left"));
    CHECK_EQUAL(set_hint(on_disk("kept"), 4, 4711), set_hint(disk, 5, 4712));
    clear();
    CHECK_EQUAL(cleaned.changed, 0);
    CHECK_EQUAL(cleaned.failed, 0);
    CHECK(numbers_of(on_disk("kept")).hint == numbers.hint && numbers_of(disk).hint == of_disk.hint);
    CHECK_EQUAL(numbers_of(on_disk("kept")).generation, numbers.generation);
    CHECK_EQUAL(numbers_of(disk).generation, of_disk.generation);
    CHECK(stat(on_disk("kept"), &now) == 0);
    CHECK_EQUAL(now.st_mode, before.st_mode);
    CHECK_EQUAL(now.st_mtim.tv_sec, before.st_mtim.tv_sec);
    CHECK_EQUAL(now.st_mtim.tv_nsec, before.st_mtim.tv_nsec);
    CHECK(getxattr(on_disk("kept"), "user.stash", value, sizeof(value)) == -1);
    CHECK_EQUAL(flags_of(on_disk("kept")), flags);
    CHECK_EQUAL(flags_of(disk) & FS_SYNC_FL, 0);
    CHECK_EQUAL(cleaned.flagged, has_flags ? 2 : 0);
    uint64_t hint = 3;
    int descriptor = open(on_disk("kept"), O_RDONLY | O_DIRECTORY);
    CHECK(descriptor >= 0 && fcntl(descriptor, 1036, &hint) == 0 && close(descriptor) == 0);
    clear();
    CHECK_EQUAL(numbers_of(on_disk("kept")).hint, numbers.hint);
    CHECK_EQUAL(cleaned.flagged, 0);
}

/* Make and remove so many names that the directory's own table grows; false where it shrinks again by itself.
 */
static bool bloat_by(const char *path, int names) {
    struct stat status;
    int folder = open(path, O_RDONLY | O_DIRECTORY);
    CHECK(folder >= 0);
    char name[256];
    memset(name, 'x', sizeof(name));
    make(on_disk("inode"));
    for (int i = 0; i < names; i++) {
        (void)snprintf(name + 200, 56, "%050d", i);
        CHECK(linkat(AT_FDCWD, on_disk("inode"), folder, name, 0) == 0);
    }
    for (int i = 0; i < names; i++) {
        (void)snprintf(name + 200, 56, "%050d", i);
        CHECK(unlinkat(folder, name, 0) == 0);
    }
    CHECK(fstat(folder, &status) == 0 && close(folder) == 0);
    CHECK(unlink(on_disk("inode")) == 0);
    return status.st_size > 1 << 19;
}

static bool bloat(const char *path) { return bloat_by(path, 6000); }

static void tells_of_directories_that_are_bloated_together(void) {
    enum { MANY = 30 };
    char name[16];
    begin();
    for (int i = 0; i < MANY; i++) {
        (void)snprintf(name, sizeof(name), "%d", i);
        CHECK(mkdir(on_disk(name), 0700) == 0);
    }
    remember();
    for (int i = 0; i < MANY; i++) {
        (void)snprintf(name, sizeof(name), "%d", i);
        if (!bloat_by(on_disk(name), 2000))
            return;
        clear();
        if (i < MANY / 2)
            CHECK_EQUAL(cleaned.changed, 0);
    }
    CHECK_EQUAL(cleaned.changed, 1);
    writable_paths_forget(&writable_paths);
    clear();
}

static void tells_of_a_bloated_directory(void) {
    begin();
    CHECK(mkdir(on_disk("kept"), 0700) == 0);
    remember();
    if (!bloat(on_disk("kept")))
        return;
    clear();
    /* The zygote is built anew, and its init makes another. */
    CHECK_EQUAL(cleaned.changed, 1);
    CHECK_EQUAL(cleaned.bloated, 0);
    writable_paths_forget(&writable_paths);
    clear();
    CHECK(!exists(on_disk("kept")));
    remember();
    CHECK(bloat(disk));
    clear();
    CHECK_EQUAL(cleaned.bloated, 1);
    CHECK_EQUAL(cleaned.changed, 0);
}

static void tells_where_init_left_too_much(void) {
    begin();
    for (int i = 0; i < KNOWN_MANY + 1; i++) {
        char name[64];
        (void)snprintf(name, sizeof(name), "/tmp/%d", i);
        CHECK(mknod(name, S_IFREG | 0600, 0) == 0);
    }
    CHECK(writable_paths_remember(&writable_paths, &fault) == -1);
    CHECK(strstr(fault.text, "more than 16384 files") != NULL);
    CHECK(unlink("/tmp/0") == 0);
    remember();
    clear();
    CHECK_EQUAL(cleaned.files + cleaned.changed, 0);
}

static void keeps_its_hands_off_links(void) {
    const char *const links[] = {"/tmp/link"};
    CHECK(mkdir("/tmp/target", 0700) == 0);
    CHECK(symlink("/tmp/target", "/tmp/link") == 0);
    CHECK(writable_paths_begin(&writable_paths, links, 1, &fault) == 0);
    CHECK_EQUAL(writable_paths.n_roots, 0);
}

int main(void) {
    RUN(with_disk(NULL, removes_whatever_it_is));
    RUN(with_disk(NULL, removes_trees_of_any_depth));
    if (geteuid() == 0) {
        RUN(with_disk(prepare_directories_of_others, removes_ours_among_others_files));
        RUN(with_disk(prepare_layers, removes_files_of_layers_on_several_file_systems));
    }
    RUN(with_disk(NULL, stops_when_time_is_up_and_goes_on_later));
    RUN(with_disk(NULL, keeps_what_init_made));
    RUN(with_disk(NULL, compares_what_init_made));
    RUN(with_disk(NULL, gives_directories_back_what_they_had));
    RUN(with_disk(NULL, tells_of_a_bloated_directory));
    RUN(with_disk(NULL, tells_of_directories_that_are_bloated_together));
    RUN(with_disk(NULL, tells_where_init_left_too_much));
    RUN(with_disk(NULL, keeps_its_hands_off_links));
    return 0;
}
