import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from llmutils.data import GPTDataset, TokenFile, create_dataloader
from llmutils.tokenizer import get_tokenizer

NUMBERS = " ".join(str(n) for n in range(200))  # 200 tokens, " 0" to " 199"


def batches(loader):
    return [(x.tolist(), y.tolist()) for x, y in loader]


def test_targets_are_the_inputs_moved_on_by_one():
    tokenizer = get_tokenizer()
    ids = tokenizer.encode_ordinary(NUMBERS)
    dataset = GPTDataset(NUMBERS, tokenizer, context_length=4, stride=3)
    for i, (inputs, targets) in enumerate(dataset):
        assert inputs.tolist() == ids[3 * i : 3 * i + 4]
        assert targets.tolist() == ids[3 * i + 1 : 3 * i + 5]


@pytest.mark.parametrize("stride", [1, 2, 3, 4, 7])
@pytest.mark.parametrize("context_length", [1, 4, 30, 199])
def test_every_whole_window_is_there_and_no_other(context_length, stride):
    dataset = GPTDataset(NUMBERS, get_tokenizer(), context_length, stride)
    assert len(dataset) == len(range(0, 200 - context_length, stride))
    assert all(len(x) == len(y) == context_length for x, y in dataset)
    with pytest.raises(IndexError):
        dataset[len(dataset)]


def test_overlapping_windows_share_one_tensor():
    dataset = GPTDataset(NUMBERS, get_tokenizer(), context_length=16, stride=1)
    storages = {t.untyped_storage().data_ptr() for window in dataset for t in window}
    assert storages == {dataset.token_ids.untyped_storage().data_ptr()}
    assert dataset.token_ids.untyped_storage().nbytes() == 200 * 8


def test_a_text_shorter_than_a_window_is_refused_with_both_numbers():
    with pytest.raises(ValueError, match="has 200 tokens; context_length 200 needs at least 201"):
        GPTDataset(NUMBERS, get_tokenizer(), context_length=200, stride=1)
    assert len(GPTDataset(NUMBERS, get_tokenizer(), context_length=199, stride=1)) == 1
    with pytest.raises(ValueError, match="context_length 0 and stride 1"):
        GPTDataset(NUMBERS, get_tokenizer(), context_length=0, stride=1)


def test_a_loader_without_a_whole_batch_is_refused():
    with pytest.raises(ValueError, match="gives 3 windows of 50 tokens.* batch of 4"):
        create_dataloader(NUMBERS, batch_size=4, context_length=50, stride=50)
    assert len(create_dataloader(NUMBERS, 4, 50, 50, drop_last=False)) == 1


def test_the_seed_fixes_the_order_and_epochs_differ():
    first, again = (create_dataloader(NUMBERS, 4, 8, 8, seed=1) for _ in range(2))
    other = create_dataloader(NUMBERS, 4, 8, 8, seed=2)
    epoch1, epoch2 = batches(first), batches(first)
    assert epoch1 == batches(again) and epoch1 != epoch2
    assert epoch1 != batches(other)
    torch.manual_seed(99)
    assert batches(create_dataloader(NUMBERS, 4, 8, 8, seed=1)) == epoch1


def test_iterating_draws_nothing_from_the_global_random_stream():
    loader = create_dataloader(NUMBERS, 4, 8, 8)
    before = torch.get_rng_state()
    batches(loader)
    assert torch.equal(before, torch.get_rng_state())


def test_workers_deliver_the_same_batches():
    alone = create_dataloader(NUMBERS, 4, 8, 8)
    helped = create_dataloader(NUMBERS, 4, 8, 8, num_workers=2)
    assert batches(alone) == batches(helped)


def test_drop_last_leaves_out_only_the_incomplete_batch():
    kept = create_dataloader(NUMBERS, 7, 8, 8, shuffle=False, drop_last=False)
    dropped = create_dataloader(NUMBERS, 7, 8, 8, shuffle=False)
    assert [len(x) for x, _ in kept] == [7, 7, 7, 3]
    assert batches(kept)[:3] == batches(dropped)


# --- TokenFile -----------------------------------------------------------------------------------


@pytest.fixture
def token_file(tmp_path):
    ids = get_tokenizer().encode_ordinary(NUMBERS)
    assert TokenFile.write(tmp_path / "corpus.tok", [ids[:50], [], np.array(ids[50:])]) == 200
    return tmp_path / "corpus.tok"


@pytest.mark.parametrize(("context_length", "stride"), [(8, 8), (16, 3), (199, 1)])
def test_a_token_file_has_the_windows_of_the_text(token_file, context_length, stride):
    in_memory = GPTDataset(NUMBERS, get_tokenizer(), context_length, stride)
    on_disk = TokenFile(token_file, context_length, stride)
    assert len(on_disk) == len(in_memory)
    for mine, theirs in zip(on_disk, in_memory, strict=True):
        assert torch.equal(mine[0], theirs[0]) and torch.equal(mine[1], theirs[1])
        assert mine[0].dtype == torch.int64
    assert len(TokenFile(token_file, 10)) == 19  # the stride defaults to the window


def test_a_token_file_is_mapped_and_travels_to_workers_as_a_path(token_file):
    import pickle

    dataset = TokenFile(token_file, 8)
    assert isinstance(dataset.token_ids, np.memmap)
    assert len(pickle.dumps(dataset)) < 400
    alone = [x.tolist() for x, _ in DataLoader(dataset, batch_size=4)]
    helped = DataLoader(dataset, batch_size=4, num_workers=2, multiprocessing_context="spawn")
    assert [x.tolist() for x, _ in helped] == alone


def test_the_highest_id_survives_and_a_foreign_one_is_refused(tmp_path):
    TokenFile.write(tmp_path / "a.tok", [[0, 50256, 1]])
    assert TokenFile(tmp_path / "a.tok", 2)[0][1].tolist() == [50256, 1]
    for wrong in ([0, 50257], [-1, 5]):
        with pytest.raises(ValueError, match=r"must lie in 0..50256, got"):
            TokenFile.write(tmp_path / "b.tok", [wrong])
    assert not (tmp_path / "b.tok").exists()


def test_a_damaged_token_file_is_refused(token_file, tmp_path):
    whole = token_file.read_bytes()
    damages = {
        "is not a token file": [b"", whole[:40], b"PK" + whole[2:]],
        "has format 2, expected 1": [whole[:8] + b"\2" + whole[9:]],
        "bytes, expected 488": [whole[:-1], whole + b"x", whole[:100]],
        "another vocabulary": [whole[:24] + bytes(32) + whole[56:]],
        "the text has 200 tokens; context_length 200": [whole],
    }
    for message, bodies in damages.items():
        for body in bodies:
            (tmp_path / "bad.tok").write_bytes(body)
            with pytest.raises(ValueError, match=message):
                TokenFile(tmp_path / "bad.tok", 200)


def test_verify_notices_a_flipped_byte(token_file):
    TokenFile(token_file, 8).verify()
    body = bytearray(token_file.read_bytes())
    body[-7] ^= 1
    token_file.write_bytes(body)
    with pytest.raises(ValueError, match="the tokens have SHA-256"):
        TokenFile(token_file, 8).verify()
