"""Exports as rows."""

import csv
import io
from typing import Any

from openpyxl import load_workbook


def of_csv(body: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(body.decode("utf-8-sig"), newline="")))


def of_xlsx(body: bytes) -> list[dict[str, Any]]:
    head, *rows = load_workbook(io.BytesIO(body)).worksheets[0].iter_rows()
    assert all(cell.data_type != "f" for row in rows for cell in row)
    return [{str(name.value): cell.value for name, cell in zip(head, row, strict=False)} for row in rows]
