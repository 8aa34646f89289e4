#include "ready.h"

/* Seconds since the epoch have ten digits until the year 2286. */
enum { MAX_TIME_DIGITS = 12, MAX_HEX_DIGITS = 16 };

static int64_t read_time(const char *text) {
    int64_t value = 0;
    size_t n = 0;
    for (; text[n] != '\0'; n++) {
        if (n >= MAX_TIME_DIGITS - 1 || text[n] < '0' || text[n] > '9')
            return 0;
        value = value * 10 + (text[n] - '0');
    }
    return value;
}

static uint64_t read_code(const char *text) {
    uint64_t value = 0;
    for (size_t n = 0; text[n] != '\0'; n++) {
        char c = text[n];
        bool is_digit = c >= '0' && c <= '9';
        if (n >= MAX_HEX_DIGITS || !(is_digit || (c >= 'a' && c <= 'f')))
            return 0;
        value = value << 4 | (uint64_t)(is_digit ? c - '0' : c - 'a' + 10);
    }
    return value;
}

static void take_line(struct ready *ready, const char *line) {
    const char *text = line + 1;
    switch (line[0]) {
    case 'R':
        if (ready->n_reasons < READY_MANY)
            ready->reasons[ready->n_reasons++] = text;
        break;
    case 'N':
        if (ready->n_notes < READY_MANY)
            ready->notes[ready->n_notes++] = text;
        break;
    case 'E':
        ready->expires_at = read_time(text);
        break;
    case 'A':
        ready->runs_ahead = true;
        break;
    case 'T':
        ready->has_threads = true;
        break;
    case 'O':
        ready->is_open = true;
        break;
    case 'C':
        ready->unconfined = text;
        break;
    case 'S':
        ready->online = text;
        break;
    case 'G':
        ready->unguarded = text;
        break;
    case 'B':
        ready->uncompiled = text;
        break;
    case 'F':
        ready->code = read_code(text);
        break;
    case 'P':
        if (ready->n_path < READY_MANY_ENTRIES)
            ready->path[ready->n_path++] = text;
        break;
    default:
        break;
    }
}

void ready_unpack(struct ready *ready, struct bytes payload) {
    ready->n_reasons = ready->n_notes = ready->n_path = 0;
    ready->expires_at = 0;
    ready->code = 0;
    ready->is_open = ready->runs_ahead = ready->has_threads = false;
    ready->unconfined = ready->online = ready->unguarded = ready->uncompiled = "";
    bytes_copy(ready->text, sizeof(ready->text), payload);
    size_t n = payload.n < sizeof(ready->text) - 1 ? payload.n : sizeof(ready->text) - 1;
    /* A zero byte would end a text early. */
    for (size_t i = 0; i < n; i++)
        if (ready->text[i] == '\0')
            ready->text[i] = '?';
    for (char *line = ready->text; line != NULL;) {
        char *end = strchr(line, '\n');
        if (end != NULL)
            *end = '\0';
        if (line[0] != '\0')
            take_line(ready, line);
        line = end == NULL ? NULL : end + 1;
    }
}
