/* Feeds `fuzz_one` with mutated inputs, guided by which code they reach.
 *
 *   driver CORPUS SECONDS SEED [KEEP]
 *
 * Runs every file of the folder CORPUS once, then mutates for SECONDS (0: no more). Inputs that reach code which
 * none before them did join the corpus in memory, and are written to the folder KEEP. An input that breaks a rule of
 * the sanitizers, or takes longer than a second, is written to the file `crash` in KEEP (else in /tmp), and ends it.
 */
#include <dirent.h>
#include <signal.h>
#include <sys/time.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    INPUT_BYTES = 1 << 16,
    MAX_CORPUS = 8192,
    /* Edges of the code, by a hash of addresses. */
    MAP = 1 << 16,
    MAX_CHANGES = 8,
    ONE_S = 1,
};

int fuzz_one(const uint8_t *data, size_t size);
void __sanitizer_cov_trace_pc(void);
void __sanitizer_set_death_callback(void (*callback)(void));

struct input {
    uint8_t *at;
    size_t n;
};

static uint8_t reached[MAP];
/* Where `reached` is set: what a short input costs is not what the whole map does. */
static uint32_t edges[MAP];
static size_t edge_count;
static uint8_t known[MAP];
static uintptr_t previous;
static struct input corpus[MAX_CORPUS];
static size_t corpus_size;
static uint8_t current[INPUT_BYTES];
static size_t current_size;
static const char *keep;
static uint64_t state;

/* Called before every basic block of the code under test. */
__attribute__((no_sanitize("address", "undefined"))) void __sanitizer_cov_trace_pc(void) {
    uintptr_t here = (uintptr_t)__builtin_return_address(0);
    uintptr_t mixed = (here ^ (here >> 17)) * UINT64_C(0x9E3779B97F4A7C15) >> 40;
    uint32_t edge = (uint32_t)((mixed ^ previous) % MAP);
    if (!reached[edge]) {
        reached[edge] = 1;
        edges[edge_count++] = edge;
    }
    previous = mixed >> 1;
}

static uint64_t random_number(void) {
    /* xorshift64*: https://www.jstatsoft.org/article/view/v008i14 */
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return state * UINT64_C(2685821657736338717);
}

static size_t below(size_t n) {
    return n == 0 ? 0 : (size_t)(random_number() % n);
}

static void write_input(const char *name) {
    char path[4096];
    (void)snprintf(path, sizeof(path), "%s/%s", keep == NULL ? "/tmp" : keep, name);
    FILE *file = fopen(path, "wb");
    if (file == NULL)
        return;
    (void)fwrite(current, 1, current_size, file);
    (void)fclose(file);
    (void)fprintf(stderr, "fuzz: written to %s\n", path);
}

static void on_death(void) {
    write_input("crash");
}

static void on_alarm(int number) {
    (void)number;
    (void)fputs("fuzz: an input took longer than a second\n", stderr);
    abort();
}

/* Of processor time: the machine may do other work. */
static void limit(time_t seconds) {
    struct itimerval timer = {.it_value = {.tv_sec = seconds}};
    (void)setitimer(ITIMER_PROF, &timer, NULL);
}

/* Run the current input; 1 where it reached what none before it did. */
static int run_current(void) {
    while (edge_count > 0)
        reached[edges[--edge_count]] = 0;
    previous = 0;
    /* Its own allocation, of its own size: a read past its end is seen. */
    uint8_t *copy = malloc(current_size + (current_size == 0));
    if (copy == NULL)
        abort();
    memcpy(copy, current, current_size);
    limit(ONE_S);
    (void)fuzz_one(copy, current_size);
    limit(0);
    free(copy);
    int is_new = 0;
    for (size_t i = 0; i < edge_count; i++) {
        is_new |= !known[edges[i]];
        known[edges[i]] = 1;
    }
    return is_new;
}

static void remember(void) {
    if (corpus_size == MAX_CORPUS)
        return;
    uint8_t *copy = malloc(current_size + 1);
    if (copy == NULL)
        abort();
    memcpy(copy, current, current_size);
    corpus[corpus_size++] = (struct input){copy, current_size};
}

/* Processor time of this run: on a machine that does other work a run is as long as on one that does not. */
static double used_s(void) {
    struct timespec at = {0};
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static void load(const char *folder) {
    DIR *listed = opendir(folder);
    for (struct dirent *entry; listed != NULL && (entry = readdir(listed)) != NULL;) {
        char path[4096];
        (void)snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        FILE *file = entry->d_name[0] == '.' ? NULL : fopen(path, "rb");
        if (file == NULL)
            continue;
        current_size = fread(current, 1, sizeof(current), file);
        (void)fclose(file);
        (void)run_current();
        remember();
    }
    if (listed != NULL)
        (void)closedir(listed);
}

/* Make room for, or take away, `n` bytes at `at`. */
static void insert(size_t at, const uint8_t *more, size_t n) {
    if (current_size + n > INPUT_BYTES)
        return;
    memmove(current + at + n, current + at, current_size - at);
    memcpy(current + at, more, n);
    current_size += n;
}

static void change(void) {
    /* Lengths and limits, where readers go wrong. */
    static const char *const words[] = {"0", "-1", "65536", "4294967296", "18446744073709551616", "\r\n", "\r\n\r\n", ": ",
                                        "\"", "\\", "\\u0000", "{", "}", "[", "]", "\xff\xff\xff\xff", "\x7f\xff\xff\xff"};
    size_t at = below(current_size + 1);
    size_t left = current_size - at;
    size_t n = 1 + below(16);
    const char *word = words[below(sizeof(words) / sizeof(words[0]))];
    uint8_t bytes[16];
    switch (below(9)) {
    case 0:
        if (left > 0)
            current[at] = (uint8_t)(current[at] ^ (1U << below(8)));
        break;
    case 1:
        if (left > 0)
            current[at] = (uint8_t)random_number();
        break;
    case 2:
        if (left > 0)
            current[at] = (uint8_t)(current[at] + below(35) - 17);
        break;
    case 3:
        n = n < left ? n : left;
        memmove(current + at, current + at + n, left - n);
        current_size -= n;
        break;
    case 4:
        for (size_t i = 0; i < n; i++)
            bytes[i] = (uint8_t)random_number();
        insert(at, bytes, n);
        break;
    case 5:
        insert(at, (const uint8_t *)word, strlen(word));
        break;
    case 6: {
        static uint8_t piece[INPUT_BYTES];
        const struct input *other = &corpus[below(corpus_size)];
        size_t from = below(other->n);
        size_t taken = below(other->n - from + 1);
        memcpy(piece, other->at + from, taken);
        insert(at, piece, taken);
        break;
    }
    case 7:
        current_size = at;
        break;
    default: {
        static uint8_t piece[256];
        size_t taken = left < sizeof(piece) ? left : sizeof(piece);
        memcpy(piece, current + at, taken);
        insert(below(current_size + 1), piece, taken);
    }
    }
}

int main(int count, char **arguments) {
    if (count < 4) {
        (void)fputs("driver CORPUS SECONDS SEED [KEEP]\n", stderr);
        return 2;
    }
    keep = count > 4 ? arguments[4] : NULL;
    state = strtoull(arguments[3], NULL, 10) * 2 + 1;
    (void)signal(SIGPROF, on_alarm);
    __sanitizer_set_death_callback(on_death);
    load(arguments[1]);
    size_t seeds = corpus_size;
    if (seeds == 0) {
        (void)fprintf(stderr, "fuzz: %s holds no input\n", arguments[1]);
        return 2;
    }
    unsigned long long runs = seeds;
    double end = used_s() + strtod(arguments[2], NULL);
    while (used_s() < end) {
        for (int i = 0; i < 256; i++, runs++) {
            const struct input *chosen = &corpus[below(corpus_size)];
            memcpy(current, chosen->at, chosen->n);
            current_size = chosen->n;
            for (size_t changes = 1 + below(MAX_CHANGES); changes > 0; changes--)
                change();
            if (run_current()) {
                char name[32];
                remember();
                (void)snprintf(name, sizeof(name), "%016llx", (unsigned long long)random_number());
                if (keep != NULL)
                    write_input(name);
            }
        }
    }
    size_t all = 0;
    for (size_t i = 0; i < MAP; i++)
        all += known[i];
    (void)printf("%llu runs in %.0f s, %zu edges, %zu inputs of which %zu were there\n", runs, used_s(), all,
                 corpus_size, seeds);
    return 0;
}
