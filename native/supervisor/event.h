/* Reads the headers with which the Runtime API delivers an event, as AWS's own client reads them. */
#ifndef DAYFLY_EVENT_H
#define DAYFLY_EVENT_H

#include "http.h"

/* Long enough for the header block of every head that is read. */
#define EVENT_MAX_BLOCK (HTTP_MAX_HEAD + 1024)

/* When the platform gives up on an event, in milliseconds since 1970; false where that is no number. As C's
 * strtoul, with which AWS's client reads it: a sign, digits, and whatever follows them. */
bool event_deadline_ms(const struct reply *event, int64_t *out);

/* Append the header block of an event frame, "name\nvalue\n" for each header that a worker gets; -1 where it
 * does not fit. An empty one counts as missing, as it does for AWS's client. The deadline is digits alone, or
 * missing. */
int event_block(const struct reply *event, struct buffer *out);

/* Say why no worker can be given an event, in `out`; false where one can. AWS's own client ends on each of
 * these, and with it the environment. */
bool event_defect(const struct reply *event, char *out, size_t size);

/* What an answer repeats of an event: its invocation id, empty where a server would refuse a request for it.
 */
struct bytes event_echo(const struct reply *event);

#endif
