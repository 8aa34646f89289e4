"""What opens, writes, moves or unpacks files: `event.path`, and what makes a path harmless."""

from __future__ import annotations

from dayfly.scan.taint.knowledge.model import (
    CLEAN,
    FIRST,
    RECEIVER,
    Argument,
    Attribute,
    Call,
    Cleanser,
    Condition,
    Danger,
    Kind,
    Part,
    Result,
    Sink,
    Tables,
    Test,
)

_PATH = frozenset({Danger.PATH})
# Where a path may stand, an open file may stand as well: what is in it chooses no file.
_OPEN_FILES = (
    "dayfly.Buffer",
    "io.BytesIO",
    "io.StringIO",
    "io.TextIOWrapper",
    "io.BufferedReader",
    "file",
    "tempfile.File",
    "boto3.StreamingBody",
    "werkzeug.FileStorage",
    "starlette.UploadFile",
    "bottle.FileUpload",
)


def _not_a_file(argument: Argument) -> tuple[Condition, ...]:
    return (Condition(argument, Test.LACKS_TYPE, _OPEN_FILES),)


_FILE = Argument(0, "file")
_SECOND = Argument(1)

_SINKS = (
    Sink("event.path", ("open", "io.open", "io.FileIO", "io.open_code"), (_FILE,), part=Part.PATH),
    Sink("event.path", ("codecs.open", "aiofiles.open", "tokenize.open"), part=Part.PATH),
    Sink(
        "event.path",
        ("gzip.open", "bz2.open", "lzma.open", "gzip.GzipFile", "bz2.BZ2File"),
        when=_not_a_file(FIRST),
        part=Part.PATH,
    ),
    Sink("event.path", ("zipfile.ZipFile",), (_FILE,), _not_a_file(_FILE), Part.PATH),
    Sink("event.path", ("tarfile.open", "tarfile.TarFile.open"), (Argument(0, "name"),), part=Part.PATH),
    Sink(
        "event.path",
        (
            "wave.open",
            "dbm.open",
            "shelve.open",
            "linecache.getline",
            "linecache.getlines",
            "fileinput.input",
        ),
        when=_not_a_file(FIRST),
        part=Part.PATH,
    ),
    Sink(
        "event.path",
        (
            "os.open",
            "os.remove",
            "os.unlink",
            "os.rmdir",
            "os.removedirs",
            "os.mkdir",
            "os.makedirs",
            "os.listdir",
            "os.scandir",
            "os.walk",
            "os.chmod",
            "os.chown",
            "os.truncate",
            "os.utime",
            "os.chdir",
            "os.chroot",
            "os.mkfifo",
            "os.readlink",
            "os.startfile",
            "glob.glob",
            "glob.iglob",
        ),
        part=Part.PATH,
    ),
    # As CodeQL's py/path-injection and the public benchmark of Flask handlers have it.
    Sink(
        "event.path",
        (
            "os.path.exists",
            "os.path.lexists",
            "os.path.isfile",
            "os.path.isdir",
            "os.path.getsize",
            "os.path.getmtime",
            "os.stat",
            "os.lstat",
            "os.access",
        ),
        part=Part.PATH,
        message="`{source}` decides for which file `{sink}` returns information: whether it exists, its size, "
        "its age",
        is_probe=True,
    ),
    Sink(
        "event.path",
        (
            "pathlib.Path.exists",
            "pathlib.Path.is_file",
            "pathlib.Path.is_dir",
            "pathlib.Path.stat",
            "pathlib.Path.lstat",
        ),
        (RECEIVER,),
        part=Part.PATH,
        message="`{source}` decides for which file `{sink}` returns information: whether it exists, its size, "
        "its age",
        is_probe=True,
    ),
    Sink(
        "event.path",
        ("os.rename", "os.renames", "os.replace", "os.link", "os.symlink"),
        (FIRST, _SECOND),
        part=Part.PATH,
    ),
    Sink(
        "event.path",
        (
            "shutil.copy",
            "shutil.copy2",
            "shutil.copyfile",
            "shutil.copytree",
            "shutil.copymode",
            "shutil.copystat",
            "shutil.move",
        ),
        (Argument(0, "src"), Argument(1, "dst")),
        part=Part.PATH,
    ),
    Sink("event.path", ("shutil.rmtree", "shutil.chown"), (Argument(0, "path"),), part=Part.PATH),
    Sink(
        "event.path",
        ("shutil.unpack_archive",),
        (Argument(0, "filename"), Argument(1, "extract_dir")),
        part=Part.PATH,
    ),
    Sink(
        "event.path",
        ("shutil.make_archive",),
        (Argument(0, "base_name"), Argument(2, "root_dir")),
        part=Part.PATH,
    ),
    # Prefix and suffix are put into the name as they are, slashes included.
    Sink(
        "event.path",
        ("tempfile.mkstemp", "tempfile.mkdtemp"),
        (Argument(0, "suffix"), Argument(1, "prefix"), Argument(2, "dir")),
        part=Part.PATH,
    ),
    Sink(
        "event.path",
        ("tempfile.NamedTemporaryFile", "tempfile.TemporaryDirectory"),
        (Argument(None, "suffix"), Argument(None, "prefix"), Argument(None, "dir")),
        part=Part.PATH,
    ),
    Sink(
        "event.path",
        tuple(
            f"pathlib.Path.{method}"
            for method in (
                "open",
                "read_text",
                "read_bytes",
                "write_text",
                "write_bytes",
                "unlink",
                "rmdir",
                "mkdir",
                "touch",
                "rename",
                "replace",
                "iterdir",
                "chmod",
                "symlink_to",
                "hardlink_to",
                "copy",
                "move",
            )
        ),
        (RECEIVER,),
        part=Part.PATH,
    ),
    Sink(
        "event.path",
        (
            "pathlib.Path.rename",
            "pathlib.Path.replace",
            "pathlib.Path.symlink_to",
            "pathlib.Path.glob",
            "pathlib.Path.rglob",
        ),
        part=Part.PATH,
    ),
    # zipfile removes `..` and roots of the names it unpacks; where it unpacks to is the question.
    # https://docs.python.org/3/library/zipfile.html#zipfile.ZipFile.extract
    Sink("event.path", ("zipfile.ZipFile.extractall",), (Argument(0, "path"),), part=Part.PATH),
    Sink("event.path", ("zipfile.ZipFile.extract",), (Argument(1, "path"),), part=Part.PATH),
    # tarfile does not, before 3.14, unless asked to (PEP 706).
    Sink(
        "event.path",
        ("tarfile.TarFile.extractall", "tarfile.TarFile.extract"),
        (RECEIVER,),
        (
            Condition(Argument(None, "filter"), Test.DIFFERS, ("data", "tar"), if_absent=True),
            Condition(
                Argument(None, "filter"),
                Test.LACKS_TYPE,
                ("tarfile.data_filter", "tarfile.tar_filter"),
                if_absent=True,
            ),
        ),
        Part.PATH,
        message="an archive from the caller is unpacked with the paths that it contains ({source})",
        fix='Unpack with `filter="data"`.',
    ),
    Sink("event.path", ("tarfile.TarFile.extractall",), (Argument(0, "path"),), part=Part.PATH),
    Sink(
        "event.path",
        ("flask.send_file",),
        (Argument(0, "path_or_file"),),
        _not_a_file(Argument(0, "path_or_file")),
        Part.PATH,
    ),
    # The directory alone: the second argument is kept within it (werkzeug.security.safe_join).
    Sink("event.path", ("flask.send_from_directory",), (Argument(0, "directory"),), part=Part.PATH),
    Sink("event.path", ("bottle.static_file",), (Argument(1, "root"),), part=Part.PATH),
    Sink(
        "event.path",
        ("starlette.responses.FileResponse", "aiohttp.web.FileResponse", "django.http.FileResponse"),
        (Argument(0, "path"),),
        _not_a_file(Argument(0, "path")),
        Part.PATH,
    ),
    Sink(
        "event.path",
        (
            "pandas.read_csv",
            "pandas.read_json",
            "pandas.read_excel",
            "pandas.read_parquet",
            "pandas.read_table",
            "numpy.load",
            "numpy.loadtxt",
            "numpy.genfromtxt",
            "PIL.Image.open",
            "cv2.imread",
            "joblib.load",
            "torch.load",
        ),
        when=_not_a_file(FIRST),
        part=Part.PATH,
    ),
    Sink("event.path", ("urllib.request.urlretrieve",), (Argument(1, "filename"),), part=Part.PATH),
    # Templates by name are looked up in a directory that the loader does not leave; mako's lookup is alike.
)

_NAME_ONLY = Result(type="str", cleanses=_PATH)
_PATHS = Result(type="pathlib.Path")

_CALLS = (
    Call(("pathlib.Path", "pathlib.PurePath", "pathlib.PosixPath", "pathlib.PurePosixPath"), _PATHS),
    Call(
        tuple(
            f"pathlib.Path.{method}"
            for method in (
                "joinpath",
                "resolve",
                "absolute",
                "expanduser",
                "with_name",
                "with_suffix",
                "with_stem",
                "relative_to",
                "readlink",
                "as_posix",
                "__truediv__",
            )
        ),
        _PATHS,
    ),
    Call(("pathlib.Path.as_posix", "os.fspath", "os.path.join", "posixpath.join"), Result(type="str")),
    Call(
        ("os.path.realpath", "os.path.abspath", "os.path.normpath", "os.path.expanduser", "os.path.dirname"),
        Result(type="str"),
    ),
    Call(
        ("pathlib.Path.cwd", "pathlib.Path.home", "os.getcwd", "tempfile.gettempdir"),
        Result(type="str", taint_from=()),
    ),
    # Whether there is such a file, and how large it is, are no words of the caller's.
    Call(
        (
            "os.path.exists",
            "os.path.isfile",
            "os.path.isdir",
            "os.path.islink",
            "os.path.getsize",
            "os.path.getmtime",
            "os.stat",
            "os.access",
            "pathlib.Path.exists",
            "pathlib.Path.is_file",
            "pathlib.Path.is_dir",
            "pathlib.Path.stat",
            "pathlib.Path.is_absolute",
        ),
        CLEAN,
    ),
    # What stands in a file is not what its name was; what the event itself brought comes as an open file of bytes.
    Call(
        ("open", "io.open", "codecs.open"),
        Result(type="file", taint_from=(), keeps=(Argument(0, "file"),)),
    ),
    Call(("pathlib.Path.open",), Result(type="file", taint_from=())),
    Call(("pathlib.Path.read_text", "pathlib.Path.read_bytes"), CLEAN),
    Call(
        ("os.listdir", "os.scandir", "os.walk", "glob.glob", "pathlib.Path.iterdir", "pathlib.Path.glob"),
        CLEAN,
    ),
    Call(("io.BytesIO",), Result(type="io.BytesIO")),
    Call(("io.StringIO",), Result(type="io.StringIO")),
    Call(
        ("io.BytesIO.getvalue", "io.BytesIO.read", "io.BytesIO.getbuffer"),
        Result(type="bytes", taint_from=(RECEIVER,)),
    ),
    Call(
        ("io.StringIO.getvalue", "io.StringIO.read", "io.StringIO.readline"),
        Result(type="str", taint_from=(RECEIVER,)),
    ),
    Call(("io.BytesIO.write", "io.StringIO.write", "io.StringIO.writelines"), CLEAN, absorbs=(FIRST,)),
    Call(
        ("tempfile.NamedTemporaryFile", "tempfile.TemporaryFile", "tempfile.SpooledTemporaryFile"),
        Result(type="tempfile.File", taint_from=()),
    ),
    Call(("tempfile.mkdtemp", "tempfile.mkstemp", "tempfile.mktemp"), CLEAN),
    Call(("tempfile.File.write", "file.write", "file.writelines"), CLEAN),
    Call(("zipfile.ZipFile",), Result(type="zipfile.ZipFile")),
    Call(
        ("tarfile.open",),
        Result(type="tarfile.TarFile", taint_from=(Argument(2, "fileobj"), Argument(0, "name"))),
    ),
    # What is in an archive of the caller's, names included, is the caller's.
    Call(("zipfile.ZipFile.namelist",), Result(type="list", element_type="str", taint_from=(RECEIVER,))),
    Call(("zipfile.ZipFile.read", "zipfile.ZipFile.open"), Result(type="bytes", taint_from=(RECEIVER,))),
    Call(
        ("gzip.decompress", "zlib.decompress", "bz2.decompress", "lzma.decompress"),
        Result(type="bytes", restores=True),
    ),
)

_CLEANSERS = (
    # `..` alone remains: a directory, which cannot be opened as a file.
    Cleanser(("os.path.basename", "posixpath.basename", "ntpath.basename"), _PATH, type="str"),
    Cleanser(
        ("werkzeug.utils.secure_filename",),
        frozenset({Danger.PATH, Danger.COMMAND, Danger.HTML, Danger.HEADER, Danger.LOG}),
        type="str",
    ),
    Cleanser(
        (
            "pathvalidate.sanitize_filename",
            "slugify.slugify",
            "django.utils.text.get_valid_filename",
            "django.utils.text.slugify",
        ),
        _PATH,
        type="str",
    ),
    # It raises, or returns None, where the path would leave its directory.
    Cleanser(
        (
            "werkzeug.security.safe_join",
            "werkzeug.utils.safe_join",
            "flask.safe_join",
            "django.utils._os.safe_join",
        ),
        _PATH,
        argument=Argument(1),
        type="str",
    ),
)

_ATTRIBUTES = (
    Attribute(("pathlib.Path.name", "pathlib.Path.stem", "pathlib.Path.suffix"), _NAME_ONLY),
    Attribute(("pathlib.Path.parent",), _PATHS),
    Attribute(("tempfile.File.name",), CLEAN),
    Attribute(("os.sep", "os.pathsep", "os.linesep", "os.curdir"), CLEAN),
)

TABLES = Tables(
    sinks=_SINKS,
    calls=_CALLS,
    cleansers=_CLEANSERS,
    attributes=_ATTRIBUTES,
    kinds=(
        Kind("pathlib.PosixPath", ("pathlib.Path",)),
        Kind("pathlib.PurePath", ("pathlib.Path",)),
        Kind("pathlib.PurePosixPath", ("pathlib.Path",)),
        Kind("io.BytesIO", ("file",)),
        Kind("io.StringIO", ("file",)),
    ),
    aliases=(
        ("posixpath.basename", "os.path.basename"),
        ("posixpath.join", "os.path.join"),
        ("werkzeug.secure_filename", "werkzeug.utils.secure_filename"),
        ("flask.helpers.send_file", "flask.send_file"),
        ("flask.helpers.send_from_directory", "flask.send_from_directory"),
        ("fastapi.responses.FileResponse", "starlette.responses.FileResponse"),
        ("pathlib.PurePath", "pathlib.Path"),
        ("pathlib.PosixPath", "pathlib.Path"),
        ("pathlib.PurePosixPath", "pathlib.Path"),
    ),
)
