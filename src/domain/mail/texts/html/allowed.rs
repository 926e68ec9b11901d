//! Elements and attributes that a mail may have. What is not here is refused.

const ELEMENTS: [&str; 62] = [
    "html",
    "head",
    "meta",
    "title",
    "style",
    "body",
    "table",
    "caption",
    "colgroup",
    "col",
    "thead",
    "tbody",
    "tfoot",
    "tr",
    "td",
    "th",
    "p",
    "div",
    "span",
    "br",
    "hr",
    "a",
    "b",
    "strong",
    "i",
    "em",
    "u",
    "s",
    "small",
    "sub",
    "sup",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "ul",
    "ol",
    "li",
    "dl",
    "dt",
    "dd",
    "blockquote",
    "pre",
    "code",
    "kbd",
    "center",
    "font",
    "img",
    "address",
    "abbr",
    "wbr",
    "main",
    "section",
    "header",
    "footer",
    "article",
    // Settings for Outlook, inside its conditions.
    "xml",
    "o:officedocumentsettings",
    "o:allowpng",
    "o:pixelsperinch",
];

/// Elements that do not end a line.
const INLINE: [&str; 18] = [
    "a",
    "b",
    "strong",
    "i",
    "em",
    "u",
    "s",
    "small",
    "sub",
    "sup",
    "span",
    "font",
    "code",
    "kbd",
    "abbr",
    "img",
    "wbr",
    "o:allowpng",
];

const EVERYWHERE: [&str; 23] = [
    "class",
    "id",
    "style",
    "dir",
    "lang",
    "role",
    "align",
    "valign",
    "width",
    "height",
    "bgcolor",
    "color",
    "border",
    "cellpadding",
    "cellspacing",
    "colspan",
    "rowspan",
    "alt",
    "title",
    "summary",
    "face",
    "size",
    "scope",
];

/// What a `meta` may say by its name.
const META_NAMES: [&str; 6] = [
    "viewport",
    "color-scheme",
    "supported-color-schemes",
    "format-detection",
    "x-apple-disable-message-reformatting",
    "robots",
];

pub(super) fn is_element(name: &str) -> bool {
    ELEMENTS.contains(&name)
}

pub(super) fn is_inline(name: &str) -> bool {
    INLINE.contains(&name)
}

/// Whether an element may have an attribute; addresses in it are judged elsewhere.
pub(super) fn is_attribute(element: &str, name: &str, value: &str) -> bool {
    if EVERYWHERE.contains(&name) || name.starts_with("aria-") {
        return true;
    }
    let folded = value.trim().to_ascii_lowercase();
    match (element, name) {
        ("a", "href" | "target" | "rel")
        | ("img", "src")
        | ("meta", "charset" | "content")
        | ("style", "type" | "media")
        | ("ol", "start" | "type")
        | ("html" | "xml" | "o:officedocumentsettings", "xmlns" | "xmlns:v" | "xmlns:o") => true,
        ("meta", "name") => META_NAMES.contains(&folded.as_str()),
        ("meta", "http-equiv") => ["content-type", "x-ua-compatible"].contains(&folded.as_str()),
        _ => false,
    }
}
