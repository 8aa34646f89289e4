/* The readers of files below /proc, as a whole: commands, names and descriptors in them are anybody's. The first byte chooses
 * what the rest is; each file of a process has the same text. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../supervisor/extensions.c"
#include "../supervisor/worker.c"
#include "kernel.h"
#include "sockets.h"

int fuzz_one(const uint8_t *data, size_t size);

/* A number that no process has: limits are then read from its file. */
#define PID 2000000000
#define FOLDER_OF_PID "2000000000"

static char place[] = "/tmp/fuzz-procfs-XXXXXX";
static const char *const folders[] = {FOLDER_OF_PID, FOLDER_OF_PID "/task", FOLDER_OF_PID "/task/7",
                                      FOLDER_OF_PID "/fd", "net", "sysvipc", "sys", "sys/kernel"};
static const char *const files[] = {
    FOLDER_OF_PID "/stat",    FOLDER_OF_PID "/status",        FOLDER_OF_PID "/limits",
    FOLDER_OF_PID "/cmdline", FOLDER_OF_PID "/task/7/status", FOLDER_OF_PID "/task/7/stat",
    "loadavg",                "net/tcp",                      "net/snmp",
    "sysvipc/shm",            "sysvipc/msg",                  "sysvipc/sem",
    "sys/kernel/pid_max",     "net/tcp6",
};

static void write_file(int root, const char *path, struct bytes text) {
    int file = openat(root, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0 || (text.n > 0 && write(file, text.at, text.n) != (ssize_t)text.n))
        abort();
    (void)close(file);
}

static void end(void) {
    int top = open(place, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (size_t i = 0; i < COUNT(files); i++)
        (void)unlinkat(top, files[i], 0);
    for (size_t i = COUNT(folders); i-- > 0;)
        (void)unlinkat(top, folders[i], AT_REMOVEDIR);
    (void)close(top);
    (void)rmdir(place);
}

static int begin(void) {
    if (mkdtemp(place) == NULL || atexit(end) != 0)
        return -1;
    int root = open(place, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (size_t i = 0; i < COUNT(folders); i++)
        if (mkdirat(root, folders[i], 0700) != 0)
            abort();
    for (size_t i = 0; i < COUNT(files); i++)
        write_file(root, files[i], (struct bytes){NULL, 0});
    return root;
}

static int take_thread(void *context, pid_t thread) {
    (void)context;
    return thread == 7 ? 0 : 1;
}

int fuzz_one(const uint8_t *data, size_t size) {
    static struct procfs procfs = {.root = -1};
    static struct sockets sockets;
    static struct kernel kernel;
    struct pairs pairs = {.is_on = true, .environment = 77};
    struct worker worker = {.pid = PID, .pidfd = -1, .channel = -1};
    struct names names = {.at = {"one"}, .n = 1};
    struct proc_stat stat;
    uint32_t number;
    uint64_t inodes[] = {7};
    bool held[] = {false};
    pid_t above[PROCFS_MANY_ANCESTORS];
    if (procfs.root < 0) {
        procfs.root = begin();
        if (procfs.root < 0)
            return 1;
        procfs.loadavg = openat(procfs.root, "loadavg", O_RDONLY | O_CLOEXEC);
        const struct endpoint server = endpoint_of((const uint8_t[]){127, 0, 0, 1}, 9001);
        sockets_begin(&sockets, &procfs, &server, 1);
        sockets_end(&sockets);
        sockets.by_proc = true;
        sockets.counters = openat(procfs.root, "net/snmp", O_RDONLY | O_CLOEXEC);
        kernel.procfs = &procfs;
        kernel.uid = geteuid() + 1;
    }
    if (size < 1)
        return 0;
    const char *file = files[data[0] % COUNT(files)];
    write_file(procfs.root, file, (struct bytes){data + 1, size - 1});
    if (strcmp(file, FOLDER_OF_PID "/cmdline") == 0) {
        (void)names_extension(&procfs, PID, &names);
    } else if (strchr(file, '/') != NULL && file[0] == '2') {
        if (procfs_stat(&procfs, PID, &stat) == 1 && (stat.parent < 0 || stat.threads < 0))
            abort();
        (void)procfs_belongs(&procfs, PID, geteuid() + 1);
        (void)procfs_is_dead(&procfs, PID);
        (void)procfs_is_dying(&procfs, PID);
        (void)procfs_is_stopped(&procfs, PID);
        (void)procfs_threads(&procfs, PID);
        (void)procfs_each_thread(&procfs, PID, take_thread, NULL);
        (void)procfs_holds(&procfs, PID, inodes, 1, held);
        (void)procfs_ancestors(&procfs, PID, above, COUNT(above));
        (void)pairs_read(&pairs, &procfs, PID, &number);
        (void)may_have_pending_stop(&procfs, PID);
        (void)worker_is_running(&worker, &procfs);
    } else {
        (void)procfs_last_pid(&procfs);
        (void)procfs_runnable(&procfs);
        if (procfs_pid_max(&procfs) <= 0)
            abort();
        (void)sockets_begun(&sockets);
        if (sockets_read(&sockets) && sockets.n_rows > SOCKETS_MANY)
            abort();
        (void)kernel_made_by_init(&kernel);
    }
    write_file(procfs.root, file, (struct bytes){NULL, 0});
    return 0;
}
