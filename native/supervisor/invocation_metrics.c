#include "supervisor.h"

#include <stdlib.h>

/* Of an answer that is too long to be read: its status stands near one of its ends. */
enum { ENDS_BYTES = 4096, MANY_PACKAGES = 1024 };

/* Processor time of a process's threads, dead ones too, 0 where the kernel does not say. */
static int64_t cpu_time(pid_t pid) {
    clockid_t clock;
    struct timespec at;
    if (pid <= 0 || clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &at) != 0)
        return 0;
    return at.tv_sec * NS_PER_S + at.tv_nsec;
}

void invocation_metrics_arrived(struct supervisor *s) {
    struct invocation_metrics *invocation_metrics = &s->invocation_metrics;
    invocation_metrics->arrived = invocation_metrics->handed = invocation_metrics->answered = now_ns();
    invocation_metrics->used = 0;
    invocation_metrics->worker = 0;
    s->report.n_left = 0;
}

void invocation_metrics_handing(struct supervisor *s, pid_t pid, unsigned number) {
    s->invocation_metrics.worker = number;
    if (!s->settings.log_invocations)
        return;
    s->invocation_metrics.cpu = cpu_time(pid);
    s->invocation_metrics.handed = now_ns();
}

void invocation_metrics_answered(struct supervisor *s, pid_t pid) {
    if (!s->settings.log_invocations)
        return;
    s->invocation_metrics.answered = now_ns();
    int64_t used = cpu_time(pid);
    s->invocation_metrics.used = used > 0 ? used - s->invocation_metrics.cpu : 0;
}

void invocation_metrics_sent(struct supervisor *s, const struct outcome *outcome) {
    s->invocation_metrics.sent = now_ns();
    s->invocation_metrics.outcome = *outcome;
}

/* ---- what the clerk says --------------------------------------------------------------------- */

static bool next_line(struct bytes *rest, char end, struct bytes *line) {
    if (rest->at == NULL)
        return false;
    const uint8_t *at = rest->n > 0 ? memchr(rest->at, end, rest->n) : NULL;
    size_t n = at == NULL ? rest->n : (size_t)(at - rest->at);
    *line = (struct bytes){rest->at, n};
    *rest = at == NULL ? (struct bytes){NULL, 0} : (struct bytes){at + 1, rest->n - n - 1};
    return true;
}

/* Copy a text of printable ASCII; -1 for others. */
static int take_text(struct bytes line, char *out, size_t size) {
    for (size_t i = 0; i < line.n; i++)
        if (line.at[i] < ' ' || line.at[i] > '~')
            return -1;
    if (line.n >= size)
        return -1;
    bytes_copy(out, size, line);
    return 0;
}

static int take_hash(struct bytes line, char out[17]) {
    for (size_t i = 0; i < line.n; i++)
        if (strchr("0123456789abcdef", line.at[i]) == NULL)
            return -1;
    return line.n == 0 || line.n == 16 ? take_text(line, out, 17) : -1;
}

/* Read nine lines; -1 for what is not as it should be. */
static int take_activity(struct bytes reply, struct activity *out) {
    struct bytes lines[9];
    char status[8];
    size_t n = 0;
    while (n < COUNT(lines) && next_line(&reply, '\n', &lines[n]))
        n++;
    if (n != COUNT(lines) || reply.at != NULL)
        return -1;
    int failed = take_text(lines[0], out->trigger, sizeof(out->trigger)) |
                 take_text(lines[1], out->route, sizeof(out->route));
    failed |= take_hash(lines[2], out->source) | take_hash(lines[3], out->principal) |
              take_hash(lines[4], out->shape);
    failed |= take_hash(lines[5], out->pattern) | take_hash(lines[6], out->subject) |
              take_hash(lines[7], out->residue);
    failed |= take_text(lines[8], status, sizeof(status));
    out->status = failed != 0 ? 0 : atoi(status);
    return failed;
}

/* Say once that records lack what only the clerk knows. */
static void tell_missing(struct supervisor *s, const struct fault *why) {
    char message[400];
    if (s->invocation_metrics.has_told_missing)
        return;
    s->invocation_metrics.has_told_missing = true;
    (void)snprintf(message, sizeof(message),
                   "log records of invocations lack what events say: the process that reads them: %s",
                   why->text);
    announce_missing(&s->report, "log_invocations", message);
}

static void ask_activity(struct supervisor *s, const struct lane *lane, struct invocation *record) {
    struct bytes frame = buffer_bytes(&lane->frame), block = {NULL, 0}, body = {NULL, 0},
                 answer = s->invocation_metrics.outcome.body, reply;
    uint8_t ends[2 * ENDS_BYTES];
    char facts[64];
    struct fault fault;
    if (lane->ending != ENDING_UNREADABLE && frame.n >= EVENT_HEAD_BYTES) {
        uint32_t n_block = 0;
        for (size_t i = 0; i < sizeof(n_block); i++)
            n_block = n_block << 8 | frame.at[NONCE_BYTES + i];
        block = (struct bytes){frame.at + EVENT_HEAD_BYTES, n_block};
        body = (struct bytes){block.at + n_block, frame.n - EVENT_HEAD_BYTES - n_block};
    }
    record->bytes_in = body.n;
    bool is_answer = s->invocation_metrics.outcome.error_type == NULL && lane->ending != ENDING_UNREADABLE;
    record->bytes_out = is_answer ? answer.n : 0;
    (void)snprintf(facts, sizeof(facts), "%zu %zu %d", body.n, (size_t)record->bytes_out,
                   is_answer && !s->invocation_metrics.outcome.is_error);
    if (answer.n > CLERK_MAX_TEXT) {
        memcpy(ends, answer.at, ENDS_BYTES);
        memcpy(ends + ENDS_BYTES, answer.at + answer.n - ENDS_BYTES, ENDS_BYTES);
        answer = (struct bytes){ends, sizeof(ends)};
    }
    const struct bytes parts[] = {bytes_of(facts),
                                  block,
                                  body.n > CLERK_MAX_TEXT ? (struct bytes){NULL, 0} : body,
                                  is_answer ? answer : (struct bytes){NULL, 0},
                                  {(const uint8_t *)s->report.left, s->report.n_left}};
    if (clerk_ask(s, lane->until - LANE_RESERVE_NS - now_ns(), 'A', parts, COUNT(parts), &reply, &fault) ==
            0 &&
        take_activity(reply, &record->activity) != 0) {
        (void)fault_set(&fault, "its answer cannot be read");
        clerk_end(s);
    } else if (s->clerk.pid > 0) {
        return;
    }
    record->activity = (struct activity){.trigger = "unreadable"};
    tell_missing(s, &fault);
}

/* Tell the distributions in the function's import path, in as many records as it takes. */
static void tell_path(struct supervisor *s, const struct lane *lane) {
    static struct bytes packages[MANY_PACKAGES];
    static char space[READY_MAX_TEXT];
    struct buffer path = {(uint8_t *)space, 0, sizeof(space)};
    struct bytes reply, piece;
    struct fault fault;
    for (size_t i = 0; i < s->ready.n_path; i++)
        (void)buffer_print(&path, "%s%s", i > 0 ? "\n" : "", s->ready.path[i]);
    struct bytes part = buffer_bytes(&path);
    if (clerk_ask(s, lane->until - LANE_RESERVE_NS - now_ns(), 'P', &part, 1, &reply, &fault) != 0) {
        tell_missing(s, &fault);
        return;
    }
    s->invocation_metrics.has_told_path = true;
    /* The environment's, not the invocation's. */
    uint64_t number = s->report.number;
    char first = s->report.request_id[0];
    s->report.number = 0;
    s->report.request_id[0] = '\0';
    while (reply.n > 0 && next_line(&reply, '\x1e', &piece)) {
        char message[96];
        size_t n = 0;
        while (n < COUNT(packages) && next_line(&piece, '\n', &packages[n]))
            n++;
        struct field fields[] = {{.name = "packages", .kind = FIELD_TEXTS, .texts = packages, .count = n}};
        (void)snprintf(message, sizeof(message), "the function's package contains %zu distributions", n);
        report_find(&s->report, FINDING_ENVIRONMENT_PACKAGES, message, fields, COUNT(fields));
    }
    s->report.number = number;
    s->report.request_id[0] = first;
}

void invocation_metrics_tell(struct supervisor *s, const struct lane *lane) {
    const struct invocation_metrics *invocation_metrics = &s->invocation_metrics;
    if (s->ready.n_path > 0 && !invocation_metrics->has_told_path)
        tell_path(s, lane);
    if (!s->settings.log_invocations) {
        clerk_end(s);
        return;
    }
    struct invocation record = {
        .worker = lane->ending == ENDING_UNREADABLE ? 0 : invocation_metrics->worker,
        .outcome = invocation_metrics->outcome.error_type != NULL ? "crash"
                   : invocation_metrics->outcome.is_error         ? "error"
                                                                  : "success",
        .duration_us = (invocation_metrics->sent - invocation_metrics->arrived) / 1000,
        .overhead_us = (invocation_metrics->handed - invocation_metrics->arrived + invocation_metrics->sent -
                        invocation_metrics->answered) /
                       1000,
        .cpu_us = invocation_metrics->used / 1000,
        .code = s->ready.code,
    };
    ask_activity(s, lane, &record);
    report_invocation(&s->report, &record);
}
