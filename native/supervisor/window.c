#include "window.h"

void window_open(struct window *window, const struct settings *settings, const struct tenant *tenant) {
    double share = jitter_drawn(settings->jitter);
    int64_t fewer = (int64_t)((double)settings->max_invocations * share);
    /* Smaller, never larger: what is set is a promise. */
    *window = (struct window){
        .max_age = settings->max_age - (int64_t)((double)settings->max_age * share),
        .max_invocations = settings->max_invocations - fewer > 1 ? settings->max_invocations - fewer : 1,
        .born = clocks_now(),
        .is_of_tenant = tenant != NULL,
    };
    if (tenant != NULL)
        window->tenant = *tenant;
}

/* How long the worker may go on to take events. */
static int64_t left_of(const struct window *window) { return window->max_age - clocks_age(window->born); }

bool window_is_over(const struct window *window) {
    return window->served >= window->max_invocations || left_of(window) <= 0 ||
           (window->served > 0 && window->is_of_tenant && window->tenant.n == 0);
}

bool window_admits(const struct window *window, const struct tenant *tenant) {
    return !window->is_of_tenant ||
           (tenant->n > 0 && tenant->n == window->tenant.n && memcmp(tenant->key, window->tenant.key, tenant->n) == 0);
}

int window_reserve(struct buffer *block) {
    return buffer_print(block, WINDOW_HEADER "\n%*s\n", WINDOW_VALUE_BYTES, "");
}

void window_tell(const struct window *window, int64_t left, uint8_t *at) {
    char value[WINDOW_VALUE_BYTES + 1];
    int64_t own = left_of(window);
    left = own < left ? own : left;
    left = left > 0 ? left / NS_PER_MS : 0;
    /* Of one tenant, the next event may be another's, or nobody's: each may be the last. */
    int64_t events = window->is_of_tenant ? 1 : window->max_invocations - window->served;
    (void)snprintf(value, sizeof(value), WINDOW_VALUE, (long long)events,
                   (long long)(left / 1000), (long long)(left % 1000));
    memcpy(at, value, WINDOW_VALUE_BYTES);
}
