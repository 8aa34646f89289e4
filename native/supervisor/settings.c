#include "settings.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "json.h"

#define PREFIX "DAYFLY_"
/* Longer than any environment lives. */
#define MAX_DURATION_S (30 * 86400.0)
#define MAX_COUNT 1000000000
#define MAX_COUNT_DIGITS 10
/* A limit that may shrink to nothing is none. */
#define MAX_SHARE 0.9
/* Of a number; what is longer is none. */
#define MAX_NUMBER 64
#define FILE_NAME "dayfly.toml"
/* Between what Python has read. */
#define FIELD "\x1e"
/* As core/policylayer.py has it. */
#define POLICY_PLACE "/opt/dayfly.policy/policy.json"

/* FIRST and SECOND are a choice of two of which that one is true. */
enum kind {
    CHOICE,
    FIRST,
    SECOND,
    CHOICES,
    DURATION,
    INTEGER,
    SHARE,
    SWITCH,
    TEXT,
    GLOB,
    ENTRY,
    GLOBS,
    WRITABLE_PATHS
};

/* One setting. */
struct row {
    const char *variable;
    enum kind kind;
    const char *standard, *choices;
    size_t offset;
};

#define AT(field) offsetof(struct settings, field)

/* As SETTINGS in core/settings.py, in the same order. */
static const struct row rows[] = {
    {"DAYFLY_ISOLATION", CHOICE, "invocation", "invocation, window, process", AT(isolation)},
    {"DAYFLY_MAX_AGE", DURATION, "5m", NULL, AT(max_age)},
    {"DAYFLY_MAX_INVOCATIONS", INTEGER, "100", NULL, AT(max_invocations)},
    {"DAYFLY_JITTER", SHARE, "10%", NULL, AT(jitter)},
    {"DAYFLY_RETIRE_ON", CHOICES, "suspicion", "residue, suspicion, error", AT(retire_on)},
    {"DAYFLY_TENANT", TEXT, "", NULL, AT(tenant)},
    {"DAYFLY_ENVIRONMENT_MAX_AGE", DURATION, "0", NULL, AT(environment_max_age)},
    {"DAYFLY_ON_TIMEOUT", SECOND, "platform", "platform, answer", AT(on_timeout_answer)},
    {"DAYFLY_TIMEOUT_MARGIN", DURATION, "0.2", NULL, AT(timeout_margin)},
    {"DAYFLY_SCOPE", CHOICE, "auto", "auto, environment, descendants", AT(scope)},
    {"DAYFLY_API_LOCK", CHOICE, "auto", "auto, on, http, off", AT(api_lock)},
    {"DAYFLY_TMP", FIRST, "scrub", "scrub, keep", AT(scrubs_tmp)},
    {"DAYFLY_KEEP", GLOBS, "", NULL, AT(keep)},
    {"DAYFLY_SCRUB", WRITABLE_PATHS, "", NULL, AT(scrub)},
    {"DAYFLY_CHANGED_CODE", SECOND, "refuse", "refuse, run", AT(runs_changed_code)},
    {"DAYFLY_CLOSE_MEMORY", FIRST, "auto", "auto, off", AT(close_memory)},
    {"DAYFLY_RESEED", SWITCH, "on", NULL, AT(reseed)},
    {"DAYFLY_LOG_INVOCATIONS", SWITCH, "off", NULL, AT(log_invocations)},
    {"DAYFLY_HUGE_PAGES", FIRST, "auto", "auto, off", AT(huge_pages)},
    {"DAYFLY_IMMORTAL", FIRST, "auto", "auto, off", AT(immortal)},
    {"DAYFLY_CONFINE", FIRST, "auto", "auto, off", AT(confine)},
    {"DAYFLY_NETWORK", CHOICE, "shared", "shared, none, none-where-allowed", AT(network)},
    {"DAYFLY_THREADS", CHOICE, "auto", "auto, drop, refuse", AT(threads)},
    {"DAYFLY_ZYGOTE_PRIME", ENTRY, "", NULL, AT(prime)},
    {"DAYFLY_ZYGOTE_EVENTS", GLOB, "", NULL, AT(events)},
    {"DAYFLY_ZYGOTE_WARM", FIRST, "auto", "auto, off", AT(warms)},
    {"DAYFLY_ZYGOTE_MAX_AGE", DURATION, "0", NULL, AT(zygote_max_age)},
    {"DAYFLY_FORK_BEFORE", ENTRY, "", NULL, AT(fork_before)},
    {"DAYFLY_FORK_AFTER", ENTRY, "", NULL, AT(fork_after)},
    {"DAYFLY_FORK_DELIVER", DURATION, "0.5", NULL, AT(fork_deliver)},
    {"DAYFLY_GUARD", CHOICE, "observe", "off, observe, block", AT(guard)},
    {"DAYFLY_GUARD_ON_FAULT", SECOND, "open", "open, closed", AT(guard_closed)},
    {"DAYFLY_GUARD_LEARN", SWITCH, "off", NULL, AT(guard_learn)},
};

/* Variables that no file sets: WRAPPER_VARIABLES in core/settings.py, and the recorder's. */
static const char *const others[] = {
    "DAYFLY_ON_FAILURE", "DAYFLY_NEXT_WRAPPER",  "DAYFLY_FLEET_KEY", "DAYFLY_RECYCLED",
    "DAYFLY_POLICY",     "DAYFLY_POLICY_DIGEST", "DAYFLY_ROLLOUT",   "DAYFLY_LEARN",
};

/* What Python says beside the settings; see src/dayfly/runtime/flatsettings.py. */
static const struct {
    const char *name;
    size_t offset;
} read_by_python[] = {
    {"fault", AT(fault)},
    {"hint", AT(hint)},
    {"policy", AT(policy)},
    {"policy_source", AT(policy_source)},
    {"policy_digest", AT(policy_digest)},
    {"policy_mode", AT(policy_mode)},
    {"policy_fault", AT(policy_fault)},
    {"policy_doubt", AT(policy_doubt)},
};

const char *isolation_name(enum isolation isolation) {
    static const char *const names[] = {"invocation", "window", "process"};
    return names[isolation];
}

const char *guard_name(enum guard guard) {
    static const char *const names[] = {"off", "observe", "block"};
    return names[guard];
}

const char *lock_name(enum api_lock lock) {
    static const char *const names[] = {"auto", "on", "http", "off"};
    return names[lock];
}

static bool is_space(uint8_t c) { return c == ' ' || (c >= 9 && c <= 13) || (c >= 28 && c <= 31); }

static struct bytes strip(struct bytes text) {
    for (; text.n > 0 && is_space(text.at[text.n - 1]); text.n--) {
    }
    for (; text.n > 0 && is_space(text.at[0]); text.n--)
        text.at++;
    return text;
}

static bool is_digit(uint8_t c) { return c >= '0' && c <= '9'; }

static uint8_t lower(uint8_t c) { return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c; }

static bool same(struct bytes text, const char *word, size_t n) {
    bool is_same = text.n == n;
    for (size_t i = 0; is_same && i < n; i++)
        is_same = lower(text.at[i]) == (uint8_t)word[i];
    return is_same;
}

/* Which of the choices a text is; -1 where it is none. */
static int choice(const char *choices, struct bytes text) {
    for (int i = 0;; i++) {
        size_t n = strcspn(choices, ",");
        if (same(text, choices, n))
            return i;
        if (choices[n] == '\0')
            return -1;
        choices += n + 2;
    }
}

/* Cut the text before the next `mark` off `rest`; false once nothing is left. */
static bool next_part(struct bytes *rest, const char *marks, struct bytes *part) {
    if (rest->at == NULL)
        return false;
    size_t n = 0;
    while (n < rest->n && strchr(marks, rest->at[n]) == NULL)
        n++;
    *part = (struct bytes){rest->at, n};
    *rest = n < rest->n ? (struct bytes){rest->at + n + 1, rest->n - n - 1} : (struct bytes){NULL, 0};
    return true;
}

/* A number as Python's float reads one; false for what is none, and for those beyond all limits. */
static bool read_float(struct bytes text, double *out) {
    char plain[MAX_NUMBER];
    size_t n = 0, digits = 0;
    text = strip(text);
    bool has_point = false, has_power = false;
    for (size_t i = 0; i < text.n && n < sizeof(plain) - 1; i++) {
        uint8_t c = lower(text.at[i]);
        bool is_behind_digit = i > 0 && is_digit(text.at[i - 1]);
        if (c == '_' && is_behind_digit && i + 1 < text.n && is_digit(text.at[i + 1]))
            continue;
        if (is_digit(c))
            digits++;
        else if (c == '.' && !has_point && !has_power)
            has_point = true;
        else if (c == 'e' && digits > 0 && !has_power)
            has_power = true, digits = 0;
        else if (!((c == '+' || c == '-') && (i == 0 || lower(text.at[i - 1]) == 'e')))
            return false;
        plain[n++] = (char)c;
    }
    plain[n] = '\0';
    if (digits == 0 || n == sizeof(plain) - 1)
        return false;
    *out = strtod(plain, NULL);
    return true;
}

static bool read_duration(struct bytes text, int64_t *out) {
    text = strip(text);
    struct bytes figures = text;
    while (figures.n > 0 && strchr("smh", lower(figures.at[figures.n - 1])) != NULL)
        figures.n--;
    uint8_t unit = figures.n < text.n ? lower(text.at[figures.n]) : 's';
    double seconds = 0;
    if (text.n - figures.n > 1 || !read_float(figures, &seconds))
        return false;
    seconds *= unit == 'h' ? 3600 : unit == 'm' ? 60 : 1;
    if (!(seconds >= 0 && seconds <= MAX_DURATION_S))
        return false;
    *out = (int64_t)(seconds * (double)NS_PER_S + 0.5);
    return true;
}

static bool read_count(struct bytes text, int64_t *out) {
    text = strip(text);
    int64_t number = 0;
    for (size_t i = 0; i < text.n && text.n <= MAX_COUNT_DIGITS; i++) {
        if (!is_digit(text.at[i]))
            return false;
        number = number * 10 + (text.at[i] - '0');
    }
    *out = number;
    return text.n <= MAX_COUNT_DIGITS && number > 0 && number <= MAX_COUNT;
}

static bool read_share(struct bytes text, double *out) {
    text = strip(text);
    bool is_percent = text.n > 0 && text.at[text.n - 1] == '%';
    text.n -= is_percent;
    if (!read_float(text, out))
        return false;
    *out /= is_percent ? 100 : 1;
    return *out >= 0 && *out <= MAX_SHARE;
}

/* What no path has in earnest and what separates the options of a zygote. */
static bool has_control(struct bytes text) {
    for (size_t i = 0; i < text.n; i++)
        if (text.at[i] < ' ' || text.at[i] == 0x7f)
            return true;
    return false;
}

static bool has_part(struct bytes path, const char *wanted) {
    struct bytes part;
    while (next_part(&path, "/", &part))
        if (bytes_equal(part, bytes_of(wanted)))
            return true;
    return false;
}

static bool is_glob(struct bytes glob) {
    return glob.n > 0 && glob.at[0] == '/' && !has_part(glob, "..") && !has_control(glob);
}

/* What the system lives in is nobody's to empty, whatever a setting says. */
static bool is_place(struct bytes place) {
    static const char *const system[] = {"bin", "boot", "dev",  "etc", "lib",  "lib32", "lib64",
                                         "opt", "proc", "root", "run", "sbin", "sys",   "usr"};
    struct bytes parts, first;
    if (place.n < 2 || place.at[0] != '/')
        return false;
    parts = (struct bytes){place.at + 1, place.n - 1};
    if (has_part(parts, "") || has_part(parts, ".") || has_part(parts, "..") ||
        !next_part(&parts, "/", &first))
        return false;
    for (size_t i = 0; i < COUNT(system); i++)
        if (bytes_equal(first, bytes_of(system[i])))
            return false;
    return true;
}

/* A letter of a name in Python; of other scripts all pass here, and the zygote judges them. */
static bool is_identifier(struct bytes name) {
    for (size_t i = 0; i < name.n; i++) {
        uint8_t c = lower(name.at[i]);
        if (!((c >= 'a' && c <= 'z') || c == '_' || c >= 0x80 || (i > 0 && is_digit(c))))
            return false;
    }
    return name.n > 0;
}

static bool is_entry(struct bytes text) {
    struct bytes rest = text, module, part;
    if (text.n == 0)
        return true;
    (void)next_part(&rest, ":", &module);
    while (next_part(&module, ".", &part))
        if (!is_identifier(part))
            return false;
    while (next_part(&rest, ".", &part))
        if (!is_identifier(part))
            return false;
    return memchr(text.at, ':', text.n) != NULL;
}

static bool read_names(enum kind kind, struct bytes text, struct names *out) {
    struct bytes part;
    out->count = 0;
    while (next_part(&text, ":", &part)) {
        size_t n_parts = 0;
        if (part.n == 0)
            continue;
        while (kind == WRITABLE_PATHS && part.n > 0 && part.at[part.n - 1] == '/')
            part.n--;
        for (size_t i = 0; i < part.n; i++)
            n_parts += part.at[i] == '/';
        if (!(kind == WRITABLE_PATHS ? is_place(part) : is_glob(part)) || out->count == SETTINGS_MAX_NAMES ||
            n_parts > SETTINGS_MAX_PARTS)
            return false;
        out->items[out->count++] = part;
    }
    return true;
}

static bool read_choices(const char *choices, struct bytes text, unsigned *out) {
    struct bytes part;
    *out = 0;
    while (next_part(&text, ",:", &part)) {
        part = strip(part);
        int found = part.n == 0 ? -1 : choice(choices, part);
        if (part.n > 0 && found < 0)
            return false;
        *out |= part.n > 0 ? 1u << found : 0;
    }
    return true;
}

static bool read_row(const struct row *row, struct bytes text, struct settings *settings) {
    static const char switches[] = "off, on, false, true, 0, 1, no, yes";
    void *out = (uint8_t *)settings + row->offset;
    struct bytes stripped = strip(text);
    int found = choice(row->kind == SWITCH ? switches : row->choices != NULL ? row->choices : "", stripped);
    switch (row->kind) {
    case CHOICE:
        *(unsigned *)out = (unsigned)found;
        return found >= 0;
    case FIRST:
    case SECOND:
        *(bool *)out = found == (row->kind == SECOND);
        return found >= 0;
    case SWITCH:
        *(bool *)out = found % 2 == 1;
        return found >= 0;
    case CHOICES:
        return read_choices(row->choices, text, out);
    case DURATION:
        return read_duration(text, out);
    case INTEGER:
        return read_count(text, out);
    case SHARE:
        return read_share(text, out);
    case GLOBS:
    case WRITABLE_PATHS:
        return read_names(row->kind, text, out);
    case ENTRY:
        *(struct bytes *)out = stripped;
        return is_entry(stripped);
    case GLOB:
        *(struct bytes *)out = stripped;
        return !((stripped.n > 0 && stripped.at[0] == '/') || has_part(stripped, "..") || has_control(stripped));
    case TEXT:
        *(struct bytes *)out = stripped;
        return true;
    }
    return false;
}

static bool is_known(struct bytes name) {
    for (size_t i = 0; i < COUNT(rows); i++)
        if (bytes_equal(name, bytes_of(rows[i].variable)))
            return true;
    for (size_t i = 0; i < COUNT(others); i++)
        if (bytes_equal(name, bytes_of(others[i])))
            return true;
    return false;
}

static int compare(struct bytes a, struct bytes b) {
    int order = memcmp(a.at, b.at, a.n < b.n ? a.n : b.n);
    return order != 0 ? order : a.n < b.n ? -1 : a.n > b.n;
}

/* Keep the first of the variables that are no settings, sorted. */
static void note_unknown(struct settings *settings, struct bytes name) {
    size_t at = settings->unknown_count;
    for (; at > 0 && compare(settings->unknown[at - 1], name) >= 0; at--)
        if (bytes_equal(settings->unknown[at - 1], name))
            return;
    if (at == SETTINGS_MAX_UNKNOWN)
        return;
    if (settings->unknown_count < SETTINGS_MAX_UNKNOWN)
        settings->unknown_count++;
    for (size_t i = settings->unknown_count - 1; i > at; i--)
        settings->unknown[i] = settings->unknown[i - 1];
    settings->unknown[at] = name;
}

/* The value of a name among what Python has read; false where it has none. */
static bool find_flat(struct bytes flat, const char *name, struct bytes *out) {
    size_t n = strlen(name);
    struct bytes field;
    *out = (struct bytes){NULL, 0};
    while (next_part(&flat, FIELD, &field))
        if (field.n > n && memcmp(field.at, name, n) == 0 && field.at[n] == '=') {
            *out = (struct bytes){field.at + n + 1, field.n - n - 1};
            return true;
        }
    return false;
}

int settings_load(struct settings *out, char *const *environ) {
    const char *text = variable(environ, SETTINGS_FLAT);
    struct bytes flat = bytes_of(text != NULL ? text : ""), value;
    memset(out, 0, sizeof(*out));
    for (size_t i = 0; text != NULL && i < COUNT(read_by_python); i++)
        (void)find_flat(flat, read_by_python[i].name, (struct bytes *)(void *)((uint8_t *)out + read_by_python[i].offset));
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *own = text != NULL ? NULL : variable(environ, rows[i].variable);
        if (!find_flat(flat, rows[i].variable, &value))
            value = bytes_of(own != NULL ? own : rows[i].standard);
        if (!read_row(&rows[i], value, out))
            return -1;
    }
    for (char *const *each = environ; *each != NULL; each++) {
        struct bytes name = {(const uint8_t *)*each, strcspn(*each, "=")};
        if (bytes_begin(name, LITERAL(PREFIX)) && !is_known(name))
            note_unknown(out, name);
    }
    return 0;
}

bool settings_are_pythons(const struct settings *settings, char *const *environ, const char *task_root) {
    char path[4096];
    struct stat found;
    if (variable(environ, SETTINGS_FLAT) != NULL)
        return false;
    int n = snprintf(path, sizeof(path), "%s/" FILE_NAME, task_root);
    if (n < 0 || (size_t)n >= sizeof(path) || stat(path, &found) == 0 || errno != ENOENT)
        return true;
    return settings->tenant.n > 0 ||
           (settings->guard != GUARD_OFF && (variable(environ, "DAYFLY_POLICY") != NULL ||
                                             variable(environ, "DAYFLY_POLICY_DIGEST") != NULL ||
                                             lstat(POLICY_PLACE, &found) == 0));
}

int settings_seconds(struct buffer *out, int64_t ns) {
    return buffer_print(out, "%lld.%09lld", (long long)(ns / NS_PER_S), (long long)(ns % NS_PER_S));
}
