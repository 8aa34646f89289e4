/* Files, System V objects and keys of one environment, with a finding for each kind that was removed. */
#include "supervisor.h"

/* How long the kernel may take until it has forgotten keys that nobody holds any more: some tens of milliseconds, after a
 * grace period (RCU) that a busy machine makes longer. */
#define KEYS_LIMIT (2 * NS_PER_S)

/* How findings name the places that are no temporary directories. */
#define OUTSIDE " outside temporary directories"

void cleaner_remember(struct supervisor *s) {
    struct fault fault;
    /* Before anybody else can have renamed what they hold. */
    held_look(&s->held, &s->sweep);
    if (s->settings.scrubs_tmp && (writable_paths_remember(&s->writable_paths, &fault) != 0 ||
                                   writable_paths_remember(&s->outside, &fault) != 0))
        announce_missing(&s->report, "places", fault.text);
    for (size_t i = 0; i < s->outside.n_roots; i++)
        if (s->outside.roots[i].is_lost) {
            (void)fault_set(&fault, "init created too many files in %.160s: they are not checked", s->outside.roots[i].path);
            announce_missing(&s->report, "places", fault.text);
        }
    s->kernel.are_keys_others = s->kernel.has_neighbours && s->settings.confine && s->ready.unconfined[0] == '\0';
    if (s->owns_kernel_objects && kernel_remember(&s->kernel, &fault) != 0)
        announce_missing(&s->report, "kernel objects", fault.text);
}

/* Tell what was done in places that findings name by `where`, and drop the zygote where it may have read what was changed. True
 * with why where the environment must retire. */
static bool judge(struct supervisor *s, const struct cleaned *done, const char *where, struct fault *why) {
    char message[192];
    /* A worker that was forked beside the last one has copied what it found in files that init mapped. */
    if (done->settled > 0 && s->zygote.pid > 0 && !pool_drop_spares(s))
        pool_drop(s);
    if (done->restored > 0) {
        struct field fields[] = {FIELD_OF_NUMBER("restored", done->restored)};
        (void)snprintf(message, sizeof(message), "%u file%s%s from init changed and put back", done->restored,
                       done->restored == 1 ? "" : "s", where);
        report_find(&s->report, FINDING_FILE_LEFT, message, fields, COUNT(fields));
    }
    if (done->files > 0 || done->directories > 0) {
        struct field fields[] = {
            FIELD_OF_NUMBER("bytes", (int64_t)done->bytes),
            FIELD_OF_NUMBER("directories", done->directories),
            FIELD_OF_NUMBER("files", done->files),
        };
        (void)snprintf(message, sizeof(message), "%u file%s and %u director%s%s were removed", done->files,
                       done->files == 1 ? "" : "s", done->directories, done->directories == 1 ? "y" : "ies", where);
        report_find(&s->report, FINDING_FILE_LEFT, message, fields, COUNT(fields));
    }
    if (done->changed > 0 && done->is_finished) {
        struct field fields[] = {FIELD_OF_NUMBER("files", done->changed)};
        (void)snprintf(message, sizeof(message),
                       "%u file%s%s from init changed or removed; the zygote is rebuilt", done->changed,
                       done->changed == 1 ? "" : "s", where);
        report_find(&s->report, FINDING_KEPT_FILE_CHANGED, message, fields, COUNT(fields));
        pool_drop(s);
    }
    if (done->failed > 0)
        (void)fault_set(why, "%u files%s could not be removed", done->failed, where);
    else if (done->bloated > 0)
        (void)fault_set(why, "%u temporary directories were bloated for good", done->bloated);
    return done->failed > 0 || done->bloated > 0;
}

static bool clean_files(struct supervisor *s, int64_t until, struct fault *why) {
    struct cleaned done;
    held_look(&s->held, &s->sweep);
    /* Code of the function's that ran in the zygote since the event was handed over may have read what was changed. */
    s->writable_paths.restores = s->is_forking && !(s->ready.runs_ahead && s->zygote.has_run);
    writable_paths_clear(&s->writable_paths, until, &done);
    return judge(s, &done, "", why);
}

static bool clean_outside(struct supervisor *s, int64_t until, struct fault *why) {
    struct cleaned done;
    struct fault fault;
    writable_paths_clear(&s->outside, until, &done);
    if (done.code > 0 && done.is_finished) {
        char message[128];
        struct field fields[] = {FIELD_OF_NUMBER("files", done.code)};
        (void)snprintf(message, sizeof(message), "%u files of the function's code were changed or removed by an invocation",
                       done.code);
        report_find(&s->report, FINDING_CODE_CHANGED, message, fields, COUNT(fields));
        if (!s->settings.runs_changed_code) {
            (void)fault_set(why, "an invocation changed the function's code");
            return true;
        }
        /* A zygote built anew would load what was changed; this one was loaded before. */
        done.changed -= done.code;
        if (writable_paths_remember(&s->outside, &fault) != 0)
            announce_missing(&s->report, "places", fault.text);
    }
    return judge(s, &done, OUTSIDE, why);
}

static void tell_objects(struct supervisor *s, uint32_t removed) {
    char message[96];
    struct field fields[] = {FIELD_OF_NUMBER("objects", removed)};
    if (removed == 0)
        return;
    (void)snprintf(message, sizeof(message), "%u System V objects or keyrings were cleared", removed);
    report_find(&s->report, FINDING_IPC_LEFT, message, fields, COUNT(fields));
}

static bool clean_kernel_objects(struct supervisor *s, struct fault *why) {
    struct cleared done;
    kernel_clear(&s->kernel, &done);
    tell_objects(s, done.removed);
    if (done.failed > 0)
        (void)fault_set(why, "%u System V objects or keyrings could not be cleared", done.failed);
    return done.failed > 0;
}

bool cleaner_clean(struct supervisor *s, int64_t until, struct fault *why) {
    if (s->settings.scrubs_tmp &&
        (clean_files(s, until, why) || (!s->writable_paths.is_pending && clean_outside(s, until, why))))
        return true;
    return s->owns_kernel_objects && clean_kernel_objects(s, why);
}

bool cleaner_keys_are_gone(struct supervisor *s) {
    struct kernel *kernel = &s->kernel;
    if (!s->owns_kernel_objects || !kernel_has_more_keys(kernel)) {
        kernel->late_since = 0;
        return true;
    }
    int64_t now = now_ns();
    if (kernel->late_since == 0) {
        kernel->late_since = now;
        tell_objects(s, kernel_end_keys(kernel));
        /* A zygote that rests must not wake beside files that were left. */
        if (!cleaner_is_pending(s))
            pool_bury_all(s);
    }
    if (now - kernel->late_since < KEYS_LIMIT)
        return false;
    if (s->scope.platform == PLATFORM_LAMBDA)
        loop_retire(s, "kernel keys of ended processes stay");
    /* Elsewhere they may be a neighbour's of the same user. */
    kernel_rest(kernel);
    return true;
}

bool cleaner_hears_late(const struct supervisor *s) {
    return s->writable_paths.written.descriptor > 0 || s->outside.written.descriptor > 0;
}

bool cleaner_has_news(const struct supervisor *s) {
    return s->zygote.pid > 0 && (written_has_news(&s->writable_paths.written) || written_has_news(&s->outside.written));
}

bool cleaner_has_more(struct supervisor *s) {
    held_look(&s->held, &s->sweep);
    return (s->settings.scrubs_tmp &&
            (writable_paths_has_more(&s->writable_paths) || writable_paths_has_more(&s->outside))) ||
           (s->owns_kernel_objects && kernel_has_more(&s->kernel));
}

uint32_t cleaner_empty(struct supervisor *s, int64_t until) {
    uint32_t failed = 0;
    if (s->settings.scrubs_tmp) {
        struct cleaned done;
        writable_paths_forget(&s->writable_paths);
        held_look(&s->held, &s->sweep);
        writable_paths_clear(&s->writable_paths, until, &done);
        failed += done.failed;
        writable_paths_forget(&s->outside);
        writable_paths_clear(&s->outside, until, &done);
        failed += done.failed + (s->settings.runs_changed_code ? 0 : done.code);
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
    return (!s->settings.scrubs_tmp ||
            (writable_paths_is_bare(&s->writable_paths) && writable_paths_is_bare(&s->outside))) &&
           (!s->owns_kernel_objects || kernel_made_by_init(&s->kernel) == 0);
}

void cleaner_end(struct supervisor *s) {
    struct cleaned done;
    if (s->temporary.path[0] == '\0')
        return;
    writable_paths_forget(&s->writable_paths);
    writable_paths_clear(&s->writable_paths, NEVER, &done);
    private_remove(&s->temporary);
}
