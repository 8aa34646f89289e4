#include "report.h"

#include <errno.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/random.h>

#include "blake2.h"
#include "json.h"

#define PRODUCT "Dayfly"
/* Characters of a line that had to be shortened. One takes 12 bytes at most (a surrogate pair, escaped), so
 * these and the fixed part stay below REPORT_MAX_LINE together. */
#define SHORT_MESSAGE 600
#define SHORT_NAME 160
/* A line's proof stands between its canonical JSON, less the closing brace, and the end; see core/proofs.py. */
#define BEFORE_PROOF ",\"proof\":\""
#define BEHIND_PROOF "\"}"
enum { PROOF_BYTES = 16, SEAL_BYTES = sizeof(BEFORE_PROOF) - 1 + 2 * PROOF_BYTES + sizeof(BEHIND_PROOF) - 1 - 1 };

int report_renew(struct report *report, struct fault *fault) {
    uint8_t random[8];
    if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
        return fault_set(fault, "the kernel gives no random bytes: %s", strerror(errno));
    for (size_t i = 0; i < sizeof(random); i++)
        (void)snprintf(report->environment + 2 * i, 3, "%02x", random[i]);
    report->sequence = 0;
    report->born = now_ns();
    return 0;
}

static void copy_variable(char *out, size_t size, const char *name) {
    const char *value = getenv(name);
    bytes_copy(out, size, bytes_of(value != NULL ? value : ""));
}

int report_init(struct report *report, struct output *output, struct fault *fault) {
    bytes_clear(report, sizeof(*report));
    report->output = output;
    copy_variable(report->function, sizeof(report->function), "AWS_LAMBDA_FUNCTION_NAME");
    copy_variable(report->version, sizeof(report->version), "AWS_LAMBDA_FUNCTION_VERSION");
    return report_renew(report, fault);
}

int64_t report_age_ms(const struct report *report) { return (now_ns() - report->born) / NS_PER_MS; }

/* A line that is being written, in canonical JSON: names sorted, no spaces, ASCII; whole floats are integers.
 * What does not fit is seen at its end. */
struct line {
    struct buffer out;
    bool is_full;
};

static void raw(struct line *line, const char *text) {
    line->is_full |= buffer_add(&line->out, bytes_of(text)) != 0;
}

static void text(struct line *line, struct bytes value) {
    line->is_full |= json_string(&line->out, value) != 0;
}

static void number(struct line *line, int64_t value) {
    line->is_full |= buffer_print(&line->out, "%lld", (long long)value) != 0;
}

/* The first `many` characters, as Python counts them. */
static struct bytes shorten(struct bytes value, size_t many) {
    size_t n = 0;
    for (; n < value.n && many > 0; many--) {
        size_t size = json_character((struct bytes){value.at + n, value.n - n});
        n += size > 0 ? size : 1;
    }
    return (struct bytes){value.at, n};
}

static void thousandths(struct line *line, int64_t value) {
    char digits[32];
    int n = snprintf(digits, sizeof(digits), "%s%lld.%03d", value < 0 ? "-" : "", llabs(value / 1000),
                     (int)llabs(value % 1000));
    /* Other readers and writers of JSON keep the value but not always `2.0`. */
    while (n > 0 && digits[n - 1] == '0')
        digits[--n] = '\0';
    if (n > 0 && digits[n - 1] == '.')
        digits[n - 1] = '\0';
    raw(line, value == 0 ? "0" : digits);
}

static void value_of(struct line *line, const struct field *field) {
    switch (field->kind) {
    case FIELD_TEXT:
        text(line, field->text);
        break;
    case FIELD_NUMBER:
        number(line, field->number);
        break;
    case FIELD_THOUSANDTHS:
        thousandths(line, field->number);
        break;
    case FIELD_TRUTH:
        raw(line, field->number != 0 ? "true" : "false");
        break;
    case FIELD_TEXTS:
        raw(line, "[");
        for (size_t i = 0; i < field->count; i++) {
            raw(line, i > 0 ? "," : "");
            text(line, field->texts[i]);
        }
        raw(line, "]");
        break;
    case FIELD_COUNTS:
        raw(line, "{");
        for (size_t i = 0; i < field->count; i++) {
            raw(line, i > 0 ? "," : "");
            text(line, field->texts[i]);
            raw(line, ":");
            number(line, field->counts[i]);
        }
        raw(line, "}");
        break;
    }
}

static void evidence(struct line *line, const struct field *fields, size_t count) {
    const struct field *sorted[REPORT_MAX_FIELDS];
    size_t n = 0;
    for (size_t i = 0; i < count && i < REPORT_MAX_FIELDS; i++) {
        size_t at = n++;
        for (; at > 0 && strcmp(sorted[at - 1]->name, fields[i].name) > 0; at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = &fields[i];
    }
    raw(line, "{");
    for (size_t i = 0; i < n; i++) {
        raw(line, i > 0 ? "," : "");
        text(line, bytes_of(sorted[i]->name));
        raw(line, ":");
        value_of(line, sorted[i]);
    }
    raw(line, "}");
}

static void begin_line(struct line *line, struct report *report) {
    *line = (struct line){{report->line, 0, sizeof(report->line) - 1 - (report->has_key ? SEAL_BYTES : 0)}, false};
}

/* Prove the line where there is a key, and end it; returns its length. */
static size_t end_line(struct report *report, struct line *line) {
    struct buffer *out = &line->out;
    out->size = sizeof(report->line);
    if (report->has_key) {
        uint8_t proof[PROOF_BYTES];
        blake2s(proof, sizeof(proof), (struct bytes){report->proofs, sizeof(report->proofs)}, NULL, buffer_bytes(out));
        out->n--;
        (void)buffer_add(out, LITERAL(BEFORE_PROOF));
        for (size_t i = 0; i < sizeof(proof); i++)
            (void)buffer_print(out, "%02x", proof[i]);
        (void)buffer_add(out, LITERAL(BEHIND_PROOF));
    }
    out->at[out->n] = '\n';
    return out->n + 1;
}

void report_prove(struct report *report, struct bytes key) {
    blake2s(report->proofs, sizeof(report->proofs), key, "dfproof1", (struct bytes){NULL, 0});
    report->has_key = true;
}

static void stamp_of(int64_t wall, char out[64]) {
    time_t seconds = (time_t)(wall / 1000);
    struct tm at = {0};
    char now[32] = "";
    (void)gmtime_r(&seconds, &at);
    (void)strftime(now, sizeof(now), "%Y-%m-%dT%H:%M:%S", &at);
    (void)snprintf(out, 64, "%s.%03dZ", now, (int)(wall % 1000));
}

/* What one line is made of. */
struct record {
    const struct report *report;
    const struct finding_kind *kind;
    struct bytes message, function, version;
    const struct field *fields;
    size_t count;
    const char *technique, *technique_name;
    int64_t wall_ms;
};

static void write_info(struct line *line, const struct record *record) {
    const struct finding_kind *kind = record->kind;
    char uid[160];
    (void)snprintf(uid, sizeof(uid), "%s:%llu:%s", record->report->environment,
                   (unsigned long long)record->report->number, kind->uid);
    raw(line, ",\"finding_info\":{");
    if (record->technique != NULL) {
        raw(line, "\"attacks\":[{\"technique\":{\"name\":");
        text(line, bytes_of(record->technique_name));
        raw(line, ",\"uid\":");
        text(line, bytes_of(record->technique));
        raw(line, "},\"version\":\"" DAYFLY_ATTACK_VERSION "\"}],");
    }
    raw(line, "\"desc\":");
    text(line, bytes_of(kind->meaning));
    raw(line, ",\"title\":");
    text(line, bytes_of(kind->title));
    raw(line, ",\"types\":[");
    text(line, bytes_of(kind->uid));
    raw(line, "],\"uid\":");
    text(line, bytes_of(uid));
    raw(line, "}");
}

static void write_details(struct line *line, const struct record *record) {
    const struct report *report = record->report;
    raw(line, ",\"unmapped\":{\"environment\":");
    text(line, bytes_of(report->environment));
    raw(line, ",\"evidence\":");
    evidence(line, record->fields, record->count);
    if (report->number > 0) {
        raw(line, ",\"invocation\":");
        number(line, (int64_t)report->number);
    }
    if (report->request_id[0] != '\0') {
        raw(line, ",\"request_id\":");
        text(line, bytes_of(report->request_id));
    }
    if (report->sequence > 0) {
        raw(line, ",\"sequence\":");
        number(line, (int64_t)report->sequence);
    }
    raw(line, "}}");
}

static void write_record(struct line *line, const struct record *record) {
    static const char *const severities[] = {"", "Informational", "Low", "Medium", "High", "Critical"};
    static const char *const levels[] = {"", "INFO", "WARN", "WARN", "ERROR", "ERROR"};
    int severity = record->kind->severity;
    char stamp[64];
    stamp_of(record->wall_ms, stamp);
    raw(line,
        "{\"activity_id\":1,\"activity_name\":\"Create\",\"category_name\":\"Findings\",\"category_uid\":2,"
        "\"class_name\":\"Detection Finding\",\"class_uid\":2004");
    write_info(line, record);
    raw(line, ",\"level\":");
    text(line, bytes_of(levels[severity]));
    raw(line, ",\"message\":");
    text(line, record->message);
    raw(line, ",\"metadata\":{\"product\":{\"name\":\"" PRODUCT "\",\"vendor_name\":\"" PRODUCT
              "\",\"version\":\"" DAYFLY_VERSION "\"},\"version\":\"" DAYFLY_OCSF_VERSION
              "\"},\"resources\":[{\"name\":");
    text(line, record->function);
    raw(line, ",\"type\":\"AWS::Lambda::Function\",\"version\":");
    text(line, record->version);
    raw(line, "}],\"severity\":");
    text(line, bytes_of(severities[severity]));
    raw(line, ",\"severity_id\":");
    number(line, severity);
    raw(line, ",\"status\":\"New\",\"status_id\":1,\"time\":");
    number(line, record->wall_ms);
    raw(line, ",\"timestamp\":");
    text(line, bytes_of(stamp));
    raw(line, ",\"type_name\":\"Detection Finding: Create\",\"type_uid\":200401");
    write_details(line, record);
}

size_t report_compose(struct report *report, enum finding finding, const char *message,
                      const struct field *fields, size_t count, const char *technique,
                      const char *technique_name, int64_t wall) {
    const struct finding_kind *kind = &finding_kinds[finding];
    static const struct field left_out = {
        .name = "left_out", .kind = FIELD_TEXT, .text = LITERAL("too long for one record")};
    char words[REPORT_MAX_LINE];
    (void)snprintf(words, sizeof(words), PRODUCT ": %s", message);
    struct record record = {
        .report = report,
        .kind = kind,
        .message = bytes_of(words),
        .function = bytes_of(report->function),
        .version = bytes_of(report->version),
        .fields = fields,
        .count = count,
        .technique = technique != NULL ? technique : kind->attack,
        .technique_name = technique != NULL ? technique_name : kind->attack_name,
        .wall_ms = wall,
    };
    struct line line;
    begin_line(&line, report);
    write_record(&line, &record);
    if (line.is_full) {
        begin_line(&line, report);
        record.message = shorten(record.message, SHORT_MESSAGE);
        record.function = shorten(record.function, SHORT_NAME);
        record.version = shorten(record.version, SHORT_NAME);
        record.fields = &left_out;
        record.count = 1;
        write_record(&line, &record);
    }
    return end_line(report, &line);
}

/* Note what an invocation left, in what does not differ between two environments in which the same is left: one line for each
 * finding, of its name and of "name=" with texts, each behind a 1f and a 1d. */
static void note_left(struct report *report, const char *uid, const struct field *fields, size_t count) {
    static const char *const stable[] = {"rule", "place", "change", "kind", "reason", "changed", "signals"};
    struct buffer out = {(uint8_t *)report->left, report->n_left, sizeof(report->left)};
    int failed = buffer_print(&out, "%s%s", report->n_left > 0 ? "\n" : "", uid);
    for (size_t i = 0; i < count; i++) {
        const struct field *field = &fields[i];
        bool is_stable = false, is_list = field->kind == FIELD_TEXTS || field->kind == FIELD_COUNTS;
        for (size_t k = 0; k < COUNT(stable); k++)
            is_stable |= strcmp(field->name, stable[k]) == 0;
        if (!is_stable || !(is_list || field->kind == FIELD_TEXT))
            continue;
        failed |= buffer_print(&out, "\x1f%s=", field->name);
        for (size_t k = 0; k < (is_list ? field->count : 1); k++)
            failed |= buffer_print(&out, "\x1d") | buffer_add(&out, is_list ? field->texts[k] : field->text);
    }
    if (failed == 0)
        report->n_left = out.n;
}

static void fact(struct line *line, const char *name, const char *value) {
    raw(line, name);
    text(line, bytes_of(value));
}

/* Of what may be missing. */
static void hash(struct line *line, const char *name, const char *value) {
    if (value[0] != '\0')
        fact(line, name, value);
}

static void count(struct line *line, const char *name, int64_t value) {
    raw(line, name);
    number(line, value < 0 ? 0 : value > UINT32_MAX ? (int64_t)UINT32_MAX : value);
}

void report_invocation(struct report *report, const struct invocation *what) {
    const struct activity *of = &what->activity;
    int64_t wall = wall_ms();
    struct line line;
    char stamp[64], code[17] = "";
    stamp_of(wall, stamp);
    if (what->code != 0)
        (void)snprintf(code, sizeof(code), "%016llx", (unsigned long long)what->code);
    begin_line(&line, report);
    raw(&line, "{\"age_ms\":");
    number(&line, report_age_ms(report));
    count(&line, ",\"bytes_in\":", (int64_t)what->bytes_in);
    count(&line, ",\"bytes_out\":", (int64_t)what->bytes_out);
    hash(&line, ",\"code\":", code);
    count(&line, ",\"cpu_us\":", what->cpu_us);
    count(&line, ",\"duration_us\":", what->duration_us);
    fact(&line, ",\"environment\":", report->environment);
    fact(&line, ",\"function\":", report->function);
    raw(&line, ",\"invocation\":");
    number(&line, (int64_t)report->number);
    raw(&line, ",\"level\":\"INFO\",\"message\":\"" PRODUCT ": invocation\",\"metadata\":{\"product\":{\"name\":\"" PRODUCT
               "\",\"version\":\"" DAYFLY_VERSION "\"}}");
    fact(&line, ",\"outcome\":", what->outcome);
    count(&line, ",\"overhead_us\":", what->overhead_us);
    hash(&line, ",\"pattern\":", of->pattern);
    hash(&line, ",\"principal\":", of->principal);
    fact(&line, ",\"request_id\":", report->request_id);
    hash(&line, ",\"residue\":", of->residue);
    fact(&line, ",\"route\":", of->route);
    raw(&line, ",\"sequence\":");
    number(&line, (int64_t)++report->sequence);
    hash(&line, ",\"shape\":", of->shape);
    hash(&line, ",\"source\":", of->source);
    count(&line, ",\"status\":", of->status);
    hash(&line, ",\"subject\":", of->subject);
    raw(&line, ",\"time\":");
    number(&line, wall);
    fact(&line, ",\"timestamp\":", stamp);
    fact(&line, ",\"trigger\":", of->trigger);
    fact(&line, ",\"version\":", report->version);
    raw(&line, ",\"worker\":");
    number(&line, what->worker);
    raw(&line, "}");
    size_t n = end_line(report, &line);
    output_emit(report->output, (struct bytes){report->line, n}, false);
}

void report_find_as(struct report *report, enum finding finding, const char *message,
                    const struct field *fields, size_t count, const char *technique,
                    const char *technique_name) {
    const struct finding_kind *kind = &finding_kinds[finding];
    report->sequence++;
    size_t n = report_compose(report, finding, message, fields, count, technique, technique_name, wall_ms());
    if (strncmp(kind->uid, "residue.", strlen("residue.")) == 0) {
        report->triggers |= REPORT_RESIDUE;
        if (report->notes_left)
            note_left(report, kind->uid, fields, count);
    }
    if (kind->attack != NULL)
        report->triggers |= REPORT_SUSPICION;
    output_emit(report->output, (struct bytes){report->line, n}, kind->severity > 1);
}

void report_find(struct report *report, enum finding finding, const char *message, const struct field *fields,
                 size_t count) {
    report_find_as(report, finding, message, fields, count, NULL, NULL);
}

void report_say(struct report *report, const char *words) {
    const char *format = getenv("AWS_LAMBDA_LOG_FORMAT");
    struct buffer out = {report->line, 0, sizeof(report->line)};
    char stamp[64];
    if (format == NULL || strcasecmp(format, "json") != 0) {
        (void)buffer_print(&out, PRODUCT " " DAYFLY_VERSION ": %s\n", words);
    } else {
        stamp_of(wall_ms(), stamp);
        (void)buffer_print(&out, "{\"timestamp\":\"%s\",\"level\":\"INFO\",\"message\":", stamp);
        char text[512];
        (void)snprintf(text, sizeof(text), PRODUCT " " DAYFLY_VERSION ": %s", words);
        (void)json_string(&out, bytes_of(text));
        (void)buffer_print(&out, "}\n");
    }
    output_emit(report->output, buffer_bytes(&out), false);
}
