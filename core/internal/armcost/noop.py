"""A plugin whose iterations do nothing: what is left of them is the SDK's."""

from dataclasses import dataclass

import assay_sdk as sdk


@dataclass
class Config:
    pass


def prepare(req: sdk.Request[Config]) -> sdk.Prepared:
    return sdk.Prepared(phases={"decode": sdk.Timed(units=1, step=lambda: None)})


sdk.serve(sdk.Plugin(
    name="noop", version="0.1.0", doc="Does nothing.", config=Config, prepare=prepare,
    phases=[sdk.Phase("decode", doc="nothing", unit="call")]))
