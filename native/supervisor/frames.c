#include "frames.h"

static uint64_t read_number(const uint8_t *at, size_t bytes) {
    uint64_t value = 0;
    for (size_t i = 0; i < bytes; i++)
        value = value << 8 | at[i];
    return value;
}

static void write_number(uint8_t *at, size_t bytes, uint64_t value) {
    for (size_t i = bytes; i-- > 0; value >>= 8)
        at[i] = (uint8_t)(value & 0xff);
}

static void begin_frame(struct answer_reader *reader) {
    reader->head.n = 0;
    reader->body.n = reader->parts;
    reader->has_head = false;
    reader->meta_bytes = 0;
    reader->body_bytes = 0;
}

void answer_begin(struct answer_reader *reader, const uint8_t nonce[NONCE_BYTES], report_taker *take, void *context) {
    memcpy(reader->nonce, nonce, NONCE_BYTES);
    reader->take_report = take;
    reader->context = context;
    reader->kind = ANSWER_NONE;
    reader->is_current = true;
    reader->has_note = false;
    reader->is_whole = false;
    reader->said_more = false;
    reader->reports = 0;
    reader->parts = 0;
    reader->note.n = 0;
    begin_frame(reader);
}

/* The head of a frame is there: check every field of it. */
static int check_head(struct answer_reader *reader, struct fault *fault) {
    const uint8_t *head = reader->head.at;
    unsigned kind = head[NONCE_BYTES];
    reader->meta_bytes = read_number(head + 17, 4);
    reader->body_bytes = read_number(head + 21, 8);
    reader->is_current = memcmp(head, reader->nonce, NONCE_BYTES) == 0;
    if (!reader->is_current && kind != ANSWER_REPORT)
        return fault_set(fault, "the answer does not have this event's nonce");
    if (kind == ANSWER_REPORT) {
        reader->reports++;
        if (reader->meta_bytes > MAX_REPORT_BYTES || reader->body_bytes > MAX_REPORT_BYTES)
            return fault_set(fault, "a report is too long");
        if (reader->reports > MAX_REPORTS)
            return fault_set(fault, "too many reports");
    } else if (kind == ANSWER_NOTE) {
        if (reader->has_note || reader->body_bytes > 0 || reader->meta_bytes > MAX_NOTE_BYTES)
            return fault_set(fault, "a second note, or a note that is too long");
    } else if (kind == ANSWER_PART) {
        if (reader->meta_bytes > 0 || reader->body_bytes > MAX_ANSWER_BYTES - reader->parts)
            return fault_set(fault, "a part of an answer that is too long");
    } else if (kind != ANSWER_RESULT && kind != ANSWER_ERROR) {
        return fault_set(fault, "an answer of unknown kind");
    }
    if (reader->meta_bytes > MAX_META_BYTES)
        return fault_set(fault, "the answer's header is too long");
    reader->kind = (enum answer_kind)kind;
    reader->has_head = true;
    return 0;
}

/* Move bytes from `data` until `buffer` holds `wanted`; return whether it does. */
static bool fill(struct buffer *buffer, size_t wanted, struct bytes *data) {
    size_t missing = wanted - buffer->n;
    size_t n = data->n < missing ? data->n : missing;
    if (n > 0)
        memcpy(buffer->at + buffer->n, data->at, n);
    buffer->n += n;
    data->at += n;
    data->n -= n;
    return buffer->n == wanted;
}

/* A frame is whole. */
static void finish_frame(struct answer_reader *reader) {
    struct bytes meta = answer_meta(reader);
    if (reader->kind == ANSWER_RESULT || reader->kind == ANSWER_ERROR) {
        reader->is_whole = true;
        reader->body_bytes += reader->parts;
        reader->unread = reader->body_bytes - reader->body.n;
        return;
    }
    if (reader->kind == ANSWER_NOTE) {
        reader->note.n = 0;
        (void)buffer_add(&reader->note, meta);
        reader->has_note = true;
    } else if (reader->kind == ANSWER_PART) {
        reader->parts = reader->body.n;
    } else if (reader->take_report != NULL) {
        struct worker_report report = {meta, {reader->body.at + reader->parts, reader->body.n - reader->parts}, reader->is_current};
        reader->take_report(reader->context, &report);
    }
    begin_frame(reader);
}

/* Pass over the rest of too long an answer. */
static void skip(struct answer_reader *reader, struct bytes *data) {
    size_t n = data->n < reader->unread ? data->n : (size_t)reader->unread;
    reader->unread -= n;
    data->at += n;
    data->n -= n;
}

int answer_feed(struct answer_reader *reader, struct bytes data, struct fault *fault) {
    skip(reader, &data);
    while (!reader->is_whole) {
        if (!reader->has_head) {
            if (!fill(&reader->head, ANSWER_HEAD_BYTES, &data))
                return 0;
            if (check_head(reader, fault) != 0)
                return -1;
        }
        if (!fill(&reader->head, ANSWER_HEAD_BYTES + (size_t)reader->meta_bytes, &data))
            return 0;
        /* One byte beyond the limit is kept, so that the platform itself refuses the answer. */
        uint64_t wanted = reader->body_bytes, most = MAX_ANSWER_BYTES + 1 - reader->parts;
        if (reader->kind != ANSWER_REPORT && wanted > most)
            wanted = most;
        if (!fill(&reader->body, reader->parts + (size_t)wanted, &data))
            return 0;
        finish_frame(reader);
    }
    skip(reader, &data);
    reader->said_more |= data.n > 0;
    return 0;
}

struct bytes answer_meta(const struct answer_reader *reader) {
    return (struct bytes){reader->head.at + ANSWER_HEAD_BYTES, (size_t)reader->meta_bytes};
}

bool answer_is_too_long(const struct answer_reader *reader) {
    return reader->body_bytes > MAX_ANSWER_BYTES;
}

bool is_header_value(struct bytes value) {
    for (size_t i = 0; i < value.n; i++)
        if (value.at[i] < 32 || value.at[i] > 126)
            return false;
    return value.n > 0;
}

void event_head(uint8_t *out, const uint8_t nonce[NONCE_BYTES], uint32_t block_bytes, uint64_t body_bytes) {
    memcpy(out, nonce, NONCE_BYTES);
    write_number(out + NONCE_BYTES, 4, block_bytes);
    write_number(out + NONCE_BYTES + 4, 8, body_bytes);
}

int control_pack(struct buffer *out, enum control_kind kind, struct bytes payload) {
    uint8_t head[CONTROL_HEAD_BYTES];
    if (payload.n > MAX_CONTROL_BYTES || out->size - out->n < sizeof(head) + payload.n)
        return -1;
    head[0] = (uint8_t)kind;
    write_number(head + 1, 4, payload.n);
    (void)buffer_add(out, (struct bytes){head, sizeof(head)});
    return buffer_add(out, payload);
}

int control_first(const struct buffer *received, struct control_frame *frame, struct fault *fault) {
    if (received->n < CONTROL_HEAD_BYTES)
        return 0;
    uint64_t n = read_number(received->at + 1, 4);
    if (n > MAX_CONTROL_BYTES)
        return fault_set(fault, "the control frame's payload is too long");
    if (received->n - CONTROL_HEAD_BYTES < n)
        return 0;
    frame->kind = received->at[0];
    frame->payload = (struct bytes){received->at + CONTROL_HEAD_BYTES, (size_t)n};
    return 1;
}

int control_number(struct bytes text) {
    /* Pids have 7 digits at most (PID_MAX_LIMIT in include/linux/threads.h), wait statuses 5. Never a negative one:
     * kill(-1) is every process of the user. */
    if (text.n == 0 || text.n > 7)
        return -1;
    int value = 0;
    for (size_t i = 0; i < text.n; i++) {
        if (text.at[i] < '0' || text.at[i] > '9')
            return -1;
        value = value * 10 + (text.at[i] - '0');
    }
    return value;
}
