/* An interpreter whose own file may be unreadable: loads the libpython that _DAYFLY_LIBPYTHON names, and becomes it.
 *
 * It stands for a thin program over libpython. The supervisor decides what it loads, and names the program that it stands
 * for in argv[0], from which the interpreter finds its library, sys.executable and pyvenv.cfg.
 *
 * Every library of the process that calls `connect` calls the one here (it is exported, and a program's symbols come
 * first): the platform's Runtime API, whose address the variable has before the path, is for the supervisor alone. Native
 * code that makes the system call itself passes.
 */
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* As a shell has it for what cannot be started; the supervisor then executes the interpreter in another way. */
enum { CANNOT_START = 127, MAX_PATH = 4096, MAX_ADDRESS = 64 };

static const char VARIABLE[] = "_DAYFLY_LIBPYTHON";
static const char REFUSED[] = "dayfly: refused a connection to the Runtime API\n";

typedef int interpreter(int, char **);
typedef int connecting(int, const struct sockaddr *, socklen_t);

static connecting *connect_really;
/* Port 0: not known, nothing is refused. */
static struct sockaddr_in platform;

int connect(int descriptor, const struct sockaddr *address, socklen_t size);

/* Say whether the address is the platform's: as it is, as one of IPv6, or as "any", which means this machine. */
static int is_platform(const struct sockaddr *address, socklen_t size) {
    struct sockaddr_in to;
    struct sockaddr_in6 to6;
    if (platform.sin_port == 0 || address == NULL || size < sizeof(to))
        return 0;
    memcpy(&to, address, sizeof(to));
    if (to.sin_family == AF_INET6 && size >= sizeof(to6)) {
        memcpy(&to6, address, sizeof(to6));
        if (!IN6_IS_ADDR_V4MAPPED(&to6.sin6_addr))
            return 0;
        to.sin_port = to6.sin6_port;
        memcpy(&to.sin_addr, to6.sin6_addr.s6_addr + 12, sizeof(to.sin_addr));
    } else if (to.sin_family != AF_INET) {
        return 0;
    }
    return to.sin_port == platform.sin_port &&
           (to.sin_addr.s_addr == platform.sin_addr.s_addr || to.sin_addr.s_addr == htonl(INADDR_ANY));
}

int connect(int descriptor, const struct sockaddr *address, socklen_t size) {
    static int is_told;
    if (!is_platform(address, size))
        return connect_really(descriptor, address, size);
    if (!is_told) {
        is_told = 1;
        (void)!write(STDERR_FILENO, REFUSED, sizeof(REFUSED) - 1);
    }
    errno = EACCES;
    return -1;
}

/* Take HOST:PORT, of which only numbers are understood, as AWS has them. */
static void learn_platform(const char *text, size_t n) {
    char host[MAX_ADDRESS];
    if (n >= sizeof(host))
        return;
    memcpy(host, text, n);
    host[n] = '\0';
    char *colon = strrchr(host, ':');
    if (colon == NULL)
        return;
    *colon = '\0';
    long port = strtol(colon + 1, NULL, 10);
    if (port > 0 && port <= UINT16_MAX && inet_pton(AF_INET, host, &platform.sin_addr) == 1)
        platform.sin_port = htons((uint16_t)port);
}

int main(int count, char **arguments) {
    const char *given = getenv(VARIABLE);
    const char *path = given == NULL ? NULL : strchr(given, ' ');
    char library[MAX_PATH];
    if (path == NULL || strlen(path + 1) >= sizeof(library)) {
        (void)fputs("dayfly: the launcher is started by the supervisor alone\n", stderr);
        return CANNOT_START;
    }
    memcpy(library, path + 1, strlen(path + 1) + 1);
    learn_platform(given, (size_t)(path - given));
    /* What the function starts in turn is no business of it. */
    (void)unsetenv(VARIABLE);
    void *real = dlsym(RTLD_NEXT, "connect");
    /* Global: extension modules find the interpreter's symbols there, as in a program that is linked to it. */
    void *loaded = dlopen(library, RTLD_LAZY | RTLD_GLOBAL);
    void *found = loaded == NULL || real == NULL ? NULL : dlsym(loaded, "Py_BytesMain");
    if (found == NULL) {
        (void)fprintf(stderr, "dayfly: %s\n", dlerror());
        return CANNOT_START;
    }
    interpreter *start;
    memcpy(&connect_really, &real, sizeof(connect_really));
    memcpy(&start, &found, sizeof(start));
    return start(count, arguments);
}
