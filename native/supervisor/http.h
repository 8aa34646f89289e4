/* Reads HTTP/1.1 replies and requests from bytes, without I/O, and writes requests' heads.
 *
 * Both readers own one stretch of memory that the caller reserved: bytes are received into `*_room`, and what
 * was read is looked at in place until `*_release`. What came of bytes does not depend on the pieces they
 * came in.
 */
#ifndef DAYFLY_HTTP_H
#define DAYFLY_HTTP_H

#include "common.h"

/* An event is at most 6 MB; the platform may wrap it (function URLs, base64), so leave room, but never let a
 * broken reply eat the environment's memory. */
#define HTTP_MAX_BODY ((size_t)64 << 20)
/* Status line and headers of a reply. The client context alone may have 3,583 bytes, a Cognito identity or a
 * trace header come on top, and AWS's client takes lines of 100 KiB, any number of them. */
#define HTTP_MAX_HEAD ((size_t)2 << 20)
/* What is received at once, at least. */
#define HTTP_PIECE ((size_t)256 << 10)
/* Memory of a reader of replies with bodies of so many bytes: a head, a body, and a chunk's line that is not
 * whole yet. It is reserved, and touched only as far as replies are long. */
#define HTTP_REPLY_SPACE(max_body) (2 * HTTP_MAX_HEAD + (max_body) + 4 * HTTP_PIECE)
/* Requests of extensions in the function's process: the API's own messages are some hundred bytes. */
#define HTTP_MAX_REQUEST ((size_t)65536)
#define HTTP_REQUEST_SPACE (4 * HTTP_MAX_REQUEST)
/* Names that one request may have: a name that comes twice is refused, and who sends many would have them all
 * compared. */
#define HTTP_MAX_NAMES 64

/* Headers that are found while a head is read: of each the first. */
enum http_header {
    HTTP_REQUEST_ID,
    HTTP_TRACE_ID,
    HTTP_CLIENT_CONTEXT,
    HTTP_COGNITO_IDENTITY,
    HTTP_FUNCTION_ARN,
    HTTP_DEADLINE_MS,
    HTTP_TENANT_ID,
    HTTP_INVOCATION_ID,
    HTTP_CONTENT_TYPE,
    HTTP_CONTENT_LENGTH,
    HTTP_TRANSFER_ENCODING,
    HTTP_CONNECTION,
    HTTP_EXTENSION_ID,
    HTTP_HEADERS,
};
/* Those of an event that a worker gets are the first of them. */
#define HTTP_EVENT_HEADERS (HTTP_CONTENT_TYPE + 1)

/* Name of a header, in lower case. */
const char *http_name(enum http_header header);

/* One final reply. All spans are valid until `reply_release`. A header that is missing has `at` NULL. */
struct reply {
    int status;
    bool closes;        /* the connection serves no further request */
    const char *defect; /* what is malformed behind the status; NULL for a whole reply */
    struct bytes head;  /* the header lines, without the status line */
    struct bytes headers[HTTP_HEADERS];
    struct bytes body;
};

/* Fields are the reader's own, but for `reply`, `interim` and `complaint`. */
struct reply_reader {
    uint8_t *at;
    size_t size, max_body;
    size_t start, end; /* what is not read yet */
    size_t searched;   /* of it, known to hold no end of what is sought */
    size_t body_at, body_n, left, trailer_n;
    int mode;
    bool whole;
    unsigned interim;   /* 100-replies since the last final one */
    char complaint[96]; /* why `reply_took` or `reply_ended` returned -1 */
    struct reply reply;
};

/* Begin with memory of HTTP_REPLY_SPACE(max_body) bytes. */
void reply_begin(struct reply_reader *reader, uint8_t *at, size_t max_body);

/* Return where up to `*n` bytes may be received; `*n` is 0 only where too much came behind a reply that
 * nobody released. */
uint8_t *reply_room(struct reply_reader *reader, size_t *n);

/* `n` bytes were received there; -1 for what is no HTTP/1.1 as the Runtime API speaks it, or too long, and
 * ever after. Then `reply.status` and `reply.headers` are what was read of the final reply's head, 0 where
 * there was none. */
int reply_took(struct reply_reader *reader, size_t n);

/* The peer closed: a body without a length ends here. -1 in mid-reply. */
int reply_ended(struct reply_reader *reader);

/* After a -1: make a reply with a defect of what was read before it. */
void reply_give_up(struct reply_reader *reader);

/* Say whether bytes of a reply are there that is not whole; behind a whole one, of the next. */
bool reply_has_started(const struct reply_reader *reader);

/* The reply that is whole was used: go on to the next. */
void reply_release(struct reply_reader *reader);

/* Go over the header lines of `head`: false at the end. `*at` begins as 0; lines without a colon are left
 * out. */
bool http_each(struct bytes head, size_t *at, struct bytes *name, struct bytes *value);

/* Say whether two spans are equal but for the case of ASCII letters. */
bool http_same(struct bytes a, struct bytes b);

/* One request of an extension's client; spans are valid until `request_release`. */
struct request {
    struct bytes method, path, head, body;
};

struct request_reader {
    uint8_t *at;
    size_t start, end, searched, length;
    bool has_head, broken;
    struct request request;
};

/* Begin with memory of HTTP_REQUEST_SPACE bytes. */
void request_begin(struct request_reader *reader, uint8_t *at);

/* As for replies. -1 for what another reader might see as two requests, or as another route, and ever after.
 */
uint8_t *request_room(struct request_reader *reader, size_t *n);
int request_took(struct request_reader *reader, size_t n);

/* Return a whole request, NULL where there is none yet; to be asked again after `request_release`. */
const struct request *request_whole(const struct request_reader *reader);

/* The request was used; where the bytes behind it are none, the next `request_took` is -1. */
void request_release(struct request_reader *reader);

/* The value of a header of a request, `at` NULL without one. `name` in lower case. */
struct bytes request_header(const struct request *request, const char *name);

#endif
