"""`GET /sc2/snapshot-code`: what a page asks a kernel for its names with, as text.

The page has it from here, not from the kernel's environment, which may lack this package.
"""

from __future__ import annotations

from jupyter_sc2.handlers.base import Sc2Handler, allowed_to
from jupyter_sc2_kernel.expression import expression


class SnapshotCodeHandler(Sc2Handler):
    @allowed_to("read")
    async def get(self) -> None:
        await self.finish(expression(), set_content_type="text/plain; charset=UTF-8")
