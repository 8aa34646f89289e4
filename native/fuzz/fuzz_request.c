/* The reader of requests of the function's process, of which parts are passed on to the platform. */
#include "http.h"

#include <stdlib.h>

int fuzz_one(const uint8_t *data, size_t size);

static uint8_t memory[HTTP_REQUEST_SPACE];

static void check(const struct request *request) {
    struct bytes name, value;
    size_t at = 0;
    /* Nothing that is passed on may be another request, or another route, to another reader. */
    if (request->method.n == 0 || request->path.n == 0 || request->path.at[0] != '/' ||
        request->body.n > HTTP_MAX_REQUEST)
        abort();
    for (size_t i = 0; i < request->path.n; i++)
        if (request->path.at[i] <= ' ' || strchr("?#%\\", request->path.at[i]) != NULL)
            abort();
    while (http_each(request->head, &at, &name, &value)) {
        if (name.n == 0 ||
            (value.n > 0 && (memchr(value.at, '\n', value.n) || memchr(value.at, '\r', value.n))))
            abort();
    }
}

static size_t feed(const uint8_t *data, size_t size, size_t piece) {
    struct request_reader reader;
    size_t told = 0;
    request_begin(&reader, memory);
    for (size_t at = 0; at < size;) {
        size_t room = 0, n = size - at < piece ? size - at : piece;
        uint8_t *to = request_room(&reader, &room);
        if (room == 0)
            abort();
        n = n < room ? n : room;
        memcpy(to, data + at, n);
        at += n;
        if (request_took(&reader, n) < 0)
            return told * 31 + 1;
        for (const struct request *whole; (whole = request_whole(&reader)) != NULL;
             request_release(&reader)) {
            check(whole);
            told = told * 31 + whole->method.n + whole->path.n * 7 + whole->body.n * 13;
        }
    }
    return told * 31 + reader.broken;
}

int fuzz_one(const uint8_t *data, size_t size) {
    if (size < 1)
        return 0;
    if (feed(data + 1, size - 1, SIZE_MAX) != feed(data + 1, size - 1, 1 + data[0] % 16))
        abort();
    return 0;
}
