"""What the interpreter and the C library use on their own account: no policy has to name it, and no finding does.

Files: the deployment and the interpreter, what `ssl`, `zoneinfo`, `mimetypes` and name look-ups read, and what libraries read to
learn how many processors and how much memory there is. Variables: what says where things are and how to speak, and what the
platform sets for its own loop; none of them is a secret.
"""

from __future__ import annotations

READ_BELOW = tuple(
    "/etc/ssl/ /etc/pki/ /etc/ca-certificates/ /usr/lib/ssl/ /usr/share/ca-certificates/ "
    "/usr/local/share/ca-certificates/ /usr/share/zoneinfo/ /usr/share/locale/ /usr/lib/locale/ "
    "/sys/fs/cgroup/ /sys/devices/system/".split()
)
READ = frozenset(
    "/dev/null /dev/random /dev/urandom /dev/zero /etc/apache2/mime.types /etc/gai.conf /etc/host.conf "
    "/etc/hosts /etc/httpd/conf/mime.types /etc/httpd/mime.types /etc/ld.so.cache /etc/localtime "
    "/etc/mime.types /etc/nsswitch.conf /etc/os-release /etc/protocols /etc/resolv.conf /etc/services "
    "/etc/system-release /etc/timezone /proc/cpuinfo /proc/filesystems /proc/loadavg /proc/meminfo "
    "/proc/self/cgroup /proc/self/fd /proc/self/limits /proc/self/mountinfo /proc/self/mounts "
    "/proc/self/stat /proc/self/statm /proc/self/status /proc/self/task /proc/stat /proc/uptime "
    "/proc/version /usr/lib/os-release /usr/share/misc/mime.types".split()
)
WRITTEN = frozenset(("/dev/null", "/dev/stderr", "/dev/stdout", "/dev/tty"))
VARIABLES = frozenset(
    "AWS_DEFAULT_REGION AWS_EXECUTION_ENV AWS_REGION COLUMNS FORCE_COLOR HOME LANG LANGUAGE LINES "
    "NO_COLOR PATH PWD SSL_CERT_DIR SSL_CERT_FILE TEMP TERM TMP TMPDIR TZ TZDIR _HANDLER "
    "_X_AMZN_TRACE_ID".split()
)
VARIABLES_NAMED = ("AWS_LAMBDA_", "LAMBDA_", "LC_", "PYTHON", "_LAMBDA_", "_DAYFLY_", "DAYFLY_")
