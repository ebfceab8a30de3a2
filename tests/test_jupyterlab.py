"""A reader's way in: JupyterLab opened in a real browser, a chapter run to its end, figures seen.

Not in the default run. It needs Chromium (CHROMIUM names it, if it is not on the path) and the
extra 'browser': `make browser`. It refreshes the two screenshots of the README.
"""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FIGURES = ROOT / "notebooks" / "figures"
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
CHAPTERS = [
    # notebook, text beside the figure to show, screenshot
    ("04_pretraining.ipynb", "plot_losses(history)", "jupyterlab-losses.png"),
    ("05_decoding.ipynb", "plot_temperatures(", "jupyterlab-temperatures.png"),
]

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """JupyterLab on a free port over a copy of the notebooks: its address and that folder."""
    folder = tmp_path_factory.mktemp("lab")
    shutil.copytree(ROOT / "notebooks", folder / "notebooks")
    shutil.copy(ROOT / "the-verdict.txt", folder)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "jupyter", "lab", "--no-browser", "--ip=127.0.0.1"]
    command += [f"--port={port}", "--IdentityProvider.token=", "--ServerApp.password="]
    command += [f"--notebook-dir={folder / 'notebooks'}", "--allow-root"]
    # its settings and workspaces go to a folder of the test, not to the reader's own
    env = os.environ | {"JUPYTERLAB_SETTINGS_DIR": str(folder / "settings")}
    env |= {"JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces")}
    env.pop("TQDM_DISABLE", None)  # a reader sees the progress bars
    with open(folder / "log", "w", encoding="utf-8") as log:
        server = subprocess.Popen(command, env=env, stdout=log, stderr=log)
        url = f"http://127.0.0.1:{port}"
        try:
            for _ in range(120):
                if server.poll() is not None:
                    break
                try:
                    urllib.request.urlopen(f"{url}/api/status", timeout=5)
                    break
                except OSError:
                    time.sleep(0.5)
            assert server.poll() is None, (folder / "log").read_text(encoding="utf-8")
            yield url, folder / "notebooks"
        finally:
            server.terminate()
            server.wait(20)


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    playwright = pytest.importorskip("playwright.sync_api")
    if not CHROMIUM:
        pytest.fail("no Chromium: install one or name it in CHROMIUM")
    with playwright.sync_playwright() as p:
        context = p.chromium.launch_persistent_context(
            str(tmp_path_factory.mktemp("profile")),
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
            viewport={"width": 1280, "height": 860},
        )
        yield context.new_page()
        context.close()


@pytest.mark.parametrize(("name", "source", "screenshot"), CHAPTERS)
def test_a_reader_opens_a_chapter_and_runs_all_cells(lab, page, name, source, screenshot):
    url, folder = lab
    page.goto(f"{url}/lab/tree/{name}?reset")
    page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=120_000)
    page.wait_for_function(
        "document.querySelector('.jp-Notebook-ExecutionIndicator')?.dataset.status === 'idle'",
        timeout=120_000,
    )
    page.keyboard.press("Escape")
    page.get_by_role("menuitem", name="Edit", exact=True).click()
    page.get_by_role("menuitem", name=re.compile("Clear Outputs of All Cells")).click()
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name=re.compile("^Run All Cells")).click()
    # the kernel takes up the work, and lays it down when the last cell is done
    status = "document.querySelector('.jp-Notebook-ExecutionIndicator')?.dataset.status"
    page.wait_for_function(f"{status} === 'busy'", timeout=60_000)
    page.wait_for_function(f"{status} === 'idle'", timeout=1_800_000, polling=1000)
    page.keyboard.press("Control+s")

    import nbformat

    for _ in range(60):
        saved = nbformat.read(folder / name, as_version=4)
        cells = [cell for cell in saved.cells if cell.cell_type == "code"]
        counts = [cell.execution_count for cell in cells]
        if counts == list(range(1, len(cells) + 1)):
            break
        time.sleep(0.5)
    assert counts == list(range(1, len(cells) + 1))
    errors = [o for cell in cells for o in cell.outputs if o.output_type == "error"]
    assert errors == []

    for dismiss in page.get_by_role("button", name="No", exact=True).all():
        dismiss.click()  # the question whether one wants news
    figure = page.locator(".jp-CodeCell", has_text=source).last.locator("img").last
    for _ in range(80):  # cells far away are drawn only when they come near, and then move others
        if not figure.count():
            page.locator(".jp-WindowedPanel-outer").last.evaluate("e => e.scrollBy(0, 600)")
        else:
            figure.evaluate("e => e.scrollIntoView({block: 'center'})")
            page.wait_for_timeout(1000)
            box = figure.bounding_box() if figure.count() else None
            if box and box["y"] > 90 and box["y"] + box["height"] < 830:
                break
        page.wait_for_timeout(150)
    assert box and box["width"] > 300 and 90 < box["y"] < 830 - box["height"], box
    page.screenshot(path=FIGURES / screenshot)
