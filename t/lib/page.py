#!/usr/bin/python3
"""Reads the status page as strictly as can be, and prints it as JSON.

  page.py < page.html

Members: errors, all that is wrong with the page; data, the values of <data> by
class, in order; texts, those of elements by class; titles, likewise; tables, for each class of
table its rows, each a list of cells, each cell {"data": {class: value},
"texts": {class: text}, "text"}; style, the digest of the style as
Content-Security-Policy names it; title, refresh.
"""
import base64
import hashlib
import html.parser
import json
import re
import sys

VOID = {"meta", "br"}
KNOWN = {"html", "head", "title", "style", "body", "header", "main", "section",
         "h1", "h2", "h3", "p", "ul", "li", "span", "b", "code", "small",
         "data", "time", "meter", "div", "table", "thead", "tbody", "tr", "th",
         "td"} | VOID
ATTRIBUTES = {"class", "value", "datetime", "title", "lang", "charset", "name",
              "content", "http-equiv", "min", "max", "high", "optimum",
              "scope"}
# an element that may stand in these alone
INSIDE = {"tr": {"thead", "tbody"}, "td": {"tr"}, "th": {"tr"}, "li": {"ul"},
          "thead": {"table"}, "tbody": {"table"}, "title": {"head"},
          "style": {"head"}, "meta": {"head"}, "head": {"html"},
          "body": {"html"}}


class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=False)
        self.errors, self.stack = [], []
        self.data, self.texts, self.tables = {}, {}, {}
        self.titles = {}
        self.style = self.title = ""
        self.refresh = None
        self.rows = self.cell = None

    def wrong(self, what):
        self.errors.append(f"{what} at {self.getpos()}")

    def handle_decl(self, decl):
        if decl != "DOCTYPE html" or self.stack:
            self.wrong(f"doctype {decl}")

    def handle_comment(self, data):
        self.wrong("a comment")

    def handle_pi(self, data):
        self.wrong("a processing instruction")

    def unknown_decl(self, data):
        self.wrong("a declaration")

    def handle_startendtag(self, tag, attrs):
        self.wrong(f"<{tag}/>")

    def handle_starttag(self, tag, attrs):
        text = self.get_starttag_text()
        if not re.fullmatch(r'<[a-z0-9]+(?: [a-z-]+="[^"<>]*")*>', text):
            self.wrong(f"form of {text}")
        if tag not in KNOWN:
            self.wrong(f"<{tag}>")
        if tag in INSIDE and (not self.stack
                              or self.stack[-1][0] not in INSIDE[tag]):
            self.wrong(f"<{tag}> in {self.stack[-1:]}")
        if len({n for n, _ in attrs}) != len(attrs):
            self.wrong(f"an attribute twice in {text}")
        for name, value in attrs:
            if name not in ATTRIBUTES:
                self.wrong(f"attribute {name}")
        attrs = dict(attrs)
        if tag == "meta" and attrs.get("http-equiv") == "refresh":
            self.refresh = attrs["content"]
        if tag == "table":
            self.rows = self.tables.setdefault(attrs["class"], [])
        if tag == "tr" and self.stack[-1][0] == "tbody":
            self.rows.append([])
        if tag == "td":
            self.cell = {"data": {}, "texts": {}, "text": ""}
            self.rows[-1].append(self.cell)
        if tag in VOID:
            return
        classes = attrs.get("class", "").split()
        self.stack.append((tag, classes, attrs, [""]))
        if tag == "data":
            number = float(attrs["value"])
            self.data.setdefault(classes[0], []).append(number)
            if self.cell is not None:
                self.cell["data"][classes[0]] = number
        if tag == "time" and self.cell is not None:
            self.cell["texts"][classes[0]] = attrs["datetime"]

    def handle_endtag(self, tag):
        if not self.stack or self.stack[-1][0] != tag:
            self.wrong(f"</{tag}> in {[s[0] for s in self.stack]}")
            return
        _, classes, attrs, text = self.stack.pop()
        if tag == "data":
            self.number(attrs["value"], text[0])
        if tag == "td":
            self.cell = None
        if tag == "table":
            self.rows = None
        for name in classes:
            self.texts.setdefault(name, []).append(text[0])
            if "title" in attrs:
                self.titles.setdefault(name, []).append(attrs["title"])
            if self.cell is not None and tag != "time":
                self.cell["texts"][name] = text[0]

    def number(self, value, text):
        """What is read by people is what is read by programs."""
        if text.endswith(" %"):
            good = abs(float(text[:-2]) - 100 * float(value)) <= 0.05001
        else:
            good = text == f"{int(value):,}"
        if not good:
            self.wrong(f"{value} is shown as {text}")

    def add(self, text):
        if self.stack and self.stack[-1][0] in ("html", "head", "table",
                                                "thead", "tbody", "tr", "ul") \
                and text.strip():
            self.wrong(f"text {text!r} in <{self.stack[-1][0]}>")
        for entry in self.stack:
            entry[3][0] += text
        if self.cell is not None:
            self.cell["text"] += text

    def handle_data(self, data):
        if self.stack and self.stack[-1][0] == "style":
            self.style += data
            return
        if self.stack and self.stack[-1][0] == "title":
            self.title += data
        if re.search(r"[<>&]", data):
            self.wrong(f"not escaped: {data!r}")
        self.add(data)

    def handle_entityref(self, name):
        known = {"amp": "&", "lt": "<", "gt": ">", "quot": '"',
                 "times": "\u00d7", "ndash": "\u2013", "hellip": "\u2026",
                 "rsquo": "\u2019"}
        if name not in known:
            self.wrong(f"&{name};")
        self.add(known.get(name, "?"))

    def handle_charref(self, name):
        if name != "39":
            self.wrong(f"&#{name};")
        self.add("'")


def main():
    text = sys.stdin.buffer.read().decode("utf-8", "strict")
    page = Page()
    page.feed(text)
    page.close()
    if page.stack:
        page.wrong(f"left open: {[s[0] for s in page.stack]}")
    if re.search(r"url\(|@import|expression|javascript:|https?:",
                 page.style + text, re.I):
        page.wrong("something from elsewhere")
    if re.search(r"[\x00-\x08\x0b-\x1f\x7f]", text):
        page.wrong("a control character")
    digest = base64.b64encode(hashlib.sha256(page.style.encode()).digest())
    json.dump({"errors": page.errors, "data": page.data, "texts": page.texts,
               "titles": page.titles,
               "tables": page.tables, "title": page.title,
               "refresh": page.refresh, "style": digest.decode()}, sys.stdout)


if __name__ == "__main__":
    main()
