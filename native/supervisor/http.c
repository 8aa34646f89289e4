#include "http.h"

enum { HEAD, LENGTH, UNTIL_CLOSE, CHUNK_SIZE, CHUNK_DATA, CHUNK_END, TRAILER, BROKEN };

/* Eighteen digits are beyond every length that is accepted. */
#define MAX_DIGITS 18
#define MAX_LENGTH_DIGITS 6

static const char *const names[HTTP_HEADERS] = {
    [HTTP_REQUEST_ID] = "lambda-runtime-aws-request-id",
    [HTTP_TRACE_ID] = "lambda-runtime-trace-id",
    [HTTP_CLIENT_CONTEXT] = "lambda-runtime-client-context",
    [HTTP_COGNITO_IDENTITY] = "lambda-runtime-cognito-identity",
    [HTTP_FUNCTION_ARN] = "lambda-runtime-invoked-function-arn",
    [HTTP_DEADLINE_MS] = "lambda-runtime-deadline-ms",
    [HTTP_TENANT_ID] = "lambda-runtime-aws-tenant-id",
    [HTTP_INVOCATION_ID] = "lambda-runtime-invocation-id",
    [HTTP_CONTENT_TYPE] = "content-type",
    [HTTP_CONTENT_LENGTH] = "content-length",
    [HTTP_TRANSFER_ENCODING] = "transfer-encoding",
    [HTTP_CONNECTION] = "connection",
    [HTTP_EXTENSION_ID] = "lambda-extension-identifier",
};

const char *http_name(enum http_header header) { return names[header]; }

static uint8_t lower(uint8_t c) { return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c; }

bool http_same(struct bytes a, struct bytes b) {
    if (a.n != b.n)
        return false;
    for (size_t i = 0; i < a.n; i++)
        if (lower(a.at[i]) != lower(b.at[i]))
            return false;
    return true;
}

/* White space as Python's str.strip has it, of ASCII. */
static bool is_space(uint8_t c) { return c == ' ' || (c >= 9 && c <= 13) || (c >= 28 && c <= 31); }

static bool is_blank(uint8_t c) { return c == ' ' || c == '\t' || c == '\r'; }

static struct bytes strip(struct bytes text, bool (*goes)(uint8_t)) {
    while (text.n > 0 && goes(text.at[text.n - 1]))
        text.n--;
    while (text.n > 0 && goes(text.at[0])) {
        text.at++;
        text.n--;
    }
    return text;
}

/* Take the text before the first `mark` off `*from`; false where there is none. */
static bool cut(struct bytes *from, uint8_t mark, struct bytes *before) {
    const uint8_t *at = from->n > 0 ? memchr(from->at, mark, from->n) : NULL;
    if (at == NULL)
        return false;
    size_t n = (size_t)(at - from->at);
    *before = (struct bytes){from->at, n};
    from->at += n + 1;
    from->n -= n + 1;
    return true;
}

/* A line of a head: false at the end of `*rest`. A head's last line has no end of its own. */
static bool next_line(struct bytes *rest, struct bytes *line) {
    if (rest->at == NULL)
        return false;
    if (!cut(rest, '\n', line)) {
        *line = *rest;
        *rest = (struct bytes){NULL, 0};
    }
    return true;
}

static bool split_header(struct bytes line, struct bytes *name, struct bytes *value) {
    if (!cut(&line, ':', name))
        return false;
    *name = strip(*name, is_space);
    *value = strip(line, is_blank);
    return true;
}

bool http_each(struct bytes head, size_t *at, struct bytes *name, struct bytes *value) {
    while (*at < head.n) {
        struct bytes rest = {head.at + *at, head.n - *at}, line = {NULL, 0};
        if (!cut(&rest, '\n', &line)) {
            line = rest;
            *at = head.n;
        } else {
            *at += line.n + 1;
        }
        if (split_header(line, name, value))
            return true;
    }
    return false;
}

/* A number as HTTP writes one; false for what is none. */
static bool read_number(struct bytes text, size_t *out) {
    if (text.n == 0 || text.n > MAX_DIGITS)
        return false;
    size_t number = 0;
    for (size_t i = 0; i < text.n; i++) {
        if (text.at[i] < '0' || text.at[i] > '9')
            return false;
        number = number * 10 + (size_t)(text.at[i] - '0');
    }
    *out = number;
    return true;
}

void reply_begin(struct reply_reader *reader, uint8_t *at, size_t max_body) {
    memset(reader, 0, sizeof(*reader));
    reader->at = at;
    reader->size = HTTP_REPLY_SPACE(max_body);
    reader->max_body = max_body;
}

/* Where what is kept ends: a head and as much of a body as is there. */
static size_t kept(const struct reply_reader *reader) {
    return reader->whole || reader->mode != HEAD ? reader->body_at + reader->body_n : 0;
}

static void close_gap(struct reply_reader *reader, size_t to) {
    if (reader->start == to)
        return;
    size_t n = reader->end - reader->start;
    memmove(reader->at + to, reader->at + reader->start, n);
    reader->start = to;
    reader->end = to + n;
}

uint8_t *reply_room(struct reply_reader *reader, size_t *n) {
    if (reader->size - reader->end < HTTP_PIECE)
        close_gap(reader, kept(reader));
    *n = reader->size - reader->end;
    return reader->at + reader->end;
}

static int fail(struct reply_reader *reader, const char *complaint) {
    if (complaint != NULL)
        (void)snprintf(reader->complaint, sizeof(reader->complaint), "%s", complaint);
    /* Where the next reply would begin is anybody's guess. */
    reader->mode = BROKEN;
    return -1;
}

static int fail_long(struct reply_reader *reader, const char *what, size_t limit) {
    (void)snprintf(reader->complaint, sizeof(reader->complaint), "the reply%s longer than %zu bytes", what,
                   limit);
    return fail(reader, NULL);
}

bool reply_has_started(const struct reply_reader *reader) {
    return reader->end > reader->start || reader->mode != HEAD;
}

static void complete(struct reply_reader *reader, bool closes) {
    reader->reply.closes = closes;
    reader->reply.defect = NULL;
    reader->reply.body = (struct bytes){reader->at + reader->body_at, reader->body_n};
    reader->whole = true;
    reader->mode = HEAD;
    reader->searched = 0;
    reader->trailer_n = 0;
}

void reply_give_up(struct reply_reader *reader) {
    reader->reply.closes = true;
    reader->reply.defect = reader->complaint;
    reader->reply.body = (struct bytes){reader->at, 0};
    reader->whole = true;
}

void reply_release(struct reply_reader *reader) {
    reader->whole = false;
    reader->interim = 0;
    memset(&reader->reply, 0, sizeof(reader->reply));
    close_gap(reader, 0);
}

int reply_ended(struct reply_reader *reader) {
    if (reader->mode == UNTIL_CLOSE)
        complete(reader, true);
    else if (reply_has_started(reader))
        return fail(reader, "the connection closed in the middle of a reply");
    return 0;
}

/* Find the empty line that ends a head; a line may end in a line feed alone, as every client has it (RFC
 * 9112, 2.2): none is left in a value, where it would shift the names and values of the event frame against
 * each other. 1: found, `*end` before the mark. */
static bool find_head_end(struct reply_reader *reader, size_t *end, size_t *mark) {
    const uint8_t *text = reader->at + reader->start;
    size_t n = reader->end - reader->start;
    size_t i = reader->searched;
    while (i < n) {
        const uint8_t *found = memchr(text + i, '\n', n - i);
        if (found == NULL)
            break;
        i = (size_t)(found - text);
        if (i + 1 < n && text[i + 1] == '\n') {
            *end = i;
            *mark = 2;
            return true;
        }
        if (i + 2 < n && text[i + 1] == '\r' && text[i + 2] == '\n') {
            *end = i;
            *mark = 3;
            return true;
        }
        i++;
    }
    /* The mark itself may have begun. */
    reader->searched = n > 2 ? n - 2 : 0;
    return false;
}

/* Keep what a head says of known headers. Lenient as AWS's client is: it takes every byte but NUL in a value,
 * and so may an event's sender. Returns what is malformed, NULL where nothing is. */
static const char *read_headers(struct reply *reply, bool has_nul) {
    const char *defect = has_nul ? "a NUL in its headers" : NULL;
    struct bytes rest = reply->head, line, name, value;
    while (next_line(&rest, &line)) {
        if (!split_header(line, &name, &value)) {
            defect = defect != NULL ? defect : "a header line without a colon";
            continue;
        }
        for (size_t i = 0; i < HTTP_HEADERS; i++) {
            struct bytes *first = &reply->headers[i];
            if (!http_same(name, bytes_of(names[i])))
                continue;
            if (first->at == NULL)
                *first = value;
            else if (!bytes_equal(*first, value) && (i == HTTP_CONTENT_LENGTH || i == HTTP_TRANSFER_ENCODING))
                defect = defect != NULL ? defect : "contradictory lengths";
            break;
        }
    }
    return defect;
}

/* Keep the status and headers of a head, 0 and nothing for an interim reply; -1 where it begins with no
 * status line. */
static int read_head(struct reply_reader *reader, struct bytes head, const char **defect, bool *is_old) {
    struct bytes rest = head, line = {NULL, 0}, version, status;
    (void)next_line(&rest, &line);
    while (line.n > 0 && line.at[line.n - 1] == '\r')
        line.n--;
    *defect = NULL;
    if (!cut(&line, ' ', &version) ||
        !((*is_old = bytes_equal(version, LITERAL("HTTP/1.0"))) || bytes_equal(version, LITERAL("HTTP/1.1"))))
        return fail(reader, "the reply does not start with an HTTP/1.x status line");
    if (!cut(&line, ' ', &status))
        status = line;
    size_t number = 0;
    /* Three digits; a status below 100 would pass for a success. */
    if (status.n != 3 || !read_number(status, &number) || number < 100)
        return fail(reader, "the reply does not start with an HTTP/1.x status line");
    if (number < 200) {
        /* Others (early hints, processing) say nothing of whether the body is wanted. */
        reader->interim += number == 100;
        return 0;
    }
    reader->reply.status = (int)number;
    reader->reply.head = rest;
    *defect = read_headers(&reader->reply, memchr(head.at, 0, head.n) != NULL);
    return 0;
}

static int too_long_a_head(struct reply_reader *reader) {
    /* The lines that are whole may name the request that has to be answered. */
    struct bytes head = {reader->at + reader->start, HTTP_MAX_HEAD};
    const uint8_t *last = memrchr(head.at, '\n', head.n);
    head.n = last != NULL ? (size_t)(last - head.at) : 0;
    const char *defect;
    bool is_old;
    if (read_head(reader, head, &defect, &is_old) < 0)
        return -1;
    return fail_long(reader, "'s headers are", HTTP_MAX_HEAD);
}

/* 1: go on, 0: more bytes are needed, -1: malformed. */
static int step_head(struct reply_reader *reader) {
    size_t end = 0, mark = 0;
    bool found = find_head_end(reader, &end, &mark);
    if ((found ? end : reader->searched) > HTTP_MAX_HEAD)
        return too_long_a_head(reader);
    if (!found)
        return 0;
    const char *defect;
    bool is_old = false;
    /* To the front, since what follows is kept behind it. */
    close_gap(reader, 0);
    reader->searched = 0;
    reader->start += end + mark;
    if (read_head(reader, (struct bytes){reader->at, end}, &defect, &is_old) < 0)
        return -1;
    struct reply *reply = &reader->reply;
    if (reply->status == 0)
        return reader->end > reader->start;
    if (defect != NULL) {
        (void)snprintf(reader->complaint, sizeof(reader->complaint), "the reply has %s", defect);
        return fail(reader, NULL);
    }
    reader->body_at = reader->start;
    reader->body_n = 0;
    reader->trailer_n = 0;
    reply->closes = is_old || http_same(reply->headers[HTTP_CONNECTION], LITERAL("close"));
    struct bytes encoding = reply->headers[HTTP_TRANSFER_ENCODING],
                 length = reply->headers[HTTP_CONTENT_LENGTH];
    if (encoding.at != NULL) {
        if (!http_same(encoding, LITERAL("chunked")))
            return fail(reader, "the reply has a transfer encoding other than chunked");
        reader->mode = CHUNK_SIZE;
        return 1;
    }
    if (reply->status == 204 || reply->status == 304)
        length = LITERAL("0");
    if (length.at == NULL) {
        reader->mode = UNTIL_CLOSE;
        return 1;
    }
    if (!read_number(length, &reader->left))
        return fail(reader, "the reply's content length is not a number");
    if (reader->left > reader->max_body)
        return fail_long(reader, " is", reader->max_body);
    reader->mode = LENGTH;
    return 1;
}

/* Move up to `limit` unread bytes to the body's end. */
static int grow(struct reply_reader *reader, size_t limit) {
    size_t n = reader->end - reader->start;
    if (n > limit)
        n = limit;
    if (n > reader->max_body - reader->body_n)
        return fail_long(reader, " is", reader->max_body);
    size_t to = reader->body_at + reader->body_n;
    if (to != reader->start)
        memmove(reader->at + to, reader->at + reader->start, n);
    reader->body_n += n;
    reader->start += n;
    reader->left -= n < reader->left ? n : reader->left;
    return 0;
}

/* Take a line that ends in CR LF; 0 where none is whole. */
static int take_line(struct reply_reader *reader, struct bytes *line) {
    const uint8_t *text = reader->at + reader->start;
    size_t n = reader->end - reader->start;
    const uint8_t *found =
        n > reader->searched ? memmem(text + reader->searched, n - reader->searched, "\r\n", 2) : NULL;
    if (found == NULL)
        reader->searched = n > 0 ? n - 1 : 0;
    size_t end = found != NULL ? (size_t)(found - text) : reader->searched;
    if (end > HTTP_MAX_HEAD)
        return fail(reader, "the reply has a chunk without an end");
    if (found == NULL)
        return 0;
    *line = (struct bytes){text, end};
    reader->start += end + 2;
    reader->searched = 0;
    return 1;
}

static bool is_white(uint8_t c) { return c == ' ' || (c >= 9 && c <= 13); }

static bool read_hex(struct bytes text, size_t *out) {
    if (text.n == 0 || text.n > MAX_DIGITS)
        return false;
    size_t number = 0;
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = lower(text.at[i]);
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
            return false;
        /* Beyond every length that is accepted. */
        if (number > (SIZE_MAX >> 8))
            number = SIZE_MAX >> 8;
        number = number * 16 + (size_t)(c <= '9' ? c - '0' : c - 'a' + 10);
    }
    *out = number;
    return true;
}

static int step_chunks(struct reply_reader *reader) {
    if (reader->mode == CHUNK_DATA) {
        if (grow(reader, reader->left) < 0)
            return -1;
        if (reader->left > 0)
            return 0;
        reader->mode = CHUNK_END;
    }
    struct bytes line;
    int got = take_line(reader, &line);
    if (got <= 0)
        return got;
    if (reader->mode == CHUNK_END) {
        if (line.n > 0)
            return fail(reader, "the reply has a chunk longer than announced");
        reader->mode = CHUNK_SIZE;
        return 1;
    }
    if (reader->mode == TRAILER) {
        if (line.n == 0) {
            complete(reader, reader->reply.closes);
            return 0;
        }
        reader->trailer_n += line.n;
        return reader->trailer_n > HTTP_MAX_HEAD ? fail_long(reader, "'s trailers are", HTTP_MAX_HEAD) : 1;
    }
    struct bytes size = line;
    (void)cut(&line, ';', &size);
    if (!read_hex(strip(size, is_white), &reader->left))
        return fail(reader, "the reply has a chunk whose size is not a number");
    reader->mode = reader->left > 0 ? CHUNK_DATA : TRAILER;
    return 1;
}

static int step(struct reply_reader *reader) {
    switch (reader->mode) {
    case HEAD:
        return step_head(reader);
    case LENGTH:
        if (grow(reader, reader->left) < 0)
            return -1;
        if (reader->left == 0)
            complete(reader, reader->reply.closes);
        return 0;
    case UNTIL_CLOSE:
        return grow(reader, SIZE_MAX);
    case BROKEN:
        return fail(reader, "an earlier malformed reply made this connection unusable");
    default:
        return step_chunks(reader);
    }
}

int reply_took(struct reply_reader *reader, size_t n) {
    reader->end += n;
    int result = 1;
    while (!reader->whole && result > 0)
        result = step(reader);
    return result < 0 ? -1 : 0;
}

/* Requests come from code that an attacker may own, and parts of them are passed on to the platform: what
 * another reader might see as two requests, or as another route, is refused. */
void request_begin(struct request_reader *reader, uint8_t *at) {
    memset(reader, 0, sizeof(*reader));
    reader->at = at;
}

uint8_t *request_room(struct request_reader *reader, size_t *n) {
    size_t left = HTTP_REQUEST_SPACE - reader->end;
    *n = left < HTTP_MAX_REQUEST ? left : HTTP_MAX_REQUEST;
    return reader->at + reader->end;
}

static bool is_token(uint8_t c) {
    c = lower(c);
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

/* A letter of Latin-1, as which a head is read. */
static bool is_letter(uint8_t c) {
    c = lower(c);
    return (c >= 'a' && c <= 'z') || c == 0xaa || c == 0xb5 || c == 0xba ||
           (c >= 0xc0 && c != 0xd7 && c != 0xf7);
}

/* No escapes, queries and dots in a path: a server that resolves them sees another route than we do. */
static bool read_first_line(struct bytes line, struct request *request) {
    if (!cut(&line, ' ', &request->method) || !cut(&line, ' ', &request->path))
        return false;
    if (!bytes_equal(line, LITERAL("HTTP/1.1")) && !bytes_equal(line, LITERAL("HTTP/1.0")))
        return false;
    for (size_t i = 0; i < request->method.n; i++)
        if (!is_letter(request->method.at[i]))
            return false;
    struct bytes path = request->path;
    for (size_t i = 0; i < path.n; i++) {
        bool is_dotted = path.at[i] == '/' && i + 1 < path.n && path.at[i + 1] == '.';
        if (is_dotted || !(is_token(path.at[i]) || path.at[i] == '.' || path.at[i] == '/'))
            return false;
    }
    return request->method.n > 0 && path.n > 0 && path.at[0] == '/';
}

/* Also a bare carriage return or line feed, which Go's server takes for the end of a line. */
static bool has_control(struct bytes head) {
    for (size_t i = 0; i < head.n; i++) {
        uint8_t c = head.at[i];
        if (c == '\r' && i + 1 < head.n && head.at[i + 1] == '\n')
            i++;
        else if ((c < 32 && c != '\t') || c == 127)
            return true;
    }
    return false;
}

static bool read_fields(struct request_reader *reader) {
    struct request *request = &reader->request;
    struct bytes seen[HTTP_MAX_NAMES], rest = request->head, line, name;
    size_t count = 0;
    reader->length = 0;
    while (rest.n > 0 && next_line(&rest, &line)) {
        if (!cut(&line, ':', &name) || name.n == 0 || count == HTTP_MAX_NAMES)
            return false;
        for (size_t i = 0; i < name.n; i++)
            if (!is_token(name.at[i]))
                return false;
        for (size_t i = 0; i < count; i++)
            if (http_same(name, seen[i]))
                return false;
        seen[count++] = name;
        if (http_same(name, LITERAL("transfer-encoding")))
            return false;
        if (http_same(name, LITERAL("content-length"))) {
            struct bytes value = strip(line, is_blank);
            if (value.n > MAX_LENGTH_DIGITS || !read_number(value, &reader->length) ||
                reader->length > HTTP_MAX_REQUEST)
                return false;
        }
    }
    return true;
}

static int read_request(struct request_reader *reader) {
    const uint8_t *text = reader->at;
    const uint8_t *found =
        reader->end > reader->searched
            ? memmem(text + reader->searched, reader->end - reader->searched, "\r\n\r\n", 4)
            : NULL;
    size_t end = found != NULL ? (size_t)(found - text) : reader->end > 3 ? reader->end - 3 : 0;
    reader->searched = end;
    if (end > HTTP_MAX_REQUEST)
        goto broken;
    if (found == NULL)
        return 0;
    struct bytes head = {text, end}, line = {NULL, 0};
    if (has_control(head))
        goto broken;
    const uint8_t *first = memmem(head.at, head.n, "\r\n", 2);
    line = (struct bytes){text, first != NULL ? (size_t)(first - text) : end};
    reader->request.head =
        first != NULL ? (struct bytes){first + 2, end - line.n - 2} : (struct bytes){text + end, 0};
    if (!read_first_line(line, &reader->request) || !read_fields(reader))
        goto broken;
    reader->start = end + 4;
    reader->request.body = (struct bytes){text + reader->start, reader->length};
    reader->has_head = true;
    return 0;
broken:
    reader->broken = true;
    return -1;
}

int request_took(struct request_reader *reader, size_t n) {
    reader->end += n;
    if (reader->broken)
        return -1;
    return reader->has_head ? 0 : read_request(reader);
}

const struct request *request_whole(const struct request_reader *reader) {
    if (reader->broken || !reader->has_head || reader->end - reader->start < reader->length)
        return NULL;
    return &reader->request;
}

void request_release(struct request_reader *reader) {
    size_t used = reader->start + reader->length;
    memmove(reader->at, reader->at + used, reader->end - used);
    reader->end -= used;
    reader->start = reader->searched = 0;
    reader->has_head = false;
    (void)read_request(reader);
}

struct bytes request_header(const struct request *request, const char *name) {
    struct bytes found, value;
    size_t at = 0;
    while (http_each(request->head, &at, &found, &value))
        if (http_same(found, bytes_of(name)))
            return value;
    return (struct bytes){NULL, 0};
}
