/* Finds glibc's locks by the number of the thread that holds each, which is another one in the child; see slots.h.
 *
 * A lock that names its owner is let go of by that thread alone: under a stale number it stays locked for ever. All others
 * need nothing. In a new process namespace such a number is small, and memory is full of small numbers: what
 * makes a lock is all that glibc keeps in it while it is held. Layouts: struct __pthread_mutex_s and struct __pthread_rwlock_arch_t, alike on both
 * processors since glibc 2.25; their states: nptl/pthread_mutex_lock.c and nptl/pthread_rwlock_common.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>

#include "machine.h"
#include "slots.h"
#include "threads.h"

enum {
    /* Locks that are held at one moment; a thread holds a few. */
    MAX_HELD = 1024,
    TEXT_BYTES = 32768,
    PAGE_BYTES = 4096,
    PAGES = 4096,
    LOCK_ALIGNMENT = 8,
    /* Types that look at the owner: PTHREAD_MUTEX_RECURSIVE_NP and PTHREAD_MUTEX_ERRORCHECK_NP. */
    KIND_TYPE = 3,
    RECURSIVE = 1,
    CHECKING = 2,
    /* PTHREAD_MUTEX_ROBUST_NORMAL_NP and PTHREAD_MUTEX_PRIO_INHERIT_NP: the lock word holds the owner, too. */
    KIND_ROBUST = 0x10,
    KIND_INHERITS = 0x20,
    /* What else a kind may say: that processes share it, and, of those two, PTHREAD_MUTEX_NO_ELISION_NP. */
    KIND_SHARED = 0x80,
    KIND_UNELIDED = 0x200,
    /* Threads that hold or await one lock, and how often one holds it. */
    MANY = 4 * MAX_THREADS,
    /* More than the frames of glibc's functions that lock take. */
    FRAME_BYTES = 256,
    /* __nptl_rwlock: a writer is in, and in its phase; readers are counted above these bits. */
    WRITTEN = 3,
    READER_SHIFT = 3,
    /* PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP, the greatest. */
    PREFERENCES = 2,
};

/* Of address space: Go and sanitizers reserve more than anybody has memory for. */
#define MAX_LOOKED_AT (UINT64_C(1) << 42)
/* PTHREAD_RWLOCK_WRHANDOVER. */
#define HANDED_OVER (UINT32_C(1) << 31)

struct mutex {
    int32_t lock;
    uint32_t count;
    int32_t owner;
    uint32_t users;
    int32_t kind, spins;
    uint64_t previous, next;
};

struct rwlock {
    uint32_t readers, writers, phase_futex, writers_futex, pad[2];
    int32_t writer, shared;
    uint64_t more_pad[2];
    uint32_t flags;
};

/* A word that is, or contains, the number of a slot's thread. */
struct held {
    int32_t *word;
    uint32_t slot;
};

static struct held held[MAX_HELD];
static uint32_t n_held;
static bool is_found;

static bool keep(int32_t *word, uint32_t slot) {
    if (n_held == MAX_HELD)
        return false;
    held[n_held++] = (struct held){word, slot};
    return true;
}

static bool is_owned_word(const struct mutex *mutex) {
    return (mutex->kind & (KIND_ROBUST | KIND_INHERITS)) != 0;
}

/* Whether it may be a mutex that looks at its owner; held or not. */
static bool is_mutex(const struct mutex *mutex) {
    const int32_t type = mutex->kind & KIND_TYPE;
    const int32_t others = KIND_TYPE | KIND_SHARED | (is_owned_word(mutex) ? KIND_ROBUST | KIND_INHERITS | KIND_UNELIDED : 0);
    const bool is_listed = mutex->previous != 0;
    return (mutex->kind & ~others) == 0 && mutex->users < MANY && mutex->count < MANY && mutex->spins == 0 &&
           (mutex->next != 0) == is_listed && (!is_listed || (mutex->kind & KIND_ROBUST) != 0) &&
           (is_owned_word(mutex) || ((type == RECURSIVE || type == CHECKING) && mutex->lock >= 0 && mutex->lock <= 2));
}

/* Whether this memory can be read: by an unknown command, of which the kernel reads the set first. */
static bool is_readable(uintptr_t at) {
    return at != 0 && call6(SYS_rt_sigprocmask, -1, (long)at, 0, sizeof(uint64_t), 0, 0) == -EINVAL;
}

/* Whether the thread has said to the kernel that it holds this robust mutex: the lowest bit of an entry is no part of it. */
static bool is_on_list(const struct slot *slot, const struct mutex *mutex) {
    const uintptr_t head = (uintptr_t)slot->robust;
    uintptr_t at = head;
    for (int n = 0; n < MANY && is_readable(at); n++) {
        at = *(const uintptr_t *)at & ~(uintptr_t)1;
        if (at == head)
            return false;
        if (at == (uintptr_t)&mutex->next)
            return true;
    }
    return false;
}

static bool is_held_mutex(const struct mutex *mutex, const struct slot *slot) {
    if (!is_mutex(mutex) || mutex->lock == 0 || mutex->users == 0)
        return false;
    if (is_owned_word(mutex) && (mutex->lock & FUTEX_TID_MASK) != mutex->owner)
        return false;
    if ((mutex->kind & KIND_ROBUST) != 0)
        return is_on_list(slot, mutex);
    /* Counted where it may be taken again, and by all that inherit. */
    return (mutex->count > 0) == (is_owned_word(mutex) || (mutex->kind & KIND_TYPE) == RECURSIVE);
}

static bool is_written(const struct rwlock *rwlock) {
    return (rwlock->readers & WRITTEN) == WRITTEN && rwlock->readers >> READER_SHIFT < MANY &&
           (rwlock->writers & ~HANDED_OVER) < MANY && rwlock->phase_futex <= WRITTEN && rwlock->writers_futex <= WRITTEN &&
           (rwlock->writers_futex & 1) == 1 && rwlock->pad[0] == 0 && rwlock->pad[1] == 0 && rwlock->shared >= 0 &&
           rwlock->shared <= 1 && rwlock->more_pad[0] == 0 && rwlock->more_pad[1] == 0 && rwlock->flags <= PREFERENCES;
}

/* Whether the word at `owner` belongs to a lock that the thread holds; then it is kept. False for want of room. */
static bool judge(int32_t *owner, uintptr_t start, uintptr_t end, const struct slot *slots, uint32_t slot) {
    const uintptr_t at = (uintptr_t)owner;
    const uintptr_t mutex = at - offsetof(struct mutex, owner), rwlock = at - offsetof(struct rwlock, writer);
    if (mutex >= start && mutex < at && end - mutex >= sizeof(struct mutex) && is_held_mutex((const struct mutex *)mutex, &slots[slot]))
        return keep(owner, slot) && (!is_owned_word((const struct mutex *)mutex) || keep(owner - 2, slot));
    if (rwlock >= start && rwlock < at && end - rwlock >= sizeof(struct rwlock) && is_written((const struct rwlock *)rwlock))
        return keep(owner, slot);
    return true;
}

static bool look_through(uintptr_t start, uintptr_t end, const struct slot *slots, uint32_t n, int32_t low, uint32_t span) {
    for (uintptr_t at = start; at < end; at += LOCK_ALIGNMENT) {
        int32_t *word = (int32_t *)at;
        if ((uint32_t)*word - (uint32_t)low > span)
            continue;
        if (at - (uintptr_t)slots < n * sizeof(*slots) || at - (uintptr_t)held < sizeof(held))
            continue;
        for (uint32_t i = 0; i < n; i++)
            if (slots[i].tid == *word && slots[i].state == STOPPED && !judge(word, start, end, slots, i))
                return false;
    }
    return true;
}

/* Look through what has been written of a mapping: pages that are not there hold no lock. */
static bool look_through_pages(uintptr_t start, uintptr_t end, const struct slot *slots, uint32_t n, int32_t low, uint32_t span) {
    static uint8_t present[PAGES];
    uintptr_t begin = 0;
    for (uintptr_t at = start; at < end;) {
        const uintptr_t left = end - at;
        const uintptr_t size = left < (uintptr_t)PAGES * PAGE_BYTES ? left : (uintptr_t)PAGES * PAGE_BYTES;
        if (is_error(call3(SYS_mincore, (long)at, (long)size, (long)present)))
            return false;
        for (uintptr_t page = 0; page < size / PAGE_BYTES; page++, at += PAGE_BYTES) {
            const bool is_present = (present[page] & 1) != 0;
            if (is_present && begin == 0)
                begin = at;
            if (!is_present && begin != 0) {
                if (!look_through(begin, at, slots, n, low, span))
                    return false;
                begin = 0;
            }
        }
    }
    return begin == 0 || look_through(begin, end, slots, n, low, span);
}

/* A number in hexadecimal; `at` goes on behind it. */
static uintptr_t read_hex(const char **at) {
    uintptr_t value = 0;
    for (;; ++*at) {
        const char c = **at;
        if (c >= '0' && c <= '9')
            value = value * 16 + (uintptr_t)(c - '0');
        else if (c >= 'a' && c <= 'f')
            value = value * 16 + (uintptr_t)(c - 'a' + 10);
        else
            return value;
    }
}

/* One line of /proc/self/maps: what is private and written to is looked through. */
static bool look_at_line(const char *line, uint64_t *total, const struct slot *slots, uint32_t n, int32_t low, uint32_t span) {
    const char *at = line;
    const uintptr_t start = read_hex(&at);
    if (*at++ != '-')
        return false;
    const uintptr_t end = read_hex(&at);
    if (*at++ != ' ')
        return false;
    if (at[0] != 'r' || at[1] != 'w' || at[3] != 'p')
        return true;
    *total += end - start;
    return *total <= MAX_LOOKED_AT && look_through_pages(start, end, slots, n, low, span);
}

bool owners_find(struct slot *slots, uint32_t n) {
    static char text[TEXT_BYTES];
    int32_t low = INT32_MAX, high = 0;
    uint64_t total = 0;
    long used = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (slots[i].state != STOPPED)
            continue;
        is_found &= !slots[i].has_run;
        low = slots[i].tid < low ? slots[i].tid : low;
        high = slots[i].tid > high ? slots[i].tid : high;
    }
    if (is_found || high == 0)
        return true;
    n_held = 0;
    const long file = call6(SYS_openat, AT_FDCWD, (long)"/proc/self/maps", O_RDONLY | O_CLOEXEC, 0, 0, 0);
    bool is_good = !is_error(file);
    while (is_good) {
        const long got = call3(SYS_read, file, (long)(text + used), (long)sizeof(text) - used);
        is_good = !is_error(got);
        if (got <= 0)
            break;
        used += got;
        long begin = 0;
        for (long i = 0; i < used && is_good; i++)
            if (text[i] == '\n') {
                is_good = look_at_line(text + begin, &total, slots, n, low, (uint32_t)(high - low));
                begin = i + 1;
            }
        /* The rest of a line: no path is as long as the buffer. */
        is_good = is_good && used - begin < (long)sizeof(text);
        for (long i = begin; i < used; i++)
            text[i - begin] = text[i];
        used -= begin;
    }
    if (!is_error(file))
        (void)call3(SYS_close, file, 0, 0);
    is_found = is_good;
    for (uint32_t i = 0; i < n && is_good; i++)
        slots[i].has_run = false;
    return is_good;
}

static bool is_mutex_at(uintptr_t at) {
    return at % LOCK_ALIGNMENT == 0 && is_readable(at) && is_readable(at + offsetof(struct mutex, next)) &&
           is_mutex((const struct mutex *)at);
}

/* Whether a thread waits for a mutex that names its owner; who held it may have let go of it since. */
static bool awaits_owned(const struct slot *slot, const uint64_t *registers, size_t n) {
    bool awaits = slot->call == SYS_futex && is_mutex_at(context_argument(slot->context));
    /* A call that was interrupted has its argument no more, on aarch64. */
    for (size_t i = 0; i < n && slot->call == -1 && !awaits; i++)
        awaits = is_mutex_at((uintptr_t)registers[i]);
    return awaits;
}

/* In the frame of a function of the C library that waits for a lock: whatever is the thread's old number becomes the new one. */
static void rename_waiter(const struct slot *slot) {
    uint64_t *registers;
    const size_t n = context_registers(slot->context, &registers);
    int32_t *words = (int32_t *)context_stack(slot->context);
    if (!awaits_owned(slot, registers, n))
        return;
    for (size_t i = 0; i < n; i++)
        if (registers[i] == (uint64_t)slot->tid)
            registers[i] = (uint64_t)slot->made;
    for (size_t i = 0; i < FRAME_BYTES / sizeof(*words); i++)
        if (words[i] == slot->tid)
            words[i] = slot->made;
}

void owners_rename(const struct slot *slots, uint32_t n) {
    for (uint32_t i = 0; i < n_held; i++) {
        const struct slot *slot = &slots[held[i].slot];
        /* The main thread has run since they were found: it may have used the memory for something else. */
        if (slot->made != 0 && (*held[i].word & FUTEX_TID_MASK) == slot->tid)
            *held[i].word = (int32_t)((uint32_t)*held[i].word & ~(uint32_t)FUTEX_TID_MASK) | slot->made;
    }
    for (uint32_t i = 0; i < n; i++)
        if (slots[i].made != 0 && slots[i].is_inside)
            rename_waiter(&slots[i]);
}
