"""A ZIP that is sent while it is written: no copy on the disk, no whole file in memory."""


class Pipe:
    """What zipfile writes into; it cannot go back, so sizes follow each file."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.held = 0

    def write(self, piece: bytes) -> int:
        self.pieces.append(bytes(piece))
        self.held += len(piece)
        return len(piece)

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """The last pieces are still to be taken."""

    def taken(self) -> bytes:
        taken, self.pieces, self.held = b"".join(self.pieces), [], 0
        return taken
