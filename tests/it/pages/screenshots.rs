//! Pictures of every page in every state, in `target/screenshots`, for people to look at.

use std::path::PathBuf;

use serde_json::json;

use super::tour::{self, Looks};
use crate::support::browser::{Browser, Setting, Theme};

/// `Units:` CSS pixels.
const WIDTHS: [u32; 2] = [360, 1280];

struct Photographer {
    language: &'static str,
    folder: PathBuf,
    taken: usize,
}

impl Looks for Photographer {
    /// The whole page, however long it is. At neither width does one have to scroll sideways.
    async fn look(&mut self, browser: &Browser, name: &str) {
        for width in WIDTHS {
            browser.set_size(width, 800).await;
            let sizes = "const page = document.documentElement; \
                return [page.scrollHeight, page.scrollWidth]";
            let sizes = browser.eval(sizes, vec![]).await;
            assert!(sizes[1].as_u64() <= Some(width.into()), "{name} at {width}");
            let height = sizes[0].as_u64().and_then(|height| height.try_into().ok());
            browser.set_size(width, height.expect("a height")).await;
            for theme in [Theme::Light, Theme::Dark] {
                browser.set_theme(theme).await;
                let file = format!("{name}-{}-{width}-{}.png", self.language, theme.word());
                browser.screenshot(&self.folder.join(file)).await;
                self.taken += 1;
            }
        }
        browser.set_size(1280, 800).await;
    }
}

#[tokio::test]
#[ignore = "needs chromium, and people who look at the pictures: .ci/long"]
async fn every_page_has_its_picture() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/screenshots");
    std::fs::create_dir_all(&folder).expect("a folder");
    for language in ["en", "de"] {
        let mut photographer = Photographer {
            language,
            folder: folder.clone(),
            taken: 0,
        };
        let browser = Browser::set(Setting {
            language,
            ..Setting::default()
        })
        .await;
        Box::pin(tour::all(&browser, &mut photographer)).await;
        assert!(photographer.taken >= 80, "{} pictures", photographer.taken);
        let errors = browser.console_errors().await;
        let refused = |error: &String| {
            ["422", "410", "403", "404"]
                .iter()
                .any(|status| error.contains(status))
        };
        assert!(errors.iter().all(refused), "{:#}", json!(errors));
    }
}
