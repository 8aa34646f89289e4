/* What stays in a directory tree: states of files by the directory's inode and the name, in a reserved mapping of fixed size. */
#ifndef DAYFLY_KNOWN_H
#define DAYFLY_KNOWN_H

#include "common.h"

/* At about a microsecond each after every invocation. */
#define KNOWN_MANY 16384
/* At most half of the index is in use. */
#define KNOWN_SLOTS (2 * KNOWN_MANY)

/* What tells one state of an inode from another, and what of a directory's is given back; inode.c fills it. */
struct inode_state {
    uint64_t device;
    uint64_t inode;
    uint64_t mount; /* 0 where the kernel does not tell */
    uint64_t size;
    uint64_t blocks;
    int64_t changed; /* ctime: nobody but root sets it back */
    int64_t accessed;
    int64_t modified;
    uint32_t uid;
    uint32_t mode;
    uint32_t flags;   /* chattr's, of directories */
    uint32_t project; /* a quota's, of directories */
    uint32_t generation; /* a server's of files, of directories: its owner may set it on ext4 without metadata_csum */
    uint64_t hint;       /* how long what is written lives, of directories (F_SET_RW_HINT): no time tells of a change */
};

struct known_entry {
    uint64_t hash;
    bool is_seen;
    bool is_code; /* of the image's: init does not make it again, and Python may execute it */
    bool is_on_disk; /* its file system stamps what is written to it */
    int watch;       /* written.h; 0: none */
    uint64_t digest; /* of a watched file without a copy: in memory what it holds, on disk whether it is hollow (written.h); 0: none */
    size_t content; /* where its copy lies, counted from 1; 0: nowhere */
    struct inode_state state;
};

struct known {
    struct known_entry *entries; /* KNOWN_MANY, in the order in which they came; `n` are there */
    size_t n;
    uint16_t *slots; /* by the hash, the number of an entry, counted from 1 */
    uint64_t key[2]; /* of the hash: names are an attacker's */
};

/* SipHash-2-4: nobody finds two texts that collide without the key, `first` and `second`. Never 0. */
uint64_t known_hash(uint64_t first, uint64_t second, const void *text, size_t n);
/* Reserve an empty table; -1 with a fault. */
int known_begin(struct known *known, struct fault *fault);
/* The entry of `name` in the directory `parent`; NULL without one. */
struct known_entry *known_find(const struct known *known, const struct inode_state *parent, const char *name);
/* Make it what `entry` says, but for its hash; there must be room. */
void known_put(struct known *known, const struct inode_state *parent, const char *name, struct known_entry entry);
/* Leave `n` entries, those that came first. */
void known_cut(struct known *known, size_t n);
/* Make `to`, which is empty, hold what `from` does. */
void known_copy(struct known *to, const struct known *from);

#endif
