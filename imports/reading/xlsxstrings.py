"""The shared strings of a workbook: read as far as asked, kept small. Where they are used is ``xlsxsheet``'s business."""

import re
import zipfile
from array import array
from collections.abc import Callable, Iterator
from itertools import accumulate

from imports.reading.cells import Refused
from imports.reading.zipsafety import SafeParser, reading, segments

_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
#: A string as nearly all are written: plain, without runs, entities or anything a parser would have to think about.
_REGULAR = re.compile(rb'<si><t(?: xml:space="preserve")?>([^<&\x00-\x08\x0b-\x1f]*)</t></si>|([\s\S])')


def unescape(text: str) -> str:
    """Undo the ``_xHHHH_`` escapes by which a sheet writes characters that XML cannot hold."""
    return _ESCAPE.sub(_unescaped, text) if "_x" in text else text


def _unescaped(match: re.Match[str]) -> str:
    point = int(match.group(1), 16)
    return match.group() if 0xD800 <= point <= 0xDFFF else chr(point)


class SharedStrings:
    """The workbook's table of texts, read only as far as the sheets ask, and kept as UTF-8 in one block.

    A million customers bring seven million texts; as Python strings they would take three times the memory. Segments that
    hold nothing but plain strings are taken by one regular expression that must account for every byte; all others go
    through the XML parser, in order.
    """

    def __init__(self, archive: zipfile.ZipFile, part: str | None):
        self._block = bytearray()
        self._ends = array("Q", [0])
        self._more = self._read(archive, part) if part else iter(())

    def __getitem__(self, index: int) -> str:
        """Return text ``index``; raises Refused when the table is shorter."""
        ends = self._ends
        while index + 1 >= len(ends):
            if next(self._more, self) is self:
                raise Refused("file.damaged")
        if index < 0:
            raise Refused("file.damaged")
        return self._block[ends[index] : ends[index + 1]].decode()

    def _add(self, text: str) -> None:
        self._block += unescape(text).encode()
        self._ends.append(len(self._block))

    def _read(self, archive: zipfile.ZipFile, part: str) -> Iterator[None]:
        parser = _parser(self._add)
        encoding = "utf-8"

        def declared(_version: str, name: str | None, _standalone: int) -> None:
            nonlocal encoding
            encoding = (name or encoding).lower()

        parser.expat.XmlDeclHandler = declared
        regular = True
        with reading(), archive.open(part) as stream:
            for segment in segments(stream, b"</si>"):
                # A comment could hide what looks like strings, so after one nothing is lifted out any more.
                regular = regular and encoding == "utf-8" and b"<!" not in segment
                if not (regular and self._take_regular(segment)):
                    parser.push(segment)
                yield
            parser.finish()

    def _take_regular(self, segment: bytes) -> bool:
        """Take all strings of ``segment``, or none when anything in it is not a plain string."""
        found = _REGULAR.findall(segment)
        if not found or any(junk for _text, junk in found):
            return False
        texts = [text for text, _junk in found]
        if b"_x" in segment:
            texts = [unescape(text.decode()).encode() for text in texts]
        ends = self._ends
        start = ends.pop()
        ends.extend(accumulate(map(len, texts), initial=start))
        self._block += b"".join(texts)
        return True


def _parser(add: Callable[[str], None]) -> SafeParser:
    """Make a parser that hands the text of each ``si`` to ``add``, without the phonetic readings beside it."""
    pieces: list[str] = []
    collected: list[str] = []
    phonetic = False

    def start(name: str, _attributes: dict[str, str]) -> None:
        nonlocal phonetic
        pieces.clear()
        if name.endswith("rPh"):
            phonetic = True

    def end(name: str) -> None:
        nonlocal phonetic
        local = name if ":" not in name else name.rpartition(":")[2]
        if local == "t":
            if not phonetic:
                collected.extend(pieces)
        elif local == "si":
            add("".join(collected))
            collected.clear()
        elif local == "rPh":
            phonetic = False

    parser = SafeParser()
    parser.expat.StartElementHandler = start
    parser.expat.EndElementHandler = end
    parser.expat.CharacterDataHandler = pieces.append
    return parser
