"""Weights as one file, for machines without a network."""
