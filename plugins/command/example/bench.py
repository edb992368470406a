import sys

from assay_serve import serve

numbers = list(range(10000))  # a model would be loaded here, once


def builtin():
    return sum(numbers)


def loop():
    total = 0
    for n in numbers:
        total += n
    return total


serve({"sum": {"builtin": builtin, "loop": loop}[sys.argv[1]]}, output=str)
