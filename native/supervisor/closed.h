/* Closed memory: executes programs so that no other process of their user can open their memory.
 *
 * A process whose program its user may not read is not dumpable (would_dump in the kernel's fs/exec.c): /proc/PID/mem,
 * environ and fd give EACCES to its own user, and what it forks is closed as well. No prctl is needed, which Lambda
 * refuses. Where the file of a program has kept mode 0111 and another owner it is executed as it is; else a sealed
 * memory file with a copy of it, or of its loader. Which of them works is found by trying, and told in the first log record.
 */
#ifndef DAYFLY_CLOSED_H
#define DAYFLY_CLOSED_H

#include "common.h"

#include <limits.h>

/* How a process came to be closed. The order is the one in which ways are tried for an interpreter. */
enum closed_way {
    /* Its program is a file that its user may not read. */
    CLOSED_BY_FILE,
    /* The launcher is such a file and loads the interpreter's libpython. */
    CLOSED_BY_LAUNCHER,
    /* The same from a memory file, since the launcher's own has lost its mode. */
    CLOSED_BY_LAUNCHER_COPY,
    /* A memory file with the loader that the interpreter's program names, which maps the program's own file; with the
     * program itself where it names none. */
    CLOSED_BY_COPY,
    /* By prctl(PR_SET_DUMPABLE): for root, who may read every file. Not for interpreters. */
    CLOSED_BY_PRCTL,
    /* Nothing worked: `why` of the struct says what was in the way. */
    CLOSED_NOT,
};

/* How an interpreter is executed: filled by closed_find, used by closed_exec. */
struct closed {
    enum closed_way way;
    /* Why `way` is none of the better ones, for the log; empty for the best. */
    char why[160];
    /* The interpreter's file, as it was named or found in $PATH. */
    char program[PATH_MAX];
    /* The loader that the program names; empty where it is static. */
    char loader[64];
    /* The launcher's file; empty where the supervisor has none beside it. */
    char launcher[PATH_MAX];
    /* What the launcher loads: a file, or a name that the loader finds; empty where the program is not thin. */
    char libpython[PATH_MAX];
    /* Folders in which the program looks for libraries beside itself ($ORIGIN), as LD_LIBRARY_PATH names them. */
    char libraries[PATH_MAX];
};

/* Close this process: prctl, else execute its own program anew from a memory file, where it is open.
 *
 * The first act of main: nothing else of our user that could reach into this process may run before it. Returns how
 * this process is closed, CLOSED_NOT with `why` filled where it stays open; does not return where it executes itself,
 * and the new execution calls it once more, with the place of the program for arguments[0]. `arguments` and `environ`
 * are main's. Where `wants` is false (close_memory is off) it does nothing, and `why` says so.
 */
enum closed_way closed_self(char *const *arguments, char *const *environ, bool wants, struct fault *why);

/* Copy the folder of this process's program, also where it was executed from memory, after closed_self. */
int closed_place(char *const *arguments, char out[PATH_MAX], struct fault *fault);

/* Say whether another process of our user could open the memory of this one, by trying: forks a child that does. */
bool closed_is_open(void);

/* Find out how to execute an interpreter: `name` is a path, or a name that is looked for in $PATH; `place` is the
 * folder with the launcher. -1 where there is no such program. With `wants` false the way is CLOSED_NOT.
 */
int closed_find(struct closed *closed, const char *name, const char *place, bool wants, struct fault *fault);

/* Take the next way, since an interpreter that was executed in this one ended before it said anything.
 *
 * `why` is kept for the log. Returns false where none is left: CLOSED_NOT was tried as well.
 */
bool closed_next(struct closed *closed, const char *why);

/* Execute the interpreter in a child of fork, with `arguments` (what it would be called with) and `environ`.
 *
 * Descriptors that it needs must not be close-on-exec. LD_LIBRARY_PATH may be longer for it: the caller says in
 * _DAYFLY_EXECUTED what it was (dayfly/_sys/unreadable.py). Returns -1 with a clear fault (wrong architecture, noexec,
 * no right, no memory file) where the way does not work; then closed_next in the parent. Allocates nothing.
 */
int closed_exec(const struct closed *closed, char *const *arguments, char *const *environ, struct fault *fault);

/* What a way is called in the log: "unreadable file", "launcher", "memory file of the launcher", "memory file", "prctl",
 * "open".
 */
const char *closed_words(enum closed_way way);

/* Say in words what stands behind the error of an execution of `path`, with what to do. */
void closed_explain(int error, const char *path, struct fault *fault);

#endif
