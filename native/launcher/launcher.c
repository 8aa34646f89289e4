/* An interpreter whose own file may be unreadable: loads the libpython that _DAYFLY_LIBPYTHON names, and becomes it.
 *
 * It stands for a thin program over libpython and decides nothing itself: the supervisor does, and names the program
 * that it stands for in argv[0], from which the interpreter finds its library, sys.executable and pyvenv.cfg.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* As a shell has it for what cannot be started; the supervisor then executes the interpreter in another way. */
enum { CANNOT_START = 127, MAX_PATH = 4096 };

static const char VARIABLE[] = "_DAYFLY_LIBPYTHON";

typedef int interpreter(int, char **);

int main(int count, char **arguments) {
    const char *name = getenv(VARIABLE);
    char library[MAX_PATH];
    if (name == NULL || strlen(name) >= sizeof(library)) {
        (void)fputs("dayfly: the launcher is started by the supervisor alone\n", stderr);
        return CANNOT_START;
    }
    memcpy(library, name, strlen(name) + 1);
    /* What the function starts in turn is no business of it. */
    (void)unsetenv(VARIABLE);
    /* Global: extension modules find the interpreter's symbols there, as in a program that is linked to it. */
    void *loaded = dlopen(library, RTLD_LAZY | RTLD_GLOBAL);
    void *found = loaded == NULL ? NULL : dlsym(loaded, "Py_BytesMain");
    if (found == NULL) {
        (void)fprintf(stderr, "dayfly: %s\n", dlerror());
        return CANNOT_START;
    }
    interpreter *start;
    memcpy(&start, &found, sizeof(start));
    return start(count, arguments);
}
