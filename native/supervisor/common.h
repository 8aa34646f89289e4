/* What every module of the supervisor shares: spans of bytes, bounded buffers, faults, clocks.
 *
 * Conventions: a function that can fail returns 0 or -1 and fills a `struct fault`. Nothing calls malloc
 * after start; every buffer belongs to a struct that `struct supervisor` (supervisor.h) holds. Times are
 * nanoseconds of CLOCK_MONOTONIC unless the name says otherwise.
 */
#ifndef DAYFLY_COMMON_H
#define DAYFLY_COMMON_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>

/* Bytes that somebody else owns: valid until that owner's next call. */
struct bytes {
    const uint8_t *at;
    size_t n;
};

/* Bytes collected so far: `n` of `size` are used. */
struct buffer {
    uint8_t *at;
    size_t n;
    size_t size;
};

/* Why a function returned -1, in words for the log. */
struct fault {
    char text[256];
};

#define NS_PER_S INT64_C(1000000000)
#define NS_PER_MS INT64_C(1000000)
#define NS_PER_US INT64_C(1000)
/* A time that never comes: "no limit". */
#define NEVER INT64_MAX

/* A span of a string literal. */
#define LITERAL(text) ((struct bytes){(const uint8_t *)("" text), sizeof(text) - 1})
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The span of a C string. */
static inline struct bytes bytes_of(const char *text) {
    return (struct bytes){(const uint8_t *)text, strlen(text)};
}

/* Say whether two spans hold the same bytes. */
static inline bool bytes_equal(struct bytes a, struct bytes b) {
    return a.n == b.n && (a.n == 0 || memcmp(a.at, b.at, a.n) == 0);
}

/* Say whether `a` begins with `start`. */
static inline bool bytes_begin(struct bytes a, struct bytes start) {
    return a.n >= start.n && (start.n == 0 || memcmp(a.at, start.at, start.n) == 0);
}

/* Copy a span into a C string of `size` bytes, cut where it does not fit; `size` must not be 0. */
static inline void bytes_copy(char *out, size_t size, struct bytes from) {
    size_t n = from.n < size - 1 ? from.n : size - 1;
    if (n > 0)
        memcpy(out, from.at, n);
    out[n] = '\0';
}

/* What a buffer holds. */
static inline struct bytes buffer_bytes(const struct buffer *buffer) {
    return (struct bytes){buffer->at, buffer->n};
}

/* Append a span; -1 where it does not fit, and nothing was appended then. */
static inline int buffer_add(struct buffer *buffer, struct bytes more) {
    if (more.n > buffer->size - buffer->n)
        return -1;
    if (more.n > 0)
        memcpy(buffer->at + buffer->n, more.at, more.n);
    buffer->n += more.n;
    return 0;
}

/* Remove the first `n` bytes, which must be there. */
static inline void buffer_drop(struct buffer *buffer, size_t n) {
    buffer->n -= n;
    if (buffer->n > 0)
        memmove(buffer->at, buffer->at + n, buffer->n);
}

/* Append text as printf does; -1 where it does not fit, and nothing was appended then. */
__attribute__((format(printf, 2, 3))) static inline int buffer_print(struct buffer *buffer,
                                                                     const char *format, ...) {
    size_t room = buffer->size - buffer->n;
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf((char *)buffer->at + buffer->n, room, format, arguments);
    va_end(arguments);
    if (n < 0 || (size_t)n >= room)
        return -1;
    buffer->n += (size_t)n;
    return 0;
}

/* Fill a fault and return -1, so that a caller may write `return fault_set(fault, ...)`. `fault` may be NULL.
 */
__attribute__((format(printf, 2, 3))) static inline int fault_set(struct fault *fault, const char *format,
                                                                  ...) {
    if (fault != NULL) {
        va_list arguments;
        va_start(arguments, format);
        (void)vsnprintf(fault->text, sizeof(fault->text), format, arguments);
        va_end(arguments);
    }
    return -1;
}

/* Zero `n` bytes at `at`, writing to no page that is zero: what the program begins with costs memory from the first write
 * on, and most of its tables are never filled. */
static inline void bytes_clear(void *at, size_t n) {
    enum { PIECE = 1024 };
    static const uint8_t zeros[PIECE];
    for (size_t done = 0; done < n; done += PIECE) {
        size_t piece = n - done < PIECE ? n - done : PIECE;
        if (memcmp((uint8_t *)at + done, zeros, piece) != 0)
            memset((uint8_t *)at + done, 0, piece);
    }
}

/* The value of a variable, NULL without one; the first counts. */
static inline const char *variable(char *const *environment, const char *name) {
    size_t n = strlen(name);
    for (; *environment != NULL; environment++)
        if (strncmp(*environment, name, n) == 0 && (*environment)[n] == '=')
            return *environment + n + 1;
    return NULL;
}

/* Say whether `path` is `top` or lies below it; both absolute and free of links. */
static inline bool path_is_within(const char *path, const char *top) {
    size_t n = strlen(top);
    while (n > 0 && top[n - 1] == '/')
        n--;
    return strncmp(path, top, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

/* A directory's entry as getdents64(2) writes it. */
struct entry64 {
    uint64_t inode;
    int64_t offset;
    unsigned short length;
    unsigned char kind;
    char name[];
};

/* The monotonic clock in nanoseconds. It goes on while the environment is frozen, as the platform's deadlines
 * do. */
static inline int64_t now_ns(void) {
    struct timespec at;
    (void)clock_gettime(CLOCK_MONOTONIC, &at);
    return (int64_t)at.tv_sec * NS_PER_S + at.tv_nsec;
}

/* The time of day in milliseconds since 1970, as the platform's deadlines are given. */
static inline int64_t wall_ms(void) {
    struct timespec at;
    (void)clock_gettime(CLOCK_REALTIME, &at);
    return (int64_t)at.tv_sec * 1000 + at.tv_nsec / NS_PER_MS;
}

/* The earlier of two times. */
static inline int64_t sooner(int64_t a, int64_t b) { return a < b ? a : b; }

/* Milliseconds for poll(2) until `until`, rounded up; -1 for NEVER, 0 where it is past. */
static inline int poll_ms(int64_t until, int64_t now) {
    if (until == NEVER)
        return -1;
    if (until <= now)
        return 0;
    int64_t left = (until - now + NS_PER_MS - 1) / NS_PER_MS;
    return left > INT32_MAX ? INT32_MAX : (int)left;
}

#endif
