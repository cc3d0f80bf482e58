"""The form of a customer, built from the field catalogue.

``wire`` (values as a browser sends them), ``options`` (what may be chosen), ``controls`` (form fields), ``base`` (what the user was
shown), ``sheet`` (one page: customer and parts), ``placing`` (problems onto fields), ``conflicts`` (two people, one field).
"""
