"""The rules that bind the notebooks to the module, and the pre-check of their stored outputs.

The folder is the contract. Whatever stands in llmutils/*.py is built in the chapter that the file's
docstring names, whatever stands in llmutils/bonus/*.py in its bonus notebook: the notebook's last
definition of the name has the module's syntax tree (docstrings, comments and layout may differ),
and the notebook goes on to use it. No two files of llmutils share a name. `--fix` rewrites
definitions that have gone stale (`make fix-notebooks`); their outputs then want a new run.

Run: python scripts/notebook_contract.py [--fix] [NOTEBOOK ...]
"""

import argparse
import ast
import re
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import nbformat

from llmutils.formats.files import replacing

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "llmutils"
PLUMBING = ("formats", "pretrain")  # folders that no notebook builds
SHOWN = "plots"  # the one file beside the chapters' own that no notebook builds
IGNORE = "# NBVAL_IGNORE_OUTPUT"  # as a cell's first line, or
IGNORE_TAG = "nbval-ignore-output"  # as its tag: nbval does not compare the output
SHIPPED_MODEL = "from llmutils.weights import load_pretrained\n"
MAX_IGNORED = 0.15  # share of a notebook's code cells whose output may go unchecked
PYTHON_MAGICS = ("%%time", "%%capture", "%%prun")  # names that their cells define stay
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
BLOCKS = (*FUNCTIONS, ast.ClassDef)
DEFINING = (*BLOCKS, ast.Assign, ast.AnnAssign)
SCOPES = (*BLOCKS, ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


@dataclass(frozen=True)
class Definition:
    """A top-level name of the module, or what a notebook's cell binds a name to."""

    name: str
    node: ast.stmt  # the statement that binds it
    source: str  # of the whole file or cell

    @property
    def lines(self) -> tuple[int, int]:
        """First line, decorators included, and last, counted from 1."""
        decorators = getattr(self.node, "decorator_list", [])
        return min([self.node.lineno, *(d.lineno for d in decorators)]), self.node.end_lineno

    def text(self) -> str:
        """Return the lines of the definition."""
        first, last = self.lines
        return "\n".join(self.source.split("\n")[first - 1 : last])

    def same_as(self, other: "Definition") -> bool:
        """Compare syntax trees without docstrings."""
        return _bare(self.node) == _bare(other.node)


# --- what a source binds -------------------------------------------------------------------------


def parse(source: str) -> ast.Module:
    """Parse Python as a cell may hold it, with `await` outside functions."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)
        flags = ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        return compile(source, "<cell>", "exec", flags)


def without_magics(source: str) -> str:
    """Return the Python of a cell, line by line: magics are rewritten by IPython's own rules."""
    try:
        parse(source)
        return source  # no magic parses as Python, and a line that begins with % may be a modulo
    except SyntaxError:
        from IPython.core.inputtransformer2 import TransformerManager

    lines = [line + "\n" for line in source.split("\n")]
    first = next((i for i, line in enumerate(lines) if line.strip()), 0)
    if lines[first].startswith("%%"):
        if lines[first].split()[0] not in PYTHON_MAGICS:
            return "\n" * source.count("\n")  # another language
        lines[first] = "\n"
    manager = TransformerManager()
    for transform in manager.cleanup_transforms:  # indentation, and prompts such as >>> or In [1]:
        after = transform(lines)
        lines = ["\n"] * (len(lines) - len(after)) + after
    changed = True
    while changed:
        changed, after = manager.do_one_token_transform(lines)
        # a magic that went over several lines is now one: empty lines keep the numbers right
        pairs = zip(lines, after, strict=False)
        end = next((i for i, (old, new) in enumerate(pairs) if old != new), 0) + 1
        lines = after[:end] + ["\n"] * (len(lines) - len(after)) + after[end:]
    return "".join(lines)[:-1]


@cache
def definitions(source: str) -> tuple[Definition, ...]:
    """Return what some source binds at its top level: classes, functions, constants, imports."""
    return tuple(
        Definition(name, node, source)
        for node in _statements(parse(source).body)
        for name in _bound(node)
    )


def _statements(body: list[ast.AST]) -> Iterator[ast.stmt]:
    """Yield the statements of one scope, and those inside its `if`, `for`, `with`, `try`, ..."""
    for node in body:
        if isinstance(node, ast.stmt):
            yield node
        if not isinstance(node, BLOCKS):
            for part in ("body", "orelse", "finalbody", "handlers", "cases"):
                yield from _statements(getattr(node, part, []))


def _bound(node: ast.stmt) -> list[str]:
    """Return the names that one statement binds, imports of llmutils' own names aside."""
    if isinstance(node, BLOCKS):
        return [node.name]
    if isinstance(node, ast.Import | ast.ImportFrom):
        ours = str(getattr(node, "module", "")).startswith("llmutils")
        return [
            a.asname or a.name for a in node.names if not ours or a.asname not in (None, a.name)
        ]
    names, parts = [], [node]
    while parts:
        part = parts.pop(0)
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
            names.append(part.id)
        parts += [n for n in ast.iter_child_nodes(part) if not isinstance(n, (ast.stmt, *SCOPES))]
    return names


def module_files(package: Path = PACKAGE) -> dict[str, Path]:
    """Return {dotted name below llmutils: file}."""
    files = sorted(path for path in package.rglob("*.py") if "__pycache__" not in path.parts)
    return {".".join(path.relative_to(package).with_suffix("").parts): path for path in files}


def module_definitions(package: Path = PACKAGE) -> dict[str, dict[str, Definition]]:
    """Return {module: {name: definition}} of the core and, as "bonus.muon", of the bonus."""
    return {
        module: names
        for module, names in _all_definitions(package).items()
        if module.split(".")[0] not in PLUMBING and not module.endswith("__init__")
    }


def _all_definitions(package: Path) -> dict[str, dict[str, Definition]]:
    return {
        module: {
            definition.name: definition
            for definition in definitions(path.read_text(encoding="utf-8"))
            if not isinstance(definition.node, ast.Import | ast.ImportFrom)
            and not definition.name.startswith("__")
        }
        for module, path in module_files(package).items()
    }


def notebook_definitions(notebook: nbformat.NotebookNode) -> list[tuple[int, Definition]]:
    """Return (index of the cell, definition) for all that the readable cells bind."""
    return [
        (index, definition)
        for index, source in _sources(notebook)
        for definition in definitions(source)
    ]


def _sources(notebook: nbformat.NotebookNode) -> list[tuple[int, str]]:
    """Return (index, Python without magics) of each code cell that can be read."""
    return [(index, source) for index, source, error in _read_cells(notebook) if error is None]


def unreadable(notebook: nbformat.NotebookNode) -> list[str]:
    """Return the code cells that are no Python even without magics: they cannot be compared."""
    return [
        f"{_place(notebook, index)} is not Python: {error}"
        for index, _, error in _read_cells(notebook)
        if error is not None
    ]


def _read_cells(notebook: nbformat.NotebookNode) -> Iterator[tuple[int, str, Exception | None]]:
    for index, cell in enumerate(notebook.cells):
        if cell.cell_type == "code":
            try:
                source = without_magics(cell.source)
                parse(source)
                yield index, source, None
            except Exception as error:  # SyntaxError, and whatever IPython's transformers raise
                yield index, "", error


def _place(notebook: nbformat.NotebookNode, index: int) -> str:
    """Name a cell by the number that JupyterLab shows beside it."""
    return f"code cell {sum(cell.cell_type == 'code' for cell in notebook.cells[: index + 1])}"


# --- notebooks against the module ----------------------------------------------------------------


def stale(notebook: nbformat.NotebookNode) -> list[tuple[int, Definition, Definition]]:
    """Return (index of the cell, its definition, the module's) where the two differ."""
    theirs = {}
    for module, names in module_definitions().items():
        if twice := theirs.keys() & names:
            raise ValueError(f"{', '.join(sorted(twice))}: in llmutils.{module} and elsewhere too")
        theirs |= names
    return [
        (index, mine, theirs[mine.name])
        for index, mine in notebook_definitions(notebook)
        if mine.name in theirs and not mine.same_as(theirs[mine.name])
    ]


def fix(path: Path) -> list[str]:
    """Rewrite a notebook's stale definitions from the module; return their names.

    What cannot be replaced without touching something else stays as it is (see `replaced`).
    """
    notebook = nbformat.read(path, as_version=4)
    fixed = []
    for index, mine, theirs in reversed(stale(notebook)):  # from below, so that line numbers stay
        cell = notebook.cells[index]
        try:
            cell.source = replaced(cell.source, mine, theirs)
        except ValueError:
            continue
        cell.outputs, cell.execution_count = [], None
        fixed.insert(0, mine.name)
    if fixed:
        with replacing(path) as beside:
            nbformat.write(notebook, beside)
    return fixed


def replaced(cell: str, mine: Definition, theirs: Definition) -> str:
    """Return a cell with the module's definition in place of its own.

    Raises:
        ValueError: why that cannot be done by whole lines.
    """
    node, rows, (first, last) = mine.node, cell.split("\n"), mine.lines
    if "\r" in cell.replace("\r\n", ""):
        raise ValueError("a stray carriage return makes its lines uncertain")
    if not isinstance(node, DEFINING):
        raise ValueError(f"it is bound by a statement of another kind, {type(node).__name__}")
    if len(_bound(node)) > 1 or len(getattr(node, "targets", [node])) > 1:
        raise ValueError("its statement binds other names too")
    rest = rows[last - 1].encode()[node.end_col_offset :].decode(errors="replace").strip()
    if node.col_offset or (rest and not rest.startswith("#")):
        raise ValueError("it shares a line with another statement, or stands inside one")
    new = "\n".join([*rows[: first - 1], *_with_short_docstrings(theirs).split("\n"), *rows[last:]])
    # whatever else is written in the cell must mean what it meant
    before = parse(without_magics(cell)).body
    wanted = [theirs.node if part.lineno == node.lineno else part for part in before]
    try:
        after = parse(without_magics(new)).body
    except SyntaxError:
        after = []
    if [_bare(part) for part in after] != [_bare(part) for part in wanted]:
        raise ValueError("the rest of the cell would not stay as it is")
    return new


def unbuilt(modules: dict[str, dict[str, Definition]]) -> list[str]:
    """Return the names of the module that no notebook builds, and why each of them counts so."""
    faults = []
    for module, names in modules.items():
        if module == SHOWN:
            continue
        path = PACKAGE.joinpath(*module.split(".")).with_suffix(".py")
        notebook = _built_in(path)
        room = "bonus/" if module.startswith("bonus.") else "[0-9][0-9]_"
        if not re.match(f"notebooks/{room}", notebook) or not (ROOT / notebook).is_file():
            faults.append(f"{module}: the docstring does not say 'Built in notebooks/….ipynb'")
            continue
        reasons = not_built(nbformat.read(ROOT / notebook, as_version=4), names)
        faults += [f"{module}.{name} is {reason} {notebook}" for name, reason in reasons.items()]
    return faults


def not_built(notebook: nbformat.NotebookNode, names: dict[str, Definition]) -> dict[str, str]:
    """Return {name: reason} for those of the names that a notebook does not build and then use.

    A name is used if a statement after its last definition leads to it, be it through functions
    and classes that the notebook defines.
    """
    steps = [node for _, source in _sources(notebook) for node in parse(source).body]
    last, bodies = {}, {}  # {name: (step, statement that binds it)}, {name: what its code reads}
    for step, node in enumerate(steps):
        for part in _statements([node]):
            last |= {name: (step, part) for name in _bound(part)}
            if isinstance(part, BLOCKS):
                bodies[part.name] = _read(part)
    reasons = {}
    for name, theirs in names.items():
        step, node = last.get(name, (0, None))
        later = [part for part in steps[step + 1 :] if not isinstance(part, BLOCKS)]
        if name.startswith("_"):
            reasons[name] = "private, though typed in"
        elif node is None:
            reasons[name] = "not in"
        elif _bare(node) != _bare(theirs.node):
            reasons[name] = "last defined otherwise in"
        elif name not in _reached({word for part in later for word in _read(part)}, bodies):
            reasons[name] = "not used after its definition in"
    return reasons


def _read(node: ast.AST) -> set[str]:
    """Return the names that a piece of code reads."""
    names = (part for part in ast.walk(node) if isinstance(part, ast.Name))
    return {name.id for name in names if isinstance(name.ctx, ast.Load)}


def _reached(names: set[str], bodies: dict[str, set[str]]) -> set[str]:
    """Return the names and whatever their definitions read, and theirs, and so on."""
    reached = set()
    while names := names - reached:
        reached |= names
        names = {word for name in names for word in bodies.get(name, ())}
    return reached


def early_imports(path: Path, notebook: nbformat.NotebookNode) -> list[str]:
    """Return what a chapter imports though it is built only in a later one.

    `load_pretrained` may come before its chapter: the model that ships is needed from early on.
    """
    number = re.match(r"\d+(?=_)", path.name)
    imports = {
        (index, module)
        for index, source in _sources(notebook)
        for module, _ in _imported(parse(source.replace(SHIPPED_MODEL, "")))
    }
    return [
        f"{_place(notebook, index)} imports llmutils.{module}, built in chapter {chapter}"
        for index, module in sorted(imports)
        if number and (chapter := _chapter(PACKAGE / f"{module}.py")) > int(number[0])
    ]


def module_faults(package: Path = PACKAGE) -> list[str]:
    """Return where llmutils breaks its own rules: names, top-level statements, imports."""
    faults, homes = [], {}
    for module, names in _all_definitions(package).items():
        for name in names:
            homes.setdefault(name, []).append(module)
    faults += [f"{name} stands in {' and '.join(m)}" for name, m in homes.items() if len(m) > 1]
    for module, path in module_files(package).items():
        room = module.split(".")[0] if "." in module else "core"
        if room in PLUMBING:
            continue
        if room not in ("core", "bonus"):
            faults.append(f"{module}: no notebook builds what stands in {room}/")
        tree = parse(path.read_text(encoding="utf-8"))
        faults += [
            f"{module}: line {node.lineno} is neither an import nor a definition"
            for node in tree.body[1:]
            if not isinstance(node, ast.Import | ast.ImportFrom)
            and not (isinstance(node, DEFINING) and _bound(node))
            and not (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING")
        ]
        if path.name == "__init__.py" and any(
            not name.startswith("__") for node in tree.body for name in _bound(node)
        ):
            faults.append(f"{module}: more than a docstring and a version")
        for name, in_function in sorted(set(_imported(tree))):
            if name in PLUMBING and not in_function:
                faults.append(f"{module} imports {name} outside a function")
            if 0 < _chapter(path) < _chapter(package / f"{name}.py"):
                faults.append(f"{module} imports {name}, which a later chapter builds")
    return faults


def _imported(tree: ast.AST, in_function: bool = False) -> list[tuple[str, bool]]:
    """Return (file or folder of llmutils, whether inside a function) for each import of ours."""
    names, found = [], []
    if isinstance(tree, ast.Import):
        names = [alias.name for alias in tree.names]
    elif isinstance(tree, ast.ImportFrom):
        base = ["llmutils"] * bool(tree.level) + [tree.module] * bool(tree.module)
        names = [".".join([*base, alias.name]) for alias in tree.names]
    for name in names:
        if name.startswith("llmutils."):
            found.append((name.split(".")[1], in_function))
    for node in ast.iter_child_nodes(tree):
        found += _imported(node, in_function or isinstance(tree, FUNCTIONS))
    return found


def _built_in(path: Path) -> str:
    """Return the notebook that a module's docstring names, or ""."""
    source = path.read_text(encoding="utf-8") if path.is_file() else ""
    docstring = ast.get_docstring(ast.parse(source)) or ""
    match = re.search(r"Built in (notebooks/[\w/]+\.ipynb)", docstring)
    return match[1] if match else ""


def _chapter(path: Path) -> int:
    """Return the number of the chapter that builds a module, 0 if none does."""
    match = re.match(r"notebooks/(\d\d)_", _built_in(path))
    return int(match[1]) if match else 0


# --- stored outputs ------------------------------------------------------------------------------


def output_faults(notebook: nbformat.NotebookNode) -> list[str]:
    """Return what nbval would let pass: missing runs, stored errors, outputs that must differ."""
    faults = []
    cells = [c for c in notebook.cells if c.cell_type == "code"]
    counts = [cell.execution_count for cell in cells]
    if counts != list(range(1, len(cells) + 1)):
        faults.append(f"execution counts are {counts}, not 1..{len(cells)}: run it top to bottom")
    ignored = 0
    for number, cell in enumerate(cells, start=1):
        where = f"code cell {number}"
        tags = cell.metadata.get("tags", [])
        if others := [t for t in tags if t.startswith("nbval-") and t != IGNORE_TAG]:
            faults.append(f"{where} is tagged {others[0]}: the only tag of nbval is {IGNORE_TAG}")
        marked = re.search(r"NBVAL|PYTEST_VALIDATE", cell.source)
        if marked and (cell.source.split("\n")[0] != IGNORE or cell.source.count("NBVAL") > 1):
            faults.append(f"{where}: the only marker is {IGNORE!r}, as the first line")
        if marked or IGNORE_TAG in tags:
            ignored += 1
            follower = cells[number].source if number < len(cells) else ""
            if not re.search(r"^\s*assert |assert_close", follower, re.MULTILINE):
                faults.append(f"{where} ignores its output and the next code cell asserts nothing")
        for output in cell.get("outputs", []):
            if output.output_type == "error" or output.get("name") == "stderr":
                faults.append(f"{where} stores {output.get('name', 'an error')}")
            text = output.get("text", "") + str(output.get("data", {}).get("text/plain", ""))
            if re.search(r"(?<!\w)(/(home|root|tmp|work|usr|Users)/|[A-Z]:\\)", text):
                faults.append(f"{where} stores a path of one machine")
            if re.search(r"\b\d{1,2}:\d\d:\d\d\b| at 0x[0-9a-f]{6,}", text):
                faults.append(f"{where} stores a time of day or an address in memory")
    if cells and ignored / len(cells) > MAX_IGNORED:
        faults.append(f"{ignored} of {len(cells)} code cells ignore their output")
    return faults


# --- syntax trees --------------------------------------------------------------------------------


def _bare(node: ast.stmt) -> str:
    """Return a syntax tree as text, without docstrings and without marks of its spelling."""
    tree = ast.parse(ast.unparse(node))
    for part in ast.walk(tree):
        if isinstance(part, BLOCKS) and ast.get_docstring(part) is not None:
            part.body = part.body[1:] or [ast.Pass()]
    return ast.dump(tree)


def _with_short_docstrings(definition: Definition) -> str:
    """Return the module's text with each docstring cut to its first line."""
    text = definition.text()
    lines, cut = text.split("\n"), []
    for part in ast.walk(ast.parse(text)):
        if isinstance(part, BLOCKS) and ast.get_docstring(part):
            cut.append((part.body[0].lineno - 1, part.body[0].end_lineno - 1))
    for first, last in sorted(cut, reverse=True):
        if last > first:
            lines[first : last + 1] = [lines[first] + '"""']
    return "\n".join(lines)


def check(path: Path, rewrite: bool) -> list[str]:
    """Return the faults of one notebook, after `fix` if asked for; say what that has rewritten."""
    try:
        names = fix(path) if rewrite else []
        for name in names:
            print(f"{path.name}: {name} rewritten; run `make outputs` to refresh its outputs")
        notebook = nbformat.read(path, as_version=4)
        faults = unreadable(notebook)
        for index, mine, theirs in stale(notebook):
            fault = f"{_place(notebook, index)}: {mine.name} differs from the module"
            try:
                replaced(notebook.cells[index].source, mine, theirs)
            except ValueError as reason:
                fault += f", and --fix leaves it alone: {reason}"
            faults.append(fault)
        if not rewrite:
            faults += early_imports(path, notebook) + output_faults(notebook)
        elif not names and not faults:
            print(f"{path.name}: nothing to rewrite")
        return faults
    except Exception as error:  # of whatever kind: the other notebooks have their turn
        return [f"cannot be checked: {type(error).__name__}: {error}"]


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("notebooks", nargs="*", type=Path, help="all notebooks if none is named")
    parser.add_argument("--fix", action="store_true", help="rewrite stale definitions")
    options = parser.parse_args()
    sys.stdout.reconfigure(errors="backslashreplace")  # a console may lack a notebook's characters
    bad = 0
    if not options.notebooks and not options.fix:
        for fault in module_faults() + unbuilt(module_definitions()):
            print(f"llmutils: {fault}")
            bad += 1
    for path in options.notebooks or notebooks():
        for fault in check(path, options.fix):
            print(f"{path.name}: {fault}")
            bad += 1
    return int(bad > 0)


def notebooks() -> list[Path]:
    """Return all notebooks of the series."""
    found = sorted((ROOT / "notebooks").rglob("*.ipynb"))
    return [path for path in found if ".ipynb_checkpoints" not in path.parts]


if __name__ == "__main__":
    sys.exit(main())
