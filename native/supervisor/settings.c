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
/* A value that is quoted in a message. */
#define MAX_QUOTED 300
#define FILE_NAME "dayfly.toml"
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
    PLACES
};

/* One setting. `is_served`: this supervisor does what any value asks for; else only what the default does. */
struct row {
    const char *variable;
    enum kind kind;
    const char *standard, *choices;
    size_t offset;
    bool is_served;
};

#define AT(field) offsetof(struct settings, field)

/* As SETTINGS in core/settings.py, in the same order. */
static const struct row rows[] = {
    {"DAYFLY_ISOLATION", CHOICE, "invocation", "invocation, window, process", AT(isolation), true},
    {"DAYFLY_MAX_AGE", DURATION, "5m", NULL, AT(max_age), true},
    {"DAYFLY_MAX_INVOCATIONS", INTEGER, "100", NULL, AT(max_invocations), true},
    {"DAYFLY_JITTER", SHARE, "10%", NULL, AT(jitter), true},
    {"DAYFLY_RETIRE_ON", CHOICES, "suspicion", "residue, suspicion, error", AT(retire_on), true},
    {"DAYFLY_TENANT", TEXT, "", NULL, AT(tenant), false},
    {"DAYFLY_ENVIRONMENT_MAX_AGE", DURATION, "0", NULL, AT(environment_max_age), true},
    {"DAYFLY_ON_TIMEOUT", SECOND, "platform", "platform, answer", AT(on_timeout_answer), true},
    {"DAYFLY_TIMEOUT_MARGIN", DURATION, "0.2", NULL, AT(timeout_margin), true},
    {"DAYFLY_SCOPE", CHOICE, "auto", "auto, environment, descendants", AT(scope), true},
    {"DAYFLY_API_LOCK", CHOICE, "auto", "auto, on, off", AT(api_lock), true},
    {"DAYFLY_TMP", FIRST, "scrub", "scrub, keep", AT(scrubs_tmp), true},
    {"DAYFLY_KEEP", GLOBS, "", NULL, AT(keep), true},
    {"DAYFLY_SCRUB", PLACES, "", NULL, AT(scrub), true},
    {"DAYFLY_CHANGED_CODE", SECOND, "refuse", "refuse, run", AT(runs_changed_code), true},
    {"DAYFLY_CLOSE_MEMORY", FIRST, "auto", "auto, off", AT(close_memory), true},
    {"DAYFLY_RESEED", SWITCH, "on", NULL, AT(reseed), true},
    {"DAYFLY_LOG_INVOCATIONS", SWITCH, "off", NULL, AT(log_invocations), false},
    {"DAYFLY_HUGE_PAGES", FIRST, "auto", "auto, off", AT(huge_pages), true},
    {"DAYFLY_IMMORTAL", FIRST, "auto", "auto, off", AT(immortal), true},
    {"DAYFLY_CONFINE", FIRST, "auto", "auto, off", AT(confine), true},
    {"DAYFLY_NETWORK", CHOICE, "shared", "shared, none, none-where-allowed", AT(network), true},
    {"DAYFLY_ZYGOTE_PRIME", ENTRY, "", NULL, AT(prime), true},
    {"DAYFLY_ZYGOTE_EVENTS", GLOB, "", NULL, AT(events), true},
    {"DAYFLY_ZYGOTE_MAX_AGE", DURATION, "0", NULL, AT(zygote_max_age), true},
    {"DAYFLY_FORK_BEFORE", ENTRY, "", NULL, AT(fork_before), true},
    {"DAYFLY_FORK_AFTER", ENTRY, "", NULL, AT(fork_after), true},
    {"DAYFLY_FORK_DELIVER", DURATION, "0.5", NULL, AT(fork_deliver), true},
    {"DAYFLY_FORK_THREADS", FIRST, "restart", "restart, refuse", AT(restarts_threads), true},
    {"DAYFLY_GUARD", CHOICE, "observe", "off, observe, block", AT(guard), true},
    {"DAYFLY_GUARD_ON_FAULT", SECOND, "open", "open, closed", AT(guard_closed), true},
    {"DAYFLY_GUARD_LEARN", SWITCH, "off", NULL, AT(guard_learn), true},
    {"DAYFLY_SUPERVISOR", FIRST, "python", "native, python", AT(is_native), true},
};

/* Variables that no file sets: WRAPPER_VARIABLES in core/settings.py, and the recorder's. Of some this
 * supervisor cannot do what they ask for. */
static const struct {
    const char *variable;
    bool is_served;
} others[] = {
    {"DAYFLY_ON_FAILURE", true}, {"DAYFLY_NEXT_WRAPPER", true}, {"DAYFLY_FLEET_KEY", false},
    {"DAYFLY_RECYCLED", true},   {"DAYFLY_POLICY", false},      {"DAYFLY_POLICY_DIGEST", false},
    {"DAYFLY_ROLLOUT", true},    {"DAYFLY_LEARN", true},
};

const char *isolation_name(enum isolation isolation) {
    static const char *const names[] = {"invocation", "window", "process"};
    return names[isolation];
}

const char *guard_name(enum guard guard) {
    static const char *const names[] = {"off", "observe", "block"};
    return names[guard];
}

/* The value of a variable, NULL without one; the first counts. */
static const char *variable(char *const *environ, const char *name) {
    size_t n = strlen(name);
    for (; *environ != NULL; environ++)
        if (strncmp(*environ, name, n) == 0 && (*environ)[n] == '=')
            return *environ + n + 1;
    return NULL;
}

/* Append a text as Python's repr has it; it is cut where it is long. */
static void quote(struct buffer *out, struct bytes value) {
    bool has_single = memchr(value.at, '\'', value.n) != NULL,
         has_double = memchr(value.at, '"', value.n) != NULL;
    uint8_t mark = has_single && !has_double ? '"' : '\'';
    int result = buffer_print(out, "%c", mark);
    while (value.n > 0 && out->n < MAX_QUOTED && result == 0) {
        size_t n = json_character(value);
        uint8_t c = value.at[0];
        if (n == 0)
            result = buffer_print(out, "\\udc%02x", c);
        else if (c == mark || c == '\\')
            result = buffer_print(out, "\\%c", c);
        else if (c == '\n' || c == '\r' || c == '\t')
            result = buffer_print(out, "\\%c", c == '\n' ? 'n' : c == '\r' ? 'r' : 't');
        else if (c < ' ' || c == 0x7f)
            result = buffer_print(out, "\\x%02x", c);
        else
            result = buffer_add(out, (struct bytes){value.at, n});
        n = n > 0 ? n : 1;
        value.at += n;
        value.n -= n;
    }
    (void)buffer_print(out, "%c", mark);
}

/* Fill the fault: "WHERE is VALUE", or with other words between. Returns -1. */
static int refuse(struct setting_fault *fault, const struct row *row, const char *words, struct bytes value,
                  const char *hint) {
    struct buffer message = {(uint8_t *)fault->message, 0, sizeof(fault->message)};
    (void)buffer_print(&message, "%s%s ", row->variable, words);
    quote(&message, value);
    message.at[message.n] = '\0';
    (void)snprintf(fault->hint, sizeof(fault->hint), "%s%s", hint, row->choices != NULL ? row->choices : "");
    return -1;
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

static int read_names(const struct row *row, struct bytes text, struct names *out,
                      struct setting_fault *fault) {
    struct bytes part;
    out->count = 0;
    while (next_part(&text, ":", &part)) {
        if (part.n == 0)
            continue;
        if (row->kind == PLACES) {
            while (part.n > 0 && part.at[part.n - 1] == '/')
                part.n--;
            if (!is_place(part))
                return refuse(fault, row, ": invalid directory", part,
                              "use an absolute path without `..`, outside system directories, for example "
                              "/mnt/work");
        } else if (!is_glob(part)) {
            return refuse(fault, row, ": invalid glob", part,
                          "use an absolute path without `..`, for example /tmp/cache/**");
        }
        if (out->count == SETTINGS_MAX_NAMES)
            return refuse(fault, row, " has too many names, from", part, "name directories above them");
        size_t n_parts = 0;
        for (size_t i = 0; i < part.n; i++)
            n_parts += part.at[i] == '/';
        if (n_parts > SETTINGS_MAX_PARTS)
            return refuse(fault, row, " has too many parts, in", part, "name a directory above it");
        out->items[out->count++] = part;
    }
    return 0;
}

static int read_choices(const struct row *row, struct bytes text, unsigned *out,
                        struct setting_fault *fault) {
    struct bytes part;
    *out = 0;
    while (next_part(&text, ",:", &part)) {
        part = strip(part);
        if (part.n == 0)
            continue;
        int found = choice(row->choices, part);
        if (found < 0) {
            uint8_t folded[MAX_QUOTED];
            size_t n = part.n < sizeof(folded) ? part.n : sizeof(folded);
            for (size_t i = 0; i < n; i++)
                folded[i] = lower(part.at[i]);
            return refuse(fault, row, ": unknown value", (struct bytes){folded, n}, "use any of: ");
        }
        *out |= 1u << found;
    }
    return 0;
}

static int read_row(const struct row *row, struct bytes text, struct settings *settings,
                    struct setting_fault *fault) {
    static const char switches[] = "off, on, false, true, 0, 1, no, yes";
    void *out = (uint8_t *)settings + row->offset;
    struct bytes stripped = strip(text);
    int found;
    switch (row->kind) {
    case CHOICE:
    case FIRST:
    case SECOND:
        found = choice(row->choices, stripped);
        if (found < 0)
            return refuse(fault, row, " is", text, "use one of: ");
        if (row->kind == CHOICE)
            *(unsigned *)out = (unsigned)found;
        else
            *(bool *)out = found == (row->kind == SECOND);
        return 0;
    case SWITCH:
        found = choice(switches, stripped);
        if (found < 0)
            return refuse(fault, row, " is", text, "use on or off");
        *(bool *)out = found % 2 == 1;
        return 0;
    case CHOICES:
        return read_choices(row, text, out, fault);
    case DURATION:
        if (!read_duration(text, out))
            return refuse(fault, row, " is", text,
                          "use a duration of at most 30 days, for example 90s, 15m or 2h");
        return 0;
    case INTEGER:
        if (!read_count(text, out))
            return refuse(fault, row, " is", text, "use a whole number of at least 1");
        return 0;
    case SHARE:
        if (!read_share(text, out))
            return refuse(fault, row, " is", text, "use a share from 0 to 0.9, for example 0.1 or 10%");
        return 0;
    case ENTRY:
        if (!is_entry(stripped))
            return refuse(fault, row, " is", stripped, "use the form module:function");
        break;
    case GLOB:
        if ((stripped.n > 0 && stripped.at[0] == '/') || has_part(stripped, "..") || has_control(stripped))
            return refuse(
                fault, row, " is", stripped,
                "use a glob relative to the function's package without `..`, for example events/*.json");
        break;
    case TEXT:
        break;
    case GLOBS:
    case PLACES:
        return read_names(row, text, out, fault);
    }
    *(struct bytes *)out = stripped;
    return 0;
}

static bool is_known(struct bytes name) {
    for (size_t i = 0; i < COUNT(rows); i++)
        if (bytes_equal(name, bytes_of(rows[i].variable)))
            return true;
    for (size_t i = 0; i < COUNT(others); i++)
        if (bytes_equal(name, bytes_of(others[i].variable)))
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

int settings_load(struct settings *out, char *const *environ, struct setting_fault *fault) {
    memset(out, 0, sizeof(*out));
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *value = variable(environ, rows[i].variable);
        if (read_row(&rows[i], bytes_of(value != NULL ? value : rows[i].standard), out, fault) < 0)
            return -1;
    }
    for (char *const *each = environ; *each != NULL; each++) {
        struct bytes name = {(const uint8_t *)*each, strcspn(*each, "=")};
        if (bytes_begin(name, LITERAL(PREFIX)) && !is_known(name))
            note_unknown(out, name);
    }
    return 0;
}

static void tell(struct buffer *out, const char *what) {
    (void)buffer_print(out, "%s%s", out->n > 0 ? ", " : "", what);
}

/* Say whether a setting has another value in `asked` than in `standard`. */
static bool is_other(const struct row *row, const struct settings *asked, const struct settings *standard) {
    const uint8_t *a = (const uint8_t *)asked + row->offset, *b = (const uint8_t *)standard + row->offset;
    switch (row->kind) {
    case CHOICE:
    case CHOICES:
        return *(const unsigned *)(const void *)a != *(const unsigned *)(const void *)b;
    case FIRST:
    case SECOND:
    case SWITCH:
        return *(const bool *)a != *(const bool *)b;
    case DURATION:
    case INTEGER:
        return *(const int64_t *)(const void *)a != *(const int64_t *)(const void *)b;
    case SHARE:
        return true;
    case GLOBS:
    case PLACES:
        return ((const struct names *)(const void *)a)->count > 0;
    default:
        return !bytes_equal(*(const struct bytes *)(const void *)a, *(const struct bytes *)(const void *)b);
    }
}

bool settings_unserved(const struct settings *settings, char *const *environ, const char *task_root,
                       char *out, size_t size) {
    static const struct settings nothing;
    struct buffer words = {(uint8_t *)out, 0, size};
    struct settings standard = nothing;
    struct setting_fault fault;
    char path[4096];
    struct stat found;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct row *row = &rows[i];
        const char *value = variable(environ, row->variable);
        if (row->is_served || value == NULL || read_row(row, bytes_of(row->standard), &standard, &fault) < 0)
            continue;
        struct settings asked = standard;
        /* A value that is read to the same as the default asks for nothing else. */
        (void)read_row(row, bytes_of(value), &asked, &fault);
        if (is_other(row, &asked, &standard))
            tell(&words, row->variable);
    }
    for (size_t i = 0; i < COUNT(others); i++)
        if (!others[i].is_served && variable(environ, others[i].variable) != NULL)
            tell(&words, others[i].variable);
    int n = snprintf(path, sizeof(path), "%s/" FILE_NAME, task_root);
    if (n < 0 || (size_t)n >= sizeof(path) || stat(path, &found) == 0 || errno != ENOENT)
        tell(&words, FILE_NAME);
    if (settings->guard != GUARD_OFF && lstat(POLICY_PLACE, &found) == 0)
        tell(&words, "a layer's policy");
    out[words.n] = '\0';
    return words.n > 0;
}

int settings_seconds(struct buffer *out, int64_t ns) {
    return buffer_print(out, "%lld.%09lld", (long long)(ns / NS_PER_S), (long long)(ns % NS_PER_S));
}
