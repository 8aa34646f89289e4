/* Asks inotify which files were opened for writing; see written.h. */
#include "written.h"

#include "inode.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/vfs.h>
#include <unistd.h>

/* Of a file that is read whole: 16 MB take some 20 ms. */
enum { MANY_PIECES = (16 << 20) / INODE_ATTRIBUTES_BYTES };

void written_forget(struct written *written) {
    if (written->descriptor > 0)
        (void)close(written->descriptor);
    memset(written, 0, sizeof(*written));
}

static int add(struct written *written, int directory, const char *name, uint32_t events) {
    char path[320];
    if (written->descriptor <= 0)
        written->descriptor = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d/%s", directory, name);
    int watch = written->descriptor <= 0 ? -1 : inotify_add_watch(written->descriptor, path, events | IN_DONT_FOLLOW);
    /* No number is given out twice. */
    return watch <= KNOWN_MANY ? watch : -1;
}

int written_watch(struct written *written, int directory, const char *name, bool *is_on_disk) {
    struct statfs facts = {0};
    *is_on_disk = fstatfs(directory, &facts) != 0 || (facts.f_type != TMPFS_MAGIC && facts.f_type != RAMFS_MAGIC);
    return *is_on_disk && facts.f_type != EXT4_SUPER_MAGIC ? 0 : add(written, directory, name, IN_CLOSE_WRITE);
}

int written_watch_directory(struct written *written, int directory, const char *name) {
    return add(written, directory, name, IN_DELETE_SELF | IN_ONLYDIR);
}

/* What was read before need not be what the disk has. */
bool written_is_hollow(int directory, const char *name, uint64_t size) {
    int file = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    bool is_hollow = file < 0 || inode_has_unwritten(file, size);
    if (file >= 0)
        (void)close(file);
    return is_hollow;
}

uint64_t written_digest(const uint64_t key[2], int directory, const char *name, char *scratch) {
    int file = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOATIME);
    uint64_t digest = 0;
    bool is_whole = false;
    ssize_t n = 0;
    for (int piece = 0; file >= 0 && piece < MANY_PIECES && !is_whole && (n = read(file, scratch, INODE_ATTRIBUTES_BYTES)) >= 0; piece++) {
        digest = known_hash(key[0] ^ digest, key[1], scratch, (size_t)n);
        is_whole = n == 0;
    }
    if (file >= 0)
        (void)close(file);
    return is_whole ? digest : 0;
}

bool written_has_news(const struct written *written) {
    struct pollfd one = {written->descriptor, POLLIN, 0};
    return one.fd > 0 && poll(&one, 1, 0) > 0;
}

void written_ask(struct written *written) {
    static _Alignas(struct inotify_event) uint8_t space[65536];
    for (ssize_t n; written->descriptor > 0 && (n = read(written->descriptor, space, sizeof(space))) > 0;)
        for (const uint8_t *at = space; at < space + n;) {
            const struct inotify_event *event = (const void *)at;
            /* Numbers are given out in turn: another one says that events were lost. */
            if (event->wd > 0 && (size_t)event->wd < sizeof(written->files) * 8) {
                uint8_t *bits = (event->mask & IN_DELETE_SELF) != 0 ? written->gone : written->files;
                bits[event->wd / 8] |= (uint8_t)(1u << event->wd % 8);
            } else
                memset(written->files, 0xff, sizeof(written->files));
            at += sizeof(*event) + event->len;
        }
}

static bool is_set(const uint8_t *bits, int watch) { return watch > 0 && (bits[watch / 8] >> watch % 8 & 1) != 0; }

bool written_has(const struct written *written, int watch) { return is_set(written->files, watch); }

bool written_is_gone(const struct written *written, int watch) { return is_set(written->gone, watch); }

void written_settle(struct written *written, int watch) {
    if (watch > 0)
        written->files[watch / 8] &= (uint8_t) ~(1u << watch % 8);
}
