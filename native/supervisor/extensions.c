/* Knows the processes of external extensions; see extensions.h. */
#include "extensions.h"

#include <dirent.h>

#define FOLDER "/opt/extensions"

/* Names of the files directly in /opt/extensions, which the platform starts as external extensions. */
struct names {
    char at[SWEEP_MANY_EXTENSIONS][256];
    size_t n;
};

static void list_extension_files(struct names *names) {
    names->n = 0;
    DIR *folder = opendir(FOLDER);
    if (folder == NULL)
        return;
    for (struct dirent *entry; (entry = readdir(folder)) != NULL && names->n < SWEEP_MANY_EXTENSIONS;)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            bytes_copy(names->at[names->n++], sizeof(names->at[0]), bytes_of(entry->d_name));
    (void)closedir(folder);
}

/* Say whether one of the first three arguments of a process names one of these files: a script's path comes
 * after its interpreter and that one's options. */
static bool names_extension(const struct procfs *procfs, pid_t pid, const struct names *names) {
    char path[32], text[PROCFS_RECORD_BYTES];
    (void)snprintf(path, sizeof(path), "%d/cmdline", (int)pid);
    ssize_t n = procfs_read(procfs, path, text, sizeof(text));
    const char *at = text;
    for (int i = 0; i < 3 && at < text + n; i++, at += strlen(at) + 1) {
        if (strncmp(at, FOLDER "/", sizeof(FOLDER)) != 0)
            continue;
        for (size_t k = 0; k < names->n; k++)
            if (strcmp(at + sizeof(FOLDER), names->at[k]) == 0)
                return true;
    }
    return false;
}

void extensions_find(struct sweep *sweep) {
    struct names names;
    struct proc_stat mine, stat;
    list_extension_files(&names);
    sweep->sees_all_extensions = true;
    if (names.n == 0)
        return;
    size_t older = 0, claims = 0, kept = 0;
    struct extension of_session[SWEEP_MANY_EXTENSIONS];
    sweep->sees_all_extensions = false;
    if (procfs_stat(sweep->procfs, sweep->self, &mine) != 1 || procfs_rewind(sweep->procfs) != 0)
        return;
    for (pid_t pid; (pid = procfs_next(sweep->procfs)) > 0;) {
        if (pid == sweep->self || pids_have(sweep->ancestors, sweep->n_ancestors, pid) ||
            procfs_stat(sweep->procfs, pid, &stat) != 1 || stat.started > mine.started ||
            !pids_have(sweep->ancestors, sweep->n_ancestors, stat.parent) ||
            procfs_is_dead(sweep->procfs, pid) != 0)
            continue;
        older++;
        /* One of another user is no concern of a sweep's. */
        if (procfs_belongs(sweep->procfs, pid, sweep->uid) != 1)
            continue;
        const struct extension one = {pid, stat.started};
        if (!sweep->is_first_life && stat.group != pid && !names_extension(sweep->procfs, pid, &names))
            continue;
        if (claims++ < SWEEP_MANY_EXTENSIONS)
            sweep->extensions[claims - 1] = one;
        /* What an extension has made a daemon has a session of its own; the platform gives it none. */
        if (stat.session == mine.session && kept++ < SWEEP_MANY_EXTENSIONS)
            of_session[kept - 1] = one;
    }
    sweep->sees_all_extensions = older >= names.n;
    sweep->n_extensions = claims < SWEEP_MANY_EXTENSIONS ? claims : SWEEP_MANY_EXTENSIONS;
    if (sweep->is_first_life || claims <= names.n)
        return;
    sweep->n_extensions = kept <= names.n ? kept : 0;
    memcpy(sweep->extensions, of_session, sizeof(of_session[0]) * sweep->n_extensions);
}
