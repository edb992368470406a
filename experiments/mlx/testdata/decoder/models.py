"""Makes small random checkpoints as mlx-lm writes them, in float32: a dense Qwen3 whose
head is its embedding, a Llama of mixed widths, and a Mixtral.

    python models.py FOLDER
"""

import pathlib
import sys

import mlx.core as mx
import mlx_lm.utils
from mlx.utils import tree_flatten, tree_unflatten

COMMON = dict(
    vocab_size=320, hidden_size=256, num_hidden_layers=2, intermediate_size=384, num_attention_heads=4,
    num_key_value_heads=2, max_position_embeddings=4096, rope_theta=1e6, rms_norm_eps=1e-5)

MODELS = {
    "qwen3": dict(COMMON, model_type="qwen3", head_dim=128, tie_word_embeddings=True),
    "llama": dict(COMMON, model_type="llama", tie_word_embeddings=False),
    "mixtral": dict(COMMON, model_type="mixtral", num_local_experts=4, num_experts_per_tok=2, tie_word_embeddings=False),
}


def mixed(path, module):
    """Values and down projections have more bits than the rest."""
    return {"bits": 6, "group_size": 64} if "v_proj" in path or "down_proj" in path else True


def main(out):
    for name, config in MODELS.items():
        folder = out / name
        folder.mkdir(parents=True)
        mx.random.seed(1)
        model_class, arguments = mlx_lm.utils._get_classes(dict(config))
        model = model_class(arguments.from_dict(config))
        # Norms of ones would hide one that is taken for another.
        for path, weight in tree_flatten(model.parameters()):
            if "norm" in path:
                model.update(tree_unflatten([(path, weight + 0.2 * mx.random.normal(weight.shape))]))
        predicate = mixed if name == "llama" else None
        model, config = mlx_lm.utils.quantize_model(model, dict(config), 64, 4, quant_predicate=predicate)
        mlx_lm.utils.save_model(folder, model)
        mlx_lm.utils.save_config(config, config_path=folder / "config.json")


main(pathlib.Path(sys.argv[1]))
