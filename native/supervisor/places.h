/* Clears the temporary directories, by directory descriptors, following no link and opening no file.
 *
 * A plain recursive delete fails on a directory of mode 000, runs out of descriptors or stack at some
 * thousand levels, and hangs on a FIFO it opens. Here a subdirectory is moved to the top before it is
 * emptied, so that no tree is ever deeper than one level. What init made stays, and is compared after every
 * invocation. Inode flags (chattr) of directories that stay are put back; a directory whose table was bloated
 * is told.
 *
 * Not done here: directories outside of `roots`, files that extensions hold open.
 */
#ifndef DAYFLY_PLACES_H
#define DAYFLY_PLACES_H

#include "common.h"
#include "settings.h"

/* The temporary directories, and what the setting `scrub` names. */
#define PLACES_MANY_ROOTS (8 + SETTINGS_MAX_NAMES)
#define PLACES_PATH_BYTES 4096
/* What init may leave in temporary directories; beyond it nothing could be compared. */
#define PLACES_MANY_KEPT 16384
/* Paths that wait to be walked. */
#define PLACES_WAITING_BYTES (1u << 20)

struct kept_entry; /* places.c */

/* What tells one state of an inode from another, and what of a directory's is given back; places.c fills it.
 */
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
};

struct place {
    char path[PLACES_PATH_BYTES];
    int descriptor;
    bool is_remembered;
    struct inode_state before;
};

struct places {
    uid_t uid;
    const struct names *keep; /* globs of what stays, whoever made it; NULL without */
    struct place roots[PLACES_MANY_ROOTS];
    size_t n_roots;
    struct kept_entry *kept; /* a reserved mapping, hashed by the parent's inode and the name */
    size_t n_kept;
    size_t n_own;  /* of those, the function's user's */
    char *waiting; /* paths to be walked: a reserved mapping of PLACES_WAITING_BYTES */
    size_t n_waiting;
    uint64_t key[2]; /* of the hash: names are an attacker's */
    uint64_t mark;   /* in the names of directories that are moved to the top */
    uint64_t lifted; /* directories that were moved to the top so far */
    bool is_pending; /* files were left for lack of time: nothing may be served before they are gone */
};

/* Counts only, no names. */
struct cleaned {
    uint32_t files;
    uint32_t directories;
    uint64_t bytes;
    uint32_t failed;  /* what refused to go: retire */
    uint32_t changed; /* init's, changed or gone: rebuild the zygote */
    uint32_t bloated; /* temporary directories whose own table has grown for good: retire */
    uint32_t flagged; /* directories whose inode flags (chattr) were put back */
    bool is_finished;
};

/* Take the directories (absolute paths) that are ours to empty; one that is not there, a link, or not
 * writable is left out. -1 with a fault. */
int places_begin(struct places *places, const char *const *roots, size_t n, struct fault *fault);
/* Take what is there now as made by init, once the clock's tick has passed; -1 with a fault (too many files).
 */
int places_remember(struct places *places, struct fault *fault);
/* Nothing stays any more: the next places_clear empties the directories. */
void places_forget(struct places *places);
/* Remove what is not to stay and compare what is; nothing of the user's may be running but Dayfly. Stops
 * removing at `until` (NEVER: no limit): then `is_pending` and not is_finished. */
void places_clear(struct places *places, int64_t until, struct cleaned *out);
/* Say whether places_clear would remove anything, or finds what init made changed; nothing is pending, and nothing of the
 * user's may be writing. Removes nothing: directories that stay get back what they had. */
bool places_has_more(struct places *places);
/* Say whether init left nothing of its own. */
bool places_is_bare(const struct places *places);

#endif
