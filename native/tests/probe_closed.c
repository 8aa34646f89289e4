/* Executes an interpreter as the supervisor does, and says on standard error how: a program for test_closed.py.
 *
 *   probe PLACE PYTHON ARGUMENTS...     PLACE is the folder with the launcher
 */
#include "closed.h"

#include <stdlib.h>
#include <unistd.h>

extern char **environ;

int main(int count, char **arguments) {
    static struct closed closed;
    struct fault fault = {""};
    bool wants = getenv("LEAVE_OPEN") == NULL;
    char place[PATH_MAX];
    if (count < 3)
        return 2;
    enum closed_way way = closed_self(arguments, environ, wants, &fault);
    (void)fprintf(stderr, "self=%s why=%s open=%d\n", closed_words(way), fault.text, closed_is_open());
    if (closed_place(arguments, place, &fault) < 0 ||
        closed_find(&closed, arguments[2], arguments[1], wants, &fault) < 0) {
        (void)fprintf(stderr, "fault=%s\n", fault.text);
        return 3;
    }
    (void)fprintf(stderr, "place=%s\n", place);
    do {
        (void)fprintf(stderr, "way=%s why=%s\n", closed_words(closed.way), closed.why);
        (void)closed_exec(&closed, arguments + 2, environ, &fault);
        (void)fprintf(stderr, "fault=%s\n", fault.text);
    } while (closed_next(&closed, fault.text));
    return 4;
}
