//! Every page in every state under axe-core, in light and in dark: no rule of it is broken.

use serde_json::{Value, json};

use super::tour::{self, Looks};
use crate::audits::SCRIPT;
use crate::support::browser::{Browser, Setting, Theme};

/// What axe-core says against a page: the rule, and where.
const RUN: &str = "return axe.run(document).then((found) => found.violations.map((rule) => \
    rule.id + ': ' + rule.nodes.map((node) => node.target.join(' ')).join(', ')))";

/// Whether one has to scroll sideways.
const WIDER: &str = "return document.documentElement.scrollWidth > window.innerWidth";

struct Auditor {
    axe: String,
    seen: usize,
    violations: Vec<String>,
}

impl Looks for Auditor {
    async fn look(&mut self, browser: &Browser, name: &str) {
        if browser.eval(WIDER, vec![]).await != json!(false) {
            self.violations
                .push(format!("{name}: wider than the window"));
        }
        for theme in [Theme::Light, Theme::Dark] {
            browser.set_theme(theme).await;
            browser.eval(&self.axe, vec![]).await;
            let Value::Array(found) = browser.eval(RUN, vec![]).await else {
                panic!("{name}: axe-core says nothing");
            };
            let place = |found: Value| format!("{name}, {}: {found}", theme.word());
            self.violations.extend(found.into_iter().map(place));
            self.seen += 1;
        }
    }
}

/// `Units:` the width is in CSS pixels.
async fn audited(language: &'static str, width: u32) {
    let file = SCRIPT.join("node_modules/axe-core/axe.min.js");
    let axe = std::fs::read_to_string(&file).expect("axe-core is installed");
    let mut auditor = Auditor {
        axe,
        seen: 0,
        violations: Vec::new(),
    };
    let browser = Browser::set(Setting {
        language,
        ..Setting::default()
    })
    .await;
    browser.set_size(width, 900).await;
    Box::pin(tour::all(&browser, &mut auditor)).await;
    assert!(auditor.seen > 60, "only {} looks", auditor.seen);
    assert_eq!(json!(auditor.violations), json!([]), "{language}");
}

#[tokio::test]
#[ignore = "needs chromium"]
async fn no_narrow_page_in_english_breaks_a_rule_of_axe() {
    audited("en", 360).await;
}

#[tokio::test]
#[ignore = "needs chromium"]
async fn no_wide_page_in_german_breaks_a_rule_of_axe() {
    audited("de", 1280).await;
}
