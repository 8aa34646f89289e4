/* The audit hook and its state; see audit.h. */
#include "audit.h"

struct heard {
    const char *name;
    PyObject *text;
    long when;
};

static struct heard events[MAX_EVENTS];
static enum phase phase;
static PyObject *judge, *refusals;
static PyObject *handle, *outermost;
static PyInterpreterState *interpreter;
static unsigned long main_thread;
static long heard;
static const char OWN_EVENT[] = "dayfly.guard";
/* A function's defaults are deleted where None is set. */
static const char SET_ATTRIBUTE[] = "object.__setattr__", DELETE_ATTRIBUTE[] = "object.__delattr__";

enum phase phase_now(void) {
    return phase;
}

bool is_same(const char *one, const char *other) {
    while (*one != '\0' && *one == *other) {
        one++;
        other++;
    }
    return *one == *other;
}

/* FNV-1a: https://www.rfc-editor.org/rfc/rfc9923 */
static uint32_t hash(const char *text) {
    uint32_t value = 2166136261u;
    for (; *text != '\0'; text++)
        value = (uint32_t)(((uint64_t)value ^ (uint8_t)*text) * 16777619u & UINT32_MAX);
    return value;
}

/* The event's entry, or the empty one where it would be. */
static struct heard *find(const char *event) {
    uint32_t at = hash(event) % MAX_EVENTS;
    while (events[at].name != NULL && !is_same(events[at].name, event))
        at = (at + 1) % MAX_EVENTS;
    return &events[at];
}

/* Of attributes, those of functions that say what they do: what else is set is no news. */
static bool sets_code(PyObject *arguments) {
    if (PyTuple_Size(arguments) < 2)
        return false;
    const char *name = PyUnicode_AsUTF8AndSize(PyTuple_GetItem(arguments, 1), NULL);
    if (name == NULL) {
        PyErr_Clear();
        return false;
    }
    if (!is_same(name, "__code__") && !is_same(name, "__defaults__") && !is_same(name, "__kwdefaults__"))
        return false;
    if (phase == ACTIVE)
        seal_check_function(PyTuple_GetItem(arguments, 0));
    return true;
}

/* The judge's frames lead to the guard: nobody is to find them in the traceback of what it raises. */
static void hide_frames(void) {
    PyObject *kind, *value, *trace;
    PyErr_Fetch(&kind, &value, &trace);
    if (kind == NULL || !PyErr_GivenExceptionMatches(kind, refusals)) {
        PyErr_Restore(kind, value, trace);
        return;
    }
    PyErr_NormalizeException(&kind, &value, &trace);
    if (value != NULL) {
        (void)PyException_SetTraceback(value, &_Py_NoneStruct);
        PyException_SetContext(value, NULL);
    }
    if (trace != NULL)
        Py_DecRef(trace);
    PyErr_Restore(kind, value, NULL);
}

static int hook(const char *event, PyObject *arguments, void *data) {
    (void)data;
    const struct heard *found = find(event);
    if (found->name == NULL)
        return 0;
    const long when = phase == ACTIVE ? HEARD_ACTIVE : phase == STARTING ? HEARD_STARTING : HEARD_IDLE;
    /* No object of this interpreter's may be touched in another one, nor when this one ends. */
    if (!Py_IsInitialized() || PyInterpreterState_Get() != interpreter)
        return 0;
    if (is_same(event, OWN_EVENT)) {
        heard++;
        return 0;
    }
    if ((is_same(event, SET_ATTRIBUTE) || is_same(event, DELETE_ATTRIBUTE)) && !sets_code(arguments))
        return 0;
    if (!(found->when & when))
        return 0;
    if (phase == ACTIVE) {
        seal_look();
        if (seal_blocks()) {
            PyErr_SetString(PyTuple_GetItem(refusals, 0), "Dayfly's guard refused this operation (runtime.patched)");
            return -1;
        }
    }
    PyThreadState *state = PyThreadState_Get();
    PyThreadState_EnterTracing(state);
    PyObject *done = PyObject_CallFunctionObjArgs(judge, found->text, arguments, NULL);
    PyThreadState_LeaveTracing(state);
    if (done == NULL) {
        hide_frames();
        return -1;
    }
    Py_DecRef(done);
    return 0;
}

/* Whether nothing of the handler's is on the stack: it calls the guard's functions, too, where it means harm. */
static bool is_between_events(void) {
    if (outermost == NULL)
        return true;
    if (PyThread_get_thread_ident() != main_thread)
        return false;
    PyObject *frame = PyEval_GetFrame(), *last = NULL;
    bool is_handlers = false;
    if (frame != NULL)
        Py_IncRef(frame);
    while (frame != NULL) {
        last = PyFrame_GetCode(frame);
        /* It lives as long as its frame, and longer: these two are kept. */
        Py_DecRef(last);
        is_handlers = is_handlers || last == handle;
        PyObject *above = PyFrame_GetBack(frame);
        Py_DecRef(frame);
        frame = above;
    }
    return !is_handlers && last == outermost;
}

static PyObject *none(void) {
    Py_IncRef(&_Py_NoneStruct);
    return &_Py_NoneStruct;
}

PyObject *fail(const char *why) {
    if (PyErr_Occurred() == NULL)
        PyErr_SetString(PyExc_RuntimeError, why);
    return NULL;
}

PyObject *audit_install(PyObject *self, PyObject *arguments) {
    (void)self;
    if (judge != NULL || PyTuple_Size(arguments) != 4)
        return fail("the hook is installed");
    PyObject *names = PyTuple_GetItem(arguments, 1);
    const Py_ssize_t n = PyTuple_Size(names);
    if (n < 0 || n > MAX_EVENTS / 2)
        return fail("too many events");
    for (Py_ssize_t at = 0; at < n; at++) {
        PyObject *pair = PyTuple_GetItem(names, at);
        PyObject *text = PyTuple_GetItem(pair, 0), *when = PyTuple_GetItem(pair, 1);
        const char *name = text == NULL || when == NULL ? NULL : PyUnicode_AsUTF8AndSize(text, NULL);
        if (name == NULL)
            return fail("an event is a pair of name and number");
        *find(name) = (struct heard){.name = name, .text = text, .when = PyLong_AsLong(when)};
    }
    /* For good. */
    Py_IncRef(arguments);
    judge = PyTuple_GetItem(arguments, 0);
    refusals = PyTuple_GetItem(arguments, 2);
    phase = PyLong_AsLong(PyTuple_GetItem(arguments, 3)) != 0 ? STARTING : IDLE;
    interpreter = PyInterpreterState_Get();
    main_thread = PyThread_get_thread_ident();
    if (PyErr_Occurred() != NULL || PySys_AddAuditHook(hook, NULL) < 0)
        return fail("the interpreter takes no hook");
    return none();
}

PyObject *audit_seal(PyObject *self, PyObject *arguments) {
    (void)self;
    if (outermost != NULL || PyTuple_Size(arguments) != 5)
        return fail("the guard is sealed");
    if (!seal_take(PyTuple_GetItem(arguments, 0), PyTuple_GetItem(arguments, 1), PyTuple_GetItem(arguments, 2)))
        return fail("the guard cannot be sealed");
    Py_IncRef(arguments);
    handle = PyTuple_GetItem(arguments, 3);
    outermost = PyTuple_GetItem(arguments, 4);
    return none();
}

PyObject *audit_extend(PyObject *self, PyObject *arguments) {
    (void)self;
    if (outermost == NULL || PyTuple_Size(arguments) != 3 || (phase == ACTIVE && !seal_is_own()))
        return fail("the guard's own code extends what is sealed");
    if (!seal_take(PyTuple_GetItem(arguments, 0), PyTuple_GetItem(arguments, 1), PyTuple_GetItem(arguments, 2)))
        return fail("the guard cannot be sealed");
    return none();
}

PyObject *audit_begin(PyObject *self, PyObject *arguments) {
    (void)self;
    char *nonce = NULL;
    Py_ssize_t n = 0;
    if (PyTuple_Size(arguments) != 4 || PyBytes_AsStringAndSize(PyTuple_GetItem(arguments, 1), &nonce, &n) < 0)
        return fail("begin(descriptor, nonce, request_id, blocks)");
    const char *request_id = PyUnicode_AsUTF8AndSize(PyTuple_GetItem(arguments, 2), NULL);
    const long descriptor = PyLong_AsLong(PyTuple_GetItem(arguments, 0));
    const long blocks = PyLong_AsLong(PyTuple_GetItem(arguments, 3));
    if (PyErr_Occurred() != NULL)
        PyErr_Clear();
    if (!is_between_events()) {
        seal_break("dayfly.runtime.guard.guarding.Guard", "begin");
        return PyBool_FromLong(false);
    }
    const bool is_told = n == NONCE_BYTES && request_id != NULL && descriptor >= 0 && descriptor <= INT32_MAX;
    static const char nobody[NONCE_BYTES];
    seal_begin(is_told ? (int)descriptor : -1, is_told ? nonce : nobody, is_told ? request_id : "", blocks > 0);
    seal_look();
    phase = ACTIVE;
    return PyBool_FromLong(true);
}

PyObject *audit_end(PyObject *self, PyObject *arguments) {
    (void)self;
    (void)arguments;
    if (phase == ACTIVE) {
        seal_look();
        if (!is_between_events()) {
            seal_break("dayfly.runtime.guard.guarding.Guard", "end");
            return PyBool_FromLong(false);
        }
    }
    phase = IDLE;
    return PyBool_FromLong(true);
}

PyObject *audit_settle(PyObject *self, PyObject *arguments) {
    (void)self;
    (void)arguments;
    if (phase == STARTING)
        phase = IDLE;
    return none();
}

PyObject *audit_is_active(PyObject *self, PyObject *arguments) {
    (void)self;
    (void)arguments;
    return PyBool_FromLong(phase == ACTIVE);
}

PyObject *audit_count_heard(PyObject *self, PyObject *arguments) {
    (void)self;
    (void)arguments;
    return PyLong_FromLong(heard);
}

PyObject *audit_changed(PyObject *self, PyObject *arguments) {
    (void)self;
    (void)arguments;
    if (phase == ACTIVE)
        seal_look();
    return PyUnicode_FromString(seal_broken());
}

PyObject *audit_has_told(PyObject *self, PyObject *arguments) {
    (void)self;
    (void)arguments;
    return PyBool_FromLong(seal_is_told());
}

static PyMethodDef definitions[] = {
    {"install", audit_install, METH_VARARGS, NULL},   {"seal", audit_seal, METH_VARARGS, NULL},
    {"extend", audit_extend, METH_VARARGS, NULL},
    {"begin", audit_begin, METH_VARARGS, NULL},       {"end", audit_end, METH_NOARGS, NULL},
    {"settle", audit_settle, METH_NOARGS, NULL},      {"is_active", audit_is_active, METH_NOARGS, NULL},
    {"count_heard", audit_count_heard, METH_NOARGS, NULL}, {"changed", audit_changed, METH_NOARGS, NULL},
    {"has_told", audit_has_told, METH_NOARGS, NULL},   {"count_faults", audit_count_faults, METH_NOARGS, NULL},
    {"copied_pages", audit_copied_pages, METH_VARARGS, NULL}, {"prefault", audit_prefault, METH_VARARGS, NULL},
};

__attribute__((visibility("default"))) PyObject *audit_functions(void) {
    const Py_ssize_t n = sizeof(definitions) / sizeof(definitions[0]);
    PyObject *found = PyTuple_New(n);
    for (Py_ssize_t at = 0; found != NULL && at < n; at++) {
        PyObject *one = PyCFunction_NewEx(&definitions[at], NULL, NULL);
        if (one == NULL || PyTuple_SetItem(found, at, one) < 0) {
            Py_DecRef(found);
            return NULL;
        }
    }
    return found;
}
