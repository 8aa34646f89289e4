/* The reader of /proc/self/mountinfo: paths in it are anybody's who mounts. */
#include "../supervisor/mounts.c"

#include <stdlib.h>

int fuzz_one(const uint8_t *data, size_t size);

int fuzz_one(const uint8_t *data, size_t size) {
    static char line[MOUNT_LINE];
    struct mount mount;
    struct mount_point best = {.root = ""};
    struct search search = {"/tmp", &best};
    bytes_copy(line, sizeof(line), (struct bytes){data, size});
    if (!parse_mount(line, &mount))
        return 0;
    if (strlen(mount.root) >= sizeof(line) || strlen(mount.point) >= sizeof(line))
        abort();
    (void)mounts_is_pseudo(&mount);
    see_holder(&search, &mount);
    return 0;
}
