/* Room for bodies: a reserved mapping whose pages are given back after use. */
#ifndef DAYFLY_ARENA_H
#define DAYFLY_ARENA_H

#include "common.h"

/* Reserve `size` bytes and make `out` an empty buffer over them. Nothing is committed before it is written.
 * Fails where address space is limited (RLIMIT_AS). */
int arena_reserve(struct buffer *out, size_t size, struct fault *fault);

/* Empty a buffer of `arena_reserve`, and give back the pages beyond `keep` bytes: a large body must not stay in the
 * environment's memory until the next one. */
void arena_empty(struct buffer *buffer, size_t keep);

#endif
