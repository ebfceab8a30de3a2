import numpy as np
import pytest
import torch

from llmutils.data import GPTDataset, create_dataloader
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
    for sizes in [(0, 1), (1, 0), (-4, 1), (4.0, 1), (4, "1"), (None, 1)]:
        with pytest.raises(ValueError, match="context_length {} and stride {}".format(*sizes)):
            GPTDataset(NUMBERS, get_tokenizer(), *sizes)


def test_sizes_may_be_numpys():
    four, eight = np.int64(4), np.uint8(8)
    expected = batches(create_dataloader(NUMBERS, 4, 8, 8))
    assert batches(create_dataloader(NUMBERS, four, eight, eight, seed=np.int64(123))) == expected


@pytest.mark.parametrize("batch_size", [0, -1, 2.0, "4", None])
def test_a_batch_size_without_sense_is_refused(batch_size):
    with pytest.raises(ValueError, match=f"batch_size must be a positive .* got {batch_size!r}"):
        create_dataloader(NUMBERS, batch_size, 8, 8)


def test_a_text_cut_in_the_middle_of_a_character_is_refused():
    with pytest.raises(ValueError, match="half a surrogate pair, .* at character 3"):
        GPTDataset("0 1\ud83d", get_tokenizer(), 1, 1)


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
