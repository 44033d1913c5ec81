"""Linear layers with weights of 4 or 8 bits: our own kernels, compiled for this machine's processor.

`rounding` chooses the whole numbers, `kernel` has the inner loops as LLVM code, `jit` compiles and runs both; `linear`
has the modules that stand in the model, `copies` keeps a checkpoint's converted form on disk.
"""

BLOCK = 64  # inputs that share a scale
LANES = 16  # columns of a strip
