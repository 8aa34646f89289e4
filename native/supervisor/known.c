#include "known.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/random.h>

static void *reserve(size_t n) {
    return mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
}

int known_begin(struct known *known, struct fault *fault) {
    known->n = 0;
    if (getrandom(known->key, sizeof(known->key), 0) != (ssize_t)sizeof(known->key))
        return fault_set(fault, "getrandom: %s", strerror(errno));
    known->entries = reserve(KNOWN_MANY * sizeof(*known->entries));
    known->slots = reserve(KNOWN_SLOTS * sizeof(*known->slots));
    bool is_there = known->entries != MAP_FAILED && known->slots != MAP_FAILED;
    return is_there ? 0 : fault_set(fault, "mmap: %s", strerror(errno));
}

static uint64_t rotate(uint64_t value, int by) { return value << by | value >> (64 - by); }

static void sip_round(uint64_t v[4]) {
    v[0] += v[1], v[1] = rotate(v[1], 13) ^ v[0], v[0] = rotate(v[0], 32);
    v[2] += v[3], v[3] = rotate(v[3], 16) ^ v[2];
    v[0] += v[3], v[3] = rotate(v[3], 21) ^ v[0];
    v[2] += v[1], v[1] = rotate(v[1], 17) ^ v[2], v[2] = rotate(v[2], 32);
}

uint64_t known_hash(uint64_t first, uint64_t second, const void *text, size_t n) {
    uint64_t v[4] = {first ^ 0x736f6d6570736575u, second ^ 0x646f72616e646f6du, first ^ 0x6c7967656e657261u,
                     second ^ 0x7465646279746573u};
    for (size_t at = 0; at <= n; at += 8) {
        uint64_t word = 0;
        memcpy(&word, (const uint8_t *)text + at, n - at < 8 ? n - at : 8);
        if (n - at < 8)
            word |= (uint64_t)n << 56;
        v[3] ^= word;
        sip_round(v), sip_round(v);
        v[0] ^= word;
    }
    v[2] ^= 0xff;
    for (int i = 0; i < 4; i++)
        sip_round(v);
    uint64_t hash = v[0] ^ v[1] ^ v[2] ^ v[3];
    return hash == 0 ? 1 : hash;
}

static uint64_t hash_of(const uint64_t key[2], const struct inode_state *parent, const char *name) {
    return known_hash(known_hash(key[0], key[1], &(uint64_t[2]){parent->device, parent->inode}, 16), key[1], name, strlen(name));
}

/* Where the index has a hash, or would have it. */
static uint16_t *slot_of(const struct known *known, uint64_t hash) {
    size_t at = (size_t)(hash % KNOWN_SLOTS);
    while (known->slots[at] != 0 && known->entries[known->slots[at] - 1].hash != hash)
        at = (at + 1) % KNOWN_SLOTS;
    return &known->slots[at];
}

struct known_entry *known_find(const struct known *known, const struct inode_state *parent, const char *name) {
    const uint16_t *slot = known->n == 0 ? NULL : slot_of(known, hash_of(known->key, parent, name));
    return slot == NULL || *slot == 0 ? NULL : &known->entries[*slot - 1];
}

void known_put(struct known *known, const struct inode_state *parent, const char *name, struct known_entry entry) {
    entry.hash = hash_of(known->key, parent, name);
    uint16_t *slot = slot_of(known, entry.hash);
    if (*slot == 0)
        *slot = (uint16_t)++known->n;
    known->entries[*slot - 1] = entry;
}

void known_cut(struct known *known, size_t n) {
    /* None was looked for by way of the last one's slot. */
    for (; known->n > n; known->n--)
        *slot_of(known, known->entries[known->n - 1].hash) = 0;
}

void known_copy(struct known *to, const struct known *from) {
    for (; to->n < from->n; to->n++) {
        to->entries[to->n] = from->entries[to->n];
        *slot_of(to, to->entries[to->n].hash) = (uint16_t)(to->n + 1);
    }
}
