/* What one worker may serve in window isolation: so many events, for so long, of one tenant. */
#ifndef DAYFLY_WINDOW_H
#define DAYFLY_WINDOW_H

#include "renewal.h"
#include "settings.h"
#include "tenants.h"

/* What an event's header block has beside the platform's headers: what is left of the worker's window. Of a length that
 * does not depend on the values, which are known when the event is handed over. */
#define WINDOW_HEADER "dayfly-window"
#define WINDOW_VALUE "%010lld %015lld.%03lld"
enum { WINDOW_VALUE_BYTES = 10 + 1 + 15 + 1 + 3 };

struct window {
    int64_t max_age;
    int64_t max_invocations;
    struct clocks born;
    int64_t served;
    bool is_of_tenant; /* tenants are told apart: it serves only this one's events, and nobody after an event of nobody's */
    struct tenant tenant;
};

/* A worker is about to serve its first event, which is `tenant`'s (NULL: tenants are not told apart): limits are made smaller by
 * up to the share that the setting `jitter` names. */
void window_open(struct window *window, const struct settings *settings, const struct tenant *tenant);

/* Say whether the worker may take no further event. */
bool window_is_over(const struct window *window);

/* Say whether the worker may take an event of this tenant's. */
bool window_admits(const struct window *window, const struct tenant *tenant);

/* Append the header with room for its value; -1 where it does not fit. */
int window_reserve(struct buffer *block);

/* Write the value where `window_reserve` left room for it, at `at`; `left` is how long the environment may go on. */
void window_tell(const struct window *window, int64_t left, uint8_t *at);

#endif
