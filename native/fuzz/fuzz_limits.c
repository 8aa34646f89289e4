/* The reader of /proc/PID/limits. */
#include "pairs.h"

#include <stdlib.h>

int fuzz_one(const uint8_t *data, size_t size);

int fuzz_one(const uint8_t *data, size_t size) {
    const struct pairs pairs = {true, 77};
    uint64_t locks, rss, of_locks, of_rss;
    uint32_t number = 0;
    if (!pairs_parse((const char *)data, size, &locks, &rss))
        return 0;
    if (pairs_judge(&pairs, locks, rss, &number) != PAIR_WORKER)
        return 0;
    /* Whoever is named has exactly that pair. */
    pairs_name(&pairs, number, &of_locks, &of_rss);
    if (of_locks != locks || of_rss != rss)
        abort();
    return 0;
}
