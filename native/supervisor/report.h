/* Writes findings about one environment to the function's log: OCSF Detection Findings as one JSON line,
 * never holding the data they are about. The table of findings, findings.h, is generated from
 * src/dayfly/core/findings.py. */
#ifndef DAYFLY_REPORT_H
#define DAYFLY_REPORT_H

#include "common.h"
#include "findings.h" /* generated */
#include "output.h"

/* A line of Dayfly's own stays below this, so a piece of a longer line can never be mistaken for one. */
#define REPORT_MAX_LINE 16384
/* What is kept of one invocation's leftovers for their fingerprint. */
#define REPORT_MAX_LEFT 8192
/* Evidence of one finding. */
#define REPORT_MAX_FIELDS 32

enum field_kind { FIELD_TEXT, FIELD_NUMBER, FIELD_THOUSANDTHS, FIELD_TRUTH, FIELD_TEXTS, FIELD_COUNTS };

/* One item of evidence: counts, kinds and names of the function's own making at init, never anything that
 * came with an event. */
struct field {
    const char *name;
    enum field_kind kind;
    struct bytes text; /* FIELD_TEXT */
    int64_t number; /* FIELD_NUMBER; FIELD_TRUTH: 0 or 1; FIELD_THOUSANDTHS: a number with three digits behind
                       its point, times 1000 */
    const struct bytes *texts; /* FIELD_TEXTS, and the names of FIELD_COUNTS, sorted */
    const int64_t *counts;
    size_t count;
};

#define FIELD_OF_TEXT(name_, text_)                                                                          \
    ((struct field){.name = (name_), .kind = FIELD_TEXT, .text = bytes_of(text_)})
#define FIELD_OF_NUMBER(name_, number_)                                                                      \
    ((struct field){.name = (name_), .kind = FIELD_NUMBER, .number = (number_)})

#define FIELD_OF_TRUTH(name_, truth_)                                                                        \
    ((struct field){.name = (name_), .kind = FIELD_TRUTH, .number = (truth_)})

/* What an invocation's line says of its event and answer, as core/activity.py has it: hashes are 16 hexadecimal digits, empty
 * where something is not there. */
struct activity {
    char trigger[32];
    char route[129];
    char source[17], principal[17], shape[17], pattern[17], subject[17], residue[17];
    int64_t status;
};

/* The compact line of one invocation. Times in microseconds. */
struct invocation {
    unsigned worker; /* its number, 0: none had it */
    const char *outcome; /* success, error or crash */
    int64_t duration_us, cpu_us, overhead_us;
    uint64_t bytes_in, bytes_out;
    uint64_t code;
    struct activity activity;
};

/* What of `retire_on` was found. */
#define REPORT_RESIDUE 1u
#define REPORT_SUSPICION 2u

struct report {
    struct output *output;
    char environment[17];
    char function[256];
    char version[64];
    uint64_t sequence;
    int64_t born; /* monotonic */
    /* Those of the invocation in progress; 0 and empty without one. */
    uint64_t number;
    char request_id[129];
    unsigned triggers; /* REPORT_*, since somebody emptied it */
    uint8_t proofs[32]; /* what lines are proved with, of the fleet's key */
    bool has_key;
    /* What the invocation in progress left, since somebody emptied it, where it is noted: see note_left in report.c. */
    char left[REPORT_MAX_LEFT];
    size_t n_left;
    bool notes_left;
    uint8_t line[REPORT_MAX_LINE];
};

/* Name the environment, from the variables of Lambda; -1 where there is no randomness. */
int report_init(struct report *report, struct output *output, struct fault *fault);

/* Name it anew: its snapshot was restored, perhaps in many places. */
int report_renew(struct report *report, struct fault *fault);

/* Write one finding at once. Fields need not be sorted. */
void report_find(struct report *report, enum finding finding, const char *message, const struct field *fields,
                 size_t count);

/* The same with a technique of ATT&CK that says more than the finding's own. */
void report_find_as(struct report *report, enum finding finding, const char *message,
                    const struct field *fields, size_t count, const char *technique,
                    const char *technique_name);

/* Write a line for people, which is no finding: text, or a JSON object where Lambda's log format is JSON. */
void report_say(struct report *report, const char *words);

/* Compose the line without writing it, for tests; `wall_ms` since 1970. Returns its length, newline included.
 */
size_t report_compose(struct report *report, enum finding finding, const char *message,
                      const struct field *fields, size_t count, const char *technique,
                      const char *technique_name, int64_t wall_ms);

/* Prove all lines from now on with what is made of the fleet's key. */
void report_prove(struct report *report, struct bytes key);

/* Write the line of one invocation. */
void report_invocation(struct report *report, const struct invocation *what);

/* How old the environment is. */
int64_t report_age_ms(const struct report *report);

#endif
