"""What a browser sends for a form: every control of a page as it stands there, changed by the test."""

from html.parser import HTMLParser


class _Form(HTMLParser):
    """Values of the controls of the page's customer form; templates (rows not added yet) are left out."""

    def __init__(self):
        super().__init__()
        self.values: dict[str, list[str]] = {}
        self.form = self.template = False
        self.select = self.area = None

    def handle_starttag(self, tag, attributes):
        attrs = dict(attributes)
        if tag == "form":
            self.form = "data-customer-form" in attrs
        if tag == "template":
            self.template = True
        if not self.form or self.template:
            return
        name = attrs.get("name")
        if tag == "input" and name and attrs.get("type") != "submit":
            is_box = attrs.get("type") in ("checkbox", "radio")
            if not is_box or "checked" in attrs:
                self.values.setdefault(name, []).append(attrs.get("value", "on" if is_box else ""))
        elif tag == "select":
            self.select, self.first = name, True
        elif tag == "option" and self.select:
            if self.first or "selected" in attrs:
                self.values[self.select] = [attrs.get("value", "")]
            self.first = False
        elif tag == "textarea":
            self.area = name
            self.values[name] = [""]

    def handle_endtag(self, tag):
        if tag == "form":
            self.form = False
        elif tag == "template":
            self.template = False
        elif tag == "select":
            self.select = None
        elif tag == "textarea":
            self.area = None

    def handle_data(self, data):
        if self.area:
            self.values[self.area][0] += data.removeprefix("\n").removeprefix("\r\n")


def filled(response) -> dict[str, list[str]]:
    """name → values of the form on a page."""
    parser = _Form()
    parser.feed(response.content.decode())
    return parser.values


def sent(response, **changes) -> dict[str, list[str]]:
    """The form of a page with some values changed; None takes a control out (an unticked box)."""
    values = filled(response)
    for name, value in changes.items():
        if value is None:
            values.pop(name, None)
        else:
            values[name] = value if isinstance(value, list) else [value]
    return values
