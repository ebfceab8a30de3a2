"""Execute notebooks from top to bottom, headless, each in its own folder.

Writes the executed copies and HTML pages to build/; with --update, writes the outputs back into
the notebooks themselves and the README's figures into notebooks/figures/, which is how the
committed ones are made. Prints a table of times.

Run: python scripts/run_notebooks.py [--update] [NUMBER or PATH ...]      (`make run`)
"""

import argparse
import base64
import os
import shutil
import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbconvert import HTMLExporter

from llmutils.formats.files import replacing

ROOT = Path(__file__).parents[1]
NOTEBOOKS = ROOT / "notebooks"
BUILD = ROOT / "build"
OF_ONE_RUN = {
    "execution",
    "ExecuteTime",
    "papermill",
    "collapsed",
    "scrolled",
}  # in a cell's metadata
README_FIGURES = {  # notebook: (the call that draws it, file)
    "04_pretraining": ("plot_losses(history)", "losses.png"),
    "05_decoding": ("plot_temperatures(", "temperatures.png"),
}


def find(wanted: list[str]) -> dict[Path, Path]:
    """Return {notebook: where its executed copy goes} for numbers ("04") and paths; else chapters.

    A notebook of the series keeps its folder below build/, so that links hold.
    """
    chapters = sorted(NOTEBOOKS.glob("[0-9]*.ipynb"))
    found = [] if wanted else chapters
    for word in wanted:
        matches = [p for p in chapters if p.name.startswith(word.zfill(2) + "_")]
        matches = matches or [p.resolve() for p in [Path(word)] if p.suffix == ".ipynb"]
        if not matches or not matches[0].is_file():
            names = ", ".join(p.stem for p in chapters)
            sys.exit(f"no notebook {word!r}; the chapters are {names}")
        found += matches
    copies, taken = {}, {}
    for path in dict.fromkeys(found):
        inside = path.is_relative_to(NOTEBOOKS)
        copies[path] = BUILD / (path.relative_to(NOTEBOOKS) if inside else path.name)
        key = str(copies[path]).casefold()  # on some systems A.ipynb and a.ipynb are one file
        if (other := taken.setdefault(key, path)) != path:
            sys.exit(f"{path} and {other} would both be written to {copies[path]}: rename one")
        if copies[path] == path:
            sys.exit(f"{path} lies where its executed copy goes: move it")
    return copies


def execute(path: Path, timeout: int) -> tuple[nbformat.NotebookNode, str | None]:
    """Return the executed notebook, and None or the error that it came to."""
    notebook = nbformat.read(path, as_version=4)
    cells = sum(cell.cell_type == "code" for cell in notebook.cells)

    def show(cell, cell_index, **_):
        done = sum(c.cell_type == "code" for c in notebook.cells[: cell_index + 1])
        print(f"\r{path.stem}: cell {done} of {cells}", end="", flush=True)

    client = NotebookClient(
        notebook,
        timeout=timeout,
        kernel_name="python3",
        record_timing=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(path.parent)}},
        extra_arguments=["--log-level=ERROR"],
        on_cell_start=show if sys.stdout.isatty() else None,
    )
    error = None
    try:
        client.execute()
    except Exception as failure:  # of the cell, the clock or the kernel
        error = str(failure) or repr(failure)
    if sys.stdout.isatty():
        print("\r", end="")
    return notebook, error


def tidy(notebook: nbformat.NotebookNode) -> None:
    """Leave out what differs from machine to machine and run to run. Tags stay."""
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    for cell in notebook.cells:
        for key in OF_ONE_RUN & set(cell.metadata):
            del cell.metadata[key]


def save_readme_figure(notebook: nbformat.NotebookNode, name: str) -> None:
    """Write the figure that the README shows of a chapter, if it shows one."""
    call, file = README_FIGURES.get(name, (None, None))
    for cell in notebook.cells:
        if call and cell.cell_type == "code" and call in cell.source:
            for output in cell.outputs:
                if picture := output.get("data", {}).get("image/png"):
                    with replacing(NOTEBOOKS / "figures" / file) as beside:
                        beside.write_bytes(base64.b64decode(picture))


def run(path: Path, copy: Path, update: bool, timeout: int) -> str | None:
    """Execute one notebook, write what came of it, and return None or what went wrong."""
    try:
        copy.parent.mkdir(parents=True, exist_ok=True)  # before the minutes of work, not after
        notebook, error = execute(path, timeout)
        with replacing(copy) as beside:
            nbformat.write(notebook, beside)
        page, _ = HTMLExporter(embed_images=True).from_notebook_node(
            notebook, resources={"metadata": {"name": path.stem, "path": str(path.parent)}}
        )
        copy.with_suffix(".html").write_text(page, encoding="utf-8")
        if update and not error:
            tidy(notebook)
            with replacing(path) as beside:
                nbformat.write(notebook, beside)
            save_readme_figure(notebook, path.stem)
        return error
    except Exception as failure:  # no notebook, a full disk: the others have their turn
        return f"{path}: {type(failure).__name__}: {failure}"


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("notebooks", nargs="*", help="numbers or paths; all chapters if none")
    parser.add_argument("--update", action="store_true", help="write the outputs back")
    parser.add_argument("--timeout", type=int, default=1800, help="seconds for one cell")
    options = parser.parse_args()
    sys.stdout.reconfigure(errors="backslashreplace")  # a console may lack a notebook's characters
    os.environ["TQDM_DISABLE"] = "1"  # a progress bar has no place in a saved page
    copies = find(options.notebooks)
    BUILD.mkdir(exist_ok=True)
    shutil.copy(NOTEBOOKS / "glossary.md", BUILD)  # to which the notebooks link
    rows = []
    for path, copy in copies.items():
        start = time.perf_counter()
        print(f"{path.stem}: running", flush=True)
        error = run(path, copy, options.update, options.timeout)
        rows.append((path.stem, time.perf_counter() - start, "failed" if error else "ok"))
        print(f"{path.stem}: {rows[-1][2]} in {rows[-1][1]:.0f} s", flush=True)
        if error:
            print(error)
    width = max(len(name) for name, _, _ in rows)
    print(f"\n{'notebook':{width}}  seconds  result")
    for name, seconds, result in rows:
        print(f"{name:{width}}  {seconds:7.0f}  {result}")
    print(f"{'total':{width}}  {sum(seconds for _, seconds, _ in rows):7.0f}\n")
    print(f"executed copies and HTML pages: {BUILD.name}/")
    return int(any(result == "failed" for _, _, result in rows))


if __name__ == "__main__":
    sys.exit(main())
