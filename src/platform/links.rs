//! The addresses that people are given to open. One place builds them, from the settings alone.
//!
//! `Why:` never from a request: whoever could choose where a link leads would be sent the token in it
//! (CVE-2017-8295).

use url::Url;

use crate::platform::settings::ServerSettings;
use crate::types::secret::Secret;

/// A page that people are led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    /// Choosing a new password, with a token.
    Reset,
    /// Typing in a code that somebody read out.
    ResetCode,
    /// Saying that somebody else changed the password, with a token.
    NotMe,
    /// Making the first owner, with a token.
    Setup,
    /// Asking for a new password.
    Forgot,
    /// Signing in.
    SignIn,
}

impl Page {
    /// The path, as `web/pages` serves it.
    pub const fn path(self) -> &'static str {
        match self {
            Self::Reset => "/reset",
            Self::ResetCode => "/reset/code",
            Self::NotMe => "/not-me",
            Self::Setup => "/setup",
            Self::Forgot => "/forgot",
            Self::SignIn => "/sign-in",
        }
    }
}

/// What every address begins with, without a slash at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Base(String);

impl From<&Url> for Base {
    fn from(public_url: &Url) -> Self {
        Self(public_url.as_str().trim_end_matches('/').to_owned())
    }
}

impl Base {
    /// Where people reach the server (`server.public_url`). `None` where nobody has said.
    pub fn public(server: &ServerSettings) -> Option<Self> {
        server.public_url.as_ref().map(Self::from)
    }

    /// The same for whoever is at this machine: a server that listens here alone needs no setting.
    pub fn here(server: &ServerSettings) -> Option<Self> {
        let is_here = server.listen.ip().is_loopback() && server.listen.port() != 0;
        Self::public(server).or_else(|| is_here.then(|| Self::listening(server)))
    }

    /// The same for the log of a start; the path alone where even that says nothing.
    pub fn at_start(server: &ServerSettings) -> Self {
        Self::public(server).unwrap_or_else(|| {
            if server.listen.ip().is_unspecified() {
                Self(String::new())
            } else {
                Self::listening(server)
            }
        })
    }

    fn listening(server: &ServerSettings) -> Self {
        Self(format!("http://{}", server.listen))
    }

    /// The address of a page.
    pub fn page(&self, page: Page) -> String {
        format!("{}{}", self.0, page.path())
    }

    /// The address of a page with a token in it.
    pub fn link(&self, page: Page, token: &Secret) -> Secret {
        Secret::new(format!("{}/{}", self.page(page), token.expose()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::settings::Settings;

    fn server(toml: &str) -> ServerSettings {
        let settings = Settings::from_toml(&format!("[server]\n{toml}"));
        settings.expect("settings").server
    }

    #[test]
    fn a_link_is_built_from_the_setting_and_keeps_its_path() {
        let server = server("public_url = \"https://id.example.org/desk/\"");
        let base = Base::public(&server).expect("set");
        let link = base.link(Page::Reset, &Secret::new("abc".to_owned()));
        assert_eq!(link.expose(), "https://id.example.org/desk/reset/abc");
        assert_eq!(
            base.page(Page::ResetCode),
            "https://id.example.org/desk/reset/code"
        );
        assert_eq!(Base::here(&server), Some(base.clone()));
        assert_eq!(Base::at_start(&server), base);
    }

    #[test]
    fn without_the_setting_only_this_machine_is_named() {
        for (listen, here, at_start) in [
            (
                "127.0.0.1:8080",
                Some("http://127.0.0.1:8080"),
                "http://127.0.0.1:8080",
            ),
            ("127.0.0.1:0", None, "http://127.0.0.1:0"),
            ("192.0.2.7:8080", None, "http://192.0.2.7:8080"),
            ("0.0.0.0:8080", None, ""),
        ] {
            let server = server(&format!("listen = \"{listen}\""));
            assert_eq!(Base::public(&server), None);
            assert_eq!(Base::here(&server), here.map(|base| Base(base.to_owned())));
            assert_eq!(Base::at_start(&server), Base(at_start.to_owned()));
        }
    }
}
