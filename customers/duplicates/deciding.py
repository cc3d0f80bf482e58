"""What a probability means: verdicts, and the rules that stand above the model.

What lives here: thresholds, vetoes, ``chances``. What does not: evidence (``evidence``), words (``wording``), groups (``clusters``).

Three vetoes turn a likely pair into relatives (关联单位), never a duplicate: a branch against its head office or another branch, numbered
sisters (一厂, 二厂), two different valid credit codes. They are customers of their own by law and on every invoice.
"""

import numpy as np

from . import evidence, model
from .evidence import AT

DUPLICATE, POSSIBLE = 0.4, 0.2  # from which probability on a pair is one, or may be one
GROUP = 0.36  # mean probability from which two groups are joined: pairs that nobody compared count as 0 in it

BRANCH, NUMBER, CODES = 1, 2, 4


def vetoes(features: np.ndarray) -> np.ndarray:
    """Bits BRANCH, NUMBER, CODES of each pair; a veto counts only where the names are near enough to be relatives."""
    column = {name: features[:, at] for name, at in AT.items()}
    alike = (column["core"] >= 18) | (column["sound"] >= 18)
    # One slip of the pen in 有限公司 or in a numeral hides a branch or a number: only clear differences count.
    branch = alike & (
        ((column["branch"] == evidence.DIFFERENT) & (column["branch_place"] != evidence.EQUAL))
        | ((column["branch"] == evidence.ONE_SIDED) & (column["numbers"] != evidence.EQUAL))
    )
    number = alike & (column["numbers"] == evidence.DIFFERENT)
    found = np.where(branch, BRANCH, 0) | np.where(number, NUMBER, 0)
    return (found | np.where(column["code"] == evidence.CODE_BOTH_VALID, CODES, 0)).astype(np.uint8)


def nameless(features: np.ndarray) -> np.ndarray:
    """Pairs whose names have nothing in common, with neither code nor account nor two other fields to make up for it.

    One boss has several firms, an agent many: a telephone by itself makes no duplicate.
    """
    column = {name: features[:, at] for name, at in AT.items()}
    apart = (column["core"] < 9) & (column["contained"] < 13) & (column["alias"] == 0) & (column["latin_alike"] < 12)
    codes = np.isin(column["code"], (evidence.CODE_SAME, evidence.CODE_ONE_OFF))
    known = codes | (column["bank"] == evidence.SAME) | (column["identity"] == evidence.SAME)
    return apart & ~known & (column["agreeing"] < 2)


def called(features: np.ndarray) -> np.ndarray:
    """Pairs of which one bears the other's short or former name, a telephone, mailbox or account agrees, and no code differs."""
    column = {name: features[:, at] for name, at in AT.items()}
    known = np.logical_or.reduce([column[name] == evidence.SAME for name in ("phone", "email", "bank")])
    return (column["alias"] == 3) & known & (column["code"] < evidence.CODE_OTHER)


def namesakes(features: np.ndarray) -> np.ndarray:
    """Pairs of persons of whom nothing agrees but names: there are three hundred thousand 张伟."""
    column = {name: features[:, at] for name, at in AT.items()}
    fields = ("phone", "email", "bank", "identity", "address")
    known = np.logical_or.reduce([column[name] >= evidence.NEAR for name in fields])
    return (column["persons"] == 2) & ~known & (column["code"] != evidence.CODE_SAME)


def chances(features: np.ndarray, with_model: model.Model | None = None) -> np.ndarray:
    """Probability of each pair that both are one customer, vetoes and the same code applied."""
    chance = (with_model or model.shipped()).probability(features).astype(np.float64)
    veto = vetoes(features)
    chance = np.where(veto > 0, np.minimum(chance, _VETOED[veto]), chance)
    doubtful = nameless(features) | namesakes(features)
    chance = np.where(doubtful, np.minimum(chance, DOUBTFUL), chance)
    chance = np.where(called(features) & (veto == 0), np.maximum(chance, CALLED), chance)
    # The same credit code is the same firm, whatever it is called by now (an alike branch has been vetoed above).
    same = (features[:, AT["code"]] == evidence.CODE_SAME) & (veto == 0)
    return np.where(same, np.maximum(chance, SAME_CODE), chance)


CALLED = (
    0.6  # least probability of a pair of which one bears the other's short or former name, and something else agrees
)
DOUBTFUL = 0.3  # most that a pair comes to which only a name or only one field speaks for: possible, never grouped
SAME_CODE = 0.9  # least probability of a pair with the same code
# By which vetoes at most how likely; below POSSIBLE, so that such a pair is shown as relatives at most.
_VETOED = np.where(np.arange(8) > 0, 0.15, 1.0)
