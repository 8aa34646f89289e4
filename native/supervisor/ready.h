/* What a zygote says at the end of its init: the payload of a READY frame, as core/handshake.py packs it. */
#ifndef DAYFLY_READY_H
#define DAYFLY_READY_H

#include "common.h"

enum {
    /* Reasons and notes are sentences; with them come paths; more than this is no zygote of ours. */
    READY_MAX_TEXT = 65536,
    READY_MANY = 64,
    /* Of an import path that is looked through for distributions: MANY_ENTRIES in core/handshake.py. */
    READY_MANY_ENTRIES = 32,
};

struct ready {
    const char *reasons[READY_MANY]; /* that forbid the fork */
    size_t n_reasons;
    const char *notes[READY_MANY]; /* limits for the first log record */
    size_t n_notes;
    int64_t expires_at; /* seconds since 1970 at which something that init fetched is no longer good, 0 for never */
    bool is_open;       /* the zygote could open its own memory */
    bool runs_ahead;    /* code of the function's runs at a fork or in a worker before its event is there */
    bool has_threads;   /* threads of the function's live on in the zygote */
    const char *unconfined; /* why system calls are not confined, "" where they are or nobody asked */
    const char *online;     /* why workers have the network although they were to have none, "" */
    const char *unguarded;  /* why there is no guard, "" */
    const char *uncompiled; /* why Dayfly's modules were compiled at this start, "" */
    const char *path[READY_MANY_ENTRIES]; /* the function's import path, where it was asked for */
    size_t n_path;
    uint64_t code;          /* fingerprint of the function's code, 0 where it was not asked for */
    char text[READY_MAX_TEXT];
};

/* Read a payload; lines that say nothing known are left out. */
void ready_unpack(struct ready *ready, struct bytes payload);

#endif
