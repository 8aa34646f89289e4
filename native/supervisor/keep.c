#include "keep.h"

#include "json.h"

/* Where in a part: what is left of it. A name may be any bytes; those that are no UTF-8 count as one character each, behind all
 * others that a glob can name. */
static bool next_character(struct bytes *rest, uint32_t *out) {
    static const uint8_t masks[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    enum { NO_UTF8 = 0xdc00 };
    if (rest->n == 0)
        return false;
    size_t n = json_character(*rest);
    if (n == 0) {
        *out = NO_UTF8 + (uint32_t)rest->at[0];
        n = 1;
    } else {
        *out = rest->at[0] & masks[n];
        for (size_t i = 1; i < n; i++)
            *out = *out << 6 | (rest->at[i] & 0x3f);
    }
    rest->at += n;
    rest->n -= n;
    return true;
}

/* Cut a class, behind its `[`, off a pattern: what it holds and whether it is negated; false where none is closed. */
static bool cut_class(struct bytes *pattern, struct bytes *inner, bool *is_negated) {
    struct bytes rest = *pattern;
    *is_negated = rest.n > 0 && rest.at[0] == '!';
    rest.at += *is_negated;
    rest.n -= *is_negated;
    /* The first is itself, even where it is the bracket that ends the others. */
    const uint8_t *end = rest.n > 1 ? memchr(rest.at + 1, ']', rest.n - 1) : NULL;
    if (end == NULL)
        return false;
    *inner = (struct bytes){rest.at, (size_t)(end - rest.at)};
    *pattern = (struct bytes){end + 1, rest.n - inner->n - 1};
    return true;
}

static bool is_in_class(struct bytes inner, uint32_t c) {
    uint32_t first, last;
    while (next_character(&inner, &first)) {
        struct bytes behind = inner;
        if (next_character(&behind, &last) && last == '-' && next_character(&behind, &last))
            inner = behind;
        else
            last = first;
        if (first <= c && c <= last)
            return true;
    }
    return false;
}

/* Match one character; false where it does not, or where nothing of the pattern is left. */
static bool step(struct bytes *pattern, uint32_t c) {
    struct bytes inner;
    uint32_t wanted;
    bool is_negated;
    if (!next_character(pattern, &wanted))
        return false;
    if (wanted == '?')
        return true;
    if (wanted == '[' && cut_class(pattern, &inner, &is_negated))
        return is_in_class(inner, c) != is_negated;
    return wanted == c;
}

/* Match one part; at most as many steps as the product of the lengths. */
static bool matches(struct bytes pattern, struct bytes part) {
    struct bytes star = {NULL, 0}, behind = part;
    uint32_t c;
    for (;;) {
        if (pattern.n > 0 && pattern.at[0] == '*') {
            pattern.at++, pattern.n--;
            star = pattern;
            behind = part;
        } else if (next_character(&part, &c)) {
            if (step(&pattern, c))
                continue;
            if (star.at == NULL)
                return false;
            /* One character more for the last star: an earlier one never has to give. */
            part = behind;
            pattern = star;
            (void)next_character(&part, &c);
            behind = part;
        } else {
            return pattern.n == 0;
        }
    }
}

/* Cut the next part off a path; false where none is left. */
static bool next_part(struct bytes *path, struct bytes *part) {
    if (path->at == NULL)
        return false;
    const uint8_t *end = path->n > 0 ? memchr(path->at, '/', path->n) : NULL;
    size_t n = end == NULL ? path->n : (size_t)(end - path->at);
    *part = (struct bytes){path->at, n};
    *path = end == NULL ? (struct bytes){NULL, 0} : (struct bytes){end + 1, path->n - n - 1};
    return true;
}

static struct bytes strip(struct bytes path) {
    for (; path.n > 0 && path.at[path.n - 1] == '/'; path.n--) {
    }
    for (; path.n > 0 && path.at[0] == '/'; path.n--)
        path.at++;
    return path;
}

/* Add the positions behind a `**`, which may match no part; the last one needs a part. */
static uint64_t with_skips(uint64_t positions, const struct bytes *parts, size_t n) {
    for (size_t at = 0; at + 1 < n; at++)
        if ((positions >> at & 1) != 0 && bytes_equal(parts[at], LITERAL("**")))
            positions |= (uint64_t)1 << (at + 1);
    return positions;
}

static enum keep judge_one(struct bytes glob, struct bytes path) {
    struct bytes parts[SETTINGS_MAX_PARTS], part;
    size_t n = 0;
    for (glob = strip(glob); n < COUNT(parts) && next_part(&glob, &parts[n]);)
        n++;
    /* All positions at once: trying each length of each `**` in turn takes a path of a thousand parts, which an attacker may
     * make, to the power of their number. */
    uint64_t positions = with_skips(1, parts, n), end = (uint64_t)1 << n;
    for (path = strip(path); positions != 0 && next_part(&path, &part);) {
        uint64_t reached = 0;
        if ((positions & end) != 0)
            return KEEP_ALL;
        for (size_t at = 0; at < n; at++) {
            if ((positions >> at & 1) == 0)
                continue;
            if (bytes_equal(parts[at], LITERAL("**")))
                reached |= (uint64_t)1 << (at + 1 < n ? at : at + 1);
            else if (matches(parts[at], part))
                reached |= (uint64_t)1 << (at + 1);
        }
        positions = with_skips(reached, parts, n);
    }
    return (positions & end) != 0 ? KEEP_ALL : positions != 0 ? KEEP_INSIDE : KEEP_NO;
}

enum keep keep_judge(const struct names *globs, struct bytes path) {
    enum keep best = KEEP_NO;
    for (size_t i = 0; i < globs->count && best != KEEP_ALL; i++) {
        enum keep found = judge_one(globs->items[i], path);
        best = found > best ? found : best;
    }
    return best;
}
