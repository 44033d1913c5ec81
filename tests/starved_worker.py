"""The real worker on a machine with little free memory: its first argument is how many bytes."""

import sys

from jupyter_sc2.engine import worker


class StarvedWorker(worker.Worker):
    def load(self, frame):
        from jupyter_sc2.engine import weights

        weights.free_bytes = lambda device: FREE
        super().load(frame)


if __name__ == "__main__":
    FREE = int(sys.argv.pop(1))
    worker.Worker = StarvedWorker
    worker.main()
