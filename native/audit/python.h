/* What audit.so calls of the interpreter that loads it, declared by hand: the same in CPython 3.11 to 3.14, most of the stable ABI.
 *
 * So one library serves them all and is built without any interpreter's headers. No structure of Python's is looked into, but
 * for the version number of 3.11's dictionaries. https://docs.python.org/3/c-api/stable.html
 */
#ifndef DAYFLY_PYTHON_H
#define DAYFLY_PYTHON_H

#include <stddef.h>
#include <stdint.h>

typedef struct object PyObject;
typedef struct thread_state PyThreadState;
typedef struct interpreter_state PyInterpreterState;
typedef intptr_t Py_ssize_t;
typedef PyObject *PyCFunction(PyObject *self, PyObject *arguments);
typedef int audit_hook(const char *event, PyObject *arguments, void *data);
typedef int dictionary_watcher(int event, PyObject *dictionary, PyObject *key, PyObject *value);

typedef struct {
    const char *name;
    PyCFunction *function;
    int flags;
    const char *doc;
} PyMethodDef;

/* How a built-in function takes its arguments. */
enum { METH_VARARGS = 1, METH_NOARGS = 4 };
/* What happens to a dictionary: https://docs.python.org/3/c-api/dict.html#c.PyDict_WatchEvent */
enum { DICT_ADDED, DICT_MODIFIED, DICT_DELETED, DICT_CLONED, DICT_CLEARED, DICT_DEALLOCATED };

extern PyObject _Py_NoneStruct;
extern PyObject *PyExc_RuntimeError;

extern int PySys_AddAuditHook(audit_hook *hook, void *data);
extern int Py_IsInitialized(void);
extern void Py_IncRef(PyObject *one);
extern void Py_DecRef(PyObject *one);
extern PyThreadState *PyThreadState_Get(void);
extern void PyThreadState_EnterTracing(PyThreadState *state);
extern void PyThreadState_LeaveTracing(PyThreadState *state);
extern PyInterpreterState *PyInterpreterState_Get(void);
extern unsigned long PyThread_get_thread_ident(void);
extern PyObject *PyEval_GetFrame(void);
extern PyObject *PyFrame_GetBack(PyObject *frame);
extern PyObject *PyFrame_GetCode(PyObject *frame);
extern PyObject *PyCFunction_NewEx(PyMethodDef *definition, PyObject *self, PyObject *module);
extern PyObject *PyObject_CallFunctionObjArgs(PyObject *callable, ...);
extern PyObject *PyTuple_New(Py_ssize_t n);
extern int PyTuple_SetItem(PyObject *tuple, Py_ssize_t at, PyObject *value);
extern Py_ssize_t PyTuple_Size(PyObject *tuple);
extern PyObject *PyTuple_GetItem(PyObject *tuple, Py_ssize_t at);
extern PyObject *PyUnicode_FromString(const char *text);
extern const char *PyUnicode_AsUTF8AndSize(PyObject *text, Py_ssize_t *n);
extern int PyBytes_AsStringAndSize(PyObject *bytes, char **out, Py_ssize_t *n);
extern PyObject *PyBool_FromLong(long value);
extern PyObject *PyLong_FromLong(long value);
extern long PyLong_AsLong(PyObject *number);
extern void PyErr_SetString(PyObject *kind, const char *text);
extern PyObject *PyErr_Occurred(void);
extern void PyErr_Clear(void);
extern void PyErr_Fetch(PyObject **kind, PyObject **value, PyObject **trace);
extern void PyErr_NormalizeException(PyObject **kind, PyObject **value, PyObject **trace);
extern void PyErr_Restore(PyObject *kind, PyObject *value, PyObject *trace);
extern int PyErr_GivenExceptionMatches(PyObject *given, PyObject *kind);
extern int PyException_SetTraceback(PyObject *exception, PyObject *trace);
extern void PyException_SetContext(PyObject *exception, PyObject *context);

/* From 3.12 on; NULL before. */
extern int PyDict_AddWatcher(dictionary_watcher *watcher) __attribute__((weak));
extern int PyDict_Watch(int watcher, PyObject *dictionary) __attribute__((weak));

/* PyDictObject of 3.11: object head (16), count of entries (8), version (PEP 509). */
enum { VERSION_AT = 24 };

#endif
