"""What the fleet is told about weights before it loads them."""

import json

import pytest

from jupyter_sc2.errors import Sc2Error
from jupyter_sc2.licences import OPENRAIL_M, TERMS, Acceptances
from jupyter_sc2.messages import ChooseWeights
from jupyter_sc2.roles import Stock
from jupyter_sc2.supervisor import WorkerSettings


def test_the_licence_of_an_adapter_counts_at_each_load(tmp_path, monkeypatch):
    """A choice that was kept, or edited, comes here without having been asked for anew."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "bigcode" / "an-adapter"  # no folder stands for a name of the Hub
    folder.mkdir(parents=True)
    (folder / "adapter_config.json").write_text(json.dumps({"peft_type": "LORA", "r": 2, "lora_alpha": 2}))
    acceptances = Acceptances(tmp_path / "sc2")
    stock = Stock(WorkerSettings(command=(), folder=""), acceptances)
    choice = ChooseWeights("built-in", adapter="bigcode/an-adapter")
    for ask in (stock.appraise, lambda choice: stock.settings(choice, 1)):
        with pytest.raises(Sc2Error, match="has not been accepted"):
            ask(choice)
    acceptances.accept(OPENRAIL_M, TERMS[OPENRAIL_M].version, "Ada")
    for ask in (stock.appraise, lambda choice: stock.settings(choice, 1)):
        with pytest.raises(Sc2Error, match="is not downloaded"):
            ask(choice)
    here = ChooseWeights("built-in", adapter=str(folder))
    assert stock.appraise(here).need > 0
    assert stock.settings(here, 1).adapter == str(folder)
