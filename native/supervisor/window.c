#include "window.h"

void window_open(struct window *window, const struct settings *settings) {
    double share = jitter_drawn(settings->jitter);
    int64_t fewer = (int64_t)((double)settings->max_invocations * share);
    /* Smaller, never larger: what is set is a promise. */
    *window = (struct window){
        .max_age = settings->max_age - (int64_t)((double)settings->max_age * share),
        .max_invocations = settings->max_invocations - fewer > 1 ? settings->max_invocations - fewer : 1,
        .born = clocks_now(),
    };
}

/* How long the worker may go on to take events. */
static int64_t left_of(const struct window *window) { return window->max_age - clocks_age(window->born); }

bool window_is_over(const struct window *window) {
    return window->served >= window->max_invocations || left_of(window) <= 0;
}

int window_reserve(struct buffer *block) {
    return buffer_print(block, WINDOW_HEADER "\n%*s\n", WINDOW_VALUE_BYTES, "");
}

void window_tell(const struct window *window, int64_t left, uint8_t *at) {
    char value[WINDOW_VALUE_BYTES + 1];
    int64_t own = left_of(window);
    left = own < left ? own : left;
    left = left > 0 ? left / NS_PER_MS : 0;
    (void)snprintf(value, sizeof(value), WINDOW_VALUE, (long long)(window->max_invocations - window->served),
                   (long long)(left / 1000), (long long)(left % 1000));
    memcpy(at, value, WINDOW_VALUE_BYTES);
}
