import socket

import pytest
import tiktoken
import torch

from llmutils import tokenizer as tokenizer_module
from llmutils.tokenizer import get_tokenizer, text_to_token_ids, token_ids_to_text

TEXTS = [
    "",
    " ",
    "Hello,  world!\n\n\tIt's 2026.",
    "naïve café 🙂🙃",
    "注意力机制",
    "a" * 3000,
    " \n \n  x",
    "one\r\ntwo\rthree\r\n\r\n",
    "\ufeffwith a byte order mark, e\u0301 and \xe9",
    "\x00\x1b\u2028",
]


def test_the_split_pattern_is_tiktokens_own_for_gpt2():
    from tiktoken_ext import openai_public

    assert tokenizer_module.GPT2_SPLIT_PATTERN == openai_public.r50k_pat_str


def test_the_tokenizer_never_opens_a_socket(monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    get_tokenizer.cache_clear()
    assert get_tokenizer().encode_ordinary("Every effort moves you") == [6109, 3626, 6100, 345]


def test_a_changed_table_is_refused(monkeypatch):
    monkeypatch.setattr(tokenizer_module, "GPT2_TABLE_SHA256", "0" * 64)
    get_tokenizer.cache_clear()
    with pytest.raises(ValueError, match="has SHA-256 306cd27f.* expected 000"):
        get_tokenizer()


@pytest.mark.parametrize("text", TEXTS)
def test_text_survives_the_round_trip(text):
    tokenizer = get_tokenizer()
    assert token_ids_to_text(text_to_token_ids(text, tokenizer), tokenizer) == text


def test_ids_come_as_a_batch_of_one_row():
    ids = text_to_token_ids("Every effort moves you", get_tokenizer())
    assert ids.tolist() == [[6109, 3626, 6100, 345]] and ids.dtype == torch.int64
    assert text_to_token_ids("", get_tokenizer()).shape == (1, 0)


def test_a_special_token_in_a_users_text_is_ordinary_text():
    tokenizer = get_tokenizer()
    ids = text_to_token_ids("a <|endoftext|> b", tokenizer)
    assert tokenizer.eot_token == 50256 and 50256 not in ids
    assert token_ids_to_text(ids, tokenizer) == "a <|endoftext|> b"


@pytest.mark.parametrize("text", ["\ud83d", "ab\udc00", "a\ud83d b"])
def test_half_a_surrogate_pair_is_refused_in_one_sentence(text):
    with pytest.raises(
        ValueError, match=r"half a surrogate pair, '\\ud.{3}' at character .: was it cut"
    ) as error:
        text_to_token_ids(text, get_tokenizer())
    assert "\n" not in str(error.value)


def test_ids_without_a_token_can_be_replaced():
    tokenizer = get_tokenizer()
    ids = torch.tensor([[6109, 50290, 3626, 50303]])  # of a vocabulary padded to 50304
    assert token_ids_to_text(ids, tokenizer, errors="replace") == "Every\ufffd effort\ufffd"


def test_a_tokenizer_without_a_replacement_character_still_decodes():
    table = {str(n).encode(): n for n in range(10)}
    digits = tiktoken.Encoding("d", pat_str=r"\d", mergeable_ranks=table, special_tokens={})
    assert token_ids_to_text(torch.tensor([[1, 9, 5]]), digits) == "195"


def test_decoding_refuses_what_it_cannot_decode():
    tokenizer = get_tokenizer()
    with pytest.raises(ValueError, match=r"ids of one text, got shape \(2, 3\)"):
        token_ids_to_text(torch.zeros(2, 3, dtype=torch.long), tokenizer)
    with pytest.raises(ValueError, match="50257 is outside the vocabulary of 50257"):
        token_ids_to_text(torch.tensor([1, 50257]), tokenizer)
    with pytest.raises(ValueError, match="-1 is outside"):
        token_ids_to_text(torch.tensor([-1]), tokenizer)
    for wrong in (torch.tensor([1.0]), torch.tensor([True])):
        with pytest.raises(ValueError, match=f"must be integers, got {wrong.dtype}"):
            token_ids_to_text(wrong, tokenizer)
