"""What a look at a whole sheet finds before its cells are read; the same for every format."""

from dataclasses import dataclass, field

#: A merged range: first row, first column, last row, last column; rows 1-based as in the sheet, columns 0-based.
Range = tuple[int, int, int, int]


@dataclass
class Survey:
    """Counts of a sheet. ``rows`` are those with content; ``hidden_columns`` are ``(first, last)``, both 0-based.

    ``merged`` may hold fewer ranges than ``merged_count`` says, where a sheet has more than anybody can look at.
    """

    rows: int = 0
    hidden_rows: int = 0
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)
    merged: list[Range] = field(default_factory=list)
    merged_count: int = 0

    def hidden_within(self, columns: int) -> int:
        """Count the hidden columns among the first ``columns``."""
        return sum(max(0, min(last, columns - 1) - first + 1) for first, last in self.hidden_columns)
