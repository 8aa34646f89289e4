/* What init wrote into small files of temporary directories, kept in memory to be put back when an invocation has changed it. */
#ifndef DAYFLY_CONTENTS_H
#define DAYFLY_CONTENTS_H

#include "inode.h"

/* Of all files together, and of one: a database or an index that init made, no model. */
#define CONTENTS_BYTES (4u << 20)
#define CONTENTS_FILE_BYTES (1u << 20)

struct contents {
    uint8_t *bytes; /* a reserved mapping of CONTENTS_BYTES */
    size_t n;
};

/* Reserve room; -1 with a fault. */
int contents_begin(struct contents *contents, struct fault *fault);
/* Copy the file `name` of an open directory, in `state`, which gets its flags; where it lies counted from 1, 0 where it is none of the user
 * `uid`, too large, or has what contents_restore does not put back. `scratch` has INODE_ATTRIBUTES_BYTES. */
size_t contents_keep(struct contents *contents, uid_t uid, int descriptor, const char *name, struct inode_state *state, char *scratch);
/* Say whether a file is what was copied, `at`, with mode, times, blocks and flags of `before` and no attribute: touched, or stamped late by
 * its file system (ext4, some time after a file that was cut is closed). `before` then becomes what it is now, and the time of its last
 * reading is put back. */
bool contents_is_same(const struct contents *contents, size_t at, int descriptor, const char *name, struct inode_state *before, char *scratch);
/* Write what was copied, `at`, into the same inode again, give it mode, times and flags of `before`, take its attributes, and make
 * `before` what it is now; false where it cannot be made what it was. */
bool contents_restore(const struct contents *contents, size_t at, int descriptor, const char *name, struct inode_state *before,
                      char *scratch);

#endif
