/* Whose extension waits for an event is not left waiting where the platform's connection ends. */
#include "unit.h"

#include "../supervisor/routes.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>

#define ASKS "GET /2020-01-01/extension/event/next HTTP/1.1\r\nLambda-Extension-Identifier: one\r\n\r\n"
#define EVENT "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"

static struct routes routes;
static int platform, poll_of_one = -1;

/* Serve whoever has said something, until nobody has for a moment. */
static void serve(void) {
    struct pollfd each[ROUTES_MAX_FDS];
    for (size_t n; n = routes_fds(&routes, each), poll(each, n, 50) > 0;)
        for (size_t i = 0; i < n; i++)
            if (each[i].revents != 0)
                routes_serve(&routes, each[i].fd);
}

static int ask(void) {
    struct sockaddr_in to;
    socklen_t size = sizeof(to);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(getsockname(routes.listener, (struct sockaddr *)&to, &size) == 0 && connect(fd, (struct sockaddr *)&to, size) == 0);
    CHECK(send(fd, ASKS, sizeof(ASKS) - 1, 0) == sizeof(ASKS) - 1);
    serve();
    return fd;
}

/* Have the platform say something to the poll of the one who asks, and close it. */
static void say(const char *text) {
    poll_of_one = accept4(platform, NULL, NULL, SOCK_CLOEXEC);
    CHECK(poll_of_one >= 0 && send(poll_of_one, text, strlen(text), 0) == (ssize_t)strlen(text) && close(poll_of_one) == 0);
    serve();
}

static ssize_t heard(int fd, char *text, size_t size) {
    ssize_t n = recv(fd, text, size - 1, MSG_DONTWAIT);
    text[n > 0 ? n : 0] = '\0';
    return n;
}

int main(void) {
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof(own);
    struct fault fault;
    char address[32], text[256];
    platform = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(bind(platform, (struct sockaddr *)&own, size) == 0 && listen(platform, 8) == 0 &&
          getsockname(platform, (struct sockaddr *)&own, &size) == 0);
    (void)snprintf(address, sizeof(address), "127.0.0.1:%u", (unsigned)ntohs(own.sin_port));
    CHECK(routes_init(&routes, address, &fault) == 0);
    struct route_extension *one = &routes.extensions[routes.extension_count++];
    bytes_copy(one->identifier, sizeof(one->identifier), LITERAL("one"));
    one->fd = one->waiting = -1;
    routes.is_init_over = true;
    const char *const ends[] = {"", "HTTP/1.1 200 OK\r\nContent-Le", "no reply\r\n\r\n"};
    for (size_t i = 0; i < COUNT(ends); i++) {
        int fd = ask();
        CHECK(heard(fd, text, sizeof(text)) < 0 && errno == EAGAIN);
        say(ends[i]);
        CHECK_EQUAL(heard(fd, text, sizeof(text)), 0);
        CHECK(one->waiting < 0 && close(fd) == 0);
    }
    /* It is his to ask again. */
    int fd = ask();
    say(EVENT);
    CHECK(heard(fd, text, sizeof(text)) > 0 && strstr(text, "200 OK") != NULL && strstr(text, "{}") != NULL);
    CHECK(close(fd) == 0);
    /* Nobody is there to be asked. */
    serve();
    CHECK(close(platform) == 0);
    fd = ask();
    CHECK_EQUAL(heard(fd, text, sizeof(text)), 0);
    CHECK(close(fd) == 0);
    return 0;
}
