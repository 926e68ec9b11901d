//! What kind of program opened a link, as far as it says so itself.

/// A class of programs. Coarse, so that it tells administrators what happened and not who it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ClientClass {
    /// A browser on a computer. Some scanners of mail name themselves like one.
    Desktop,
    /// A browser on a telephone or a tablet.
    Mobile,
    /// No browser: a scanner, a preview, a script.
    Program,
    /// It did not say.
    Unknown,
}

/// Parts of the names of programs that read pages by themselves.
const PROGRAMS: [&str; 14] = [
    "bot",
    "crawl",
    "spider",
    "scan",
    "preview",
    "curl",
    "wget",
    "python",
    "java/",
    "okhttp",
    "http-client",
    "httpclient",
    "headless",
    "safelinks",
];

impl ClientClass {
    /// Every class.
    pub const ALL: [Self; 4] = [Self::Desktop, Self::Mobile, Self::Program, Self::Unknown];

    /// The name in the API and in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Desktop => "DESKTOP",
            Self::Mobile => "MOBILE",
            Self::Program => "PROGRAM",
            Self::Unknown => "UNKNOWN",
        }
    }

    /// Reads a column's value.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.name() == name)
    }

    /// The class of a program by what it calls itself.
    ///
    /// `Why:` every browser calls itself `Mozilla/5.0 (system) …`; what does not is none.
    pub fn of(user_agent: Option<&str>) -> Self {
        let Some(name) = user_agent.map(str::trim).filter(|name| !name.is_empty()) else {
            return Self::Unknown;
        };
        let name = name.to_ascii_lowercase();
        let has = |parts: &[&str]| parts.iter().any(|part| name.contains(part));
        if !name.starts_with("mozilla/") || has(&PROGRAMS) {
            Self::Program
        } else if has(&["mobile", "android", "iphone", "ipad", "tablet"]) {
            Self::Mobile
        } else if has(&["windows", "macintosh", "x11", "wayland", "cros"]) {
            Self::Desktop
        } else {
            Self::Program
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_told_from_people_by_what_they_call_themselves() {
        use ClientClass::{Desktop, Mobile, Program, Unknown};
        for (name, class) in [
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36",
                Desktop,
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605.1 Version/17.5 Safari/605.1",
                Desktop,
            ),
            (
                "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
                Desktop,
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Version/17.5 Mobile/15E148 Safari/604.1",
                Mobile,
            ),
            (
                "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36",
                Mobile,
            ),
            (
                "Mozilla/5.0 (X11; Linux x86_64) HeadlessChrome/140.0",
                Program,
            ),
            (
                "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
                Program,
            ),
            ("Mozilla/5.0 (Windows NT 10.0) BarracudaScan", Program),
            ("Mozilla/5.0", Program),
            ("curl/8.9.1", Program),
            ("python-requests/2.32", Program),
            ("Go-http-client/2.0", Program),
            ("  ", Unknown),
        ] {
            assert_eq!(ClientClass::of(Some(name)), class, "{name}");
        }
        assert_eq!(ClientClass::of(None), Unknown);
        for class in ClientClass::ALL {
            assert_eq!(ClientClass::parse(class.name()), Some(class));
        }
    }
}
