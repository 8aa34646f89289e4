/* A log that a test reads again. */
#ifndef TESTS_LOGGED_H
#define TESTS_LOGGED_H

#include "report.h"
#include "unit.h"

#include <sys/mman.h>

/* Have what is reported go to a file in memory, which is returned. */
static inline int log_to_memory(struct output *output, struct report *report) {
    struct fault fault = {""};
    CHECK(output_init(output, -1, &fault) == 0 && report_init(report, output, &fault) == 0);
    int file = memfd_create("log", MFD_CLOEXEC);
    CHECK(file >= 0);
    output->fds[OUTPUT_STDOUT] = file;
    return file;
}

#endif
