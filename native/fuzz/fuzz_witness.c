/* The reader of a worker's notes and of its guard's reports: only whole lines of bounded length come of them.
 */
#include "witness.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int fuzz_one(const uint8_t *data, size_t size);

static uint8_t written[1 << 20];

int fuzz_one(const uint8_t *data, size_t size) {
    static struct output output;
    static struct report report;
    static int file = -1;
    struct witness witness;
    if (file < 0) {
        file = memfd_create("log", 0);
        if (file < 0 || output_init(&output, -1, NULL) < 0 || report_init(&report, &output, NULL) < 0)
            return 1;
        output.fds[OUTPUT_STDOUT] = file;
    }
    if (size < 1 || ftruncate(file, 0) < 0 || lseek(file, 0, SEEK_SET) < 0)
        return 0;
    struct bytes said = {data + 1, size - 1};
    witness_init(&witness, &report, NS_PER_S / 2, data[0] & 1);
    (void)witness_note(&witness, said);
    witness_report(&witness, said, (data[0] & 2) != 0);
    witness_init_said(&witness, said);
    ssize_t n = pread(file, written, sizeof(written), 0);
    if (n < 0 || (n > 0 && written[n - 1] != '\n'))
        abort();
    for (ssize_t i = 0, begin = 0; i < n; i++) {
        if (written[i] == '\n') {
            if (written[begin] != '{' || written[i - 1] != '}' || i + 1 - begin > REPORT_MAX_LINE)
                abort();
            begin = i + 1;
        } else if (written[i] < ' ' || written[i] > '~') {
            abort();
        }
    }
    return 0;
}
