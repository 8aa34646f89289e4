/* Frames as the Python side packs them, in pieces of every size, and what breaks a rule. */
#include "unit.h"

#include "../supervisor/arena.h"
#include "../supervisor/frames.h"

static const uint8_t nonce[NONCE_BYTES] = "0123456789abcdef";
static const uint8_t earlier[NONCE_BYTES] = "fedcba9876543210";

static struct answer_reader reader;
static struct fault fault;
static unsigned reports;
static bool last_is_current;
static char last_finding[64];

static void take(void *context, const struct worker_report *report) {
    CHECK(context == &reader);
    reports++;
    last_is_current = report->is_current;
    bytes_copy(last_finding, sizeof(last_finding), report->finding);
}

static void begin(void) {
    if (reader.head.at == NULL) {
        CHECK(arena_reserve(&reader.head, ANSWER_HEAD_BYTES + MAX_META_BYTES, &fault) == 0);
        CHECK(arena_reserve(&reader.body, ANSWER_BODY_BYTES, &fault) == 0);
        CHECK(arena_reserve(&reader.note, MAX_NOTE_BYTES, &fault) == 0);
    }
    reports = 0;
    fault.text[0] = '\0';
    answer_begin(&reader, nonce, take, &reader);
}

static void put(struct buffer *out, const uint8_t *by, unsigned kind, const char *meta, uint64_t body_bytes,
                const char *body) {
    uint8_t head[ANSWER_HEAD_BYTES];
    size_t meta_bytes = strlen(meta);
    memcpy(head, by, NONCE_BYTES);
    head[NONCE_BYTES] = (uint8_t)kind;
    for (size_t i = 0; i < 4; i++)
        head[17 + i] = (uint8_t)(meta_bytes >> (8 * (3 - i)));
    for (size_t i = 0; i < 8; i++)
        head[21 + i] = (uint8_t)(body_bytes >> (8 * (7 - i)));
    CHECK(buffer_add(out, (struct bytes){head, sizeof(head)}) == 0);
    CHECK(buffer_add(out, bytes_of(meta)) == 0);
    CHECK(buffer_add(out, bytes_of(body)) == 0);
}

static int feed(struct bytes data, size_t piece) {
    for (size_t at = 0; at < data.n; at += piece) {
        size_t n = data.n - at < piece ? data.n - at : piece;
        if (answer_feed(&reader, (struct bytes){data.at + at, n}, &fault) != 0)
            return -1;
    }
    return 0;
}

static void an_answer_is_the_same_in_pieces_of_every_size(void) {
    uint8_t space[512];
    struct buffer all = {space, 0, sizeof(space)};
    put(&all, nonce, ANSWER_REPORT, "Gfinding", 0, "");
    put(&all, earlier, ANSWER_REPORT, "Gearlier", 0, "");
    put(&all, nonce, ANSWER_NOTE, "Wthread", 0, "");
    put(&all, nonce, ANSWER_PART, "", 2, "{\"");
    put(&all, earlier, ANSWER_REPORT, "Gearlier", 5, "error");
    put(&all, nonce, ANSWER_PART, "", 3, "a\":");
    put(&all, nonce, ANSWER_RESULT, "application/json", 2, "1}");
    CHECK(buffer_add(&all, bytes_of("more than an answer")) == 0);
    for (size_t piece = 1; piece <= all.n; piece++) {
        begin();
        CHECK_EQUAL(feed(buffer_bytes(&all), piece), 0);
        CHECK(reader.is_whole && reader.kind == ANSWER_RESULT);
        CHECK(bytes_equal(answer_meta(&reader), bytes_of("application/json")));
        CHECK(bytes_equal(buffer_bytes(&reader.body), bytes_of("{\"a\":1}")));
        CHECK(bytes_equal(buffer_bytes(&reader.note), bytes_of("Wthread")));
        CHECK_EQUAL(reports, 3);
        CHECK(!last_is_current && strcmp(last_finding, "Gearlier") == 0);
        CHECK(!answer_is_too_long(&reader));
        /* Behind the answer, in the same piece as its end or not. */
        CHECK_EQUAL(reader.said_more, true);
    }
}

static void refused(struct buffer *all, const char *why) {
    begin();
    CHECK_EQUAL(feed(buffer_bytes(all), 7), -1);
    CHECK(strcmp(fault.text, why) == 0);
    all->n = 0;
}

static void what_breaks_a_rule_is_named(void) {
    static uint8_t space[1 << 16];
    static char long_text[MAX_REPORT_BYTES + 2];
    struct buffer all = {space, 0, sizeof(space)};
    memset(long_text, 'x', sizeof(long_text) - 1);
    put(&all, earlier, ANSWER_RESULT, "a", 0, "");
    refused(&all, "the answer does not have this event's nonce");
    put(&all, nonce, 9, "a", 0, "");
    refused(&all, "an answer of unknown kind");
    put(&all, nonce, ANSWER_NOTE, "a", 0, "");
    put(&all, nonce, ANSWER_NOTE, "a", 0, "");
    refused(&all, "a second note, or a note that is too long");
    put(&all, nonce, ANSWER_NOTE, "a", 1, "b");
    refused(&all, "a second note, or a note that is too long");
    put(&all, nonce, ANSWER_PART, "a", 1, "b");
    refused(&all, "a part of an answer that is too long");
    put(&all, nonce, ANSWER_PART, "", MAX_ANSWER_BYTES + 1, "");
    refused(&all, "a part of an answer that is too long");
    put(&all, nonce, ANSWER_PART, "", 2, "ab");
    put(&all, nonce, ANSWER_PART, "", MAX_ANSWER_BYTES - 1, "");
    refused(&all, "a part of an answer that is too long");
    put(&all, earlier, ANSWER_PART, "", 2, "ab");
    refused(&all, "the answer does not have this event's nonce");
    put(&all, nonce, ANSWER_REPORT, long_text, 0, "");
    refused(&all, "a report is too long");
    put(&all, nonce, ANSWER_RESULT, "a", 0, "");
    all.at[17] = 0xff;
    refused(&all, "the answer's header is too long");
    begin();
    for (int i = 0; i < MAX_REPORTS; i++) {
        put(&all, nonce, ANSWER_REPORT, "a", 0, "");
        CHECK_EQUAL(feed(buffer_bytes(&all), 64), 0);
        all.n = 0;
    }
    put(&all, nonce, ANSWER_REPORT, "a", 0, "");
    CHECK_EQUAL(feed(buffer_bytes(&all), 64), -1);
}

static void one_byte_beyond_the_limit_is_kept_of_too_long_an_answer(void) {
    static uint8_t space[65536];
    static uint8_t zeros[65536];
    struct buffer all = {space, 0, sizeof(space)};
    begin();
    put(&all, nonce, ANSWER_RESULT, "a", UINT64_MAX, "");
    CHECK_EQUAL(feed(buffer_bytes(&all), all.n), 0);
    for (size_t sent = 0; sent <= MAX_ANSWER_BYTES; sent += sizeof(zeros))
        CHECK_EQUAL(feed((struct bytes){zeros, sizeof(zeros)}, sizeof(zeros)), 0);
    CHECK(reader.is_whole && answer_is_too_long(&reader));
    CHECK_EQUAL(reader.body.n, MAX_ANSWER_BYTES + 1);
    reader.unread = 0;
    begin();
    all.n = 0;
    put(&all, nonce, ANSWER_PART, "", 2, "ab");
    put(&all, nonce, ANSWER_RESULT, "a", MAX_ANSWER_BYTES + sizeof(zeros), "");
    CHECK_EQUAL(feed(buffer_bytes(&all), all.n), 0);
    for (size_t sent = 0; sent <= MAX_ANSWER_BYTES; sent += sizeof(zeros))
        CHECK_EQUAL(feed((struct bytes){zeros, sizeof(zeros)}, sizeof(zeros)), 0);
    CHECK(reader.is_whole && answer_is_too_long(&reader) && !reader.said_more);
    CHECK_EQUAL(reader.body.n, MAX_ANSWER_BYTES + 1);
    reader.unread = 0;
}

static void the_rest_of_too_long_an_answer_is_no_part_of_the_next(void) {
    static uint8_t zeros[65536];
    uint8_t space[256];
    struct buffer all = {space, 0, sizeof(space)};
    const size_t rest = 3 * sizeof(zeros);
    begin();
    put(&all, nonce, ANSWER_RESULT, "a", MAX_ANSWER_BYTES + rest, "");
    CHECK_EQUAL(feed(buffer_bytes(&all), all.n), 0);
    for (size_t sent = 0; sent < MAX_ANSWER_BYTES; sent += sizeof(zeros))
        CHECK_EQUAL(feed((struct bytes){zeros, sizeof(zeros)}, sizeof(zeros)), 0);
    CHECK(reader.is_whole && reader.unread > 0 && reader.unread < rest && !reader.said_more);
    begin();
    CHECK_EQUAL(feed((struct bytes){zeros, (size_t)reader.unread}, 1000), 0);
    all.n = 0;
    put(&all, nonce, ANSWER_RESULT, "b", 2, "{}");
    CHECK_EQUAL(feed(buffer_bytes(&all), 1), 0);
    CHECK(reader.is_whole && !reader.said_more && bytes_equal(buffer_bytes(&reader.body), bytes_of("{}")));
}

static void control_frames_come_whole_or_not_at_all(void) {
    uint8_t space[64];
    struct buffer all = {space, 0, sizeof(space)};
    struct control_frame frame;
    CHECK_EQUAL(control_pack(&all, CONTROL_FORKED, bytes_of("4711")), 0);
    size_t whole = all.n;
    for (size_t n = 0; n < whole; n++) {
        struct buffer part = {space, n, sizeof(space)};
        CHECK_EQUAL(control_first(&part, &frame, &fault), 0);
    }
    CHECK_EQUAL(control_first(&all, &frame, &fault), 1);
    CHECK(frame.kind == CONTROL_FORKED && bytes_equal(frame.payload, bytes_of("4711")));
    all.at[1] = 0x7f;
    CHECK_EQUAL(control_first(&all, &frame, &fault), -1);
}

static void numbers_are_digits_and_never_negative(void) {
    CHECK_EQUAL(control_number(bytes_of("4194304")), 4194304);
    CHECK_EQUAL(control_number(bytes_of("0")), 0);
    const char *const wrong[] = {"", "-1", "+1", " 1", "1 ", "12345678", "0x1", "1\n"};
    for (size_t i = 0; i < COUNT(wrong); i++)
        CHECK_EQUAL(control_number(bytes_of(wrong[i])), -1);
}

static void a_header_value_is_printable(void) {
    CHECK(is_header_value(bytes_of("application/json; charset=utf-8")));
    CHECK(!is_header_value(bytes_of("")));
    CHECK(!is_header_value(bytes_of("a\r\nb: c")));
    CHECK(!is_header_value(bytes_of("\x7f")));
    CHECK(!is_header_value(bytes_of("\xc3\xa4")));
}

int main(void) {
    RUN(an_answer_is_the_same_in_pieces_of_every_size());
    RUN(what_breaks_a_rule_is_named());
    RUN(one_byte_beyond_the_limit_is_kept_of_too_long_an_answer());
    RUN(the_rest_of_too_long_an_answer_is_no_part_of_the_next());
    RUN(control_frames_come_whole_or_not_at_all());
    RUN(numbers_are_digits_and_never_negative());
    RUN(a_header_value_is_printable());
    return 0;
}
