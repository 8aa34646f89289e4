/* When the function is initialised anew: at an age, before what init fetched expires, and only where an init fits. */
#include "../supervisor/supervisor.h"
#include "logged.h"

enum { AHEAD = 80, AT_ONCE = 100 };

static struct supervisor s;
static int file;

/* An environment that has just begun. */
static void begin(void) {
    file = log_to_memory(&s.output, &s.report);
    s.zygote.pid = 1;
    s.is_forking = true;
    s.init_ns = NS_PER_S;
    renewal_begin(&s);
}

static void grow_older(int64_t seconds) {
    s.renewal.born.boot -= seconds * NS_PER_S;
    s.renewal.born.epoch -= seconds * NS_PER_S;
}

static bool is_time(int share) { return renewal_is_time(&s, 60 * NS_PER_S, share); }

static void without_an_age_it_is_never_time(void) {
    begin();
    grow_older(365 * 86400);
    CHECK(!is_time(AHEAD) && !is_time(AT_ONCE) && renewal_left(&s) == NEVER);
}

static void a_zygote_is_stale_by_its_age(void) {
    s.settings.zygote_max_age = 1000 * NS_PER_S;
    begin();
    grow_older(790);
    CHECK(!is_time(AHEAD));
    grow_older(20);
    CHECK(is_time(AHEAD) && !is_time(AT_ONCE));
    grow_older(200);
    CHECK(is_time(AT_ONCE));
    /* What serves all events is as old as its environment. */
    s.is_forking = false;
    CHECK(!is_time(AT_ONCE));
}

static void a_zygote_is_stale_before_what_its_init_fetched_expires(void) {
    begin();
    s.ready.expires_at = clocks_now().epoch / NS_PER_S + 3600;
    CHECK(!is_time(AHEAD));
    /* botocore fetches new ones from 15 minutes before. */
    grow_older(3600);
    s.ready.expires_at -= 3600 - 600;
    CHECK(is_time(AHEAD) && !is_time(AT_ONCE));
    s.ready.expires_at -= 700;
    CHECK(is_time(AT_ONCE));
}

static void what_was_about_to_expire_when_it_was_fetched_is_not_fetched_again_and_again(void) {
    begin();
    s.ready.expires_at = clocks_now().epoch / NS_PER_S + 600;
    CHECK(!is_time(AHEAD) && !is_time(AT_ONCE));
}

static void an_init_must_fit_and_that_none_does_is_told_once(void) {
    char text[16384];
    s.settings.environment_max_age = 1000 * NS_PER_S;
    begin();
    s.init_ns = 10 * NS_PER_S;
    grow_older(1010);
    CHECK(renewal_is_time(&s, 16 * NS_PER_S, AHEAD) && !renewal_is_time(&s, 15 * NS_PER_S, AHEAD));
    CHECK(renewal_left(&s) < 0);
    CHECK_EQUAL(pread(file, text, sizeof(text), 0), 0);
    grow_older(100);
    for (int i = 0; i < 3; i++)
        CHECK(!renewal_is_time(&s, 15 * NS_PER_S, AHEAD));
    ssize_t n = pread(file, text, sizeof(text) - 1, 0);
    CHECK(n > 0);
    text[n] = '\0';
    CHECK(strstr(text, "its init takes 10.0 s, more than any invocation had left so far") != NULL);
    CHECK_EQUAL(strchr(text, '\n') - text, n - 1);
}

int main(void) {
    RUN(forked(without_an_age_it_is_never_time));
    RUN(forked(a_zygote_is_stale_by_its_age));
    RUN(forked(a_zygote_is_stale_before_what_its_init_fetched_expires));
    RUN(forked(what_was_about_to_expire_when_it_was_fetched_is_not_fetched_again_and_again));
    RUN(forked(an_init_must_fit_and_that_none_does_is_told_once));
    return 0;
}
