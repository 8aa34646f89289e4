/* Frames between supervisor, zygote and worker: the binary formats of src/dayfly/core/frames.py.
 *
 * The readers take bytes from processes that an attacker may own: every length is checked before a byte is kept, and
 * the first field that breaks a rule ends the reading with a fault that names the rule, never the bytes.
 */
#ifndef DAYFLY_FRAMES_H
#define DAYFLY_FRAMES_H

#include "common.h"

enum {
    NONCE_BYTES = 16,
    ANSWER_HEAD_BYTES = 29,
    EVENT_HEAD_BYTES = 28,
    CONTROL_HEAD_BYTES = 5,
    /* Lambda's answer limit, 6 MiB + 100 bytes: a longer body is refused by the platform with 413. */
    MAX_ANSWER_BYTES = 6291556,
    /* What a worker may announce beside the body: the larger of content type and X-Ray cause. */
    MAX_META_BYTES = 1024 * 1024,
    /* What a worker may say about its invocation, as core/limits.py reckons it. */
    MAX_NOTE_BYTES = 16384,
    /* A finding of its guard, or the error of a refusal. */
    MAX_REPORT_BYTES = 4096,
    /* What there is room for of an answer's body, one byte beyond the limit so that the platform itself refuses it, and a report
     * that comes in its middle. */
    ANSWER_BODY_BYTES = MAX_ANSWER_BYTES + 1 + MAX_REPORT_BYTES,
    /* Reports of one invocation that are read: each process that a worker forks makes some dozens at most, and a function may fork a
     * thousand. */
    MAX_REPORTS = 65536,
    /* Frames between supervisor and zygote: a stack trace of an init failure is the longest. */
    MAX_CONTROL_BYTES = 8 * 1024 * 1024,
};

enum answer_kind { ANSWER_NONE = 0, ANSWER_RESULT = 1, ANSWER_ERROR = 2, ANSWER_NOTE = 3, ANSWER_REPORT = 4, ANSWER_PART = 5 };

enum control_kind {
    CONTROL_FORK = 1,          /* to the zygote, with the worker's descriptors attached */
    CONTROL_SERVE = 2,         /* to the zygote: serve events yourself */
    CONTROL_REAP = 3,          /* to the zygote: this pid is proved dead, it may be waited for */
    CONTROL_CALL_DONE = 4,     /* to the zygote: the reply to CALL, "status\nbody" */
    CONTROL_TIDY = 5,          /* to the zygote: spend a slice of time on memory layout */
    CONTROL_FORKED = 6,        /* from the zygote: "pid" */
    CONTROL_REAPED = 7,        /* from the zygote: "pid status" */
    CONTROL_READY = 8,         /* from the zygote: init is done */
    CONTROL_CALL = 9,          /* from the zygote: "method path\nerror type\nbody" */
    CONTROL_SERVING = 10,      /* from the zygote: answers SERVE */
    CONTROL_TIDIED = 11,       /* from the zygote: nothing is left to tidy */
    CONTROL_REAP_AND_TELL = 12, /* to the zygote: as REAP, and REAPED is wanted */
    CONTROL_PRINT = 13,        /* to the zygote: say what the function's code is */
    CONTROL_PRINTED = 14,      /* from the zygote: its fingerprint in hexadecimal digits, 0 where it has none */
    CONTROL_TRIES = 15,        /* from the zygote: a child of its own tries imports, "pid", before FORKED; 0 before it is waited for */
    CONTROL_LEARN = 16,        /* to the zygote: import what that child found clean, within so many milliseconds; nobody serves */
    CONTROL_LEARNED = 17       /* from the zygote: answers LEARN */
};

/* What a worker reported while its invocation went on; see REPORT in core/frames.py. `is_current` is false where it
 * carries an earlier event's nonce. Valid during the call alone. */
struct worker_report {
    struct bytes finding;
    struct bytes error;
    bool is_current;
};

/* Called for each report; `context` as given to `answer_begin`. */
typedef void report_taker(void *context, const struct worker_report *report);

/* Collects one answer: at most one note, parts of the body, then a result or an error with the rest of it, and reports between
 * them, since processes that a worker forked write to the same socket. `head` is the buffer for one frame's head
 * and meta (ANSWER_HEAD_BYTES + MAX_META_BYTES), `body` for the body (ANSWER_BODY_BYTES), `note` for the note. The
 * caller gives the buffers' memory once, before `answer_begin`. */
struct answer_reader {
    struct buffer head;
    struct buffer body;
    struct buffer note;
    uint8_t nonce[NONCE_BYTES];
    report_taker *take_report;
    void *context;
    enum answer_kind kind; /* of the frame being read */
    bool has_head;
    bool is_current;
    bool has_note;
    bool is_whole; /* the answer is in: `kind`, `answer_meta`, `body`, `note` are it */
    unsigned reports;
    size_t parts; /* bytes of `body` that came in parts */
    uint64_t meta_bytes;
    uint64_t body_bytes; /* as announced, of a whole answer with its parts; `body` keeps MAX_ANSWER_BYTES + 1 of them at most */
    uint64_t unread;     /* bytes of too long an answer that are still to come, and that nobody wants */
    bool said_more;      /* something came behind the answer */
};

/* Begin to read the answer to the event that was sent with `nonce`. What is `unread` of the answer before is skipped: of
 * another worker's, it is set to 0 by the caller. */
void answer_begin(struct answer_reader *reader, const uint8_t nonce[NONCE_BYTES], report_taker *take, void *context);

/* Take the next bytes; -1 with a fault at the first field that breaks a rule. What comes behind a whole answer is not
 * read: see `said_more`. */
int answer_feed(struct answer_reader *reader, struct bytes data, struct fault *fault);

/* The meta of a whole answer: a content type, or an X-Ray cause. */
struct bytes answer_meta(const struct answer_reader *reader);

/* Say whether Lambda will refuse a whole answer for its length: `body` is not all of it. */
bool answer_is_too_long(const struct answer_reader *reader);

/* Say whether bytes may stand in an HTTP header: printable ASCII and spaces, at least one byte. */
bool is_header_value(struct bytes value);

/* Write the head of an event frame, EVENT_HEAD_BYTES, into `out`. */
void event_head(uint8_t *out, const uint8_t nonce[NONCE_BYTES], uint32_t block_bytes, uint64_t body_bytes);

/* Append one control frame; -1 where the buffer is too small. */
int control_pack(struct buffer *out, enum control_kind kind, struct bytes payload);

/* One frame from a zygote. `payload` points into the buffer it was read from. */
struct control_frame {
    unsigned kind;
    struct bytes payload;
};

/* Take the first frame of what a zygote has sent. Returns 1 and fills `frame` where one is whole (the caller drops
 * CONTROL_HEAD_BYTES + payload.n bytes once it is dealt with), 0 where more must come, -1 with a fault where a frame
 * announces too much. */
int control_first(const struct buffer *received, struct control_frame *frame, struct fault *fault);

/* Read a number of at most 7 digits, as pids and wait statuses are; -1 where the bytes are none. */
int control_number(struct bytes text);

#endif
