"""What the chat page says: prompts that fit, settings within their bounds, text from tokens.

Nothing here knows the page, so it can be read and tested without one.
"""

import asyncio
import codecs
import math
import re
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from itertools import chain, takewhile
from threading import Lock

import tiktoken
import torch

from llmutils.attention import KVCache
from llmutils.bonus.llama import SYSTEM, LlamaModel, encode_chat
from llmutils.generate import pick_next_token, stream
from llmutils.instruct import EOS_ID, format_input
from llmutils.model import GPTModel
from llmutils.tokenizer import get_tokenizer

SETTINGS = {  # name: (least, most, step, at first, what it does)
    "temperature": (0, 2, 0.1, 0.8, "0 always takes the likeliest token; above 1 is daring"),
    "top_k": (0, 200, 1, 50, "draw from this many of the likeliest tokens; 0 is from all"),
    "top_p": (0.1, 1, 0.05, 1, "then from the fewest that hold this much of the probability"),
    "length": (1, 200, 1, 80, "the most tokens to write; a word has one or two"),
}
UNKNOWN = "\ufffd".encode()  # for ids that the tokenizer lacks: a vocabulary may be padded
EMPTY = "That was empty. Please type a few words for the model to start from."


def checked(values: Mapping[str, float] | None) -> dict[str, float]:
    """Return all settings, each within its bounds; what is missing or no number is as at first."""
    settings = {}
    for name, (least, most, step, at_first, _) in SETTINGS.items():
        try:
            value = float((values or {})[name])
        except (KeyError, TypeError, ValueError):
            value = math.nan
        value = at_first if math.isnan(value) else min(max(value, least), most)
        settings[name] = type(step)(value)
    return settings


def instruction(text: str) -> str:
    """Return the prompt for a model finetuned on instructions."""
    return format_input({"instruction": text, "input": ""})


def fit(
    text: str, context_length: int, length: int, frame: Callable[[str], str] = str
) -> tuple[list[int], str | None]:
    """Return a prompt's token ids, cut so that the reply fits into the context behind them.

    Args:
        text: what the user typed.
        context_length: tokens that the model sees at once.
        length: tokens kept free for the reply.
        frame: makes the prompt out of the text; what it puts around the text is never cut.

    Returns:
        At most context_length - length ids, and a notice to show if the text was cut.

    Raises:
        ValueError: the reply would leave no room for a prompt.
    """
    tokenizer, room = get_tokenizer(), context_length - length
    if len(_framed([], frame)) >= room:
        raise ValueError(
            f"a reply of {length} tokens leaves no room for a prompt: the context has "
            f"{context_length}"
        )
    whole = tokenizer.encode_ordinary(text)
    kept = whole[-room:]
    while len(ids := _framed(kept, frame)) > room:
        kept = kept[len(ids) - room :]
    if len(kept) == len(whole):
        return ids, None
    return ids, (
        f"Your text has {len(whole)} tokens, and the model reads only the last {len(kept)}: "
        f"its context has room for {context_length}, of which {length} are kept for the reply."
    )


def _framed(ids: list[int], frame: Callable[[str], str]) -> list[int]:
    text = get_tokenizer().decode(ids, errors="ignore")  # a cut may leave half a character
    return get_tokenizer().encode_ordinary(frame(text))


def write(
    model: GPTModel,
    prompt: list[int],
    settings: Mapping[str, float],
    generator: torch.Generator | None = None,
) -> Iterator[str]:
    """Yield the text so far after each new token; half a character waits for its other half.

    Args:
        model: the GPT.
        prompt: token ids.
        settings: as `checked` returns them.
        generator: as in `generate`.
    """
    tokens = stream(
        model,
        [prompt],
        settings["length"],
        settings["temperature"],
        settings["top_k"] or None,
        settings["top_p"],
        eos_id=EOS_ID,
        generator=generator,
    )
    yield from as_texts(takewhile(lambda i: i != EOS_ID, map(int, tokens)), get_tokenizer())


def as_texts(ids: Iterable[int], tokenizer: tiktoken.Encoding) -> Iterator[str]:
    """Yield the text so far after each id, and at the end what was left of a character."""
    decoder, text = codecs.getincrementaldecoder("utf-8")("replace"), ""
    for i in ids:
        known = i < tokenizer.n_vocab
        text += decoder.decode(tokenizer.decode_single_token_bytes(i) if known else UNKNOWN)
        yield text
    yield text + decoder.decode(b"", final=True)


class Conversation:
    """A chat as token ids, and the keys and values that the model has of them.

    For a reply, only what is new is computed. When the context is full, the oldest turns go.

    Args:
        model: SmolLM2, with its tokenizer.
        system: what the model is told about itself.
    """

    def __init__(self, model: LlamaModel, system: str = SYSTEM) -> None:
        self.model = model
        most = model.config.context_length // 2  # the rest is for what is said
        ids = model.tokenizer.encode_ordinary(system or SYSTEM)[:most]
        self.system = model.tokenizer.decode(ids, errors="ignore")
        self.turns: list[list[int]] = []  # a message with its reply; the last is left open
        self.read: list[int] = []  # what the caches hold
        self.caches: list[KVCache] = []
        self.lock = Lock()  # a stopped reply may still be at its last token in another thread

    def reply(
        self,
        text: str,
        settings: Mapping[str, float],
        generator: torch.Generator | None = None,
    ) -> Iterator[str]:
        """Yield the reply so far after each token; if it is stopped, that much was said."""
        tokenizer, length = self.model.tokenizer, settings["length"]
        end = tokenizer.encode_single_token("<|im_end|>")
        room = self.model.config.context_length - length
        system, turn = self._framed(ids := tokenizer.encode_ordinary(text))
        while (over := len(system) + len(turn) - room) > 0 and ids:
            ids = ids[over:]  # the end of a text is what it asks
            system, turn = self._framed(ids)
        with self.lock:
            if self.turns:
                self.turns[-1] += [end, *tokenizer.encode_ordinary("\n")]  # it was left open
            while self.turns and len(system) + len(turn) + sum(map(len, self.turns)) > room:
                self.turns.pop(0)
            self.turns.append(turn)

        def tokens() -> Iterator[int]:
            for _ in range(length):
                with self.lock, torch.no_grad():
                    if self.turns[-1] is not turn:  # it was stopped, and another message came
                        return
                    new = self._unread([*system, *chain(*self.turns)])
                    hidden = self.model.hidden_states(torch.tensor([new]), self.caches)[:, -1]
                    picked = pick_next_token(
                        self.model.out_head(hidden),
                        settings["temperature"],
                        settings["top_k"] or None,
                        settings["top_p"],
                        generator,
                    )
                    self.read += new
                    if (token := int(picked)) == end:
                        return
                    turn.append(token)
                yield token

        yield from as_texts(tokens(), tokenizer)

    def _framed(self, ids: list[int]) -> tuple[list[int], list[int]]:
        """Return the system's turn, and a message's up to where its reply begins."""
        tokenizer, system = self.model.tokenizer, {"role": "system", "content": self.system}
        text = tokenizer.decode(ids, errors="ignore")  # a cut may leave half a character
        tail = 1 + len(tokenizer.encode_ordinary("assistant\n"))
        opening = encode_chat([system], tokenizer)[:-tail]
        whole = encode_chat([system, {"role": "user", "content": text}], tokenizer)
        return opening, whole[len(opening) :]

    def _unread(self, ids: list[int]) -> list[int]:
        """Return what of these ids the caches lack; start new ones if they hold something else."""
        if not self.caches or ids[: len(self.read)] != self.read:
            context_length = self.model.config.context_length
            self.caches = [KVCache(context_length) for _ in self.model.blocks]
            self.read = []
        return ids[len(self.read) :]


async def in_turn(texts: Iterator[str], turn: asyncio.Lock) -> AsyncIterator[str]:
    """Yield what the iterator yields, each step computed in a thread while the page stays awake.

    Whoever shares the lock takes turns, a token each. Once nobody waits for the next step, as when
    the reader has pressed stop, no further one is computed.
    """
    while True:
        async with turn:
            text = await asyncio.to_thread(next, texts, None)
        if text is None:
            return
        yield text


def as_markdown(text: str) -> str:
    """Return Markdown that shows a text as it is, with its asterisks and line breaks."""
    text = re.sub(r"[\\`*_\[\]<>#|~:&@]", r"\\\g<0>", text)
    text = re.sub(r"(?m)^(\s*)([-+=])", r"\1\\\2", text)  # a list, a heading
    text = re.sub(r"(?m)^(\s*\d+)([.)])", r"\1\\\2", text)  # a numbered list
    return re.sub(r"(?m)^[ \t]+", lambda spaces: "\u00a0" * len(spaces[0]), text)  # a code block
