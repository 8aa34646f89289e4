/* The fleet's key: proves lines and makes pseudonyms; no process of the function's may find it. */
#include "supervisor.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "blake2.h"
#include "host.h"

#define KEY_VARIABLE "DAYFLY_FLEET_KEY"
/* The pipe that holds it meanwhile: not in variables, which /proc shows of a process as it was executed with them. */
#define PIPE_VARIABLE "_DAYFLY_KEY"

/* Read 64 hexadecimal digits, with white space around them; -1 for others. */
static int parse(const char *text, uint8_t out[KEY_BYTES]) {
    static const char white[] = " \t\n\r\f\v";
    text += strspn(text, white);
    size_t n = strcspn(text, white);
    if (n != 2 * KEY_BYTES || text[n + strspn(text + n, white)] != '\0' ||
        strspn(text, "0123456789abcdefABCDEF") != n)
        return -1;
    for (size_t i = 0; i < KEY_BYTES; i++) {
        const char digits[] = {text[2 * i], text[2 * i + 1], '\0'};
        out[i] = (uint8_t)strtoul(digits, NULL, 16);
    }
    return 0;
}

void key_take(struct supervisor *s, char **argv, struct fault *wrong) {
    const char *text = getenv(KEY_VARIABLE);
    int ends[2];
    char number[16];
    wrong->text[0] = '\0';
    if (text == NULL)
        return;
    if (parse(text, s->key) != 0) {
        (void)unsetenv(KEY_VARIABLE);
        (void)fault_set(wrong, KEY_VARIABLE " is not a valid key");
        return;
    }
    if (pipe(ends) == 0 && write(ends[1], s->key, KEY_BYTES) == KEY_BYTES && close(ends[1]) == 0) {
        (void)snprintf(number, sizeof(number), "%d", ends[0]);
        if (setenv(PIPE_VARIABLE, number, 1) == 0 && unsetenv(KEY_VARIABLE) == 0)
            (void)execv("/proc/self/exe", argv);
    }
    char message[192];
    (void)snprintf(message, sizeof(message), KEY_VARIABLE " cannot be hidden from the function: %s", strerror(errno));
    print_error(message, "remove the variable");
    exit(EXIT_NO_EVENTS);
}

void key_read(struct supervisor *s) {
    const char *number = getenv(PIPE_VARIABLE);
    if (number == NULL)
        return;
    int from = atoi(number);
    s->has_key = read(from, s->key, KEY_BYTES) == KEY_BYTES;
    (void)close(from);
    (void)unsetenv(PIPE_VARIABLE);
    s->environment = environ;
    if (s->has_key)
        return;
    print_error("the fleet's key was lost between two executions", "recycle this environment");
    exit(EXIT_NO_EVENTS);
}

void key_use(struct supervisor *s) {
    struct bytes key = {s->key, KEY_BYTES};
    if (!s->has_key)
        return;
    report_prove(&s->report, key);
    blake2s(s->clerk.names, sizeof(s->clerk.names), key, "dfnames1", (struct bytes){NULL, 0});
    s->clerk.n_names = sizeof(s->clerk.names);
    (void)host_shows_variable(&s->procfs, KEY_VARIABLE "=", s->key_holder, sizeof(s->key_holder));
}

void key_give_back(const struct supervisor *s) {
    char text[2 * KEY_BYTES + 1];
    for (size_t i = 0; i < KEY_BYTES; i++)
        (void)snprintf(text + 2 * i, 3, "%02x", s->key[i]);
    if (s->has_key)
        (void)setenv(KEY_VARIABLE, text, 1);
}
