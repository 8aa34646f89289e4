/* Decides what the platform is told about one invocation, in Lambda's own words. */
#ifndef DAYFLY_ANSWERS_H
#define DAYFLY_ANSWERS_H

#include "upstream.h"

/* A path of UUID-like length; nothing that could be another path is taken for a request id. */
#define ANSWERS_MAX_REQUEST_ID 128
/* Of a worker's answer, in a header. */
#define ANSWERS_MAX_CONTENT_TYPE 256
/* A request id, a fixed text and a defect, escaped. */
#define ANSWERS_MAX_FAILURE 4096

/* An invocation without an answer of its worker's: Lambda's error type and the JSON of the error. */
struct failure {
    const char *type;
    char body[ANSWERS_MAX_FAILURE];
    size_t n;
};

/* What an invocation came to. */
struct outcome {
    bool is_error;
    const char *error_type; /* of a failure; NULL for what a worker answered */
    struct bytes meta;      /* content type of a result, X-Ray cause of an error, empty for none */
    struct bytes body;
};

/* A wait status that nobody knows. */
#define ANSWERS_NO_STATUS (-1)

/* Write how Lambda would word the end of a runtime with this wait status. */
void answers_exit_reason(int status, char *out, size_t size);

/* Say whether `text` may name an invocation in a path: letters, digits and a few marks,
 * ANSWERS_MAX_REQUEST_ID at most. */
bool answers_is_request_id(struct bytes text);

/* A worker ended before it answered. */
void answers_exited(struct failure *out, struct bytes request_id, int status);

/* No worker was given the event; named as AWS's client names one that is not JSON. */
void answers_unreadable(struct failure *out, struct bytes request_id, const char *defect);

/* The invocation took longer than it may; `timeout_ns` is the function's timeout. `answers_timeout_words` is
 * what the log says. */
void answers_timed_out(struct failure *out, struct bytes request_id, int64_t timeout_ns);
void answers_timeout_words(int64_t timeout_ns, char *out, size_t size);

/* A failure of any type, for init errors: {"errorType":TYPE,"errorMessage":MESSAGE}. */
void answers_fail(struct failure *out, const char *type, struct bytes message);

struct outcome answers_outcome(const struct failure *failure);

/* Say whether what a worker wants in a header may stand in one: printable ASCII, short enough. */
bool answers_acceptable(bool is_error, struct bytes meta);

/* Begin to give the platform the outcome, by the held response if there is one; the reply is still to be
 * waited for. Under a held response an error travels as the body, which is what a buffered invoker gets, and
 * as trailers, which make it an error; its X-Ray cause, a header, is lost then. */
void answers_send(struct upstream *up, struct bytes request_id, struct bytes echo,
                  const struct outcome *outcome, bool held);

#endif
