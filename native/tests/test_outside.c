/* Writable places outside temporary directories: which are compared, what goes, what is told. */
#include "unit.h"

#include "../supervisor/host.h"
#include "../supervisor/writable_paths.h"
#include "../supervisor/writable.h"

#include <dirent.h>
#include <sys/mman.h>

static struct writable_paths apart, writable_paths;
static struct code_places code;
static struct cleaned cleaned;
static struct young young;
static struct fault fault;
static char not_compared[1024];

/* The file system of its own that each test has. */
#define TOP "/tmp"
#define PLACE TOP "/place"

static void make(const char *path, const char *text) {
    int descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    CHECK(descriptor >= 0);
    CHECK(write(descriptor, text, strlen(text)) == (ssize_t)strlen(text) && close(descriptor) == 0);
}

static bool exists(const char *path) {
    struct stat status;
    return lstat(path, &status) == 0;
}

static void lay_image(void) {
    CHECK(mkdir(PLACE, 0700) == 0 && mkdir(PLACE "/code", 0700) == 0);
    make(PLACE "/code/app.py", "x = 1");
    make(PLACE "/data", "image's");
}

static void begin(void) {
    code.paths[0] = PLACE "/code";
    code.n = 1;
    CHECK(writable_paths_begin(&apart, NULL, 0, &fault) == 0);
    CHECK(writable_paths_begin_outside(&writable_paths, &apart, &code, &fault) == 0);
}

static void cover(void) {
    begin();
    CHECK(writable_paths_cover(&writable_paths, PLACE, 0, &young));
}

static void remember(void) { CHECK(writable_paths_remember(&writable_paths, &fault) == 0); }

static void compare(void) {
    writable_paths_clear(&writable_paths, NEVER, &cleaned);
    CHECK(cleaned.is_finished);
}

/* ---- what goes, what stays */

static void new_files_go_and_what_the_image_and_init_made_stays(void) {
    lay_image();
    cover();
    CHECK(writable_paths_is_bare(&writable_paths));
    make(PLACE "/of-init", "x");
    remember();
    CHECK(!writable_paths_is_bare(&writable_paths) && !writable_paths_has_more(&writable_paths));
    make(PLACE "/code/new.py", "x");
    CHECK(mkdir(PLACE "/stash", 0700) == 0 && mkdir(PLACE "/stash/deep", 0700) == 0);
    CHECK(writable_paths_has_more(&writable_paths));
    compare();
    CHECK_EQUAL(cleaned.files, 1);
    CHECK_EQUAL(cleaned.directories, 2);
    CHECK_EQUAL(cleaned.changed + cleaned.code + cleaned.failed, 0);
    CHECK(exists(PLACE "/of-init") && exists(PLACE "/code/app.py") && exists(PLACE "/data"));
    /* Before another init. */
    writable_paths_forget(&writable_paths);
    compare();
    CHECK_EQUAL(cleaned.files, 1);
    CHECK(!exists(PLACE "/of-init") && exists(PLACE "/code/app.py") && exists(PLACE "/data"));
    CHECK_EQUAL(cleaned.changed + cleaned.failed, 0);
}

static void counts_a_change(const char *path, uint32_t of_code, bool is_gone) {
    cover();
    make(PLACE "/of-init", "x");
    make(PLACE "/code/of-init.py", "x");
    remember();
    if (is_gone)
        CHECK(unlink(path) == 0);
    else
        make(path, "changed");
    compare();
    CHECK_EQUAL(cleaned.changed, 1);
    CHECK_EQUAL(cleaned.code, of_code);
    writable_paths_forget(&writable_paths);
    compare();
}

/* Init makes its own anew, the image's not. */
static void a_change_is_codes_where_python_may_run_it_and_init_cannot_make_it_again(void) {
    lay_image();
    counts_a_change(PLACE "/data", 0, false);
    counts_a_change(PLACE "/of-init", 0, false);
    counts_a_change(PLACE "/code/of-init.py", 0, false);
    counts_a_change(PLACE "/code/app.py", 1, false);
    counts_a_change(PLACE "/code/app.py", 1, true);
}

static void what_init_changes_of_the_images_is_no_reason_to_refuse(void) {
    lay_image();
    cover();
    make(PLACE "/code/app.py", "x = 2");
    remember();
    compare();
    CHECK_EQUAL(cleaned.changed + cleaned.code, 0);
    make(PLACE "/code/app.py", "x = 3");
    compare();
    CHECK_EQUAL(cleaned.code, 1);
}

static void a_place_that_was_replaced_ends_the_environment(void) {
    lay_image();
    cover();
    remember();
    CHECK(rename(PLACE, TOP "/elsewhere") == 0);
    lay_image();
    compare();
    CHECK_EQUAL(cleaned.failed, 1);
}

static void directories_of_others_are_no_part_of_it(void) {
    const char *const roots[] = {PLACE "/tmp"};
    lay_image();
    CHECK(mkdir(PLACE "/tmp", 0700) == 0);
    code.n = 0;
    CHECK(writable_paths_begin(&apart, roots, 1, &fault) == 0);
    CHECK(writable_paths_begin_outside(&writable_paths, &apart, &code, &fault) == 0);
    CHECK(writable_paths_cover(&writable_paths, PLACE, 0, &young));
    remember();
    make(PLACE "/tmp/theirs", "x");
    compare();
    CHECK_EQUAL(cleaned.files, 0);
    CHECK(exists(PLACE "/tmp/theirs"));
}

/* ---- limits */

static void fill(const char *folder, int n) {
    char path[PATH_MAX];
    for (int i = 0; i < n; i++) {
        (void)snprintf(path, sizeof(path), "%s/%d", folder, i);
        CHECK(mknod(path, S_IFREG | 0600, 0) == 0);
    }
}

static void a_place_with_too_much_in_it_is_not_compared_and_others_are(void) {
    lay_image();
    CHECK(mkdir(TOP "/large", 0700) == 0);
    fill(TOP "/large", WRITABLE_PATHS_MANY_IMAGE + 1);
    begin();
    CHECK(!writable_paths_cover(&writable_paths, TOP "/large", 0, &young));
    CHECK(writable_paths_cover(&writable_paths, PLACE, 0, &young));
    CHECK_EQUAL(writable_paths.image.n, 3);
    remember();
    make(TOP "/large/left", "x");
    make(PLACE "/left", "x");
    compare();
    CHECK_EQUAL(cleaned.files, 1);
    CHECK(exists(TOP "/large/0") && exists(TOP "/large/left") && !exists(PLACE "/left"));
}

static void what_init_makes_too_large_is_not_compared_any_more_and_loses_nothing(void) {
    lay_image();
    CHECK(mkdir(TOP "/cache", 0700) == 0);
    make(TOP "/cache/of-the-image", "x");
    begin();
    CHECK(writable_paths_cover(&writable_paths, TOP "/cache", 0, &young) &&
          writable_paths_cover(&writable_paths, PLACE, 0, &young));
    fill(TOP "/cache", WRITABLE_PATHS_MANY_OF_INIT);
    remember();
    CHECK(writable_paths.roots[0].is_lost && !writable_paths.roots[1].is_lost);
    make(TOP "/cache/left", "x");
    make(PLACE "/left", "x");
    compare();
    CHECK_EQUAL(cleaned.files, 1);
    CHECK_EQUAL(cleaned.changed, 0);
    CHECK(exists(TOP "/cache/of-the-image") && exists(TOP "/cache/0") && exists(TOP "/cache/left"));
    /* Before another init all of it goes that is not the image's. */
    writable_paths_forget(&writable_paths);
    compare();
    CHECK(exists(TOP "/cache/of-the-image") && !exists(TOP "/cache/0") && !exists(TOP "/cache/left"));
}

/* ---- a later life */

static void of_a_later_life_compiled_modules_go_and_the_rest_is_counted(void) {
    struct stat old;
    lay_image();
    CHECK(mkdir(PLACE "/code/__pycache__", 0700) == 0 && mkdir(PLACE "/cache", 0700) == 0);
    CHECK(stat(PLACE "/data", &old) == 0);
    int64_t started = (int64_t)old.st_ctim.tv_sec * NS_PER_S + old.st_ctim.tv_nsec;
    struct stat now;
    do {
        make(PLACE "/code/legacy.pyc", "x");
        CHECK(stat(PLACE "/code/legacy.pyc", &now) == 0);
    } while (now.st_ctim.tv_sec == old.st_ctim.tv_sec && now.st_ctim.tv_nsec == old.st_ctim.tv_nsec);
    make(PLACE "/code/__pycache__/app.cpython-313.pyc", "x");
    make(PLACE "/cache/json.cpython-313.pyc", "x");
    make(PLACE "/code/app.py", "poison");
    make(PLACE "/more-data", "x");
    begin();
    code.caches = PLACE "/cache";
    young = (struct young){0};
    CHECK(writable_paths_cover(&writable_paths, PLACE, started, &young));
    code.caches = NULL;
    CHECK_EQUAL(young.removed, 2);
    CHECK_EQUAL(young.code, 2);
    CHECK_EQUAL(young.data, 1);
    CHECK(!exists(PLACE "/code/__pycache__/app.cpython-313.pyc") && exists(PLACE "/code/legacy.pyc"));
}

/* ---- what is code */

static void code_is_told_by_its_name(void) {
    static const struct {
        const char *path;
        bool is_code;
    } all[] = {
        {"code/a.py", true},
        {"code/pkg/b.cpython-313-x86_64-linux-gnu.so", true},
        {"code/libx.so.1.2", true},
        {"code/__pycache__/a.pyc", true},
        {"code/x.dist-info/entry_points.txt", true},
        {"code/model.bin", false},
        {"elsewhere/a.py", true},
        {"elsewhere/a.json", false},
        {".cache/model", false},
        {".aws/config", true},
        {"deep/.config/tool/settings", true},
        {".netrc", true},
        {".netrc2", false},
        {"elsewhere/evil.pth", true},
    };
    struct code_places none = {.paths = {"/p/code"}, .n = 1};
    for (size_t i = 0; i < COUNT(all); i++) {
        char path[256];
        (void)snprintf(path, sizeof(path), "/p/%s", all[i].path);
        if (code_is(&none, path, false) != all[i].is_code)
            (void)fprintf(stderr, "%s\n", path);
        CHECK(code_is(&none, path, false) == all[i].is_code);
    }
    /* A link among code, or on the way to it: who follows it comes to wherever it leads. */
    CHECK(code_is(&none, "/p/code/model", true) && code_is(&none, "/p", true) && !code_is(&none, "/p/data", true));
}

/* ---- what is found */

static struct procfs procfs;

static void find(bool is_later_life) {
    struct writable_in in = {TOP "/task", "/nowhere/bin/python3", &apart, is_later_life, &procfs};
    CHECK(writable_paths_begin(&apart, NULL, 0, &fault) == 0);
    CHECK(writable_find(&writable_paths, &code, &in, &young, not_compared, sizeof(not_compared), &fault) ==
          0);
}

static bool covers(const char *path) {
    for (size_t i = 0; i < writable_paths.n_roots; i++)
        if (strcmp(writable_paths.roots[i].path, path) == 0)
            return true;
    return false;
}

static void prepare_home(void) {
    CHECK(chmod(TOP, 0755) == 0);
    CHECK(mkdir(TOP "/home", 0755) == 0 && mkdir(TOP "/home/data", 0777) == 0 && chmod(TOP "/home/data", 0777) == 0);
    CHECK(mkdir(TOP "/task", 0777) == 0 && chmod(TOP "/task", 0777) == 0);
    CHECK(mkdir(TOP "/task/below", 0777) == 0 && mkdir(TOP "/closed", 0755) == 0);
    int file = open(TOP "/home/shared", O_CREAT | O_WRONLY, 0666);
    CHECK(file >= 0 && fchmod(file, 0666) == 0 && close(file) == 0);
}

static void homes_code_and_mounts_are_looked_through(void) {
    CHECK(procfs_open(&procfs, &fault) == 0);
    CHECK(setenv("HOME", TOP "/home", 1) == 0 && setenv("PYTHONPATH", TOP "/task/below:relative::" TOP "/closed", 1) == 0);
    find(false);
    CHECK(covers(TOP "/home/data") && covers(TOP "/task"));
    CHECK(!covers(TOP "/task/below") && !covers(TOP "/closed") && !covers(TOP "/home") && !covers(TOP));
    CHECK(code.n >= 3);
    /* A limit that docs/security-evidence.md states: a file that may be written in a directory that may not. */
    CHECK(exists(TOP "/home/shared") && !covers(TOP "/home/shared"));
}

int main(void) {
    RUN(in_namespace(NULL, new_files_go_and_what_the_image_and_init_made_stays));
    RUN(in_namespace(NULL, a_change_is_codes_where_python_may_run_it_and_init_cannot_make_it_again));
    RUN(in_namespace(NULL, what_init_changes_of_the_images_is_no_reason_to_refuse));
    RUN(in_namespace(NULL, a_place_that_was_replaced_ends_the_environment));
    RUN(in_namespace(NULL, directories_of_others_are_no_part_of_it));
    RUN(in_namespace(NULL, a_place_with_too_much_in_it_is_not_compared_and_others_are));
    RUN(in_namespace(NULL, what_init_makes_too_large_is_not_compared_any_more_and_loses_nothing));
    RUN(in_namespace(NULL, of_a_later_life_compiled_modules_go_and_the_rest_is_counted));
    RUN(code_is_told_by_its_name());
    if (geteuid() == 0)
        RUN(in_namespace(prepare_home, homes_code_and_mounts_are_looked_through));
    return 0;
}
