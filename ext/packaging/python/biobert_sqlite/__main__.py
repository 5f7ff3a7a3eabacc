"""python -m biobert_sqlite: the command `biobert`."""

from .command import main

main()
