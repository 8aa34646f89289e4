"""What workers read of botocore's data is read before later forks, from places that nobody here can change and nowhere else."""

from __future__ import annotations

import copy
import os
import pickle
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import boto3
import botocore.handlers
import botocore.loaders
import botocore.session
import pytest
from tests.unprivileged import as_user, folder_of_user, forked

from dayfly._sys import proc
from dayfly._sys.access import is_writable
from dayfly.runtime import heap
from dayfly.runtime.sealers import service_data
from dayfly.runtime.sealers.service_data import ServiceData
from dayfly.runtime.sealing import Sealing

MODEL = "load_service_model sqs service-2 api_version -"


def sealed(*, warms: bool = True) -> ServiceData:
    """As after init: nobody has a session yet."""
    os.environ.pop("AWS_DATA_PATH", None)
    botocore.loaders.Loader.CUSTOMER_DATA_PATH = "/nonexistent/models"
    boto3.DEFAULT_SESSION = None
    sealing = Sealing(warms=warms)
    service_data.seal(heap.find(()), sealing)
    assert len(sealing.learners) == warms
    return made_of(sealing) if warms else ServiceData([], lambda: None)


def made_of(sealing: Sealing) -> ServiceData:
    (data,) = sealing.learners
    assert isinstance(data, ServiceData)
    return data


def make_client() -> str:
    made = boto3.client("sqs", region_name="eu-central-1", aws_access_key_id="A", aws_secret_access_key="b")
    return str(made.meta.service_model.operation_model("SendMessage").input_shape.required_members)


def said_by_a_worker(data: ServiceData, act: Callable[[], Any] = make_client) -> list[str]:
    def work() -> list[str]:
        act()
        said = data.told()
        assert data.told() == []
        return said

    return forked(work)


def learn(data: ServiceData, lines: list[str]) -> None:
    data.hear(lines)
    for _ in range(100):
        data.spend_a_moment()


def kept(data: ServiceData) -> set[tuple[object, ...]]:
    return set(service_data._kept(data._loaders[0]))


def count_readings(act: Callable[[], object]) -> list[str]:
    """The files that `act` has botocore read."""
    read: list[str] = []
    load = botocore.loaders.JSONFileLoader.load_file

    def load_file(self: Any, path: str) -> Any:
        found = load(self, path)
        if found is not None:
            read.append(path)
        return found

    with patch.object(botocore.loaders.JSONFileLoader, "load_file", load_file):
        act()
    return read


def test_a_later_worker_reads_none_of_what_an_earlier_one_read_and_has_the_same_client() -> None:
    def act() -> tuple[str, list[str], str, list[str]]:
        data = sealed()
        plain: list[str] = []
        before = forked(lambda: count_readings(lambda: plain.append(make_client())) + plain)
        learn(data, said_by_a_worker(data))
        after = forked(lambda: count_readings(lambda: plain.append(make_client())) + plain)
        return before[-1], before[:-1], after[-1], after[:-1]

    expected, readings, answer, later = as_user(act)
    assert answer == expected
    assert len(readings) > 3
    assert later == []


def make_without_boto3(make_session: Callable[[], Any]) -> str:
    names = {"aws_access_key_id": "A", "aws_secret_access_key": "b"}
    made = make_session().create_client("sqs", region_name="eu-central-1", **names)
    return str(made.meta.service_model.operation_model("SendMessage").input_shape.required_members)


@pytest.mark.parametrize("way", ["a second session", "another module's name", "the class"])
def test_every_session_of_a_worker_has_what_was_read(way: str) -> None:
    """PynamoDB has the function under a name of its own; who signs requests makes a session by its class."""
    make_session = botocore.session.get_session

    def use() -> str:
        if way == "a second session":
            make_client()
            boto3.DEFAULT_SESSION = None
            return make_client()
        return make_without_boto3(
            make_session if way == "another module's name" else botocore.session.Session
        )

    def act() -> tuple[str, list[str], str, list[str]]:
        data = sealed()
        plain: list[str] = []
        before = forked(lambda: count_readings(lambda: plain.append(use())) + plain)
        learn(data, said_by_a_worker(data, use))
        after = forked(lambda: count_readings(lambda: plain.append(use())) + plain)
        return before[-1], before[:-1], after[-1], after[:-1]

    expected, readings, answer, later = as_user(act)
    assert answer == expected
    assert len(readings) > 3
    assert later == []


def test_what_a_later_session_reads_is_its_own() -> None:
    def act() -> list[int]:
        data = sealed()
        learn(data, said_by_a_worker(data))

        def work() -> list[int]:
            first, second = botocore.session.Session(), botocore.session.Session()
            one, other = first.get_component("data_loader"), second.get_component("data_loader")
            before = len(other._cache)
            one.load_service_model("ssm", "service-2")
            return [before, len(other._cache), len(one._cache) - before]

        return forked(work)

    before, after, own = as_user(act)
    assert before == after
    assert before > 0
    assert own > 0


def test_the_next_session_is_made_once_and_none_is_shared() -> None:
    def act() -> tuple[bool, bool, bool]:
        data = sealed()
        learn(data, said_by_a_worker(data))
        first, second = boto3.Session(), boto3.Session()
        one, other = first._session, second._session
        return (
            one is other,
            one.get_component("data_loader") is data._loaders[0],
            first._loader is second._loader,
        )

    assert as_user(act) == (False, True, False)


def test_a_resource_is_found_as_boto3_finds_it() -> None:
    def act() -> tuple[list[str], list[str]]:
        data = sealed()

        def make() -> list[str]:
            made = boto3.resource(
                "dynamodb", region_name="eu-central-1", aws_access_key_id="A", aws_secret_access_key="b"
            )
            return [made.meta.service_name, *boto3.Session().get_available_resources()]

        expected = forked(make)
        learn(data, said_by_a_worker(data, make))
        return expected, forked(make)

    expected, answer = as_user(act)
    assert answer == expected
    assert len(expected) > 4


def test_a_session_of_init_learns_what_its_clients_in_workers_read() -> None:
    def act() -> tuple[int, list[str]]:
        session = boto3.Session(region_name="eu-central-1", aws_access_key_id="A", aws_secret_access_key="b")
        sealing = Sealing(warms=True)
        botocore.loaders.Loader.CUSTOMER_DATA_PATH = "/nonexistent/models"
        session._loader.search_paths[:] = [
            one for one in session._loader.search_paths if "site-packages" in one
        ]
        service_data.seal(heap.find(service_data.kinds()), sealing)
        data = made_of(sealing)
        said = said_by_a_worker(data, lambda: session.client("sns"))
        learn(data, said)
        return len(said), forked(lambda: count_readings(lambda: session.client("sns")))

    many, later = as_user(act)
    assert many > 3
    assert later == []


@pytest.mark.parametrize(
    "line",
    [
        "0 load_data_with_path ../../../etc/passwd",
        "0 load_data_with_path sqs/2012-11-05/service-2",
        "0 load_data_with_path /etc/passwd",
        "0 is_builtin_path endpoints",
        "0 __init__ x",
        "0 load_service_model nothing service-2 api_version -",
        "0 load_service_model sqs service-2 api_version",
        "0 load_service_model sqs service-2 - - - -",
        "0 load_service_model",
        "7 " + MODEL,
        "-1 " + MODEL,
        "\u0663 " + MODEL,
        "1" * 5000 + " " + MODEL,
        "0 " + "x " * 10_000,
        "",
        "0",
        "0 ",
    ],
)
def test_a_line_that_no_worker_of_ours_writes_reads_nothing(line: str) -> None:
    def act() -> tuple[list[str], int]:
        data = sealed()
        read = count_readings(lambda: learn(data, [line]))
        return read, sum(1 for key in kept(data) if "model" in str(key[0]))

    assert as_user(act) == ([], 0)


def test_a_worker_that_says_much_has_only_so_much_read() -> None:
    def act() -> int:
        data = sealed()
        names = sorted(os.listdir(os.path.join(os.path.dirname(botocore.__file__), "data")))
        data.hear([f"0 load_service_model {name} service-2 api_version -" for name in names])
        return len(data._waiting)

    assert forked(act) == service_data._MANY_READINGS


def test_a_place_that_is_made_between_two_looks_is_not_read() -> None:
    def act() -> bool:
        data = sealed()
        loader: Any = data._loaders[0]
        loader.search_paths.insert(0, str(models))
        looks: list[str] = []

        def make(place: str) -> bool:
            looks.append(place)
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "service-2.json").write_text('{"metadata": {"endpointPrefix": "evil"}}')
            return False

        with patch.object(service_data, "is_writable", make):
            learn(data, ["0 " + MODEL])
        key = ("load_service_model", "sqs", "service-2", "api_version", None)
        read: Any = dict.get(loader._cache, key)
        return bool(looks) and "sqs" in str(read["metadata"]["endpointPrefix"])

    with folder_of_user() as home:
        models = home / "models"
        folder = models / "sqs" / "2099-01-01"
        assert as_user(act)


def test_a_place_that_its_owner_forbids_itself_counts_as_writable() -> None:
    def act() -> tuple[bool, bool]:
        data = sealed()
        folder.chmod(0o555)
        loader: Any = data._loaders[0]
        loader.search_paths.insert(0, str(folder))
        learn(data, ["0 " + MODEL])
        os.chdir(folder.parent)
        return len(kept(data)) > 0, is_writable(folder.name)

    with folder_of_user() as folder:
        assert as_user(act) == (False, True)


def test_what_was_read_ahead_counts_only_for_a_session_that_looks_in_the_same_places() -> None:
    """A handler may add a place, or fill one that was missing, ahead of its client."""

    def act() -> list[list[str]]:
        data = sealed()
        botocore.loaders.Loader.CUSTOMER_DATA_PATH = str(late)
        data._loaders[0].search_paths[0] = str(late)  # type: ignore[attr-defined]

        def make(place: Path, *, adds: bool) -> list[str]:
            shutil.copytree(Path(botocore.__file__).parent / "data" / "sqs", place / "mine")
            session: Any = boto3.Session()
            if adds:
                session._loader.search_paths.append(str(place))
            made = session.client(
                "mine", region_name="eu-central-1", aws_access_key_id="A", aws_secret_access_key="b"
            )
            shutil.rmtree(place)
            return [made.meta.service_model.service_name]

        ways: list[Callable[[], list[str]]] = [
            lambda: make(more, adds=True),
            lambda: make(late, adds=False),
        ]
        said = [line for way in ways for line in said_by_a_worker(data, way)]
        learn(data, said)
        assert ("list_available_services", "service-2") in dict(data._loaders[0]._cache)  # type: ignore[attr-defined]
        return [forked(way) for way in ways]

    with folder_of_user() as folder:
        late, more = folder / "late", folder / "more"
        assert as_user(act) == [["mine"], ["mine"]]


def test_a_copy_of_a_loader_is_one_of_botocores() -> None:
    def act() -> list[tuple[type, bool]]:
        data = sealed()
        learn(data, ["0+ " + MODEL])
        loader: Any = boto3.Session()._loader
        assert loader is data._loaders[0]
        copies = [copy.deepcopy(loader), pickle.loads(pickle.dumps(loader))]
        return [(type(one._cache), one._cache == dict(loader._cache)) for one in copies]  # type: ignore[attr-defined]

    assert as_user(act) == [(dict, True)] * 2


def test_boto3_that_a_handler_imports_finds_its_resources() -> None:
    """They were looked for when it was not there."""

    def act() -> str:
        data = sealed()
        with patch.object(service_data, "_boto3s", list):
            learn(data, ["0 list_available_services resources-1"])
        made = boto3.resource(
            "dynamodb", region_name="eu-central-1", aws_access_key_id="A", aws_secret_access_key="b"
        )
        return str(made.meta.service_name)

    assert as_user(act) == "dynamodb"


def test_what_a_handler_adds_to_every_new_session_is_in_the_first() -> None:
    """As mocks and instrumentation do when they are imported."""

    def act() -> list[int]:
        data = sealed()
        learn(data, ["0 " + MODEL])
        told: list[object] = []

        def initializer() -> int:
            botocore.register_initializer(told.append)
            return len(told) if boto3.Session() else 0

        def handler() -> int:
            botocore.handlers.BUILTIN_HANDLERS.append(("some-event", lambda **_: told.append(1)))
            botocore.session.get_session().get_component("event_emitter").emit("some-event")
            return len(told)

        return [forked(initializer), forked(handler)]

    assert as_user(act) == [1, 1]


def test_a_worker_that_names_the_largest_has_only_so_much_memory_filled() -> None:
    def act() -> tuple[int, int]:
        data = sealed()
        # Seven eighths of it leave 32 MB.
        os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] = str((proc.resident_mb() + 32) * 8 // 7)
        data._left_s = 100.0
        names = ["ec2", "sagemaker", "glue", "quicksight", "connect", "iam", "rds", "s3", "ssm"]
        sizes = [proc.resident_mb()]
        learn(data, [f"0 load_service_model {name} service-2 api_version -" for name in names])
        left = [name for name in names if not any(name in key for key in kept(data))]
        return proc.resident_mb() - sizes[0], len(left)

    grown, left = as_user(act)
    # The last that was begun is read to its end.
    assert 0 < grown < 32 + 40
    assert left > 0


@pytest.mark.parametrize("is_there", [True, False])
def test_a_place_that_a_worker_can_fill_is_not_read(is_there: bool) -> None:
    """One that is there ends it, as what a worker finds there is for it alone; one that is missing is left out."""

    def act() -> tuple[bool, bool]:
        data = sealed()
        if is_there:
            (models / "sqs" / "2012-11-05").mkdir(parents=True)
        loader: Any = data._loaders[0]
        loader.search_paths.insert(0, str(models))
        learn(data, ["0 " + MODEL])
        return ("load_service_model", "sqs", "service-2", "api_version", None) in kept(data), str(
            models
        ) in loader.search_paths

    with folder_of_user() as folder:
        models = folder / "models"
        assert as_user(act) == (not is_there, True)


def test_without_warm_up_nothing_is_replaced() -> None:
    def act() -> bool:
        before = botocore.session.create_loader, botocore.session.get_session
        sealed(warms=False)
        return before == (botocore.session.create_loader, botocore.session.get_session)

    assert forked(act)


def test_what_a_handler_sets_before_its_first_client_counts() -> None:
    def act() -> list[str | None]:
        config.write_text("[profile x]\nregion = eu-west-3\n[default]\nregion = us-west-2\n")
        data = sealed()
        learn(data, said_by_a_worker(data))

        def make() -> str | None:
            os.environ.pop("AWS_DEFAULT_REGION", None)
            os.environ |= {"AWS_CONFIG_FILE": str(config), "AWS_PROFILE": "x"}
            region: str | None = boto3.Session().region_name
            return region

        return [forked(make), forked(lambda: boto3.Session(profile_name=None).profile_name)]

    with folder_of_user() as folder:
        config = folder / "config"
        assert as_user(act) == ["eu-west-3", "default"]


def test_a_function_that_is_told_of_new_sessions_is_told_in_the_worker() -> None:
    """`botocore.register_initializer` is how instrumentation hears of a session."""

    def act() -> tuple[int, int]:
        told: list[object] = []
        sys.modules["botocore"]._INITIALIZERS.append(told.append)
        data = sealed()
        learn(data, ["0 " + MODEL])
        in_zygote = len(told)
        return in_zygote, forked(lambda: len(told) if boto3.Session() else 0)

    assert as_user(act) == (0, 1)


def test_words_of_a_worker_that_name_no_file_do_not_stay() -> None:
    def found() -> tuple[set[tuple[object, ...]], list[object]]:
        data = sealed()
        learn(
            data,
            ["0 list_available_services anybodys", "0 load_service_model no.such anybodys", f"0 {MODEL}"],
        )
        names = kept(data)
        data._left_s = 0
        learn(data, ["0 list_available_services others", "0 list_available_services others2"])
        return names, list(data._waiting)

    names, waiting = as_user(found)
    assert ("load_service_model", "sqs", "service-2", "api_version", None) in names
    assert not [name for name in names if "anybodys" in name]
    assert waiting == []
