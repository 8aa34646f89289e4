/* Reads /proc; see procfs.h. */
#include "procfs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* task_struct flag (include/linux/sched.h): set before a thread's teardown begins, and from then on it runs
 * no user code. It comes 25 us after SIGKILL, the teardown of a large process milliseconds later, so this,
 * and not waitpid, says when a process is dead. */
#define PF_EXITING 0x4u
/* Places in /proc/PID/stat behind the command, counted from the state (3 in proc_pid_stat(5)). */
#define FIELD_PARENT 1
#define FIELD_GROUP 2
#define FIELD_SESSION 3
#define FIELD_FLAGS 6
#define FIELD_CMINFLT 8
#define FIELD_THREADS 17
#define FIELD_STARTED 19
#define FIELD_PENDING 28
/* The threads of a large process that is dead go one by one. */
#define MANY_LOOKS 64
/* A thread that takes a signal only looks as if it ran. */
#define FEW_LOOKS 16
/* Threads in one read of task/. */
#define TASK_LIST_BYTES 4096
#define MANY_THREADS 1000000

int procfs_open(struct procfs *procfs, struct fault *fault) {
    procfs->at = procfs->end = 0;
    procfs->root = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (procfs->root < 0)
        return fault_set(fault, "/proc cannot be opened: %s", strerror(errno));
    procfs->loadavg = openat(procfs->root, "loadavg", O_RDONLY | O_CLOEXEC);
    return 0;
}

/* Return the number that `name` is, 0 for any other name; numbers of processes have ten digits at most. */
static pid_t number_of(const char *name) {
    long value = 0;
    if (*name == '\0')
        return 0;
    for (const char *at = name; *at != '\0'; at++) {
        if (*at < '0' || *at > '9' || at - name > 9)
            return 0;
        value = value * 10 + (*at - '0');
    }
    return value > INT32_MAX ? 0 : (pid_t)value;
}

/* Take the next number of a directory that is listed through `list`; 0 at the end, -1 where it cannot be
 * read. */
static pid_t next_number(int descriptor, uint8_t *list, size_t size, size_t *at, size_t *end) {
    for (;;) {
        if (*at >= *end) {
            long n = syscall(SYS_getdents64, descriptor, list, size);
            if (n < 0)
                return -1;
            *at = 0;
            *end = (size_t)n;
            if (n == 0)
                return 0;
        }
        const struct entry64 *entry = (const struct entry64 *)(const void *)(list + *at);
        *at += entry->length;
        pid_t number = number_of(entry->name);
        if (number > 0)
            return number;
    }
}

int procfs_rewind(struct procfs *procfs) {
    procfs->at = procfs->end = 0;
    return lseek(procfs->root, 0, SEEK_SET) == 0 ? 0 : -1;
}

pid_t procfs_next(struct procfs *procfs) {
    return next_number(procfs->root, procfs->list, sizeof(procfs->list), &procfs->at, &procfs->end);
}

bool procfs_is_gone(int error) { return error == ENOENT || error == ESRCH; }

ssize_t procfs_read(const struct procfs *procfs, const char *path, char *out, size_t size) {
    int descriptor = openat(procfs->root, path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return -1;
    ssize_t n;
    do
        n = read(descriptor, out, size - 1);
    while (n < 0 && errno == EINTR);
    int error = errno;
    (void)close(descriptor);
    errno = error;
    if (n >= 0)
        out[n] = '\0';
    return n;
}

int procfs_each_line(const struct procfs *procfs, const char *path, size_t limit,
                     void (*act)(void *context, const char *line), void *context) {
    int descriptor = openat(procfs->root, path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return -1;
    char text[8 * PROCFS_LINE_BYTES];
    size_t n = 0;
    int error = 0;
    for (size_t taken = 0;;) {
        ssize_t more = read(descriptor, text + n, sizeof(text) - 1 - n);
        if (more < 0 && errno == EINTR)
            continue;
        if (more < 0)
            error = errno;
        else if (more > 0 && taken >= limit)
            error = EFBIG;
        if (more <= 0 || error != 0)
            break;
        taken += (size_t)more;
        n += (size_t)more;
        text[n] = '\0';
        char *line = text;
        for (char *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
            *end = '\0';
            if (end - line < PROCFS_LINE_BYTES)
                act(context, line);
        }
        n = (size_t)(text + n - line);
        memmove(text, line, n);
        if (n == sizeof(text) - 1)
            n = 0;
    }
    (void)close(descriptor);
    errno = error;
    return error == 0 ? 0 : -1;
}

/* Parse an unsigned decimal number that ends at a space, a line feed or the end; false for anything else. A
 * minus sign is skipped: the fields that may have one are not used. */
static bool parse_field(const char **at, const char *end, unsigned long long *out) {
    unsigned long long value = 0;
    const char *begin;
    if (*at < end && **at == '-')
        ++*at;
    for (begin = *at; *at < end && **at >= '0' && **at <= '9'; ++*at)
        value = value * 10 + (unsigned long long)(**at - '0');
    if (*at == begin || *at - begin > 20)
        return false;
    while (*at < end && (**at == ' ' || **at == '\n'))
        ++*at;
    *out = value;
    return true;
}

bool procfs_parse_stat(const char *text, size_t n, struct proc_stat *out) {
    /* The command may hold anything, spaces, parentheses and line feeds too: the fields begin after the last
     * one. */
    const char *at = memrchr(text, ')', n);
    const char *end = text + n;
    if (at == NULL || end - at < 4)
        return false;
    memset(out, 0, sizeof(*out));
    out->state = at[2];
    at += 4;
    unsigned long long flags = 0;
    int field;
    for (field = 1; at < end; field++) {
        unsigned long long value;
        if (!parse_field(&at, end, &value))
            break;
        switch (field) {
        case FIELD_PARENT:
            out->parent = (pid_t)(value & INT32_MAX);
            break;
        case FIELD_GROUP:
            out->group = (pid_t)(value & INT32_MAX);
            break;
        case FIELD_SESSION:
            out->session = (pid_t)(value & INT32_MAX);
            break;
        case FIELD_FLAGS:
            flags = value;
            break;
        case FIELD_CMINFLT:
            out->has_buried = value != 0;
            break;
        case FIELD_THREADS:
            out->threads = (long)(value & INT32_MAX);
            break;
        case FIELD_STARTED:
            out->started = value;
            break;
        case FIELD_PENDING:
            out->is_killed = (value >> (SIGKILL - 1) & 1) != 0;
            break;
        default:
            break;
        }
    }
    out->is_exiting = (flags & PF_EXITING) != 0 || out->state == 'Z' || out->state == 'X';
    return field > FIELD_STARTED;
}

static int read_stat(const struct procfs *procfs, const char *path, pid_t pid, struct proc_stat *out) {
    char text[PROCFS_RECORD_BYTES];
    ssize_t n = procfs_read(procfs, path, text, sizeof(text));
    if (n < 0)
        return procfs_is_gone(errno) ? 0 : -1;
    if (!procfs_parse_stat(text, (size_t)n, out))
        return 0;
    out->pid = pid;
    return 1;
}

int procfs_stat(const struct procfs *procfs, pid_t pid, struct proc_stat *out) {
    char path[32];
    (void)snprintf(path, sizeof(path), "%d/stat", (int)pid);
    return read_stat(procfs, path, pid, out);
}

static int thread_stat(const struct procfs *procfs, pid_t pid, pid_t thread, struct proc_stat *out) {
    char path[64];
    (void)snprintf(path, sizeof(path), "%d/task/%d/stat", (int)pid, (int)thread);
    return read_stat(procfs, path, thread, out);
}

/* Read /proc/PID/status into `text`, and let `at` be what follows `name` there: 1, 0 without it, -1 where we cannot look. */
static int read_status(const struct procfs *procfs, pid_t pid, const char *name, char *text, size_t most,
                       const char **at) {
    char path[32];
    (void)snprintf(path, sizeof(path), "%d/status", (int)pid);
    ssize_t n = procfs_read(procfs, path, text, most - 1);
    if (n < 0)
        return procfs_is_gone(errno) ? 0 : -1;
    text[n] = '\0';
    /* A command name has its line feeds escaped here. */
    *at = strstr(text, name);
    if (*at == NULL)
        return 0;
    *at += strlen(name);
    return 1;
}

int procfs_is_thread(const struct procfs *procfs, pid_t pid) {
    char text[PROCFS_RECORD_BYTES];
    const char *at;
    int found = read_status(procfs, pid, "\nTgid:", text, sizeof(text), &at);
    return found == 1 ? strtol(at, NULL, 10) != pid : found;
}

int procfs_belongs(const struct procfs *procfs, pid_t pid, uid_t uid) {
    char path[32];
    struct stat status;
    (void)snprintf(path, sizeof(path), "%d", (int)pid);
    /* The owner of the directory is the effective user even of an undumpable process (task_dump_owner in
     * fs/proc/base.c): that decides the ordinary cases. */
    if (fstatat(procfs->root, path, &status, 0) != 0)
        return procfs_is_gone(errno) ? 0 : -1;
    if (status.st_uid == uid)
        return 1;
    char text[PROCFS_RECORD_BYTES];
    const char *at;
    int found = read_status(procfs, pid, "\nUid:", text, sizeof(text), &at);
    if (found <= 0)
        return found;
    for (int i = 0; i < 4; i++) {
        char *end;
        unsigned long one = strtoul(at, &end, 10);
        if (end == at)
            break;
        if (one == uid)
            return 1;
        at = end;
    }
    return 0;
}

int procfs_each_thread(const struct procfs *procfs, pid_t pid, int (*act)(void *context, pid_t thread),
                       void *context) {
    char path[32];
    _Alignas(8) uint8_t list[TASK_LIST_BYTES];
    size_t at = 0, end = 0;
    (void)snprintf(path, sizeof(path), "%d/task", (int)pid);
    int descriptor = openat(procfs->root, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0)
        return procfs_is_gone(errno) ? 0 : -1;
    int result = 0;
    for (long i = 0; i < MANY_THREADS && result == 0; i++) {
        pid_t thread = next_number(descriptor, list, sizeof(list), &at, &end);
        if (thread <= 0) {
            if (thread < 0 && !procfs_is_gone(errno))
                result = -1;
            break;
        }
        result = act(context, thread);
    }
    (void)close(descriptor);
    return result;
}

/* What the threads of a process were seen to be. */
struct threads {
    const struct procfs *procfs;
    pid_t pid;
    bool is_vanished; /* one ended between the listing and its stat */
    bool may_run;     /* one has not begun to end */
    bool is_running;  /* one of those, not killed, runs */
    bool is_unkilled; /* one of those is not killed */
    bool is_unstopped;
};

static int look_at_thread(void *context, pid_t thread) {
    struct threads *threads = context;
    struct proc_stat stat;
    int found = thread_stat(threads->procfs, threads->pid, thread, &stat);
    if (found < 0)
        return -1;
    if (found == 0) {
        threads->is_vanished = true;
        return 0;
    }
    if (stat.is_exiting)
        return 0;
    threads->may_run = true;
    threads->is_unstopped |= stat.state != 'T';
    if (!stat.is_killed) {
        threads->is_unkilled = true;
        threads->is_running |= stat.state == 'R';
    }
    return 0;
}

static int look_at_threads(const struct procfs *procfs, pid_t pid, struct threads *threads) {
    memset(threads, 0, sizeof(*threads));
    threads->procfs = procfs;
    threads->pid = pid;
    return procfs_each_thread(procfs, pid, look_at_thread, threads);
}

int procfs_is_dead_by(const struct procfs *procfs, pid_t pid, const struct proc_stat *seen) {
    struct proc_stat stat = *seen;
    for (int look = 0; look < MANY_LOOKS; look++) {
        if (!stat.is_exiting)
            return 0;
        /* Alone, it was the last. A leader that ended while a thread goes on shows as a zombie among several;
         * one whose number a thread takes that executes a program counts none for a moment. */
        if (stat.threads == 1)
            return 1;
        struct threads threads;
        if (look_at_threads(procfs, pid, &threads) < 0)
            return -1;
        if (threads.may_run)
            return 0;
        if (!threads.is_vanished && stat.threads != 0)
            return 1;
        int found = procfs_stat(procfs, pid, &stat);
        if (found <= 0)
            return found < 0 ? -1 : 1;
    }
    return 0;
}

int procfs_is_dead(const struct procfs *procfs, pid_t pid) {
    struct proc_stat stat;
    int found = procfs_stat(procfs, pid, &stat);
    return found > 0 ? procfs_is_dead_by(procfs, pid, &stat) : found < 0 ? -1 : 1;
}

int procfs_is_dying(const struct procfs *procfs, pid_t pid) {
    for (int look = 0; look < FEW_LOOKS; look++) {
        struct threads threads;
        if (look_at_threads(procfs, pid, &threads) < 0)
            return -1;
        /* A SIGKILL is pending for each thread (complete_signal in kernel/signal.c). Between taking it and
         * beginning to end a thread only looks as if it ran. */
        if (!threads.is_running)
            return !threads.is_unkilled;
        (void)sched_yield();
    }
    return 0;
}

int procfs_is_stopped(const struct procfs *procfs, pid_t pid) {
    struct threads threads;
    if (look_at_threads(procfs, pid, &threads) < 0)
        return -1;
    return !threads.is_unstopped;
}

long procfs_threads(const struct procfs *procfs, pid_t pid) {
    struct proc_stat stat;
    int found = procfs_stat(procfs, pid, &stat);
    return found <= 0 ? found : stat.threads;
}

/* Take field `number` of /proc/loadavg, from 0; false where it does not tell. */
static bool read_load(const struct procfs *procfs, int number, long *out) {
    char text[128];
    ssize_t n = procfs->loadavg < 0 ? -1 : pread(procfs->loadavg, text, sizeof(text) - 1, 0);
    if (n <= 0)
        return false;
    text[n] = '\0';
    char *at = text;
    for (int i = 0; i < number; i++) {
        at = strchr(at, ' ');
        if (at == NULL)
            return false;
        at++;
    }
    char *end;
    *out = strtol(at, &end, 10);
    return end != at;
}

long procfs_last_pid(const struct procfs *procfs) {
    long value;
    return read_load(procfs, 4, &value) ? value : -1;
}

long procfs_runnable(const struct procfs *procfs) {
    long value;
    return read_load(procfs, 3, &value) ? value : 0;
}

long procfs_pid_max(const struct procfs *procfs) {
    char text[32];
    if (procfs_read(procfs, "sys/kernel/pid_max", text, sizeof(text)) <= 0)
        return 4194304;
    long value = strtol(text, NULL, 10);
    return value > 0 ? value : 4194304;
}

size_t procfs_ancestors(const struct procfs *procfs, pid_t pid, pid_t *out, size_t max) {
    size_t n = 0;
    struct proc_stat stat;
    while (n < max && procfs_stat(procfs, pid, &stat) == 1 && stat.parent > 0) {
        pid = stat.parent;
        out[n++] = pid;
    }
    return n;
}

int procfs_holds(const struct procfs *procfs, pid_t pid, const uint64_t *inodes, size_t n, bool *held) {
    char path[32];
    _Alignas(8) uint8_t list[TASK_LIST_BYTES];
    (void)snprintf(path, sizeof(path), "%d/fd", (int)pid);
    int descriptor = openat(procfs->root, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0)
        return procfs_is_gone(errno) ? 0 : -1;
    int result = 0;
    for (;;) {
        long taken = syscall(SYS_getdents64, descriptor, list, sizeof(list));
        if (taken <= 0) {
            result = taken < 0 && !procfs_is_gone(errno) ? -1 : result;
            break;
        }
        for (long at = 0; at < taken;) {
            const struct entry64 *entry = (const struct entry64 *)(const void *)(list + at);
            at += entry->length;
            char target[64];
            ssize_t length = readlinkat(descriptor, entry->name, target, sizeof(target) - 1);
            if (length < 0) {
                /* "." and ".." are no links. */
                if (!procfs_is_gone(errno) && errno != EINVAL)
                    result = -1;
                continue;
            }
            target[length] = '\0';
            if (strncmp(target, "socket:[", 8) != 0)
                continue;
            uint64_t inode = strtoull(target + 8, NULL, 10);
            for (size_t i = 0; i < n; i++)
                held[i] |= inodes[i] == inode;
        }
    }
    (void)close(descriptor);
    return result;
}
