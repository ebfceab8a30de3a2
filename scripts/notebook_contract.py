"""The rules that bind the notebooks to the module, and the pre-check of their stored outputs.

A name of llmutils means the same everywhere: where a notebook defines it, its syntax tree equals
the module's; docstrings, comments and layout may differ. `--fix` rewrites the
definitions that have gone stale (`make fix-notebooks`); their outputs then want a new run.

Run: python scripts/notebook_contract.py [--fix] [NOTEBOOK ...]
"""

import argparse
import ast
import re
import sys
from dataclasses import dataclass
from pathlib import Path

import nbformat

ROOT = Path(__file__).parents[1]
IGNORE = "# NBVAL_IGNORE_OUTPUT"
MAX_IGNORED = 0.15  # share of a notebook's code cells whose output may go unchecked
PLUMBING = {  # public names that no notebook builds: "*" for all of a module
    "download": "*",
    "plots": "*",
    "distributed": "*",
    "checkpoint": "*",
    "muon": "*",
    "gpt2_files": "*",
    "weights": {
        "ASSETS",
        "load_pretrained",
        "save_compact",
        "save_pretrained",
        "export_openai",
        "export_gguf",
        "gpt2_params",
    },
    "messages": "*",
    "classify": {"save_classifier", "load_classifier"},
    "instruct": {"EMBEDDED", "load_entries", "save_responses"},
    "judge": "*",
    "pretrain": "*",
    "data": {"TokenFile"},  # GPTDataset with its ids in a file
    "tokenizer": {"GPT2_SPLIT_PATTERN", "GPT2_TABLE_SHA256", "get_tokenizer"},
    "generate": {"Prompts"},
    # taught by its draft, which a cell proves equal; the schedule by the bonus notebook
    "train": {"train_model", "learning_rate_factor"},
}


@dataclass(frozen=True)
class Definition:
    """A top-level name of the module, or the same name in a notebook's cell."""

    name: str
    node: ast.stmt
    source: str  # of the whole file or cell

    def text(self) -> str:
        """Return the lines of the definition, decorators included."""
        first = min([self.node.lineno, *(d.lineno for d in _decorators(self.node))])
        return "\n".join(self.source.splitlines()[first - 1 : self.node.end_lineno])

    def same_as(self, other: "Definition") -> bool:
        """Compare syntax trees without docstrings."""
        return _bare(self.node) == _bare(other.node)


def definitions(source: str) -> list[Definition]:
    """Return the classes, functions and constants that some source defines at its top level."""
    found = []
    for node in ast.parse(source).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            names = [node.name]
        elif isinstance(node, ast.Assign):
            names = [target.id for target in node.targets if isinstance(target, ast.Name)]
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names = [node.target.id]
        else:
            names = []
        found += [Definition(name, node, source) for name in names]
    return found


def module_definitions(package: Path = ROOT / "llmutils") -> dict[str, dict[str, Definition]]:
    """Return {module: {name: definition}}, private helpers included."""
    modules = {}
    for path in sorted(package.glob("*.py")):
        if not path.stem.startswith("_"):
            found = definitions(path.read_text(encoding="utf-8"))
            modules[path.stem] = {definition.name: definition for definition in found}
    return modules


def notebook_definitions(notebook: nbformat.NotebookNode) -> list[tuple[int, Definition]]:
    """Return (index of the cell, definition) for every definition in a notebook."""
    return [
        (index, definition)
        for index, cell in enumerate(notebook.cells)
        if cell.cell_type == "code"
        for definition in definitions(_without_magics(cell.source))
    ]


def stale(notebook: nbformat.NotebookNode) -> list[tuple[int, Definition, Definition]]:
    """Return (index of the cell, its definition, the module's) where the two differ."""
    theirs = {n: d for names in module_definitions().values() for n, d in names.items()}
    return [
        (index, mine, theirs[mine.name])
        for index, mine in notebook_definitions(notebook)
        if mine.name in theirs and not mine.same_as(theirs[mine.name])
    ]


def fix(path: Path) -> list[str]:
    """Rewrite a notebook's stale definitions from the module; return their names."""
    notebook = nbformat.read(path, as_version=4)
    fixed = stale(notebook)
    for index, mine, theirs in fixed:
        cell = notebook.cells[index]
        cell.source = cell.source.replace(mine.text(), _with_short_docstrings(theirs), 1)
        cell.outputs, cell.execution_count = [], None
    if fixed:
        nbformat.write(notebook, path)
    return [mine.name for _, mine, _ in fixed]


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
        if re.search(r"NBVAL|PYTEST_VALIDATE", cell.source):
            if cell.source.splitlines()[0] != IGNORE or cell.source.count("NBVAL") > 1:
                faults.append(f"{where}: the only marker is {IGNORE!r}, as the first line")
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


def unbuilt(modules: dict[str, dict[str, Definition]]) -> list[str]:
    """Return the public names that no notebook builds, and the modules that name no notebook."""
    missing = []
    for module, names in modules.items():
        plumbing = PLUMBING.get(module, set())
        if plumbing == "*":
            continue
        source = (ROOT / "llmutils" / f"{module}.py").read_text(encoding="utf-8")
        docstring = ast.get_docstring(ast.parse(source)) or ""
        match = re.search(r"Built in (notebooks/[\w/]+\.ipynb)$", docstring)
        if not match:
            missing.append(f"{module}: the docstring does not end in 'Built in notebooks/…ipynb'")
            continue
        notebook = nbformat.read(ROOT / match[1], as_version=4)
        built = {definition.name for _, definition in notebook_definitions(notebook)}
        missing += [
            f"{module}.{name} is not in {match[1]}"
            for name in names
            if not name.startswith("_") and name not in built | plumbing
        ]
    return missing


def _decorators(node: ast.stmt) -> list[ast.expr]:
    return getattr(node, "decorator_list", [])


def _bare(node: ast.stmt) -> str:
    """Return a syntax tree as text, docstrings and quoting of annotations aside."""
    tree = ast.parse(ast.unparse(node))
    for part in ast.walk(tree):
        if isinstance(part, ast.ClassDef | ast.FunctionDef) and ast.get_docstring(part) is not None:
            part.body = part.body[1:] or [ast.Pass()]
    return ast.dump(tree)


def _with_short_docstrings(definition: Definition) -> str:
    """Return the module's text with each docstring cut to its first line."""
    text = definition.text()
    lines, cut = text.splitlines(), []
    for part in ast.walk(ast.parse(text)):
        if isinstance(part, ast.ClassDef | ast.FunctionDef) and ast.get_docstring(part):
            cut.append((part.body[0].lineno - 1, part.body[0].end_lineno - 1))
    for first, last in sorted(cut, reverse=True):
        if last > first:
            lines[first : last + 1] = [lines[first] + '"""']
    return "\n".join(lines)


def _without_magics(source: str) -> str:
    """Blank the lines that only IPython understands, so that line numbers stay."""
    return re.sub(r"^\s*[%!].*$", "", source, flags=re.MULTILINE)


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("notebooks", nargs="*", type=Path, help="all notebooks if none is named")
    parser.add_argument("--fix", action="store_true", help="rewrite stale definitions")
    options = parser.parse_args()
    bad = 0
    for path in options.notebooks or sorted((ROOT / "notebooks").rglob("*.ipynb")):
        if ".ipynb_checkpoints" in path.parts:
            continue
        if options.fix:
            for name in fix(path):
                print(f"{path.name}: {name} rewritten; run `make outputs` to refresh its outputs")
        notebook = nbformat.read(path, as_version=4)
        faults = [f"{mine.name} differs from the module" for _, mine, _ in stale(notebook)]
        faults += [] if options.fix else output_faults(notebook)
        bad += len(faults)
        for fault in faults:
            print(f"{path.name}: {fault}")
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main())
