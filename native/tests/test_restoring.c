/* Files that init left in temporary directories, and an invocation changed: they are put back, or it is told. */
#include "writable.h"

#include "../supervisor/contents.h"

#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/vfs.h>
#include <sys/xattr.h>

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

/* Nothing of init's stays, nor a copy of it. */
static void end_with_copies(void) {
    writable_paths_forget(&writable_paths);
    clear();
    CHECK_EQUAL(contents.n, 0);
    (void)munmap(contents.bytes, CONTENTS_BYTES);
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
    end_with_copies();
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
    for (int i = 0; i < 50 && (failed = ioctl(from, _IOWR('f', 15, exchange), &exchange)) != 0 && errno == EBUSY; i++)
        (void)usleep(20000);
    /* A kernel may let no process do it, root included: then no worker can, and the file is changed as any is. */
    if (failed != 0 && errno == EPERM)
        append(path);
    else
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
    end_with_copies();
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
        end_with_copies();
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
        end_with_copies();
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

static void make_filled(const char *path) {
    char inner[PATH_MAX];
    CHECK(mkdir(path, 0777) == 0);
    (void)snprintf(inner, sizeof(inner), "%s/left", path);
    make(inner);
    CHECK(setxattr(path, "user.left", "x", 1, 0) == 0 || errno == ENOTSUP);
}

/* A directory gives way to what is made beside it: on disk the next one could have its number. */
static void replace(const char *path, void (*make_other)(const char *path)) {
    char aside[PATH_MAX];
    (void)snprintf(aside, sizeof(aside), "%s.new", path);
    make_other(aside);
    CHECK(rmdir(path) == 0 && rename(aside, path) == 0);
}

static void make_link(const char *path) { CHECK(symlink("/etc", path) == 0); }

/* A function that empties its directory often removes it, and makes it anew. */
static void makes_directories_again(const char *path) {
    void (*const others[])(const char *) = {make_filled, make, make_link};
    struct stat before, now;
    char inner[PATH_MAX];
    begin_with_copies();
    CHECK(mkdir(path, 0750) == 0 && stat(path, &before) == 0);
    remember();
    for (size_t i = 0; i < COUNT(others); i++) {
        replace(path, others[i]);
        CHECK(writable_paths_has_more(&writable_paths));
        clear();
        CHECK_EQUAL(cleaned.restored, 1);
        CHECK_EQUAL(cleaned.changed + cleaned.failed, 0);
        CHECK(is_empty(path) && stat(path, &now) == 0 && listxattr(path, inner, sizeof(inner)) <= 0);
        CHECK(now.st_mode == before.st_mode && now.st_mtim.tv_sec == before.st_mtim.tv_sec &&
              now.st_mtim.tv_nsec == before.st_mtim.tv_nsec);
        CHECK(!writable_paths_has_more(&writable_paths));
    }
    /* One that is not there. */
    CHECK(rmdir(path) == 0);
    clear();
    CHECK_EQUAL(cleaned.changed, 1);
    end_with_copies();
}

/* Of what was in it, where somebody may have seen it meanwhile, and where the zygote has it open. */
enum reason { HELD_A_FILE, SEEN, OPEN, REASONS };

static void makes_no_directory_again(const char *path, enum reason reason) {
    char inner[PATH_MAX];
    begin_with_copies();
    CHECK(mkdir(path, 0750) == 0);
    (void)snprintf(inner, sizeof(inner), "%s/of init", path);
    if (reason == HELD_A_FILE)
        make(inner);
    remember();
    writable_paths.restores = reason != SEEN;
    CHECK(reason != HELD_A_FILE || unlink(inner) == 0);
    int opened = reason == OPEN ? open(path, O_RDONLY | O_DIRECTORY) : -1;
    CHECK((opened >= 0) == (reason == OPEN));
    replace(path, make_filled);
    clear();
    CHECK_EQUAL(cleaned.changed, 1);
    CHECK(opened < 0 || close(opened) == 0);
    end_with_copies();
}

static void makes_all_directories_again(void) {
    const char *const places[] = {"/tmp/work", on_disk("work")};
    for (size_t i = 0; i < COUNT(places); i++) {
        makes_directories_again(places[i]);
        for (enum reason reason = 0; reason < REASONS; reason++)
            makes_no_directory_again(places[i], reason);
    }
}

int main(void) {
    RUN(with_disk(NULL, puts_back_what_was_changed));
    RUN(with_disk(NULL, puts_back_when_a_file_was_read));
    RUN(with_disk(NULL, tells_who_wrote_to_a_file_in_memory));
    RUN(with_disk(NULL, tells_whose_blocks_were_exchanged));
    RUN(with_disk(NULL, copies_small_files_alone));
    RUN(with_disk(NULL, makes_all_directories_again));
    return 0;
}
