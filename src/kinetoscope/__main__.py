"""`python -m kinetoscope` is the same as `kinetoscope`."""

from .cli import main

main()
