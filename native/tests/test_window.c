/* What one worker may serve: by count, by age, and of one tenant. */
#include "unit.h"

#include "../supervisor/window.h"

static struct settings settings;
static struct window window;
static struct tenant anna = {"anna", 4}, otto = {"otto", 4}, nobody;

static void a_window_ends_with_its_last_event(void) {
    settings = (struct settings){.max_age = NEVER / 2, .max_invocations = 3};
    window_open(&window, &settings, NULL);
    for (int i = 0; i < 3; i++) {
        CHECK(!window_is_over(&window));
        window.served++;
    }
    CHECK(window_is_over(&window));
}

static void a_window_ends_by_the_clock_that_saw_more(void) {
    settings = (struct settings){.max_age = 3600 * NS_PER_S, .max_invocations = 3};
    window_open(&window, &settings, NULL);
    window.born.boot -= 3599 * NS_PER_S;
    CHECK(!window_is_over(&window));
    window.born.epoch -= 3601 * NS_PER_S;
    CHECK(window_is_over(&window));
    settings.max_age = 0;
    window_open(&window, &settings, NULL);
    CHECK(window_is_over(&window));
}

static void jitter_makes_limits_smaller_and_never_none(void) {
    settings = (struct settings){.max_age = 1000 * NS_PER_S, .max_invocations = 1000, .jitter = 0.9};
    bool is_smaller = false;
    for (int i = 0; i < 200; i++) {
        window_open(&window, &settings, NULL);
        CHECK(window.max_age <= 1000 * NS_PER_S && window.max_age >= 100 * NS_PER_S);
        CHECK(window.max_invocations <= 1000 && window.max_invocations >= 100);
        is_smaller |= window.max_invocations < 1000;
    }
    CHECK(is_smaller);
    settings.max_invocations = 1;
    window_open(&window, &settings, NULL);
    CHECK_EQUAL(window.max_invocations, 1);
}

static void a_window_admits_its_tenant_alone_and_nobody_ever(void) {
    settings = (struct settings){.max_age = NEVER / 2, .max_invocations = 9};
    window_open(&window, &settings, &anna);
    CHECK(window_admits(&window, &anna) && !window_admits(&window, &otto) && !window_admits(&window, &nobody));
    window.served++;
    CHECK(!window_is_over(&window));
    window_open(&window, &settings, &nobody);
    CHECK(!window_admits(&window, &nobody) && !window_admits(&window, &anna));
    window.served++;
    CHECK(window_is_over(&window));
    window_open(&window, &settings, NULL);
    CHECK(window_admits(&window, &nobody));
}

static void a_worker_is_told_what_is_left(void) {
    uint8_t space[128];
    struct buffer block = {space, 0, sizeof(space)};
    CHECK_EQUAL(window_reserve(&block), 0);
    uint8_t *at = space + block.n - 1 - WINDOW_VALUE_BYTES;
    settings = (struct settings){.max_age = 3600 * NS_PER_S, .max_invocations = 9};
    window_open(&window, &settings, NULL);
    window.served = 2;
    window_tell(&window, 5 * NS_PER_S, at);
    CHECK(bytes_equal(buffer_bytes(&block), LITERAL("dayfly-window\n0000000007 000000000000005.000\n")));
    /* Nothing is left, and not less. */
    window_tell(&window, -NS_PER_S, at);
    CHECK(bytes_equal(buffer_bytes(&block), LITERAL("dayfly-window\n0000000007 000000000000000.000\n")));
    window_open(&window, &settings, &anna);
    window_tell(&window, 5 * NS_PER_S, at);
    CHECK(bytes_equal(buffer_bytes(&block), LITERAL("dayfly-window\n0000000001 000000000000005.000\n")));
}

int main(void) {
    RUN(a_window_ends_with_its_last_event());
    RUN(a_window_ends_by_the_clock_that_saw_more());
    RUN(jitter_makes_limits_smaller_and_never_none());
    RUN(a_window_admits_its_tenant_alone_and_nobody_ever());
    RUN(a_worker_is_told_what_is_left());
    return 0;
}
