#include "codefile.h"

/* What Python may execute, or be told by to execute something else. */
static const char *const endings[] = {
    ".py", ".pyc", ".pyo", ".so", ".pth", ".egg-link", ".zip", ".whl", ".egg", "entry_points.txt",
};

/* What programs obey as they obey code: `credential_process` in ~/.aws/config names a command, for one. */
static const char *const obeyed[] = {
    ".aws",   ".bash_profile", ".bashrc", ".boto",     ".config",       ".docker", ".gitconfig",       ".ipython", ".kube",
    ".my.cnf", ".netrc",       ".odbc.ini", ".odbcinst.ini", ".pdbrc", ".pg_service.conf", ".pgpass", ".pip",     ".profile",
    ".ssh",
};

static bool ends(const char *text, const char *ending) {
    size_t n = strlen(text), of_ending = strlen(ending);
    return n >= of_ending && strcmp(text + n - of_ending, ending) == 0;
}

static const char *name_of(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

static bool has_obeyed_part(const char *path) {
    for (const char *at = path; *at != '\0';) {
        size_t n = strcspn(at, "/");
        for (size_t i = 0; i < COUNT(obeyed); i++)
            if (strlen(obeyed[i]) == n && memcmp(at, obeyed[i], n) == 0)
                return true;
        at += n + (at[n] == '/');
    }
    return false;
}

bool code_is(const struct code_places *writable_paths, const char *path, bool is_link) {
    const char *name = name_of(path);
    for (size_t i = 0; i < COUNT(endings); i++)
        if (ends(name, endings[i]))
            return true;
    if (strstr(name, ".so.") != NULL || has_obeyed_part(path))
        return true;
    for (size_t i = 0; is_link && i < writable_paths->n; i++)
        if (path_is_within(path, writable_paths->paths[i]) || path_is_within(writable_paths->paths[i], path))
            return true;
    return false;
}

bool code_is_cache(const struct code_places *writable_paths, const char *path) {
    static const char folder[] = "/__pycache__";
    if (!ends(path, ".pyc") && !ends(path, ".pyo"))
        return false;
    size_t n = (size_t)(name_of(path) - path);
    bool is_beside = n > sizeof(folder) - 1 && memcmp(path + n - sizeof(folder), folder, sizeof(folder) - 1) == 0;
    return is_beside || (writable_paths->caches != NULL && writable_paths->caches[0] != '\0' &&
                         path_is_within(path, writable_paths->caches));
}
