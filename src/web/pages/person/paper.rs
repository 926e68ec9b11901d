//! How the pages look: templates filled with texts in the visitor's language, and the headers around
//! them.

use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, RETRY_AFTER, VARY};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use fluent_bundle::{FluentArgs, FluentValue};
use minijinja::value::Kwargs;
use minijinja::{
    AutoEscape, Environment, Error, ErrorKind, HtmlEscape, UndefinedBehavior, Value, context,
};
use rust_embed::RustEmbed;

use super::language::Language;
use super::logo::Logo;
use super::overrides::{self, Override, PagesError};
use super::phrases::Phrases;
use super::source;
use crate::domain::password_reset;
use crate::platform::app::App;
use crate::types::address::EmailAddress;

/// Styles, pictures and scripts of this server and nothing else; forms go to this server alone.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; \
    img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

const X_ROBOTS_TAG: HeaderName = HeaderName::from_static("x-robots-tag");

/// Steps one page may take. Each of ours takes a few hundred.
const FUEL: u64 = 50_000;

#[derive(RustEmbed)]
#[folder = "src/web/pages/person/templates"]
struct Templates;

/// The templates in each language, and the logo that stands on all of them.
pub(super) struct Paper {
    languages: Vec<(Language, Environment<'static>)>,
    pub(super) logo: Option<Logo>,
}

impl Paper {
    /// Errors: the logo cannot be shown, or a template or a list of texts, ours or the operator's, is
    /// broken.
    pub(super) fn try_new(app: &App) -> Result<Self, PagesError> {
        let server = &app.settings.server;
        let can_ask = password_reset::is_self_service(app);
        let logo = server.logo_file.as_deref().map(Logo::read).transpose()?;
        let names: Vec<String> = Templates::iter().map(|name| name.to_string()).collect();
        let folder = server.templates_dir.as_deref();
        let changed = folder.map(|folder| overrides::read(folder, &names));
        let changed = changed.transpose()?.unwrap_or_default();
        let mut templates = Vec::new();
        for name in names {
            let template = changed.get(&name).cloned().unwrap_or_else(|| own(&name));
            source::check_template(&template)?;
            templates.push((name, template));
        }
        let mut languages = Vec::new();
        for language in Language::ALL {
            let texts = changed.get(&format!("{}.ftl", language.tag()));
            let mut environment = environment(Phrases::try_new(language, texts)?);
            environment.add_global("lang", language.tag());
            environment.add_global("site_name", server.site_name.as_str());
            environment.add_global("has_logo", logo.is_some());
            let support_email = server.support_email.as_ref().map(EmailAddress::as_str);
            environment.add_global("support_email", Value::from(support_email));
            environment.add_global("can_ask", can_ask);
            for (name, template) in &templates {
                let added = environment.add_template_owned(name.clone(), template.source.clone());
                added.map_err(|error| PagesError::of_template(&template.file, &error))?;
            }
            languages.push((language, environment));
        }
        Ok(Self { languages, logo })
    }

    /// One page. The other headers that a page needs are on every answer (`web/headers.rs`).
    pub(super) fn page(
        &self,
        (language, status): (Language, StatusCode),
        name: &str,
        values: &Value,
    ) -> Response {
        let html = match self.render(language, name, values) {
            Ok(html) => html,
            Err(error) => {
                let (file, line) = (error.name(), error.line());
                let detail = error.detail();
                tracing::error!(name, kind = ?error.kind(), file, line, detail, "a page could not be made");
                return StatusCode::INTERNAL_SERVER_ERROR.into_response();
            }
        };
        let headers = [
            (CONTENT_TYPE, "text/html; charset=utf-8"),
            (CONTENT_SECURITY_POLICY, POLICY),
            (X_ROBOTS_TAG, "noindex"),
            (VARY, "accept-language, cookie"),
        ];
        let mut answer = (status, headers, html).into_response();
        if status == StatusCode::SERVICE_UNAVAILABLE {
            let soon = HeaderValue::from_static("1");
            answer.headers_mut().insert(RETRY_AFTER, soon);
        }
        answer
    }

    fn render(&self, language: Language, name: &str, values: &Value) -> Result<String, Error> {
        let known = |(known, _): &&(Language, Environment<'static>)| *known == language;
        let found = self.languages.iter().find(known).or(self.languages.first());
        let (_, environment) = found.ok_or(ErrorKind::TemplateNotFound)?;
        environment.get_template(name)?.render(values)
    }
}

fn own(name: &str) -> Override {
    let data = Templates::get(name).map(|file| file.data.into_owned());
    Override {
        file: name.to_owned(),
        source: String::from_utf8(data.unwrap_or_default()).unwrap_or_default(),
    }
}

fn environment(phrases: Phrases) -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_name| AutoEscape::Html);
    environment.set_fuel(Some(FUEL));
    // Otherwise errors carry the values of the template, in builds for development.
    environment.set_debug(false);
    let languages = Language::ALL.map(|one| context! { tag => one.tag(), name => one.name() });
    environment.add_global("languages", Value::from(languages.to_vec()));
    environment.add_function("t", move |key: &str, values: Kwargs| {
        let mut given = FluentArgs::new();
        for name in values.args() {
            let value: Value = values.get(name)?;
            if let Some(value) = shown(&value) {
                given.set(name.to_owned(), value);
            }
        }
        values.assert_all_used()?;
        let html = phrases.html(key, &given);
        let html = html.map(Value::from_safe_string);
        html.ok_or_else(|| {
            Error::new(
                ErrorKind::InvalidOperation,
                format!("there is no text {key}"),
            )
        })
    });
    environment
}

/// A value within a text: a figure, HTML that a template made, or a text, which is escaped here.
fn shown(value: &Value) -> Option<FluentValue<'static>> {
    if value.is_undefined() || value.is_none() {
        return None;
    }
    if value.is_number() {
        return i64::try_from(value.clone()).ok().map(FluentValue::from);
    }
    let text = value.to_string();
    Some(FluentValue::from(if value.is_safe() {
        text
    } else {
        HtmlEscape(&text).to_string()
    }))
}
