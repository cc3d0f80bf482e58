"""Pages about numbers.

``rules`` (编码规则), ``health`` (编号体检), ``renumbering`` (改号), ``keeping`` (保留号段, 归档编号), ``customer`` (one customer's numbers), ``tabs``
(what they share).
"""
