/* A log in memory for fuzzers of what writes lines: begun once, emptied before an input, checked after it. */
#ifndef DAYFLY_FUZZ_LOGGED_H
#define DAYFLY_FUZZ_LOGGED_H

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "output.h"
#include "report.h"

static uint8_t logged[4 << 20];

/* Let `report` write to a new log; its descriptor, -1 where there is none. */
static int log_begin(struct output *output, struct report *report) {
    int file = memfd_create("log", 0);
    if (file < 0 || output_init(output, -1, NULL) < 0 || report_init(report, output, NULL) < 0)
        return -1;
    output->fds[OUTPUT_STDOUT] = file;
    return file;
}

static int log_empty(int file) { return ftruncate(file, 0) < 0 || lseek(file, 0, SEEK_SET) < 0 ? -1 : 0; }

/* Every line is one of ours, whole, and printable. */
static void log_check(int file) {
    ssize_t n = pread(file, logged, sizeof(logged), 0);
    if (n < 0 || (n > 0 && logged[n - 1] != '\n'))
        abort();
    for (ssize_t i = 0, begin = 0; i < n; i++) {
        if (logged[i] == '\n') {
            if (logged[begin] != '{' || logged[i - 1] != '}' || i + 1 - begin > REPORT_MAX_LINE)
                abort();
            begin = i + 1;
        } else if (logged[i] < ' ' || logged[i] > '~') {
            abort();
        }
    }
}

#endif
