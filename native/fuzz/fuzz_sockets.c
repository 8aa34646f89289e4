/* The readers of the kernel's table of connections: a line of /proc/net/tcp, or a message of netlink. */
#include "sockets.h"

int fuzz_one(const uint8_t *data, size_t size);

int fuzz_one(const uint8_t *data, size_t size) {
    struct connection row;
    char line[PROCFS_LINE_BYTES];
    bytes_copy(line, sizeof(line), (struct bytes){data, size});
    (void)sockets_parse(line, &row);
    (void)sockets_unpack(data, size, &row);
    return 0;
}
