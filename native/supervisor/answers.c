#include "answers.h"

#include <sys/wait.h>

#include "json.h"

/* What awslambdaric's errors count as: it names no type on /error, so the platform takes this one. */
#define UNKNOWN_ERROR "Function.Unknown"

/* Signal names as the platform prints them (Go's syscall package, zerrors_linux_amd64.go). */
static const char *const signals[32] = {
    [1] = "hangup",
    [2] = "interrupt",
    [3] = "quit",
    [4] = "illegal instruction",
    [5] = "trace/breakpoint trap",
    [6] = "aborted",
    [7] = "bus error",
    [8] = "floating point exception",
    [9] = "killed",
    [10] = "user defined signal 1",
    [11] = "segmentation fault",
    [12] = "user defined signal 2",
    [13] = "broken pipe",
    [14] = "alarm clock",
    [15] = "terminated",
    [16] = "stack fault",
    [24] = "CPU time limit exceeded",
    [25] = "file size limit exceeded",
    [26] = "virtual timer expired",
    [27] = "profiling timer expired",
    [29] = "I/O possible",
    [30] = "power failure",
    [31] = "bad system call",
};

void answers_exit_reason(int status, char *out, size_t size) {
    /* What is no status of an ended process counts as its exit status has it. */
    if (status != ANSWERS_NO_STATUS && WIFSIGNALED(status)) {
        int number = WTERMSIG(status);
        const char *dumped = WCOREDUMP(status) ? " (core dumped)" : "";
        const char *name = (size_t)number < COUNT(signals) ? signals[number] : NULL;
        if (name != NULL)
            (void)snprintf(out, size, "Runtime exited with error: signal: %s%s", name, dumped);
        else
            (void)snprintf(out, size, "Runtime exited with error: signal: signal %d%s", number, dumped);
    } else if (status == ANSWERS_NO_STATUS || WEXITSTATUS(status) == 0) {
        (void)snprintf(out, size, "Runtime exited without providing a reason");
    } else {
        (void)snprintf(out, size, "Runtime exited with error: exit status %d", WEXITSTATUS(status));
    }
}

bool answers_is_request_id(struct bytes text) {
    bool has_letter = false;
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.at[i];
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        /* Marks that mean nothing in a path (RFC 3986, 3.3). */
        if (!is_letter && (c == 0 || strchr("-_.~:@+=,;", c) == NULL))
            return false;
        has_letter |= is_letter;
    }
    return has_letter && text.n <= ANSWERS_MAX_REQUEST_ID;
}

void answers_fail(struct failure *out, const char *type, struct bytes message) {
    struct buffer body = {(uint8_t *)out->body, 0, sizeof(out->body)};
    out->type = type;
    for (;;) {
        body.n = 0;
        int result = buffer_add(&body, LITERAL("{\"errorType\":")) | json_string(&body, bytes_of(type));
        result |= buffer_add(&body, LITERAL(",\"errorMessage\":")) | json_string(&body, message);
        if ((result | buffer_add(&body, LITERAL("}"))) == 0)
            break;
        /* Too long: its beginning, which says what it is. */
        message.n /= 2;
    }
    out->n = body.n;
}

static void fail_request(struct failure *out, const char *type, struct bytes request_id, const char *words) {
    char message[1024];
    (void)snprintf(message, sizeof(message), "RequestId: %.*s Error: %s", (int)request_id.n,
                   (const char *)request_id.at, words);
    answers_fail(out, type, bytes_of(message));
}

void answers_exited(struct failure *out, struct bytes request_id, int status) {
    char words[128];
    answers_exit_reason(status, words, sizeof(words));
    fail_request(out, "Runtime.ExitError", request_id, words);
}

void answers_unreadable(struct failure *out, struct bytes request_id, const char *defect) {
    char words[512];
    (void)snprintf(words, sizeof(words), "Unable to read the event: %s", defect);
    fail_request(out, "Runtime.UnmarshalError", request_id, words);
}

void answers_timeout_words(int64_t timeout_ns, char *out, size_t size) {
    int64_t hundredths = (timeout_ns + 5 * NS_PER_MS) / (10 * NS_PER_MS);
    (void)snprintf(out, size, "Task timed out after %lld.%02d seconds", (long long)(hundredths / 100),
                   (int)(hundredths % 100));
}

void answers_timed_out(struct failure *out, struct bytes request_id, int64_t timeout_ns) {
    char words[128];
    answers_timeout_words(timeout_ns, words, sizeof(words));
    fail_request(out, "Sandbox.Timedout", request_id, words);
}

struct outcome answers_outcome(const struct failure *failure) {
    return (struct outcome){
        .is_error = true,
        .error_type = failure->type,
        .body = {(const uint8_t *)failure->body, failure->n},
    };
}

/* Printable ASCII and spaces, at least one byte: a carriage return here would let a worker write a second
 * request on the supervisor's connection. */
static bool is_header_value(struct bytes value) {
    for (size_t i = 0; i < value.n; i++)
        if (value.at[i] < ' ' || value.at[i] > '~')
            return false;
    return value.n > 0;
}

bool answers_acceptable(bool is_error, struct bytes meta) {
    if (is_error)
        return meta.n == 0 || is_header_value(meta);
    return meta.n <= ANSWERS_MAX_CONTENT_TYPE && is_header_value(meta);
}

void answers_send(struct upstream *up, struct bytes request_id, struct bytes echo,
                  const struct outcome *outcome, bool held) {
    const char *type = outcome->error_type != NULL ? outcome->error_type : UNKNOWN_ERROR;
    if (held)
        upstream_finish(up, outcome->body, outcome->is_error ? type : NULL);
    else if (outcome->is_error)
        upstream_fail(up, request_id, echo, outcome->error_type, outcome->meta, outcome->body);
    else
        upstream_respond(up, request_id, echo, outcome->meta, outcome->body);
}
