#include "json.h"

size_t json_character(struct bytes text) {
    const uint8_t *c = text.at;
    size_t n = c[0] < 0x80 ? 1 : c[0] < 0xc2 ? 0 : c[0] < 0xe0 ? 2 : c[0] < 0xf0 ? 3 : c[0] < 0xf5 ? 4 : 0;
    if (n == 0 || n > text.n)
        return 0;
    for (size_t i = 1; i < n; i++)
        if ((c[i] & 0xc0) != 0x80)
            return 0;
    bool is_detour = (c[0] == 0xe0 && c[1] < 0xa0) || (c[0] == 0xf0 && c[1] < 0x90);
    bool is_beyond = (c[0] == 0xed && c[1] > 0x9f) || (c[0] == 0xf4 && c[1] > 0x8f);
    return is_detour || is_beyond ? 0 : n;
}

bool json_is_utf8(struct bytes text) {
    while (text.n > 0) {
        size_t n = json_character(text);
        if (n == 0)
            return false;
        text.at += n;
        text.n -= n;
    }
    return true;
}

static int add_escaped(struct buffer *out, const uint8_t *c, size_t n) {
    static const char plain[] = "\"\\\n\r\t\f\b", letters[] = "\"\\nrtfb";
    if (n == 0)
        /* As Python's surrogateescape has a byte that is no UTF-8. */
        return buffer_print(out, "\\udc%02x", c[0]);
    const char *known = c[0] != 0 ? strchr(plain, c[0]) : NULL;
    if (known != NULL)
        return buffer_print(out, "\\%c", letters[known - plain]);
    uint32_t code = n == 1 ? c[0] : n == 2 ? c[0] & 0x1fu : n == 3 ? c[0] & 0x0fu : c[0] & 0x07u;
    for (size_t i = 1; i < n; i++)
        code = code << 6 | (c[i] & 0x3fu);
    if (code < 0x10000)
        return buffer_print(out, "\\u%04x", code);
    code -= 0x10000;
    return buffer_print(out, "\\u%04x\\u%04x", 0xd800 + (code >> 10), 0xdc00 + (code & 0x3ff));
}

int json_string(struct buffer *out, struct bytes text) {
    size_t before = out->n;
    int result = buffer_add(out, LITERAL("\""));
    while (text.n > 0 && result == 0) {
        size_t n = 0;
        while (n < text.n && text.at[n] >= ' ' && text.at[n] <= '~' && text.at[n] != '"' &&
               text.at[n] != '\\')
            n++;
        if (n > 0) {
            result = buffer_add(out, (struct bytes){text.at, n});
        } else {
            n = json_character(text);
            result = add_escaped(out, text.at, n);
            n = n > 0 ? n : 1;
        }
        text.at += n;
        text.n -= n;
    }
    if (result != 0 || buffer_add(out, LITERAL("\"")) != 0) {
        out->n = before;
        return -1;
    }
    return 0;
}

int json_base64(struct buffer *out, struct bytes data) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    if ((data.n + 2) / 3 * 4 > out->size - out->n)
        return -1;
    for (size_t i = 0; i < data.n; i += 3) {
        size_t n = data.n - i < 3 ? data.n - i : 3;
        uint32_t group = (uint32_t)data.at[i] << 16 | (uint32_t)(n > 1 ? data.at[i + 1] : 0) << 8 |
                         (n > 2 ? data.at[i + 2] : 0);
        uint8_t *to = out->at + out->n;
        to[0] = (uint8_t)digits[group >> 18];
        to[1] = (uint8_t)digits[group >> 12 & 63];
        to[2] = n > 1 ? (uint8_t)digits[group >> 6 & 63] : '=';
        to[3] = n > 2 ? (uint8_t)digits[group & 63] : '=';
        out->n += 4;
    }
    return 0;
}

enum { BEFORE_KEY, BEFORE_VALUE, DONE };

static uint8_t peek(struct json_keys *keys) { return keys->at < keys->body.n ? keys->body.at[keys->at] : 0; }

static uint8_t skip_space(struct json_keys *keys) {
    uint8_t c = peek(keys);
    while (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
        keys->at++;
        c = peek(keys);
    }
    return c;
}

/* Skip a string; `text` is what stands between its quotes. */
static bool skip_string(struct json_keys *keys, struct bytes *text) {
    if (peek(keys) != '"')
        return false;
    size_t from = ++keys->at;
    while (keys->at < keys->body.n) {
        uint8_t c = keys->body.at[keys->at];
        if (c == '"') {
            *text = (struct bytes){keys->body.at + from, keys->at - from};
            keys->at++;
            return true;
        }
        if (c < ' ')
            return false;
        keys->at += c == '\\' ? 2 : 1;
    }
    return false;
}

static bool skip_plain(struct json_keys *keys) {
    size_t from = keys->at;
    for (uint8_t c = peek(keys);
         (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '-' || c == '+' || c == '.' || c == 'E';
         c = peek(keys))
        keys->at++;
    /* What ends with the bytes that are looked at may go on behind them. */
    return keys->at > from && keys->at < keys->body.n;
}

/* Skip a value; of what is nested only strings and brackets are looked at. */
static bool skip_value(struct json_keys *keys) {
    uint64_t brackets = 0; /* a bit per level, 1 for an object */
    unsigned depth = 0;
    struct bytes text;
    do {
        uint8_t c = skip_space(keys);
        if (c == '{' || c == '[') {
            if (depth == JSON_MAX_DEPTH)
                return false;
            brackets = brackets << 1 | (c == '{');
            depth++;
            keys->at++;
        } else if (depth > 0 && (c == '}' || c == ']')) {
            if ((brackets & 1) != (c == '}'))
                return false;
            brackets >>= 1;
            depth--;
            keys->at++;
        } else if (depth > 0 && (c == ',' || c == ':')) {
            keys->at++;
        } else if (!(c == '"' ? skip_string(keys, &text) : skip_plain(keys))) {
            return false;
        }
    } while (depth > 0);
    return true;
}

bool json_keys_begin(struct json_keys *keys, struct bytes body) {
    body.n = body.n < JSON_MAX_SCAN ? body.n : JSON_MAX_SCAN;
    *keys = (struct json_keys){body, 0, DONE};
    if (skip_space(keys) != '{')
        return false;
    keys->at++;
    keys->state = skip_space(keys) == '"' ? BEFORE_KEY : DONE;
    return true;
}

bool json_keys_next(struct json_keys *keys, struct bytes *key, struct bytes *value) {
    int state = keys->state;
    keys->state = DONE;
    if (state == DONE)
        return false;
    if (state == BEFORE_VALUE) {
        if (!skip_value(keys) || skip_space(keys) != ',')
            return false;
        keys->at++;
        skip_space(keys);
    }
    if (!skip_string(keys, key) || skip_space(keys) != ':')
        return false;
    keys->at++;
    skip_space(keys);
    if (value != NULL) {
        struct json_keys after = *keys;
        if (!skip_value(&after))
            return false;
        *value = (struct bytes){keys->body.at + keys->at, after.at - keys->at};
    }
    keys->state = BEFORE_VALUE;
    return true;
}
