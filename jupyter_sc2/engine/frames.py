"""The worker's pipe: each frame is a 4-byte big-endian length and then one message in msgpack.

Both ends use this module; it imports no torch. What is too long or not in the vocabulary of `jupyter_sc2.messages`
raises FrameError, whose text never repeats what the frame held.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import msgspec

from jupyter_sc2.messages import FromWorker, ToWorker

HEADER_BYTES = 4
MAX_FRAME_BYTES = 64 << 20
READ_BYTES = 1 << 16

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(ToWorker | FromWorker)


class FrameError(ValueError):
    """The other end does not speak our language; the pipe is of no more use."""


def encode(frame: ToWorker | FromWorker) -> bytes:
    """One frame, its length first. Raises FrameError when it is over MAX_FRAME_BYTES."""
    body = _encoder.encode(frame)
    if len(body) > MAX_FRAME_BYTES:
        raise FrameError(f"A frame of {len(body)} bytes is over the limit of {MAX_FRAME_BYTES}.")
    return len(body).to_bytes(HEADER_BYTES, "big") + body


class Decoder:
    """Cuts a byte stream into frames of either direction, wherever the stream itself was cut."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[Any]:
        """The messages that `data` completes, in order. Raises FrameError."""
        self._buffer += data
        frames = []
        start = 0
        while len(self._buffer) - start >= HEADER_BYTES:
            body = start + HEADER_BYTES
            size = int.from_bytes(self._buffer[start:body], "big")
            if size > MAX_FRAME_BYTES:
                raise FrameError(f"A frame announces {size} bytes; the limit is {MAX_FRAME_BYTES}.")
            if len(self._buffer) < body + size:
                break
            frames.append(_decode(self._buffer[body : body + size]))
            start = body + size
        del self._buffer[:start]
        return frames


def read(descriptor: int) -> Iterator[Any]:
    """Messages from a blocking descriptor until its end of file, which may also cut a frame short."""
    decoder = Decoder()
    while data := os.read(descriptor, READ_BYTES):
        yield from decoder.feed(data)


def write(descriptor: int, frame: ToWorker | FromWorker) -> None:
    """Writes one frame to a blocking descriptor. Raises BrokenPipeError when nobody reads any more."""
    data = memoryview(encode(frame))
    while data:
        data = data[os.write(descriptor, data) :]


def _decode(body: bytearray) -> ToWorker | FromWorker:
    try:
        message: ToWorker | FromWorker = _decoder.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):  # their text may quote the body
        raise FrameError(f"A frame of {len(body)} bytes is not one of our messages.") from None
    return message
