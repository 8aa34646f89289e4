/* Threads that never rest, each with another kind of lock: what tests/native/test_threads.py forks with. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MEMORY, RECURSIVE, INHERITING, ROBUST, CONDITION, WRITING, KINDS, EACH = 2, ROUNDS = 50, PIECES = 40, PAUSE_US = 200 };

static atomic_long turns[KINDS * EACH];
static pthread_mutex_t mutexes[KINDS];
static pthread_cond_t turned = PTHREAD_COND_INITIALIZER;
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static int whose;

int busy_start(void);
int busy_stuck(int tries);

static void check(int error) {
    if (error != 0)
        abort();
}

static void play(int kind, int number) {
    void *pieces[PIECES];
    switch (kind) {
    case MEMORY:
        for (size_t i = 0; i < PIECES; i++) {
            pieces[i] = malloc(16 + 97 * i);
            if (pieces[i] != NULL)
                memset(pieces[i], 1, 16);
        }
        for (size_t i = 0; i < PIECES; i++)
            free(pieces[i]);
        return;
    case CONDITION:
        check(pthread_mutex_lock(&mutexes[kind]));
        while (whose != number)
            check(pthread_cond_wait(&turned, &mutexes[kind]));
        whose = (whose + 1) % EACH;
        check(pthread_cond_broadcast(&turned));
        check(pthread_mutex_unlock(&mutexes[kind]));
        return;
    case WRITING:
        check(pthread_rwlock_wrlock(&rwlock));
        check(pthread_rwlock_unlock(&rwlock));
        return;
    default:
        check(pthread_mutex_lock(&mutexes[kind]));
        for (volatile int i = 0; i < 100; i = i + 1)
            continue;
        check(pthread_mutex_unlock(&mutexes[kind]));
    }
}

static void *run(void *context) {
    const long at = (long)context;
    while (1) {
        for (int i = 0; i < ROUNDS; i++)
            play((int)at / EACH, (int)at % EACH);
        atomic_fetch_add(&turns[at], 1);
        (void)usleep(PAUSE_US);
    }
    return NULL;
}

/* Start them; 0, or the error. */
int busy_start(void) {
    for (int kind = 0; kind < KINDS; kind++) {
        pthread_mutexattr_t how;
        pthread_t thread;
        check(pthread_mutexattr_init(&how));
        if (kind == RECURSIVE)
            check(pthread_mutexattr_settype(&how, PTHREAD_MUTEX_RECURSIVE));
        if (kind == INHERITING)
            check(pthread_mutexattr_setprotocol(&how, PTHREAD_PRIO_INHERIT));
        if (kind == ROBUST)
            check(pthread_mutexattr_setrobust(&how, PTHREAD_MUTEX_ROBUST));
        check(pthread_mutex_init(&mutexes[kind], &how));
        for (long i = 0; i < EACH; i++) {
            int error = pthread_create(&thread, NULL, run, (void *)(kind * EACH + i));
            if (error != 0)
                return error;
        }
    }
    return 0;
}

/* How many have not come around once, after so many looks, a millisecond between them. */
int busy_stuck(int tries) {
    long before[KINDS * EACH];
    int stuck = 0;
    for (int i = 0; i < KINDS * EACH; i++)
        before[i] = atomic_load(&turns[i]);
    for (; tries > 0; tries--) {
        stuck = 0;
        for (int i = 0; i < KINDS * EACH; i++)
            stuck += atomic_load(&turns[i]) == before[i];
        if (stuck == 0)
            return 0;
        (void)usleep(1000);
    }
    return stuck;
}
