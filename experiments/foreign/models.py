"""Makes two small random models, offline: FOLDER/mlx, a quantized mixture of
experts for mlx-lm, and FOLDER/llama.gguf for llama.cpp.

    python models.py FOLDER

A token is a byte of the prompt or one of the words "<257>" to "<511>". Rows of
the output matrix are zero for bytes and for the end of text, so that a greedy
answer consists of words, is valid UTF-8, and never ends early. Weights of MLX
are float32: on a CPU the halves are 5 to 30 times slower.
"""

import json
import pathlib
import sys

import gguf
import mlx.core as mx
import mlx_lm.utils
import numpy
import tokenizers

VOCABULARY = 512
BYTES = sorted(tokenizers.pre_tokenizers.ByteLevel.alphabet())
END = len(BYTES)
WORDS = BYTES + ["<|end|>"] + ["<%d>" % i for i in range(END + 1, VOCABULARY)]
TEMPLATE = "{% for m in messages %}{{ m.content }}{% endfor %}"

QWEN3_MOE = dict(
    model_type="qwen3_moe", vocab_size=VOCABULARY, hidden_size=256, num_hidden_layers=2,
    intermediate_size=256, num_attention_heads=4, num_key_value_heads=2, head_dim=64,
    num_experts=8, num_experts_per_tok=2, moe_intermediate_size=128, norm_topk_prob=True,
    decoder_sparse_step=1, mlp_only_layers=[], rms_norm_eps=1e-6, rope_theta=1e6,
    tie_word_embeddings=False, max_position_embeddings=4096)


def checkpoint(folder):
    folder.mkdir(parents=True)
    mx.random.seed(1)
    model_class, arguments = mlx_lm.utils._get_classes(dict(QWEN3_MOE))
    model = model_class(arguments.from_dict(QWEN3_MOE))
    head = model.lm_head.weight
    head[: END + 1] = 0
    model.lm_head.weight = head
    # Embeddings that weigh more than the layers would repeat one word for ever.
    model.model.embed_tokens.weight = 4 * model.model.embed_tokens.weight
    model, config = mlx_lm.utils.quantize_model(model, dict(QWEN3_MOE), 64, 4)
    mlx_lm.utils.save_model(folder, model)
    mlx_lm.utils.save_config(config, config_path=folder / "config.json")
    tokenizer(folder)


def tokenizer(folder):
    t = tokenizers.Tokenizer(tokenizers.models.BPE(vocab={w: i for i, w in enumerate(WORDS)}, merges=[]))
    t.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    t.decoder = tokenizers.decoders.ByteLevel()
    t.add_special_tokens([WORDS[END]])
    t.save(str(folder / "tokenizer.json"))
    settings = dict(tokenizer_class="PreTrainedTokenizerFast", eos_token=WORDS[END], chat_template=TEMPLATE)
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))


def llama(path, layers=2, width=256, heads=4, inner=512):
    w = gguf.GGUFWriter(path, "llama")
    w.add_vocab_size(VOCABULARY)
    w.add_context_length(4096)
    w.add_block_count(layers)
    w.add_embedding_length(width)
    w.add_feed_forward_length(inner)
    w.add_head_count(heads)
    w.add_head_count_kv(heads)
    w.add_rope_dimension_count(width // heads)
    w.add_layer_norm_rms_eps(1e-5)
    w.add_file_type(gguf.LlamaFileType.ALL_F32)
    w.add_tokenizer_model("gpt2")
    w.add_tokenizer_pre("gpt-2")
    w.add_token_list(WORDS)
    w.add_token_types([gguf.TokenType.CONTROL if i == END else gguf.TokenType.NORMAL for i in range(VOCABULARY)])
    w.add_token_merges(["a b"])  # none is an error; its parts make no token
    w.add_bos_token_id(END)
    w.add_eos_token_id(END)
    w.add_chat_template(TEMPLATE)

    random = numpy.random.default_rng(1)

    def matrix(name, rows, columns, zero=0):
        m = (random.standard_normal((rows, columns)) * 0.05).astype(numpy.float32)
        m[:zero] = 0
        w.add_tensor(name + ".weight", m)

    def ones(name):
        w.add_tensor(name + ".weight", numpy.ones(width, numpy.float32))

    matrix("token_embd", VOCABULARY, width)
    matrix("output", VOCABULARY, width, zero=END + 1)
    ones("output_norm")
    for layer in range(layers):
        block = "blk.%d." % layer
        ones(block + "attn_norm")
        ones(block + "ffn_norm")
        for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
            matrix(block + name, width, width)
        matrix(block + "ffn_gate", inner, width)
        matrix(block + "ffn_up", inner, width)
        matrix(block + "ffn_down", width, inner)
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()


if __name__ == "__main__":
    out = pathlib.Path(sys.argv[1])
    checkpoint(out / "mlx")
    llama(str(out / "llama.gguf"))
