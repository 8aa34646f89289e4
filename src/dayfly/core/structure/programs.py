"""What programs do with their operands, options and input: a table of meanings, not of bad input."""

from __future__ import annotations

from dayfly.core.structure.shellwords import SHELLS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# Programs that start the program their operands name:
STARTERS = frozenset(
    "env nice nohup timeout stdbuf setsid sudo doas chroot time exec command builtin ionice chrt "
    "taskset flock strace unshare nsenter busybox".split()
)
# Programs that hand their operands to a shell, here or elsewhere, whatever quotes were around them:
RUNNERS = frozenset(
    "xargs eval source . trap ssh parallel su runuser watch script expect entr at batch rsh mosh alias "
    "hash enable".split()
)
PYTHONS = frozenset(("python", "pypy"))
# Programs that read a language from an operand or from an option's value.
INTERPRETERS = SHELLS.union(
    PYTHONS, "fish perl ruby node php lua awk gawk mawk jq sed osascript tclsh deno bun".split()
)
# Programs that read statements of SQL from an operand or from an option's value, and their dialect.
SQL_CLIENTS = {"psql": "postgresql", "mysql": "mysql", "mariadb": "mysql", "sqlite": "sqlite", "duckdb": ""}
# Interpreters that read their code from standard input, without an operand.
READS_CODE = frozenset("fish perl ruby node php lua osascript tclsh deno bun dc".split())
AWKS = frozenset(("awk", "gawk", "mawk"))
# Programs that hand what they read to a shell, here or elsewhere, if they are given no more operands than these, or one at the
# end; and options of theirs whose value is the next word.
LEADS_TO_SHELL = {
    **dict.fromkeys(("at", "batch", "su"), 9),
    "parallel": 0,
    "ssh": 1,
    **dict.fromkeys(("docker", "podman", "kubectl"), -1),
}
# Options of programs that start others whose value, the next word, is no program.
_USERS = frozenset(("-u", "--user", "-g", "--group", "-a"))
_SSH_VALUE_OPTIONS = frozenset(f"-{letter}" for letter in "bcDEeFIiJLlmOopQRSWw")
# Options whose value is code, or names a program, for programs that do something else otherwise.
CODE_OPTIONS = {
    "git": frozenset(
        "-c --config --config-env --exec-path --upload-pack --receive-pack -u --template".split()
    ),
    "ssh": frozenset(("-o", "-F")),
    "scp": frozenset(("-o", "-S", "-F")),
    "sftp": frozenset(("-o", "-S", "-F")),
    "rsync": frozenset(("-e", "--rsh", "--rsync-path")),
    "tar": frozenset(("-I", "--use-compress-program", "--checkpoint-action", "--to-command", "-F")),
    "curl": frozenset(("-K", "--config")),
    "wget": frozenset(("--use-askpass", "-e", "--execute")),
    "pip": frozenset(("-i", "--index-url", "--extra-index-url", "-r", "--requirement")),
    **dict.fromkeys(("mapfile", "readarray"), frozenset(("-C",))),
}
# Programs whose operands and options say what is fetched.
FETCHERS = frozenset("aria2c curl ffmpeg ffprobe git lynx svn wget wkhtmltoimage wkhtmltopdf yt-dlp".split())
# find's options after which a command stands.
COMMAND_OPTIONS = ("-exec", "-execdir", "-ok", "-okdir")
# Programs that expand references to variables and functions, `$(shell ...)`, in what is assigned on their command line.
MAKES = frozenset(("make", "gmake"))
PROGRAM_FILES = frozenset(("-f", "-i", "-l", "-E", "-L", "--file", "--from-file", "--include", "--load"))


# How variables begin that shells, loaders, interpreters and git take code, options or libraries from.
OBEYED = tuple(
    "BASH_ENV BASH_FUNC_ DOTNET_STARTUP_HOOKS GCONV_PATH GIT_ GNUMAKEFLAGS IFS JAVA_TOOL_OPTIONS JDK_JAVA_OPTIONS LD_ LESSOPEN "
    "MAKEFILES MAKEFLAGS NODE_OPTIONS OPENSSL_CONF PERL5 PROMPT_COMMAND PS4 PYTHON RSYNC_RSH RUBYLIB RUBYOPT SHELLOPTS SSH_ASKPASS "
    "TAR_OPTIONS ZDOTDIR _JAVA_OPTIONS".split()
)
# The same of more programs: their options, configuration, libraries, helpers, proxies and certificates.
_STEERS = tuple(
    "AWK AWS_ BASH BROWSER BUNDLE_ CDPATH CLASSPATH COMPOSER_ CURL_ DOCKER_ DYLD_ EDITOR ENV EXINIT "
    "FFREPORT FPATH GCONV_PATH GEM_ GLIBC_ GNUMAKE GREP_ GS_ HOME HOSTALIASES INPUTRC JAVA_ JDK_ KRB5 "
    "KUBECONFIG LESS LOCPATH LUA_ MAGICK_ MAKE MALLOC_ MANPAGER MYSQL_ NLSPATH NODE_ NPM_ OPENSSL_ "
    "PAGER PERL PG PHP PIP_ PS0 PS1 PS2 PSQL RES_ RSYNC_ RUBY SHELL SSH_ SSL SUDO_ TAR_ ANSIBLE_ ANT_ "
    "BZIP CARGO_ CC CMAKE_ COMPLUS_ CORECLR_ CPATH CPP CXX DENO_ DOTNET_ FONTCONFIG_ FREETDS GCC_ GNUPG "
    "GRADLE_ GZIP HADOOP_ LDAP MAVEN_ NETRC ODBC OPENIN_ OPENOUT_ R_ REQUESTS_ RUSTC SPARK_ TAPE "
    "TESSDATA_ TEX TF_ TNS_ TZ UNZIP ZIP TCL TERM TMPDIR UV_ VIM VISUAL WGETRC XDG_ XZ_ ZDOTDIR _JAVA_".split()
)
_STEERING_ENDS = tuple(
    "_ARGS _CMD _COMMAND _CONFIG _HOME _INIT _MODULE _OPTIONS _OPTS _PATH _PRELOAD _PROXY EDITOR FLAGS "
    "PAGER".split()
)
# Of these they execute or load what the value names or holds
# (https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html#tag_19_05_03,
# https://www.gnu.org/software/bash/manual/html_node/Bash-Variables.html, https://man7.org/linux/man-pages/man8/ld.so.8.html,
# https://git-scm.com/book/en/v2/Git-Internals-Environment-Variables, https://docs.python.org/3/using/cmdline.html).
_OBEYED = frozenset(
    "PATH BASH_ENV BASH_LOADABLES_PATH BASHOPTS SHELLOPTS PROMPT_COMMAND PS0 PS1 PS2 PS4 LD_AUDIT "
    "LD_LIBRARY_PATH LD_PRELOAD JAVA_TOOL_OPTIONS NODE_OPTIONS RUBYLIB RUBYOPT GIT_ASKPASS GIT_EDITOR "
    "GIT_EXEC_PATH GIT_EXTERNAL_DIFF GIT_PAGER GIT_PROXY_COMMAND GIT_SEQUENCE_EDITOR GIT_SSH "
    "GIT_SSH_COMMAND PERL5DB PERL5LIB PERL5OPT PYTHONBREAKPOINT PYTHONHOME PYTHONPATH PYTHONSTARTUP".split()
)


def is_obeyed(variable: str, value: Iterable[str]) -> bool:
    # `ENV=production` names no file.
    is_file = variable == "ENV" and not frozenset("/$`").isdisjoint("".join(value))
    return is_file or variable in _OBEYED or variable.startswith(("BASH_FUNC_", "GIT_CONFIG"))


def is_harmless(variable: str, value: str) -> bool:
    """Say whether the event may name this variable: no program is known to obey one that is called so."""
    name = variable.upper()
    return not (
        not variable.isascii()
        or not variable.isidentifier()
        or name.startswith((*OBEYED, *_STEERS))
        or name.endswith(_STEERING_ENDS)
        or is_obeyed(name, value)
    )


def base_of(program: str) -> str:
    return program.rpartition("/")[2].rstrip("0123456789.")


def script_of(words: Sequence[str]) -> tuple[int, str]:
    """Return which word names the script that is executed: an interpreter's first operand, or the program itself."""
    if words and words[0] in (".", "source"):
        return 1, words[1] if len(words) > 1 else ""
    if words and base_of(words[0]) in MAKES:
        at = words.index("-f") + 1 if "-f" in words else len(words)
        return at, words[at] if at < len(words) else ""
    if base_of(words[0] if words else "") not in SHELLS | PYTHONS:
        return 0, words[0] if words else ""
    for number, word in enumerate(words[1:], 1):
        if word[:1] != "-":
            return number, word
        if word[-1:] in "cm":
            break
    return len(words), ""


def leads_to_shell(words: Sequence[str], most: int) -> bool:
    """Say whether a program gets no command, or a shell without a script for one."""
    operands = [
        word for at, word in enumerate(words[1:]) if word[:1] != "-" and words[at] not in _SSH_VALUE_OPTIONS
    ]
    return len(operands) <= most or base_of((operands or [""])[-1]) in SHELLS


def find_started(arguments: list[str], events: list[list[bool]]) -> int:
    """Return where the program that env, timeout or sudo starts stands in the arguments, or -1.

    An interpreter counts wherever it stands: in `sudo -u www sh -c {x}` the program is not "www".
    """
    first = -1
    for index in range(1, len(arguments)):
        argument = arguments[index]
        if any(events[index]):
            name, equals, value = argument.partition("=")
            is_named = not any(events[index][: len(name) + 1])
            is_value = (
                equals
                and name.isidentifier()
                and (is_named or (base_of(arguments[0]) == "env" and is_harmless(name, value)))
                # `env -S` splits the next word into a program and its operands.
                and not (arguments[index - 1][:1] == "-" and arguments[index - 1][-1:] in ("S", "g"))
            )
            if first < 0 and (not is_value or is_obeyed(name, value)):
                return -1  # the event's before any program: it may be the program
            continue
        if base_of(argument) in INTERPRETERS or argument in STARTERS or argument in RUNNERS:
            return index
        if arguments[index - 1] in _USERS:
            continue
        if first < 0 and not argument.startswith("-") and "=" not in argument and not argument[:1].isdigit():
            first = index
    return first
