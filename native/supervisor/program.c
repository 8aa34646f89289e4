#include "program.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Linux 6.3, where vm.memfd_noexec can make files without it unexecutable; an error before. */
#ifndef MFD_EXEC
#define MFD_EXEC 0x10U
#endif

enum {
    /* A header table is a few hundred bytes; what claims to be larger is not read. */
    MAX_TABLE = 65536,
    MAX_SEGMENTS = 64,
    /* Names of libraries and symbols, and search paths. */
    MAX_STRINGS = 1 << 22,
    /* Whoever starts the runtime with standard input closed does not want to find a file of ours there. */
    FIRST_NUMBER = 3,
    UNREADABLE = 0111,
    STRINGS_AT_ONCE = 4096,
};

static bool read_at(int source, void *out, size_t n, uint64_t offset) {
    return offset < (UINT64_C(1) << 62) && pread(source, out, n, (off_t)offset) == (ssize_t)n;
}

/* Look for "ORIGIN" in `n` bytes of the file from `offset` on. */
static bool holds_origin(int source, uint64_t offset, uint64_t n) {
    static const char wanted[] = "ORIGIN";
    const size_t overlap = sizeof(wanted) - 2;
    char piece[STRINGS_AT_ONCE];
    for (uint64_t at = 0; at < n && at < MAX_STRINGS;) {
        size_t want = n - at < sizeof(piece) ? (size_t)(n - at) : sizeof(piece);
        ssize_t got = pread(source, piece, want, (off_t)(offset + at));
        if (got <= (ssize_t)overlap)
            return false;
        if (memmem(piece, (size_t)got, wanted, sizeof(wanted) - 1) != NULL)
            return true;
        at += (uint64_t)got - overlap;
        if ((size_t)got < want || want < sizeof(piece))
            return false;
    }
    return false;
}

static bool seeks_beside_itself(int source, const Elf64_Phdr *segments, size_t n) {
    uint64_t strings = 0;
    uint64_t strings_bytes = 0;
    for (size_t i = 0; i < n; i++) {
        if (segments[i].p_type != PT_DYNAMIC)
            continue;
        uint64_t count = segments[i].p_filesz / sizeof(Elf64_Dyn);
        for (uint64_t at = 0; at < count && at < MAX_TABLE / sizeof(Elf64_Dyn); at++) {
            Elf64_Dyn entry;
            if (!read_at(source, &entry, sizeof(entry), segments[i].p_offset + at * sizeof(entry)))
                break;
            if (entry.d_tag == DT_STRTAB)
                strings = entry.d_un.d_ptr;
            else if (entry.d_tag == DT_STRSZ)
                strings_bytes = entry.d_un.d_val;
        }
    }
    for (size_t i = 0; i < n && strings != 0; i++) {
        const Elf64_Phdr *segment = &segments[i];
        if (segment->p_type == PT_LOAD && strings >= segment->p_vaddr &&
            strings - segment->p_vaddr < segment->p_filesz)
            return holds_origin(source, segment->p_offset + (strings - segment->p_vaddr), strings_bytes);
    }
    return false;
}

/* Read from the ELF file how much is loaded; the whole where it is no ELF file of 64 bits, little-endian. */
static int read_elf(struct program *program, struct fault *fault) {
    struct stat facts;
    if (fstat(program->source, &facts) != 0)
        return fault_set(fault, "%s cannot be read: %s", program->path, strerror(errno));
    program->loaded_bytes = (size_t)facts.st_size;
    program->seeks_beside_itself = false;
    Elf64_Ehdr head;
    if (!read_at(program->source, &head, sizeof(head), 0) || memcmp(head.e_ident, ELFMAG, SELFMAG) != 0 ||
        head.e_ident[EI_CLASS] != ELFCLASS64 || head.e_ident[EI_DATA] != ELFDATA2LSB ||
        head.e_phentsize != sizeof(Elf64_Phdr))
        return 0;
    Elf64_Phdr segments[MAX_SEGMENTS];
    size_t n = head.e_phnum;
    if (n > MAX_SEGMENTS || !read_at(program->source, segments, n * sizeof(*segments), head.e_phoff))
        return 0;
    /* Sections, and with them debug symbols, lie behind the segments: up to some 20 MB of an interpreter that was not
     * stripped. */
    uint64_t end = head.e_phoff + n * sizeof(*segments);
    bool is_loaded = false;
    for (size_t i = 0; i < n; i++) {
        is_loaded |= segments[i].p_type == PT_LOAD;
        if (segments[i].p_offset + segments[i].p_filesz > end)
            end = segments[i].p_offset + segments[i].p_filesz;
    }
    if (!is_loaded)
        return 0;
    if (end < program->loaded_bytes)
        program->loaded_bytes = (size_t)end;
    program->seeks_beside_itself = seeks_beside_itself(program->source, segments, n);
    return 0;
}

/* Resolve `name` along `search_path` into `out`; false where there is no such program. */
static bool find_program(char out[PATH_MAX], const char *name, const char *search_path) {
    if (strchr(name, '/') != NULL)
        return realpath(name, out) != NULL;
    char tried[PATH_MAX];
    for (const char *at = search_path; at != NULL && *at != '\0';) {
        const char *end = strchrnul(at, ':');
        int n = snprintf(tried, sizeof(tried), "%.*s/%s", (int)(end - at), at, name);
        if (n > 0 && (size_t)n < sizeof(tried) && access(tried, X_OK) == 0 && realpath(tried, out) != NULL)
            return true;
        at = *end == ':' ? end + 1 : end;
    }
    return false;
}

int program_open(struct program *program, const char *name, const char *search_path, struct fault *fault) {
    char path[PATH_MAX];
    program->source = -1;
    if (!find_program(path, name, search_path) || strlen(path) >= sizeof(program->path))
        return fault_set(fault, "there is no program %s", name);
    memcpy(program->path, path, strlen(path) + 1);
    int opened = open(path, O_RDONLY | O_CLOEXEC);
    program->is_readable = opened >= 0;
    if (opened < 0 && errno == EACCES && access(path, X_OK) == 0) {
        /* Nothing to copy: executing it closes memory by itself. */
        program->loaded_bytes = 0;
        program->seeks_beside_itself = false;
        return 0;
    }
    if (opened < 0)
        return fault_set(fault, "%s cannot be opened: %s", path, strerror(errno));
    program->source = fcntl(opened, F_DUPFD_CLOEXEC, FIRST_NUMBER);
    (void)close(opened);
    if (program->source < 0)
        return fault_set(fault, "%s cannot be opened: %s", path, strerror(errno));
    return read_elf(program, fault);
}

int program_copy(const struct program *program, struct fault *fault) {
    const char *name = strrchr(program->path, '/');
    name = name == NULL ? program->path : name + 1;
    unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
    int memory = memfd_create(name, flags | MFD_EXEC);
    if (memory < 0)
        memory = memfd_create(name, flags);
    if (memory < 0)
        return fault_set(fault, "%s (making a memory file)", strerror(errno));
    off_t at = 0;
    while ((size_t)at < program->loaded_bytes) {
        ssize_t n = sendfile(memory, program->source, &at, program->loaded_bytes - (size_t)at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            (void)close(memory);
            return fault_set(fault, "%s (copying the program)", n == 0 ? "the file is too short" : strerror(errno));
        }
    }
    if (fchmod(memory, UNREADABLE) != 0 ||
        fcntl(memory, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) != 0) {
        int failed = errno;
        (void)close(memory);
        return fault_set(fault, "%s (sealing a memory file)", strerror(failed));
    }
    return memory;
}

int program_execute(int memory, const char *path, char *const *arguments, char *const *environment) {
    if (memory < 0) {
        (void)execve(path, arguments, environment);
        return errno;
    }
    (void)syscall(SYS_execveat, memory, "", arguments, environment, AT_EMPTY_PATH);
    /* execveat refused by a seccomp filter: the same by name. */
    char name[64];
    (void)snprintf(name, sizeof(name), "/proc/self/fd/%d", memory);
    (void)execve(name, arguments, environment);
    return errno;
}

bool program_starts(int memory, const char *name, char *const *environment) {
    char first[512];
    bytes_copy(first, sizeof(first), bytes_of(name));
    char version[] = "-V";
    char *arguments[] = {first, version, NULL};
    pid_t pid = fork();
    if (pid == 0) {
        int nothing = open("/dev/null", O_RDWR);
        for (int target = 0; target < 3 && nothing >= 0; target++)
            (void)dup2(nothing, target);
        (void)program_execute(memory, name, arguments, environment);
        _exit(127);
    }
    int status = -1;
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    return pid > 0 && status == 0;
}

bool memory_opens(const char *process) {
    char path[64];
    (void)snprintf(path, sizeof(path), "/proc/%s/mem", process);
    int opened = open(path, O_RDWR | O_CLOEXEC);
    if (opened < 0)
        /* Whoever has no descriptor left has not been refused. */
        return errno != EACCES && errno != EPERM && errno != ENOENT && errno != ESRCH;
    (void)close(opened);
    return true;
}

bool memory_is_open(void) {
    if (!memory_opens("self"))
        return false;
    /* A process may open its own memory where no other may (Yama; root without rights, whose the file is in any case):
     * a child is another, and may do what a worker may. */
    char parent[16];
    (void)snprintf(parent, sizeof(parent), "%d", (int)getpid());
    pid_t pid = fork();
    if (pid == 0)
        _exit(memory_opens(parent) ? 1 : 0);
    int status = -1;
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    return status != 0;
}
