"""What texts on this machine went on with: longest matches in prompts, own notebooks and installed libraries.

Small weights cannot know every library. The text itself does: where the last few tokens at the cursor occur in it, the
tokens that followed them there are a good guess ("infini-gram", https://arxiv.org/abs/2401.17377).
"""

from jupyter_sc2.ngrams.libraries import Libraries
from jupyter_sc2.ngrams.table import Match, Ngrams

__all__ = ["Libraries", "Match", "Ngrams"]
