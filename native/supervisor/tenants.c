#include "tenants.h"

#include "json.h"

/* ---- the setting ------------------------------------------------------------------------------- */

int tenants_parse(struct tenant_source *source, struct bytes setting) {
    static const char identity[] = "cognitoIdentityId";
    *source = (struct tenant_source){.header = -1};
    if (bytes_equal(setting, LITERAL("lambda"))) {
        source->header = HTTP_TENANT_ID;
        return 0;
    }
    if (bytes_equal(setting, LITERAL("cognito"))) {
        source->header = HTTP_COGNITO_IDENTITY;
        source->parts[source->n++] = bytes_of(identity);
        return 0;
    }
    while (setting.n > 0) {
        bool is_quoted = bytes_begin(setting, LITERAL("[\""));
        size_t skipped = is_quoted ? 2 : source->n > 0 ? 1 : 0;
        if (!is_quoted && source->n > 0 && setting.at[0] != '.')
            return -1;
        struct bytes name = {setting.at + skipped, 0};
        size_t most = setting.n - skipped;
        const uint8_t *end = is_quoted ? memmem(name.at, most, "\"]", 2) : NULL;
        if (is_quoted && end == NULL)
            return -1;
        while (is_quoted ? name.at + name.n < end : name.n < most && name.at[name.n] != '.' && name.at[name.n] != '[')
            name.n++;
        if (name.n == 0 || source->n == TENANTS_MAX_PARTS)
            return -1;
        source->parts[source->n++] = name;
        skipped += name.n + (is_quoted ? 2 : 0);
        setting.at += skipped;
        setting.n -= skipped;
    }
    return source->n > 0 ? 0 : -1;
}

/* ---- a text in JSON ---------------------------------------------------------------------------- */

struct scan {
    const uint8_t *at, *end;
    const struct bytes *parts;
    size_t n;
    struct bytes found; /* what stands between the quotes of the text at the path */
};

static int peek(const struct scan *scan) { return scan->at < scan->end ? *scan->at : -1; }

static int skip_space(struct scan *scan) {
    int c = peek(scan);
    for (; c == ' ' || c == '\t' || c == '\n' || c == '\r'; c = peek(scan))
        scan->at++;
    return c;
}

static bool take(struct scan *scan, int c) {
    if (peek(scan) != c)
        return false;
    scan->at++;
    return true;
}

static int hex(int c) {
    return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

static bool take_escape(struct scan *scan) {
    int c = peek(scan);
    if (c <= 0 || strchr("\"\\/bfnrtu", c) == NULL)
        return false;
    scan->at++;
    for (int i = 0; c == 'u' && i < 4; i++, scan->at++)
        if (hex(peek(scan)) < 0)
            return false;
    return true;
}

static bool take_string(struct scan *scan, struct bytes *text) {
    if (!take(scan, '"'))
        return false;
    const uint8_t *from = scan->at;
    for (int c = peek(scan); c != '"'; c = peek(scan)) {
        if (c < ' ')
            return false;
        scan->at++;
        if (c == '\\' && !take_escape(scan))
            return false;
    }
    *text = (struct bytes){from, (size_t)(scan->at - from)};
    scan->at++;
    return true;
}

static bool take_digits(struct scan *scan) {
    const uint8_t *from = scan->at;
    while (peek(scan) >= '0' && peek(scan) <= '9')
        scan->at++;
    return scan->at > from;
}

static bool take_number(struct scan *scan) {
    (void)take(scan, '-');
    if (!take(scan, '0') && !take_digits(scan))
        return false;
    if (take(scan, '.') && !take_digits(scan))
        return false;
    if (peek(scan) != 'e' && peek(scan) != 'E')
        return true;
    scan->at++;
    if (!take(scan, '-'))
        (void)take(scan, '+');
    return take_digits(scan);
}

static bool take_word(struct scan *scan) {
    static const char *const words[] = {"true", "false", "null"};
    for (size_t i = 0; i < COUNT(words); i++)
        if (bytes_begin((struct bytes){scan->at, (size_t)(scan->end - scan->at)}, bytes_of(words[i]))) {
            scan->at += strlen(words[i]);
            return true;
        }
    return false;
}

static bool take_value(struct scan *scan, int depth, size_t part);

/* `part` of the path is looked for in it; SIZE_MAX in what is beside the path. A name that occurs twice, or may: readers differ
 * in which of two they take. */
static bool take_object(struct scan *scan, int depth, size_t part) {
    struct bytes names[TENANTS_MAX_NAMES];
    size_t n = 0;
    scan->at++;
    if (skip_space(scan) == '}')
        return take(scan, '}');
    do {
        (void)skip_space(scan);
        if (n == TENANTS_MAX_NAMES || !take_string(scan, &names[n]) ||
            (names[n].n > 0 && memchr(names[n].at, '\\', names[n].n) != NULL))
            return false;
        for (size_t i = 0; i < n; i++)
            if (bytes_equal(names[i], names[n]))
                return false;
        bool is_on_path = part < scan->n && bytes_equal(names[n], scan->parts[part]);
        n++;
        if (skip_space(scan) != ':')
            return false;
        scan->at++;
        if (!take_value(scan, depth, is_on_path ? part + 1 : SIZE_MAX))
            return false;
        (void)skip_space(scan);
    } while (take(scan, ','));
    return take(scan, '}');
}

static bool take_list(struct scan *scan, int depth) {
    scan->at++;
    if (skip_space(scan) == ']')
        return take(scan, ']');
    do {
        if (!take_value(scan, depth, SIZE_MAX))
            return false;
        (void)skip_space(scan);
    } while (take(scan, ','));
    return take(scan, ']');
}

static bool take_value(struct scan *scan, int depth, size_t part) {
    struct bytes text;
    int c = skip_space(scan);
    if (depth == TENANTS_MAX_DEPTH)
        return false;
    if (c == '{')
        return take_object(scan, depth + 1, part);
    if (c == '[')
        return take_list(scan, depth + 1);
    if (c != '"')
        return c == '-' || (c >= '0' && c <= '9') ? take_number(scan) : take_word(scan);
    if (!take_string(scan, &text))
        return false;
    if (part == scan->n)
        scan->found = text;
    return true;
}

/* ---- the key ----------------------------------------------------------------------------------- */

static size_t put_character(uint8_t *out, uint32_t code) {
    if (code < 0x80) {
        out[0] = (uint8_t)code;
        return 1;
    }
    size_t n = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (size_t i = n; --i > 0; code >>= 6)
        out[i] = (uint8_t)(0x80 | (code & 0x3f));
    out[0] = (uint8_t)((n == 2 ? 0xc0u : n == 3 ? 0xe0u : 0xf0u) | code);
    return n;
}

static uint32_t unit(const uint8_t *at) {
    uint32_t code = 0;
    for (int i = 0; i < 4; i++)
        code = code << 4 | (uint32_t)hex(at[i]);
    return code;
}

/* Read the escape that `text` begins with; how long it is, 0 for half a surrogate pair. */
static size_t read_escape(struct bytes text, uint32_t *code) {
    static const char letters[] = "bfnrt", plain[] = "\b\f\n\r\t";
    const char *letter = strchr(letters, text.at[1]);
    *code = letter != NULL ? (uint8_t)plain[letter - letters] : text.at[1];
    if (text.at[1] != 'u')
        return 2;
    *code = unit(text.at + 2);
    if (*code < 0xd800 || *code > 0xdfff)
        return 6;
    uint32_t low = text.n >= 12 && text.at[6] == '\\' && text.at[7] == 'u' ? unit(text.at + 8) : 0;
    if (*code > 0xdbff || low < 0xdc00 || low > 0xdfff)
        return 0;
    *code = 0x10000 + ((*code - 0xd800) << 10) + (low - 0xdc00);
    return 12;
}

/* Take a text for the key, unless it is empty or too long. `has_escapes`: as it stands in JSON. */
static void accept(struct bytes text, bool has_escapes, struct tenant *out) {
    size_t characters = 0;
    out->n = 0;
    while (text.n > 0) {
        size_t n = json_character(text);
        if (characters++ == TENANTS_MAX_CHARACTERS || n == 0)
            break;
        if (has_escapes && text.at[0] == '\\') {
            uint32_t code;
            n = read_escape(text, &code);
            if (n == 0)
                break;
            out->n += put_character(out->key + out->n, code);
        } else {
            memcpy(out->key + out->n, text.at, n);
            out->n += n;
        }
        text.at += n;
        text.n -= n;
    }
    if (text.n > 0)
        out->n = 0;
}

void tenants_find_text(struct bytes document, const struct bytes *parts, size_t n, struct tenant *out) {
    struct scan scan = {document.at, document.at + document.n, parts, n, {NULL, 0}};
    out->n = 0;
    /* Strictly UTF-8: others would guess other encodings, where two readers may differ. */
    if (document.n == 0 || document.n > TENANTS_MAX_PARSED || !json_is_utf8(document) || !take_value(&scan, 0, 0))
        return;
    if (skip_space(&scan) == -1)
        accept(scan.found, true, out);
}

void tenants_find(const struct tenant_source *source, const struct reply *event, struct tenant *out) {
    struct bytes from = source->header < 0 ? event->body : event->headers[source->header];
    if (source->n > 0)
        tenants_find_text(from, source->parts, source->n, out);
    else
        accept(from, false, out);
}
