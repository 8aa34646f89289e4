/* The native supervisor: `supervisor PYTHON -m dayfly.runtime app.handler` becomes the parent of that interpreter. */
#include "supervisor.h"

/* The only global state: large, and zero until it is begun. */
static struct supervisor supervisor;

extern char **environ;

int main(int argc, char **argv) {
    if (argc == 1)
        return EXIT_RUNS;
    if (argc < 3) {
        print_error("no handler is named", "dayfly-supervisor python -m dayfly.runtime app.handler");
        return EXIT_BAD_INPUT;
    }
    boot(&supervisor, argv, environ);
}
