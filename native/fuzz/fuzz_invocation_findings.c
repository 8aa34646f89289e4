/* The reader of a worker's notes and of its guard's reports: only whole lines of bounded length come of them.
 */
#include "invocation_findings.h"

#include "logged.h"

int fuzz_one(const uint8_t *data, size_t size);

int fuzz_one(const uint8_t *data, size_t size) {
    static struct output output;
    static struct report report;
    static int file = -1;
    struct invocation_findings invocation_findings;
    if (file < 0) {
        file = log_begin(&output, &report);
        if (file < 0)
            return 1;
    }
    if (size < 1 || log_empty(file) < 0)
        return 0;
    struct bytes said = {data + 1, size - 1};
    invocation_findings_init(&invocation_findings, &report, NS_PER_S / 2, data[0] & 1);
    (void)invocation_findings_note(&invocation_findings, said);
    invocation_findings_report(&invocation_findings, said, (data[0] & 2) != 0);
    invocation_findings_init_said(&invocation_findings, said);
    log_check(file);
    return 0;
}
