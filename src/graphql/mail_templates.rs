//! The texts of mails: reading them, and what a mail would look like.

pub(super) mod mutations;

use async_graphql::{Context, InputObject, Object, SimpleObject};

use super::context::Reach as _;
use super::enums::{MailKind, MailTemplatePart, MailTemplateSource};
use super::error::{answer, checked};
use super::scalars::{DateTime, Locale, moment};
use super::users::UserRef;
use crate::domain::mail::own_texts::TextVersion;
use crate::domain::mail::{self, TemplateText};
use crate::domain::mail_templates;
use crate::types::locale::canonical_locale;

/// Most versions of one text in an answer.
const MOST_VERSIONS: i32 = 100;

/// What a mail is made from: three templates.
#[derive(SimpleObject)]
pub(crate) struct MailTemplateContent {
    /// Template of the subject.
    subject: String,
    /// Template of the text part.
    text_body: String,
    /// Template of the HTML part.
    html_body: String,
}

impl From<TemplateText> for MailTemplateContent {
    fn from(text: TemplateText) -> Self {
        Self {
            subject: text.subject,
            text_body: text.text_body,
            html_body: text.html_body,
        }
    }
}

/// What a mail is made from: three templates.
#[derive(InputObject)]
pub(crate) struct MailTemplateText {
    /// Template of the subject, one line of at most 500 bytes.
    subject: String,
    /// Template of the text part, at most 64 KiB.
    text_body: String,
    /// Template of the HTML part, at most 64 KiB. What comes out must be shorter than 102 000 bytes,
    /// because Gmail cuts longer mails off.
    html_body: String,
}

impl From<MailTemplateText> for TemplateText {
    fn from(input: MailTemplateText) -> Self {
        Self {
            subject: input.subject,
            text_body: input.text_body,
            html_body: input.html_body,
        }
    }
}

/// What can be filled into a template, as `{{ name }}`.
#[derive(SimpleObject)]
pub(crate) struct MailTemplatePlaceholder {
    /// Name to write between double braces.
    name: &'static str,
    /// What will stand there.
    description: &'static str,
    /// What stands there in previews.
    example: &'static str,
    /// Whether a template without it is refused.
    is_required: bool,
    /// Whether nobody but the mail's reader may see it: it may stand only as text, or as the whole
    /// `href` of a link.
    is_secret: bool,
}

/// What is wrong with a template, and where.
#[derive(SimpleObject, Clone, Debug)]
pub(crate) struct MailTemplateProblem {
    /// In which of the three.
    part: MailTemplatePart,
    /// Line, from 1.
    line: i32,
    /// Column, from 1, in characters.
    column: i32,
    /// What is wrong and what to do, in English.
    message: String,
}

impl From<mail::TemplateProblem> for MailTemplateProblem {
    fn from(problem: mail::TemplateProblem) -> Self {
        let number = |value: u32| i32::try_from(value).unwrap_or(i32::MAX);
        Self {
            part: problem.part.into(),
            line: number(problem.line),
            column: number(problem.column),
            message: problem.message,
        }
    }
}

/// The text of a kind of mail for readers of one language.
pub(crate) struct MailTemplate(pub(super) mail_templates::MailTemplate);

/// The text of a kind of mail for readers of one language.
#[Object]
impl MailTemplate {
    /// Kind of mail.
    async fn kind(&self) -> MailKind {
        self.0.kind.into()
    }

    /// For readers of this language.
    async fn locale(&self) -> Locale {
        Locale(self.0.locale.clone())
    }

    /// The language of the text in use: `locale`, or the nearest one there is a text in (`de-AT`, `de`, the
    /// default, `en`).
    async fn content_locale(&self) -> Locale {
        Locale(self.0.in_use.locale.clone())
    }

    /// Where the text in use comes from.
    async fn source(&self) -> MailTemplateSource {
        self.0.in_use.source.into()
    }

    /// The text in use.
    async fn content(&self) -> MailTemplateContent {
        self.0.in_use.text.clone().into()
    }

    /// The text the program came with. Null for a language without one.
    async fn built_in_content(&self) -> Option<MailTemplateContent> {
        self.0.built_in.clone().map(Into::into)
    }

    /// Whether the text in use is not the one the program came with.
    async fn is_customized(&self) -> bool {
        self.0.is_customized()
    }

    /// What can be filled in.
    async fn placeholders(&self) -> Vec<MailTemplatePlaceholder> {
        let all = mail::placeholders(self.0.kind).into_iter();
        all.map(|one| MailTemplatePlaceholder {
            name: one.name,
            description: one.description,
            example: one.example,
            is_required: one.is_required,
            is_secret: one.is_secret,
        })
        .collect()
    }

    /// Grows with every change through the API; 0 when there was none. For `ifVersion`.
    async fn version(&self) -> i32 {
        i32::try_from(self.0.version).unwrap_or(i32::MAX)
    }

    /// When it was last changed through the API.
    async fn updated_at(&self) -> Option<DateTime> {
        moment(self.0.updated_at)
    }

    /// Name of whoever changed it, at the time.
    async fn updated_by_label(&self) -> Option<&str> {
        self.0.updated_by_label.as_deref()
    }
}

/// One change of a text.
#[derive(SimpleObject)]
pub(crate) struct MailTemplateVersion {
    /// From 1, without gaps.
    version: i32,
    /// When it was changed.
    changed_at: DateTime,
    /// Name of whoever changed it, at the time.
    changed_by_label: String,
    /// The text from then on. Null when the file or the built-in text came back.
    content: Option<MailTemplateContent>,
}

impl From<TextVersion> for MailTemplateVersion {
    fn from(version: TextVersion) -> Self {
        Self {
            version: i32::try_from(version.version).unwrap_or(i32::MAX),
            changed_at: DateTime(version.changed_at),
            changed_by_label: version.changed_by_label,
            content: version.text.map(Into::into),
        }
    }
}

/// A mail as its reader would see it, with a made-up password or link.
#[derive(SimpleObject)]
pub(crate) struct MailTemplatePreview {
    /// Language of the text.
    locale: Locale,
    /// The subject. Null when there are problems.
    subject: Option<String>,
    /// The text part. Null when there are problems.
    text_body: Option<String>,
    /// The HTML part. Null when there are problems.
    html_body: Option<String>,
    /// Everything that is wrong with the text. Empty when it may be used.
    problems: Vec<MailTemplateProblem>,
}

/// Conditions on texts of mails. All that are given have to hold.
#[derive(InputObject, Default)]
pub(crate) struct MailTemplateFilter {
    /// One of these kinds.
    kinds: Option<Vec<MailKind>>,
    /// For readers of one of these languages.
    locales: Option<Vec<Locale>>,
    /// From one of these sources.
    sources: Option<Vec<MailTemplateSource>>,
}

fn locale(tag: &Locale) -> Result<String, &'static str> {
    canonical_locale(tag.0.trim()).ok_or("A locale is a language tag such as \"en\" or \"pt-BR\".")
}

/// The part of `Query` about texts of mails.
#[derive(Default)]
pub(crate) struct MailTemplateQuery;

#[Object]
impl MailTemplateQuery {
    /// Every text of a mail, by kind and then by language; at most some 250, so without pages.
    ///
    /// Access: scope MAIL_READ.
    async fn mail_templates(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Conditions that must all hold. Omitted conditions do not restrict.")]
        filter: Option<MailTemplateFilter>,
    ) -> Option<Vec<MailTemplate>> {
        let filter = filter.unwrap_or_default();
        let locales = filter.locales.map(|all| all.iter().map(locale).collect());
        let filter = mail_templates::TemplateFilter {
            kinds: filter
                .kinds
                .map(|all| all.into_iter().map(Into::into).collect()),
            locales: checked(ctx, locales.transpose())?,
            sources: filter
                .sources
                .map(|all| all.into_iter().map(Into::into).collect()),
        };
        let found = mail_templates::list(ctx.app(), ctx.templates(), ctx.actor(), &filter).await;
        let found = answer(ctx, found)?;
        Some(found.into_iter().map(MailTemplate).collect())
    }

    /// The text of one kind of mail for readers of one language, whether or not there is one in that
    /// language.
    ///
    /// Access: scope MAIL_READ.
    async fn mail_template(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Kind of mail.")] kind: MailKind,
        #[graphql(desc = "Language of the reader; left out, the default.")] locale: Option<Locale>,
    ) -> Option<MailTemplate> {
        let locale = checked(ctx, locale.as_ref().map(self::locale).transpose())?;
        let wanted = (kind.into(), locale.as_deref());
        let found = mail_templates::find(ctx.app(), ctx.templates(), ctx.actor(), wanted).await;
        answer(ctx, found).map(MailTemplate)
    }

    /// The changes of one text through the API, newest first.
    ///
    /// Access: scope MAIL_READ.
    async fn mail_template_history(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Kind of mail.")] kind: MailKind,
        #[graphql(desc = "Language of the text.")] locale: Locale,
        #[graphql(desc = "How many, 1 to 100; left out, 25.")] first: Option<i32>,
    ) -> Option<Vec<MailTemplateVersion>> {
        let locale = checked(ctx, self::locale(&locale))?;
        let most = first.unwrap_or(25);
        let most = if (1..=MOST_VERSIONS).contains(&most) {
            Ok(most.unsigned_abs())
        } else {
            Err("`first` is 1 to 100.")
        };
        let most = u64::from(checked(ctx, most)?);
        let wanted = (kind.into(), locale.as_str());
        let found = answer(
            ctx,
            mail_templates::history(ctx.app(), ctx.actor(), wanted, most).await,
        )?;
        Some(found.into_iter().map(Into::into).collect())
    }

    /// A mail as its reader would see it: with the text in use, or with one that is not saved yet. Values
    /// are made up, or a user's own; a password or link is always made up. Null for a user who is not there.
    ///
    /// Access: scope MAIL_READ.
    #[expect(
        clippy::too_many_arguments,
        reason = "four words that say what to show, and none of them a group"
    )]
    async fn mail_template_preview(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Kind of mail.")] kind: MailKind,
        #[graphql(desc = "Language; left out, the user's or the default.")] locale: Option<Locale>,
        #[graphql(desc = "The text; left out, the one in use.")] text: Option<MailTemplateText>,
        #[graphql(desc = "Whose names to fill in. Needs scope USERS_READ.")] user: Option<UserRef>,
    ) -> Option<MailTemplatePreview> {
        let locale = checked(ctx, locale.as_ref().map(self::locale).transpose())?;
        let wanted = (kind.into(), locale);
        let given = (text.map(Into::into), user.as_ref().map(Into::into));
        let (app, actor) = (ctx.app(), ctx.actor());
        let seen = Box::pin(mail_templates::preview(
            app,
            ctx.templates(),
            actor,
            wanted,
            given,
        ))
        .await;
        let seen = answer(ctx, seen)??;
        let (subject, text_body, html_body) = match seen.content {
            Some(mail) => (Some(mail.subject), Some(mail.text), Some(mail.html)),
            None => (None, None, None),
        };
        Some(MailTemplatePreview {
            locale: Locale(seen.locale),
            subject,
            text_body,
            html_body,
            problems: seen.problems.into_iter().map(Into::into).collect(),
        })
    }
}
