/* The threads that a fork stops, and the locks that they hold. */
#ifndef DAYFLY_SLOTS_H
#define DAYFLY_SLOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <ucontext.h>

enum {
    /* Of a processor set: as many processors as a glibc's cpu_set_t has. */
    SET_BYTES = 128,
    NAME_BYTES = 16,
};

/* What a slot's thread does. */
enum slot_state { FREE, ASKED, ENTERED, STOPPED };

/* A thread that was asked to stop. */
struct slot {
    int32_t tid, made; /* in this process, 0 where the slot is free, and in the child */
    int32_t state;     /* enum slot_state; a futex word */
    int32_t turn;      /* another one each time it is asked */
    int32_t policy;
    int32_t timer;
    bool has_timer; /* which the process keeps, and its children have not */
    bool is_alive;  /* seen since the last fork */
    bool is_dropped;
    bool is_inside; /* in a system call of the C library's */
    ucontext_t *context;
    uintptr_t frame, tls, pc;
    long call; /* see context_call */
    void *robust;
    size_t robust_size;
    uint8_t processors[SET_BYTES];
    long processors_n;
    char name[NAME_BYTES];
    /* Whether it has run since locks were looked for, as it can tell from where it left the handler before. */
    bool has_run;
    struct {
        int32_t tid;
        uintptr_t pc, frame;
        long sleeps;
    } left;
};

/* Find the locks of glibc that name one of the stopped threads as their owner: mutexes that are recursive, robust, or check or
 * inherit, and locks for readers and writers. Looks through all written memory of the process, once as long as no thread
 * has run since. False where that cannot be read, or there are more than MAX_HELD. */
bool owners_find(struct slot *slots, uint32_t n);

/* In a child whose threads have their numbers: make these the owners of the same locks, and of those that a thread waits for,
 * whose function keeps the number in a register or on its stack. */
void owners_rename(const struct slot *slots, uint32_t n);

#endif
