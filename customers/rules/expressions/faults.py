"""The two errors of expressions: one for who writes them, one for the data they meet."""

from django.utils.translation import gettext as _


class ExpressionError(Exception):
    """The text is no expression. ``message`` is the sentence for the user, ``position`` the character it is about, from 1.

    ``position`` is 0 when the fault is of the whole text.
    """

    def __init__(self, message: str, position: int = 0):
        self.position = position
        self.message = _("第 %(at)s 个字符：%(what)s") % {"at": position, "what": message} if position else str(message)
        super().__init__(self.message)


class EvaluationError(Exception):
    """The expression has no result for this data (a division by zero, a number beyond all bounds); ``message`` says why."""

    def __init__(self, message: str):
        self.message = str(message)
        super().__init__(self.message)
