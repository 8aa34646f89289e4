/* Names the worker that a process descends from; see pairs.h.
 *
 * Worker k of environment e has LOCKS = 2^56 + k and RSS = 2^56 + (e << 32) + 2^32 - 1 - k. What descends
 * from supervisor or zygote and from no worker has 2^58 + e twice, from which either can be reached by
 * lowering only.
 */
#include "pairs.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/resource.h>

#define BASE (UINT64_C(1) << 56)
#define TOP (UINT64_C(1) << 58)
#define NUMBER_BITS 32
#define ENVIRONMENT_BITS 23

static uint64_t locks_of(uint32_t number) { return BASE + number; }

static uint64_t rss_of(const struct pairs *pairs, uint32_t number) {
    return BASE + (pairs->environment << NUMBER_BITS) + (UINT32_MAX - number);
}

static uint64_t top_of(const struct pairs *pairs) { return TOP + pairs->environment; }

/* Lower both hard limits of a process, and the soft ones with them. */
static int set_both(pid_t pid, uint64_t locks, uint64_t rss) {
    const struct rlimit of_locks = {locks, locks}, of_rss = {rss, rss};
    if (prlimit(pid, RLIMIT_LOCKS, &of_locks, NULL) != 0)
        return -1;
    return prlimit(pid, RLIMIT_RSS, &of_rss, NULL);
}

static const char *const WHY_NOT = "processes are not told apart by their limits: ";

int pairs_begin(struct pairs *pairs, struct fault *fault) {
    uint32_t drawn;
    memset(pairs, 0, sizeof(*pairs));
    if (getrandom(&drawn, sizeof(drawn), 0) != (ssize_t)sizeof(drawn))
        return fault_set(fault, "%sgetrandom: %s", WHY_NOT, strerror(errno));
    pairs->environment = drawn >> (32 - ENVIRONMENT_BITS);
    uint64_t top = top_of(pairs);
    struct rlimit locks, rss;
    if (getrlimit(RLIMIT_LOCKS, &locks) != 0 || getrlimit(RLIMIT_RSS, &rss) != 0)
        return fault_set(fault, "%sgetrlimit: %s", WHY_NOT, strerror(errno));
    if (locks.rlim_max < top || rss.rlim_max < top)
        return fault_set(fault, "%sRLIMIT_LOCKS or RLIMIT_RSS is set already", WHY_NOT);
    if (set_both(0, top, top) != 0)
        return fault_set(fault, "%ssetrlimit: %s", WHY_NOT, strerror(errno));
    /* Whoever has the right to raise them can take any name. */
    if (setrlimit(RLIMIT_LOCKS, &locks) == 0) {
        (void)setrlimit(RLIMIT_RSS, &rss);
        return fault_set(fault, "%sthis user may raise limits", WHY_NOT);
    }
    pairs->is_on = true;
    return 0;
}

void pairs_name(const struct pairs *pairs, uint32_t number, uint64_t *locks, uint64_t *rss) {
    *locks = locks_of(number);
    *rss = rss_of(pairs, number);
}

int pairs_give(const struct pairs *pairs, pid_t pid, uint32_t number) {
    if (!pairs->is_on)
        return 0;
    return set_both(pid, locks_of(number), rss_of(pairs, number));
}

enum pair_kind pairs_judge(const struct pairs *pairs, uint64_t locks, uint64_t rss, uint32_t *number) {
    uint64_t top = top_of(pairs);
    if (locks > top || rss > top)
        return PAIR_NONE;
    if (locks == top && rss == top)
        return PAIR_OURS;
    if (locks > BASE && locks - BASE <= PAIRS_MOST && rss == rss_of(pairs, (uint32_t)(locks - BASE))) {
        *number = (uint32_t)(locks - BASE);
        return PAIR_WORKER;
    }
    return PAIR_LOW;
}

bool pairs_is_of_init(pid_t pid) {
    struct rlimit locks, rss, queues;
    if (prlimit(pid, RLIMIT_LOCKS, NULL, &locks) != 0 || prlimit(pid, RLIMIT_RSS, NULL, &rss) != 0 ||
        prlimit(pid, RLIMIT_MSGQUEUE, NULL, &queues) != 0)
        return false;
    bool is_ours = locks.rlim_max > BASE && locks.rlim_max <= TOP + (UINT64_C(1) << ENVIRONMENT_BITS);
    bool is_paired = rss.rlim_max > BASE && rss.rlim_max <= TOP + (UINT64_C(1) << ENVIRONMENT_BITS);
    return is_ours && is_paired && queues.rlim_max > 0;
}

/* Parse the hard limit of the line of /proc/PID/limits that begins with `name`; "unlimited" is RLIM_INFINITY.
 */
static bool parse_hard(const char *text, size_t n, const char *name, uint64_t *out) {
    const char *at = memmem(text, n, name, strlen(name));
    const char *end = text + n;
    if (at == NULL || (at != text && at[-1] != '\n'))
        return false;
    at += strlen(name);
    for (int column = 0; column < 2; column++) {
        while (at < end && *at == ' ')
            at++;
        uint64_t value = 0;
        const char *begin = at;
        if (end - at >= 9 && memcmp(at, "unlimited", 9) == 0) {
            value = RLIM_INFINITY;
            at += 9;
        } else {
            for (; at < end && *at >= '0' && *at <= '9' && at - begin < 20; at++)
                value = value * 10 + (uint64_t)(*at - '0');
        }
        if (at == begin || at >= end || *at != ' ')
            return false;
        *out = value;
    }
    return true;
}

bool pairs_parse(const char *text, size_t n, uint64_t *locks, uint64_t *rss) {
    return parse_hard(text, n, "Max file locks", locks) && parse_hard(text, n, "Max resident set", rss);
}

enum pair_kind pairs_read(const struct pairs *pairs, const struct procfs *procfs, pid_t pid,
                          uint32_t *number) {
    struct rlimit locks, rss;
    if (!pairs->is_on)
        return PAIR_NONE;
    if (prlimit(pid, RLIMIT_LOCKS, NULL, &locks) == 0 && prlimit(pid, RLIMIT_RSS, NULL, &rss) == 0)
        return pairs_judge(pairs, locks.rlim_max, rss.rlim_max, number);
    if (errno == ESRCH)
        return PAIR_GONE;
    /* Of a program with another user's rights: everybody may read its file. */
    char path[32], text[PROCFS_RECORD_BYTES];
    uint64_t of_locks, of_rss;
    (void)snprintf(path, sizeof(path), "%d/limits", (int)pid);
    ssize_t n = procfs_read(procfs, path, text, sizeof(text));
    if (n < 0)
        return procfs_is_gone(errno) ? PAIR_GONE : PAIR_LOW;
    if (!pairs_parse(text, (size_t)n, &of_locks, &of_rss))
        return n == 0 ? PAIR_GONE : PAIR_LOW;
    return pairs_judge(pairs, of_locks, of_rss, number);
}
