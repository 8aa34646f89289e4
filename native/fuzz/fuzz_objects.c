/* The reader of /proc/sysvipc. */
#include "kernel.h"

int fuzz_one(const uint8_t *data, size_t size);

int fuzz_one(const uint8_t *data, size_t size) {
    char line[PROCFS_LINE_BYTES];
    int identifier;
    unsigned long uid, creator;
    bytes_copy(line, sizeof(line), (struct bytes){data, size});
    for (enum object_kind kind = 0; kind < OBJECT_KINDS; kind++)
        (void)kernel_parse_object(kind, line, &identifier, &uid, &creator);
    return 0;
}
