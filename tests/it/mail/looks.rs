//! Every mail as Chromium shows it, with pictures in `target/screenshots/mail` for people to look at.

use std::path::{Path, PathBuf};

use keydesk::domain::mail::{self, LOCALES, MailKind, Rendered, Site, Templates, Words};
use keydesk::types::clock::Timestamp;
use keydesk::types::colour::{Accent, Colour};
use url::Url;

use crate::support::browser::{Browser, Theme};

/// `Units:` CSS pixels: a telephone, and the reading pane of a mail program.
const WIDTHS: [u32; 2] = [360, 640];

fn rendered(kind: MailKind, locale: &str) -> Rendered {
    let url = Url::parse("https://id.example.org/").expect("an address");
    let (mut details, carried) = mail::sample(kind, Timestamp::from_millis(1_795_253_459_000));
    "Maximiliane Gräfin von Hohenlohe-Waldenburg 🎉".clone_into(&mut details.display_name);
    details.time_zone = Some("Europe/Vienna".to_owned());
    let site = Site {
        name: "Example Desk",
        public_url: Some(&url),
        support_email: Some("help@example.org"),
        accent: Accent::of(Colour::parse("#1457c4").expect("a colour")),
        has_logo: false,
    };
    let words = Words {
        kind,
        locale,
        details: &details,
        secret: carried.as_ref(),
    };
    let templates = Templates::new().expect("templates");
    templates.render(site, words).expect("a mail")
}

/// Errors: one has to scroll sideways, or the letters cannot be told from what is behind them.
async fn look(browser: &Browser, file: &Path, folder: &Path) {
    let name = file
        .file_stem()
        .and_then(|name| name.to_str())
        .expect("a name");
    browser.goto(&format!("file://{}", file.display())).await;
    for width in WIDTHS {
        browser.set_size(width, 900).await;
        let overflow = "return document.documentElement.scrollWidth";
        let needed = browser.eval(overflow, vec![]).await;
        assert!(
            needed.as_u64() <= Some(width.into()),
            "{name} at {width}: {needed}"
        );
        for theme in [Theme::Light, Theme::Dark] {
            browser.set_theme(theme).await;
            let picture = format!("{name}-{width}-{}.png", theme.word());
            browser.screenshot(&folder.join(picture)).await;
        }
    }
}

#[tokio::test]
#[ignore = "needs chromium"]
async fn every_mail_fits_a_telephone_and_has_its_pictures() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/screenshots/mail");
    std::fs::create_dir_all(&folder).expect("a folder");
    let browser = Browser::open().await;
    for kind in MailKind::ALL {
        for locale in LOCALES {
            let name = format!("{}-{locale}.html", kind.name().to_lowercase());
            let file = folder.join(name);
            std::fs::write(&file, rendered(kind, locale).html).expect("written");
            look(&browser, &file, &folder).await;
        }
    }
    assert_eq!(browser.console_errors().await, Vec::<String>::new());
}
