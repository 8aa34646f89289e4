/* Files, System V objects and keys of one environment, with a finding for each kind that was removed. */
#include "supervisor.h"

void cleaner_remember(struct supervisor *s) {
    struct fault fault;
    if (s->settings.scrubs_tmp && places_remember(&s->places, &fault) != 0)
        announce_missing(&s->report, "places", fault.text);
    if (s->owns_kernel_objects && kernel_remember(&s->kernel, &fault) != 0)
        announce_missing(&s->report, "kernel objects", fault.text);
}

static bool clean_files(struct supervisor *s, int64_t until, struct fault *why) {
    struct cleaned done;
    char message[192];
    places_clear(&s->places, until, &done);
    if (done.files > 0 || done.directories > 0) {
        struct field fields[] = {
            FIELD_OF_NUMBER("bytes", (int64_t)done.bytes),
            FIELD_OF_NUMBER("directories", done.directories),
            FIELD_OF_NUMBER("files", done.files),
        };
        (void)snprintf(message, sizeof(message), "%u files and %u directories were removed", done.files, done.directories);
        report_find(&s->report, FINDING_FILE_LEFT, message, fields, COUNT(fields));
    }
    if (done.changed > 0 && done.is_finished) {
        struct field fields[] = {FIELD_OF_NUMBER("files", done.changed)};
        (void)snprintf(message, sizeof(message),
                       "%u files from init were changed or removed; the zygote is rebuilt", done.changed);
        report_find(&s->report, FINDING_KEPT_FILE_CHANGED, message, fields, COUNT(fields));
        pool_drop(s);
    }
    if (done.failed > 0)
        (void)fault_set(why, "%u files could not be removed", done.failed);
    else if (done.bloated > 0)
        (void)fault_set(why, "%u temporary directories were bloated for good", done.bloated);
    return done.failed > 0 || done.bloated > 0;
}

static bool clean_kernel_objects(struct supervisor *s, struct fault *why) {
    struct cleared done;
    kernel_clear(&s->kernel, &done);
    if (done.removed > 0) {
        char message[96];
        struct field fields[] = {FIELD_OF_NUMBER("objects", done.removed)};
        (void)snprintf(message, sizeof(message), "%u System V objects or keyrings were cleared", done.removed);
        report_find(&s->report, FINDING_IPC_LEFT, message, fields, COUNT(fields));
    }
    if (done.failed > 0)
        (void)fault_set(why, "%u System V objects or keyrings could not be cleared", done.failed);
    return done.failed > 0;
}

bool cleaner_clean(struct supervisor *s, int64_t until, struct fault *why) {
    if (s->settings.scrubs_tmp && clean_files(s, until, why))
        return true;
    return s->owns_kernel_objects && clean_kernel_objects(s, why);
}

bool cleaner_has_more(struct supervisor *s) {
    return (s->settings.scrubs_tmp && places_has_more(&s->places)) ||
           (s->owns_kernel_objects && kernel_has_more(&s->kernel));
}

uint32_t cleaner_empty(struct supervisor *s, int64_t until) {
    uint32_t failed = 0;
    if (s->settings.scrubs_tmp) {
        struct cleaned done;
        places_forget(&s->places);
        places_clear(&s->places, until, &done);
        failed += done.failed;
    }
    if (s->owns_kernel_objects && s->sweep.n_extensions == 0) {
        /* Nothing says which objects an extension made: they stay with init's then, which makes its own anew. */
        struct cleared done;
        kernel_empty(&s->kernel, &done);
        failed += done.failed;
    }
    return failed;
}

bool cleaner_is_bare(const struct supervisor *s) {
    return (!s->settings.scrubs_tmp || places_is_bare(&s->places)) &&
           (!s->owns_kernel_objects || kernel_made_by_init(&s->kernel) == 0);
}

void cleaner_end(struct supervisor *s) {
    struct cleaned done;
    if (s->temporary.path[0] == '\0')
        return;
    places_forget(&s->places);
    places_clear(&s->places, NEVER, &done);
    private_remove(&s->temporary);
}
