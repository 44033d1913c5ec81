"""Training: the built-in weights from scratch (`python -m jupyter_sc2.tune.pretrain`)."""
