"""How good completions are on any folder of notebooks: `jupyter sc2 evaluate`. Nothing of a notebook is ever run."""
