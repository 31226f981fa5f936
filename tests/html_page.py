"""A page as a reader's browser sees it: elements by simple selectors, without a browser."""

from html.parser import HTMLParser

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
INLINE = {"a", "em", "mark", "strong"}


class Element:
    def __init__(self, tag, attrs, parent):
        self.tag, self.attrs, self.parent, self.parts = tag, attrs, parent, []

    @property
    def text(self):
        """The text inside, runs of space closed."""
        return " ".join("".join(part if isinstance(part, str) else part.text_with_borders for part in self.parts).split())

    @property
    def text_with_borders(self):
        return self.text if self.tag in INLINE else f" {self.text} "

    def fits(self, step):
        """`step`: "li", ".body", "a.more"."""
        tag, _, name = step.partition(".")
        return (not tag or tag == self.tag) and (not name or name in self.attrs.get("class", "").split())

    def ancestors(self):
        node = self.parent
        while node:
            yield node
            node = node.parent


class HtmlPage(HTMLParser):
    """HtmlPage(text).all("aside.related li") -> elements, in order. Raises ValueError for tags that do not close."""

    def __init__(self, text):
        super().__init__()
        self.elements = []
        self.top = Element("", {}, None)
        self.feed(text)
        self.close()
        if self.top.parent:
            raise ValueError(f"<{self.top.tag}> is not closed")

    def handle_starttag(self, tag, attrs):
        element = Element(tag, {name: value or "" for name, value in attrs}, self.top)
        self.elements.append(element)
        self.top.parts.append(element)
        if tag not in VOID:
            self.top = element

    def handle_endtag(self, tag):
        if tag in VOID:
            return
        if tag != self.top.tag:
            raise ValueError(f"</{tag}> closes <{self.top.tag}>")
        self.top = self.top.parent

    def handle_data(self, data):
        self.top.parts.append(data)

    def all(self, selector):
        *outer, last = selector.split()
        return [element for element in self.elements if element.fits(last) and self._inside(element, outer)]

    def _inside(self, element, outer):
        above = element.ancestors()
        return all(any(node.fits(step) for node in above) for step in reversed(outer))

    def one(self, selector):
        found = self.all(selector)
        assert len(found) == 1, f"{len(found)} × {selector}"
        return found[0]

    def texts(self, selector):
        return [element.text for element in self.all(selector)]

    def links(self, selector="a"):
        return [element.attrs["href"] for element in self.all(selector) if "href" in element.attrs]
