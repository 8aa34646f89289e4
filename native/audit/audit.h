/* The guard's audit hook, and what it goes by, out of reach of Python: no frame, closure, module or collector leads here.
 *
 * The hook passes on the events that the guard judges, and while it serves an event no others cost more than a look into
 * a table. It is given its judge once. What the judge is made of is sealed: who replaces a function of it, for however short a
 * time, is reported to the supervisor from here, and under `block` nothing that is judged goes on. Native code of the same process
 * can write here; it is no boundary against that.
 */
#ifndef DAYFLY_AUDIT_H
#define DAYFLY_AUDIT_H

#include <stdbool.h>

#include "python.h"

enum {
    /* Twice what the guard and all kinds of a policy ask for, and a power of two: a table that is half empty. */
    MAX_EVENTS = 256,
    /* Modules and classes of the guard and of the structure that it reads: 170 now. */
    MAX_SEALED = 1024,
    /* Code of these: 2,300 functions now, and a power of two. */
    MAX_FUNCTIONS = 4096,
    /* Modules that the guard loads when something first asks, src/dayfly/runtime/guard/late.py: four now. */
    MAX_EXTENSIONS = 8,
    /* Of a place in a finding, as core/reports.py has it. */
    MAX_PLACE = 120,
    NONCE_BYTES = 16,
    /* 36 characters on AWS. */
    MAX_REQUEST_ID = 64,
    /* Head, line of the finding, and error of a report: less than a socket sends whole. */
    MAX_FRAME = 1024,
};

/* When an event is passed on; see `events` of `audit_install`. */
enum { HEARD_ACTIVE = 1, HEARD_STARTING = 2, HEARD_IDLE = 4 };
enum phase { IDLE, STARTING, ACTIVE };

/* What is sealed and how; the last is state that the judge's own code changes, and no other. */
enum sealing { SEALED_WHOLE, SEALED_ENTRIES, SEALED_FROM_OTHERS };

/* Return the tuple of the built-in functions below; the one symbol that is seen. NULL with an exception set. */
PyObject *audit_functions(void);

/* install(judge, events, refusals, is_starting): once, add the hook. `judge(event, arguments)` may raise; `events` are pairs of
 * name and HEARD_ bits, 0 for what the seal alone looks at; `refusals` are the exceptions of which nobody is to see the judge's frames, the first of them raised here. */
PyObject *audit_install(PyObject *self, PyObject *arguments);

/* seal(dictionaries, functions, codes, handle, outermost): once, watch these; `dictionaries` are triples of dictionary, name and
 * `enum sealing`, `codes` the judge's own. While the code `handle` is on the stack, or another than `outermost` below it, no event
 * begins or ends. */
PyObject *audit_seal(PyObject *self, PyObject *arguments);

/* extend(dictionaries, functions, codes): watch these as well; while an event is served, the judge's own code alone may ask. */
PyObject *audit_extend(PyObject *self, PyObject *arguments);

/* begin(descriptor, nonce, request_id, blocks) and end(): an event is served from here to there. False, and a change of the guard, where
 * the function itself asks for it. settle(): init is over. */
PyObject *audit_begin(PyObject *self, PyObject *arguments);
PyObject *audit_end(PyObject *self, PyObject *arguments);
PyObject *audit_settle(PyObject *self, PyObject *arguments);

/* is_active(), count_heard() of the event "dayfly.guard", changed(): what of the guard was changed, "" for nothing,
 * and has_told(): the supervisor knows it of this event. */
PyObject *audit_is_active(PyObject *self, PyObject *arguments);
PyObject *audit_count_heard(PyObject *self, PyObject *arguments);
PyObject *audit_changed(PyObject *self, PyObject *arguments);
PyObject *audit_has_told(PyObject *self, PyObject *arguments);

/* ---- pages.c ---- */

/* count_faults(): page faults of this thread so far. */
PyObject *audit_count_faults(PyObject *self, PyObject *arguments);

/* copied_pages(address, pages, limit_ns): of so many pages from there, as many as fit into the time, "1" for each that is this process's
 * own since it was forked and "0" for the others; copies those, so ask at a process's end. */
PyObject *audit_copied_pages(PyObject *self, PyObject *arguments);

/* prefault(addresses, descriptor, is_alone): copy the pages at these addresses (uint64_t each), until there is something to read; returns how
 * many. `is_alone`: the process has no other thread, which might write to the byte that is read and written back. */
PyObject *audit_prefault(PyObject *self, PyObject *arguments);

/* Raise RuntimeError; returns NULL. */
PyObject *fail(const char *text);

/* ---- seal.c ---- */

/* Watch what `seal` or `extend` was given; false with an exception set. */
bool seal_take(PyObject *dictionaries, PyObject *functions, PyObject *codes);

/* Whether the judge's own code runs. */
bool seal_is_own(void);

/* Where the interpreter calls nobody back (3.11): look at every dictionary. */
void seal_look(void);

/* A function's code or defaults are being set. */
void seal_check_function(PyObject *function);

/* The guard was changed: tell the supervisor, once for each event. `name` and `key` say where. */
void seal_break(const char *name, const char *key);

/* What is reported, to whom; descriptor -1 for nobody. */
void seal_begin(int descriptor, const char *nonce, const char *request_id, bool blocks);

/* What was changed, "" for nothing. */
const char *seal_broken(void);

/* Whether the supervisor was told of it while this event was served. */
bool seal_is_told(void);

/* Whether nothing goes on. */
bool seal_blocks(void);

enum phase phase_now(void);

/* Whether two texts are the same; there is no C library. */
bool is_same(const char *one, const char *other);

#endif
