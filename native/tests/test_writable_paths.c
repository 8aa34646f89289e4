/* What an invocation can leave in temporary directories, and what init left there. */
#include "unit.h"

#include "../supervisor/contents.h"
#include "../supervisor/inode.h"
#include "../supervisor/writable_paths.h"

#include <dirent.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/vfs.h>
#include <sys/xattr.h>

static struct writable_paths writable_paths;
static struct cleaned cleaned;
static struct fault fault;
/* On a file system with flags and directories that stay large; "" without. */
static char disk[64];

static const char *const roots[] = {"/tmp", disk, "/nowhere"};
/* This machine lets root lay file systems over each other. */
static bool has_layers;

static void begin(void) {
    CHECK(writable_paths_begin(&writable_paths, roots, 3, &fault) == 0);
    CHECK_EQUAL(writable_paths.n_roots, 2);
}

static void remember(void) { CHECK(writable_paths_remember(&writable_paths, &fault) == 0); }

static void clear(void) {
    writable_paths_clear(&writable_paths, NEVER, &cleaned);
    CHECK(cleaned.is_finished && !writable_paths.is_pending);
}

static void make(const char *path) {
    int descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    CHECK(descriptor >= 0);
    CHECK(write(descriptor, "left", 4) == 4);
    (void)close(descriptor);
}

static bool exists(const char *path) {
    struct stat status;
    return lstat(path, &status) == 0;
}

static bool is_empty(const char *path) {
    bool empty = true;
    DIR *folder = opendir(path);
    CHECK(folder != NULL);
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            empty = false;
    (void)closedir(folder);
    return empty;
}

static const char *on_disk(const char *name) {
    static char path[4][PATH_MAX];
    static int next;
    char *at = path[next++ % 4];
    (void)snprintf(at, PATH_MAX, "%s/%s", disk, name);
    return at;
}

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

/* Whether a file of init's holds what make() wrote, with the mode and times of `before`, and no attribute. */
static bool is_as_made(const char *path, const struct stat *before) {
    char text[64];
    struct stat now;
    int descriptor = open(path, O_RDONLY);
    ssize_t n = read(descriptor, text, sizeof(text));
    bool is_same = n == 4 && memcmp(text, "left", 4) == 0 && fstat(descriptor, &now) == 0 && flistxattr(descriptor, text, 64) <= 0 &&
                   now.st_mode == before->st_mode && now.st_size == before->st_size && now.st_ino == before->st_ino &&
                   now.st_mtim.tv_sec == before->st_mtim.tv_sec && now.st_mtim.tv_nsec == before->st_mtim.tv_nsec;
    (void)close(descriptor);
    return is_same;
}

static struct contents contents;

/* Small files of init's are copied, and put back from here on. */
static void begin_with_copies(void) {
    begin();
    CHECK(contents_begin(&contents, &fault) == 0);
    writable_paths.contents = &contents;
    writable_paths.restores = true;
}

static void puts_back(const char *path, void (*change)(const char *path), bool is_possible) {
    struct stat before, now;
    begin_with_copies();
    make(path);
    CHECK(stat(path, &before) == 0);
    remember();
    for (int i = 0; i < 3; i++) {
        change(path);
        CHECK(writable_paths_has_more(&writable_paths));
        clear();
        CHECK_EQUAL(cleaned.restored, is_possible);
        CHECK_EQUAL(cleaned.changed, !is_possible);
        CHECK_EQUAL(cleaned.failed, 0);
        if (!is_possible)
            break;
        CHECK(is_as_made(path, &before));
        CHECK(stat(path, &now) == 0 && now.st_blocks == before.st_blocks);
        CHECK(!writable_paths_has_more(&writable_paths));
        clear();
        CHECK_EQUAL(cleaned.restored + cleaned.changed, 0);
    }
    /* Not where somebody may have read it meanwhile. */
    if (is_possible) {
        writable_paths.restores = false;
        change(path);
        clear();
        CHECK_EQUAL(cleaned.changed, 1);
    }
    writable_paths_forget(&writable_paths);
    clear();
    CHECK_EQUAL(contents.n, 0);
    (void)munmap(contents.bytes, CONTENTS_BYTES);
}

static void append(const char *path) {
    int descriptor = open(path, O_WRONLY | O_APPEND);
    CHECK(write(descriptor, "more", 4) == 4 && close(descriptor) == 0);
}

static void make_huge(const char *path) { CHECK(truncate(path, (off_t)1 << 33) == 0); }

static void make_empty(const char *path) { CHECK(truncate(path, 0) == 0); }

static void close_to_all(const char *path) {
    append(path);
    CHECK(chmod(path, 0) == 0);
}

static void attach(const char *path) {
    append(path);
    /* Not every file system has them. */
    (void)setxattr(path, "user.note", "kept", 4, 0);
}

static void link_elsewhere(const char *path) {
    char other[PATH_MAX];
    (void)snprintf(other, sizeof(other), "%s-too", path);
    append(path);
    CHECK(link(path, other) == 0);
}

/* Of a page that was read before: no fault tells the kernel of it, and a file system in memory stamps nothing. */
static void write_through_a_mapping(const char *path) {
    int descriptor = open(path, O_RDWR);
    volatile char *at = mmap(NULL, 4, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    CHECK(at != MAP_FAILED && at[0] == 'l');
    at[0] = 't';
    CHECK(munmap((char *)(uintptr_t)at, 4) == 0 && close(descriptor) == 0);
}

/* All else of the file stays what it was. */
static void take_room_beyond_its_end(const char *path) {
    struct stat before;
    int descriptor = open(path, O_RDWR);
    CHECK(fstat(descriptor, &before) == 0 && fallocate(descriptor, FALLOC_FL_KEEP_SIZE, 1 << 20, 8 << 20) == 0);
    CHECK(futimens(descriptor, (const struct timespec[2]){before.st_atim, before.st_mtim}) == 0 && close(descriptor) == 0);
}

/* Its blocks become another file's, and its own read as zeros: no time changes. */
static void exchange_its_blocks(const char *path) {
    struct {
        uint32_t reserved, donor;
        uint64_t from, to, blocks, moved;
    } exchange = {0, 0, 0, 0, 1, 0};
    struct statfs facts;
    char other[PATH_MAX];
    CHECK(statfs(path, &facts) == 0);
    if (facts.f_type != EXT4_SUPER_MAGIC) {
        append(path);
        return;
    }
    (void)snprintf(other, sizeof(other), "%s-too", path);
    make(other);
    append(other);
    int from = open(other, O_RDWR), to = open(path, O_RDWR), failed = -1;
    exchange.donor = (uint32_t)to;
    CHECK(fsync(from) == 0 && fsync(to) == 0);
    for (int i = 0; i < 50 && (failed = ioctl(from, _IOWR('f', 15, exchange), &exchange)) != 0; i++)
        (void)usleep(20000);
    CHECK(failed == 0 && exchange.moved == 1);
    CHECK(close(from) == 0 && close(to) == 0 && unlink(other) == 0);
}

static void remove_it(const char *path) { CHECK(unlink(path) == 0); }

static void replace_it(const char *path) {
    CHECK(unlink(path) == 0);
    make("/tmp/other");
    make(path);
}

static void replace_by_fifo(const char *path) { CHECK(unlink(path) == 0 && mkfifo(path, 0600) == 0); }

static void replace_by_link(const char *path) { CHECK(unlink(path) == 0 && symlink("/etc/passwd", path) == 0); }

static void puts_back_what_was_changed(void) {
    void (*const possible[])(const char *) = {append, make_huge, make_empty, close_to_all, attach, link_elsewhere, take_room_beyond_its_end, write_through_a_mapping, exchange_its_blocks};
    void (*const others[])(const char *) = {remove_it, replace_it, replace_by_fifo, replace_by_link};
    for (size_t i = 0; i < COUNT(possible); i++) {
        puts_back("/tmp/cache", possible[i], true);
        puts_back(on_disk("cache"), possible[i], true);
    }
    for (size_t i = 0; i < COUNT(others); i++)
        puts_back("/tmp/cache", others[i], false);
}

/* A time of reading ahead of all others: no later reading sets it. */
static void puts_back_when_a_file_was_read(void) {
    struct stat before, now;
    begin_with_copies();
    make("/tmp/cache");
    CHECK(stat("/tmp/cache", &before) == 0);
    remember();
    CHECK(utimensat(AT_FDCWD, "/tmp/cache", (const struct timespec[2]){{.tv_sec = 4111111111, .tv_nsec = 4111}, before.st_mtim}, 0) == 0);
    clear();
    CHECK_EQUAL(cleaned.restored + cleaned.changed, 0);
    CHECK(stat("/tmp/cache", &now) == 0 && now.st_atim.tv_sec == before.st_atim.tv_sec && now.st_atim.tv_nsec == before.st_atim.tv_nsec);
    clear();
    CHECK_EQUAL(cleaned.settled, 0);
    writable_paths_forget(&writable_paths);
    clear();
    (void)munmap(contents.bytes, CONTENTS_BYTES);
}

/* In memory: those who open it for writing and write nothing change nothing, whether it is copied or too large for that. */
static void tells_who_wrote_to_a_file_in_memory(void) {
    static const off_t sizes[] = {CONTENTS_FILE_BYTES, CONTENTS_FILE_BYTES + 1, (off_t)64 << 20};
    for (size_t i = 0; i < 2 * COUNT(sizes); i++) {
        begin_with_copies();
        writable_paths.restores = i % 2 == 0;
        make("/tmp/cache");
        CHECK(truncate("/tmp/cache", sizes[i / 2]) == 0);
        remember();
        clear();
        CHECK_EQUAL(cleaned.settled + cleaned.changed, 0);
        CHECK(close(open("/tmp/cache", O_RDWR)) == 0);
        clear();
        /* The largest is not read. */
        CHECK_EQUAL(cleaned.settled, i / 2 < 2);
        CHECK_EQUAL(cleaned.changed, i / 2 == 2);
        write_through_a_mapping("/tmp/cache");
        clear();
        CHECK_EQUAL(cleaned.restored, i == 0);
        CHECK_EQUAL(cleaned.changed, i != 0);
        writable_paths_forget(&writable_paths);
        clear();
        (void)munmap(contents.bytes, CONTENTS_BYTES);
    }
}

/* On disk: who writes nothing costs nothing, however large the file is; nor is room that init took and did not fill anybody's change. */
static void tells_whose_blocks_were_exchanged(void) {
    static const off_t sizes[] = {CONTENTS_FILE_BYTES, CONTENTS_FILE_BYTES + 1, (off_t)64 << 20};
    const char *path = on_disk("cache");
    for (size_t i = 0; i < 2 * COUNT(sizes); i++) {
        bool is_taken = i % 2 != 0;
        begin_with_copies();
        make(path);
        CHECK(truncate(path, sizes[i / 2]) == 0);
        int descriptor = open(path, O_RDWR);
        CHECK(!is_taken || fallocate(descriptor, 0, 8192, 8192) == 0);
        CHECK(close(descriptor) == 0);
        remember();
        for (int turn = 0; turn < 2; turn++) {
            CHECK(close(open(path, O_RDWR)) == 0);
            CHECK(!writable_paths_has_more(&writable_paths));
            clear();
            CHECK_EQUAL(cleaned.settled + cleaned.restored + cleaned.changed, 0);
        }
        if (!is_taken) {
            exchange_its_blocks(path);
            CHECK(writable_paths_has_more(&writable_paths));
            clear();
            CHECK_EQUAL(cleaned.restored, i == 0);
            CHECK_EQUAL(cleaned.changed, i != 0);
        }
        writable_paths_forget(&writable_paths);
        clear();
        (void)munmap(contents.bytes, CONTENTS_BYTES);
    }
}

static void copies_small_files_alone(void) {
    char name[64];
    begin_with_copies();
    make("/tmp/large");
    CHECK(truncate("/tmp/large", CONTENTS_FILE_BYTES + 1) == 0);
    for (int i = 0; i < 5; i++) {
        (void)snprintf(name, sizeof(name), "/tmp/%d", i);
        make(name);
        CHECK(truncate(name, CONTENTS_FILE_BYTES) == 0);
    }
    remember();
    CHECK_EQUAL(contents.n, CONTENTS_BYTES);
    append("/tmp/large");
    for (int i = 0; i < 5; i++) {
        (void)snprintf(name, sizeof(name), "/tmp/%d", i);
        append(name);
    }
    clear();
    CHECK_EQUAL(cleaned.restored, 4);
    CHECK_EQUAL(cleaned.changed, 2);
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

static void gives_directories_back_what_they_had(void) {
    struct stat before, now;
    char value[8];
    begin();
    CHECK(mkdir(on_disk("kept"), 0750) == 0);
    remember();
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
    clear();
    CHECK_EQUAL(cleaned.changed, 0);
    CHECK_EQUAL(cleaned.failed, 0);
    CHECK(stat(on_disk("kept"), &now) == 0);
    CHECK_EQUAL(now.st_mode, before.st_mode);
    CHECK_EQUAL(now.st_mtim.tv_sec, before.st_mtim.tv_sec);
    CHECK_EQUAL(now.st_mtim.tv_nsec, before.st_mtim.tv_nsec);
    CHECK(getxattr(on_disk("kept"), "user.stash", value, sizeof(value)) == -1);
    CHECK_EQUAL(flags_of(on_disk("kept")), flags);
    CHECK_EQUAL(flags_of(disk) & FS_SYNC_FL, 0);
    CHECK_EQUAL(cleaned.flagged, has_flags ? 2 : 0);
    clear();
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

static void with_disk(void (*before)(void), void (*act)(void)) {
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
    RUN(with_disk(NULL, puts_back_what_was_changed));
    RUN(with_disk(NULL, puts_back_when_a_file_was_read));
    RUN(with_disk(NULL, tells_who_wrote_to_a_file_in_memory));
    RUN(with_disk(NULL, tells_whose_blocks_were_exchanged));
    RUN(with_disk(NULL, copies_small_files_alone));
    RUN(with_disk(NULL, gives_directories_back_what_they_had));
    RUN(with_disk(NULL, tells_of_a_bloated_directory));
    RUN(with_disk(NULL, tells_of_directories_that_are_bloated_together));
    RUN(with_disk(NULL, tells_where_init_left_too_much));
    RUN(with_disk(NULL, keeps_its_hands_off_links));
    return 0;
}
