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
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbconvert import HTMLExporter

ROOT = Path(__file__).parents[1]
NOTEBOOKS = ROOT / "notebooks"
README_FIGURES = {  # notebook: (the call that draws it, file)
    "04_pretraining": ("plot_losses(history)", "losses.png"),
    "05_decoding": ("plot_temperatures(", "temperatures.png"),
}


def find(wanted: list[str]) -> list[Path]:
    """Return the notebooks asked for by number ("04") or path; the chapters if none is named."""
    chapters = sorted(NOTEBOOKS.glob("[0-9]*.ipynb"))
    if not wanted:
        return chapters
    found = []
    for word in wanted:
        matches = [p for p in chapters if p.name.startswith(word.zfill(2) + "_")]
        matches = matches or [p.resolve() for p in [Path(word)] if p.suffix == ".ipynb"]
        if not matches or not matches[0].is_file():
            names = ", ".join(p.stem for p in chapters)
            sys.exit(f"no notebook {word!r}; the chapters are {names}")
        found += matches
    return found


def execute(path: Path, timeout: int) -> tuple[nbformat.NotebookNode, str | None]:
    """Return the executed notebook and None, or as far as it came and its error."""
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
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as failure:
        error = str(failure)
    if sys.stdout.isatty():
        print("\r", end="")
    return notebook, error


def tidy(notebook: nbformat.NotebookNode) -> None:
    """Leave out what differs from machine to machine."""
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    for cell in notebook.cells:
        cell.metadata = {}


def save_readme_figure(notebook: nbformat.NotebookNode, name: str) -> None:
    """Write the figure that the README shows of a chapter, if it shows one."""
    call, file = README_FIGURES.get(name, (None, None))
    for cell in notebook.cells:
        if call and cell.cell_type == "code" and call in cell.source:
            for output in cell.outputs:
                if picture := output.get("data", {}).get("image/png"):
                    (NOTEBOOKS / "figures" / file).write_bytes(base64.b64decode(picture))


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("notebooks", nargs="*", help="numbers or paths; all chapters if none")
    parser.add_argument("--update", action="store_true", help="write the outputs back")
    parser.add_argument("--timeout", type=int, default=1800, help="seconds for one cell")
    options = parser.parse_args()
    os.environ["TQDM_DISABLE"] = "1"  # a progress bar has no place in a saved page
    build = ROOT / "build"
    build.mkdir(exist_ok=True)
    shutil.copy(NOTEBOOKS / "glossary.md", build)  # to which the notebooks link
    rows, failed = [], False
    for path in find(options.notebooks):
        start = time.perf_counter()
        print(f"{path.stem}: running", flush=True)
        notebook, error = execute(path, options.timeout)
        rows.append((path.stem, time.perf_counter() - start, "failed" if error else "ok"))
        print(f"{path.stem}: {rows[-1][2]} in {rows[-1][1]:.0f} s", flush=True)
        inside = path.is_relative_to(NOTEBOOKS)  # the same folders there, so that links hold
        folder = build / path.parent.relative_to(NOTEBOOKS) if inside else build
        folder.mkdir(exist_ok=True)
        nbformat.write(notebook, folder / path.name)
        page, _ = HTMLExporter(embed_images=True).from_notebook_node(
            notebook, resources={"metadata": {"name": path.stem, "path": str(path.parent)}}
        )
        (folder / f"{path.stem}.html").write_text(page, encoding="utf-8")
        if error:
            failed = True
            print(error)
        elif options.update:
            tidy(notebook)
            nbformat.write(notebook, path)
            save_readme_figure(notebook, path.stem)
    width = max(len(name) for name, _, _ in rows)
    print(f"\n{'notebook':{width}}  seconds  result")
    for name, seconds, result in rows:
        print(f"{name:{width}}  {seconds:7.0f}  {result}")
    print(f"{'total':{width}}  {sum(seconds for _, seconds, _ in rows):7.0f}\n")
    print(f"executed copies and HTML pages: {build.name}/")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
