"""Files in and out: one mechanism, declared once for each kind of file.

ENTRIES = Sheet("entries", _l("名单"), [
    Column("name", _l("姓名"), PersonName(), required=True, example="林晓燕"),
    Column("amount", _l("金额(元)"), Fen(), required=True, synonyms=("发放金额",)),
])

with read(path, ENTRIES) as reading:          # Refused: a sentence, nothing else happened
    for row in reading.rows:                  # every row; row.problems says why not
        ...
reading.counts                                # taken + unchanged + refused + blank + other

write_template(path, ENTRIES)                 # an empty file to fill in
hand_back(path, out, ENTRIES, problems, reading.counts)   # their own file, with reasons
write_xlsx(out, ENTRIES.columns, rows, Meta(title))       # a report, streamed
"""

from __future__ import annotations

from app.kernel.sheets.choosing import WrongColumns
from app.kernel.sheets.declare import Column, Counts, Limit, Problem, Sheet
from app.kernel.sheets.digest import digest, row_digest
from app.kernel.sheets.export import Meta, write_csv, write_xlsx
from app.kernel.sheets.handback import hand_back
from app.kernel.sheets.old import write_old_template
from app.kernel.sheets.reading import Reading, read
from app.kernel.sheets.rows import Row
from app.kernel.sheets.template import write_template

__all__ = [
    "Column",
    "Counts",
    "Limit",
    "Meta",
    "Problem",
    "Reading",
    "Row",
    "Sheet",
    "WrongColumns",
    "digest",
    "hand_back",
    "read",
    "row_digest",
    "write_csv",
    "write_old_template",
    "write_template",
    "write_xlsx",
]
