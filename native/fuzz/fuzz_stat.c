/* The reader of /proc/PID/stat: the command in it is anybody's. */
#include "procfs.h"

#include <stdlib.h>

int fuzz_one(const uint8_t *data, size_t size);

int fuzz_one(const uint8_t *data, size_t size) {
    struct proc_stat stat;
    if (procfs_parse_stat((const char *)data, size, &stat) && (stat.parent < 0 || stat.threads < 0))
        abort();
    return 0;
}
