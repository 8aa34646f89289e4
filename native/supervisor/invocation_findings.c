#include "invocation_findings.h"

/* Zombies only PID 1 can reap; far below the 742 processes that Lambda allows. */
#define MANY_ZOMBIES 256
/* Of a note: names in one finding, and their characters. */
#define MANY_NAMES 8
#define NAME_CHARACTERS 100
/* As core/reports.py bounds the fields of a guard's report. */
#define MAX_RULE 40
#define MAX_PLACE 120
#define MAX_PATH 160
#define MAX_CHANGE 160
#define MAX_TARGET 200
#define MAX_PACKAGES 8
#define MAX_NAME 60
#define DIGEST 16
#define FIELDS 5
#define FIELDS_OF_CHANGE 6
#define FIELDS_OF_USE 9

struct subject {
    const char *name, *words, *attack, *attack_name;
};

/* What a rule is about, the first word of its name: what was to happen, and the technique of ATT&CK. */
static const struct subject subjects[] = {
    {"python", "code from data", "T1059.006", "Python"},
    {"code", "code from data", "T1059.006", "Python"},
    {"global", "a name that a deserialiser would call", "T1059.006", "Python"},
    {"template", "a template", "T1059.006", "Python"},
    {"import", "an import from outside the package", "T1574", "Hijack Execution Flow"},
    {"shell", "a shell command", "T1059.004", "Unix Shell"},
    {"argv", "a child process", "T1059.004", "Unix Shell"},
    {"sql", "an SQL statement", "T1190", "Exploit Public-Facing Application"},
    {"query", "a query", "T1190", "Exploit Public-Facing Application"},
    {"name", "an attribute that is looked up by name", "T1190", "Exploit Public-Facing Application"},
    {"path", "a path", "T1190", "Exploit Public-Facing Application"},
    {"url", "the destination of a request", "T1190", "Exploit Public-Facing Application"},
    {"runtime", "a change of the runtime itself", "T1574", "Hijack Execution Flow"},
    {"hook", "a hook into the interpreter", "T1562.001", "Disable or Modify Tools"},
    {"guard", "the guard itself", "T1562.001", "Disable or Modify Tools"},
    {"residue", "a new object in memory", "T1574", "Hijack Execution Flow"},
    {"capability", "a use that the policy does not allow", "T1195.002", "Compromise Software Supply Chain"},
};

/* The same for each kind of use, behind "capability.". */
static const struct subject capabilities[] = {
    {"process", "a child process", "T1059.004", "Unix Shell"},
    {"network", "a connection", "T1071", "Application Layer Protocol"},
    {"read", "reading a file", "T1005", "Data from Local System"},
    {"write", "changing a file", "T1565.001", "Stored Data Manipulation"},
    {"environment", "reading the environment", "T1552", "Unsecured Credentials"},
    {"credentials", "reading the credentials", "T1552.005", "Cloud Instance Metadata API"},
    {"native", "loading native code", "T1129", "Shared Modules"},
    {"threads", "starting a thread", "T1546", "Event Triggered Execution"},
    {"shape", "the structure of a statement or a command", "T1190", "Exploit Public-Facing Application"},
};

/* Rules whose technique is another than their subject's. */
static const struct subject techniques[] = {
    {"residue.data", NULL, "T1565.003", "Runtime Data Manipulation"},
    {"residue.hook", NULL, "T1546", "Event Triggered Execution"},
    {"residue.environment", NULL, "T1574.007", "Path Interception by PATH Environment Variable"},
    {"residue.thread", NULL, "T1055", "Process Injection"},
};

enum verdict { REFUSED, OBSERVED, PLANTED, UNKNOWN, COMPUTED, FAULT, USED };

static const struct {
    const char *name;
    enum finding finding;
    const char *words;
} verdicts[] = {
    [REFUSED] = {"refused", FINDING_GUARD_REFUSED, "the guard refused"},
    [OBSERVED] = {"observed", FINDING_GUARD_OBSERVED, "the guard would have refused"},
    [PLANTED] = {"planted", FINDING_MEMORY_CHANGED, "new in memory:"},
    [UNKNOWN] = {"unknown", FINDING_GUARD_UNKNOWN, "unknown origin:"},
    [COMPUTED] = {"computed", FINDING_GUARD_COMPUTED, "allowed plain arithmetic:"},
    [FAULT] = {"fault", FINDING_GUARD_FAULT, "the guard failed to check"},
    [USED] = {"used", FINDING_GUARD_CAPABILITY, "first use:"},
};

/* One operation that a guard looked at; of a use of a capability, `is_use`. */
struct said {
    enum verdict verdict;
    struct subject about;
    char rule[MAX_RULE + 1], digest[DIGEST + 1], place[MAX_PLACE + 1], path[MAX_PATH + 1],
        change[MAX_CHANGE + 1];
    bool is_use;
    char target[MAX_TARGET + 1], packages[MAX_PACKAGES][MAX_NAME + 1], table[2 * MAX_NAME + 1];
    size_t package_count;
    const char *phase;
};

static bool is_one_of(uint8_t c, const char *more) {
    bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    return is_plain || (c != 0 && strchr(more, c) != NULL);
}

#define PLACE_MARKS "_./:<>- "
#define PATH_MARKS PLACE_MARKS "[]()#"
#define TARGET_MARKS PATH_MARKS "*?${}@+=,%~"
#define NAME_MARKS "_?"
#define TABLE_MARKS NAME_MARKS "."

/* Copy what is allowed of a field, up to `limit` characters, with a question mark for each other. `out` has
 * one more byte. */
static void keep(char *out, size_t limit, struct bytes field, const char *marks) {
    size_t n = field.n < limit ? field.n : limit;
    for (size_t i = 0; i < n; i++)
        out[i] = is_one_of(field.at[i], marks) ? (char)field.at[i] : '?';
    out[n] = '\0';
}

/* Cut the text before the next `mark` off `rest`; false once nothing is left. */
static bool next_part(struct bytes *rest, char mark, struct bytes *part) {
    if (rest->at == NULL)
        return false;
    const uint8_t *end = rest->n > 0 ? memchr(rest->at, mark, rest->n) : NULL;
    size_t n = end != NULL ? (size_t)(end - rest->at) : rest->n;
    *part = (struct bytes){rest->at, n};
    *rest = end != NULL ? (struct bytes){end + 1, rest->n - n - 1} : (struct bytes){NULL, 0};
    return true;
}

static const struct subject *find_subject(const struct subject *from, size_t count, struct bytes name) {
    for (size_t i = 0; i < count; i++)
        if (bytes_equal(name, bytes_of(from[i].name)))
            return &from[i];
    return NULL;
}

static bool read_rule(struct said *out, struct bytes rule) {
    struct bytes rest = rule, subject;
    for (size_t i = 0; i < rule.n; i++)
        if (!((rule.at[i] >= 'a' && rule.at[i] <= 'z') || rule.at[i] == '.' || rule.at[i] == '-'))
            return false;
    (void)next_part(&rest, '.', &subject);
    const struct subject *known = find_subject(subjects, COUNT(subjects), subject);
    if (rule.n > MAX_RULE || known == NULL)
        return false;
    bytes_copy(out->rule, sizeof(out->rule), rule);
    if (bytes_equal(subject, LITERAL("capability"))) {
        const struct subject *use = find_subject(capabilities, COUNT(capabilities), rest);
        known = use != NULL ? use : known;
    }
    out->about = *known;
    const struct subject *technique = find_subject(techniques, COUNT(techniques), rule);
    if (technique != NULL) {
        out->about.attack = technique->attack;
        out->about.attack_name = technique->attack_name;
    }
    return true;
}

static bool read_digest(struct said *out, struct bytes digest) {
    for (size_t i = 0; i < digest.n; i++)
        if (strchr("0123456789abcdef", digest.at[i]) == NULL || digest.at[i] == 0)
            return false;
    bytes_copy(out->digest, sizeof(out->digest), digest);
    return digest.n == 0 || digest.n == DIGEST;
}

static void read_packages(struct said *out, struct bytes packages) {
    struct bytes name;
    for (size_t i = 0; i < MAX_PACKAGES && next_part(&packages, ',', &name); i++)
        if (name.n > 0)
            keep(out->packages[out->package_count++], MAX_NAME, name, NAME_MARKS);
}

/* Read a line of a guard's, behind its G; false for a line that is none, whoever wrote it. */
static bool parse(struct said *out, struct bytes line) {
    struct bytes fields[FIELDS_OF_USE + 1];
    size_t count = 0;
    memset(out, 0, sizeof(*out));
    while (count < COUNT(fields) && next_part(&line, '|', &fields[count]))
        count++;
    if (count != FIELDS && count != FIELDS_OF_CHANGE && count != FIELDS_OF_USE)
        return false;
    size_t verdict = 0;
    while (verdict < COUNT(verdicts) && !bytes_equal(fields[0], bytes_of(verdicts[verdict].name)))
        verdict++;
    if (verdict == COUNT(verdicts) || !read_rule(out, fields[1]) || !read_digest(out, fields[2]))
        return false;
    out->verdict = (enum verdict)verdict;
    keep(out->place, MAX_PLACE, fields[3], PLACE_MARKS);
    keep(out->path, MAX_PATH, fields[4], PATH_MARKS);
    if (count == FIELDS_OF_CHANGE)
        keep(out->change, MAX_CHANGE, fields[5], PLACE_MARKS);
    if (count == FIELDS_OF_USE) {
        out->is_use = true;
        keep(out->target, MAX_TARGET, fields[5], TARGET_MARKS);
        read_packages(out, fields[6]);
        out->phase = bytes_equal(fields[7], LITERAL("init")) ? "init" : "invoke";
        keep(out->table, 2 * MAX_NAME, fields[8], TABLE_MARKS);
    }
    return true;
}

/* FNV-1a: whoever finds another text of the same hash has kept a finding about himself from being told, no
 * more. */
static uint64_t hash(uint64_t seed, struct bytes text) {
    uint64_t value = seed ^ UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < text.n; i++)
        value = (value ^ text.at[i]) * UINT64_C(0x100000001b3);
    return value;
}

/* Say whether something was told already, or nothing more may be; else it is from here on. */
static bool is_told(uint64_t *told, size_t *count, size_t limit, uint64_t what) {
    for (size_t i = 0; i < *count; i++)
        if (told[i] == what)
            return true;
    if (*count == limit)
        return true;
    told[(*count)++] = what;
    return false;
}

void invocation_findings_init(struct invocation_findings *invocation_findings, struct report *report,
                              int64_t deliver, bool learns) {
    memset(invocation_findings, 0, sizeof(*invocation_findings));
    invocation_findings->report = report;
    invocation_findings->deliver = deliver;
    invocation_findings->learns = learns;
}

static bool is_known_use(struct invocation_findings *invocation_findings, const struct said *said) {
    uint64_t what = hash(0, bytes_of(said->rule));
    what = hash(what, bytes_of(said->target));
    for (size_t i = 0; i < said->package_count; i++)
        what = hash(what + 1, bytes_of(said->packages[i]));
    what = hash(what, bytes_of(said->phase));
    if (bytes_equal(bytes_of(said->rule), LITERAL("capability.shape")))
        return is_told(invocation_findings->shapes, &invocation_findings->shape_count,
                       COUNT(invocation_findings->shapes), what);
    return is_told(invocation_findings->uses, &invocation_findings->use_count,
                   COUNT(invocation_findings->uses), what);
}

static bool is_known_place(struct invocation_findings *invocation_findings, const struct said *said) {
    uint64_t what = hash(hash(0, bytes_of(said->rule)) + 1, bytes_of(said->place));
    for (size_t i = 0; i < COUNT(invocation_findings->unknown); i++)
        if (invocation_findings->unknown[i] == what)
            return true;
    invocation_findings->unknown[invocation_findings->unknown_count++ % COUNT(invocation_findings->unknown)] = what;
    return false;
}

static void add(struct field *fields, size_t *count, const char *name, const char *text) {
    if (text[0] != '\0')
        fields[(*count)++] = FIELD_OF_TEXT(name, text);
}

static void tell(struct invocation_findings *invocation_findings, const struct said *said) {
    struct bytes packages[MAX_PACKAGES];
    struct field fields[REPORT_MAX_FIELDS];
    size_t n = 0;
    enum finding finding = verdicts[said->verdict].finding;
    bool is_named = finding_kinds[finding].attack != NULL;
    add(fields, &n, "rule", said->rule);
    add(fields, &n, "place", said->place);
    add(fields, &n, "change", said->change);
    add(fields, &n, "event_path", said->path);
    add(fields, &n, "hash", said->digest);
    if (said->is_use) {
        const char *kind = strchr(said->rule, '.');
        for (size_t i = 0; i < said->package_count; i++)
            packages[i] = bytes_of(said->packages[i]);
        if (said->verdict == OBSERVED) {
            finding = FINDING_GUARD_CAPABILITY;
            is_named = true;
            invocation_findings->report->triggers |= REPORT_SUSPICION;
        }
        add(fields, &n, "verdict", verdicts[said->verdict].name);
        add(fields, &n, "kind", kind != NULL ? kind + 1 : "");
        add(fields, &n, "target", said->target);
        if (said->package_count > 0)
            fields[n++] = (struct field){
                .name = "packages", .kind = FIELD_TEXTS, .texts = packages, .count = said->package_count};
        add(fields, &n, "phase", said->phase);
        add(fields, &n, "policy", said->table);
    }
    char message[512];
    bool is_fault = said->verdict == FAULT, has_place = said->place[0] != '\0';
    (void)snprintf(message, sizeof(message), "%s%s%s%s%s", verdicts[said->verdict].words, is_fault ? "" : " ",
                   is_fault ? "" : said->about.words, has_place ? " at " : "", said->place);
    report_find_as(invocation_findings->report, finding, message, fields, n,
                   is_named ? said->about.attack : NULL, said->about.attack_name);
}

/* Say whether one more may be told, of a kind that nobody asked for. */
static bool is_within(struct findings_budget *budget, const struct said *said) {
    if (said->verdict == UNKNOWN || said->verdict == COMPUTED)
        return budget->lesser++ < INVOCATION_FINDINGS_MANY;
    uint64_t rule = hash(said->verdict, bytes_of(said->rule)), place = hash(rule, bytes_of(said->place));
    size_t of_rule = 0, of_place = 0;
    for (size_t i = 0; i < budget->count; i++) {
        of_rule += budget->rules[i] == rule;
        of_place += budget->places[i] == place;
    }
    if (budget->count >= (of_rule == 0 ? COUNT(budget->rules) : INVOCATION_FINDINGS_MANY_SEVERE) ||
        of_rule >= (of_place == 0 ? INVOCATION_FINDINGS_MANY_PLACES : INVOCATION_FINDINGS_MANY_OF_RULE))
        return false;
    budget->rules[budget->count] = rule;
    budget->places[budget->count++] = place;
    return true;
}

/* Tell what a line of a guard's says, `many_uses` of those that tell of one; returns whether something was planted in memory. */
static bool tell_guarded(struct invocation_findings *invocation_findings, struct bytes line, size_t many_uses,
                         struct findings_budget *budget) {
    struct said said;
    if (line.n == 0 || line.at[0] != 'G' || !parse(&said, (struct bytes){line.at + 1, line.n - 1}))
        return false;
    bool is_news = said.verdict != USED ? is_within(budget, &said)
                                        : invocation_findings->learns && said.is_use && budget->uses++ < many_uses &&
                                              !is_known_use(invocation_findings, &said);
    if (is_news && (said.verdict != UNKNOWN || !is_known_place(invocation_findings, &said)))
        tell(invocation_findings, &said);
    return said.verdict == PLANTED;
}

static bool tell_all(struct invocation_findings *invocation_findings, struct bytes text, size_t many_uses) {
    struct findings_budget budget = {.count = 0};
    struct bytes line;
    bool is_planted = false;
    while (next_part(&text, '\n', &line))
        is_planted |= tell_guarded(invocation_findings, line, many_uses, &budget);
    return is_planted;
}

/* Cut what stands before an empty line off `text`. */
static struct bytes before_empty_line(struct bytes *text) {
    const uint8_t *end = text->n > 0 ? memmem(text->at, text->n, "\n\n", 2) : NULL;
    struct bytes before = *text;
    if (end == NULL) {
        *text = (struct bytes){NULL, 0};
        return before;
    }
    before.n = (size_t)(end - text->at);
    *text = (struct bytes){end + 2, text->n - before.n - 2};
    return before;
}

void invocation_findings_init_said(struct invocation_findings *invocation_findings, struct bytes said) {
    (void)tell_all(invocation_findings, before_empty_line(&said), INVOCATION_FINDINGS_MANY_AT_INIT);
}

void invocation_findings_report(struct invocation_findings *invocation_findings, struct bytes finding,
                                bool is_current) {
    struct report *report = invocation_findings->report;
    struct reported *reported = &invocation_findings->reported[is_current];
    if (invocation_findings->reported_in != report->number) {
        invocation_findings->reported_in = report->number;
        memset(invocation_findings->reported, 0, sizeof(invocation_findings->reported));
    }
    if (finding.n > 0 && finding.at[finding.n - 1] == '\n')
        finding.n--;
    /* Of several processes that a worker forked each reports its own. */
    for (size_t i = 0; i < reported->count; i++)
        if (reported->lines[i] == hash(0, finding))
            return;
    char first = report->request_id[0];
    if (!is_current)
        /* Nobody knows which earlier request it was. */
        report->request_id[0] = '\0';
    size_t before = reported->budget.count + reported->budget.lesser;
    (void)tell_guarded(invocation_findings, finding, 0, &reported->budget);
    if (reported->count < COUNT(reported->lines) && before != reported->budget.count + reported->budget.lesser)
        reported->lines[reported->count++] = hash(0, finding);
    report->request_id[0] = first;
}

/* The names that lines of one kind hold, and the same as one text. */
struct names_said {
    char space[MANY_NAMES][NAME_CHARACTERS + 1];
    struct bytes names[MANY_NAMES];
    size_t count;
    char joined[MANY_NAMES * (NAME_CHARACTERS + 2) + 1];
};

static void collect(struct names_said *out, struct bytes note, char kind) {
    struct bytes line;
    struct buffer joined = {(uint8_t *)out->joined, 0, sizeof(out->joined)};
    out->count = 0;
    while (out->count < MANY_NAMES && next_part(&note, '\n', &line)) {
        if (line.n == 0 || line.at[0] != (uint8_t)kind)
            continue;
        char *name = out->space[out->count];
        keep(name, NAME_CHARACTERS, (struct bytes){line.at + 1, line.n - 1}, " ._<>:()/-'");
        (void)buffer_print(&joined, "%s%s", out->count > 0 ? ", " : "", name);
        out->names[out->count++] = bytes_of(name);
    }
    out->joined[joined.n] = '\0';
}

bool invocation_findings_note(struct invocation_findings *invocation_findings, struct bytes note) {
    bool is_planted = false;
    if (note.n > 0 && note.at[0] == 'G') {
        /* Of each invocation anew: which request did it is what is wanted. Its lines come first, with an
         * empty one behind them. */
        struct bytes said = before_empty_line(&note);
        is_planted = tell_all(invocation_findings, said, INVOCATION_FINDINGS_MANY_USES);
    }
    if (note.n == 0 || is_told(invocation_findings->notes, &invocation_findings->note_count,
                               COUNT(invocation_findings->notes), hash(0, note)))
        return is_planted;
    struct names_said said;
    char message[sizeof(said.joined) + 64];
    collect(&said, note, 'W');
    if (said.count > 0) {
        struct field fields[] = {
            {.name = "work", .kind = FIELD_TEXTS, .texts = said.names, .count = said.count}};
        (void)snprintf(message, sizeof(message), "work after the answer was discarded: %s", said.joined);
        report_find(invocation_findings->report, FINDING_WORK_DISCARDED, message, fields, COUNT(fields));
    }
    collect(&said, note, 'D');
    if (said.count > 0) {
        struct field fields[] = {
            {.name = "held_by", .kind = FIELD_TEXTS, .texts = said.names, .count = said.count},
            {.name = "deliver_s",
             .kind = FIELD_THOUSANDTHS,
             .number = invocation_findings->deliver / NS_PER_MS},
        };
        (void)snprintf(message, sizeof(message), "not sent within %g s: %s",
                       (double)invocation_findings->deliver / (double)NS_PER_S, said.joined);
        report_find(invocation_findings->report, FINDING_NOT_DELIVERED, message, fields, COUNT(fields));
    }
    return is_planted;
}

void invocation_findings_hostile(struct invocation_findings *invocation_findings, uint64_t worker,
                                 const char *offence) {
    char message[512];
    struct field fields[] = {FIELD_OF_TEXT("reason", offence), FIELD_OF_NUMBER("worker", (int64_t)worker)};
    (void)snprintf(message, sizeof(message), "a worker was ended: %s", offence);
    report_find(invocation_findings->report, FINDING_WORKER_HOSTILE, message, fields, COUNT(fields));
}

void invocation_findings_died(struct invocation_findings *invocation_findings, uint64_t worker) {
    struct field fields[] = {FIELD_OF_NUMBER("worker", (int64_t)worker)};
    report_find(invocation_findings->report, FINDING_WORKER_DIED, "a worker ended before it answered", fields,
                COUNT(fields));
}

void invocation_findings_late(struct invocation_findings *invocation_findings, uint64_t worker,
                              const char *words) {
    char message[512];
    struct field fields[] = {FIELD_OF_NUMBER("worker", (int64_t)worker)};
    (void)snprintf(message, sizeof(message), "a worker was ended: %s", words);
    report_find(invocation_findings->report, FINDING_WORKER_TIMED_OUT, message, fields, COUNT(fields));
}

void invocation_findings_lock_refused(struct invocation_findings *invocation_findings, int status) {
    if (invocation_findings->lock_refused)
        return;
    invocation_findings->lock_refused = true;
    char message[128];
    struct field fields[] = {FIELD_OF_TEXT("protection", "api_lock"), FIELD_OF_NUMBER("status", status)};
    if (status > 0)
        (void)snprintf(message, sizeof(message), "the platform does not permit a held response (status %d)",
                       status);
    else
        (void)snprintf(message, sizeof(message),
                       "the platform did not agree to a held response; none is held from now on");
    report_find(invocation_findings->report, FINDING_CANNOT_CHECK, message, fields, COUNT(fields));
}

void invocation_findings_dropped_log(struct invocation_findings *invocation_findings, uint64_t bytes) {
    struct field fields[] = {FIELD_OF_NUMBER("bytes", (int64_t)bytes)};
    if (bytes > 0)
        report_find(invocation_findings->report, FINDING_LOG_DROPPED, "invalid log frames were dropped",
                    fields, COUNT(fields));
}

void invocation_findings_swept(struct invocation_findings *invocation_findings, uint64_t killed,
                               uint64_t zombies) {
    char message[128];
    if (killed > 0) {
        struct field fields[] = {FIELD_OF_NUMBER("processes", (int64_t)killed)};
        (void)snprintf(message, sizeof(message), "%llu processes outlived their invocation and were ended",
                       (unsigned long long)killed);
        report_find(invocation_findings->report, FINDING_PROCESS_LEFT, message, fields, COUNT(fields));
    }
    if (zombies >= MANY_ZOMBIES && !invocation_findings->zombies_told) {
        struct field fields[] = {FIELD_OF_NUMBER("zombies", (int64_t)zombies)};
        invocation_findings->zombies_told = true;
        (void)snprintf(message, sizeof(message),
                       "%llu dead processes are not reaped by PID 1; recycle this environment",
                       (unsigned long long)zombies);
        /* All requests together made them. */
        char first = invocation_findings->report->request_id[0];
        invocation_findings->report->request_id[0] = '\0';
        report_find(invocation_findings->report, FINDING_ZOMBIES, message, fields, COUNT(fields));
        invocation_findings->report->request_id[0] = first;
    }
}
