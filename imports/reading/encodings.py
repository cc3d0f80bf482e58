"""Which encoding a text file is in, and its text in blocks, with what cannot be read marked byte by byte.

The ladder: byte order mark, UTF-16 by its zero bytes, strict UTF-8, strict GB18030, Big5; each judged by whole lines, so
that a few bad bytes or a pasted block in another encoding never turn the rest into nonsense. Splitting text into cells is
``csvfiles``' business.
"""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from customers.rules.text import pua_to_unicode
from imports.reading.cells import Refused

UTF8, GB18030, BIG5, UTF16_LE, UTF16_BE = "utf-8", "gb18030", "big5", "utf-16-le", "utf-16-be"
#: The encodings that the user may choose from.
ENCODINGS = (UTF8, GB18030, BIG5, UTF16_LE, UTF16_BE)

_ALIASES = {
    "utf8": UTF8, "utf-8-sig": UTF8, "utf_8": UTF8,
    "gbk": GB18030, "gb2312": GB18030, "cp936": GB18030, "ansi": GB18030,
    "cp950": BIG5, "big5-hkscs": BIG5, "big5hkscs": BIG5,
    "utf-16": UTF16_LE, "utf16": UTF16_LE, "utf-16le": UTF16_LE, "utf-16be": UTF16_BE,
}  # fmt: skip
#: Big5 is read with Hong Kong's additions, of which the plain table is a part.
_CODECS = {BIG5: "big5hkscs"}
_MARKS = ((codecs.BOM_UTF8, UTF8), (codecs.BOM_UTF16_LE, UTF16_LE), (codecs.BOM_UTF16_BE, UTF16_BE))

BLOCK = 1024 * 1024
MAX_LINE = 8 * BLOCK
#: Lines with other than ASCII that are weighed before an encoding is chosen.
_ENOUGH = 20_000
#: The share of lines that an encoding must explain to be taken without a warning about mixed encodings.
_NEARLY_ALL = 0.9

#: Undecodable bytes stand in the text as these, one character per byte.
BAD = re.compile("[\udc80-\udcff]")
_WIDE_SAMPLE = 50_000
_PLAIN = re.compile(r"[\t\n\r -~]")
_CHINESE = re.compile("[\u00a0-\u00ff\u2010-\u203b\u3000-\u303f\u3400-\u9fff\uff01-\uffe5]")
_LATIN_PAIR = re.compile(rb"[A-Za-z][\xc2-\xdf][\x80-\xbf]|[\xc2-\xdf][\x80-\xbf][A-Za-z]")
#: Bytes by their part in UTF-8's Chinese characters: L leads, c continues. Two such in a row are rare in GB18030.
_PARTS = bytes(76 if byte in (*range(0xE3, 0xEA), 0xEF) else 99 if 0x80 <= byte < 0xC0 else 46 for byte in range(256))
_UTF8_WORD = b"LccLcc"
_LINE = re.compile(rb"[^\r\n]+")


def _keep_bytes(error: UnicodeError) -> tuple[str, int]:
    """Codec error handler: put each undecodable byte into the text as a lone surrogate."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    kept = "".join(chr(0xDC00 + byte) if byte >= 0x80 else chr(byte) for byte in error.object[error.start : error.end])
    return kept if BAD.search(kept) else "\udc80" + kept, error.end


codecs.register_error("reading.keep_bytes", _keep_bytes)


@dataclass(frozen=True)
class Detected:
    """An encoding, the length of its byte order mark, and why the user should look twice (a warning's code), if so."""

    encoding: str
    mark: int
    doubt: str | None = None


def named(encoding: str) -> str:
    """Return the house's name of an encoding; raises Refused for one that is not offered."""
    name = encoding.strip().lower()
    name = _ALIASES.get(name, name)
    if name not in ENCODINGS:
        raise Refused("csv.encoding_unknown", encoding=encoding, names=", ".join(ENCODINGS))
    return name


def detect(path: str, wanted: str | None = None) -> Detected:
    """Find the encoding of the file; ``wanted`` is the user's word and wins over everything but a mark of UTF-16.

    Raises Refused when nothing readable explains at least half of the lines.
    """
    with open(path, "rb") as file:
        head = file.read(4 * BLOCK)
        for mark, encoding in _MARKS:
            if head.startswith(mark):
                own = named(wanted) if wanted else encoding
                return Detected(encoding if encoding != UTF8 else own, len(mark))
        if wanted:
            return Detected(named(wanted), 0)
        wide = _utf16_without_mark(head)
        if wide:
            return Detected(wide, 0)
        if head.count(0) > 16 + len(head) // 100:  # a program, or a file that a broken disk filled with zeros
            raise Refused("csv.encoding")
        file.seek(0)
        return _weigh(file)


def _utf16_without_mark(head: bytes) -> str | None:
    """Recognise UTF-16 by what it says: only read the right way round is it all letters, Chinese and line ends.

    Plain letters and line ends have a zero byte there, which other encodings never have.
    """
    if 0 not in head:
        return None
    scores = {encoding: _wide_score(head, encoding) for encoding in (UTF16_LE, UTF16_BE)}
    best = max(scores, key=lambda encoding: scores[encoding])
    return best if scores[best] >= 0.95 else None


def _wide_score(head: bytes, encoding: str) -> float:
    """Return the share of usual characters among those of ``head`` read as ``encoding``; 0 when it is no text."""
    text = codecs.getincrementaldecoder(encoding)("replace").decode(head[: 2 * _WIDE_SAMPLE])
    plain = len(_PLAIN.findall(text))
    if plain * 100 < len(text) or not ("\n" in text or "\r" in text):
        return 0.0
    return (plain + len(_CHINESE.findall(text))) / len(text)


@dataclass
class _Weights:
    """How many of the lines that are not plain ASCII each encoding explains."""

    lines: int = 0
    utf8: int = 0
    gb18030: int = 0
    big5: int = 0
    sample: bytes = b""

    def add(self, line: bytes) -> None:
        self.lines += 1
        if _is_utf8(line):
            self.utf8 += 1
            return
        self.gb18030 += _decodes(line, GB18030)
        self.big5 += _decodes(line, BIG5)
        if len(self.sample) < 65_536:
            self.sample += line + b"\n"


def _weigh(file: BinaryIO) -> Detected:
    weights = _Weights()
    for block in _blocks(file):
        if block.isascii():
            continue
        if _is_utf8(block):
            lines = block.count(b"\n") + 1
            weights.lines += lines
            weights.utf8 += lines
        else:
            for line in _LINE.findall(block):
                if not line.isascii():
                    weights.add(line)
        if weights.lines > _ENOUGH:
            break
    return _judge(weights)


def _judge(weights: _Weights) -> Detected:
    lines = weights.lines
    others = max(weights.gb18030, weights.big5)
    if lines == weights.utf8:
        return Detected(UTF8, 0)
    if max(weights.utf8, others) * 2 < lines:
        raise Refused("csv.encoding")
    if weights.utf8 >= others:
        return Detected(UTF8, 0, None if weights.utf8 >= lines * _NEARLY_ALL else "warn.mixed_encoding")
    encoding, sure = _chinese(weights)
    if others < lines * _NEARLY_ALL:
        return Detected(encoding, 0, "warn.mixed_encoding")
    return Detected(encoding, 0, None if sure else "warn.encoding_unsure")


def _chinese(weights: _Weights) -> tuple[str, bool]:
    """Tell GB18030 from Big5, whose bytes are nearly always valid in both; also say whether the answer is sure."""
    common = _common_share(weights.sample)
    if weights.gb18030 >= weights.big5 and common >= 0.8:
        return GB18030, True
    import chardet

    guess = (chardet.detect(weights.sample)["encoding"] or "").lower()
    if weights.big5 >= weights.gb18030 and guess.startswith("big5"):
        return BIG5, True
    if weights.big5 > weights.gb18030:
        return BIG5, False
    return GB18030, guess.startswith("gb")


def _common_share(sample: bytes) -> float:
    """Return the share of the 3,755 common characters and of Chinese punctuation among the GB18030 pairs of ``sample``."""
    pairs = re.findall(rb"[\x81-\xfe][\x40-\xfe]", sample)
    common = sum(1 for pair in pairs if (0xB0 <= pair[0] <= 0xD7 or pair[0] in (0xA1, 0xA3)) and pair[1] >= 0xA1)
    return common / max(len(pairs), 1)


def _is_utf8(data: bytes) -> bool:
    """Say whether ``data`` is UTF-8, and not GB18030 whose pairs happen to pass for two-byte letters."""
    if not _decodes(data, UTF8):
        return False
    if max(data) >= 0xE0:
        return True
    return bool(_LATIN_PAIR.search(data)) or not _decodes(data, GB18030)


def _decodes(data: bytes, encoding: str) -> bool:
    try:
        data.decode(_CODECS.get(encoding, encoding))
    except UnicodeDecodeError:
        return False
    return True


def _blocks(file: BinaryIO) -> Iterator[bytes]:
    """Yield the file in blocks that end with a line; raises Refused for a line that never ends."""
    carry = b""
    lines = 1
    while chunk := file.read(BLOCK):
        carry += chunk
        at = max(carry.rfind(b"\n"), carry.rfind(b"\r", 0, -1)) + 1
        if at:
            lines += carry.count(b"\n", 0, at)
            yield carry[:at]
            carry = carry[at:]
        elif len(carry) > MAX_LINE:
            raise Refused("csv.line_too_long", line=lines, limit=MAX_LINE // BLOCK)
    if carry:
        yield carry


def text_blocks(path: str, detected: Detected) -> Iterator[tuple[str, bool]]:
    """Yield the text of the file in blocks, and whether all of the block could be read.

    Bytes that cannot be read stand in it as ``BAD`` characters. For all but UTF-16 a block ends with a line, and a line that
    is in another encoding is BAD in every such byte.
    """
    with open(path, "rb") as file:
        file.seek(detected.mark)
        if detected.encoding in (UTF16_LE, UTF16_BE):
            decoder = codecs.getincrementaldecoder(detected.encoding)("reading.keep_bytes")
            while chunk := file.read(BLOCK):
                text = decoder.decode(chunk)
                yield text, not BAD.search(text)
            text = decoder.decode(b"", final=True)
            yield text, not text
        else:
            for block in _blocks(file):
                yield _block_text(block, detected.encoding)


def _block_text(block: bytes, encoding: str) -> tuple[str, bool]:
    codec = _CODECS.get(encoding, encoding)
    if not (encoding == GB18030 and _has_utf8_line(block)):
        try:
            return _mended(block.decode(codec), encoding), True
        except UnicodeDecodeError:
            pass
    lines = re.split(rb"(?<=[\r\n])", block)
    return _mended("".join(_line_text(line, encoding, codec) for line in lines), encoding), False


def _line_text(line: bytes, encoding: str, codec: str) -> str:
    """Decode a line strictly; keep its bytes apart where it is in another encoding, or just the bad ones otherwise."""
    if line.isascii():
        return line.decode("ascii")
    other = foreign(line, encoding)
    if other:
        return line.decode("ascii", "surrogateescape")
    return line.decode(codec, "reading.keep_bytes")


def foreign(line: bytes, encoding: str) -> str | None:
    """Name the other encoding in which this line was evidently written; None when it is in ``encoding`` or broken."""
    if encoding == GB18030:
        return UTF8 if _UTF8_WORD in line.translate(_PARTS) and _decodes(line, UTF8) else None
    if encoding == UTF8 and not _decodes(line, UTF8) and _decodes(line, GB18030) and _common_share(line) >= 0.6:
        return GB18030
    return None


def _has_utf8_line(block: bytes) -> bool:
    """Say whether a block of GB18030 holds a line of UTF-8; it would read as nonsense without any error."""
    parts = block.translate(_PARTS)
    at = parts.find(_UTF8_WORD)
    while at >= 0:
        start = max(block.rfind(b"\n", 0, at), block.rfind(b"\r", 0, at)) + 1
        end = _LINE.match(block, at).end()
        if _decodes(block[start:end], UTF8):
            return True
        at = parts.find(_UTF8_WORD, end)
    return False


def likely_text(cell: str, encoding: str) -> str | None:
    """Guess what a cell full of BAD characters says in the other encoding of its line; None when nothing fits."""
    try:
        data = cell.encode("ascii", "surrogateescape")
        return data.decode(GB18030 if encoding == UTF8 else UTF8)
    except UnicodeError:
        return None


def _mended(text: str, encoding: str) -> str:
    """Put GB18030 characters that Python's old table leaves in the private area where the standard has them since."""
    return pua_to_unicode(text) if encoding == GB18030 else text
