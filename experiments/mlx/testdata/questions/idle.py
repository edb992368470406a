"""A patch that is on and does nothing."""


def idle(model):
    pass
