/* The reader of the Runtime API's replies, and of the headers of events: what comes of bytes does not depend
 * on their pieces. */
#include "event.h"

#include <stdlib.h>
#include <sys/mman.h>

int fuzz_one(const uint8_t *data, size_t size);

/* What came of bytes: a hash of all that was told. */
static uint64_t told;

static void tell(struct bytes bytes) {
    for (size_t i = 0; i < bytes.n; i++)
        told = (told ^ bytes.at[i]) * UINT64_C(0x100000001b3);
    told = (told ^ bytes.n) * UINT64_C(0x100000001b3);
}

static void tell_reply(const struct reply *reply) {
    static uint8_t space[EVENT_MAX_BLOCK];
    struct buffer block = {space, 0, sizeof(space)};
    char defect[256] = "";
    if (reply->status < 200 || reply->status > 999)
        abort();
    (void)event_defect(reply, defect, sizeof(defect));
    if (event_block(reply, &block) != 0)
        abort();
    /* No value of a header may shift the names and values of the frame against each other. */
    size_t lines = 0;
    for (size_t i = 0; i < block.n; i++)
        lines += block.at[i] == '\n';
    size_t given = 0;
    for (size_t i = 0; i < HTTP_EVENT_HEADERS; i++)
        given += reply->headers[i].n > 0;
    if (lines != 2 * given)
        abort();
    tell(buffer_bytes(&block));
    tell(bytes_of(defect));
    tell(event_echo(reply));
    tell(reply->body);
    told += (uint64_t)reply->status + reply->closes;
}

/* Feed the bytes in pieces of a size; the end of the connection is behind them. */
static void feed(uint8_t *memory, const uint8_t *data, size_t size, size_t piece) {
    struct reply_reader reader;
    reply_begin(&reader, memory, HTTP_MAX_REQUEST);
    int result = 0;
    told = 0;
    for (size_t at = 0; at <= size && result == 0;) {
        size_t room = 0, n = size - at < piece ? size - at : piece;
        uint8_t *to = reply_room(&reader, &room);
        n = n < room ? n : room;
        if (n > 0)
            memcpy(to, data + at, n);
        result = n > 0 ? reply_took(&reader, n) : reply_ended(&reader);
        at += n > 0 ? n : 1;
        for (;;) {
            if (result < 0) {
                tell(bytes_of(reader.complaint));
                if (reader.reply.status != 0)
                    reply_give_up(&reader);
            }
            if (!reader.whole)
                break;
            tell_reply(&reader.reply);
            reply_release(&reader);
            if (result < 0)
                break;
            /* What is behind a reply is read once more of it comes. */
            result = reply_took(&reader, 0);
        }
    }
}

int fuzz_one(const uint8_t *data, size_t size) {
    static uint8_t *memory;
    if (memory == NULL)
        memory = mmap(NULL, HTTP_REPLY_SPACE(HTTP_MAX_REQUEST), PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (size < 1 || memory == MAP_FAILED)
        return 0;
    feed(memory, data + 1, size - 1, SIZE_MAX);
    uint64_t whole = told;
    feed(memory, data + 1, size - 1, 1 + data[0] % 16);
    if (told != whole)
        abort();
    return 0;
}
