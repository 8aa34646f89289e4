#include "infection.h"

/* The runtime answers an event that was answered. */
#define ANSWERED_BEFORE "InvalidStateTransition"
/* Of a request id that is no longer, or not yet again, the one in progress: the platform is waiting for the
 * next event to hand out, or has handed it out. */
#define UNKNOWN_REQUEST "InvalidRequestID"
#define TOO_LARGE 413
/* The platform's clock and ours are the same machine's; its deadlines are whole milliseconds. */
#define MARGIN_MS 5

void infection_init(struct infections *infections, struct report *report) {
    memset(infections, 0, sizeof(*infections));
    infections->report = report;
}

/* Report an infection as one of another invocation than that in progress. */
static void find_earlier(struct report *report, uint64_t number, const char *request_id, const char *message,
                         const struct field *fields, size_t n) {
    uint64_t number_now = report->number;
    char request_now[sizeof(report->request_id)];
    memcpy(request_now, report->request_id, sizeof(request_now));
    report->number = number;
    bytes_copy(report->request_id, sizeof(report->request_id), bytes_of(request_id));
    report_find(report, FINDING_INFECTED, message, fields, n);
    report->number = number_now;
    memcpy(report->request_id, request_now, sizeof(request_now));
}

/* Tell of the infection whose next event is served now. */
static void tell_taken(const struct infections *infections, const char *taken) {
    struct field fields[] = {FIELD_OF_NUMBER("events_taken_at_least", 1), FIELD_OF_TEXT("seen", "event-in-progress"),
                             FIELD_OF_TEXT("taken_request", taken)};
    find_earlier(infections->report, infections->number, infections->request_id,
                 "the worker that took over the Runtime API received the event after its own, which Dayfly "
                 "serves now; it may have answered others before",
                 fields, COUNT(fields));
}

/* Which requests the process had served before its last one: any of them may have brought the infection in. */
static void name_earlier(const struct infections *infections, struct field fields[2], struct bytes texts[INFECTION_ANSWERED]) {
    uint64_t earlier = infections->served_count > 0 ? infections->served_count - 1 : 0;
    size_t n = earlier < INFECTION_ANSWERED ? (size_t)earlier : INFECTION_ANSWERED - 1;
    for (size_t i = 0; i < n; i++)
        texts[i] = bytes_of(infections->served[(earlier - n + i) % INFECTION_ANSWERED]);
    fields[0] = FIELD_OF_NUMBER("served_before", (int64_t)earlier);
    fields[1] = (struct field){.name = "earlier_requests", .kind = FIELD_TEXTS, .texts = texts, .count = n};
}

void infection_arrived(struct infections *infections, const char *request_id, int64_t deadline_ms) {
    int64_t now = wall_ms();
    bool was_taken = deadline_ms - infections->time_limit_ms + MARGIN_MS < infections->ended_ms;
    if (infections->ended_ms != 0 && deadline_ms != 0 && was_taken)
        tell_taken(infections, request_id);
    infections->ended_ms = 0;
    infections->began_ms = now;
    infections->time_limit_ms = deadline_ms > now ? deadline_ms - now : 0;
    bytes_copy(infections->answered[infections->next], sizeof(infections->answered[0]), bytes_of(request_id));
    infections->next = (infections->next + 1) % INFECTION_ANSWERED;
}

void infection_fresh(struct infections *infections) { infections->served_count = 0; }

void infection_serves(struct infections *infections, const char *request_id) {
    char *served = infections->served[infections->served_count++ % INFECTION_ANSWERED];
    bytes_copy(served, sizeof(infections->served[0]), bytes_of(request_id));
    infections->last_number = infections->report->number;
}

void infection_worker_ended(struct infections *infections) { infections->last_end_ms = wall_ms(); }

bool infection_knows(const struct infections *infections, struct bytes request_id) {
    for (size_t i = 0; i < INFECTION_ANSWERED; i++)
        if (request_id.n > 0 && bytes_equal(request_id, bytes_of(infections->answered[i])))
            return true;
    return false;
}

enum reply_shows infection_read(const struct reply *reply) {
    if (reply->status < 300 || reply->status == TOO_LARGE)
        return REPLY_ACCEPTED;
    if (upstream_refuses(reply, UNKNOWN_REQUEST))
        return REPLY_ASKED_FOR_MORE;
    return upstream_refuses(reply, ANSWERED_BEFORE) ? REPLY_ANSWERED : REPLY_UNCLEAR;
}

bool infection_judge(struct infections *infections, const struct reply *reply, const char *seen, const char *how) {
    static const char *const extents[] = {
        [REPLY_ACCEPTED] = "it had not answered its event, so it received no other",
        [REPLY_ANSWERED] = "it answered its event itself and received no other",
        [REPLY_ASKED_FOR_MORE] = "it answered its event itself and requested others; how many it received is unknown",
        [REPLY_UNCLEAR] = "the platform did not say whether it had answered its event",
    };
    struct report *report = infections->report;
    enum reply_shows shows = infection_read(reply);
    bool is_refused = shows == REPLY_ANSWERED || shows == REPLY_ASKED_FOR_MORE;
    int64_t lasted = wall_ms() - infections->began_ms;
    if (seen == NULL && !is_refused)
        return false;
    struct bytes texts[INFECTION_ANSWERED];
    struct field fields[8] = {
        FIELD_OF_NUMBER("status", reply->status),
        FIELD_OF_TEXT("seen", seen != NULL ? seen : "answer-refused"),
        FIELD_OF_TRUTH("answered_for_itself", is_refused),
        FIELD_OF_TRUTH("asked_for_more", shows == REPLY_ASKED_FOR_MORE),
        FIELD_OF_NUMBER("events_taken_at_least", 0),
        {.name = "seconds", .kind = FIELD_THOUSANDTHS, .number = lasted > 0 ? lasted : 0},
    };
    char message[512];
    name_earlier(infections, fields + 6, texts);
    (void)snprintf(message, sizeof(message), "a worker was ended: %s; %s",
                   seen != NULL ? how : "its event was already answered", extents[shows]);
    report_find(report, FINDING_INFECTED, message, fields, COUNT(fields));
    if (shows == REPLY_ASKED_FOR_MORE) {
        infections->ended_ms = infections->last_end_ms;
        infections->number = report->number;
        memcpy(infections->request_id, report->request_id, sizeof(infections->request_id));
    }
    return true;
}

void infection_between(struct infections *infections, const char *seen, const char *how) {
    struct bytes texts[INFECTION_ANSWERED];
    struct field fields[4] = {FIELD_OF_TEXT("seen", seen), FIELD_OF_NUMBER("events_taken_at_least", 0)};
    char message[512];
    name_earlier(infections, fields + 2, texts);
    (void)snprintf(message, sizeof(message),
                   "a worker was ended after its answer: %s; how many events it received is unknown", how);
    find_earlier(infections->report, infections->last_number,
                 infections->served[(infections->served_count - 1) % INFECTION_ANSWERED], message, fields, COUNT(fields));
}
