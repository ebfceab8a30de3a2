import asyncio
import html
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from llmutils.bonus.llama import SYSTEM, LlamaConfig, LlamaModel, encode_chat
from llmutils.generate import generate
from llmutils.instruct import EOS_ID, format_input
from llmutils.tokenizer import get_tokenizer
from llmutils.weights import load_pretrained

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from chat import replies  # noqa: E402
from chat.replies import (  # noqa: E402
    Conversation,
    as_markdown,
    checked,
    fit,
    in_turn,
    instruction,
    write,
)

TEXTS = [
    "The old man looked at the sea. " * 100,
    "日本語のテキスト。" * 100,
    "🙂🙃" * 300,
    " " * 9000,
]


@pytest.fixture(scope="module")
def small():
    return load_pretrained("llmutils-small")


def test_a_short_prompt_is_left_as_it_is():
    ids, notice = fit(" Hello,\n world 🙂 ", 256, 80)
    assert get_tokenizer().decode(ids) == " Hello,\n world 🙂 "
    assert notice is None


def test_the_longest_prompt_that_fits_is_not_cut():
    text = "a" + " b" * 175
    assert fit(text, 256, 80) == (get_tokenizer().encode_ordinary(text), None)
    assert fit(text + " b", 256, 80)[1] is not None


def test_a_long_prompt_is_cut_to_its_last_tokens_and_the_notice_names_both_numbers():
    whole = get_tokenizer().encode_ordinary(TEXTS[0])
    ids, notice = fit(TEXTS[0], 256, 80)
    assert ids == whole[-176:]
    assert f"{len(whole)} tokens" in notice and "last 176" in notice


@pytest.mark.parametrize("text", TEXTS)
def test_the_frame_around_an_instruction_is_never_cut(text):
    ids, notice = fit(text, 256, 80, instruction)
    before, after = format_input({"instruction": "|", "input": ""}).split("|")
    prompt = get_tokenizer().decode(ids)
    assert 160 < len(ids) <= 176
    assert prompt.startswith(before) and prompt.endswith(after)
    kept = prompt.removeprefix(before).removesuffix(after)
    assert text.endswith(kept)  # and no replacement character in it
    assert notice


def test_a_reply_that_leaves_no_room_for_a_prompt_is_refused():
    with pytest.raises(ValueError, match="200 tokens .* 128"):
        fit("Hello", 128, 200)
    with pytest.raises(ValueError, match="60 tokens .* 64"):
        fit("Hello", 64, 60, instruction)


def test_settings_are_brought_within_their_bounds():
    assert checked({}) == {"temperature": 0.8, "top_k": 50, "top_p": 1, "length": 80}
    high = {"temperature": 9, "top_k": 1e6, "top_p": 7, "length": 1e9}
    assert checked(high) == {"temperature": 2, "top_k": 200, "top_p": 1, "length": 200}
    low = {"temperature": -1, "top_k": -5, "top_p": 0, "length": 0}
    assert checked(low) == {"temperature": 0, "top_k": 0, "top_p": 0.1, "length": 1}
    assert isinstance(checked({"length": 5.0})["length"], int)  # JSON has one kind of number
    nonsense = {"temperature": float("nan"), "top_k": None, "top_p": "high", "length": []}
    assert checked(None) == checked(nonsense) == checked({})
    assert checked({"length": float("inf"), "top_k": float("-inf")})["length"] == 200


def test_the_text_written_is_that_of_generate(small):
    prompt = get_tokenizer().encode_ordinary("The old man looked at the sea")
    *texts, last = write(small, prompt, checked({"temperature": 0, "length": 20}))
    expected = generate(small, [prompt], 20, eos_id=EOS_ID)[0][len(prompt) :].tolist()
    assert texts == [get_tokenizer().decode(expected[:n]) for n in range(1, 21)]
    assert last == texts[-1]


def test_every_setting_reaches_the_model(monkeypatch):
    seen = []
    monkeypatch.setattr(replies, "stream", lambda *args, **kw: seen.append((args, kw)) or iter([]))
    [*write("model", [1], {"length": 9, "temperature": 0.5, "top_k": 7, "top_p": 0.3}, "source")]
    [*write("model", [1], {"length": 9, "temperature": 0.5, "top_k": 0, "top_p": 0.3}, "source")]
    assert seen[0] == (
        ("model", [[1]], 9, 0.5, 7, 0.3),
        {"eos_id": EOS_ID, "generator": "source"},
    )
    assert seen[1][0][4] is None  # 0 turns top-k off


def spoken(monkeypatch, ids):
    tokens = (torch.tensor([i]) for i in ids)
    monkeypatch.setattr(replies, "stream", lambda *args, **kw: tokens)
    return [*write(None, [1], checked({}))]


def test_half_a_character_waits_for_its_other_half(monkeypatch):
    text = "naïve 日本 🙂!"
    ids = get_tokenizer().encode_ordinary(text)
    texts = spoken(monkeypatch, ids)
    assert texts[-1] == text
    assert all(text.startswith(part) for part in texts)
    assert len(set(texts)) < len(ids)  # some tokens did end within a character


def test_what_never_becomes_a_character_shows_as_in_tiktoken(monkeypatch):
    ids = get_tokenizer().encode_ordinary("a🙂")[:-1]
    assert spoken(monkeypatch, ids)[-1] == get_tokenizer().decode(ids) == "a\ufffd"


def test_ids_beyond_the_tokenizers_show_as_unknown_characters(monkeypatch):
    hello = get_tokenizer().encode_ordinary("Hello there")
    assert spoken(monkeypatch, [hello[0], 50257, 50303, hello[1]])[-1] == "Hello\ufffd\ufffd there"


def test_half_a_surrogate_pair_in_a_message_is_no_obstacle():
    ids, notice = fit("a smile \ud83d", 256, 80, instruction)
    assert "a smile \ufffd" in get_tokenizer().decode(ids) and notice is None


def test_without_chainlit_one_line_says_what_to_do():
    code = "import sys; sys.modules['chainlit'] = None; import chat.__main__ as m; m.main()"
    command = [sys.executable, "-c", code, "--headless"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 1 and run.stderr.count("\n") == 1 and "make chat" in run.stderr


def test_the_end_of_text_ends_the_reply_and_is_not_shown(monkeypatch):
    hello = get_tokenizer().encode_ordinary("Hello there")
    assert spoken(monkeypatch, [*hello, EOS_ID, *hello])[-1] == "Hello there"


async def collect(texts, turn):
    return [text async for text in in_turn(texts, turn)]


def test_two_at_once_on_one_model_write_what_each_writes_alone(small):
    prompts = [get_tokenizer().encode_ordinary(t) for t in ("It was a dark night", "My dear aunt")]
    settings = checked({"temperature": 0, "length": 20})
    alone = [[*write(small, prompt, settings)] for prompt in prompts]

    async def together(turns):
        both = (collect(write(small, p, settings), t) for p, t in zip(prompts, turns, strict=True))
        return await asyncio.gather(*both)

    async def check():
        turn = asyncio.Lock()
        assert await together([turn, turn]) == alone
        assert await together([asyncio.Lock(), asyncio.Lock()]) == alone  # truly at once

    asyncio.run(check())


def test_those_who_share_a_lock_take_turns():
    order = []

    def numbered(name):
        for _ in range(5):
            order.append(name)
            yield name

    async def check():
        turn = asyncio.Lock()
        await asyncio.gather(collect(numbered("a"), turn), collect(numbered("b"), turn))

    asyncio.run(check())
    assert order == ["a", "b"] * 5


def test_stopping_stops_the_computation_and_frees_the_turn():
    import threading

    computed, go = [], threading.Semaphore(0)

    def slow():
        for n in range(100):
            go.acquire()  # a token takes as long as the test says
            computed.append(n)
            yield str(n)

    async def check():
        turn, got = asyncio.Lock(), []

        async def listen():
            async for text in in_turn(slow(), turn):
                got.append(text)

        task = asyncio.create_task(listen())
        go.release()
        while not got:
            await asyncio.sleep(0)  # the event loop is free while a token is computed
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        go.release(99)
        assert await collect(iter(["next"]), turn) == ["next"]
        assert got == ["0"]

    asyncio.run(check())  # waits for its threads
    assert computed in ([0], [0, 1])  # at most the token that was under way


@pytest.mark.parametrize(
    "text",
    [
        "plain words, 'quoted' (and) so on; yes? no!",
        "*stars* _under_ `code` [link](http://x.org) <b>bold</b> &amp; ~~no~~ #1 a|b",
        "# heading\n\n- list\n+ list\n1. one\n2) two\n> quote\n\n===\n\n---\n\n``` \ncode\n```",
        "    four spaces\n\ttab\n  two",
        "back\\slash http://example.org a@b.org :smile: ~x~",
    ],
)
def test_markdown_shows_a_text_as_it_is(text):
    import mistune  # nbconvert's; another Markdown reader than the page's, of the same rules

    page = mistune.create_markdown(plugins=["strikethrough", "table", "url"])(as_markdown(text))
    assert set(re.findall(r"</?(\w+)", page)) == {"p"}, page
    shown = html.unescape(re.sub(r"</?p>", "", page))
    assert "    four" not in text or "\u00a0" * 4 + "four" in shown
    lines = [[line.split() for line in t.splitlines() if line.strip()] for t in (shown, text)]
    assert lines[0] == lines[1]


# ---- conversations


@pytest.fixture
def talker(tokenizer):
    """A tiny Llama of random weights, which rarely ends a reply."""
    torch.manual_seed(1)
    model = LlamaModel(LlamaConfig(tokenizer[1].n_vocab, 400, 32, 48, 4, 2, 2)).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.2)
    model.tokenizer = tokenizer[1]
    return model


GREEDY = checked({"temperature": 0, "length": 12})


def expected_reply(model, messages, length=12):
    prompt = encode_chat(messages, model.tokenizer)
    end = model.tokenizer.encode_single_token("<|im_end|>")
    new = generate(model, [prompt], length, eos_id=end)[0].tolist()[len(prompt) :]
    return model.tokenizer.decode([i for i in new if i != end])


def test_a_conversation_is_one_text_of_which_only_the_new_part_is_computed(talker, monkeypatch):
    computed, hidden_states = [], talker.hidden_states
    monkeypatch.setattr(
        talker, "hidden_states", lambda ids, caches: computed.append(ids.shape[1])
        or hidden_states(ids, caches)
    )  # fmt: skip
    talk = Conversation(talker)
    for text in ("the cat", "isn't here 12", "naïve 😀"):
        before = len(talk.read)
        [*talk.reply(text, GREEDY)]
        whole = [*talk._framed([])[0], *(i for turn in talk.turns for i in turn)]
        assert talk.read == whole[: len(talk.read)] and len(whole) - len(talk.read) <= 1
        new = talk._framed(talker.tokenizer.encode_ordinary(text))
        # the system's turn at first, later the token that was not read yet and the turn's end
        assert computed[0] <= len(new[1]) + (len(new[0]) if not before else 3)
        assert set(computed[1:]) <= {1} and sum(computed) == len(talk.read) - before
        computed.clear()
    assert len(talk.turns) == 3


def test_a_first_reply_is_that_of_generate_and_so_is_one_to_another_system_prompt(talker):
    for system in (SYSTEM, "the cat's hat"):
        *_, said = Conversation(talker, system).reply("then they", GREEDY)
        messages = [{"role": "system", "content": system}, {"role": "user", "content": "then they"}]
        assert said == expected_reply(talker, messages)


def test_the_oldest_turns_go_when_the_context_is_full_and_a_long_text_is_cut(talker):
    talk = Conversation(talker, "the cat")
    for n in range(24):
        *_, said = talk.reply(f"the cat isn't here {n}", GREEDY)
        opening, _ = talk._framed([])
        assert len(opening) + sum(map(len, talk.turns)) <= 400
    assert len(talk.turns) < 24
    *_, said = talk.reply("then they " * 400, GREEDY)
    assert len(talk.turns) == 1 and len(talk.read) <= 400
    question = talker.tokenizer.decode(talk.turns[0])
    assert "they then they" in question and said
    assert len(Conversation(talker, "the cat " * 900).system) < 900  # half the context at most


def test_a_reply_that_was_stopped_stays_as_far_as_it_came(talker):
    talk = Conversation(talker)
    stopped = talk.reply("the cat", GREEDY)
    said = [next(stopped) for _ in range(3)][-1]
    [*talk.reply("then they", GREEDY)]
    tokenizer, first = talker.tokenizer, talk.turns[0]
    assert tokenizer.decode(first).endswith(f"<|im_start|>assistant\n{said}<|im_end|>\n")
    assert [*stopped] == [said]  # its thread may still ask for a token, and gets none
    assert talk.turns[0] == first


def test_smollm2_remembers_the_turn_before():
    try:
        model = load_pretrained("smollm2-135m-instruct")
    except OSError as error:
        pytest.skip(str(error))
    talk, greedy = Conversation(model), checked({"temperature": 0, "length": 30})
    assert [*talk.reply("What is the capital of France?", greedy)][-1].endswith("is Paris.")
    assert "Rome" in [*talk.reply("And of Italy?", greedy)][-1]
