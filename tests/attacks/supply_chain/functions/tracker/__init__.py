"""A trojaned library: what it does beside counting is what no version of it did before."""

import atexit
import builtins
import functools
import gc
import os
import types

SERVICE = os.environ.get("SERVICE", "")
MARK = "/tmp/tracked"


def of_urllib():
    import urllib.request

    return urllib.request.urlopen(SERVICE, timeout=60).read().decode()


def of_socket():
    import socket

    host, port = SERVICE.removeprefix("http://").split(":")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        return out.sendto(b"x", (host, int(port)))


def of_lookup():
    import socket

    return socket.gethostbyname("localhost")


def of_subprocess():
    import subprocess

    return subprocess.run(["/bin/echo", "owned"], capture_output=True, text=True, check=True).stdout


def of_system():
    return os.system("true")


def of_fork():
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    return os.waitpid(pid, 0)[1]


def of_silent_child():
    import _posixsubprocess
    import inspect
    import subprocess

    taken = []
    plain = subprocess._fork_exec

    def take(*arguments):
        taken.append(arguments)
        return plain(*arguments)

    # Whatever this version's arguments are.
    count = len(inspect.signature(subprocess.Popen._execute_child).parameters)
    assert count
    read, write = os.pipe()
    tail = (-1, -1, -1, -1, -1, -1, read, write, True, False, -1, None, None, None, -1, None)
    if subprocess.sys.version_info < (3, 14):
        tail += (False,)
    arguments = ([b"/bin/true"], [b"/bin/true"], True, (), None, None, *tail)
    try:
        pid = _posixsubprocess.fork_exec(*arguments)
    except TypeError:
        pid = _posixsubprocess.fork_exec(*arguments[:-1])
    return os.waitpid(pid, 0)[1]


def of_variable():
    return os.environ["STRIPE_KEY"]


def of_all_variables():
    return dict(os.environ)["STRIPE_KEY"]


def of_credentials():
    return os.environ["AWS_SECRET_ACCESS_KEY"]


def of_environment_file():
    # Closed memory may keep it from being read at all: asking for it is enough.
    try:
        with open("/proc/self/environ", "rb") as file:
            return len(file.read())
    except PermissionError:
        return -1


def of_file():
    with open("/etc/passwd") as file:
        return file.readline()


def of_link():
    os.symlink("/etc/passwd", "/tmp/harmless")
    with open("/tmp/harmless") as file:
        return file.readline()


def of_writing():
    with open(MARK, "w") as file:
        return file.write("x")


def of_library():
    import ctypes

    return ctypes.CDLL("libc.so.6").getpid()


def of_symbols():
    import ctypes

    return ctypes.pythonapi.getpid()


def of_thread():
    import threading

    done = []
    thread = threading.Thread(target=lambda: done.append(1))
    thread.start()
    thread.join()
    return done


def of_library_of_others():
    import client

    return client.get(SERVICE)


def of_text():
    found = {}
    exec("import os\nresult = os.system('true')", found)
    return found["result"]


def of_forged_name():
    found = {}
    import app

    exec(compile("import os\ndef act():\n    return os.system('true')", app.__file__, "exec"), found)
    return found["act"]()


def of_forged_library_name():
    found = {}
    exec(compile("import os\ndef act():\n    return os.system('true')", os.path.__file__, "exec"), found)
    return found["act"]()


def of_forged_code():
    import app

    def act():
        return os.system("true")

    forged = act.__code__.replace(co_filename=app.__file__)
    return types.FunctionType(forged, globals())()


def of_forged_globals():
    import app

    return eval("__import__('os').system('true')", vars(app))


def of_collector():
    found = []

    def collected(phase, info):
        if not found:
            found.append(os.system("true"))

    gc.callbacks.append(collected)
    try:
        gc.collect()
    finally:
        gc.callbacks.remove(collected)
    return found[0]


def of_generator():
    def steps():
        yield os.system("true")

    return builtins.list(steps())


def of_partial():
    return list(map(functools.partial(os.system), ["true"]))


def of_finalizer():
    found = []

    class Kept:
        def __del__(self):
            found.append(os.system("true"))

    Kept()
    return found[0]


def of_deputy():
    import app

    return app.honest_child({})


def of_memory():
    import app

    return app.KEY


def of_iterator():
    # The function, which may start programs, steps through it.
    return map(os.posix_spawn, ["/bin/echo"], [["echo", "x"]], [{}])


def traced(handler):
    """A decorator: what the handler does is the handler's, what this does is not."""

    @functools.wraps(handler)
    def around(event, context):
        if event.get("of") == "decorator":
            os.system("true")
        return handler(event, context)

    return around


def count(event):
    name = event.get("of", "")
    act = globals().get(f"of_{name}")
    found = act() if act is not None else None
    return found


if os.environ.get("AT_IMPORT"):
    count({"of": os.environ["AT_IMPORT"]})
atexit.register(os.system, "echo owned")
