//! How the pages look: templates of the program, and the headers around them.

use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use minijinja::{Environment, UndefinedBehavior, Value, context};

/// A stylesheet of this server and nothing else; forms go to this server alone.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; \
    frame-ancestors 'none'; base-uri 'none'";

const X_ROBOTS_TAG: HeaderName = HeaderName::from_static("x-robots-tag");

macro_rules! templates {
    ($($name:literal),* $(,)?) => {
        [$(($name, include_str!(concat!("../templates/", $name)))),*]
    };
}

const TEMPLATES: [(&str, &str); 9] = templates![
    "page_layout.html",
    "page_fields.html",
    "refused.html",
    "reset_form.html",
    "reset_link.html",
    "reset_done.html",
    "setup_form.html",
    "setup_link.html",
    "setup_done.html",
];

/// The templates, and the name that stands on all of them.
pub(super) struct Paper {
    templates: Environment<'static>,
    site_name: String,
}

impl Paper {
    /// Errors: a template of the program does not parse.
    pub(super) fn try_new(site_name: &str) -> Result<Self, minijinja::Error> {
        let mut templates = Environment::new();
        templates.set_undefined_behavior(UndefinedBehavior::Strict);
        for (name, source) in TEMPLATES {
            templates.add_template(name, source)?;
        }
        Ok(Self {
            templates,
            site_name: site_name.to_owned(),
        })
    }

    /// One page. The other headers that a page needs are on every answer (`web/headers.rs`).
    pub(super) fn page(&self, status: StatusCode, name: &str, values: &Value) -> Response {
        let values = context! { site_name => self.site_name.as_str(), ..values.clone() };
        let rendered = self
            .templates
            .get_template(name)
            .and_then(|page| page.render(values));
        let html = match rendered {
            Ok(html) => html,
            Err(error) => {
                tracing::error!(name, kind = ?error.kind(), "a page could not be made");
                return StatusCode::INTERNAL_SERVER_ERROR.into_response();
            }
        };
        let headers = [
            (CONTENT_TYPE, "text/html; charset=utf-8"),
            (CONTENT_SECURITY_POLICY, POLICY),
            (X_ROBOTS_TAG, "noindex"),
        ];
        let mut answer = (status, headers, html).into_response();
        if status == StatusCode::SERVICE_UNAVAILABLE {
            let soon = HeaderValue::from_static("1");
            answer.headers_mut().insert(RETRY_AFTER, soon);
        }
        answer
    }
}
