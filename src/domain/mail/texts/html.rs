//! What an HTML part may be made of, judged on what comes out, as a browser would read it.
//!
//! Elements and attributes are those of `html/allowed.rs` and no others; addresses lead to the mail's own
//! link, to the site and to `mailto:`; nothing is loaded; a secret stands as text or as a whole `href`.

mod allowed;
mod css;
mod nesting;

use std::cell::{Cell, RefCell};

use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{
    BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};

use super::TemplatePart::Html;
use super::fault::Fault;
use super::words::{self, Bounds};
use nesting::Nesting;

/// What a reader is shown.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) faults: Vec<Fault>,
    /// All text, with a line end at every block.
    pub(super) text: String,
    /// Where links lead.
    pub(super) addresses: Vec<String>,
}

/// Judges a whole HTML part.
pub(super) fn judge(html: &str, bounds: &Bounds<'_>) -> Seen {
    let mut seen = read(html, bounds, Nesting::whole());
    seen.faults.extend(words::judge(Html, &seen.text, bounds));
    seen
}

fn read(html: &str, bounds: &Bounds<'_>, nesting: Nesting) -> Seen {
    let reader = Reader {
        bounds,
        seen: RefCell::default(),
        inside: Cell::new(Inside::Text),
        nesting: RefCell::new(nesting),
        styles: Cell::default(),
    };
    let tokenizer = Tokenizer::new(reader, TokenizerOpts::default());
    let input = BufferQueue::default();
    input.push_back(html.into());
    let _no_script = tokenizer.feed(&input);
    tokenizer.end();
    let Reader { seen, nesting, .. } = tokenizer.sink;
    let mut seen = seen.into_inner();
    seen.faults.extend(nesting.into_inner().ended());
    seen
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Inside {
    Text,
    Style,
    Title,
}

struct Reader<'a> {
    bounds: &'a Bounds<'a>,
    seen: RefCell<Seen>,
    inside: Cell<Inside>,
    nesting: RefCell<Nesting>,
    /// How many selectors its style sheets have.
    styles: Cell<usize>,
}

impl TokenSink for Reader<'_> {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        match token {
            Token::TagToken(tag) => return self.tag(&tag),
            Token::CommentToken(text) => self.comment(&text),
            Token::CharacterTokens(text) => self.characters(&text),
            Token::DoctypeToken(_)
            | Token::NullCharacterToken
            | Token::EOFToken
            | Token::ParseError(_) => {}
        }
        TokenSinkResult::Continue
    }
}

impl Reader<'_> {
    fn fault(&self, fault: impl Into<Option<Fault>>) {
        self.seen.borrow_mut().faults.extend(fault.into());
    }

    fn tag(&self, tag: &Tag) -> TokenSinkResult<()> {
        let name: &str = &tag.name;
        if !allowed::is_inline(name) {
            self.seen.borrow_mut().text.push('\n');
        }
        self.inside.set(Inside::Text);
        if tag.kind == TagKind::EndTag {
            let fault = self.nesting.borrow_mut().close(name);
            self.fault(fault);
            return TokenSinkResult::Continue;
        }
        let fault = self.nesting.borrow_mut().open(name);
        self.fault(fault);
        if !allowed::is_element(name) {
            let message = format!("A mail cannot have the element <{name}>.");
            self.fault(Fault::new(Html, message).traced(format!("<{name}")));
        }
        for attribute in &tag.attrs {
            let prefix = attribute.name.prefix.as_deref();
            let full = match prefix {
                Some(prefix) => format!("{prefix}:{}", &*attribute.name.local),
                None => attribute.name.local.to_string(),
            };
            self.attribute(name, &full, &attribute.value);
        }
        match name {
            "style" => {
                self.inside.set(Inside::Style);
                TokenSinkResult::RawData(RawKind::Rawtext)
            }
            "title" => {
                self.inside.set(Inside::Title);
                TokenSinkResult::RawData(RawKind::Rcdata)
            }
            _ => TokenSinkResult::Continue,
        }
    }

    fn attribute(&self, element: &str, name: &str, value: &str) {
        let is_link = (element, name) == ("a", "href");
        let is_own_link = is_link && self.bounds.decoys.link.as_deref() == Some(value);
        if is_own_link {
            self.seen.borrow_mut().addresses.push(value.to_owned());
            return;
        }
        let fault = |message: String| Fault::new(Html, message);
        if let Some((secret, decoy)) = self.bounds.decoys.within(value) {
            let before = value.split(decoy.as_str()).next().unwrap_or_default();
            let message = format!(
                "`{secret}` must not be in the attribute {name} of <{element}>. It may stand as text; a \
                 link may be the whole href of an <a>."
            );
            let fault = fault(message)
                .traced(format!("{name}=\"{before}{{{{ {secret}"))
                .traced(format!("{name}='{before}{{{{ {secret}"))
                .traced(format!("{before}{{{{ {secret}"))
                .traced(format!("{name}="));
            return self.fault(fault);
        }
        if !allowed::is_attribute(element, name, value) {
            let message = format!("<{element}> cannot have the attribute {name} here.");
            return self.fault(
                fault(message)
                    .traced(format!("{name}=\"{value}"))
                    .traced(format!(" {name}"))
                    .traced(format!("<{element}")),
            );
        }
        let refused = match name {
            "href" if is_link => !self.may_lead_to(value),
            "src" => !self.may_load(value),
            "style" => {
                if let Err(words) = css::judge(value) {
                    self.fault(fault(words.message()).traced(words.trace));
                }
                false
            }
            _ => false,
        };
        if refused {
            let shown: String = value.chars().take(80).collect();
            let message = match name {
                "src" => format!(
                    "`{shown}` would be loaded from elsewhere. A picture is a data: address, or stands \
                     on the site (server.public_url)."
                ),
                _ => format!(
                    "`{shown}` leads elsewhere. A mail may lead to its own link, to the site \
                     (server.public_url) and to mailto: alone."
                ),
            };
            self.fault(
                fault(message)
                    .traced(format!("{name}=\"{value}"))
                    .traced(format!("{name}='{value}"))
                    .traced(value)
                    .traced(format!("{name}=")),
            );
        }
    }

    fn may_lead_to(&self, value: &str) -> bool {
        let mail = value.strip_prefix("mailto:");
        mail.is_some_and(|rest| !rest.contains(|c: char| c.is_whitespace() || c.is_control()))
            || self.bounds.is_site(value)
    }

    fn may_load(&self, value: &str) -> bool {
        let data = ["png", "jpeg", "gif"];
        let is_data = data
            .iter()
            .any(|kind| value.starts_with(&format!("data:image/{kind};base64,")));
        is_data || value.starts_with("cid:") || self.bounds.is_site(value)
    }

    fn characters(&self, text: &str) {
        match self.inside.get() {
            Inside::Text => self.seen.borrow_mut().text.push_str(text),
            Inside::Style => {
                self.no_secret(text, "<style>");
                if let Err(words) = css::judge(text) {
                    self.fault(Fault::new(Html, words.message()).traced(words.trace));
                }
                let before = self.styles.get();
                self.styles.set(before + css::selectors(text));
                if before <= css::MOST_SELECTORS && self.styles.get() > css::MOST_SELECTORS {
                    let message = format!("Styles have at most {} selectors.", css::MOST_SELECTORS);
                    self.fault(Fault::new(Html, message).traced("<style"));
                }
            }
            Inside::Title => self.no_secret(text, "<title>"),
        }
    }

    fn no_secret(&self, text: &str, place: &str) {
        if let Some((name, _)) = self.bounds.decoys.within(text) {
            let message = format!("`{name}` must not be in {place}. It may stand as text.");
            self.fault(
                Fault::new(Html, message)
                    .traced(format!("{{{{ {name}"))
                    .traced(format!("{{{{{name}")),
            );
        }
    }

    /// Comments are not shown, but Outlook reads those that begin with a condition.
    fn comment(&self, text: &str) {
        self.no_secret(text, "a comment");
        let Some(rest) = text.trim_start().strip_prefix("[if") else {
            return;
        };
        let inner = rest.split_once('>').map_or("", |(_, inner)| inner);
        let inner = inner.trim_end_matches("<![endif]");
        if inner.contains("<!--") || inner.contains("[if") {
            let message = "A condition for Outlook cannot hold another one.";
            return self.fault(Fault::new(Html, message).traced("<!--[if"));
        }
        let seen = read(inner, self.bounds, Nesting::part());
        self.seen.borrow_mut().faults.extend(seen.faults);
    }
}
