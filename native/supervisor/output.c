#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* One read of a pipe; a pipe has as much by default. */
#define PIECE ((size_t)65536)
/* A shorter read emptied the pipe; asking again costs a call and says nothing new. */
#define SHORT_READ 4096
/* Memory of a reader that was touched up to this is not given back: it is needed again at once. */
#define KEPT ((size_t)16384)
/* How long a write waits before it is tried again, where somebody made the description non-blocking. */
#define WAIT_MS 1000

/* Put before a line of function code that imitates another's. The prefix alone is not enough: readers also
 * begin a line at a carriage return, a form feed or a Unicode separator, and a frame may hold many lines.
 * Without a brace no piece of it is a record. */
#define NOT_OURS LITERAL("[not written by Dayfly] ")
/* The shortest line that is marked has eleven bytes, its end included, and becomes 35. */
#define MARKED_SPACE (OUTPUT_FRAME_HEAD + 4 * OUTPUT_MAX_MESSAGE)

/* Telemetry frames: type, length, timestamp in microseconds (platform notes 3.2). */
static const uint8_t magic[3] = {0xa5, 0x5a, 0x00};
#define WARNING_JSON 0x12
#define INFO_JSON 0x0e
/* Of a line that is no JSON. */
#define TEXT 0x01

static bool holds(struct bytes text, struct bytes part) {
    return text.n >= part.n && memmem(text.at, text.n, part.at, part.n) != NULL;
}

static bool holds_all(struct bytes text, const struct bytes *parts, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (!holds(text, parts[i]))
            return false;
    return true;
}

static int hex_digit(uint8_t c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Decode the JSON escapes of ASCII characters: "Dayf\u006cy" is "Dayfly" to a parser. */
static struct bytes decode(struct bytes text, uint8_t *scratch) {
    if (!holds(text, LITERAL("\\u00")))
        return text;
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++) {
        const uint8_t *c = text.at + i;
        bool is_escape =
            text.n - i >= 6 && memcmp(c, "\\u00", 4) == 0 && hex_digit(c[4]) >= 0 && hex_digit(c[5]) >= 0;
        int byte = is_escape ? hex_digit(c[4]) << 4 | hex_digit(c[5]) : *c;
        scratch[n++] = (uint8_t)byte;
        i += is_escape ? 5 : 0;
    }
    return (struct bytes){scratch, n};
}

bool output_imitates_finding(struct bytes line, uint8_t *scratch) {
    static const struct bytes parts[] = {LITERAL("metadata"), LITERAL("product"), LITERAL("Dayfly")};
    if (line.n == 0 || memchr(line.at, '{', line.n) == NULL)
        return false;
    if (memchr(line.at, 0, line.n) != NULL) {
        /* NUL bytes between characters are UTF-16 to a lenient reader. */
        size_t n = 0;
        for (size_t i = 0; i < line.n; i++)
            if (line.at[i] != 0)
                scratch[n++] = line.at[i];
        line = (struct bytes){scratch, n};
    }
    return holds_all(decode(line, scratch), parts, COUNT(parts));
}

static bool begins_with_any(struct bytes line, const struct bytes *starts, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (bytes_begin(line, starts[i]))
            return true;
    return false;
}

/* As Lambda's own lines begin, in text and in JSON
 * (https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html), and as the layer's wrapper
 * begins: while Dayfly is there to read lines, it was not the wrapper that wrote one. */
static const struct bytes texts[] = {
    LITERAL("START RequestId"),      LITERAL("END RequestId"),  LITERAL("REPORT RequestId"),
    LITERAL("INIT_START"),           LITERAL("INIT_REPORT"),    LITERAL("INIT_RUNTIME_DONE"),
    LITERAL("RESTORE_START"),        LITERAL("RESTORE_REPORT"), LITERAL("dayfly: not active"),
    LITERAL("dayfly: cannot start"),
};

/* What readers let pass before a line's first character. */
static struct bytes begun(struct bytes line) {
    while (line.n > 0 && memchr(" \t\r\v\f\0\xef\xbb\xbf", line.at[0], 9) != NULL) {
        line.at++;
        line.n--;
    }
    return line;
}

bool output_imitates_platform(struct bytes line, uint8_t *scratch) {
    static const struct bytes parts[] = {LITERAL("\"type\""), LITERAL("\"platform."), LITERAL("\"record\"")};
    line = begun(line);
    if (line.n == 0 || line.at[0] != '{')
        return begins_with_any(line, texts, COUNT(texts));
    return holds_all(decode(line, scratch), parts, COUNT(parts));
}

static bool imitates(const struct output *output, struct bytes line) {
    return output_imitates_finding(line, output->judged) || output_imitates_platform(line, output->judged);
}

/* Append a line to the scratch for what is written in its place, without its braces where `is_tame`. */
static size_t put(uint8_t *to, struct bytes line, bool is_marked, bool is_tame) {
    size_t n = is_marked ? NOT_OURS.n : 0;
    memcpy(to, NOT_OURS.at, n);
    for (size_t i = 0; i < line.n; i++) {
        uint8_t c = line.at[i];
        to[n++] = !is_tame ? c : c == '{' ? '(' : c == '}' ? ')' : c;
    }
    return n;
}

static void write_all(struct output *output, int which, struct bytes data) {
    int fd = output->fds[which];
    while (data.n > 0) {
        ssize_t n = write(fd, data.at, data.n);
        if (n >= 0) {
            data.at += n;
            data.n -= (size_t)n;
        } else if (errno == EAGAIN) {
            struct pollfd until = {.fd = fd, .events = POLLOUT};
            (void)poll(&until, 1, WAIT_MS);
        } else if (errno == EFBIG && output->relieve != NULL && output->relieve(output->relieve_of)) {
            continue;
        } else if (errno != EINTR) {
            /* What cannot be written for a limit that is there for good is dropped, and nobody is to blame.
             */
            output->failed = errno == EFBIG ? output->failed : errno;
            return;
        }
    }
}

static void write_number(uint8_t *to, uint64_t number, size_t size) {
    for (size_t i = 0; i < size; i++)
        to[i] = (uint8_t)(number >> 8 * (size - 1 - i));
}

void output_emit(struct output *output, struct bytes line, bool warning) {
    if (output->telemetry < 0) {
        write_all(output, OUTPUT_STDOUT, line);
        return;
    }
    struct timespec at;
    (void)clock_gettime(CLOCK_REALTIME, &at);
    uint8_t *frame = output->marked;
    size_t n = line.n < OUTPUT_MAX_MESSAGE ? line.n : OUTPUT_MAX_MESSAGE;
    memcpy(frame, magic, sizeof(magic));
    frame[3] = (uint8_t)((warning ? WARNING_JSON : INFO_JSON) | (n > 0 && line.at[0] != '{' ? TEXT : 0));
    write_number(frame + 4, n, 4);
    write_number(frame + 8, (uint64_t)at.tv_sec * 1000000 + (uint64_t)at.tv_nsec / 1000, 8);
    memcpy(frame + OUTPUT_FRAME_HEAD, line.at, n);
    write_all(output, OUTPUT_TELEMETRY, (struct bytes){frame, OUTPUT_FRAME_HEAD + n});
}

/* Write lines of a reader that may go as they are. */
static void flush(struct output *output, int which, const struct carried *from, size_t start, size_t end) {
    write_all(output, which, (struct bytes){from->at + start, end - start});
}

/* Write a line in pieces that no reader of logs cuts further, each ended, and marked where it imitates
 * another's. */
static void write_line(struct output *output, int which, struct bytes line) {
    do {
        struct bytes piece = {line.at, line.n < OUTPUT_MAX_LINE ? line.n : OUTPUT_MAX_LINE};
        bool is_marked = imitates(output, piece);
        size_t n = put(output->marked, piece, is_marked, is_marked);
        output->marked[n++] = '\n';
        write_all(output, which, (struct bytes){output->marked, n});
        line.at += piece.n;
        line.n -= piece.n;
    } while (line.n > 0);
}

static void carry_lines(struct output *output, int which, struct carried *from) {
    size_t start = 0, plain = 0;
    for (;;) {
        /* A writer of single bytes would have the rest searched for each. */
        size_t searched = from->searched > start ? from->searched : start;
        const uint8_t *found =
            searched < from->n ? memchr(from->at + searched, '\n', from->n - searched) : NULL;
        size_t end, next;
        if (found != NULL) {
            end = (size_t)(found - from->at);
            next = end + 1;
        } else {
            from->searched = from->n;
            if (from->n - start <= OUTPUT_MAX_LINE)
                break;
            end = next = start + OUTPUT_MAX_LINE;
        }
        struct bytes line = {from->at + start, end - start};
        if (found == NULL || line.n > OUTPUT_MAX_LINE || imitates(output, line)) {
            flush(output, which, from, plain, start);
            write_line(output, which, line);
            plain = next;
        }
        start = next;
    }
    flush(output, which, from, plain, start);
    memmove(from->at, from->at + start, from->n - start);
    from->n -= start;
    from->searched = from->n;
}

static void end_line(struct output *output, int which, struct carried *from) {
    if (from->n > 0)
        write_line(output, which, (struct bytes){from->at, from->n});
    from->n = from->searched = 0;
}

/* Write a frame's message as it may be written, into `to`; returns its length, 0 where it may go as it is.
 * Whoever saves or shows a log reads each of its lines. */
static size_t mark_message(const struct output *output, struct bytes message, uint8_t *to) {
    /* A finding may stand in several lines. */
    bool is_tame = output_imitates_finding(message, output->judged), is_changed = is_tame;
    size_t n = 0;
    for (bool is_first = true, is_last = false; !is_last; is_first = false) {
        const uint8_t *found = message.n > 0 ? memchr(message.at, '\n', message.n) : NULL;
        struct bytes line = {message.at, found != NULL ? (size_t)(found - message.at) : message.n};
        is_last = found == NULL;
        struct bytes text = begun(line);
        bool is_marked =
            is_tame ? is_first || begins_with_any(text, texts, COUNT(texts)) : imitates(output, line);
        is_changed |= is_marked;
        n += put(to + n, line, is_marked, is_tame || is_marked);
        if (!is_last) {
            to[n++] = '\n';
            message.at += line.n + 1;
            message.n -= line.n + 1;
        }
    }
    return is_changed ? n : 0;
}

static size_t message_length(const uint8_t *frame) {
    return (size_t)frame[4] << 24 | (size_t)frame[5] << 16 | (size_t)frame[6] << 8 | frame[7];
}

static void carry_frames(struct output *output, struct pipes *pipes, struct carried *from, size_t more) {
    if (pipes->is_lost) {
        pipes->dropped += more;
        from->n = 0;
        return;
    }
    size_t start = 0, plain = 0;
    while (from->n - start >= OUTPUT_FRAME_HEAD) {
        const uint8_t *frame = from->at + start;
        size_t length = message_length(frame);
        if (memcmp(frame, magic, sizeof(magic)) != 0 || length > OUTPUT_MAX_MESSAGE) {
            /* A byte that begins no frame means that the stream is lost. */
            pipes->is_lost = true;
            pipes->dropped += from->n - start;
            break;
        }
        if (from->n - start - OUTPUT_FRAME_HEAD < length)
            break;
        size_t next = start + OUTPUT_FRAME_HEAD + length;
        size_t n = mark_message(output, (struct bytes){frame + OUTPUT_FRAME_HEAD, length},
                                output->marked + OUTPUT_FRAME_HEAD);
        if (n > 0) {
            flush(output, OUTPUT_TELEMETRY, from, plain, start);
            memcpy(output->marked, frame, OUTPUT_FRAME_HEAD);
            write_number(output->marked + 4, n, 4);
            write_all(output, OUTPUT_TELEMETRY, (struct bytes){output->marked, OUTPUT_FRAME_HEAD + n});
            plain = next;
        }
        start = next;
    }
    flush(output, OUTPUT_TELEMETRY, from, plain, start);
    if (pipes->is_lost)
        start = from->n;
    memmove(from->at, from->at + start, from->n - start);
    from->n -= start;
}

static void *reserve(size_t size) {
    void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return at != MAP_FAILED ? at : NULL;
}

int output_init(struct output *output, int telemetry, struct fault *fault) {
    memset(output, 0, sizeof(*output));
    output->fds[OUTPUT_STDOUT] = STDOUT_FILENO;
    output->fds[OUTPUT_STDERR] = STDERR_FILENO;
    output->fds[OUTPUT_TELEMETRY] = -1;
    output->telemetry = telemetry;
    output->judged = reserve(OUTPUT_MAX_MESSAGE);
    output->marked = reserve(MARKED_SPACE);
    if (output->judged == NULL || output->marked == NULL)
        return fault_set(fault, "no memory for the log: %s", strerror(errno));
    struct stat one, other;
    output->merged = fstat(STDOUT_FILENO, &one) == 0 && fstat(STDERR_FILENO, &other) == 0 &&
                     one.st_dev == other.st_dev && one.st_ino == other.st_ino;
    if (telemetry < 0)
        return 0;
    /* The function gets a pipe under this number; the platform's own moves out of its sight. */
    output->fds[OUTPUT_TELEMETRY] = fcntl(telemetry, F_DUPFD_CLOEXEC, 0);
    if (output->fds[OUTPUT_TELEMETRY] < 0 || fcntl(telemetry, F_SETFD, FD_CLOEXEC) < 0)
        return fault_set(fault, "the log descriptor %d cannot be used: %s", telemetry, strerror(errno));
    return 0;
}

static void forget(struct pipes *pipes) {
    for (int i = 0; i < OUTPUT_STREAMS; i++) {
        pipes->streams[i].fd = pipes->write_ends[i] = -1;
        pipes->streams[i].n = pipes->streams[i].searched = pipes->streams[i].peak = 0;
        pipes->streams[i].ended = pipes->streams[i].empty = false;
    }
    pipes->dropped = 0;
    pipes->is_lost = false;
}

int pipes_reserve(struct pipes *pipes, struct fault *fault) {
    memset(pipes, 0, sizeof(*pipes));
    for (int i = 0; i < OUTPUT_STREAMS; i++) {
        struct carried *stream = &pipes->streams[i];
        stream->size =
            (i == OUTPUT_TELEMETRY ? OUTPUT_FRAME_HEAD + OUTPUT_MAX_MESSAGE : OUTPUT_MAX_LINE) + PIECE;
        stream->at = reserve(stream->size);
        if (stream->at == NULL)
            return fault_set(fault, "no memory for pipes: %s", strerror(errno));
    }
    forget(pipes);
    return 0;
}

/* A pipe whose read end never blocks and whose write end does. */
static int open_pipe(struct pipes *pipes, int which) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        return -1;
    pipes->streams[which].fd = ends[0];
    pipes->write_ends[which] = ends[1];
    return fcntl(ends[0], F_SETFL, O_NONBLOCK);
}

void pipes_close_write_ends(struct pipes *pipes) {
    for (int i = 0; i < OUTPUT_STREAMS; i++) {
        bool is_shared = i == OUTPUT_STDERR && pipes->streams[i].fd < 0;
        if (pipes->write_ends[i] >= 0 && !is_shared)
            (void)close(pipes->write_ends[i]);
    }
    for (int i = 0; i < OUTPUT_STREAMS; i++)
        pipes->write_ends[i] = -1;
}

static void close_read_ends(struct pipes *pipes) {
    for (int i = 0; i < OUTPUT_STREAMS; i++) {
        struct carried *stream = &pipes->streams[i];
        if (stream->fd >= 0)
            (void)close(stream->fd);
        if (stream->peak > KEPT)
            (void)madvise(stream->at, stream->size, MADV_DONTNEED);
    }
    forget(pipes);
}

int pipes_open(struct output *output, struct pipes *pipes, struct fault *fault) {
    forget(pipes);
    int result = open_pipe(pipes, OUTPUT_STDOUT);
    if (result == 0 && !output->merged)
        result = open_pipe(pipes, OUTPUT_STDERR);
    else
        pipes->write_ends[OUTPUT_STDERR] = pipes->write_ends[OUTPUT_STDOUT];
    if (result == 0 && output->telemetry >= 0)
        result = open_pipe(pipes, OUTPUT_TELEMETRY);
    if (result == 0)
        return 0;
    (void)fault_set(fault, "no pipe for a worker's output: %s", strerror(errno));
    pipes_close_write_ends(pipes);
    close_read_ends(pipes);
    return -1;
}

size_t pipes_fds(const struct pipes *pipes, int *out) {
    size_t n = 0;
    for (int i = 0; i < OUTPUT_STREAMS; i++)
        if (pipes->streams[i].fd >= 0 && !pipes->streams[i].ended)
            out[n++] = pipes->streams[i].fd;
    return n;
}

static void carry(struct output *output, struct pipes *pipes, int which) {
    struct carried *from = &pipes->streams[which];
    size_t total = 0;
    while (total < OUTPUT_MAX_DRAIN) {
        ssize_t got = read(from->fd, from->at + from->n, PIECE);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            /* A pipe at its end is readable for ever. */
            from->ended = got == 0 || errno != EAGAIN;
            break;
        }
        size_t n = (size_t)got;
        total += n;
        from->n += n;
        if (from->n > from->peak)
            from->peak = from->n;
        if (which == OUTPUT_TELEMETRY)
            carry_frames(output, pipes, from, n);
        else
            carry_lines(output, which, from);
        if (n < SHORT_READ)
            break;
    }
    from->empty = total == 0;
}

void output_forward(struct output *output, struct pipes *pipes, int fd) {
    for (int i = 0; i < OUTPUT_STREAMS; i++)
        if (pipes->streams[i].fd == fd && fd >= 0)
            carry(output, pipes, i);
}

static void end_lines(struct output *output, struct pipes *pipes) {
    end_line(output, OUTPUT_STDOUT, &pipes->streams[OUTPUT_STDOUT]);
    end_line(output, OUTPUT_STDERR, &pipes->streams[OUTPUT_STDERR]);
}

void output_settle(struct output *output, struct pipes *pipes) {
    for (int i = 0; i < OUTPUT_STREAMS; i++)
        if (pipes->streams[i].fd >= 0 && !pipes->streams[i].ended)
            carry(output, pipes, i);
    end_lines(output, pipes);
}

uint64_t output_finish(struct output *output, struct pipes *pipes) {
    for (int i = 0; i < OUTPUT_STREAMS; i++) {
        struct carried *stream = &pipes->streams[i];
        for (int pass = 0; stream->fd >= 0 && pass < OUTPUT_MAX_PASSES; pass++) {
            carry(output, pipes, i);
            if (stream->ended || stream->empty)
                break;
        }
    }
    end_lines(output, pipes);
    uint64_t dropped = pipes->dropped + pipes->streams[OUTPUT_TELEMETRY].n;
    close_read_ends(pipes);
    return dropped;
}
