#include "infection.h"

/* Of a request id that is no longer, or not yet again, the one in progress: the platform is waiting for the
 * next event to hand out, or has handed it out. */
#define UNKNOWN_REQUEST 400
#define TOO_LARGE 413
/* The platform's clock and ours are the same machine's; its deadlines are whole milliseconds. */
#define MARGIN_MS 5

void infection_init(struct infections *infections, struct report *report) {
    memset(infections, 0, sizeof(*infections));
    infections->report = report;
}

/* Tell of the infection whose next event is served now. */
static void tell_taken(const struct infections *infections) {
    struct report *report = infections->report;
    struct field fields[] = {FIELD_OF_NUMBER("events_taken_at_least", 1),
                             FIELD_OF_TEXT("seen", "event-in-progress")};
    uint64_t number = report->number;
    char request_id[sizeof(report->request_id)];
    memcpy(request_id, report->request_id, sizeof(request_id));
    report->number = infections->number;
    bytes_copy(report->request_id, sizeof(report->request_id), bytes_of(infections->request_id));
    report_find(report, FINDING_INFECTED,
                "the worker that took over the Runtime API received the event after its own, which Dayfly "
                "serves now; it may have answered others before",
                fields, COUNT(fields));
    report->number = number;
    memcpy(report->request_id, request_id, sizeof(request_id));
}

void infection_arrived(struct infections *infections, const char *request_id, int64_t deadline_ms) {
    int64_t now = wall_ms();
    bool was_taken = deadline_ms - infections->time_limit_ms + MARGIN_MS < infections->ended_ms;
    if (infections->ended_ms != 0 && deadline_ms != 0 && was_taken)
        tell_taken(infections);
    infections->ended_ms = 0;
    infections->began_ms = now;
    infections->time_limit_ms = deadline_ms > now ? deadline_ms - now : 0;
    bytes_copy(infections->answered[infections->next], sizeof(infections->answered[0]), bytes_of(request_id));
    infections->next = (infections->next + 1) % INFECTION_ANSWERED;
}

void infection_worker_ended(struct infections *infections) { infections->last_end_ms = wall_ms(); }

bool infection_knows(const struct infections *infections, struct bytes request_id) {
    for (size_t i = 0; i < INFECTION_ANSWERED; i++)
        if (request_id.n > 0 && bytes_equal(request_id, bytes_of(infections->answered[i])))
            return true;
    return false;
}

static const char *extent(int status) {
    if (status < 300 || status == TOO_LARGE)
        return "it had not answered its event, so it received no other";
    if (status == UNKNOWN_REQUEST)
        return "it answered its event itself and requested others; how many it received is unknown";
    return "it answered its event itself and received no other";
}

bool infection_judge(struct infections *infections, int status, const char *seen, const char *how) {
    struct report *report = infections->report;
    bool is_refused = status >= 300 && status != TOO_LARGE;
    int64_t lasted = wall_ms() - infections->began_ms;
    if (seen == NULL && !is_refused)
        return false;
    struct field fields[] = {
        FIELD_OF_NUMBER("status", status),
        FIELD_OF_TEXT("seen", seen != NULL ? seen : "answer-refused"),
        FIELD_OF_TRUTH("answered_for_itself", is_refused),
        FIELD_OF_TRUTH("asked_for_more", status == UNKNOWN_REQUEST),
        FIELD_OF_NUMBER("events_taken_at_least", 0),
        {.name = "seconds", .kind = FIELD_THOUSANDTHS, .number = lasted > 0 ? lasted : 0},
    };
    char message[512];
    (void)snprintf(message, sizeof(message), "a worker was ended: %s; %s",
                   seen != NULL ? how : "its event was already answered", extent(status));
    report_find(report, FINDING_INFECTED, message, fields, COUNT(fields));
    if (status == UNKNOWN_REQUEST) {
        infections->ended_ms = infections->last_end_ms;
        infections->number = report->number;
        memcpy(infections->request_id, report->request_id, sizeof(infections->request_id));
    }
    return true;
}
