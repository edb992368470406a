"""Times prefill and greedy decode of a checkpoint with the mlx-lm of the
environment that runs this file.

    python decode.py MODEL            prints rates and tokens, some times over
    python decode.py MODEL --serve    measures when assay's command plugin asks
"""

import argparse
import importlib.metadata
import sys
import time

import mlx.core as mx
from mlx_lm import load
from mlx_lm.generate import generate_step
from mlx_lm.models.cache import make_prompt_cache, trim_prompt_cache


class Decoder:
    def __init__(self, model, prompt, tokens):
        self.model, self.tokens = model, tokens
        self.prompt = mx.array([7 * i % 256 for i in range(prompt)])
        self.cache = self.prefill()

    def prefill(self):
        """All of the prompt but its last token, into a new cache."""
        cache = make_prompt_cache(self.model)
        self.model(self.prompt[None, :-1], cache=cache)
        mx.eval([c.state for c in cache])
        return cache

    def decode(self):
        """The tokens after the prompt; the cache is left as it was found."""
        steps = generate_step(self.prompt[-1:], self.model, max_tokens=self.tokens, prompt_cache=self.cache)
        out = [int(token) for token, _ in steps]
        trim_prompt_cache(self.cache, self.cache[0].offset - (len(self.prompt) - 1))
        return out


def words(tokens):
    return " ".join(map(str, tokens))


def report(decoder, repeat):
    decoder.decode()  # warm-up
    for _ in range(repeat):
        begin = time.perf_counter()
        decoder.prefill()
        middle = time.perf_counter()
        tokens = decoder.decode()
        end = time.perf_counter()
        print("prefill: %.6g tok/s" % ((len(decoder.prompt) - 1) / (middle - begin)))
        print("decode: %.6g tok/s" % (len(tokens) / (end - middle)))
        print("tokens:", words(tokens))


def main():
    p = argparse.ArgumentParser()
    p.add_argument("model")
    p.add_argument("--prompt", type=int, default=65, help="tokens of the prompt")
    p.add_argument("--tokens", type=int, default=32, help="tokens to decode")
    p.add_argument("--repeat", type=int, default=8, help="how many times to print")
    p.add_argument("--serve", action="store_true")
    a = p.parse_args()

    model, _ = load(a.model)
    decoder = Decoder(model, a.prompt, a.tokens)
    print("mlx", mx.__version__, "mlx-lm", importlib.metadata.version("mlx-lm"), file=sys.stderr)
    if not a.serve:
        return report(decoder, a.repeat)
    from assay_serve import serve  # assay puts it on the path

    serve(
        {"prefill": lambda: len(decoder.prefill()), "decode": decoder.decode},
        units={"prefill": a.prompt - 1, "decode": a.tokens},
        output=lambda result: words(result) if isinstance(result, list) else str(result),
    )


if __name__ == "__main__":
    main()
