"""The notebook contract, and proof that the gate bites: a red result for each kind of damage."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "scripts"))
import notebook_contract as contract  # noqa: E402

NOTEBOOKS = sorted(
    p for p in (ROOT / "notebooks").rglob("*.ipynb") if ".ipynb_checkpoints" not in p.parts
)


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request):
    return nbformat.read(request.param, as_version=4)


def test_the_chapters_are_there():
    assert [path.stem for path in NOTEBOOKS][:5] == [
        "01_embeddings",
        "02_attention",
        "03_gpt_model",
        "04_pretraining",
        "05_decoding",
    ]


def test_a_name_means_the_same_in_notebook_and_module(notebook):
    assert [mine.name for _, mine, _ in contract.stale(notebook)] == []


def test_stored_outputs_are_complete_and_clean(notebook):
    assert contract.output_faults(notebook) == []


def test_every_public_name_is_built_in_its_notebook():
    assert contract.unbuilt(contract.module_definitions()) == []


def count_lines(source):
    """Count lines of code: no blank line, no line that is only a comment, no docstring."""
    docstrings = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node):
            docstrings |= set(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    return sum(
        bool(line.strip()) and not line.lstrip().startswith("#") and number not in docstrings
        for number, line in enumerate(source.splitlines(), start=1)
    )


def test_a_notebook_keeps_to_its_size(notebook):
    code = [c.source for c in notebook.cells if c.cell_type == "code"]
    prose = [c.source for c in notebook.cells if c.cell_type == "markdown"]
    lines = sum(count_lines(source) for source in code)
    words = sum(len(source.split()) for source in prose)
    shortest = 40 if notebook.cells[0].source.startswith("# Bonus") else 50
    assert shortest <= len(notebook.cells) <= 90
    assert lines <= 350, f"{lines} lines of code"
    assert words >= 6 * lines, f"{words} words of prose to {lines} lines of code"
    kinds = "".join(c.cell_type[0] for c in notebook.cells)
    assert "cccc" not in kinds, "four code cells in a row without prose"


# --- the gate bites ------------------------------------------------------------------------------

GELU = contract.module_definitions()["model"]["GELU"]


def tiny_notebook():
    """A notebook of two cells as the gate wants it, one of which defines a public name."""
    return new_notebook(
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
        cells=[
            new_code_cell(
                "import torch\nimport torch.nn.functional as F\nfrom torch import nn\n\n\n"
                + GELU.text(),
                execution_count=1,
            ),
            new_markdown_cell("What does it give for 1?"),
            new_code_cell(
                "print(f'{GELU()(torch.tensor(1.0)):.3f}')",
                execution_count=2,
                outputs=[new_output("stream", name="stdout", text="0.841\n")],
            ),
        ],
    )


def nbval(notebook, folder):
    """Re-execute a notebook as `make notebooks` does; return the exit code and the report."""
    nbformat.write(notebook, folder / "tiny.ipynb")
    command = [sys.executable, "-m", "pytest", "-p", "no:warnings", "-p", "no:cacheprovider"]
    command += ["-c", os.devnull, "--rootdir", str(folder), "--nbval", "--nbval-current-env"]
    run = subprocess.run([*command, str(folder)], capture_output=True, text=True, check=False)
    return run.returncode, run.stdout + run.stderr


def test_nbval_passes_a_true_notebook_and_sees_an_altered_and_a_missing_output(tmp_path):
    for name in ("true", "altered", "missing"):
        (tmp_path / name).mkdir()
    notebook = tiny_notebook()
    code, report = nbval(notebook, tmp_path / "true")
    assert code == 0 and "2 passed" in report, report
    notebook.cells[2].outputs[0].text = "0.842\n"
    code, report = nbval(notebook, tmp_path / "altered")
    assert code == 1 and "0.841" in report and "1 failed" in report, report
    notebook.cells[2].outputs = []
    code, report = nbval(notebook, tmp_path / "missing")
    assert code == 1 and "1 failed" in report, report


def test_the_precheck_passes_a_true_notebook():
    assert contract.output_faults(tiny_notebook()) == []
    assert contract.stale(tiny_notebook()) == []


def stderr(notebook):
    notebook.cells[0].outputs = [new_output("stream", name="stderr", text="warning")]


def error(notebook):
    notebook.cells[0].outputs = [new_output("error", ename="ValueError", evalue="", traceback=[])]


def cleared(notebook):
    notebook.cells[2].outputs, notebook.cells[2].execution_count = [], None


def out_of_order(notebook):
    notebook.cells[2].execution_count = 7


def unmarked(notebook):
    notebook.cells[2].source = "#NBVAL_IGNORE_OUTPUT\n" + notebook.cells[2].source


def unasserted(notebook):
    notebook.cells[2].source = contract.IGNORE + "\n" + notebook.cells[2].source


def too_many_ignored(notebook):
    notebook.cells[0].source = contract.IGNORE + "\n" + notebook.cells[0].source
    notebook.cells[2].source = "assert True"


def path(notebook):
    notebook.cells[2].outputs[0].text = "saved to /home/ada/model.pt\n"


def time_of_day(notebook):
    notebook.cells[2].outputs[0].text = "started 12:34:56\n"


def address(notebook):
    notebook.cells[2].outputs[0].text = "<object at 0x7f10ab34cd>\n"


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (stderr, "code cell 1 stores stderr"),
        (error, "code cell 1 stores an error"),
        (cleared, r"execution counts are [1, None], not 1..2"),
        (out_of_order, r"execution counts are [1, 7], not 1..2"),
        (unmarked, "code cell 2: the only marker is"),
        (unasserted, "code cell 2 ignores its output and the next code cell asserts nothing"),
        (too_many_ignored, "1 of 2 code cells ignore their output"),
        (path, "code cell 2 stores a path of one machine"),
        (time_of_day, "code cell 2 stores a time of day"),
        (address, "code cell 2 stores a time of day or an address"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_the_precheck_names_what_nbval_would_let_pass(damage, message):
    notebook = tiny_notebook()
    damage(notebook)
    assert any(message in fault for fault in contract.output_faults(notebook))


def test_the_contract_sees_a_changed_definition_and_fix_restores_it(tmp_path):
    notebook = tiny_notebook()
    notebook.cells[0].source = notebook.cells[0].source.replace('"tanh"', '"none"')
    file = tmp_path / "tiny.ipynb"
    nbformat.write(notebook, file)
    assert [mine.name for _, mine, _ in contract.stale(notebook)] == ["GELU"]
    assert contract.fix(file) == ["GELU"]
    fixed = nbformat.read(file, as_version=4)
    assert contract.stale(fixed) == [] and 'approximate="tanh"' in fixed.cells[0].source
    assert "import torch\n" in fixed.cells[0].source
    assert contract.fix(file) == []
    assert contract.output_faults(fixed)  # it has not been executed since


def test_docstrings_comments_and_layout_may_differ():
    notebook = tiny_notebook()
    plain = "class GELU(nn.Module):\n    def forward(self, x: torch.Tensor) -> torch.Tensor:\n"
    plain += (
        "        # smooth\n        return F.gelu(\n            x, approximate='tanh'\n        )"
    )
    notebook.cells[0].source = plain
    assert contract.stale(notebook) == []


def test_a_public_name_that_no_notebook_builds_is_named():
    modules = contract.module_definitions()
    modules["model"]["Invented"] = GELU
    assert contract.unbuilt(modules) == ["model.Invented is not in notebooks/03_gpt_model.ipynb"]
