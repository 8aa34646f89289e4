/* Pages that a forked process has copied since: which they are, and copies made before they are needed. No part of the guard. */
#include "audit.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <time.h>

#include "../threads/machine.h"

enum {
    PAGE_BYTES = 4096,
    /* Of one call. */
    MAX_PAGES = 1024,
    /* After so many, 50 to 200 us, it is looked whether to go on. */
    PAGES_AT_ONCE = 16,
    /* What who waits for an event leaves to others where processors are scarce. */
    PAUSE_NS = 2000000,
    /* Around what runs, the part of its stack that it may write to. */
    STACK_BYTES = 16 * PAGE_BYTES,
};

/* Write to a page and change nothing: an OR with 0, atomic, and by the kernel, which refuses where we would be killed. */
static bool write_to(uintptr_t page) {
    static uint32_t nobody_waits;
    return !is_error(call6(SYS_futex, (long)&nobody_waits, FUTEX_WAKE_OP | FUTEX_PRIVATE_FLAG, 0, 0, (long)page,
                           FUTEX_OP(FUTEX_OP_OR, 0, FUTEX_OP_CMP_EQ, 0)));
}

static long count_faults(void) {
    struct rusage usage = {.ru_minflt = -1};
    (void)call3(SYS_getrusage, RUSAGE_THREAD, (long)&usage, 0);
    return usage.ru_minflt;
}

static int64_t read_clock(clockid_t clock) {
    struct timespec time = {0, 0};
    (void)call3(SYS_clock_gettime, clock, (long)&time, 0);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

PyObject *audit_count_faults(PyObject *self, PyObject *arguments) {
    (void)self;
    (void)arguments;
    return PyLong_FromLong(count_faults());
}

PyObject *audit_copied_pages(PyObject *self, PyObject *arguments) {
    (void)self;
    static uint8_t present[MAX_PAGES];
    static char found[MAX_PAGES + 1];
    if (PyTuple_Size(arguments) != 3)
        return fail("copied_pages(address, pages, limit_ns)");
    const long start = PyLong_AsLong(PyTuple_GetItem(arguments, 0)), n = PyLong_AsLong(PyTuple_GetItem(arguments, 1));
    const long limit = PyLong_AsLong(PyTuple_GetItem(arguments, 2));
    if (PyErr_Occurred() != NULL)
        return NULL;
    if (start <= 0 || start % PAGE_BYTES != 0 || n < 0 || n > MAX_PAGES || limit < 0)
        return fail("copied_pages: not a page, or too many");
    const int64_t until = read_clock(CLOCK_MONOTONIC) + limit;
    /* What is not there was not shared; and a part that is no memory any more is none of the zygote's. */
    const bool is_there = !is_error(call3(SYS_mincore, start, n * PAGE_BYTES, (long)present));
    long at = 0;
    for (; at < n && (at % PAGES_AT_ONCE != 0 || read_clock(CLOCK_MONOTONIC) < until); at++) {
        const long before = count_faults();
        const bool is_copied = is_there && (present[at] & 1) != 0 &&
                               write_to((uintptr_t)(start + at * PAGE_BYTES)) && count_faults() == before;
        found[at] = is_copied ? '1' : '0';
    }
    found[at] = '\0';
    return PyUnicode_FromString(found);
}

/* Read a byte of each of `n` pages and write it back, by the kernel, through a pipe: a third cheaper than one by one. */
static void rewrite(const int32_t ends[2], struct iovec *pages, long n) {
    while (n > 0) {
        const long got = call3(SYS_writev, ends[1], (long)pages, n);
        /* The first is not there any more. */
        const long taken = got > 0 ? got : 1;
        for (long back = 0; back < got;) {
            const long put = call3(SYS_readv, ends[0], (long)(pages + back), got - back);
            char refused;
            /* The next may not be written. */
            if (put <= 0 && call3(SYS_read, ends[0], (long)&refused, 1) != 1)
                return;
            back += put > 0 ? put : 1;
        }
        pages += taken;
        n -= taken;
    }
}

PyObject *audit_prefault(PyObject *self, PyObject *arguments) {
    (void)self;
    char *addresses = NULL;
    Py_ssize_t n = 0;
    if (PyTuple_Size(arguments) != 3 || PyBytes_AsStringAndSize(PyTuple_GetItem(arguments, 0), &addresses, &n) < 0)
        return fail("prefault(addresses, descriptor, is_alone)");
    struct pollfd event = {.fd = (int)PyLong_AsLong(PyTuple_GetItem(arguments, 1)), .events = POLLIN};
    const bool is_alone = PyLong_AsLong(PyTuple_GetItem(arguments, 2)) == 1;
    if (PyErr_Occurred() != NULL)
        return NULL;
    int32_t ends[2] = {-1, -1};
    const bool has_pipe = is_alone && !is_error(call3(SYS_pipe2, (long)ends, O_CLOEXEC | O_NONBLOCK, 0));
    const long pages_n = n / (long)sizeof(uint64_t);
    struct timespec pause = {0, 0};
    long done = 0;
    while (done < pages_n && call6(SYS_ppoll, (long)&event, 1, (long)&pause, 0, 0, 0) == 0) {
        struct iovec pages[PAGES_AT_ONCE];
        long at_once = 0;
        for (; at_once < PAGES_AT_ONCE && done < pages_n; done++) {
            uint64_t page;
            __builtin_memcpy(&page, addresses + done * (long)sizeof(uint64_t), sizeof(page));
            /* Those of this stack are copied already, and a byte there may change between its being read and written back. */
            if (page - (uintptr_t)pages + STACK_BYTES > 2 * STACK_BYTES)
                pages[at_once++] = (struct iovec){(void *)(uintptr_t)page, 1};
        }
        const int64_t began = read_clock(CLOCK_MONOTONIC), spent = read_clock(CLOCK_THREAD_CPUTIME_ID);
        if (has_pipe)
            rewrite(ends, pages, at_once);
        else
            for (long at = 0; at < at_once; at++)
                (void)write_to((uintptr_t)pages[at].iov_base);
        /* Once somebody else has run here, the worker that has an event perhaps, the processor is his. */
        const int64_t ran = read_clock(CLOCK_THREAD_CPUTIME_ID) - spent;
        if (read_clock(CLOCK_MONOTONIC) - began > 2 * ran)
            pause.tv_nsec = PAUSE_NS;
    }
    for (int end = 0; end < 2 && has_pipe; end++)
        (void)call3(SYS_close, ends[end], 0, 0);
    return PyLong_FromLong(done);
}
