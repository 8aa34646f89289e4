#include "closed.h"

#include "programfile.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Linux 6.3, where vm.memfd_noexec can make files without it unexecutable; an error before. */
#ifndef MFD_EXEC
#define MFD_EXEC 0x10U
#endif
/* https://man7.org/linux/man-pages/man2/F_ADD_SEALS.2const.html */
#ifndef F_ADD_SEALS
#define F_ADD_SEALS 1033
enum { F_SEAL_SEAL = 1, F_SEAL_SHRINK = 2, F_SEAL_GROW = 4, F_SEAL_WRITE = 8 };
#endif

enum {
    UNREADABLE = 0111,
    /* Whoever starts the runtime with standard input closed does not want to find a memory file there. */
    FIRST_NUMBER = 3,
    /* Lambda's variables have 4 KB in all; a shell's environment some hundred. */
    MAX_VARIABLES = 4096,
    /* Of an interpreter: launch.h has fewer for a zygote. */
    MAX_ARGUMENTS = 260,
};

/* The loader of the programs that may become the launcher: it is linked for glibc. */
#if defined(__x86_64__)
static const char LOADER[] = "/lib64/ld-linux-x86-64.so.2";
#elif defined(__aarch64__)
static const char LOADER[] = "/lib/ld-linux-aarch64.so.1";
#else
#error "another architecture: name its loader"
#endif

static const char MEMORY_FILE[] = "/memfd:";
/* Tells the launcher what to load; it takes the variable away. */
static const char LIBPYTHON[] = "_DAYFLY_LIBPYTHON";
static const char LIBRARY_PATH[] = "LD_LIBRARY_PATH";
static const char SWITCHED_OFF[] = "switched off by close_memory";
static const char MAY_TRACE[] = "the function has the right to trace any process (CAP_SYS_PTRACE)";

const char *closed_words(enum closed_way way) {
    static const char *const words[] = {
        [CLOSED_BY_FILE] = "unreadable file",
        [CLOSED_BY_LAUNCHER] = "launcher",
        [CLOSED_BY_LAUNCHER_COPY] = "memory file of the launcher",
        [CLOSED_BY_COPY] = "memory file",
        [CLOSED_BY_PRCTL] = "prctl",
        [CLOSED_NOT] = "open",
    };
    return words[way];
}

void closed_explain(int error, const char *path, struct fault *fault) {
    switch (error) {
    case ENOEXEC:
        (void)fault_set(fault, "%s is not for this machine's processor: build or install for its architecture", path);
        break;
    case EACCES:
        (void)fault_set(fault, "%s may not be executed: its mode was lost, or its file system is mounted noexec", path);
        break;
    case ENOENT:
        (void)fault_set(fault, "%s or the loader it names is missing", path);
        break;
    default:
        (void)fault_set(fault, "%s cannot be executed: %s", path, strerror(error));
    }
}

/* Say whether we may trace every process (CAP_SYS_PTRACE): nothing of this file closes anything then. */
static bool may_trace_all(void) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {{0}};
    if (syscall(SYS_capget, &header, data) < 0)
        return false;
    return (data[0].effective & (UINT32_C(1) << CAP_SYS_PTRACE)) != 0;
}

static bool opens(const char *path) {
    int descriptor = open(path, O_RDWR | O_CLOEXEC);
    if (descriptor < 0)
        return false;
    (void)close(descriptor);
    return true;
}

bool closed_is_open(void) {
    /* What may not open its own cannot be opened by others of its user; the reverse does not hold (Yama, root). */
    if (!opens("/proc/self/mem"))
        return false;
    char path[32];
    (void)snprintf(path, sizeof(path), "/proc/%d/mem", (int)getpid());
    pid_t child = fork();
    if (child == 0)
        _exit(opens(path) ? 1 : 0);
    int status = 0;
    while (child > 0 && waitpid(child, &status, 0) < 0) {
        if (errno != EINTR)
            return true;
    }
    return child < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0;
}

/* Return a sealed memory file, called as `program` is, with the first `size` bytes of `source` that may be executed, not read. */
static int copy_unreadable(int source, uint64_t size, const char *program, struct fault *fault) {
    unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
    char name[32];
    const char *end = strrchr(program, '/');
    bytes_copy(name, sizeof(name), bytes_of(end == NULL ? program : end + 1));
    int memory = (int)syscall(SYS_memfd_create, name, flags | MFD_EXEC);
    if (memory < 0)
        memory = (int)syscall(SYS_memfd_create, name, flags);
    if (memory >= 0 && memory < FIRST_NUMBER) {
        int moved = fcntl(memory, F_DUPFD_CLOEXEC, FIRST_NUMBER);
        (void)close(memory);
        memory = moved;
    }
    if (memory < 0)
        return fault_set(fault, "%s (creating a memory file)", strerror(errno));
    off_t done = 0;
    while ((uint64_t)done < size) {
        ssize_t n = sendfile(memory, source, &done, (size_t)(size - (uint64_t)done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            (void)fault_set(fault, "%s (creating a memory file)", n < 0 ? strerror(errno) : "no more bytes");
            (void)close(memory);
            return -1;
        }
    }
    if (fchmod(memory, UNREADABLE) < 0 ||
        fcntl(memory, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0) {
        (void)fault_set(fault, "%s (creating a memory file)", strerror(errno));
        (void)close(memory);
        return -1;
    }
    return memory;
}

/* Execute the file `path` from a copy in memory that is called as `program` is; returns only where that fails, always -1. */
static int execute_copy(const char *path, const char *program, char *const *arguments, char *const *environ,
                        struct fault *fault) {
    int source = open(path, O_RDONLY | O_CLOEXEC);
    if (source < 0)
        return fault_set(fault, "%s cannot be read: %s", path, strerror(errno));
    struct program_file file;
    struct stat status;
    uint64_t size = 0;
    if (program_file_read(source, &file, NULL) == 0)
        size = file.loaded_bytes;
    else if (fstat(source, &status) == 0)
        size = (uint64_t)status.st_size;
    int memory = copy_unreadable(source, size, program, fault);
    (void)close(source);
    if (memory < 0)
        return -1;
    (void)syscall(SYS_execveat, memory, "", arguments, environ, AT_EMPTY_PATH);
    /* Refused by a filter of system calls, or a kernel without it. */
    char place[32];
    (void)snprintf(place, sizeof(place), "/proc/self/fd/%d", memory);
    (void)execve(place, arguments, environ);
    closed_explain(errno, "a memory file", fault);
    (void)close(memory);
    return -1;
}

/* Execute a program by a copy of its loader, which maps the rest from the program's own file: 0.2 MB instead of 5 to 30,
 * and 3 ms less. What is executed is the copy, so the process is closed all the same. */
static int execute_by_loader(const struct closed *closed, char *const *arguments, char *const *environ, struct fault *fault) {
    const char *passed[MAX_ARGUMENTS + 2] = {arguments[0], closed->program};
    if (closed->loader[0] == '\0')
        return execute_copy(closed->program, closed->program, arguments, environ, fault);
    size_t n = 1;
    for (; arguments[0] != NULL && arguments[n] != NULL; n++) {
        if (n == MAX_ARGUMENTS)
            return fault_set(fault, "the command line has more than %d arguments", MAX_ARGUMENTS);
        passed[n + 1] = arguments[n];
    }
    passed[n + 1] = NULL;
    return execute_copy(closed->loader, closed->program, (char *const *)(uintptr_t)passed, environ, fault);
}

/* Copy the path of this process's program; -1. */
static int own_program(char out[PATH_MAX]) {
    ssize_t n = readlink("/proc/self/exe", out, PATH_MAX - 1);
    if (n <= 0)
        return -1;
    out[n] = '\0';
    return 0;
}

enum closed_way closed_self(char *const *arguments, char *const *environ, bool wants, struct fault *why) {
    char own[PATH_MAX];
    bool is_known = own_program(own) == 0;
    bool is_copy = is_known && strncmp(own, MEMORY_FILE, sizeof(MEMORY_FILE) - 1) == 0;
    if (!wants) {
        (void)fault_set(why, "%s", SWITCHED_OFF);
        return CLOSED_NOT;
    }
    if (!closed_is_open())
        return is_copy ? CLOSED_BY_COPY : CLOSED_BY_FILE;
    if (may_trace_all()) {
        (void)fault_set(why, "%s", MAY_TRACE);
        return CLOSED_NOT;
    }
    /* Not on Lambda, where prctl is refused. It is for root, too, who may read a memory file all the same. */
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 && !closed_is_open())
        return CLOSED_BY_PRCTL;
    if (is_copy || !is_known) {
        (void)fault_set(why, "the kernel permits other processes of the same user to open it");
        return CLOSED_NOT;
    }
    const char *passed[64];
    size_t n = 0;
    for (passed[n++] = own; arguments[n] != NULL && n < COUNT(passed) - 1; n++)
        passed[n] = arguments[n];
    if (arguments[n] != NULL) {
        (void)fault_set(why, "the command has too many words");
        return CLOSED_NOT;
    }
    passed[n] = NULL;
    (void)execute_copy(own, own, (char *const *)(uintptr_t)passed, environ, why);
    return CLOSED_NOT;
}

int closed_place(char *const *arguments, char out[PATH_MAX], struct fault *fault) {
    if (own_program(out) < 0)
        return fault_set(fault, "the place of the supervisor's program is not known: /proc is not there");
    if (strncmp(out, MEMORY_FILE, sizeof(MEMORY_FILE) - 1) == 0)
        bytes_copy(out, PATH_MAX, bytes_of(arguments[0]));
    char *end = strrchr(out, '/');
    if (end == NULL)
        return fault_set(fault, "the place of the supervisor's program is not known: it is called %s", out);
    *end = '\0';
    return 0;
}

/* Find a program as execvp does; -1. */
static int find_program(const char *name, char out[PATH_MAX]) {
    if (strchr(name, '/') != NULL)
        return snprintf(out, PATH_MAX, "%s", name) < PATH_MAX && access(out, X_OK) == 0 ? 0 : -1;
    const char *path = getenv("PATH");
    for (const char *at = path == NULL ? "/usr/bin:/bin" : path;; at++) {
        int n = (int)strcspn(at, ":");
        if (snprintf(out, PATH_MAX, "%.*s%s%s", n, at, n > 0 ? "/" : "./", name) < PATH_MAX && access(out, X_OK) == 0)
            return 0;
        at += n;
        if (*at == '\0')
            return -1;
    }
}

/* Write the folders of a search path that name $ORIGIN, resolved for the program at `path`; others are left out. */
static void resolve_origin(const char *search_path, const char *path, char out[PATH_MAX]) {
    static const char *const origins[] = {"$ORIGIN", "${ORIGIN}"};
    char folder[PATH_MAX];
    out[0] = '\0';
    if (realpath(path, folder) == NULL || strrchr(folder, '/') == NULL)
        return;
    *strrchr(folder, '/') = '\0';
    struct buffer found = {(uint8_t *)out, 0, PATH_MAX};
    for (const char *at = search_path; *at != '\0';) {
        int n = (int)strcspn(at, ":");
        for (size_t i = 0; i < COUNT(origins); i++) {
            int skipped = (int)strlen(origins[i]);
            if (n >= skipped && strncmp(at, origins[i], (size_t)skipped) == 0)
                (void)buffer_print(&found, "%s%s%.*s", found.n > 0 ? ":" : "", folder, n - skipped, at + skipped);
        }
        at += n + (at[n] == ':');
    }
}

/* Say whether one of the folders of `path` (with colons) holds the file `name`; its place into `out`. */
static bool lies_in(const char *path, const char *name, char out[PATH_MAX]) {
    for (const char *at = path; *at != '\0';) {
        int n = (int)strcspn(at, ":");
        if (n > 0 && snprintf(out, PATH_MAX, "%.*s/%s", n, at, name) < PATH_MAX && access(out, R_OK) == 0)
            return true;
        at += n + (at[n] == ':');
    }
    return false;
}

/* Name what the launcher must load to load what the program would: the same library, found in the same order. */
static void name_libpython(struct closed *closed, const struct program_file *file) {
    char found[PATH_MAX];
    const char *given = getenv(LIBRARY_PATH);
    const char *loaded = file->libpython;
    bool is_given = !file->is_first && given != NULL && lies_in(given, loaded, found);
    /* Only the program's own search path needs help: the loader applies the rest to the launcher as well. */
    if (strchr(loaded, '/') == NULL && !is_given &&
        (lies_in(closed->libraries, loaded, found) || lies_in(file->search_path, loaded, found)))
        loaded = found;
    bytes_copy(closed->libpython, sizeof(closed->libpython), bytes_of(loaded));
}

/* Say whether executing a file closes memory: its user may not read it, nor give himself the right. */
static bool is_unreadable(const char *path) {
    struct stat status;
    return stat(path, &status) == 0 && status.st_uid != geteuid() && access(path, X_OK) == 0 &&
           access(path, R_OK) < 0 && errno == EACCES;
}

int closed_find(struct closed *closed, const char *name, const char *place, bool wants, struct fault *fault) {
    memset(closed, 0, sizeof(*closed));
    if (find_program(name, closed->program) < 0) {
        int error = errno;
        closed_explain(error == 0 ? ENOENT : error, name, fault);
        return -1;
    }
    closed->way = CLOSED_NOT;
    if (!wants || may_trace_all()) {
        bytes_copy(closed->why, sizeof(closed->why), bytes_of(wants ? MAY_TRACE : SWITCHED_OFF));
        return 0;
    }
    if (is_unreadable(closed->program)) {
        closed->way = CLOSED_BY_FILE;
        return 0;
    }
    struct program_file file;
    struct fault found = {""};
    int source = open(closed->program, O_RDONLY | O_CLOEXEC);
    int read = source < 0 ? fault_set(&found, "it cannot be read") : program_file_read(source, &file, &found);
    if (source >= 0)
        (void)close(source);
    if (read < 0) {
        /* A script, say, that starts an interpreter which is not known from here. */
        (void)snprintf(closed->why, sizeof(closed->why), "%.80s: %.70s", closed->program, found.text);
        return 0;
    }
    closed->way = CLOSED_BY_COPY;
    memcpy(closed->loader, file.loader, sizeof(closed->loader));
    resolve_origin(file.search_path, closed->program, closed->libraries);
    if (file.libpython[0] == '\0')
        return 0;
    name_libpython(closed, &file);
    if (snprintf(closed->launcher, sizeof(closed->launcher), "%s/launcher", place) >= PATH_MAX ||
        access(closed->launcher, X_OK) < 0) {
        (void)snprintf(closed->why, sizeof(closed->why), "%.120s may not be executed", closed->launcher);
        closed->launcher[0] = '\0';
    } else if (strcmp(file.loader, LOADER) != 0) {
        (void)snprintf(closed->why, sizeof(closed->why), "the launcher is not for the loader %s", file.loader);
    } else {
        closed->way = is_unreadable(closed->launcher) ? CLOSED_BY_LAUNCHER : CLOSED_BY_LAUNCHER_COPY;
    }
    return 0;
}

bool closed_next(struct closed *closed, const char *why) {
    static const enum closed_way next[] = {
        [CLOSED_BY_FILE] = CLOSED_NOT,         [CLOSED_BY_LAUNCHER] = CLOSED_BY_COPY,
        [CLOSED_BY_LAUNCHER_COPY] = CLOSED_BY_COPY, [CLOSED_BY_COPY] = CLOSED_NOT,
        [CLOSED_BY_PRCTL] = CLOSED_NOT,
    };
    if (closed->way == CLOSED_NOT)
        return false;
    bytes_copy(closed->why, sizeof(closed->why), bytes_of(why));
    closed->way = next[closed->way];
    return true;
}

/* Copy the variables but those named, and return how many; -1 where there are too many. */
static int copy_variables(char *const *environ, const char *but, const char **out) {
    size_t n = 0;
    size_t length = strlen(but);
    for (; *environ != NULL; environ++) {
        if (strncmp(*environ, but, length) == 0 && (*environ)[length] == '=')
            continue;
        if (n == MAX_VARIABLES)
            return -1;
        out[n++] = *environ;
    }
    return (int)n;
}

int closed_exec(const struct closed *closed, char *const *arguments, char *const *environ, struct fault *fault) {
    const char *passed[MAX_VARIABLES + 2];
    char more[2 * PATH_MAX];
    bool has_libraries = closed->way == CLOSED_BY_COPY && closed->libraries[0] != '\0';
    int n = copy_variables(environ, has_libraries ? LIBRARY_PATH : LIBPYTHON, passed);
    if (n < 0)
        return fault_set(fault, "there are more than %d variables", MAX_VARIABLES);
    if (closed->way == CLOSED_BY_LAUNCHER || closed->way == CLOSED_BY_LAUNCHER_COPY) {
        /* Before the path: what the launcher lets nobody connect to. */
        const char *platform = getenv("AWS_LAMBDA_RUNTIME_API");
        (void)snprintf(more, sizeof(more), "%s=%.64s %s", LIBPYTHON, platform == NULL ? "" : platform, closed->libpython);
        passed[n++] = more;
    } else if (has_libraries) {
        const char *given = getenv(LIBRARY_PATH);
        /* Last: what else is loaded by name is looked for where it was before. */
        int size = snprintf(more, sizeof(more), "%s=%s%s%s", LIBRARY_PATH, given != NULL ? given : "",
                            given != NULL && given[0] != '\0' ? ":" : "", closed->libraries);
        if (size >= (int)sizeof(more))
            return fault_set(fault, "%s is too long", LIBRARY_PATH);
        passed[n++] = more;
    }
    passed[n] = NULL;
    char *const *variables = (char *const *)(uintptr_t)passed;
    switch (closed->way) {
    case CLOSED_BY_LAUNCHER_COPY:
        return execute_copy(closed->launcher, closed->launcher, arguments, variables, fault);
    case CLOSED_BY_COPY:
        return execute_by_loader(closed, arguments, variables, fault);
    case CLOSED_BY_LAUNCHER:
        (void)execve(closed->launcher, arguments, variables);
        closed_explain(errno, closed->launcher, fault);
        return -1;
    case CLOSED_BY_FILE:
    case CLOSED_BY_PRCTL:
    case CLOSED_NOT:
        break;
    }
    (void)execve(closed->program, arguments, variables);
    closed_explain(errno, closed->program, fault);
    return -1;
}
