/* Options of the sanitizers, linked in: a process whose memory is closed cannot read its variables from /proc. */

const char *__asan_default_options(void);
const char *__ubsan_default_options(void);

/* Forked children share what their parent had allocated: that is no leak. */
const char *__asan_default_options(void) {
    return "detect_leaks=0:handle_abort=1";
}

const char *__ubsan_default_options(void) {
    return "print_stacktrace=1";
}
