#include "writable.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host.h"
#include "mounts.h"

/* Homes of other programs' files, by the variables that name them (XDG Base Directory Specification, PEP 370). */
static const char *const homes[] = {
    "PYTHONPYCACHEPREFIX", "PYTHONUSERBASE", "XDG_CACHE_HOME",  "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",       "XDG_RUNTIME_DIR", "XDG_STATE_HOME",
};

enum {
    /* How far below a mount, and below a home that is not writable itself, is looked. */
    DEPTH = 2,
    /* What is found there; where there are more, that is said. */
    MANY_FOUND = 128,
    MANY_SHOWN = 8,
};

/* One search, and what it has found. */
struct finding_places {
    const struct writable_in *in;
    char (*found)[PATH_MAX];
    size_t n_found;
    struct buffer shown;
    size_t n_shown;
    bool has_writable_mount;
};

static void name(struct finding_places *all, const char *path, const char *why) {
    if (all->n_shown++ < MANY_SHOWN)
        (void)buffer_print(&all->shown, "%s%.200s (%s)", all->shown.n > 0 ? ", " : "", path, why);
}

static bool is_scratch(const struct finding_places *all, const char *path) {
    for (size_t i = 0; i < all->in->scratch->n_roots; i++)
        if (path_is_within(path, all->in->scratch->roots[i].path))
            return true;
    return false;
}

/* Take a writable directory, but for what lies in one that was taken; what lies in this one goes. */
static void take(struct finding_places *all, const char *path) {
    for (size_t i = 0; i < all->n_found; i++)
        if (path_is_within(path, all->found[i]))
            return;
    for (size_t i = 0; i < all->n_found;)
        if (path_is_within(all->found[i], path))
            memcpy(all->found[i], all->found[--all->n_found], PATH_MAX);
        else
            i++;
    if (all->n_found == MANY_FOUND) {
        name(all, path, "too many directories");
        return;
    }
    bytes_copy(all->found[all->n_found++], PATH_MAX, bytes_of(path));
}

/* Take a directory where this user may make files, or else the uppermost ones `depth` levels below it. */
static void look(struct finding_places *all, const char *where, int depth) {
    char path[PATH_MAX], inner[PATH_MAX];
    struct stat top, facts;
    if (realpath(where, path) == NULL || is_scratch(all, path))
        return;
    if (stat(path, &top) == 0 && S_ISDIR(top.st_mode) && strcmp(path, "/") != 0 && host_may_write(path)) {
        take(all, path);
        return;
    }
    DIR *directory = depth > 0 ? opendir(path) : NULL;
    if (directory == NULL)
        return;
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        /* What is mounted there is looked at by itself. */
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
            fstatat(dirfd(directory), entry->d_name, &facts, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISDIR(facts.st_mode) ||
            facts.st_dev != top.st_dev)
            continue;
        int n = snprintf(inner, sizeof(inner), "%s/%s", strcmp(path, "/") == 0 ? "" : path, entry->d_name);
        if (n > 0 && (size_t)n < sizeof(inner))
            look(all, inner, depth - 1);
    }
    (void)closedir(directory);
}

static void see_mount(void *context, const struct mount *mount) {
    struct finding_places *all = context;
    bool is_root = false;
    if (mount->is_read_only || mounts_is_pseudo(mount))
        return;
    for (size_t i = 0; i < all->in->scratch->n_roots; i++)
        is_root |= strcmp(mount->point, all->in->scratch->roots[i].path) == 0;
    if (is_root)
        return;
    all->has_writable_mount = true;
    /* Not emptied with the directory it lies in: others may share it. */
    if (is_scratch(all, mount->point))
        name(all, mount->point, "a separate mount");
    else if (strcmp(mount->point, "/") != 0)
        look(all, mount->point, DEPTH);
}

/* ---- where code is -------------------------------------------------------------------------- */

/* Add a place of code as it is named and with links followed, and look whether it can be written. */
static void add_code(struct finding_places *all, struct code_places *code, const char *path) {
    char real[PATH_MAX];
    if (path[0] != '/' || path[1] == '\0')
        return;
    if (code->n + 2 > CODEFILE_MANY) {
        name(all, path, "too many places of code");
        return;
    }
    look(all, path, 0);
    /* Kept as long as the environment lives. */
    const char *named = strdup(path), *followed = realpath(path, real) == NULL ? NULL : strdup(real);
    if (named != NULL)
        code->paths[code->n++] = named;
    if (followed != NULL && strcmp(real, path) != 0)
        code->paths[code->n++] = followed;
}

/* Add the library of an interpreter below `prefix`, and its site directories. */
static void add_library(struct finding_places *all, struct code_places *code, const char *prefix) {
    static const char *const libraries[] = {"lib", "lib64"};
    static const char *const below[] = {"", "/site-packages", "/dist-packages", "/lib-dynload"};
    char path[PATH_MAX];
    for (size_t i = 0; i < COUNT(libraries); i++) {
        (void)snprintf(path, sizeof(path), "%.3000s/%s", prefix, libraries[i]);
        DIR *directory = opendir(path);
        if (directory == NULL)
            continue;
        for (struct dirent *entry; (entry = readdir(directory)) != NULL;)
            for (size_t k = 0; strncmp(entry->d_name, "python", 6) == 0 && k < COUNT(below); k++) {
                (void)snprintf(path, sizeof(path), "%.3000s/%s/%s%s", prefix, libraries[i], entry->d_name, below[k]);
                if (access(path, F_OK) == 0)
                    add_code(all, code, path);
            }
        (void)closedir(directory);
    }
}

/* Cut `path`, of an interpreter, to what its folder lies in. */
static bool cut_to_prefix(char *path) {
    for (int up = 0; up < 2; up++) {
        char *slash = strrchr(path, '/');
        if (slash == NULL)
            return false;
        *slash = '\0';
    }
    return true;
}

static void find_code(struct finding_places *all, struct code_places *code) {
    char path[PATH_MAX];
    const char *list = getenv("PYTHONPATH"), *base = getenv("PYTHONUSERBASE");
    add_code(all, code, all->in->task_root);
    for (const char *at = list == NULL ? "" : list; *at != '\0'; at += strspn(at, ":")) {
        size_t n = strcspn(at, ":");
        bytes_copy(path, sizeof(path), (struct bytes){(const uint8_t *)at, n});
        add_code(all, code, path);
        at += n;
    }
    /* As it is named (a virtual environment), and where its links lead. */
    bytes_copy(path, sizeof(path), bytes_of(all->in->program));
    if (cut_to_prefix(path))
        add_library(all, code, path);
    if (realpath(all->in->program, path) != NULL && cut_to_prefix(path))
        add_library(all, code, path);
    if (base != NULL)
        add_library(all, code, base);
}

static void find_homes(struct finding_places *all, struct code_places *code) {
    char path[PATH_MAX];
    const char *home = getenv("HOME");
    const struct passwd *user = home == NULL ? getpwuid(getuid()) : NULL;
    if (user != NULL)
        home = user->pw_dir;
    if (home != NULL && home[0] == '/') {
        look(all, home, DEPTH);
        (void)snprintf(path, sizeof(path), "%.3000s/.local", home);
        add_library(all, code, path);
    }
    for (size_t i = 0; i < COUNT(homes); i++) {
        const char *named = getenv(homes[i]);
        if (named != NULL && named[0] == '/')
            look(all, named, DEPTH);
    }
    if (getcwd(path, sizeof(path)) != NULL)
        look(all, path, DEPTH);
}

/* ---- all of it -------------------------------------------------------------------------------- */

static void cover_found(struct finding_places *all, struct writable_paths *out, struct young *young) {
    int64_t started = host_started(all->in->procfs);
    char many[64];
    (void)snprintf(many, sizeof(many), "more than %d files in all", WRITABLE_PATHS_MANY_IMAGE);
    for (size_t i = 0; i < all->n_found; i++) {
        struct mount_point at;
        const char *path = all->found[i];
        mounts_find(path, &at);
        if (started == 0 || !mounts_began_here(&at, at.point, started))
            name(all, path, "shared with the machine or other environments");
        else if (!writable_paths_cover(out, path, all->in->is_later_life ? started : 0, young))
            name(all, path, many);
    }
}

int writable_find(struct writable_paths *out, struct code_places *code, const struct writable_in *in,
                  struct young *young, char *not_compared, size_t size, struct fault *fault) {
    static char found[MANY_FOUND][PATH_MAX];
    struct finding_places all = {.in = in, .found = found, .shown = {(uint8_t *)not_compared, 0, size}};
    not_compared[0] = '\0';
    *young = (struct young){0};
    *code = (struct code_places){.caches = getenv("PYTHONPYCACHEPREFIX")};
    if (writable_paths_begin_outside(out, in->scratch, code, fault) != 0)
        return -1;
    mounts_each(see_mount, &all);
    if (!all.has_writable_mount)
        return 0;
    if (geteuid() == 0 || host_may_write("/"))
        name(&all, "all other directories", "this user can write everywhere");
    else
        look(&all, "/", DEPTH);
    find_code(&all, code);
    find_homes(&all, code);
    cover_found(&all, out, young);
    if (all.n_shown > MANY_SHOWN)
        (void)buffer_print(&all.shown, " and %zu more", all.n_shown - MANY_SHOWN);
    return 0;
}
