/* Forks a process with its threads: each is stopped by a signal, and gets a new kernel thread in the child.
 *
 * A shared object without a library under it: it is loaded into an interpreter that has some version of glibc, and between
 * stop and resume any lock of that may be held. So all system calls are made here, and nothing is allocated.
 */
#ifndef DAYFLY_THREADS_H
#define DAYFLY_THREADS_H

#include <stdint.h>

/* Of a process; a function with more falls back. The table of them is 600 kB, of which unused pages cost nothing. */
#define MAX_THREADS 1024
/* Of the C library's code and its loader's: each is mapped in at most three pieces. */
#define MAX_RANGES 16

/* Why nothing was forked. `src/dayfly/_sys/threadfork.py` has the words. */
enum threads_fault {
    THREADS_FORKED,
    THREADS_REFUSED, /* by the kernel; `error` says how */
    THREADS_TOO_MANY,
    THREADS_UNLISTED, /* /proc/self/task cannot be read */
    THREADS_UNSTOPPED, /* `culprit` did not stop in time: it sleeps uninterruptibly, or is the kernel's */
    THREADS_ALIEN,    /* `culprit` was not made by the C library */
    THREADS_IN_LIBRARY, /* `culprit` was inside the C library whenever it was stopped */
    THREADS_UNSEARCHED, /* memory cannot be searched for the locks that name their owners */
};

/* What a fork is given, and what became of it. Numbers of 64 bits first: ctypes lays it out alike. */
struct threads_plan {
    uint64_t self;                     /* pthread_self() of the caller, which is the main thread */
    int64_t rseq_offset;               /* of the C library's rseq area from the thread pointer, 0 where it has none */
    uint64_t limit_ns;                 /* how long stopping all threads may take */
    uint64_t ranges[MAX_RANGES][2];    /* where the C library's code is, its loader's first: begin and end */
    uint64_t dropped[MAX_THREADS];     /* pthread_self() of threads that a child does without */
    uint32_t n_ranges, n_loader, n_dropped, unused;
    int32_t fault, error, culprit;     /* out */
    uint32_t n_copied;                 /* out: threads that the child has beside the caller's */
};

/* Fork with all threads but the dropped ones: the child's pid, 0 in the child, or -1 with the fault in `plan`. The child's
 * threads wait until `threads_release` is called there, and no longer than GATE_LIMIT_NS. Call it from the main thread
 * alone. `plan` is read and written by both processes. */
int32_t threads_fork(struct threads_plan *plan);

/* In a child: let its threads run. */
void threads_release(void);

/* In a child: wait until all its threads run, at most `limit_ns`; returns how many do not. */
int32_t threads_await(uint64_t limit_ns);

#endif
