/* Reads cases from standard input and tells what came of each, for tests that compare with the Python modules
 * (tests/native/compared.py). `compare KIND`; a case is a number of pieces, each with its length. */
#include "../supervisor/announce.h"
#include "../supervisor/answers.h"
#include "../supervisor/event.h"
#include "../supervisor/json.h"
#include "../supervisor/keep.h"
#include "../supervisor/routes.h"
#include "../supervisor/scope.h"
#include "../supervisor/tenants.h"
#include "../supervisor/invocation_findings.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define MAX_PIECES 4096
#define MAX_CASE ((size_t)80 << 20)

static struct bytes pieces[MAX_PIECES];
static size_t count;
static uint8_t *space, *memory;
static struct buffer out;

static void tell(const char *words) {
    if (buffer_add(&out, bytes_of(words)) != 0)
        abort();
}

static void tell_bytes(struct bytes bytes) {
    char number[32];
    (void)snprintf(number, sizeof(number), "%zu:", bytes.n);
    tell(number);
    if (buffer_add(&out, bytes) != 0)
        abort();
    tell(" ");
}

static void tell_number(long long value) {
    char number[32];
    (void)snprintf(number, sizeof(number), "%lld ", value);
    tell(number);
}

static void read_all(void *to, size_t n) {
    if (n > 0 && fread(to, 1, n, stdin) != n)
        exit(0);
}

static void next_case(void) {
    uint32_t many = 0, n = 0;
    size_t used = 0;
    read_all(&many, sizeof(many));
    if (many > MAX_PIECES)
        abort();
    count = many;
    for (size_t i = 0; i < count; i++) {
        read_all(&n, sizeof(n));
        if (used + n + 1 > MAX_CASE)
            abort();
        read_all(space + used, n);
        pieces[i] = (struct bytes){space + used, n};
        space[used + n] = 0;
        used += n + 1;
    }
    out.n = 0;
}

/* A piece as a C string: each has a NUL behind it. */
static const char *text_of(size_t piece) { return piece < count ? (const char *)pieces[piece].at : ""; }

static void tell_reply(const struct reply *reply) {
    tell_number(reply->status);
    tell_number(reply->closes);
    tell_bytes(bytes_of(reply->defect != NULL ? reply->defect : ""));
    for (size_t i = 0; i < HTTP_HEADERS; i++) {
        if (reply->headers[i].at != NULL)
            tell_bytes(reply->headers[i]);
        else
            tell("- ");
    }
    tell_bytes(reply->body);
}

/* The event that a reply is: what a worker gets of it, and why it may get none. */
static void tell_event(const struct reply *reply) {
    static uint8_t block_space[EVENT_MAX_BLOCK];
    struct buffer block = {block_space, 0, sizeof(block_space)};
    char defect[256] = "";
    int64_t deadline = 0;
    (void)event_defect(reply, defect, sizeof(defect));
    tell_bytes(bytes_of(defect));
    if (event_block(reply, &block) != 0)
        abort();
    tell_bytes(buffer_bytes(&block));
    tell_bytes(event_echo(reply));
    tell_number(event_deadline_ms(reply, &deadline) ? deadline : INT64_MIN);
}

/* Feed what a case holds, piece by piece; an empty piece is the end of the connection. */
static void compare_reply(bool as_event) {
    struct reply_reader reader;
    reply_begin(&reader, memory, HTTP_MAX_BODY);
    for (size_t i = 0; i < count; i++) {
        size_t done = 0;
        int result = 0;
        do {
            size_t room = 0;
            uint8_t *at = reply_room(&reader, &room);
            size_t n = pieces[i].n - done < room ? pieces[i].n - done : room;
            if (n > 0)
                memcpy(at, pieces[i].at + done, n);
            result = pieces[i].n > 0 ? reply_took(&reader, n) : reply_ended(&reader);
            done += n;
        } while (result == 0 && done < pieces[i].n);
        if (result < 0) {
            tell("fault ");
            tell_bytes(bytes_of(reader.complaint));
            tell_number(reader.interim);
            if (reader.reply.status == 0)
                return;
            reply_give_up(&reader);
        }
        while (reader.whole) {
            tell_number(reader.interim);
            if (as_event)
                tell_event(&reader.reply);
            else
                tell_reply(&reader.reply);
            reply_release(&reader);
            tell_number(reply_has_started(&reader));
        }
        if (result < 0)
            return;
    }
    tell_number(reader.interim);
}

static void compare_request(void) {
    struct request_reader reader;
    request_begin(&reader, memory);
    for (size_t i = 0; i < count; i++) {
        size_t room = 0;
        uint8_t *at = request_room(&reader, &room);
        if (pieces[i].n > room)
            abort();
        if (pieces[i].n > 0)
            memcpy(at, pieces[i].at, pieces[i].n);
        if (request_took(&reader, pieces[i].n) < 0) {
            tell("fault");
            return;
        }
        const struct request *request = request_whole(&reader);
        if (request == NULL)
            continue;
        struct bytes name, value;
        size_t line = 0;
        tell_bytes(request->method);
        tell_bytes(request->path);
        while (http_each(request->head, &line, &name, &value)) {
            tell_bytes(name);
            tell_bytes(value);
        }
        tell("| ");
        tell_bytes(request->body);
        request_release(&reader);
    }
}

static int file;
static struct output output;

static void begin_output(int telemetry) {
    if (output_init(&output, -1, NULL) < 0)
        abort();
    file = memfd_create("log", 0);
    output.fds[OUTPUT_STDOUT] = output.fds[OUTPUT_STDERR] = output.fds[OUTPUT_TELEMETRY] = file;
    output.merged = true;
    output.telemetry = telemetry;
}

static void tell_file(void) {
    off_t size = lseek(file, 0, SEEK_END);
    if (pread(file, memory, (size_t)size, 0) != size || ftruncate(file, 0) != 0 ||
        lseek(file, 0, SEEK_SET) != 0)
        abort();
    tell_bytes((struct bytes){memory, (size_t)size});
}

/* What a process writes to one of its pipes; an empty piece settles the pipes, as between two invocations. */
static void compare_output(int which) {
    static struct pipes pipes;
    static bool is_reserved;
    if ((!is_reserved && pipes_reserve(&pipes, NULL) < 0) || pipes_open(&output, &pipes, NULL) < 0)
        abort();
    is_reserved = true;
    for (size_t i = 0; i < count; i++) {
        for (struct bytes left = pieces[i]; left.n > 0;) {
            size_t n = left.n < 32768 ? left.n : 32768;
            if (write(pipes.write_ends[which], left.at, n) != (ssize_t)n)
                abort();
            output_forward(&output, &pipes, pipes.streams[which].fd);
            left.at += n;
            left.n -= n;
        }
        if (pieces[i].n == 0)
            output_settle(&output, &pipes);
    }
    pipes_close_write_ends(&pipes);
    uint64_t dropped = output_finish(&output, &pipes);
    tell_file();
    tell_number((long long)dropped);
}

static void compare_json(void) {
    static uint8_t escaped_space[1 << 20];
    struct buffer escaped = {escaped_space, 0, sizeof(escaped_space)};
    struct json_keys keys;
    struct bytes key, value;
    if (json_string(&escaped, pieces[0]) != 0)
        abort();
    tell_bytes(buffer_bytes(&escaped));
    escaped.n = 0;
    if (json_base64(&escaped, pieces[0]) != 0)
        abort();
    tell_bytes(buffer_bytes(&escaped));
    if (!json_keys_begin(&keys, pieces[0]))
        return;
    while (json_keys_next(&keys, &key, &value)) {
        tell_bytes(key);
        tell_bytes(value);
    }
}

static void compare_answers(void) {
    char words[256];
    struct failure failure;
    int status = atoi(text_of(0));
    answers_exit_reason(status, words, sizeof(words));
    tell_bytes(bytes_of(words));
    tell_number(answers_is_request_id(pieces[1]));
    tell_number(answers_acceptable(true, pieces[1]));
    tell_number(answers_acceptable(false, pieces[1]));
    answers_fail(&failure, "Runtime.Some", pieces[1]);
    tell_bytes((struct bytes){(const uint8_t *)failure.body, failure.n});
    answers_exited(&failure, LITERAL("id"), status);
    tell_bytes((struct bytes){(const uint8_t *)failure.body, failure.n});
    answers_timed_out(&failure, LITERAL("id"), atoll(text_of(2)));
    tell_bytes((struct bytes){(const uint8_t *)failure.body, failure.n});
}

static void tell_names(const struct names *names) {
    for (size_t i = 0; i < names->count; i++)
        tell_bytes(names->items[i]);
    tell("| ");
}

/* Pieces are variables, NAME=VALUE. */
static void compare_settings(void) {
    char *environ[MAX_PIECES + 1];
    struct settings settings;
    for (size_t i = 0; i < count; i++)
        environ[i] = (char *)(uintptr_t)pieces[i].at;
    environ[count] = NULL;
    if (settings_load(&settings, environ) < 0) {
        tell("fault");
        return;
    }
    const long long numbers[] = {
        settings.isolation,
        settings.max_age,
        settings.max_invocations,
        (long long)(settings.jitter * 1e9 + 0.5),
        settings.retire_on,
        settings.environment_max_age,
        settings.on_timeout_answer,
        settings.timeout_margin,
        settings.scope,
        settings.api_lock,
        settings.scrubs_tmp,
        settings.runs_changed_code,
        settings.close_memory,
        settings.reseed,
        settings.log_invocations,
        settings.huge_pages,
        settings.immortal,
        settings.confine,
        settings.network,
        settings.warms,
        settings.threads,
        settings.zygote_max_age,
        settings.fork_deliver,
        settings.guard,
        settings.guard_closed,
        settings.guard_learn,
    };
    for (size_t i = 0; i < COUNT(numbers); i++)
        tell_number(numbers[i]);
    tell_bytes(settings.tenant);
    tell_bytes(settings.prime);
    tell_bytes(settings.events);
    tell_bytes(settings.fork_before);
    tell_bytes(settings.fork_after);
    tell_names(&settings.keep);
    tell_names(&settings.scrub);
    for (size_t i = 0; i < settings.unknown_count; i++)
        tell_bytes(settings.unknown[i]);
}

static struct report report;

static void begin_report(void) {
    begin_output(-1);
    if (report_init(&report, &output, NULL) < 0)
        abort();
}

/* Pieces: the finding's number, the invocation's, the request id, the time, the message, then evidence as
 * name, kind, value. */
static void compare_finding(void) {
    struct field fields[REPORT_MAX_FIELDS];
    static const int64_t counts[] = {1, 2};
    size_t n = 0;
    report.number = (uint64_t)atoll(text_of(1));
    bytes_copy(report.request_id, sizeof(report.request_id), pieces[2]);
    bytes_copy(report.function, sizeof(report.function), pieces[5]);
    report.sequence = 7;
    bytes_copy(report.environment, sizeof(report.environment), LITERAL("0123456789abcdef"));
    for (size_t i = 6; i + 2 < count && n < COUNT(fields); i += 3) {
        struct field field = {.name = text_of(i),
                              .kind = (enum field_kind)atoi(text_of(i + 1)),
                              .text = pieces[i + 2],
                              .number = atoll(text_of(i + 2)),
                              .texts = &pieces[i + 2],
                              .counts = counts,
                              .count = 1};
        fields[n++] = field;
    }
    size_t length = report_compose(&report, (enum finding)atoi(text_of(0)), text_of(4), fields, n, NULL, NULL,
                                   atoll(text_of(3)));
    tell_bytes((struct bytes){report.line, length});
}

/* Pieces: outcome, worker, three times, two lengths, code, and the nine facts of the clerk. */
static void compare_invocation(void) {
    struct invocation record = {
        .outcome = text_of(0),
        .worker = (unsigned)atoi(text_of(1)),
        .duration_us = atoll(text_of(2)),
        .cpu_us = atoll(text_of(3)),
        .overhead_us = atoll(text_of(4)),
        .bytes_in = (uint64_t)atoll(text_of(5)),
        .bytes_out = (uint64_t)atoll(text_of(6)),
        .code = strtoull(text_of(7), NULL, 16),
        .activity.status = atoll(text_of(16)),
    };
    struct activity *of = &record.activity;
    char *const texts[] = {of->trigger, of->route, of->source, of->principal, of->shape, of->pattern, of->subject, of->residue};
    for (size_t i = 0; i < COUNT(texts); i++)
        bytes_copy(texts[i], i == 0 ? sizeof(of->trigger) : i == 1 ? sizeof(of->route) : sizeof(of->source), pieces[8 + i]);
    report.number = 3;
    report.sequence = 8;
    bytes_copy(report.request_id, sizeof(report.request_id), LITERAL("request"));
    bytes_copy(report.environment, sizeof(report.environment), LITERAL("0123456789abcdef"));
    report_invocation(&report, &record);
    tell_file();
}

/* Pieces: of each event a worker's word and what it is: report, late report, note, init, or a sweep that ended two
 * and met so many zombies. The findings are what was written. */
static void compare_witness(void) {
    struct invocation_findings invocation_findings;
    invocation_findings_init(&invocation_findings, &report, atoll(text_of(0)), atoi(text_of(1)) != 0);
    report.triggers = 0;
    report.number = 0;
    report.sequence = 0;
    bytes_copy(report.request_id, sizeof(report.request_id), LITERAL("request"));
    for (size_t i = 2; i + 1 < count; i += 2) {
        switch (*text_of(i)) {
        case 'r':
        case 'l':
            invocation_findings_report(&invocation_findings, pieces[i + 1], *text_of(i) == 'r');
            break;
        case 'n':
            tell_number(invocation_findings_note(&invocation_findings, pieces[i + 1]));
            break;
        case 'i':
            invocation_findings_init_said(&invocation_findings, pieces[i + 1]);
            break;
        case 's':
            invocation_findings_swept(&invocation_findings, 2, (uint64_t)atoll(text_of(i + 1)));
            break;
        default:
            report.number++;
        }
    }
    tell_number(report.triggers);
    tell_file();
}

static void tell_progress(struct upstream *up) {
    enum upstream_progress progress = upstream_wait(up, now_ns() + 60 * NS_PER_S);
    if (progress == UPSTREAM_REPLIED) {
        const struct reply *reply = upstream_reply(up);
        tell("replied ");
        tell_number(reply->status);
        tell_bytes(bytes_of(reply->defect != NULL ? reply->defect : ""));
        tell_bytes(reply->body);
    } else {
        tell(progress == UPSTREAM_CONTINUED ? "continued " : progress == UPSTREAM_LOST ? "lost " : "waits ");
    }
}

/* Pieces: the address, then of each request what it is and three texts. */
static void compare_upstream(void) {
    static struct upstream up;
    static const struct bytes id = LITERAL("request-1");
    if (upstream_init(&up, text_of(0), NULL) < 0)
        abort();
    for (size_t i = 1; i + 3 < count; i += 4) {
        const char *what = text_of(i);
        struct outcome outcome = {.body = pieces[i + 2]};
        if (strcmp(what, "next") == 0) {
            upstream_next(&up);
        } else if (strcmp(what, "hold") == 0) {
            upstream_hold(&up, id, pieces[i + 1]);
        } else if (strcmp(what, "get") == 0) {
            upstream_get(&up, text_of(i + 1));
        } else if (strcmp(what, "post") == 0) {
            upstream_post(&up, text_of(i + 1), pieces[i + 3], pieces[i + 2]);
        } else {
            /* A worker's result or error, or a failure; under a held response where there are four letters
             * more. */
            bool held = strncmp(what, "held", 4) == 0;
            const char *kind = held ? what + 4 : what;
            outcome.is_error = strcmp(kind, "result") != 0;
            outcome.error_type = strcmp(kind, "failure") == 0 ? "Runtime.ExitError" : NULL;
            outcome.meta = pieces[i + 3];
            answers_send(&up, id, pieces[i + 1], &outcome, held);
        }
        tell_progress(&up);
    }
    upstream_close(&up);
    (void)munmap(up.events.at, HTTP_REPLY_SPACE(HTTP_MAX_BODY));
}

/* Pieces: what is wanted of the routes, and the address or descriptor that it is about. */
static void compare_routes(void) {
    static struct routes routes;
    struct pollfd polled[ROUTES_MAX_FDS];
    const char *wanted = text_of(0);
    if (strcmp(wanted, "begin") == 0) {
        if (routes_init(&routes, text_of(1), NULL) < 0)
            abort();
        tell(routes.address);
    } else if (strcmp(wanted, "descriptors") == 0) {
        size_t n = routes_fds(&routes, polled);
        for (size_t i = 0; i < n; i++)
            tell_number(polled[i].fd);
    } else if (strcmp(wanted, "serve") == 0) {
        routes_serve(&routes, atoi(text_of(1)));
    } else if (strcmp(wanted, "drop_peers") == 0) {
        routes_drop_peers(&routes);
    } else if (strcmp(wanted, "take_over") == 0) {
        routes_take_over(&routes);
    } else if (strcmp(wanted, "poll_ahead") == 0) {
        routes_end_init(&routes, ROUTES_LIMIT_NS);
    } else if (strcmp(wanted, "has_extensions") == 0) {
        tell_number(routes.extension_count > 0);
    } else if (strcmp(wanted, "settled") == 0) {
        tell_number(routes_settled(&routes, false));
    } else if (strcmp(wanted, "end_invocation") == 0) {
        routes_end_invocation(&routes);
    } else if (strcmp(wanted, "release") == 0) {
        (void)close(routes.listener);
        (void)munmap(routes.memory, ROUTES_SPACE);
    } else {
        abort();
    }
}

/* Pieces: a path, then globs. */
static void compare_keep(void) {
    struct names globs = {.count = count - 1};
    for (size_t i = 1; i < count; i++)
        globs.items[i - 1] = pieces[i];
    tell_number(keep_judge(&globs, pieces[0]));
}

/* Pieces: setting, API lock, namespace, command of PID 1, of the parent, its pid, whether /tmp is its own. */
static void compare_scope(void) {
    struct host_facts facts = {text_of(2), text_of(3), text_of(4), atoi(text_of(5)), atoi(text_of(6)) != 0};
    struct scope_decision decision = scope_decide((enum scope_setting)atoi(text_of(0)), &facts);
    tell_bytes(bytes_of(scope_name(&decision)));
    tell_bytes(bytes_of(platform_name(decision.platform)));
    tell_bytes(bytes_of(decision.reason));
    tell_bytes(bytes_of(decision.not_promised));
    tell_number(scope_lock((enum api_lock)atoi(text_of(1)), decision.platform));
}

/* Whose an event is: the setting, two headers, the body. */
static void compare_tenants(void) {
    static struct reply event;
    static struct tenant found;
    struct tenant_source source;
    event.headers[HTTP_TENANT_ID] = pieces[1];
    event.headers[HTTP_COGNITO_IDENTITY] = pieces[2];
    event.body = pieces[3];
    if (tenants_parse(&source, pieces[0]) != 0)
        abort();
    tenants_find(&source, &event, &found);
    tell_bytes((struct bytes){found.key, found.n});
}

int main(int argc, char **argv) {
    const char *kind = argc > 1 ? argv[1] : "";
    space = malloc(MAX_CASE);
    memory = malloc(HTTP_REPLY_SPACE(HTTP_MAX_BODY));
    out = (struct buffer){malloc(MAX_CASE), 0, MAX_CASE};
    if (space == NULL || memory == NULL || out.at == NULL)
        return 1;
    if (strcmp(kind, "lines") == 0)
        begin_output(-1);
    else if (strcmp(kind, "frames") == 0)
        begin_output(9);
    else
        begin_report();
    if (strcmp(kind, "sealed") == 0 || strcmp(kind, "invocation") == 0)
        report_prove(&report, LITERAL("0123456789abcdef0123456789abcdef"));
    for (;;) {
        next_case();
        if (strcmp(kind, "reply") == 0)
            compare_reply(false);
        else if (strcmp(kind, "event") == 0)
            compare_reply(true);
        else if (strcmp(kind, "request") == 0)
            compare_request();
        else if (strcmp(kind, "lines") == 0)
            compare_output(OUTPUT_STDOUT);
        else if (strcmp(kind, "frames") == 0)
            compare_output(OUTPUT_TELEMETRY);
        else if (strcmp(kind, "json") == 0)
            compare_json();
        else if (strcmp(kind, "answers") == 0)
            compare_answers();
        else if (strcmp(kind, "settings") == 0)
            compare_settings();
        else if (strcmp(kind, "finding") == 0 || strcmp(kind, "sealed") == 0)
            compare_finding();
        else if (strcmp(kind, "invocation") == 0)
            compare_invocation();
        else if (strcmp(kind, "witness") == 0)
            compare_witness();
        else if (strcmp(kind, "upstream") == 0)
            compare_upstream();
        else if (strcmp(kind, "routes") == 0)
            compare_routes();
        else if (strcmp(kind, "scope") == 0)
            compare_scope();
        else if (strcmp(kind, "tenants") == 0)
            compare_tenants();
        else if (strcmp(kind, "keep") == 0)
            compare_keep();
        else
            return 2;
        uint32_t n = (uint32_t)out.n;
        (void)fwrite(&n, sizeof(n), 1, stdout);
        (void)fwrite(out.at, 1, out.n, stdout);
        (void)fflush(stdout);
    }
}
