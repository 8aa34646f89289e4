/* The kernel's list of bound sockets: the paths in it are anybody's. */
#include "../supervisor/held.c"

#include <stdlib.h>

int fuzz_one(const uint8_t *data, size_t size);

int fuzz_one(const uint8_t *data, size_t size) {
    static char line[4096 + 1];
    bytes_copy(line, sizeof(line), (struct bytes){data, size});
    struct bound bound = {"/tmp/agent.sock", false};
    see_socket(&bound, line);
    /* Only a whole path behind a space, at the end of the line, is one. */
    static const char wanted[] = " /tmp/agent.sock";
    size_t n = strlen(line);
    bool ends = n >= sizeof(wanted) - 1 && strcmp(line + n - (sizeof(wanted) - 1), wanted) == 0;
    if (bound.is_found && !ends)
        abort();
    return 0;
}
