"""The glossary: whole entries, live links, and chapters that lead to it."""

import re
from collections import Counter
from functools import cache
from pathlib import Path

import nbformat
import pytest

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
CHAPTERS = sorted([*NOTEBOOKS.glob("0*.ipynb"), *NOTEBOOKS.glob("bonus/*.ipynb")])
ENTRY = re.compile(r'<a id="([^"]*)"></a>\*\*(.+?)\*\* \((.*?)\): (.*?)((?:,? ?\[[^]]+\]\(\S+\))*)')
LINK = re.compile(r"\[([^]]+)\]\((\S+?)\)")
WORDS_OF_THE_ISSUE = """logits, softmax, cross-entropy, perplexity, batch, epoch, stride, gradient,
grad_fn, buffer, baseline, benchmark, one-hot, seed, supervised learning"""


def paragraphs():
    """Return the paragraphs below the first letter, without the letters."""
    text = (NOTEBOOKS / "glossary.md").read_text(encoding="utf-8")
    below = text[text.index("\n## A\n") :].strip().split("\n\n")
    return [paragraph for paragraph in below if not re.fullmatch("## [A-Z]", paragraph)]


MATCHES = [(paragraph, ENTRY.fullmatch(paragraph)) for paragraph in paragraphs()]
# (anchor, word, Chinese name, text, links)
ENTRIES = [(*match.groups()[:4], LINK.findall(match[5])) for _, match in MATCHES if match]


@cache
def prose(path):
    """Return the markdown of a notebook, without the blocks of code in it."""
    cells = nbformat.read(path, as_version=4).cells
    text = "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    return re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)


def anchors(path):
    """Return the headings' anchors as JupyterLab makes them: the text as shown, '-' for a space."""
    headings = re.findall(r"^#{1,6} (.+)$", prose(path), re.MULTILINE)
    return {re.sub(r"[`*]", "", heading).strip().replace(" ", "-") for heading in headings}


def chapter_links(path):
    """Return (text, anchor) of each link of a notebook to the glossary, by its true path."""
    glossary = "../glossary.md" if path.parent.name == "bonus" else "glossary.md"
    return re.findall(rf"\[([^]]+)\]\({re.escape(glossary)}([^)]*)\)", prose(path))


def test_an_anchor_is_made_as_jupyterlab_makes_it():
    assert "5.1-Greedy:-always-the-likeliest" in anchors(NOTEBOOKS / "05_decoding.ipynb")
    assert "2.7-The-final-layer:-MultiHeadAttention" in anchors(NOTEBOOKS / "02_attention.ipynb")


def test_each_paragraph_is_an_entry():
    assert [paragraph for paragraph, match in MATCHES if not match] == []


def test_there_are_60_to_110_entries():
    assert 60 <= len(ENTRIES) <= 110


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry[0])
def test_an_entry_is_whole(entry):
    anchor, word, chinese, text, links = entry
    assert anchor == word.casefold().replace(" ", "-")
    assert re.search("[\u4e00-\u9fff]", chinese), "no Chinese name"
    sentences = re.split(r"(?<=[.?!])\s+", text)
    assert 1 <= len(sentences) <= 3
    assert all(s[0] in "*`" or s[0].isupper() or s[0].isdigit() for s in sentences)
    assert text.endswith((".", "?", "!"))
    assert links, "no link"


def test_the_entries_are_in_alphabetical_order_without_doubles():
    words = [entry[1].casefold() for entry in ENTRIES]
    assert words == sorted(set(words))


def test_each_letter_stands_above_its_words():
    text = (NOTEBOOKS / "glossary.md").read_text(encoding="utf-8")
    letter = None
    for heading, word in re.findall(r"^(?:## ([A-Z])|<a id.*?\*\*(.+?)\*\*)", text, re.MULTILINE):
        assert heading > (letter or "") if heading else word[0].upper() == letter
        letter = heading or letter


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry[0])
def test_every_link_leads_to_the_section_it_names(entry):
    for label, target in entry[4]:
        file, _, anchor = target.partition("#")
        assert (NOTEBOOKS / file).is_file(), file
        assert anchor in anchors(NOTEBOOKS / file), target
        assert label.removeprefix("bonus ") == anchor.split("-")[0].removesuffix("."), target
        assert label.startswith("bonus ") == file.startswith("bonus/")


def test_the_words_of_the_issue_are_there():
    wanted = set(re.split(r",\s+", WORDS_OF_THE_ISSUE))
    assert wanted - {entry[1] for entry in ENTRIES} == set()


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_a_chapter_links_to_entries_at_least_three_times(path):
    links = [target for _, target in chapter_links(path)]
    assert len(links) >= 3
    assert set(links) <= {f"#{entry[0]}" for entry in ENTRIES}


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_a_chapter_links_a_word_once_and_where_it_first_comes_up(path):
    links = chapter_links(path)
    assert [target for target, n in Counter(t for _, t in links).items() if n > 1] == []
    text = prose(path)
    # not in headings, pictures, code, formulas and bold, where a chapter defines its own words
    for hidden in (
        r"^#.*$",
        r"!\[.*?\]\(.*?\)",
        r"`[^`\n]+`",
        r"\$\$[^$]+\$\$",
        r"\$[^$]+\$",
        r"\*\*.+?\*\*",
    ):
        text = re.sub(hidden, "", text, flags=re.MULTILINE)
    for word, target in links:
        place = re.search(rf"\[{re.escape(word)}\]\([./]*glossary\.md{target}\)", text).start()
        assert not re.search(rf"\b{re.escape(word)}\b", text[:place], re.IGNORECASE), word


def test_the_readme_names_the_glossary():
    readme = (NOTEBOOKS.parent / "README.md").read_text(encoding="utf-8")
    assert "(notebooks/glossary.md)" in readme
