"""`python -m jupyter_sc2.evaluate.in_words`."""

import sys

from jupyter_sc2.evaluate.in_words.command import main

if __name__ == "__main__":
    sys.exit(main())
