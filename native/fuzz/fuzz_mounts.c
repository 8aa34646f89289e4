/* The reader of /proc/self/mountinfo: paths in it are anybody's who mounts. */
#include "../supervisor/host.c"

int fuzz_one(const uint8_t *data, size_t size);

int fuzz_one(const uint8_t *data, size_t size) {
    static char line[MOUNT_LINE];
    struct mount mount;
    struct holder best = {.path = "/tmp"};
    bytes_copy(line, sizeof(line), (struct bytes){data, size});
    if (!parse_mount(line, &mount))
        return 0;
    if (strlen(mount.root) >= sizeof(line) || strlen(mount.point) >= sizeof(line))
        abort();
    (void)is_pseudo(&mount);
    see_holder(&best, &mount);
    return 0;
}
