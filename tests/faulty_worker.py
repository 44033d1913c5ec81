"""The real worker with faults at hand: the last id of a prompt says what its first forward pass does."""

import time

import torch

from jupyter_sc2.engine import worker

RUNTIME_ERROR, OUT_OF_MEMORY, NOT_A_NUMBER, HANG, BAD_REQUEST = FAULTS = range(8001, 8006)


def misbehave(fault):
    if fault == RUNTIME_ERROR:
        raise RuntimeError("shapes do not match")
    if fault == OUT_OF_MEMORY:
        raise torch.OutOfMemoryError("tried to allocate 1 TiB")
    if fault == HANG:
        time.sleep(120)


def make_faulty(engine):
    forward, submit = engine.model.model.forward, engine.submit

    def faulty_forward(ids, runs):
        for fault in set(ids.tolist()) & set(FAULTS):
            misbehave(fault)
        results = forward(ids, runs).split([run.wanted for run in runs])
        parts = zip(
            results, ids.split([*(run.rows for run in runs), len(ids) - sum(run.rows for run in runs)]), strict=False
        )
        return torch.cat([part * float("nan") if NOT_A_NUMBER in own.tolist() else part for part, own in parts])

    def faulty_submit(request):
        if BAD_REQUEST in request.ids:
            raise KeyError("unforeseen")
        return submit(request)

    engine.model.model.forward, engine.submit = faulty_forward, faulty_submit


class FaultyWorker(worker.Worker):
    def load(self, frame):
        super().load(frame)
        make_faulty(self.engine)


if __name__ == "__main__":
    worker.Worker = FaultyWorker
    worker.main()
