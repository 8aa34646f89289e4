#include "blake2.h"

enum { BLOCK = 64, ROUNDS = 10 };

static const uint32_t start[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                  0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

static const uint8_t order[ROUNDS][16] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
    {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4}, {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
    {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13}, {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
    {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11}, {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
    {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5}, {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0},
};

static uint32_t turn(uint32_t value, int by) {
    return value >> by | value << (32 - by);
}

static void mix(uint32_t *a, uint32_t *b, uint32_t *c, uint32_t *d, uint32_t x, uint32_t y) {
    *a += *b + x, *d = turn(*d ^ *a, 16);
    *c += *d, *b = turn(*b ^ *c, 12);
    *a += *b + y, *d = turn(*d ^ *a, 8);
    *c += *d, *b = turn(*b ^ *c, 7);
}

static uint32_t word(const uint8_t *at) {
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static void compress(uint32_t state[8], const uint8_t block[BLOCK], uint64_t counted, bool is_last) {
    uint32_t v[16], m[16];
    for (size_t i = 0; i < 16; i++)
        m[i] = word(block + 4 * i);
    memcpy(v, state, 8 * sizeof(*v));
    memcpy(v + 8, start, 8 * sizeof(*v));
    v[12] ^= (uint32_t)counted;
    v[13] ^= (uint32_t)(counted >> 32);
    v[14] ^= is_last ? UINT32_MAX : 0;
    for (size_t round = 0; round < ROUNDS; round++) {
        const uint8_t *s = order[round];
        for (size_t i = 0; i < 4; i++)
            mix(&v[i], &v[4 + i], &v[8 + i], &v[12 + i], m[s[2 * i]], m[s[2 * i + 1]]);
        for (size_t i = 0; i < 4; i++)
            mix(&v[i], &v[4 + (i + 1) % 4], &v[8 + (i + 2) % 4], &v[12 + (i + 3) % 4], m[s[8 + 2 * i]],
                m[s[9 + 2 * i]]);
    }
    for (size_t i = 0; i < 8; i++)
        state[i] ^= v[i] ^ v[8 + i];
}

void blake2s(uint8_t *out, size_t n, struct bytes key, const char *person, struct bytes data) {
    uint32_t state[8];
    uint8_t block[BLOCK] = {0};
    uint64_t counted = 0;
    memcpy(state, start, sizeof(state));
    state[0] ^= 0x01010000 ^ (uint32_t)key.n << 8 ^ (uint32_t)n;
    state[6] ^= person == NULL ? 0 : word((const uint8_t *)person);
    state[7] ^= person == NULL ? 0 : word((const uint8_t *)person + 4);
    if (key.n > 0) {
        memcpy(block, key.at, key.n);
        counted = BLOCK;
        if (data.n > 0)
            compress(state, block, counted, false);
    }
    for (; data.n > BLOCK; data.at += BLOCK, data.n -= BLOCK) {
        counted += BLOCK;
        compress(state, data.at, counted, false);
    }
    if (data.n > 0 || key.n == 0) {
        memset(block, 0, sizeof(block));
        if (data.n > 0)
            memcpy(block, data.at, data.n);
        counted += data.n;
    }
    compress(state, block, counted, true);
    for (size_t i = 0; i < n; i++)
        out[i] = (uint8_t)(state[i / 4] >> 8 * (i % 4));
}
