#include "event.h"

#include "json.h"

/* 64 bits, as in AWS's client. */
#define MAX_DIGITS 19

bool event_deadline_ms(const struct reply *event, int64_t *out) {
    struct bytes text = event->headers[HTTP_DEADLINE_MS];
    bool is_negative = text.n > 0 && text.at[0] == '-';
    if (text.n > 0 && (text.at[0] == '+' || text.at[0] == '-')) {
        text.at++;
        text.n--;
    }
    uint64_t number = 0;
    size_t n = 0;
    while (n < text.n && text.at[n] >= '0' && text.at[n] <= '9' && n < MAX_DIGITS) {
        number = number * 10 + (uint64_t)(text.at[n] - '0');
        n++;
    }
    bool goes_on = n < text.n && text.at[n] >= '0' && text.at[n] <= '9';
    /* Nineteen digits may be more than 63 bits: a day as far off as the largest. */
    if (number > INT64_MAX)
        number = INT64_MAX;
    *out = is_negative ? -(int64_t)number : (int64_t)number;
    return n > 0 && !goes_on;
}

static bool is_given(const struct reply *event, size_t header) {
    return header < HTTP_EVENT_HEADERS && event->headers[header].n > 0;
}

int event_block(const struct reply *event, struct buffer *out) {
    size_t before = out->n;
    for (size_t i = 0; i < HTTP_EVENT_HEADERS; i++) {
        if (!is_given(event, i))
            continue;
        int64_t deadline = 0;
        int result = buffer_print(out, "%s\n", http_name((enum http_header)i));
        if (i == HTTP_DEADLINE_MS)
            result |=
                buffer_print(out, "%lld\n", (long long)(event_deadline_ms(event, &deadline) ? deadline : 0));
        else
            result |= buffer_add(out, event->headers[i]) | buffer_add(out, LITERAL("\n"));
        if (result != 0) {
            out->n = before;
            return -1;
        }
    }
    return 0;
}

bool event_defect(const struct reply *event, char *out, size_t size) {
    if (event->defect != NULL) {
        (void)snprintf(out, size, "%s", event->defect);
        return true;
    }
    /* The first in the order in which they came; of a deadline the number alone is handed on. */
    const uint8_t *first = NULL;
    for (size_t i = 0; i < HTTP_EVENT_HEADERS; i++) {
        struct bytes value = event->headers[i];
        if (i != HTTP_DEADLINE_MS && is_given(event, i) && !json_is_utf8(value) &&
            (first == NULL || value.at < first)) {
            first = value.at;
            (void)snprintf(out, size, "the header %s is not valid UTF-8", http_name((enum http_header)i));
        }
    }
    if (first != NULL)
        return true;
    int64_t deadline = 0;
    if (!is_given(event, HTTP_CONTENT_TYPE))
        (void)snprintf(out, size, "the header content-type is missing");
    else if (event->headers[HTTP_DEADLINE_MS].at != NULL &&
             (!event_deadline_ms(event, &deadline) || deadline == 0))
        (void)snprintf(out, size, "the header %s is not a number above 0", http_name(HTTP_DEADLINE_MS));
    else
        return false;
    return true;
}

struct bytes event_echo(const struct reply *event) {
    struct bytes value = event->headers[HTTP_INVOCATION_ID];
    for (size_t i = 0; i < value.n; i++)
        if (value.at[i] < ' ' || value.at[i] == 0x7f)
            return (struct bytes){NULL, 0};
    return value;
}
