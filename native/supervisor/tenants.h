/* Finds out whose event one is, from places that the caller does not choose: as src/dayfly/core/tenants.py, which says
 * what the setting `tenant` may name. Everything doubtful is nobody's, and what is nobody's shares its worker with no other. */
#ifndef DAYFLY_TENANTS_H
#define DAYFLY_TENANTS_H

#include "http.h"

enum {
    TENANTS_MAX_PARTS = 8,
    /* What an event may be to be looked at: API Gateway adds some kilobytes to the caller's body. */
    TENANTS_MAX_PARSED = 256 * 1024,
    /* Lambda's tenant ids have 256 characters at most, claims are not much longer. */
    TENANTS_MAX_CHARACTERS = 1024,
    TENANTS_MAX_KEY = 4 * TENANTS_MAX_CHARACTERS,
    /* Objects and lists in each other, and names in an object: of an event that has more nothing is sure. */
    TENANTS_MAX_DEPTH = 64,
    TENANTS_MAX_NAMES = 256,
};

/* Where an event's tenant is found: a header, a path in the event, or a path in a header's JSON. */
struct tenant_source {
    int header; /* an enum http_header, -1 for the event */
    struct bytes parts[TENANTS_MAX_PARTS];
    size_t n;
};

/* A tenant's key, `n` 0 where nothing proves one. */
struct tenant {
    uint8_t key[TENANTS_MAX_KEY];
    size_t n;
};

/* Split the setting, which is valid; -1 where it is not after all. The parts point into it. */
int tenants_parse(struct tenant_source *source, struct bytes setting);

/* Find an event's tenant. */
void tenants_find(const struct tenant_source *source, const struct reply *event, struct tenant *out);

/* Find the text at a path of names in a JSON document; `n` 0 where that is not sure. Reader of hostile bytes. */
void tenants_find_text(struct bytes document, const struct bytes *parts, size_t n, struct tenant *out);

#endif
