/* Copies small files and puts them back; see contents.h. */
#include "contents.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Nothing waits that is opened so: no FIFO, no lease. The file is ours, and to read it sets no time. */
#define HOW (O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | O_NOATIME)

int contents_begin(struct contents *contents, struct fault *fault) {
    contents->n = 0;
    contents->bytes = mmap(NULL, CONTENTS_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return contents->bytes != MAP_FAILED ? 0 : fault_set(fault, "mmap: %s", strerror(errno));
}

/* Open a file if it is the inode that it was; -1 otherwise. */
static int open_same(int descriptor, const char *name, int how, const struct inode_state *before) {
    struct inode_state now;
    int file = openat(descriptor, name, how | HOW);
    if (file < 0)
        return -1;
    if (inode_read(file, "", &now) == 0 && S_ISREG(now.mode) && now.inode == before->inode && now.device == before->device &&
        now.uid == before->uid)
        return file;
    (void)close(file);
    return -1;
}

static bool read_all(int file, uint8_t *at, size_t n) {
    for (ssize_t got; n > 0; at += got, n -= (size_t)got)
        if ((got = read(file, at, n)) <= 0)
            return false;
    return true;
}

size_t contents_keep(struct contents *contents, uid_t uid, int descriptor, const char *name, struct inode_state *state, char *scratch) {
    if (!S_ISREG(state->mode) || state->uid != uid || state->size > CONTENTS_FILE_BYTES || state->size > CONTENTS_BYTES - contents->n)
        return 0;
    int file = open_same(descriptor, name, O_RDONLY, state);
    if (file < 0)
        return 0;
    bool is_kept = !inode_has_attributes(file, scratch) && !inode_has_unwritten(file, state->size) &&
                   read_all(file, contents->bytes + contents->n, (size_t)state->size);
    inode_read_flags(file, state);
    (void)close(file);
    if (!is_kept)
        return 0;
    contents->n += (size_t)state->size;
    return contents->n - (size_t)state->size + 1;
}

bool contents_is_same(const struct contents *contents, size_t at, int descriptor, const char *name, struct inode_state *before, char *scratch) {
    struct inode_state now;
    int file = open_same(descriptor, name, O_RDONLY, before);
    if (file < 0)
        return false;
    /* More blocks lie beyond its end (fallocate), fewer are holes. */
    bool is_same = inode_read(file, "", &now) == 0 && now.size == before->size && now.mode == before->mode && now.modified == before->modified &&
                   now.blocks == before->blocks && !inode_has_attributes(file, scratch) && !inode_has_unwritten(file, now.size);
    inode_read_flags(file, &now);
    inode_restore_hint(file, before);
    is_same &= now.flags == before->flags && now.project == before->project && now.generation == before->generation;
    for (size_t done = 0, n; is_same && done < before->size; done += n) {
        n = before->size - done < INODE_ATTRIBUTES_BYTES ? (size_t)before->size - done : INODE_ATTRIBUTES_BYTES;
        is_same = read_all(file, (uint8_t *)scratch, n) && memcmp(scratch, contents->bytes + at - 1 + done, n) == 0;
    }
    /* When it was read last may be anything that its owner likes to say. */
    if (is_same && now.accessed != before->accessed)
        is_same = inode_restore(file, &now, before, scratch) == 0 && inode_read(file, "", &now) == 0;
    (void)close(file);
    if (is_same)
        before->changed = now.changed;
    return is_same;
}

static bool write_all(int file, const uint8_t *at, size_t n) {
    for (ssize_t put; n > 0; at += put, n -= (size_t)put)
        if ((put = write(file, at, n)) <= 0)
            return false;
    return true;
}

bool contents_restore(const struct contents *contents, size_t at, int descriptor, const char *name, struct inode_state *before,
                      char *scratch) {
    struct inode_state now;
    int file = open_same(descriptor, name, O_WRONLY, before);
    /* Its owner may have closed it to himself. */
    if (file < 0 && inode_set_mode(descriptor, name, 0, S_IRUSR | S_IWUSR))
        file = open_same(descriptor, name, O_WRONLY, before);
    if (file < 0)
        return false;
    /* Written through one by one (chattr +S) it takes longer. The cut frees what lies beyond the end, too. */
    (void)inode_restore_flags(file, before);
    bool is_back = ftruncate(file, (off_t)before->size) == 0 && write_all(file, contents->bytes + at - 1, (size_t)before->size) &&
                   inode_read(file, "", &now) == 0 && inode_restore(file, &now, before, scratch) == 0;
    is_back &= close(file) == 0 && inode_read(descriptor, name, &now) == 0 && now.inode == before->inode &&
               now.size == before->size && now.mode == before->mode;
    if (is_back) {
        before->changed = now.changed;
        before->blocks = now.blocks;
    }
    return is_back;
}
