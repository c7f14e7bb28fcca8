"""The second line of defence: only these tags, attributes and addresses reach a reader, even if the parser fails."""

import re

import nh3

SCHEMES = {"http", "https", "mailto"}
TAGS = {"p", "br", "strong", "em", "s", "code", "pre", "blockquote", "ul", "ol", "li", "a", "hr", "span"}
TAGS |= {"h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"}
ATTRIBUTES = {tag: {"dir"} for tag in ("p", "li", "h3", "h4", "h5", "h6")}
ATTRIBUTES |= {"a": {"href", "title", "class", "data-user"}, "span": {"class"}, "ol": {"class", "start"}}
ATTRIBUTES |= {"code": {"class", "dir"}, "th": {"class", "dir"}, "td": {"class", "dir"}}
ATTRIBUTES["p"], ATTRIBUTES["pre"] = {"class", "dir"}, {"dir"}
ATTRIBUTES["li"] = {"dir", "value"}
LANGUAGE = r"[\w+#.-]{1,30}"
CLASSES = re.compile(rf"mention|spaced|columns|wide|wider|align-(left|center|right)|language-{LANGUAGE}")
REL = "noopener noreferrer nofollow ugc"


def sanitize_html(html: str) -> str:
    return nh3.clean(
        html,
        tags=TAGS,
        attributes=ATTRIBUTES,
        attribute_filter=filter_attribute,
        url_schemes=SCHEMES,
        link_rel=REL,
    ).strip()


def is_absolute(address: str) -> bool:
    """A relative address would point elsewhere on every page that shows the message."""
    return address.partition(":")[0].lower() in SCHEMES


def filter_attribute(tag: str, name: str, value: str) -> str | None:
    if name == "href":
        return value if is_absolute(value) else None
    if name == "dir":
        return value if value in {"auto", "ltr"} else None
    if name != "class":
        return value
    return " ".join(word for word in value.split() if CLASSES.fullmatch(word)) or None
