"""Reads Terraform's files, a folder at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from dayfly.attach.templates.hcl import HclFile, read_hcl, string_of
from dayfly.attach.templates.json_text import read_json
from dayfly.attach.templates.model import Template, TemplateError
from dayfly.attach.templates.terraform import Folder, TerraformTemplate, makes_functions
from dayfly.attach.templates.terraform_json import TerraformJsonTemplate, add_names
from dayfly.attach.templates.terraform_values import Names

_MAX_FILES = 1_000


def is_terraform(path: Path) -> bool:
    """Whether a path is a file in Terraform's language, or a folder."""
    return path.name.endswith((".tf", ".tf.json")) or path.is_dir()


def parse_terraform(text: str, path: str) -> Template:
    """A file by itself, as if nothing lay beside it."""
    if path.endswith(".json"):
        document = read_json(text, path)
        names = Names()
        add_names(names, document)
        return TerraformJsonTemplate(document, names)
    file = read_hcl(text, path)
    return TerraformTemplate(file, Folder({path: file}, (), (path,)))


def read_terraform(paths: Sequence[Path], text_of: Callable[[Path], str]) -> list[Template]:
    """The templates of files of one folder; where the folder itself is named, of all its files that make functions.

    What other files of the folder say counts in either case. `text_of` reads one. Raises TemplateError.
    """
    folder = paths[0] if paths[0].is_dir() else paths[0].parent
    found = sorted(
        one for one in folder.iterdir() if one.name.endswith((".tf", ".tf.json", ".tfvars")) and one.is_file()
    )
    if len(found) > _MAX_FILES:
        raise TemplateError(
            f"{folder} has more than {_MAX_FILES:,} files", hint="move some of them to another folder"
        )
    read = {str(one): read_hcl(text_of(one), str(one)) for one in found if one.suffix != ".json"}
    files = {path: file for path, file in read.items() if path.endswith(".tf")}
    settings = tuple(file for path, file in read.items() if path.endswith(".tfvars"))
    batch = tuple(
        path
        for path, file in files.items()
        if (folder in paths and makes_functions(file)) or any(Path(path) == one for one in paths)
    )
    names = Names.of(list(files.values()), settings)
    documents = [read_json(text_of(one), str(one)) for one in found if one.suffix == ".json"]
    for document in documents:
        add_names(names, document)
    jsons = [
        template
        for document in documents
        if folder in paths or Path(document.path) in paths
        if (template := TerraformJsonTemplate(document, names)).functions() or folder not in paths
    ]
    if not batch and not jsons:
        raise TemplateError(
            f"{folder} has no Lambda function in its .tf files", hint="give the module's folder"
        )
    modules = frozenset(_modules_with_functions(folder, files.values(), text_of))
    return [*Folder(files, settings, batch, modules).templates(), *jsons]


def _modules_with_functions(
    folder: Path, files: Iterable[HclFile], text_of: Callable[[Path], str]
) -> Iterator[str]:
    """The sources of modules on this machine, as calls name them, that make functions."""
    sources = {
        source
        for file in files
        for block in file.blocks
        if block.type == "module" and "source" in block.attributes
        if (source := string_of(block.attributes["source"].expression)) and source.startswith(("./", "../"))
    }
    for source in sorted(sources):
        for path in sorted(folder.joinpath(source).glob("*.tf"))[:_MAX_FILES]:
            try:
                if makes_functions(read_hcl(text_of(path), str(path))):
                    yield source
                    break
            except TemplateError:
                # Not asked for; who attaches that folder is told.
                continue
