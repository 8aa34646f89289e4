/* What is seen of other processes: who shows a secret in the variables that it was executed with. */
#include "../supervisor/host.h"
#include "unit.h"

#define MARK "UNIT_KEY="
/* More than is read at once, and the variable lies across its end. */
enum { MUCH = 4092 };

static struct procfs procfs;
static char name[64];

static bool look(void) {
    struct fault fault;
    return procfs_open(&procfs, &fault) == 0 && host_shows_variable(&procfs, MARK, name, sizeof(name));
}

static void execute(char *variable) {
    static char padding[MUCH];
    memset(padding, 'x', sizeof(padding) - 1);
    char *arguments[] = {"/bin/sleep", "600", NULL}, *variables[] = {padding, variable, NULL};
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        (void)execve(arguments[0], arguments, variables);
        _exit(1);
    }
    char path[32], text[PROCFS_RECORD_BYTES];
    (void)snprintf(path, sizeof(path), "%d/cmdline", (int)pid);
    AWAIT(procfs_read(&procfs, path, text, sizeof(text)) > 0 && strcmp(text, arguments[0]) == 0);
}

static void who_shows_a_variable_is_named(void) {
    CHECK(!look() && name[0] == '\0');
    execute("OTHER=1");
    CHECK(!look());
    execute(MARK "1");
    CHECK(look() && strcmp(name, "sleep") == 0);
}

int main(void) {
    RUN(in_namespace(NULL, who_shows_a_variable_is_named));
    return 0;
}
