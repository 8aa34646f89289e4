/* The first record of an environment, and what of the settings Python reads. */
#include "../supervisor/announce.h"
#include "logged.h"

static struct output output;
static struct report report;
static struct limits limits;
static struct settings settings;
static char lines[65536];
static int file;

static void begin(void) {
    char *none[] = {NULL};
    file = log_to_memory(&output, &report);
    CHECK(settings_load(&settings, none) == 0);
}

static void read_lines(void) {
    ssize_t n = pread(file, lines, sizeof(lines) - 1, 0);
    CHECK(n > 0);
    lines[n] = '\0';
}

static bool holds(const char *text) { return strstr(lines, text) != NULL; }

static size_t count_lines(void) {
    size_t n = 0;
    for (const char *c = lines; *c != '\0'; c++)
        n += *c == '\n';
    return n;
}

static struct announcement plain(void) {
    return (struct announcement){.settings = &settings,
                                 .scope = "environment",
                                 .scope_reason = "Lambda",
                                 .platform = "lambda",
                                 .lock = LOCK_ON,
                                 .can_fork = true};
}

static void all_is_well(void) {
    struct announcement what = plain();
    begin();
    announce(&report, &what, &limits);
    read_lines();
    CHECK_EQUAL(count_lines(), 2);
    CHECK(strncmp(lines, "Dayfly " DAYFLY_VERSION ": a fresh worker per invocation; guard observes; Runtime API locked\n{",
                  sizeof("Dayfly " DAYFLY_VERSION ": a fresh worker per invocation; guard observes; Runtime API locked\n{") - 1) == 0);
    CHECK(holds("\"message\":\"Dayfly: a fresh worker per invocation; guard observes; Runtime API locked\""));
    CHECK(holds("\"not_promised\":[]") && holds("\"api_lock\":\"on\"") && holds("\"memory\":\"closed\""));
    CHECK(holds("\"types\":[\"environment.started\"]"));
}

static void what_is_missing_is_said(void) {
    struct announcement what = plain();
    begin();
    what.memory = "the kernel permits other processes of the same user to open it";
    what.unguarded = "no audit hooks";
    what.lock = LOCK_OFF;
    what.watch_misses = "it is found";
    what.earlier = (struct earlier_life){.killed = 2, .removed = 3};
    limits_add(&limits, "a limit of %s", "the host");
    announce(&report, &what, &limits);
    read_lines();
    CHECK_EQUAL(count_lines(), 4);
    CHECK(holds("\"not_promised\":[\"a limit of the host\",\"the Runtime API is not locked: the environment is unprotected against "
                "takeover, best effort: a worker that polls can take events until it is found; " ANNOUNCE_TAKEN "\",\"a worker can read "
                "and write the memory"));
    CHECK(holds("guard NOT armed; unprotected against takeover, best effort, memory open, runtime restarted; 4 limits in the next record\n"));
    CHECK(holds("\"api_lock\":\"off\""));
    CHECK(holds("\"guard\":\"not armed\",\"guard_reason\":\"no audit hooks\"") &&
          holds("\"memory\":\"open\",\"memory_reason\""));
    CHECK(holds("\"protection\":\"guard\""));
    CHECK(holds("2 processes were ended and 3 files removed before function code ran") &&
          holds("\"objects\":0,\"processes\":2"));
}

static void what_settings_and_host_do_not_allow_is_said(void) {
    struct announcement what = plain();
    begin();
    settings.isolation = ISOLATION_WINDOW;
    settings.tenant = LITERAL("lambda");
    settings.keep = (struct names){{LITERAL("/tmp/a")}, 1};
    settings.unknown[0] = LITERAL("DAYFLY_ISOLATON");
    settings.unknown_count = 1;
    settings.network = NETWORK_NONE_WHERE_ALLOWED;
    settings.policy_doubt = LITERAL("the policy can be changed");
    what.online = "no namespaces";
    what.scope_not_promised = "not removed: other processes";
    what.memory_stranger = "bash";
    what.uncompiled = "Dayfly's bytecode is missing";
    what.shares_kernel_objects = what.writes_code = true;
    announce(&report, &what, &limits);
    read_lines();
    CHECK(holds("\"not_promised\":[\"not removed: other processes\",\"workers have network access: no namespaces\","
                "\"System V objects and keyrings are shared with the machine and are not cleared\",\"window isolation: "));
    CHECK(holds(" invocations of one tenant\",\"not effective against Python code in a worker (L2): the worker can write the memory of "
                "bash and leave code there\",\"the policy can be changed\",\"all tenants share the files in `keep`\",\"the function can "
                "write its own code: a rebuilt zygote loads changed code\",\"slow start: Dayfly's bytecode is missing; compile at "));
    CHECK(holds("\"unknown DAYFLY_ variables: DAYFLY_ISOLATON\"]") && holds("\"protection\":\"network\""));
}

static void a_function_that_cannot_be_forked_is_not_isolated(void) {
    struct announcement what = plain();
    begin();
    what.can_fork = false;
    settings.tenant = LITERAL("lambda");
    announce(&report, &what, &limits);
    read_lines();
    CHECK(holds(": NOT isolated (process);") &&
          holds("process isolation: memory changes of an invocation stay\",\"tenants share the function's process\""));
}

static void too_many_limits_are_counted(void) {
    struct announcement what = plain();
    begin();
    for (int i = 0; i < 2 * ANNOUNCE_MAX_LIMITS; i++)
        limits_add(&limits, "limit %d", i);
    announce(&report, &what, &limits);
    read_lines();
    CHECK(holds("\"limit 46\",\"more than fits into one record\"]"));
}

static void the_first_line_is_json_where_lambda_writes_json(void) {
    struct announcement what = plain();
    begin();
    CHECK(setenv("AWS_LAMBDA_LOG_FORMAT", "JSON", 1) == 0);
    what.lock = LOCK_HTTP;
    announce(&report, &what, &limits);
    read_lines();
    CHECK(strncmp(lines, "{\"timestamp\":\"2", sizeof("{\"timestamp\":\"2") - 1) == 0);
    CHECK(holds("Z\",\"level\":\"INFO\",\"message\":\"Dayfly " DAYFLY_VERSION ": a fresh worker per invocation; guard observes; "
                "locked for HTTP events, otherwise unprotected against takeover, best effort; 1 limit in the next record\"}\n"));
    CHECK(holds("\"api_lock\":\"http\"") && holds("the Runtime API is locked for HTTP events alone: under others the environment is unprotected"));
}

/* People see the beginning of a line: it says all in any case. */
static void the_first_line_is_short(void) {
    struct announcement what = plain();
    begin();
    settings.isolation = ISOLATION_WINDOW;
    settings.max_age = 86400 * NS_PER_S;
    settings.max_invocations = 1000000;
    what.memory = "m";
    what.unguarded = "u";
    what.lock = LOCK_HTTP;
    what.may_be_later_life = true;
    for (int i = 0; i < 12; i++)
        limits_add(&limits, "limit %d", i);
    announce(&report, &what, &limits);
    read_lines();
    CHECK(strcspn(lines, "\n") <= ANNOUNCE_MAX_LINE);
    CHECK(holds(", memory open, perhaps restarted; 16 limits in the next record\n"));
}

static bool are_pythons(char *variable, const char *folder) {
    char *environ[] = {variable, NULL};
    CHECK(settings_load(&settings, environ) == 0);
    return settings_are_pythons(&settings, environ, folder);
}

static void files_and_policies_are_read_by_python(void) {
    char folder[] = "/tmp/settings-XXXXXX", path[64];
    CHECK(mkdtemp(folder) != NULL);
    CHECK(!are_pythons("OTHER=1", folder));
    CHECK(are_pythons("DAYFLY_POLICY=/x", folder));
    CHECK(are_pythons("DAYFLY_TENANT=lambda", folder));
    (void)snprintf(path, sizeof(path), "%s/dayfly.toml", folder);
    int made = open(path, O_CREAT | O_WRONLY, 0600);
    CHECK(made >= 0 && close(made) == 0);
    CHECK(are_pythons("OTHER=1", folder));
    CHECK(!are_pythons("_DAYFLY_SETTINGS=", folder));
    CHECK(unlink(path) == 0 && rmdir(folder) == 0);
}

static void what_python_has_read_counts_alone(void) {
    char *environ[] = {"DAYFLY_MAX_INVOCATIONS=7", "_DAYFLY_SETTINGS=DAYFLY_MAX_AGE=2.5\x1e" "policy=[1]\x1e" "fault=no", NULL};
    CHECK(settings_load(&settings, environ) == 0);
    CHECK_EQUAL(settings.max_age, 2500 * NS_PER_MS);
    CHECK_EQUAL(settings.max_invocations, 100);
    CHECK(bytes_equal(settings.policy, LITERAL("[1]")) && bytes_equal(settings.fault, LITERAL("no")));
    CHECK_EQUAL(settings.hint.n, 0);
}

int main(void) {
    RUN(forked(all_is_well));
    RUN(forked(what_is_missing_is_said));
    RUN(forked(what_settings_and_host_do_not_allow_is_said));
    RUN(forked(a_function_that_cannot_be_forked_is_not_isolated));
    RUN(forked(too_many_limits_are_counted));
    RUN(forked(the_first_line_is_json_where_lambda_writes_json));
    RUN(forked(the_first_line_is_short));
    RUN(forked(what_python_has_read_counts_alone));
    RUN(forked(files_and_policies_are_read_by_python));
    return 0;
}
