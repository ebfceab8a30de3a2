import copy

import numpy as np
import pandas
import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from sklearn.metrics import accuracy_score, log_loss
from torch.utils.data import DataLoader

from llmutils.classify import (
    SpamDataset,
    add_classification_head,
    balance,
    calc_accuracy_loader,
    classify,
    collate_messages,
    load_classifier,
    predict,
    save_classifier,
    split_messages,
)
from llmutils.config import GPTConfig
from llmutils.model import GPTModel
from llmutils.tokenizer import get_tokenizer
from llmutils.train import calc_loss_batch, calc_loss_loader, create_optimizer, train_model

CONFIG = GPTConfig(50257, 16, 32, 4, 2, 0.1, True, tie_embeddings=True)
TEXTS = [
    "Win a prize now",
    "see you at six",
    "ok",
    "the cat sat on the mat and then it went to bed",
]
PROMISES = ["win", "free", "prize", "cash"]


def table(texts=TEXTS, labels=("spam", "ham", "ham", "spam"), **columns):
    return pandas.DataFrame({"label": labels, "text": texts} | columns)


def classifier(trainable="last_block", num_classes=2, seed=0):
    """A random classifier in training mode, dropout included, as a careless caller leaves it."""
    torch.manual_seed(seed)
    model = GPTModel(CONFIG)
    add_classification_head(model, num_classes, trainable)
    return model


def many(n=64, seed=0):
    """Messages of which those with one of four words are spam."""
    draw = torch.Generator().manual_seed(seed)
    rows = []
    for i in range(n):
        words = [f"{word}" for word in torch.randint(0, 99, (3 + i % 5,), generator=draw).tolist()]
        words[i % len(words)] = PROMISES[i // 2 % 4] if i % 2 else "tea"
        rows.append(("spam" if i % 2 else "ham", " ".join(words)))
    return pandas.DataFrame(rows, columns=["label", "text"])


def loader(messages, batch_size=8, max_length=None, shuffle=False, **settings):
    return DataLoader(
        SpamDataset(messages, get_tokenizer(), max_length, **settings),
        batch_size,
        shuffle,
        collate_fn=collate_messages,
        generator=torch.Generator().manual_seed(1) if shuffle else None,
    )


# --- the data ------------------------------------------------------------------------------------


def test_a_row_is_the_token_ids_and_the_class():
    dataset, encode = SpamDataset(table(), get_tokenizer()), get_tokenizer().encode_ordinary
    assert len(dataset) == 4
    assert [dataset[i] for i in range(4)] == [*zip(map(encode, TEXTS), [1, 0, 0, 1], strict=True)]


@pytest.mark.parametrize("length", [5, np.int64(5), torch.tensor(5)])
def test_longer_messages_are_cut(length):
    dataset = SpamDataset(table(), get_tokenizer(), max_length=length)
    full = get_tokenizer().encode_ordinary(TEXTS[3])
    assert dataset[3][0] == full[:5] and len(dataset[2][0]) == 1


@pytest.mark.parametrize("length", [0, -1, 2.5, "5", True])
def test_a_length_that_is_none_is_named(length, tmp_path):
    for call in (
        lambda: SpamDataset(table(), get_tokenizer(), length),
        lambda: classify("hello", classifier(), max_length=length),
        lambda: save_classifier(classifier(), tmp_path / "a", max_length=length),
    ):
        with pytest.raises(ValueError, match=f"max_length must be a positive .* got {length!r}"):
            call()
    assert not list(tmp_path.iterdir())


def test_a_text_with_a_special_tokens_name_is_text():
    ids, _ = SpamDataset(table(["<|endoftext|>"], ["ham"]), get_tokenizer())[0]
    assert len(ids) > 1 and 50256 not in ids


@pytest.mark.parametrize(
    ("messages", "error"),
    [
        (table(["ok", "", "a", ""], ["ham"] * 4), "text 1, 3 is empty"),
        (
            table(["ok", "no"], ["ham", "eggs"]),
            r"got 2 messages, labels outside \('ham', 'spam'\): eggs",
        ),
        (table([], []), "got 0 messages"),
    ],
)
def test_messages_that_cannot_be_learned_are_refused(messages, error):
    with pytest.raises(ValueError, match=error):
        SpamDataset(messages, get_tokenizer())


@pytest.mark.parametrize("kind", [list, tuple, torch.tensor, np.array])
def test_a_batch_is_as_long_as_its_longest_message_with_one_target_a_row(kind):
    rows = [([3, 1, 4], 1), ([1, 5, 9, 2, 6], 0), ([3], 2)]
    inputs, targets = collate_messages([(kind(row), label) for row, label in rows], pad_token_id=7)
    assert inputs.tolist() == [[3, 1, 4, 7, 7], [1, 5, 9, 2, 6], [3, 7, 7, 7, 7]]
    assert targets.tolist() == [[-100, -100, 1, -100, -100], [-100] * 4 + [0], [2] + [-100] * 4]
    assert inputs.dtype == targets.dtype == torch.long


def test_a_batch_with_an_empty_message_is_refused():
    with pytest.raises(ValueError, match="without a token"):
        collate_messages([([1, 2], 0), ([], 1)])


def test_balanced_messages_have_each_label_as_often_and_none_twice():
    messages = table([f"text {n}" for n in range(60)], ["ham"] * 40 + ["spam"] * 7 + ["eggs"] * 13)
    found = balance(messages)
    assert found["label"].value_counts().to_dict() == {"ham": 7, "spam": 7, "eggs": 7}
    assert found["text"].is_unique and found.merge(messages).equals(found)
    assert balance(messages).equals(found) and not balance(messages, seed=1).equals(found)


def test_every_message_is_in_one_part_and_seven_in_ten_are_in_training():
    messages = table([f"text {n}" for n in range(100)], ["ham"] * 50 + ["spam"] * 50)
    parts = split_messages(messages)
    assert [len(part) for part in parts] == [70, 10, 20]
    assert sorted(pandas.concat(parts)["text"]) == sorted(messages["text"])
    assert all(
        mine.equals(same) for mine, same in zip(parts, split_messages(messages), strict=True)
    )
    assert not split_messages(messages, seed=1)[0].equals(parts[0])
    assert 20 < (parts[0]["label"].to_numpy() == "ham")[:60].sum() < 40  # in no order of labels


def test_copies_of_a_message_are_in_the_same_part():
    messages = table([f"text {n % 40}" for n in range(100)], ["ham"] * 100)
    tables = split_messages(messages)
    assert sum(map(len, tables)) == 100
    parts = [set(table["text"]) for table in tables]
    assert [len(part) for part in parts] == [28, 4, 8] and len(set.union(*parts)) == 40


def test_copies_are_known_whatever_their_case_spaces_and_normal_form():
    forms = ["Caf\u00e9 {} ok", "cafe\u0301  {} OK ", "CAF\u00c9\t{} ok"]
    messages = table([form.format(n) for n in range(20) for form in forms], ["ham"] * 60)
    parts = [set(part.index // 3) for part in split_messages(messages)]
    assert [len(part) for part in parts] == [14, 2, 4] and len(set.union(*parts)) == 20


def test_messages_of_a_group_and_groups_that_share_a_copy_are_in_the_same_part():
    n = 60
    group = [None if i % 5 == 0 else f"{i // 4}" for i in range(n)]
    copies = [0, 13, 26, 39]  # of one text; three of them in a group
    texts = ["Text  0" if i in copies[1:] else f"text {i}" for i in range(n)]
    for seed in range(5):
        parts = split_messages(table(texts, ["ham"] * n, group=group), seed)
        where = {i: number for number, part in enumerate(parts) for i in part.index}
        assert len(where) == sum(map(len, parts)) == n
        for name in {*group} - {None}:
            assert len({where[i] for i in range(n) if group[i] == name}) == 1
        assert len({where[i] for i in copies}) == 1


def test_large_groups_are_not_drawn_to_the_training_part():
    group = [f"{min(i // 6, 50)}.{max(0, i - 300)}" for i in range(600)]  # 50 of six, 300 alone
    messages = table([f"text {i}" for i in range(600)], ["ham"] * 600, group=group)
    shares = [len(split_messages(messages, seed)[0]) / 600 for seed in range(20)]
    assert sum(shares) / 20 == pytest.approx(0.7, abs=0.02)


def test_tables_put_together_from_two_are_split_though_their_row_numbers_repeat():
    one, two = table(["a", "b", "c"], ["ham"] * 3), table(["d", "E", "e"], ["spam"] * 3)
    parts = split_messages(pandas.concat([one, two]))
    assert sorted(pandas.concat(parts)["text"]) == ["E", "a", "b", "c", "d", "e"]


def test_too_few_messages_to_divide_are_refused():
    with pytest.raises(ValueError, match="3 different messages are too few"):
        split_messages(table(["a", "A", "b", "c"], ["ham"] * 4))


# --- the head and what is read -------------------------------------------------------------------


@pytest.mark.parametrize(("pad", "more"), [(50256, 0), (50256, 5), (0, 3), (13, 9)])
def test_padding_changes_no_answer(pad, more):
    model, encode = classifier().eval(), get_tokenizer().encode_ordinary
    longest = max(len(encode(text)) for text in TEXTS)
    inputs, targets = collate_messages([*SpamDataset(table(), get_tokenizer())], pad)
    width = min(more, 16 - longest)
    batch = F.pad(inputs, (0, width), value=pad), F.pad(targets, (0, width), value=-100)
    probas, classes = predict([batch], model, "cpu")
    assert classes.tolist() == [1, 0, 0, 1]
    for i, text in enumerate(TEXTS):
        with torch.no_grad():
            alone = model(torch.tensor([encode(text)]))[0, -1]  # (K,)
        torch.testing.assert_close(probas[i], torch.softmax(alone, -1), atol=1e-6, rtol=0)


def test_the_loss_is_that_of_the_last_real_tokens():
    model, encode = classifier().eval(), get_tokenizer().encode_ordinary
    logits = torch.stack([model(torch.tensor([encode(text)]))[0, -1] for text in TEXTS])
    expected = F.cross_entropy(logits, torch.tensor([1, 0, 0, 1]))
    (batch,) = loader(table())
    torch.testing.assert_close(calc_loss_batch(*batch, model, "cpu"), expected)


@pytest.mark.parametrize("trainable", ["head", "last_block", "all"])
def test_frozen_weights_stay_bit_for_bit_and_all_others_move(trainable):
    model = classifier(trainable)
    before = copy.deepcopy(dict(model.named_parameters()))
    batches = loader(many(), shuffle=True)
    train_model(model, batches, batches, create_optimizer(model, lr=1e-3), "cpu", 2)
    learning = {
        "head": ("out_head.",),
        "last_block": ("out_head.", "final_norm.", "blocks.1."),
        "all": ("",),
    }[trainable]
    for name, parameter in model.named_parameters():
        expected = name.startswith(learning)
        assert parameter.requires_grad == expected, name
        assert torch.equal(parameter, before[name]) != expected, name


def test_the_new_head_is_no_longer_the_embedding():
    model = classifier("all")
    assert model.out_head.weight.shape == (2, 32) and model.tok_emb.weight.shape == (50257, 32)


def test_the_config_says_that_the_head_is_no_longer_tied_and_what_ids_it_takes():
    model = classifier()
    assert model.config.tie_embeddings is False and CONFIG.tie_embeddings
    assert model.config.vocab_size == model.tok_emb.num_embeddings == 50257
    untied = GPTModel(model.config)  # the body of such a config is this body
    body = {n: p.shape for n, p in model.named_parameters() if not n.startswith("out_head")}
    assert body.items() < {n: p.shape for n, p in untied.named_parameters()}.items()


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float64])
def test_the_head_takes_the_models_dtype_and_device(dtype):
    model = GPTModel(CONFIG).to(dtype)
    add_classification_head(model, 2)
    assert {p.dtype for p in model.parameters()} == {dtype}
    label, proba = classify("hello", model)
    assert label in ("ham", "spam") and 0.5 <= proba <= 1
    with torch.device("meta"):
        model = GPTModel(CONFIG)
    add_classification_head(model, 2)
    assert model.out_head.weight.is_meta


def test_the_default_dtype_does_not_matter():
    model = GPTModel(CONFIG)
    torch.set_default_dtype(torch.float64)
    try:
        add_classification_head(model, 2)
    finally:
        torch.set_default_dtype(torch.float32)
    assert classify("hello", model)[0] in ("ham", "spam")


@pytest.mark.parametrize(
    ("trainable", "num_classes", "error"),
    [("first_block", 2, "'first_block'"), ("head", 1, "got 1"), ("head", "2", "got '2'")],
)
def test_a_head_that_makes_no_sense_is_refused_and_nothing_changed(trainable, num_classes, error):
    model = GPTModel(CONFIG)
    with pytest.raises(ValueError, match=error):
        add_classification_head(model, num_classes, trainable)
    assert model.out_head.weight is model.tok_emb.weight and model.out_head.weight.requires_grad


def test_numpys_number_of_classes_is_a_number():
    assert classifier(num_classes=np.int64(3)).out_head.out_features == 3


# --- accuracy and training -----------------------------------------------------------------------


def test_scikit_learn_finds_the_same_accuracy_and_loss():
    model, batches = classifier(), loader(many(50), batch_size=7)
    probas, classes = predict(batches, model, "cpu")
    accuracy = calc_accuracy_loader(batches, model, "cpu")
    assert accuracy == pytest.approx(accuracy_score(classes, probas.argmax(-1)))
    probas = probas.double() / probas.double().sum(dim=1, keepdim=True)
    expected = log_loss(classes, probas, labels=[0, 1])
    assert calc_loss_loader(batches, model, "cpu") == pytest.approx(expected, rel=1e-5)


def test_accuracy_of_some_batches_is_that_of_their_messages():
    model, messages = classifier(), many(40)
    found = calc_accuracy_loader(loader(messages), model, "cpu", num_batches=2)
    assert found == calc_accuracy_loader(loader(messages[:16]), model, "cpu")
    with pytest.raises(ValueError, match="no batch to look at"):
        predict([], model, "cpu")
    for number in (0, -1):
        with pytest.raises(ValueError, match=f"num_batches .* got {number}"):
            predict(loader(messages), model, "cpu", number)


def test_predicting_leaves_the_mode_and_all_random_streams_alone():
    model, batches = classifier(), loader(many(), shuffle=True)
    model.blocks[0].eval()
    modes = [module.training for module in model.modules()]
    before = torch.get_rng_state(), batches.generator.get_state()
    first, again = (predict(batches, model, "cpu")[0] for _ in range(2))
    assert torch.equal(first, again) and not first.requires_grad
    assert modes == [module.training for module in model.modules()]
    after = torch.get_rng_state(), batches.generator.get_state()
    assert all(map(torch.equal, before, after))


@pytest.mark.parametrize("spoilt", ["out_head.weight", "blocks.0.norm1.scale"])
def test_scores_that_are_no_numbers_are_refused(spoilt):
    model = classifier()
    with torch.no_grad():
        dict(model.named_parameters())[spoilt].flatten()[3] = torch.nan
    for call in (
        lambda: classify("hello", model),
        lambda: predict(loader(table()), model, "cpu"),
        lambda: calc_accuracy_loader(loader(table()), model, "cpu"),
    ):
        with pytest.raises(ValueError, match="not numbers"):
            call()


def test_accuracies_after_each_epoch_are_noted_and_change_no_weight():
    def run(**settings):
        model, batches, val = classifier(), loader(many(), shuffle=True), loader(many(20, seed=1))
        settings = {"eval_freq": 7, "eval_iter": None} | settings
        optimizer = create_optimizer(model, lr=1e-3)
        if "after_epoch" in settings:
            settings["after_epoch"] = lambda m: [
                calc_accuracy_loader(part, m, "cpu") for part in (batches, val)
            ]
        return model, train_model(model, batches, val, optimizer, "cpu", 2, **settings)

    model, history = run(after_epoch=True)
    plain, losses = run()
    assert all(map(torch.equal, model.parameters(), plain.parameters()))
    assert history.val_losses == losses.val_losses and len(history.notes) == 2
    found = [calc_accuracy_loader(loader(m), model, "cpu") for m in (many(), many(20, seed=1))]
    assert history.notes[-1] == found


def test_a_small_gpt_learns_which_words_make_spam():
    model, val = classifier("all"), loader(many(50, seed=1))
    optimizer, batches = create_optimizer(model, lr=3e-3), loader(many(200), shuffle=True)
    settings = {"eval_freq": 50, "eval_iter": None, "decay_to": 0.0}
    history = train_model(model, batches, val, optimizer, "cpu", 4, **settings)
    assert history.val_losses[-1] < 0.3 < 0.6 < history.val_losses[0]
    assert calc_accuracy_loader(val, model, "cpu") > 0.95
    assert classify("1 2 prize 3", model)[0] == "spam" and classify("4 tea 9", model)[0] == "ham"


# --- texts of one's own --------------------------------------------------------------------------


def test_a_text_gets_a_label_and_its_probability_as_the_dataset_does():
    model = classifier()
    probas, _ = predict(loader(table()), model, "cpu")
    for text, expected in zip(TEXTS, probas, strict=True):
        label, proba = classify(text, model, ("no", "yes"))
        assert label == ("no", "yes")[expected.argmax()]
        assert proba == pytest.approx(expected.max().item(), abs=1e-6)
    assert model.training


def test_a_list_gets_a_list_in_its_order_whatever_its_length():
    model = classifier(num_classes=3)
    texts, labels = (many(70)["text"].tolist()), ("a", "b", "c")
    answers = classify(texts, model, labels)
    for text, (label, proba) in zip(texts, answers, strict=True):
        alone = classify(text, model, labels)
        assert alone[0] == label and alone[1] == pytest.approx(proba, abs=1e-6)
    assert classify([], model, labels) == [] and classify(texts[:1], model, labels) == answers[:1]
    assert {label for label, _ in answers} <= set(labels)


def test_empty_texts_are_refused_by_their_places():
    with pytest.raises(ValueError, match="text 2, 4 is empty"):
        classify(["a", "b", "", "c", ""], classifier())


def test_several_texts_may_come_from_anywhere():
    model = classifier()
    expected = classify(TEXTS, model)
    for texts in (
        iter(TEXTS),
        map(str, TEXTS),
        tuple(TEXTS),
        pandas.Series(TEXTS),
        np.array(TEXTS),
    ):
        assert classify(texts, model) == expected


def test_texts_are_padded_to_others_of_their_length_only():
    model, seen = classifier(), []
    model.register_forward_pre_hook(lambda _, ids: seen.append(tuple(ids[0].shape)))
    short = [f"see you at {i % 9}" for i in range(96)]
    classify([*short[:50], "one two three " * 99, *short[50:]], model)
    assert sum(rows * tokens for rows, tokens in seen) < 96 * 4 + 32 * 16
    assert sum(rows for rows, _ in seen) == 97


@pytest.mark.parametrize("labels", [("ham",), ("a", "b", "c")])
def test_another_number_of_labels_than_classes_is_refused(labels):
    with pytest.raises(ValueError, match=f"got {len(labels)} labels for 2 classes"):
        classify("hello", classifier(), labels)
    with pytest.raises(ValueError, match="for 50257 classes"):
        classify("hello", GPTModel(CONFIG))


def test_a_text_beyond_the_length_is_cut_there():
    model, tokens = classifier(), get_tokenizer().encode_ordinary("one two three " * 99)
    cut = get_tokenizer().decode(tokens[:16])
    assert classify("one two three " * 99, model) == classify(cut, model)
    assert classify("one two three", model, max_length=2) == classify("one two", model)


def test_a_special_tokens_name_in_a_text_is_text_like_any_other():
    model, name = classifier(), "<|endoftext|>"
    (label, proba) = classify(name, model)
    with torch.no_grad():
        logits = model.eval()(torch.tensor([get_tokenizer().encode_ordinary(name)]))[0, -1]
    assert proba == pytest.approx(torch.softmax(logits, -1).max().item(), abs=1e-6)


# --- the file ------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_a_loaded_classifier_gives_the_same_answers(dtype, tmp_path):
    model, labels, texts = classifier(num_classes=3), ("a", "b", "c"), many(40)["text"].tolist()
    model.to(dtype)
    save_classifier(model, tmp_path / "mine.safetensors", labels, max_length=np.int64(4))
    state = torch.get_rng_state()
    loaded, found, length = load_classifier(tmp_path / "mine.safetensors")
    assert torch.equal(torch.get_rng_state(), state)
    assert (found, length) == (labels, 4) and loaded.config == model.config and not loaded.training
    assert {p.dtype for p in loaded.parameters()} == {dtype}
    expected = classify(texts, model, labels, max_length=4)
    assert classify(texts, loaded, found, length) == expected
    assert [file.name for file in tmp_path.iterdir()] == ["mine.safetensors"]


@pytest.mark.parametrize("trainable", ["head", "last_block", "all", "by hand"])
def test_what_could_learn_still_can(trainable, tmp_path):
    model = classifier("all" if trainable == "by hand" else trainable)
    if trainable == "by hand":
        model.blocks[0].att.requires_grad_(False)
    save_classifier(model, tmp_path / "a")
    loaded, *_ = load_classifier(tmp_path / "a")
    for (name, mine), theirs in zip(model.named_parameters(), loaded.parameters(), strict=True):
        assert mine.requires_grad == theirs.requires_grad and torch.equal(mine, theirs), name


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # PyTorch's own
def test_a_compiled_classifier_is_saved_as_what_it_wraps(tmp_path):
    model = classifier()
    save_classifier(torch.compile(model), tmp_path / "a")
    assert classify(TEXTS, load_classifier(tmp_path / "a")[0]) == classify(TEXTS, model)


class Adapter(torch.nn.Module):
    def __init__(self, linear):
        super().__init__()
        self.linear, self.more = linear, torch.nn.Linear(linear.in_features, linear.out_features)

    def forward(self, x):
        return self.linear(x) + self.more(x)


class Other(GPTModel):
    def forward(self, token_ids):
        return -super().forward(token_ids)


def adapted():
    model = classifier()
    model.blocks[0].att.out_proj = Adapter(model.blocks[0].att.out_proj)
    return model


def of_another_class():
    model = classifier()
    model.__class__ = Other
    return model


@pytest.mark.parametrize(
    ("model", "labels", "error"),
    [
        (classifier, ("a", "b", "c"), r"out_head.weight is \(2, 32\), .*\(3, 32\)"),
        (classifier, "ham", "out_head.weight .*3, 32"),
        (classifier, ("only",), "num_classes"),
        (classifier, (0, 1), r"texts, got GPTModel and \(0, 1\)"),
        (lambda: GPTModel(CONFIG), ("a", "b"), "out_head"),
        (adapted, ("a", "b"), "out_proj.more.weight .* is extra"),
        (of_another_class, ("a", "b"), "expected a GPTModel .*, got Other"),
        (lambda: torch.nn.Linear(2, 2), ("a", "b"), "expected a GPTModel .*, got Linear"),
    ],
)
def test_what_could_not_be_loaded_is_not_saved_and_an_older_file_stays(
    model, labels, error, tmp_path
):
    (tmp_path / "a").write_text("older", encoding="utf-8")
    with pytest.raises(ValueError, match=error):
        save_classifier(model(), tmp_path / "a", labels)
    assert [f.read_text(encoding="utf-8") for f in tmp_path.iterdir()] == ["older"]


def test_no_layout_of_language_models_takes_a_classifier(tmp_path):
    from llmutils.formats.compact import save_compact
    from llmutils.weights import save_pretrained

    for save in (save_pretrained, save_compact):
        with pytest.raises(ValueError, match="out_head"):
            save(classifier(), tmp_path / "a")
    assert not (tmp_path / "a").exists() or not list((tmp_path / "a").iterdir())


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    config = CONFIG.of({**vars(CONFIG), "vocab_size": 50, "emb_dim": 8, "n_heads": 2})
    model = GPTModel(config)
    add_classification_head(model, 2)
    path = tmp_path_factory.mktemp("saved") / "mine.safetensors"
    save_classifier(model, path, max_length=6)
    return path.read_bytes()


def test_any_flipped_byte_and_any_cut_is_one_error(saved, tmp_path):
    path = tmp_path / "mine.safetensors"
    draw = np.random.default_rng(0)
    places = [*range(0, 1200, 3), *draw.integers(1200, len(saved), 100).tolist(), len(saved) - 1]
    for place in places:
        damaged = bytearray(saved)
        damaged[place] ^= 1 << int(draw.integers(8))
        path.write_bytes(damaged)
        with pytest.raises(ValueError, match="mine.safetensors is not a whole file of save_cl"):
            load_classifier(path)
    for length in [0, 1, 7, 8, 9, 500, *draw.integers(0, len(saved), 20).tolist(), len(saved) - 1]:
        path.write_bytes(saved[:length])
        with pytest.raises(ValueError, match="mine.safetensors is not a whole file of save_cl"):
            load_classifier(path)


def test_another_kind_of_file_is_named(tmp_path):
    path = tmp_path / "mine.safetensors"
    path.write_text("hello", encoding="utf-8")
    with pytest.raises(ValueError, match="mine.safetensors is not a whole file of save_cl"):
        load_classifier(path)
    save_file({"weight": torch.zeros(2)}, path)
    with pytest.raises(ValueError, match="mine.safetensors is not a whole file of save_cl"):
        load_classifier(path)
