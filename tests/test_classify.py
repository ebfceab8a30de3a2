import copy

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


def table(texts=TEXTS, labels=("spam", "ham", "ham", "spam")):
    return pandas.DataFrame({"label": labels, "text": texts})


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


def test_a_row_is_the_token_ids_their_number_and_the_class():
    dataset, encode = SpamDataset(table(), get_tokenizer()), get_tokenizer().encode_ordinary
    assert len(dataset) == 4 and dataset.max_length == len(encode(TEXTS[3]))
    for i, text in enumerate(TEXTS):
        ids, length, label = dataset[i]
        assert ids.dtype == torch.long and ids.shape == (dataset.max_length,)
        assert ids[:length].tolist() == encode(text)
        assert set(ids[length:].tolist()) <= {50256} and label == [1, 0, 0, 1][i]


def test_longer_messages_are_cut_and_shorter_ones_padded_to_a_given_length():
    dataset = SpamDataset(table(), get_tokenizer(), max_length=5, pad_token_id=7)
    full = get_tokenizer().encode_ordinary(TEXTS[3])
    assert dataset[3][0].tolist() == full[:5] and dataset[3][1] == 5
    assert dataset[2][0].tolist() == [*get_tokenizer().encode_ordinary("ok"), 7, 7, 7, 7]


def test_a_text_with_a_special_tokens_name_is_text():
    ids, length, _ = SpamDataset(table(["<|endoftext|>"], ["ham"]), get_tokenizer())[0]
    assert length > 1 and 50256 not in ids.tolist()


@pytest.mark.parametrize(
    ("messages", "error"),
    [
        (table(["ok", ""], ["ham", "spam"]), "text 1 is empty"),
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


def test_a_batch_is_as_long_as_its_longest_message_with_one_target_a_row():
    dataset = SpamDataset(table(), get_tokenizer())
    inputs, targets = collate_messages([dataset[i] for i in range(3)])
    lengths = [dataset[i][1] for i in range(3)]
    assert inputs.shape == targets.shape == (3, max(lengths))
    for i, length in enumerate(lengths):
        assert torch.equal(inputs[i], dataset[i][0][: max(lengths)])
        expected = [-100] * max(lengths)
        expected[length - 1] = dataset[i][2]
        assert targets[i].tolist() == expected


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


# --- the head and what is read -------------------------------------------------------------------


@pytest.mark.parametrize(("pad", "more"), [(50256, 0), (50256, 5), (0, 3), (13, 9)])
def test_padding_changes_no_answer(pad, more):
    model, encode = classifier().eval(), get_tokenizer().encode_ordinary
    longest = max(len(encode(text)) for text in TEXTS)
    rows = SpamDataset(table(), get_tokenizer(), min(longest + more, 16), pad_token_id=pad)
    probas, classes = predict(DataLoader(rows, 4, collate_fn=collate_messages), model, "cpu")
    assert classes.tolist() == [1, 0, 0, 1]
    for i, text in enumerate(TEXTS):
        with torch.no_grad():
            alone = model(torch.tensor([encode(text)]))[0, -1]  # (K,)
            padded = model(rows[i][0][None])[0, rows[i][1] - 1]
        torch.testing.assert_close(padded, alone, atol=1e-6, rtol=0)
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


@pytest.mark.parametrize(("trainable", "num_classes"), [("first_block", 2), ("head", 1)])
def test_a_head_that_makes_no_sense_is_refused_and_nothing_changed(trainable, num_classes):
    model = GPTModel(CONFIG)
    with pytest.raises(ValueError, match=f"{trainable}' and {num_classes}"):
        add_classification_head(model, num_classes, trainable)
    assert model.out_head.weight is model.tok_emb.weight and model.out_head.weight.requires_grad


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
        predict(loader(messages), model, "cpu", num_batches=0)


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


def run(folder=None, epochs=2, **settings):
    model = classifier()
    batches, val = loader(many(), shuffle=True), loader(many(20, seed=1))
    optimizer = create_optimizer(model, lr=1e-3)
    settings = {"eval_freq": 7, "folder": folder} | settings
    return model, train_model(model, batches, val, optimizer, "cpu", epochs, **settings)


def test_training_counts_examples_and_measures_accuracies_without_changing_a_weight():
    model, history = run(calc_accuracy=calc_accuracy_loader, eval_iter=None)
    plain, losses = run(eval_iter=None)
    assert all(map(torch.equal, model.parameters(), plain.parameters()))
    assert history.val_losses == losses.val_losses and losses.val_accuracies == []
    assert history.examples_seen == [8 * step for step in history.steps]
    assert len(history.train_accuracies) == len(history.val_accuracies) == 1 + 2
    val = loader(many(20, seed=1))
    assert history.val_accuracies[-1] == calc_accuracy_loader(val, model, "cpu")
    assert history.val_accuracies[0] == calc_accuracy_loader(val, classifier(), "cpu")


def test_accuracies_of_a_resumed_run_are_those_of_one_that_never_stopped(tmp_path):
    settings = {"calc_accuracy": calc_accuracy_loader, "keep": 99}
    model, expected = run(tmp_path / "whole", **settings)
    for checkpoint in sorted((tmp_path / "whole").glob("step-*.pt"))[:-1]:
        folder = tmp_path / checkpoint.stem
        folder.mkdir()
        (folder / checkpoint.name).write_bytes(checkpoint.read_bytes())
        again, history = run(folder, **settings)
        assert history == expected and all(map(torch.equal, again.parameters(), model.parameters()))


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


def test_an_empty_text_is_refused_by_its_place():
    with pytest.raises(ValueError, match="text 2 is empty"):
        classify(["a", "b", "", "c"], classifier())


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


def test_a_loaded_classifier_gives_the_same_answers(tmp_path):
    model, labels, texts = classifier(num_classes=3), ("a", "b", "c"), many(40)["text"].tolist()
    save_classifier(model, tmp_path / "mine.safetensors", labels, max_length=4)
    state = torch.get_rng_state()
    loaded, found, length = load_classifier(tmp_path / "mine.safetensors")
    assert torch.equal(torch.get_rng_state(), state)
    assert (found, length) == (labels, 4) and loaded.config == model.config and not loaded.training
    expected = classify(texts, model, labels, max_length=4)
    assert classify(texts, loaded, found, length) == expected
    assert classify(texts[0], *load_classifier(tmp_path / "mine.safetensors")) == expected[0]
    assert [path.name for path in tmp_path.iterdir()] == ["mine.safetensors"]


@pytest.mark.parametrize("damage", ["cut", "another file", "text"])
def test_a_file_that_holds_no_classifier_is_named(damage, tmp_path):
    path = tmp_path / "mine.safetensors"
    save_classifier(classifier(), path)
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:-1])
    elif damage == "text":
        path.write_text("hello", encoding="utf-8")
    else:
        save_file({"weight": torch.zeros(2)}, path)
    with pytest.raises(ValueError, match="mine.safetensors is not a whole file of save_classifier"):
        load_classifier(path)
