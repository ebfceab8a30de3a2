import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]


def pinned():
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def test_requirements_are_pinned_and_end_with_the_project_itself():
    *packages, last = pinned()
    assert last == "-e ."
    assert all(re.fullmatch(r"[\w-]+==[\w.]+", package) for package in packages)
    names = {package.split("==")[0] for package in packages}
    assert {"torch", "tiktoken", "numpy", "tensorflow", "tqdm"} <= names
    assert {"matplotlib", "jupyterlab", "nbval", "pytest"} <= names


def test_what_is_installed_is_what_is_pinned():
    from importlib.metadata import version

    for package in pinned()[:-1]:
        name, number = package.split("==")
        assert version(name).split("+")[0] == number, name


def test_conda_installs_the_same_versions():
    text = (ROOT / "environment.yml").read_text(encoding="utf-8")
    entries = re.findall(r"^\s+- (.+)$", text, flags=re.MULTILINE)
    assert entries == ["conda-forge", "python=3.11", "pip", "pip:", "-r requirements.txt"]


def test_every_dependency_of_the_package_is_pinned():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = {package.split("==")[0] for package in pinned()}
    assert set(project["dependencies"]) <= names


def test_importing_the_package_costs_nothing():
    code = "import sys, llmutils; sys.exit('torch' in sys.modules or 'numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_module_imports_only_those_above_it():
    order = re.findall(r"^    (\w+)  ", (ROOT / "llmutils/__init__.py").read_text(), re.MULTILINE)
    files = {path.stem for path in (ROOT / "llmutils").glob("*.py")} - {"__init__"}
    assert set(order) == files
    for place, name in enumerate(order):
        source = (ROOT / "llmutils" / f"{name}.py").read_text(encoding="utf-8")
        source = source.split("if TYPE_CHECKING:")[0] if name == "plots" else source
        used = re.findall(r"^\s*(?:from|import) llmutils\.(\w+)", source, re.MULTILINE)
        assert set(used) <= set(order[:place]), name


def test_heavy_packages_are_imported_only_when_needed():
    code = "import sys, llmutils.{}; sys.exit('matplotlib.pyplot' in sys.modules)"
    for module in ("plots", "train"):
        assert (
            subprocess.run([sys.executable, "-c", code.format(module)], check=False).returncode == 0
        )


def test_files_are_opened_with_their_encoding_named():
    for path in [*ROOT.glob("llmutils/*.py"), *ROOT.glob("scripts/*.py")]:
        source = path.read_text(encoding="utf-8")
        for call in re.findall(r"(?:read_text|write_text|(?<![a-z_])open)\([^\n]*", source):
            assert "encoding=" in call or '"rb"' in call or '"wb"' in call, call


def test_every_link_of_the_readme_and_the_notebooks_leads_somewhere():
    import nbformat

    texts = [(ROOT, (ROOT / "README.md").read_text(encoding="utf-8"))]
    for path in (ROOT / "notebooks").rglob("*.ipynb"):
        if ".ipynb_checkpoints" not in path.parts:
            notebook = nbformat.read(path, as_version=4)
            cells = [c.source for c in notebook.cells if c.cell_type == "markdown"]
            texts.append((path.parent, "\n".join(cells)))
    for folder, text in texts:
        for target in re.findall(r"""(?:\]\(|src=")([^)"#\s]+)""", text):
            if not target.startswith("http"):
                assert (folder / target).exists(), f"{folder.name}: {target}"
