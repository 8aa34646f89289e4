/* Executes a program from a sealed memory file that nobody may read, which closes the memory of what runs it.
 *
 * A program whose file its user may not read is not dumpable (would_dump in the kernel's fs/exec.c): no other process
 * of that user opens its memory, variables or descriptors, and what it forks is closed as well. It takes no prctl, which
 * Lambda refuses. The owner of the file can give himself the right to read it again, through /proc/self/exe, and a
 * program executed from it then would be open: so each execution has a file of its own.
 */
#ifndef DAYFLY_PROGRAM_H
#define DAYFLY_PROGRAM_H

#include "common.h"

/* What is known of an executable file. */
struct program {
    int source;           /* a descriptor of the file, readable */
    size_t loaded_bytes;  /* how much of it, from its start, a kernel or a loader ever looks at */
    bool seeks_beside_itself; /* it finds libraries relative to its own place ($ORIGIN in its search path) */
    bool is_readable;     /* by this user: false means that executing the file itself closes memory */
    char path[512];       /* where it lies, links resolved */
};

/* Find a program as execvp does (`name` may hold slashes) and read what is needed of its ELF file. */
int program_open(struct program *program, const char *name, const char *search_path, struct fault *fault);

/* Make a sealed copy of the loaded part that may be executed, not read; return its descriptor, -1 with a fault. */
int program_copy(const struct program *program, struct fault *fault);

/* Execute a memory file (`memory` >= 0) or the program's own path; returns only on failure, with an errno. */
int program_execute(int memory, const char *path, char *const *arguments, char *const *environment);

/* Say whether the program comes as far as its first line when it is executed from `memory`: a loader that finds no
 * libpython ends it before. Starts a process. */
bool program_starts(int memory, const char *name, char *const *environment);

/* Say whether the memory of a process can be opened for writing, by trying; nothing is read or written. `process` is
 * a number or "self". */
bool memory_opens(const char *process);

/* Say whether another process of our user could open this one's memory, by trying it in a child. */
bool memory_is_open(void);

#endif
