/* Says in the first log record what of Dayfly holds in this environment and what is not promised. */
#ifndef DAYFLY_ANNOUNCE_H
#define DAYFLY_ANNOUNCE_H

#include "report.h"
#include "settings.h"

/* Limits that one record tells, and the bytes of them all: a record has REPORT_MAX_LINE. */
#define ANNOUNCE_MAX_LIMITS 48
#define ANNOUNCE_MAX_TEXT 8192

/* A first line that people read at a glance. */
#define ANNOUNCE_MAX_LINE 220
/* What an attacker took where nothing was locked: see "A worker at the Runtime API" in docs/security-evidence.md. */
#define ANNOUNCE_TAKEN "measured: 0 to 222 events taken at the median, 1631 at most"

/* What is not promised here: grows while the environment starts. */
struct limits {
    struct bytes texts[ANNOUNCE_MAX_LIMITS];
    size_t count;
    char space[ANNOUNCE_MAX_TEXT];
    size_t used, left_out;
};

/* Add one more, in words; where there are too many, the last one says so. */
__attribute__((format(printf, 2, 3))) void limits_add(struct limits *limits, const char *format, ...);

enum { EARLIER_NAMES = 128, EARLIER_NOT_COUNTED = -1 };

/* What an earlier life of the environment had left. */
struct earlier_life {
    int64_t killed; /* processes */
    int64_t served; /* of those, from invocations; the others are of an init that the platform ended, for its time perhaps */
    int64_t polls;  /* connections of theirs to the Runtime API, or EARLIER_NOT_COUNTED */
    char names[EARLIER_NAMES]; /* of the programs of `served`, as they called themselves */
    int64_t removed, objects, young_code, young_data;
    int64_t stays; /* what could not be removed */
};

/* What is in force. Texts that are NULL or empty are as they should be; see core/handshake.py (Ready) for
 * those of the zygote. */
struct announcement {
    const struct settings *settings;
    const char *scope, *scope_reason, *scope_not_promised; /* environment or descendants */
    const char *platform;                                  /* lambda, emulator or other */
    enum api_lock lock;          /* not LOCK_AUTO */
    bool can_fork;               /* false: the function runs in process isolation */
    const char *memory;          /* why memory is open to workers */
    const char *memory_stranger; /* a foreign process whose memory can be written */
    const char *calls;           /* why system calls are not confined */
    const char *online;          /* why workers have the network although they were to have none */
    const char *unguarded;       /* why the guard could not be armed */
    const char *uncompiled;      /* why Dayfly's modules were compiled at this start */
    const char *watch_misses;    /* what the watch over the Runtime API does not see */
    bool shares_kernel_objects;
    bool writes_code; /* the function may write its own, and nothing compares it */
    bool may_be_later_life;
    struct earlier_life earlier;
    uint64_t code; /* fingerprint of the function's code, 0 where it is not known */
};

/* Write the first log line, for people, then the first record, and a finding for every protection that was asked for and is missing. `limits`
 * gets those that only the settings tell. */
void announce(struct report *report, const struct announcement *what, struct limits *limits);

/* A finding: this protection was asked for, and is not active. */
void announce_missing(struct report *report, const char *protection, const char *message);

#endif
