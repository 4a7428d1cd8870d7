"""The one family of errors that a person may put right."""

from __future__ import annotations


class Refused(Exception):
    """Something asked for that cannot be done; the sentence says why and what to do.

    The text is shown as it stands, in the reader's language: it never carries personal data
    of anybody, SQL, or the name of an exception.
    """

    def __init__(self, sentence: object) -> None:
        super().__init__(sentence)

    @property
    def sentence(self) -> str:
        return str(self.args[0])
