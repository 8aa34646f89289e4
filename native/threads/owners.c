/* Finds glibc's locks by the number of the thread that holds each, which is another one in the child; see slots.h.
 *
 * A lock that names its owner is let go of by that thread alone: under a stale number it stays locked for ever. All others
 * need nothing. Layouts: struct __pthread_mutex_s and struct __pthread_rwlock_arch_t, alike on both processors since glibc 2.25.
 */
#include <fcntl.h>
#include <linux/futex.h>

#include "machine.h"
#include "slots.h"

enum {
    /* Locks that are held at one moment; a thread holds a few. */
    MAX_HELD = 1024,
    TEXT_BYTES = 32768,
    PAGE_BYTES = 4096,
    PAGES = 4096,
    LOCK_ALIGNMENT = 8,
    /* PTHREAD_MUTEX_ROBUST_NORMAL_NP and PTHREAD_MUTEX_PRIO_INHERIT_NP: the lock word holds the owner, too. */
    KIND_OWNED_WORD = 0x10 | 0x20,
    /* Types, robustness, protocols, and elision. */
    KIND_BITS = 0x3ff,
    MANY_USERS = 100000,
    /* More than the frames of glibc's functions that lock take. */
    FRAME_BYTES = 256,
    /* __nptl_rwlock: a writer is in, and in its phase. */
    WRITTEN = 3,
};

/* Of address space: Go and sanitizers reserve more than anybody has memory for. */
#define MAX_LOOKED_AT (UINT64_C(1) << 42)

struct mutex {
    int32_t lock;
    uint32_t count;
    int32_t owner;
    uint32_t users;
    int32_t kind;
};

struct rwlock {
    uint32_t readers, writers, phase_futex, writers_futex, pad[2];
    int32_t writer;
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

/* Whether the word at `owner` belongs to a lock that the thread holds; then it is kept. False for want of room. */
static bool judge(int32_t *owner, uintptr_t start, uintptr_t end, uint32_t slot) {
    const uintptr_t at = (uintptr_t)owner;
    const struct mutex *mutex = (const struct mutex *)(at - offsetof(struct mutex, owner));
    const struct rwlock *rwlock = (const struct rwlock *)(at - offsetof(struct rwlock, writer));
    if (at - start >= offsetof(struct mutex, owner) && end - at >= sizeof(*mutex) - offsetof(struct mutex, owner) &&
        mutex->lock != 0 && mutex->users > 0 && mutex->users < MANY_USERS && (mutex->kind & ~KIND_BITS) == 0) {
        const bool is_owned_word = (mutex->kind & KIND_OWNED_WORD) != 0;
        if (is_owned_word ? (mutex->lock & FUTEX_TID_MASK) == *owner : mutex->lock == 1 || mutex->lock == 2)
            return keep(owner, slot) && (!is_owned_word || keep(owner - 2, slot));
    }
    if (at - start >= offsetof(struct rwlock, writer) && (rwlock->readers & WRITTEN) == WRITTEN && rwlock->pad[0] == 0 &&
        rwlock->pad[1] == 0)
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
            if (slots[i].tid == *word && slots[i].state == STOPPED && !judge(word, start, end, i))
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

/* In the frame of a function of the C library that waits: whatever is the thread's old number becomes the new one. */
static void rename_waiter(const struct slot *slot) {
    uint64_t *registers;
    const size_t n = context_registers(slot->context, &registers);
    int32_t *words = (int32_t *)context_stack(slot->context);
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
        if (slot->made != 0)
            *held[i].word = (int32_t)((uint32_t)*held[i].word & ~(uint32_t)FUTEX_TID_MASK) | slot->made;
    }
    for (uint32_t i = 0; i < n; i++)
        if (slots[i].made != 0 && slots[i].is_inside)
            rename_waiter(&slots[i]);
}
