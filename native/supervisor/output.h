/* Carries what zygote and workers write to the platform's log, whole line by whole line.
 *
 * Zygote and workers write to pipes; only the supervisor holds the platform's descriptors. A line that could
 * pass for one of Dayfly's or Lambda's own is marked.
 */
#ifndef DAYFLY_OUTPUT_H
#define DAYFLY_OUTPUT_H

#include "common.h"

/* One log line. CloudWatch Logs takes events up to 1 MiB. */
#define OUTPUT_MAX_LINE ((size_t)256 << 10)
/* One telemetry frame's message, which may hold several lines. */
#define OUTPUT_MAX_MESSAGE (4 * OUTPUT_MAX_LINE)
#define OUTPUT_FRAME_HEAD 16
/* One pass over a pipe takes at most this much, so that a worker that never stops writing cannot keep the
 * supervisor from its answer. */
#define OUTPUT_MAX_DRAIN ((size_t)1 << 20)
/* What is left when the writers are dead: more passes than a pipe can need (its size is 1 MiB at most for an
 * unprivileged user, /proc/sys/fs/pipe-max-size), since a pipe whose write end somebody still holds never
 * ends. */
#define OUTPUT_MAX_PASSES 64

enum { OUTPUT_STDOUT, OUTPUT_STDERR, OUTPUT_TELEMETRY, OUTPUT_STREAMS };

/* The platform's log: standard output and error, and the telemetry descriptor if there is one. */
struct output {
    int fds[OUTPUT_STREAMS]; /* where to write; [OUTPUT_TELEMETRY] is -1 without */
    int telemetry; /* the number in _LAMBDA_TELEMETRY_LOG_FD, under which the function gets a pipe; -1 without
                    */
    bool merged;   /* stdout and stderr are one file */
    int failed;    /* errno of a write that failed: what was said is lost; 0 while none has */
    uint8_t *judged,
        *marked; /* scratch: text without its disguise, and text that is written in another's place */
    /* Undoes what a worker did to our limit of a file's size (RLIMIT_FSIZE), and says whether it could; NULL:
     * nothing can. */
    bool (*relieve)(void *of);
    void *relieve_of;
};

/* Lines or frames of one pipe that are not whole yet. */
struct carried {
    int fd; /* the read end, which never blocks; -1 where there is none */
    uint8_t *at;
    size_t n, size, searched, peak;
    bool ended, empty;
};

/* The pipes one process writes its output to. With `merged`, stdout and stderr are one pipe, which keeps the
 * order of their lines. */
struct pipes {
    struct carried streams[OUTPUT_STREAMS];
    int write_ends[OUTPUT_STREAMS]; /* for the process: stdout, stderr, telemetry (-1 without); stderr may be
                                       stdout's */
    uint64_t dropped;               /* bytes that were no frame */
    bool is_lost;                   /* of the telemetry stream */
};

/* Begin; moves the platform's telemetry descriptor out of the function's sight. `telemetry` is -1 without
 * one. */
int output_init(struct output *output, int telemetry, struct fault *fault);

/* Reserve a set of pipes' memory, once; they are opened and closed as often as is wanted. */
int pipes_reserve(struct pipes *pipes, struct fault *fault);

/* Make the pipes; all ends close on exec. -1 where a worker has lowered our limit of descriptors: nothing is
 * open then. */
int pipes_open(struct output *output, struct pipes *pipes, struct fault *fault);

/* Close our copies of the write ends; the process has its own. */
void pipes_close_write_ends(struct pipes *pipes);

/* The read ends that have not ended, for poll; returns how many of `out` were filled, OUTPUT_STREAMS at most.
 */
size_t pipes_fds(const struct pipes *pipes, int *out);

/* Carry on what one pipe holds. */
void output_forward(struct output *output, struct pipes *pipes, int fd);

/* Carry on what the pipes hold after an answer, unfinished lines too; the process goes on. What it prints
 * with the next event is another invocation's. */
void output_settle(struct output *output, struct pipes *pipes);

/* Carry on everything left, close the pipes, return the bytes dropped as no frame. The writers are dead. */
uint64_t output_finish(struct output *output, struct pipes *pipes);

/* Write one of Dayfly's own lines, newline included. */
void output_emit(struct output *output, struct bytes line, bool warning);

/* Say whether a reader could take `line` for one of Dayfly's own records, or for one of Lambda's or of the
 * layer's wrapper. `scratch` has as many bytes as `line`. */
bool output_imitates_finding(struct bytes line, uint8_t *scratch);
bool output_imitates_platform(struct bytes line, uint8_t *scratch);

#endif
