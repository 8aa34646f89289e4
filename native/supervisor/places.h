/* Clears the temporary directories, by directory descriptors, following no link and opening no file.
 *
 * A plain recursive delete fails on a directory of mode 000, runs out of descriptors or stack at some thousand levels, and
 * hangs on a FIFO it opens. Here a subdirectory is moved to the top before it is emptied, so that no tree is ever deeper
 * than one level. What init made stays, and is compared after every invocation. Inode flags (chattr) of directories that
 * stay are put back; a directory whose table was bloated is told.
 *
 * Not done here: the `keep` setting, directories outside of `roots`, files that extensions hold open.
 */
#ifndef DAYFLY_PLACES_H
#define DAYFLY_PLACES_H

#include "common.h"

#define PLACES_MANY_ROOTS 8
#define PLACES_PATH_BYTES 4096
/* What init may leave in temporary directories; beyond it nothing could be compared. */
#define PLACES_MANY_KEPT 16384
/* Paths that wait to be walked. */
#define PLACES_WAITING_BYTES (1u << 20)

struct kept_entry; /* places.c */

struct place {
    char path[PLACES_PATH_BYTES];
    int descriptor;
    uint64_t mount;
    uint64_t size_before; /* of the directory itself, when its life began */
};

struct places {
    uid_t uid;
    struct place roots[PLACES_MANY_ROOTS];
    size_t n_roots;
    struct kept_entry *kept; /* a reserved mapping of PLACES_MANY_KEPT, hashed by path */
    size_t n_kept;
    char *waiting; /* a reserved mapping of PLACES_WAITING_BYTES, given back after use */
    size_t n_waiting;
    uint64_t key[2]; /* of the hash: names are an attacker's */
    bool is_pending; /* files were left for lack of time: nothing may be served before they are gone */
};

/* Counts only, no names. */
struct cleaned {
    uint32_t files;
    uint32_t directories;
    uint64_t bytes;
    uint32_t failed;    /* what refused to go: retire */
    uint32_t changed;   /* init's, changed or gone: rebuild the zygote */
    uint32_t bloated;   /* temporary directories whose own table has grown for good: retire */
    bool is_finished;
};

/* Take the directories (absolute paths) that are ours to empty; one that is not there, a link, or not writable is left out.
 * -1 with a fault. */
int places_begin(struct places *places, const char *const *roots, size_t n, struct fault *fault);
/* Take what is there now as made by init, once the clock's tick has passed; -1 with a fault (too many files). */
int places_remember(struct places *places, struct fault *fault);
/* Nothing stays any more: the next places_clear empties the directories. */
void places_forget(struct places *places);
/* Remove what is not to stay and compare what is; nothing of the user's may be running but Dayfly. Stops removing at
 * `until` (NEVER: no limit): then `is_pending` and not is_finished. */
void places_clear(struct places *places, int64_t until, struct cleaned *out);
/* Say whether init left nothing of its own. */
bool places_is_bare(const struct places *places);

#endif
