"""Plugin mlx of assay: ops of MLX, blocks and models of mlx-lm.

MLX is imported when a device is opened, so that the plugin describes itself and
checks configurations where there is none.
"""

__version__ = "0.1.0"


def main() -> None:
    from ._plugin import serve

    serve()
