/* The log: what a process writes to its pipes reaches the platform's descriptors whole, in order, and
 * bounded. */
#include "../supervisor/output.h"
#include "unit.h"

#include <sys/mman.h>
#include <sys/resource.h>

static struct output output;
static struct pipes pipes;
static int files[OUTPUT_STREAMS];

static size_t read_file(int which, char *out, size_t size) {
    ssize_t n = pread(files[which], out, size - 1, 0);
    CHECK(n >= 0);
    out[n] = '\0';
    CHECK(ftruncate(files[which], 0) == 0 && lseek(files[which], 0, SEEK_SET) == 0);
    return (size_t)n;
}

static void begin(bool merged, bool telemetry) {
    struct fault fault = {""};
    memset(&output, 0, sizeof(output));
    int given = telemetry ? memfd_create("telemetry", MFD_CLOEXEC) : -1;
    CHECK_EQUAL(output_init(&output, given, &fault), 0);
    CHECK_EQUAL(pipes_reserve(&pipes, &fault), 0);
    for (int i = 0; i < OUTPUT_STREAMS; i++) {
        files[i] = memfd_create("log", MFD_CLOEXEC);
        CHECK(files[i] >= 0);
        if (i < OUTPUT_TELEMETRY || telemetry)
            output.fds[i] = files[i];
    }
    output.merged = merged;
    CHECK_EQUAL(pipes_open(&output, &pipes, &fault), 0);
}

static void say(int which, const char *text) {
    CHECK(write(pipes.write_ends[which], text, strlen(text)) == (ssize_t)strlen(text));
}

static void streams_go_where_they_belong(void) {
    char text[4096];
    int fds[OUTPUT_STREAMS];
    begin(false, false);
    CHECK_EQUAL(pipes_fds(&pipes, fds), 2);
    say(OUTPUT_STDOUT, "one\ntwo");
    say(OUTPUT_STDERR, "error\n");
    for (size_t i = 0; i < 2; i++)
        output_forward(&output, &pipes, fds[i]);
    (void)read_file(OUTPUT_STDOUT, text, sizeof(text));
    CHECK(strcmp(text, "one\n") == 0);
    (void)read_file(OUTPUT_STDERR, text, sizeof(text));
    CHECK(strcmp(text, "error\n") == 0);
    pipes_close_write_ends(&pipes);
    CHECK_EQUAL(output_finish(&output, &pipes), 0);
    (void)read_file(OUTPUT_STDOUT, text, sizeof(text));
    CHECK(strcmp(text, "two\n") == 0);
    CHECK_EQUAL(pipes_fds(&pipes, fds), 0);
}

static void one_pipe_keeps_the_order_of_two_streams(void) {
    char text[4096];
    int fds[OUTPUT_STREAMS];
    begin(true, false);
    CHECK_EQUAL(pipes_fds(&pipes, fds), 1);
    CHECK_EQUAL(pipes.write_ends[OUTPUT_STDOUT], pipes.write_ends[OUTPUT_STDERR]);
    say(OUTPUT_STDOUT, "1\n");
    say(OUTPUT_STDERR, "2\n");
    say(OUTPUT_STDOUT, "3\n");
    pipes_close_write_ends(&pipes);
    (void)output_finish(&output, &pipes);
    (void)read_file(OUTPUT_STDOUT, text, sizeof(text));
    CHECK(strcmp(text, "1\n2\n3\n") == 0);
}

static void what_an_invocation_leaves_unfinished_is_not_the_nexts(void) {
    char text[4096];
    begin(true, false);
    say(OUTPUT_STDOUT, "first");
    output_settle(&output, &pipes);
    say(OUTPUT_STDOUT, "second\n");
    output_settle(&output, &pipes);
    (void)read_file(OUTPUT_STDOUT, text, sizeof(text));
    CHECK(strcmp(text, "first\nsecond\n") == 0);
    pipes_close_write_ends(&pipes);
    (void)output_finish(&output, &pipes);
}

static void a_pipe_at_its_end_is_not_polled_for_ever(void) {
    int fds[OUTPUT_STREAMS];
    begin(true, true);
    CHECK_EQUAL(pipes_fds(&pipes, fds), 2);
    pipes_close_write_ends(&pipes);
    for (size_t i = 0; i < 2; i++)
        output_forward(&output, &pipes, fds[i]);
    CHECK_EQUAL(pipes_fds(&pipes, fds), 0);
    (void)output_finish(&output, &pipes);
}

static void bytes_that_are_no_frame_are_counted(void) {
    char text[4096];
    begin(true, true);
    say(OUTPUT_TELEMETRY, "this begins no frame");
    pipes_close_write_ends(&pipes);
    CHECK_EQUAL(output_finish(&output, &pipes), 20);
    CHECK_EQUAL(read_file(OUTPUT_TELEMETRY, text, sizeof(text)), 0);
}

static void own_lines_are_framed_where_the_platform_takes_frames(void) {
    char text[4096];
    begin(true, true);
    output_emit(&output, LITERAL("{no}\n"), true);
    CHECK_EQUAL(read_file(OUTPUT_TELEMETRY, text, sizeof(text)), OUTPUT_FRAME_HEAD + 5);
    CHECK(memcmp(text, "\xa5\x5a\x00\x12\x00\x00\x00\x05", 8) == 0);
    CHECK(strcmp(text + OUTPUT_FRAME_HEAD, "{no}\n") == 0);
    /* What is no JSON is not told for it. */
    output_emit(&output, LITERAL("line\n"), false);
    CHECK_EQUAL(read_file(OUTPUT_TELEMETRY, text, sizeof(text)), OUTPUT_FRAME_HEAD + 5);
    CHECK(memcmp(text, "\xa5\x5a\x00\x0f\x00\x00\x00\x05", 8) == 0);
    CHECK_EQUAL(read_file(OUTPUT_STDOUT, text, sizeof(text)), 0);
    pipes_close_write_ends(&pipes);
    (void)output_finish(&output, &pipes);
}

static void without_descriptors_nothing_stays_open(void) {
    struct fault fault = {""};
    struct rlimit limit;
    begin(false, true);
    pipes_close_write_ends(&pipes);
    (void)output_finish(&output, &pipes);
    CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    int free_one = dup(0);
    CHECK(free_one >= 0);
    /* Room for some of the pipes, not for all. */
    for (rlim_t more = 0; more < 6; more++) {
        struct rlimit low = {(rlim_t)free_one + more, limit.rlim_max};
        CHECK(close(free_one) == 0 && setrlimit(RLIMIT_NOFILE, &low) == 0);
        CHECK_EQUAL(pipes_open(&output, &pipes, &fault), -1);
        CHECK(strstr(fault.text, "Too many open files") != NULL);
        CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
        CHECK_EQUAL(dup(0), free_one);
    }
}

static bool is_relieved;

static bool relieve(void *of) {
    struct rlimit *limit = of;
    is_relieved = true;
    limit->rlim_cur = limit->rlim_max;
    return setrlimit(RLIMIT_FSIZE, limit) == 0;
}

static void a_lowered_limit_of_files_is_raised_again(void) {
    char text[4096];
    struct rlimit limit;
    CHECK(getrlimit(RLIMIT_FSIZE, &limit) == 0);
    (void)signal(SIGXFSZ, SIG_IGN);
    begin(true, false);
    output.relieve = relieve;
    output.relieve_of = &limit;
    struct rlimit low = {4, limit.rlim_max};
    CHECK(setrlimit(RLIMIT_FSIZE, &low) == 0);
    output_emit(&output, LITERAL("more than four\n"), true);
    CHECK(is_relieved);
    (void)read_file(OUTPUT_STDOUT, text, sizeof(text));
    CHECK(strcmp(text, "more than four\n") == 0);
    CHECK_EQUAL(output.failed, 0);
    pipes_close_write_ends(&pipes);
    (void)output_finish(&output, &pipes);
}

static void a_log_that_is_gone_is_told(void) {
    int ends[2];
    (void)signal(SIGPIPE, SIG_IGN);
    begin(true, false);
    CHECK(pipe(ends) == 0 && close(ends[0]) == 0);
    output.fds[OUTPUT_STDOUT] = ends[1];
    output_emit(&output, LITERAL("line\n"), true);
    CHECK_EQUAL(output.failed, EPIPE);
    pipes_close_write_ends(&pipes);
    (void)output_finish(&output, &pipes);
}

/* A worker that never stops writing keeps the supervisor at most for a pass. */
static void an_endless_writer_does_not_hold_up(void) {
    begin(true, false);
    pid_t writer = fork();
    CHECK(writer >= 0);
    if (writer == 0) {
        static char much[65536];
        memset(much, 'x', sizeof(much));
        for (;;)
            (void)!write(pipes.write_ends[OUTPUT_STDOUT], much, sizeof(much));
    }
    for (int i = 0; i < 20; i++)
        output_forward(&output, &pipes, pipes.streams[OUTPUT_STDOUT].fd);
    CHECK(pipes.streams[OUTPUT_STDOUT].n <= OUTPUT_MAX_LINE + 65536);
    CHECK(kill(writer, SIGKILL) == 0 && waitpid(writer, NULL, 0) == writer);
    pipes_close_write_ends(&pipes);
    (void)output_finish(&output, &pipes);
}

int main(void) {
    RUN(forked(streams_go_where_they_belong));
    RUN(forked(one_pipe_keeps_the_order_of_two_streams));
    RUN(forked(what_an_invocation_leaves_unfinished_is_not_the_nexts));
    RUN(forked(a_pipe_at_its_end_is_not_polled_for_ever));
    RUN(forked(bytes_that_are_no_frame_are_counted));
    RUN(forked(own_lines_are_framed_where_the_platform_takes_frames));
    RUN(forked(without_descriptors_nothing_stays_open));
    RUN(forked(a_lowered_limit_of_files_is_raised_again));
    RUN(forked(a_log_that_is_gone_is_told));
    RUN(forked(an_endless_writer_does_not_hold_up));
    return 0;
}
