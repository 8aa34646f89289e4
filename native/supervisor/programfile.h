/* Reads from a program's ELF file what is needed to execute it from elsewhere. */
#ifndef DAYFLY_PROGRAMFILE_H
#define DAYFLY_PROGRAMFILE_H

#include "common.h"

#include <limits.h>

/* What an executable file says of itself; empty strings where it says nothing. */
struct program_file {
    /* How much of it, from its start, a kernel or a loader looks at: without sections and debug symbols. */
    uint64_t loaded_bytes;
    /* The loader that it names (PT_INTERP). */
    char loader[64];
    /* The libpython that it needs (DT_NEEDED): a thin program over it. */
    char libpython[PATH_MAX];
    /* Its search path as written in it; `is_first` says that it is an old DT_RPATH, which comes before LD_LIBRARY_PATH. */
    char search_path[PATH_MAX];
    bool is_first;
};

/* Read an open file of 64 bits, little-endian. 0; -1 where it is none, or claims what the file does not hold. */
int program_file_read(int descriptor, struct program_file *out, struct fault *fault);

#endif
