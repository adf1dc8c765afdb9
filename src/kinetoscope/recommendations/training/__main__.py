"""The process of its own: votes, or factors, on standard input; models on standard output."""

import sys

from .exchange import read_given, write_trained
from .run import train

if __name__ == "__main__":
    write_trained(sys.stdout.buffer, train(read_given(sys.stdin.buffer)))
