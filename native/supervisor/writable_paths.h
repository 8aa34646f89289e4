/* Clears directories, by directory descriptors, following no link and opening no file.
 *
 * A plain recursive delete fails on a directory of mode 000, runs out of descriptors or stack at some
 * thousand levels, and hangs on a FIFO it opens. Here a subdirectory is moved to the top before it is
 * emptied, so that no tree is ever deeper than one level. What init made stays, and is compared after every
 * invocation. Inode flags (chattr) of directories that stay are put back; a directory whose table was bloated
 * is told.
 *
 * Two kinds: temporary directories, which are emptied at the start, and writable places outside of them,
 * which may hold what the image or the deployer put there. In those nothing is taken for rubbish because it
 * is there: after each invocation what is new is removed, and what is changed is told. Files are compared by
 * inode, size and ctime, which their owner cannot set back; see written.h for what that misses.
 */
#ifndef DAYFLY_WRITABLE_PATHS_H
#define DAYFLY_WRITABLE_PATHS_H

#include "common.h"
#include "known.h"
#include "settings.h"
#include "written.h"

/* The temporary directories, and what the setting `scrub` names. */
#define WRITABLE_PATHS_MANY_ROOTS (8 + SETTINGS_MAX_NAMES)
#define WRITABLE_PATHS_PATH_BYTES 4096
/* What the image may hold in all places outside temporary directories, and what of it there may be in one
 * with what init adds: what is larger is not compared, which the first record or a finding says. */
#define WRITABLE_PATHS_MANY_IMAGE 4096
#define WRITABLE_PATHS_MANY_OF_INIT (2 * WRITABLE_PATHS_MANY_IMAGE)
/* Paths that wait to be walked. */
#define WRITABLE_PATHS_WAITING_BYTES (1u << 20)

struct place {
    char path[WRITABLE_PATHS_PATH_BYTES];
    int descriptor;
    bool is_remembered;
    bool is_lost; /* init made it too large: not compared, and nothing in it is removed */
    struct inode_state before;
};

struct code_places; /* codefile.h */
struct contents;    /* contents.h */
struct held;        /* held.h */

struct writable_paths {
    uid_t uid;
    const struct names *keep; /* globs of what stays, whoever made it; NULL without */
    size_t n_roots;
    struct known kept;              /* what stays */
    struct written written;         /* which of it may be changed, though nothing else tells */
    struct known image;             /* of that, what was there before init; empty for temporary directories */
    const struct code_places *code; /* NULL: temporary directories */
    struct held *held;              /* what extensions hold open; NULL without */
    const struct writable_paths *apart; /* whose roots are no part of these; NULL without */
    struct contents *contents;          /* copies of what init made; NULL without */
    bool restores; /* they are put back: nobody but the dead can have seen what was changed */
    size_t n_own;                       /* of what stays and is not the image's, the function's user's */
    char *waiting;                      /* paths to be walked: a reserved mapping of PLACES_WAITING_BYTES */
    size_t n_waiting;
    uint64_t mark;   /* in the names of directories that are moved to the top */
    uint64_t lifted; /* directories that were moved to the top so far */
    bool is_pending; /* files were left for lack of time: nothing may be served before they are gone */
    struct place roots[WRITABLE_PATHS_MANY_ROOTS];
};

/* Counts only, no names. */
struct cleaned {
    uint32_t files;
    uint32_t directories;
    uint64_t bytes;
    uint32_t restored; /* init's, changed and put back */
    uint32_t settled;  /* those, and others that are what they were, but may have been something else meanwhile */
    uint32_t failed;  /* what refused to go, and roots that were replaced: retire */
    uint32_t changed; /* init's, changed or gone: rebuild the zygote */
    uint32_t code;    /* of those, the image's that Python may execute: init does not make them again */
    uint32_t bloated; /* temporary directories whose own table has grown for good: retire */
    uint32_t flagged; /* directories whose inode flags (chattr) were put back */
    bool is_finished;
};

/* Take the directories (absolute paths) that are ours to empty; one that is not there, a link, or not
 * writable is left out. -1 with a fault. */
int writable_paths_begin(struct writable_paths *writable_paths, const char *const *roots, size_t n,
                         struct fault *fault);
/* What lies in places outside temporary directories at a start and is younger than the environment; `removed`
 * are compiled modules, since Python makes them again. */
struct young {
    uint32_t removed, code, data;
};

/* Begin with no place outside temporary directories; those of `apart` are no part of them. */
int writable_paths_begin_outside(struct writable_paths *writable_paths, const struct writable_paths *apart,
                                 const struct code_places *code, struct fault *fault);
/* Compare a directory from now on: what is in it is the image's. In a later life `started` is when the
 * environment was (ns since 1970), else 0: what is younger is told. False where there is too much in it. */
bool writable_paths_cover(struct writable_paths *writable_paths, const char *path, int64_t started,
                          struct young *young);
/* Take what is there now as made by init, once the clock's tick has passed; -1 with a fault (too many files).
 */
int writable_paths_remember(struct writable_paths *writable_paths, struct fault *fault);
/* Nothing stays any more but the image's: the next writable_paths_clear removes all else. */
void writable_paths_forget(struct writable_paths *writable_paths);
/* Remove what is not to stay and compare what is; nothing of the user's may be running but Dayfly. Stops
 * removing at `until` (NEVER: no limit): then `is_pending` and not is_finished. */
void writable_paths_clear(struct writable_paths *writable_paths, int64_t until, struct cleaned *out);
/* Say whether writable_paths_clear would remove anything, or finds what init made changed; nothing is
 * pending, and nothing of the user's may be writing. Removes nothing: directories that stay get back what
 * they had. */
bool writable_paths_has_more(struct writable_paths *writable_paths);
/* Say whether init left nothing of its own. */
bool writable_paths_is_bare(const struct writable_paths *writable_paths);

#endif
