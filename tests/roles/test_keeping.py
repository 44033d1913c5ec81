"""What is kept of the choices for the next start."""

import time

from jupyter_sc2.licences import Acceptances
from jupyter_sc2.messages import ChooseWeights
from jupyter_sc2.roles import KeptChoices, Models, Policy


class SlowAtFirst(KeptChoices):
    """A disk that takes its time with a context of 512."""

    def keep(self, role, choice):
        time.sleep(0.2 if choice.context == 512 else 0)
        super().keep(role, choice)


async def test_of_two_choices_the_later_is_kept(tmp_path):
    kept = SlowAtFirst(tmp_path)
    kept.keep("ghost", ChooseWeights("built-in"))
    models = Models(None, Policy(), kept, Acceptances(tmp_path))
    for context in (512, 1024):
        models.keep("ghost", ChooseWeights("built-in", context=context))
    await models.close()
    assert kept.read()[0].roles["ghost"].context == 1024
