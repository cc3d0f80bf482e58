"""E-mail addresses and web addresses.

Lives here: their form, and slips that are common in Chinese tables (full-width signs, several addresses in a cell).
Not here: whether mail arrives.
"""

import re
from urllib.parse import urlsplit

from django.utils.translation import gettext_lazy as _

from .checked import EMPTY, ERROR, Checked, Problem, plain_code

_LABEL = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
_DOMAIN = rf"(?:{_LABEL}\.)+(?:xn--[a-z0-9-]{{2,59}}|[^\W\d_]{{2,63}})"
_is_email = re.compile(
    rf"([A-Za-z0-9!#$%&'*+/=?^_`{{|}}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{{|}}~-]+)*)@({_DOMAIN})"
).fullmatch
_is_host = re.compile(rf"{_DOMAIN}|\d{{1,3}}(?:\.\d{{1,3}}){{3}}", re.IGNORECASE).fullmatch
_in_brackets = re.compile(r".*<([^<>]+)>").fullmatch
_separators = re.compile("[;；,，、|]+").split
_scheme = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(?!\d)").match

EMAIL_LENGTH = 254
WEBSITE_LENGTH = 255
LONGEST = 1000  # characters that are looked at all


def email(text: str) -> Checked:
    """One e-mail address, its domain in lower case; `email_key` is what two addresses are compared by."""
    code = plain_code(text)
    if not code:
        return EMPTY
    if wrapped := _in_brackets(code):  # 张三 <zhang@example.com>
        code = text = wrapped[1]
    code = code.removeprefix("mailto:")
    if len(code) > LONGEST:
        return Checked(code, Problem("email.invalid", _EMAIL, ERROR))
    if len(text.split()) > 1:  # which of the blanks are slips is not for us to say
        return Checked(" ".join(text.split()), Problem("email.invalid", _EMAIL, ERROR, code if _is_email(code) else ""))
    found = _is_email(code)
    if found and len(code) <= EMAIL_LENGTH and len(found[1]) <= 64:
        return Checked(f"{found[1]}@{found[2].lower()}")
    pieces = [piece for piece in _separators(code) if piece]
    if len(pieces) > 1 and all(map(_is_email, pieces)):
        return Checked(code, Problem("email.several", _SEVERAL, ERROR, pieces[0]))
    repaired = code.replace("。", ".").replace("，", ".").replace(",", ".").replace("..", ".").rstrip(".")
    return Checked(code, Problem("email.invalid", _EMAIL, ERROR, repaired if _is_email(repaired) else ""))


def email_key(address: str) -> str:
    """The whole address in lower case: mail systems treat `Sales@` and `sales@` alike."""
    return address.lower()


def website(text: str) -> Checked:
    """A web address with http or https; a bare domain gets `https://`. Anything a browser might run is refused."""
    code = plain_code(text).replace("。", ".")
    if not code:
        return EMPTY
    if len(text.split()) > 1 or len(code) > LONGEST:
        return Checked(" ".join(text.split()), Problem("website.invalid", _WEBSITE, ERROR))
    scheme = _scheme(code)
    if scheme and scheme[1].lower() not in ("http", "https"):
        return Checked(code, Problem("website.scheme", _SCHEME, ERROR))
    try:
        parts = urlsplit(code if scheme else f"https://{code}")
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port, parts = "", None, None
    if not _is_host(host) or "@" in parts.netloc or len(code) > WEBSITE_LENGTH - 8 or set(code) & set('<>"\\`{}'):
        return Checked(code, Problem("website.invalid", _WEBSITE, ERROR))
    netloc = host if port is None else f"{host}:{port}"
    return Checked(parts._replace(scheme=parts.scheme.lower(), netloc=netloc).geturl())


_EMAIL = _("不是有效的邮箱地址。")
_SEVERAL = _("一个单元格里有几个邮箱，只能填一个。")
_SCHEME = _("网址只能以 http:// 或 https:// 开头。")
_WEBSITE = _("不是有效的网址。")
