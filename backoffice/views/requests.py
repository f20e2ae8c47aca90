"""The request of the house."""

from typing import IO, Any

import flask


class Request(flask.Request):
    """Lets go of every file of an upload at its end, also of one that was cut off half-way: a form that could not be
    read to its end knows no files, and theirs would keep the disk until the memory is tidied."""

    def _get_file_stream(self, *args: Any, **named: Any) -> IO[bytes]:
        stream = super()._get_file_stream(*args, **named)
        self.__dict__.setdefault("uploads", []).append(stream)
        return stream

    def close(self) -> None:
        super().close()
        for stream in self.__dict__.pop("uploads", ()):
            stream.close()
