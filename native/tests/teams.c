/* Teams of OpenMP: what tests/native/test_threads.py forks with. The caller leads one, and a thread of this library another. */
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

enum { MEMBERS = 3, PIECES = 64, PAUSE_US = 200 };

static atomic_long rounds, wrong;
static pthread_t leader;

int teams_start(void);
int teams_stuck(int tries);
long teams_sum(void);

/* The sum that a team of the calling thread computes, and whether all of it took part: 2016 where both are right. */
long teams_sum(void) {
    long sum = 0, members = 0;
#pragma omp parallel num_threads(MEMBERS) reduction(+ : sum, members)
    {
        members += 1;
#pragma omp for
        for (long i = 0; i < PIECES; i++)
            sum += i;
    }
    return members == MEMBERS ? sum : -members;
}

static void *lead(void *unused) {
    for (;;) {
        wrong += teams_sum() != PIECES * (PIECES - 1) / 2;
        rounds++;
        (void)usleep(PAUSE_US);
    }
    return unused;
}

/* Start the leader, whose team never rests for long. 0 on success. */
int teams_start(void) {
    return pthread_create(&leader, NULL, lead, NULL);
}

/* Wait, in milliseconds, until the leader has done some more rounds: 0 where all were right, 1 where one was wrong, 2 where it is stuck. */
int teams_stuck(int tries) {
    enum { MORE = 3, MILLISECOND_US = 1000 };
    const long before = rounds;
    for (int i = 0; i < tries && rounds < before + MORE; i++)
        (void)usleep(MILLISECOND_US);
    return rounds < before + MORE ? 2 : wrong != 0;
}
