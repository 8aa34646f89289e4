/* Clears System V objects and kernel keys that an invocation left; those of its own making alone.
 *
 * POSIX message queues are prevented instead (RLIMIT_MSGQUEUE, process_limits_bind), or files below
 * /dev/mqueue (writable_paths.h). Keys are told apart by serial number in the keyrings that workers share
 * (user, user session, session, persistent): what a neighbour of the same user keeps elsewhere is not even
 * seen, and what he keeps here since before stays.
 */
#ifndef DAYFLY_KERNEL_H
#define DAYFLY_KERNEL_H

#include "common.h"
#include "procfs.h"

/* Objects that init may have made, and as many at a time of those that are removed. */
#define KERNEL_MANY_OBJECTS 1024
/* Keys in the shared keyrings: kernel.keys.maxkeys is 200 a user. */
#define KERNEL_MANY_KEYS 512

enum object_kind { OBJECT_SHM, OBJECT_MSG, OBJECT_SEM, OBJECT_KINDS };

struct object {
    enum object_kind kind;
    int identifier;
};

struct objects {
    struct object at[KERNEL_MANY_OBJECTS];
    size_t n;
    bool is_cut; /* there are more */
};

struct keys {
    int32_t at[KERNEL_MANY_KEYS];
    size_t n;
    bool is_cut;
};

struct kernel {
    const struct procfs *procfs;
    uid_t uid;
    struct objects before; /* there when this life began */
    struct objects kept;   /* those, and what init made */
    bool has_keys;         /* false: no keyrings here, or refused to everybody */
    bool has_neighbours;   /* others of the same user on the machine may have keys in the same keyrings */
    bool are_keys_others;  /* no worker can make any (its system calls are confined): what is new there is theirs, and stays */
    unsigned int
        closed; /* not 0: an earlier life, or a neighbour, closed a keyring for good; its keys stay */
    struct keys keys_before;
    struct keys keys_kept;
    int tallies;    /* /proc/key-users, kept open; -1 where it is not told or costs too much */
    off_t tally_at; /* where our user's line was */
    /* Of all keys of the user's, between two invocations: how many, and those that may be seen (/proc/keys). */
    long n_at_rest;
    struct keys seen_at_rest;
    int64_t late_since; /* when there were more than that, 0 where there are not */
};

struct cleared {
    uint32_t removed;
    uint32_t failed; /* retire */
    uint32_t keys;   /* of `removed` */
};

/* Before any function code: what is there now is not the function's. In a later life (`is_first_life` false)
 * everything of the user's is removed first; *removed says how much. -1 with a fault (too many objects). */
int kernel_begin(struct kernel *kernel, const struct procfs *procfs, bool is_first_life, uint32_t *removed,
                 struct fault *fault);
/* What init made and all workers would share: 1 << each object_kind, and 1 << OBJECT_KINDS for keys. */
unsigned int kernel_made_by_init(const struct kernel *kernel);
/* A sentence for one of those bits, for the reasons not to fork. */
const char *kernel_reason(unsigned int bit);
/* Take what is there now as made by init. -1 with a fault. */
int kernel_remember(struct kernel *kernel, struct fault *fault);
/* Remove what init made, before the function is initialised again. */
void kernel_empty(struct kernel *kernel, struct cleared *out);
/* Remove what is neither init's nor was there before. */
void kernel_clear(const struct kernel *kernel, struct cleared *out);

/* Before a worker is given its first event, when no other lives: what others of the same user on the machine have made since the
 * last one is theirs, and stays. */
void kernel_adopt(struct kernel *kernel);

/* Say whether the user has more keys than when kernel_rest was called, wherever they are. */
bool kernel_has_more_keys(struct kernel *kernel);
/* End those of them that are seen and that any process of the user's might take; how many. */
uint32_t kernel_end_keys(const struct kernel *kernel);
/* Take the keys of now as those that stay. */
void kernel_rest(struct kernel *kernel);

/* Say whether kernel_clear would find anything. */
bool kernel_has_more(const struct kernel *kernel);

/* Parse one line of /proc/sysvipc/KIND, ended by a zero byte; false for another. */
bool kernel_parse_object(enum object_kind kind, const char *line, int *identifier, unsigned long *uid,
                         unsigned long *creator);

#endif
