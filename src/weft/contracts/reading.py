"""From the files of a folder to a mesh: every problem of every file at once, each at its own place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from weft._kit import yaml
from weft._kit.nearest import nearest
from weft._kit.place import Path, Unreadable
from weft.contracts.declared.draft import Draft
from weft.contracts.declared.endpoints import address
from weft.contracts.declared.environments import environments_of
from weft.contracts.declared.findings import DeclaredFile, Findings
from weft.contracts.declared.folder import Folder
from weft.contracts.declared.models import check_models
from weft.contracts.declared.policies import check_names, policy_of
from weft.contracts.declared.products import FilterCheck, ReadProduct, read_product
from weft.contracts.declared.shapes import declared
from weft.model import declaration
from weft.model.mesh import Environment, Identities, Mesh, Policy, User
from weft.model.problem import Problem

_Read = tuple[DeclaredFile, declaration.Declaration]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a folder says: the mesh, unless an error stands in the way, and everything that was found."""

    mesh: Mesh | None
    problems: tuple[Problem, ...]

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems that stop a plan."""
        return tuple(problem for problem in self.problems if problem.severity == "error")


def is_declaration(path: str) -> bool:
    """Whether a file is read as a declaration: YAML outside of hidden folders."""
    parts = path.split("/")
    return path.endswith((".yaml", ".yml")) and not any(part.startswith(".") for part in parts)


def read_mesh(files: Mapping[str, bytes], folder: str, *, filter_check: FilterCheck | None = None) -> Reading:
    """Read a mesh. `files` has contents by path from the mesh's folder, with `/` between the parts; only declarations and
    the files that they name are looked into, so a mapping that reads on demand will do. `folder` is the mesh's folder.
    """
    findings = Findings()
    read = list(_declarations(files, findings))
    policies = tuple(policy_of(file, found) for file, found in read if isinstance(found, declaration.Policy))
    identities = _identities(read)
    products = _products(read, Folder(files, findings), policies, filter_check)
    check_models([model for read in products for model in read.models], [read.product for read in products])
    for product in products:
        check_names(product.draft, product.product, policies)
    _check_unique(read)
    _check_endpoints(products)
    _check_roles(products, identities)
    _check_cleared(read, identities)
    mesh = _mesh(read, folder, products, policies, identities)
    return Reading(None if findings.failed else mesh, findings.sorted())


def _declarations(files: Mapping[str, bytes], findings: Findings) -> Iterator[_Read]:
    for name in sorted(filter(is_declaration, files)):
        try:
            document = yaml.read(files[name])
        except Unreadable as error:
            findings.unreadable(name, error.fault.place, error.fault.rule, error.fault.message)
            continue
        for fault in document.faults:
            findings.unreadable(name, fault.place, fault.rule, fault.message)
        file = DeclaredFile(name, document, findings)
        found = declared(file)
        if found is not None:
            yield file, found


def _products(
    read: Sequence[_Read], folder: Folder, policies: Sequence[Policy], filter_check: FilterCheck | None
) -> list[ReadProduct]:
    return [
        read_product(Draft(file, found, folder), policies, filter_check)
        for file, found in read
        if isinstance(found, declaration.DataProduct)
    ]


def _identities(read: Sequence[_Read]) -> Identities:
    _check_single(read, declaration.Identities)
    found = next((found for _, found in read if isinstance(found, declaration.Identities)), None)
    if found is None:
        return Identities()
    users = tuple(
        User(id=one.id, name=one.name or one.id, roles=frozenset(one.roles), person=person)
        for kind, person in ((found.spec.users, True), (found.spec.clients, False))
        for one in kind
    )
    return Identities(users=users, sign_in=found.spec.sign_in)


def _mesh(
    read: Sequence[_Read],
    folder: str,
    products: Sequence[ReadProduct],
    policies: Sequence[Policy],
    identities: Identities,
) -> Mesh:
    _check_single(read, declaration.Mesh)
    name, environments = folder.rstrip("/").rsplit("/", 1)[-1] or "mesh", {"local": Environment()}
    for file, found in read:
        if isinstance(found, declaration.Mesh):
            name, environments = found.metadata.name, environments_of(file, found)
            break
    return Mesh(
        name=name,
        folder=folder,
        products=tuple(read.product for read in products),
        policies=tuple(policies),
        identities=identities,
        environments=environments,
    )


def _check_single(read: Sequence[_Read], kind: type[declaration.Declaration]) -> None:
    files = [file for file, found in read if isinstance(found, kind)]
    for file in files[1:]:
        what = f"there is already a {kind.__name__} in {files[0].name}"
        file.problem("WEFT-1208", ("kind",), what, fix="keep one of the two files")


def _check_unique(read: Sequence[_Read]) -> None:
    for kind in (declaration.DataProduct, declaration.Policy):
        first: dict[str, str] = {}
        for file, found in read:
            if isinstance(found, kind):
                _take(file, ("metadata", "name"), found.metadata.name, first)
    for file, found in read:
        if isinstance(found, declaration.Identities):
            _check_unique_ids(file, found)


def _check_unique_ids(file: DeclaredFile, found: declaration.Identities) -> None:
    first: dict[str, str] = {}
    for part in ("users", "clients"):
        for index, one in enumerate(getattr(found.spec, part)):
            _take(file, ("spec", part, index, "id"), one.id, first)


def _take(file: DeclaredFile, path: Path, name: str, first: dict[str, str]) -> None:
    taken = first.setdefault(name, f"{file.name}:{file.mark(path).line}")
    if taken != f"{file.name}:{file.mark(path).line}":
        file.problem("WEFT-1208", path, f"`{name}` is taken: first in {taken}", fix="rename one of them")


def _check_endpoints(products: Sequence[ReadProduct]) -> None:
    first: dict[str, str] = {}
    for read in products:
        rest = read.draft.spec.apis.rest
        for index, written in enumerate(rest.endpoints if isinstance(rest, declaration.Rest) else ()):
            taken = first.get(address(written))
            first.setdefault(address(written), f"{written} of {read.product.name}")
            if taken:
                path: Path = ("spec", "apis", "rest", "endpoints", index)
                what = f"`{written}` is taken: by {taken}"
                read.draft.file.problem("WEFT-1602", path, what, fix="give it another first word")


def _check_roles(products: Sequence[ReadProduct], identities: Identities) -> None:
    held = {role for user in identities.users for role in user.roles}
    for read in products:
        for index, grant in enumerate(read.product.access):
            _check_role(read.draft.file, ("spec", "access", index, "role"), grant.role, held)


def _check_cleared(read: Sequence[_Read], identities: Identities) -> None:
    held = {role for user in identities.users for role in user.roles}
    for file, found in read:
        if not isinstance(found, declaration.Policy):
            continue
        classes = found.spec.classification
        for name in classes.__struct_fields__:
            rule = getattr(classes, name)
            for index, role in enumerate(rule.cleared if isinstance(rule, declaration.ClassSpec) else ()):
                _check_role(file, ("spec", "classification", name, "cleared", index), role, held)


def _check_role(file: DeclaredFile, path: Path, role: str, held: set[str]) -> None:
    """Note a role that nobody has. Where nobody is declared, an outside provider knows the roles."""
    if not held or role in held:
        return
    guess = nearest(role, held)
    fix = f"did you mean `{guess}`?" if guess else "give it to someone in identities.yaml"
    file.problem("WEFT-1205", path, f"nobody has the role `{role}`", fix=fix)
