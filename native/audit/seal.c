/* Notices that somebody changes the guard, and tells the supervisor without a line of Python; see audit.h. */
#include <sys/socket.h>

#include "../threads/machine.h"
#include "audit.h"

/* Of a report's frame, "!16sBIQ" in core/frames.py: nonce, kind, bytes of the finding, bytes of the error. */
enum { KIND_REPORT = 4, HEAD_BYTES = NONCE_BYTES + 1 + 4 + 8 };

struct sealed {
    PyObject *dictionary;
    const char *name;
    enum sealing how;
    uint64_t version;
};

static struct sealed sealed[MAX_SEALED];
static size_t n_sealed;
/* Tuples that are kept: the judge's functions, and those of modules that it loaded later. */
static PyObject *functions[MAX_EXTENSIONS + 1];
static size_t n_functions;
/* The judge's code objects by their addresses, half of it empty. */
static const PyObject *codes[2 * MAX_FUNCTIONS];
static Py_ssize_t n_codes;
static char broken[MAX_PLACE + 1];
static bool is_told;
static struct {
    int descriptor;
    bool blocks;
    char nonce[NONCE_BYTES];
    char request_id[MAX_REQUEST_ID + 1];
} report = {.descriptor = -1};

/* Append what fits; returns the new length. */
static size_t append(char *to, size_t at, size_t size, const char *text) {
    while (*text != '\0' && at < size)
        to[at++] = *text++;
    return at;
}

static void put_number(char *to, uint64_t number, size_t bytes) {
    for (size_t at = 0; at < bytes; at++)
        to[at] = (char)(number >> (8 * (bytes - 1 - at)));
}

static void tell(void) {
    char frame[MAX_FRAME];
    if (is_told || report.descriptor < 0 || phase_now() != ACTIVE)
        return;
    size_t n = HEAD_BYTES;
    n = append(frame, n, sizeof(frame), report.blocks ? "Grefused" : "Gobserved");
    n = append(frame, n, sizeof(frame), "|runtime.patched||");
    n = append(frame, n, sizeof(frame), broken);
    n = append(frame, n, sizeof(frame), "|\n");
    const size_t finding = n - HEAD_BYTES;
    if (report.blocks) {
        n = append(frame, n, sizeof(frame), "{\"errorMessage\":\"Dayfly's guard refused this operation (runtime.patched) at ");
        n = append(frame, n, sizeof(frame), broken);
        n = append(frame, n, sizeof(frame), "\",\"errorType\":\"Dayfly.Refused\",\"requestId\":\"");
        n = append(frame, n, sizeof(frame), report.request_id);
        n = append(frame, n, sizeof(frame), "\",\"stackTrace\":[]}");
    }
    for (size_t at = 0; at < NONCE_BYTES; at++)
        frame[at] = report.nonce[at];
    frame[NONCE_BYTES] = KIND_REPORT;
    put_number(frame + NONCE_BYTES + 1, finding, 4);
    put_number(frame + NONCE_BYTES + 5, n - HEAD_BYTES - finding, 8);
    /* Less than a socket holds: it goes whole, or not at all. */
    is_told = !is_error(call6(SYS_sendto, report.descriptor, (long)frame, (long)n, MSG_NOSIGNAL, 0, 0));
}

/* What a finding's place is made of, as core/reports.py has it. */
static bool is_plain(char one) {
    return (one >= 'a' && one <= 'z') || (one >= 'A' && one <= 'Z') || (one >= '0' && one <= '9') || one == '_' ||
           one == '.' || one == ' ';
}

void seal_break(const char *name, const char *key) {
    if (broken[0] == '\0') {
        size_t n = append(broken, 0, MAX_PLACE, name);
        if (key[0] != '\0') {
            n = append(broken, n, MAX_PLACE, ".");
            n = append(broken, n, MAX_PLACE, key);
        }
        broken[n] = '\0';
        for (size_t at = 0; at < n; at++)
            if (!is_plain(broken[at]))
                broken[at] = '?';
    }
    tell();
}

void seal_begin(int descriptor, const char *nonce, const char *request_id, bool blocks) {
    report.descriptor = descriptor;
    report.blocks = blocks;
    for (size_t at = 0; at < NONCE_BYTES; at++)
        report.nonce[at] = nonce[at];
    const size_t n = append(report.request_id, 0, MAX_REQUEST_ID, request_id);
    report.request_id[n] = '\0';
    for (size_t at = 0; at < n; at++)
        if (!is_plain(report.request_id[at]) && report.request_id[at] != '-')
            report.request_id[at] = '?';
    is_told = false;
}

const char *seal_broken(void) {
    return broken;
}

bool seal_is_told(void) {
    return is_told;
}

bool seal_blocks(void) {
    return broken[0] != '\0' && report.blocks;
}

/* The code's entry, or the empty one where it would be. */
static const PyObject **find_code(const PyObject *code) {
    enum { GRAIN = 4 }; /* of addresses, in bits */
    size_t at = ((uintptr_t)code >> GRAIN) % (2 * MAX_FUNCTIONS);
    while (codes[at] != NULL && codes[at] != code)
        at = (at + 1) % (2 * MAX_FUNCTIONS);
    return &codes[at];
}

bool seal_is_own(void) {
    PyObject *frame = PyEval_GetFrame();
    if (frame == NULL)
        return false;
    PyObject *code = PyFrame_GetCode(frame);
    const bool is_known = *find_code(code) != NULL;
    Py_DecRef(code);
    return is_known;
}

/* What the interpreter keeps in a class when somebody asks for its annotations, or copies an object of it. */
static bool is_cache(const char *name) {
    static const char *const caches[] = {"__annotations__", "__annotations_cache__", "__slotnames__"};
    for (size_t at = 0; at < sizeof(caches) / sizeof(caches[0]); at++)
        if (is_same(caches[at], name))
            return true;
    return false;
}

/* PyDict_WatchCallback: somebody is about to change a dictionary that is sealed. */
static int note(int event, PyObject *dictionary, PyObject *key, PyObject *value) {
    (void)value;
    /* An interpreter that ends clears its modules; there is no event then. */
    if (phase_now() != ACTIVE || event == DICT_DEALLOCATED || !Py_IsInitialized())
        return 0;
    for (size_t at = 0; at < n_sealed; at++) {
        if (sealed[at].dictionary != dictionary)
            continue;
        if ((sealed[at].how == SEALED_ENTRIES && event == DICT_ADDED) ||
            (sealed[at].how == SEALED_FROM_OTHERS && seal_is_own()))
            return 0;
        PyObject *kind, *before, *trace;
        PyErr_Fetch(&kind, &before, &trace);
        const char *text = key == NULL ? NULL : PyUnicode_AsUTF8AndSize(key, NULL);
        if (event != DICT_ADDED || text == NULL || !is_cache(text))
            seal_break(sealed[at].name, text == NULL ? "" : text);
        PyErr_Restore(kind, before, trace);
        return 0;
    }
    return 0;
}

/* Which changes with a dictionary, where the interpreter calls nobody back. */
static uint64_t version_of(const PyObject *dictionary) {
    return PyDict_AddWatcher != NULL ? 0 : *(const uint64_t *)(const void *)((const char *)dictionary + VERSION_AT);
}

void seal_look(void) {
    if (PyDict_AddWatcher != NULL)
        return;
    for (size_t at = 0; at < n_sealed; at++) {
        const uint64_t version = version_of(sealed[at].dictionary);
        if (sealed[at].how == SEALED_WHOLE && version != sealed[at].version && phase_now() == ACTIVE)
            seal_break(sealed[at].name, "");
        sealed[at].version = version;
    }
}

void seal_check_function(PyObject *function) {
    for (size_t tuple = 0; tuple < n_functions; tuple++)
        for (Py_ssize_t at = 0; at < PyTuple_Size(functions[tuple]); at++)
            if (PyTuple_GetItem(functions[tuple], at) == function)
                seal_break("dayfly.runtime.guard", "__code__");
}

static bool take_one(PyObject *triple, int watcher) {
    struct sealed *one = &sealed[n_sealed];
    one->dictionary = PyTuple_GetItem(triple, 0);
    PyObject *name = PyTuple_GetItem(triple, 1), *how = PyTuple_GetItem(triple, 2);
    if (one->dictionary == NULL || name == NULL || how == NULL)
        return false;
    one->name = PyUnicode_AsUTF8AndSize(name, NULL);
    const long kind = PyLong_AsLong(how);
    if (one->name == NULL || kind < SEALED_WHOLE || kind > SEALED_FROM_OTHERS)
        return false;
    one->how = (enum sealing)kind;
    one->version = version_of(one->dictionary);
    /* For good: nothing of what is watched ends before the process. */
    Py_IncRef(triple);
    n_sealed++;
    return watcher < 0 || PyDict_Watch(watcher, one->dictionary) == 0;
}

bool seal_take(PyObject *dictionaries, PyObject *given, PyObject *own) {
    static int watcher = -1;
    const Py_ssize_t n = PyTuple_Size(dictionaries), n_own = PyTuple_Size(own);
    if (n < 0 || n_own < 0 || PyTuple_Size(given) < 0 || n_functions > MAX_EXTENSIONS ||
        (size_t)n > MAX_SEALED - n_sealed || n_own > MAX_FUNCTIONS - n_codes) {
        PyErr_SetString(PyExc_RuntimeError, "the guard is too large to be sealed");
        return false;
    }
    for (Py_ssize_t at = 0; at < n_own; at++) {
        const PyObject *code = PyTuple_GetItem(own, at);
        *find_code(code) = code;
    }
    n_codes += n_own;
    functions[n_functions++] = given;
    Py_IncRef(given);
    Py_IncRef(own);
    if (watcher < 0 && PyDict_AddWatcher != NULL && (watcher = PyDict_AddWatcher(note)) < 0)
        return false;
    for (Py_ssize_t at = 0; at < n; at++)
        if (!take_one(PyTuple_GetItem(dictionaries, at), watcher))
            return false;
    return true;
}
