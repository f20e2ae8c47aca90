from pathlib import Path

import pytest

from tests.support.sniffing import Inspect, inspect_in


@pytest.fixture
def inspect(tmp_path: Path) -> Inspect:
    """Looks into a content under a name."""
    return inspect_in(tmp_path)
