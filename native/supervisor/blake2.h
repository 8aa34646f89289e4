/* BLAKE2s (RFC 7693) with a key and a personal text, as core/proofs.py calls it. */
#ifndef DAYFLY_BLAKE2_H
#define DAYFLY_BLAKE2_H

#include "common.h"

enum { BLAKE2S_BYTES = 32, BLAKE2S_PERSON = 8 };

/* Write the first `n` bytes (1 to BLAKE2S_BYTES, which is part of what is hashed) of the hash of `data` into `out`. `key` has
 * BLAKE2S_BYTES at most, `person` BLAKE2S_PERSON, or it is NULL. */
void blake2s(uint8_t *out, size_t n, struct bytes key, const char *person, struct bytes data);

#endif
