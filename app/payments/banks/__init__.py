"""Bank files out and bank results in, as data: a new bank is a profile, never code.

Knows neither the web nor the database. What goes in is an iterator of `PayLine`; what comes
out is files with their count, sum and hash. What a bank answers comes in as a file and out as
an iterator of `ResultLine`.
"""

from app.payments.banks.catalogue import shipped
from app.payments.banks.fields import WrongField
from app.payments.banks.lines import FileInfo, Package, PayLine, RunContext
from app.payments.banks.lot import Lot
from app.payments.banks.package import write_lots, write_package
from app.payments.banks.preview import Specimen, preview, specimen
from app.payments.banks.profile import Profile
from app.payments.banks.reading import (
    Control,
    Outcome,
    ResultLine,
    ResultReading,
    silence_means_paid,
)
from app.payments.banks.reasons import MEANINGS, WRONG_CARD, Reason
from app.payments.banks.recognising import reading_as, recognised
from app.payments.banks.results import file_sha256, read_results

__all__ = [
    "MEANINGS",
    "WRONG_CARD",
    "Control",
    "FileInfo",
    "Lot",
    "Outcome",
    "Package",
    "PayLine",
    "Profile",
    "Reason",
    "ResultLine",
    "ResultReading",
    "RunContext",
    "Specimen",
    "WrongField",
    "file_sha256",
    "preview",
    "read_results",
    "reading_as",
    "recognised",
    "shipped",
    "silence_means_paid",
    "specimen",
    "write_lots",
    "write_package",
]
