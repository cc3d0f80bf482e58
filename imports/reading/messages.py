"""Every sentence that reading a file can say to the user, by code, and how a code becomes a sentence.

Only texts. The parsers run in a child process that has no Django settings, so they speak in codes and parameters; the
parent turns these into the reader's language. What a code means for an import is decided by whoever catches it.
"""


def _(text: str) -> str:
    """Mark a text for the message catalogue; it is translated when it is shown, because only then is a language known."""
    return text


#: code -> (what happened, what to do). Parameters are named and filled with ``%``.
TEXTS: dict[str, tuple[str, str]] = {
    # cells
    "cell.error": (
        _("单元格是 Excel 错误值 %(error)s"),
        _("请在 Excel 中改正公式或直接填写正确的值后重新上传"),
    ),
    "cell.formula_uncached": (
        _("公式没有保存计算结果，读不到它的值"),
        _("请用 Excel 打开文件，等公式算完后保存再上传，或把公式粘贴为数值"),
    ),
    "cell.number_truncated": (
        _("数字已被 Excel 截断，请把该列设为文本格式后重填"),
        _("Excel 的数字只保留前 15 位，后面的位数已经丢失：请先把整列设为文本格式，再按原始资料重新填写"),
    ),
    "cell.not_number": (_("单元格标为数字，内容却不是数字"), _("请在 Excel 中重新填写这个单元格")),
    "cell.date_invalid": (
        _("单元格设为日期格式，但数值 %(value)s 不是有效的日期"),
        _("请在 Excel 中重新填写日期；如果本来是 20240105 这样的数字，请把该列设为文本格式"),
    ),
    "cell.too_long": (
        _("单元格有 %(length)s 个字符，超过 Excel 的上限 32767"),
        _("请缩短内容，或检查是否漏了引号使多行内容并成一格"),
    ),
    "cell.undecodable": (
        _("第 %(position)s 个字符处的内容无法按 %(encoding)s 编码读出"),
        _("请按原始资料重新填写这个单元格，或把整个文件另存为 UTF-8 后再上传"),
    ),
    "cell.undecodable_guess": (
        _("第 %(position)s 个字符处的内容无法按 %(encoding)s 编码读出，这一行像是用另一种编码保存的"),
        _("可能是“%(guess)s”，请核对后重新填写，或把整个文件另存为 UTF-8 后再上传"),
    ),
    "cell.damaged_text": (
        _("文字里有乱码（%(sign)s），原字在以前转换编码时已经丢失"),
        _("请按原始资料重新填写这个单元格"),
    ),
    "cell.nul": (
        _("第 %(position)s 个字符处有不可见的空字符（NUL）"),
        _("请重新填写这个单元格，不要从别的程序直接粘贴"),
    ),
    # rows
    "row.ragged": (
        _("这一行有 %(found)s 列，标题行只有 %(expected)s 列，无法确定各值属于哪一列"),
        _('内容里的分隔符要用英文双引号括起来，例如 "A座, 5楼"；多余的列请删除'),
    ),
    "row.lone_cr": (_("这一行中间有单独的回车符，可能是两行并成了一行"), _("请在这一行去掉多余的换行后再上传")),
    "row.unclosed_quote": (
        _("这一行（文件第 %(first)s 至 %(last)s 行）的双引号没有成对，后面的行被并了进来"),
        _("请在文件第 %(first)s 行补上或删掉多余的双引号"),
    ),
    # warnings about a file
    "warn.macros": (_("文件含有宏，宏不会运行，只读取单元格里的值"), ""),
    "warn.external_links": (_("文件引用了别的工作簿，只读取保存在本文件里的值"), _("请先在 Excel 中更新链接并保存")),
    "warn.embedded": (_("文件里嵌入了别的文件或对象，已忽略"), ""),
    "warn.kind_differs": (_("文件扩展名与内容不符，已按 %(kind)s 格式读取"), ""),
    "warn.mixed_encoding": (
        _("文件里混有不同的编码，按 %(encoding)s 读取，读不出的单元格会逐个标出"),
        _("请核对预览；不对时请另选编码，或把文件另存为 UTF-8"),
    ),
    "warn.encoding_unsure": (_("文件的编码不能确定，暂按 %(encoding)s 读取"), _("请核对预览；有乱码时请另选编码")),
    # files
    "file.missing": (_("找不到要读取的文件"), _("请重新上传")),
    "file.empty": (_("不是有效的 Excel 文件或 CSV 文件：文件是空的（0 字节）"), _("请确认文件内容后重新上传")),
    "file.not_excel": (
        _("不是有效的 Excel 文件"),
        _("请用 Excel 或 WPS 打开，另存为 .xlsx 后再上传；如果是文本表格，请把扩展名改为 .csv"),
    ),
    "file.damaged": (
        _("不是有效的 Excel 文件：文件不完整或已损坏"),
        _("请重新复制或下载该文件，用 Excel 打开确认无误并另存为 .xlsx 后再上传"),
    ),
    "file.encrypted": (
        _("文件已加密，请去除密码后再上传"),
        _("在 Excel 中打开文件，依次选择 文件 → 信息 → 保护工作簿 → 用密码进行加密，清空密码后保存"),
    ),
    "file.html": (
        _("不是有效的 Excel 文件：这是网页（HTML）内容，只是扩展名像表格"),
        _("请用 Excel 打开，另存为 Excel 工作簿（.xlsx）后再上传"),
    ),
    "file.xml": (
        _("不是有效的 Excel 文件：这是 XML 内容，只是扩展名像表格"),
        _("请用 Excel 打开，另存为 Excel 工作簿（.xlsx）后再上传"),
    ),
    "file.archive": (_("这是压缩包，不是表格文件"), _("请先解压，再上传其中的 .xlsx、.xls 或 .csv 文件")),
    "file.unsupported": (
        _("不支持 %(kind)s 格式的文件"),
        _("请用 Excel 或 WPS 打开，另存为 Excel 工作簿（.xlsx）后再上传"),
    ),
    "file.too_big": (
        _("文件有 %(size)s MB，超过上限 %(limit)s MB"),
        _("请拆成几个较小的文件，或另存为 CSV 后再上传"),
    ),
    "zip.entries": (
        _("文件内部有 %(count)s 个部件，超过上限 %(limit)s，已拒绝读取"),
        _("请只保留数据工作表，另存为新文件后再上传"),
    ),
    "zip.unpacked": (
        _("文件解开后过大（%(size)s MB，上限 %(limit)s MB），已拒绝读取"),
        _("请拆成几个较小的文件，或另存为 CSV 后再上传"),
    ),
    "zip.ratio": (
        _("文件的压缩比异常（%(ratio)s 倍），可能是恶意构造的文件，已拒绝读取"),
        _("请用 Excel 打开，把数据复制到新工作簿后再上传"),
    ),
    "zip.names": (
        _("文件内部的部件名称不合规，可能是恶意构造的文件，已拒绝读取"),
        _("请用 Excel 打开并另存为新文件后再上传"),
    ),
    "xml.doctype": (
        _("文件里含有 DOCTYPE 或实体声明，可能是恶意构造的文件，已拒绝读取"),
        _("请用 Excel 打开并另存为新文件后再上传"),
    ),
    "sheet.none": (_("文件里没有可以读取的工作表"), _("请确认数据在普通工作表里，而不是图表或宏工作表")),
    "sheet.missing": (_("文件里没有名为“%(name)s”的工作表"), _("现有的工作表：%(names)s")),
    "sheet.empty": (_("工作表“%(name)s”没有任何内容"), _("请选择有数据的工作表")),
    "sheet.too_wide": (
        _("工作表“%(name)s”的 %(cell)s 单元格有内容，超过了可读取的 %(limit)s 列"),
        _("请删除表格右侧用不到的列中的内容后再上传"),
    ),
    "csv.encoding": (
        _("无法识别文件的编码，不是有效的文本表格"),
        _("请在 Excel 中另存为“CSV UTF-8（逗号分隔）”，或在上传时指定编码"),
    ),
    "csv.encoding_unknown": (_("不支持编码 %(encoding)s"), _("可选的编码：%(names)s")),
    "csv.delimiter_unknown": (_("分隔符只能是一个字符，不能是引号或换行"), _("常用的分隔符：逗号、分号、制表符、竖线")),
    "csv.line_too_long": (
        _("第 %(line)s 行超过 %(limit)s MB，不像表格"),
        _("请确认这是每行一条记录的 CSV 文件"),
    ),
    "csv.quotes": (_("文件里有太多没有成对的双引号，无法可靠地分行"), _("请用 Excel 打开并另存为 CSV UTF-8 后再上传")),
    # the child process
    "child.memory": (
        _("读取文件需要的内存超过上限，已停止读取"),
        _("请拆成几个较小的文件，或另存为 CSV 后再上传"),
    ),
    "child.time": (_("读取文件的时间超过上限，已停止读取"), _("请拆成几个较小的文件，或另存为 CSV 后再上传")),
    "child.crashed": (
        _("读取文件时解析程序意外中止，文件可能已损坏"),
        _("请用 Excel 打开并另存为新文件后再上传；仍不行请联系管理员"),
    ),
}


def sentence(code: str, params: dict | None = None) -> tuple[str, str]:
    """Return ``(message, remedy)`` of ``code`` in the active language; untranslated where Django is not set up."""
    message, remedy = TEXTS[code]
    values = params or {}
    return _translated(message) % values, _translated(remedy) % values


def _translated(text: str) -> str:
    from django.core.exceptions import ImproperlyConfigured
    from django.utils.translation import gettext

    if not text:  # gettext of nothing is the catalogue's header
        return ""
    try:
        return gettext(text)
    except ImproperlyConfigured:
        return text
