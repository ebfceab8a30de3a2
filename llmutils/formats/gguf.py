"""Write a model for llama.cpp and Ollama.

Plumbing: not built in a notebook.
"""

import json
from pathlib import Path

from torch import nn

from llmutils.formats.files import replacing
from llmutils.formats.huggingface import full_name, read_vocabulary
from llmutils.weights import own_weights, to_gpt2


def export_gguf(model: nn.Module, path: str | Path) -> None:
    """Write a model as a GGUF file, and `NAME.Modelfile` for Ollama beside it if there is none.

    Raises:
        ValueError: what is no plain GPT, or a vocabulary that is not GPT-2's.
    """
    import gguf

    path = Path(path)
    config, own = own_weights(model)
    encoder, merges = read_vocabulary(config)
    tokens = json.loads(encoder)  # {token: id}, in the order of the ids
    kinds = [gguf.TokenType.NORMAL] * (len(tokens) - 1) + [gguf.TokenType.CONTROL]
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.GPT2, config.n_layers)
    with replacing(path) as part:
        writer = gguf.GGUFWriter(part, "gpt2")
        writer.add_name(path.stem)
        writer.add_context_length(config.context_length)
        writer.add_embedding_length(config.emb_dim)
        writer.add_feed_forward_length(4 * config.emb_dim)
        writer.add_block_count(config.n_layers)
        writer.add_head_count(config.n_heads)
        writer.add_layer_norm_eps(1e-5)
        writer.add_file_type(gguf.LlamaFileType.ALL_F32)
        writer.add_tokenizer_model("gpt2")
        writer.add_tokenizer_pre("gpt-2")
        writer.add_token_list(list(tokens))
        writer.add_token_types(kinds)
        writer.add_token_merges(merges.decode().split("\n")[1:-1])
        writer.add_bos_token_id(tokens["<|endoftext|>"])
        writer.add_eos_token_id(tokens["<|endoftext|>"])
        writer.add_add_bos_token(False)
        for name, weight in to_gpt2(own, config).items():
            # PyTorch's side of a matrix again, (out, in): GPT-2's files have (in, out)
            turned = weight.T if "c_" in name and weight.dim() == 2 else weight
            theirs = names.get_name(full_name(name), try_suffixes=(".weight", ".bias"))
            writer.add_tensor(theirs, turned.contiguous().numpy())
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
    modelfile = path.with_suffix(".Modelfile")
    if not modelfile.exists():  # it may be the user's own
        text = f'FROM ./{path.name}\nTEMPLATE "{{{{ .Prompt }}}}"\nPARAMETER stop "<|endoftext|>"\n'
        modelfile.write_text(text, encoding="utf-8")
