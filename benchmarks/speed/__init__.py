"""Parts of `python -m benchmarks.engine`: the engine beside what a user would pick instead."""
