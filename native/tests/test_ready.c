/* What a zygote says at the end of its init, as core/handshake.py packs it. */
#include "unit.h"

#include "../supervisor/ready.h"

static struct ready ready;

static void unpack(const char *text) {
    ready_unpack(&ready, bytes_of(text));
}

static void every_line_is_read(void) {
    unpack("Rone\nRtwo\nNa note\nE1795970000\nA\nT\nO\nCno filter\nSno namespace\nGno guard\nF00ff\nP/var/task");
    CHECK_EQUAL(ready.n_reasons, 2);
    CHECK(strcmp(ready.reasons[0], "one") == 0 && strcmp(ready.reasons[1], "two") == 0);
    CHECK_EQUAL(ready.n_notes, 1);
    CHECK_EQUAL(ready.expires_at, 1795970000);
    CHECK(ready.runs_ahead && ready.has_threads && ready.is_open);
    CHECK(strcmp(ready.unconfined, "no filter") == 0 && strcmp(ready.online, "no namespace") == 0);
    CHECK(strcmp(ready.unguarded, "no guard") == 0);
    CHECK_EQUAL(ready.code, 255);
    CHECK_EQUAL(ready.n_path, 1);
    CHECK(strcmp(ready.path[0], "/var/task") == 0);
}

static void an_empty_one_forbids_nothing(void) {
    unpack("");
    CHECK(ready.n_reasons == 0 && ready.n_notes == 0 && ready.expires_at == 0 && ready.code == 0);
    CHECK(!ready.runs_ahead && !ready.has_threads && !ready.is_open);
    CHECK(ready.unconfined[0] == '\0' && ready.online[0] == '\0' && ready.unguarded[0] == '\0');
}

static void what_is_no_number_counts_for_nothing(void) {
    const char *const wrong[] = {"E12x", "E-1", "E123456789012", "E"};
    for (size_t i = 0; i < COUNT(wrong); i++) {
        unpack(wrong[i]);
        CHECK_EQUAL(ready.expires_at, 0);
    }
    unpack("Fxyz");
    CHECK_EQUAL(ready.code, 0);
    unpack("F00112233445566778");
    CHECK_EQUAL(ready.code, 0);
}

static void a_zero_byte_hides_nothing(void) {
    ready_unpack(&ready, (struct bytes){(const uint8_t *)"Na\0b\nRno", 8});
    CHECK_EQUAL(ready.n_reasons, 1);
    CHECK(strcmp(ready.notes[0], "a?b") == 0);
}

int main(void) {
    RUN(every_line_is_read());
    RUN(an_empty_one_forbids_nothing());
    RUN(what_is_no_number_counts_for_nothing());
    RUN(a_zero_byte_hides_nothing());
    return 0;
}
