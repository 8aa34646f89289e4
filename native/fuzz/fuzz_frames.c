/* The readers of what a worker and a zygote send: the first byte chooses which, the second the size of the pieces. */
#include "arena.h"
#include "frames.h"
#include "ready.h"

#include <stdlib.h>

int fuzz_one(const uint8_t *data, size_t size);

static void count(void *context, const struct worker_report *report) {
    unsigned *reports = context;
    ++*reports;
    if (report->finding.n > MAX_REPORT_BYTES || report->error.n > MAX_REPORT_BYTES)
        abort();
}

static void read_answer(const uint8_t *data, size_t size, size_t piece) {
    static struct answer_reader reader;
    struct fault fault;
    unsigned reports = 0;
    if (reader.head.at == NULL && (arena_reserve(&reader.head, ANSWER_HEAD_BYTES + MAX_META_BYTES, &fault) != 0 ||
                                   arena_reserve(&reader.body, ANSWER_BODY_BYTES, &fault) != 0 ||
                                   arena_reserve(&reader.note, MAX_NOTE_BYTES, &fault) != 0))
        abort();
    static const uint8_t nonce[NONCE_BYTES] = "0123456789abcdef";
    answer_begin(&reader, nonce, count, &reports);
    for (size_t at = 0; at < size; at += piece) {
        size_t n = size - at < piece ? size - at : piece;
        if (answer_feed(&reader, (struct bytes){data + at, n}, &fault) != 0)
            return;
    }
    if (reports > MAX_REPORTS || reader.body.n > (reader.is_whole ? MAX_ANSWER_BYTES + 1 : ANSWER_BODY_BYTES) || reader.note.n > MAX_NOTE_BYTES)
        abort();
    if (reader.is_whole && answer_meta(&reader).n > MAX_META_BYTES)
        abort();
}

static void read_control(const uint8_t *data, size_t size) {
    static uint8_t space[65536];
    struct buffer all = {space, 0, sizeof(space)};
    struct control_frame frame;
    struct fault fault;
    if (buffer_add(&all, (struct bytes){data, size}) != 0)
        return;
    while (control_first(&all, &frame, &fault) == 1) {
        static struct ready ready;
        if (CONTROL_HEAD_BYTES + frame.payload.n > all.n || control_number(frame.payload) > 9999999)
            abort();
        ready_unpack(&ready, frame.payload);
        if (ready.n_reasons > READY_MANY || ready.n_notes > READY_MANY)
            abort();
        buffer_drop(&all, CONTROL_HEAD_BYTES + frame.payload.n);
    }
}

int fuzz_one(const uint8_t *data, size_t size) {
    if (size < 2)
        return 0;
    if ((data[0] & 1) != 0)
        read_control(data + 2, size - 2);
    else
        read_answer(data + 2, size - 2, (size_t)data[1] + 1);
    return 0;
}
