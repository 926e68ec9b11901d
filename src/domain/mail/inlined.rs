//! The last step of an HTML part: its rules moved into the elements.
//!
//! `Why:` some mail programs read no style sheets. What only a sheet can say (dark colours, small screens)
//! stays in one for those that do. Nothing is ever fetched.

use std::sync::LazyLock;

use css_inline::CSSInliner;

use super::{RenderError, Rendered};

static INLINER: LazyLock<CSSInliner<'static>> = LazyLock::new(|| {
    CSSInliner::options()
        .load_remote_stylesheets(false)
        .keep_at_rules(true)
        .build()
});

/// Errors: the style sheet cannot be read; the text holds no value.
pub(super) fn finish(mail: Rendered) -> Result<Rendered, RenderError> {
    let html = INLINER.inline(&mail.html);
    let html = html.map_err(|_css| RenderError::Template {
        name: "body.html".to_owned(),
        problem: "its style sheet cannot be read".to_owned(),
    })?;
    Ok(Rendered { html, ..mail })
}
