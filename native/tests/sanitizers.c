/* Options of the sanitizers, linked in: a process whose memory is closed cannot read its variables from /proc. And what
 * they report is sent to a listening test run (tests/native/sanitized.py): a log may be lost with its environment. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* In the namespace of the network, which confined environments share with the tests. */
#define LISTENER "dayfly-sanitizers"

const char *__asan_default_options(void);
const char *__ubsan_default_options(void);
void __asan_set_error_report_callback(void (*callback)(const char *report));
void __sanitizer_set_death_callback(void (*callback)(void));

static char text[4096] = "it ended without a report: see standard error";

/* Forked children share what their parent had allocated: that is no leak. */
const char *__asan_default_options(void) {
    return "detect_leaks=0:handle_abort=1";
}

const char *__ubsan_default_options(void) {
    /* Which AddressSanitizer then reports. */
    return "print_stacktrace=1:abort_on_error=1";
}

static void keep(const char *report) {
    (void)snprintf(text, sizeof(text), "%s", report);
}

static void tell(void) {
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    memcpy(to.sun_path + 1, LISTENER, sizeof(LISTENER) - 1);
    int out = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    (void)sendto(out, text, strlen(text), MSG_DONTWAIT, (const struct sockaddr *)&to,
                 (socklen_t)(offsetof(struct sockaddr_un, sun_path) + sizeof(LISTENER)));
    (void)close(out);
}

__attribute__((constructor)) static void begin(void) {
    __asan_set_error_report_callback(keep);
    __sanitizer_set_death_callback(tell);
}
