/* The readers of what zygote and workers write: no line that is written passes for one of Dayfly's or
 * Lambda's own. */
#include "output.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int fuzz_one(const uint8_t *data, size_t size);

/* A pipe takes as much without a reader. */
#define MOST ((size_t)32768)

static uint8_t written[8 * MOST], scratch[8 * MOST];

static void check_lines(struct bytes text) {
    while (text.n > 0) {
        const uint8_t *end = memchr(text.at, '\n', text.n);
        struct bytes line = {text.at, end != NULL ? (size_t)(end - text.at) : text.n};
        if (output_imitates_finding(line, scratch) || output_imitates_platform(line, scratch))
            abort();
        text.at += line.n + (end != NULL);
        text.n -= line.n + (end != NULL);
    }
}

static void check_frames(struct bytes text) {
    while (text.n > 0) {
        if (text.n < OUTPUT_FRAME_HEAD)
            abort();
        size_t n = (size_t)text.at[4] << 24 | (size_t)text.at[5] << 16 | (size_t)text.at[6] << 8 | text.at[7];
        if (n > text.n - OUTPUT_FRAME_HEAD)
            abort();
        struct bytes message = {text.at + OUTPUT_FRAME_HEAD, n};
        /* The mark of one line, which names Dayfly, may complete another: as one record they are no JSON. */
        if (output_imitates_finding(message, scratch) && memmem(message.at, n, "[not written by", 15) == NULL)
            abort();
        check_lines(message);
        text.at += OUTPUT_FRAME_HEAD + n;
        text.n -= OUTPUT_FRAME_HEAD + n;
    }
}

int fuzz_one(const uint8_t *data, size_t size) {
    static struct output output;
    static struct pipes pipes;
    static int file = -1;
    if (file < 0) {
        file = memfd_create("log", 0);
        if (file < 0 || output_init(&output, -1, NULL) < 0 || pipes_reserve(&pipes, NULL) < 0)
            return 1;
        output.fds[OUTPUT_STDOUT] = output.fds[OUTPUT_STDERR] = output.fds[OUTPUT_TELEMETRY] = file;
        output.telemetry = 9;
        output.merged = true;
    }
    if (size < 2 || size > MOST || ftruncate(file, 0) < 0 || lseek(file, 0, SEEK_SET) < 0)
        return 0;
    int which = data[0] % 2 == 0 ? OUTPUT_STDOUT : OUTPUT_TELEMETRY;
    size_t piece = size / (1 + data[1] % 64) + 1;
    if (pipes_open(&output, &pipes, NULL) < 0)
        return 1;
    for (size_t at = 2; at < size; at += piece) {
        size_t n = size - at < piece ? size - at : piece;
        if (write(pipes.write_ends[which], data + at, n) != (ssize_t)n)
            abort();
        output_forward(&output, &pipes, pipes.streams[which].fd);
    }
    pipes_close_write_ends(&pipes);
    (void)output_finish(&output, &pipes);
    ssize_t n = pread(file, written, sizeof(written), 0);
    if (n < 0 || output.failed != 0)
        abort();
    struct bytes text = {written, (size_t)n};
    if (which == OUTPUT_STDOUT)
        check_lines(text);
    else
        check_frames(text);
    return 0;
}
