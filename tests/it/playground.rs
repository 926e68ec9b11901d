//! The playground and the development mailbox in a real browser.

use std::net::SocketAddr;
use std::path::PathBuf;

use axum::Router;
use keydesk::web::pages::mailbox::MailboxState;
use keydesk::web::pages::{examples, mailbox};
use keydesk::web::{self, Shows};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::support::app::TestApp;
use crate::support::browser::{Browser, Theme};
use crate::support::socket;

/// Every layout that is looked at: width, height, theme.
const LOOKS: [(u32, u32, Theme); 5] = [
    (1280, 800, Theme::Light),
    (1280, 800, Theme::Dark),
    (360, 740, Theme::Light),
    (360, 740, Theme::Dark),
    (320, 640, Theme::Light),
];

/// A server on a free port for as long as this value lives.
struct Server {
    origin: String,
    _tasks: JoinSet<()>,
}

impl Server {
    async fn start(app: Router) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let origin = format!("http://{}", listener.local_addr().expect("an address"));
        let service = app.into_make_service_with_connect_info::<SocketAddr>();
        let mut tasks = JoinSet::new();
        tasks.spawn(async {
            axum::serve(listener, service)
                .await
                .expect("the server runs");
        });
        Self {
            origin,
            _tasks: tasks,
        }
    }

    /// The whole of Keydesk, as `serve` shows it.
    async fn with_playground() -> (Self, TestApp) {
        let desk = TestApp::start().await;
        let shows = Shows {
            playground: true,
            ..Shows::default()
        };
        let router = web::router(&desk.app, &desk.templates(), shows).expect("a router");
        (Self::start(router).await, desk)
    }
}

/// Where to leave pictures of the pages, for people; tests do not compare them.
pub(crate) fn picture(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("pictures");
    std::fs::create_dir_all(&folder).expect("a folder for pictures");
    folder.join(format!("{name}.png"))
}

pub(crate) async fn take_pictures(browser: &Browser, name: &str) {
    for (width, height, theme) in LOOKS {
        browser.set_size(width, height).await;
        browser.set_theme(theme).await;
        let too_wide = "return document.documentElement.scrollWidth > innerWidth";
        assert_eq!(
            browser.eval(too_wide, vec![]).await,
            json!(false),
            "{name} at {width} px"
        );
        browser
            .screenshot(&picture(&format!("{name}-{width}-{}", theme.word())))
            .await;
    }
    browser.set_size(1280, 800).await;
    browser.set_theme(Theme::Light).await;
}

async fn assert_quiet(browser: &Browser, server: &Server) {
    assert_eq!(browser.console_errors().await, Vec::<String>::new());
    assert_eq!(
        browser.requests_off(&server.origin).await,
        Vec::<String>::new()
    );
}

const TABS: &str = ".graphiql-tab-button";
const STATUS: &str = "#key-status";
const TABS_ARE_KEPT: &str =
    "return sessionStorage['keydesk:graphiql:tabState']?.includes('query Mine') === true";
const RESPONSE: &str = ".result-window";

#[tokio::test]
#[ignore = "needs chromium"]
async fn the_playground_can_be_read_before_a_key_is_there() {
    let (server, _desk) = Server::with_playground().await;
    let browser = Browser::open().await;
    browser.set_size(1280, 800).await;
    browser.goto(&format!("{}/graphiql", server.origin)).await;

    browser.wait_for_text(STATUS, "No key yet").await;
    browser.wait_for_text(TABS, "Viewer").await;
    browser.wait_for_text(TABS, "Users").await;
    browser
        .click("[aria-label='Show Documentation Explorer']")
        .await;
    browser
        .wait_for_text(".graphiql-doc-explorer", "Query")
        .await;
    take_pictures(&browser, "playground-docs").await;
    let asked = browser.requests().await;
    assert!(
        !asked.iter().any(|url| url.ends_with("/graphql")),
        "{asked:?}"
    );
    assert_quiet(&browser, &server).await;
}

#[tokio::test]
#[ignore = "needs chromium"]
async fn a_key_in_the_fragment_is_used_and_leaves_the_address_bar() {
    let (server, desk) = Server::with_playground().await;
    let key = desk.owner_key();
    let browser = Browser::open().await;
    browser.set_size(1280, 800).await;
    browser
        .goto(&format!("{}/graphiql#key={key}", server.origin))
        .await;

    browser.wait_for_text(STATUS, "Key accepted").await;
    browser.wait_for_text(".examples", "Who am I").await;
    take_pictures(&browser, "playground-arrival").await;
    assert_eq!(
        browser.address().await,
        format!("{}/graphiql", server.origin)
    );
    let field =
        "return [key.value, key.type, localStorage.length ? JSON.stringify(localStorage) : '']";
    let found = browser.eval(field, vec![]).await;
    assert_eq!(found[0], key);
    assert_eq!(found[1], "password");
    assert!(!found[2].as_str().expect("a text").contains(key), "{found}");
    browser.click("#key-toggle").await;
    assert_eq!(browser.eval("return key.type", vec![]).await, "text");
    browser.click("#key-toggle").await;

    browser.click("[aria-label='Hide Examples']").await;
    browser.click(".graphiql-execute-button").await;
    browser.wait_for_text(RESPONSE, "PASSWORDS_RESET").await;
    take_pictures(&browser, "playground").await;
    assert_quiet(&browser, &server).await;
    let asked = browser.requests().await;
    assert!(
        !asked
            .iter()
            .any(|url| url.contains(key) && !url.contains('#')),
        "{asked:?}"
    );
}

#[tokio::test]
#[ignore = "needs chromium"]
async fn another_key_is_tried_as_soon_as_it_is_typed() {
    let (server, desk) = Server::with_playground().await;
    let key = desk.owner_key();
    let browser = Browser::open().await;
    browser.set_size(1280, 800).await;
    browser.goto(&format!("{}/graphiql", server.origin)).await;

    browser.fill("#key", "kd_wrong").await;
    browser
        .wait_for_text(STATUS, "Authorization header is wrong")
        .await;
    browser.fill("#key", key).await;
    browser.wait_for_text(STATUS, "Key accepted").await;
    browser
        .goto(&format!("{}/graphiql#key=kd_pasted", server.origin))
        .await;
    browser
        .wait_for_text(STATUS, "Authorization header is wrong")
        .await;
    assert_eq!(
        browser.address().await,
        format!("{}/graphiql", server.origin)
    );
    // The browser itself notes each 401; nothing else may be there.
    let errors = browser.console_errors().await;
    assert!(
        errors
            .iter()
            .all(|error| error.contains("401 (Unauthorized)")),
        "{errors:?}"
    );
    assert_eq!(
        browser.requests_off(&server.origin).await,
        Vec::<String>::new()
    );
}

#[tokio::test]
#[ignore = "needs chromium"]
async fn an_example_that_was_edited_can_be_had_afresh() {
    let (server, _desk) = Server::with_playground().await;
    let browser = Browser::open().await;
    browser.set_size(1280, 800).await;
    browser.goto(&format!("{}/graphiql", server.origin)).await;
    browser.wait_for_text(TABS, "Users").await;
    let editor = |call: &str| {
        format!(
            "return document.querySelector('.graphiql-query-editor .CodeMirror').CodeMirror.{call}"
        )
    };
    browser
        .eval(
            &editor("setValue('query Mine { viewer { role } }')"),
            vec![],
        )
        .await;
    browser.wait_for_text(TABS, "Mine").await;
    browser.wait_until(TABS_ARE_KEPT).await;
    let kept = browser
        .eval("return JSON.stringify(localStorage)", vec![])
        .await;
    assert!(
        !kept.to_string().contains("Mine"),
        "what was typed outlives the browser tab: {kept}"
    );
    browser.goto(&format!("{}/graphiql", server.origin)).await;
    browser.wait_for_text(TABS, "Mine").await;

    browser.click("[aria-label='Show Examples']").await;
    browser.wait_for_text(".examples", "List users").await;
    take_pictures(&browser, "playground-examples").await;
    browser.click(".examples li:nth-child(2) button").await;
    let tabs = examples::all().len() + 1;
    let count = "return document.querySelectorAll('.graphiql-tab-button').length";
    browser
        .wait_for(&format!(
            ".graphiql-tabs li:nth-child({tabs}).graphiql-tab-active"
        ))
        .await;
    assert_eq!(browser.eval(count, vec![]).await, json!(tabs));
    let query = browser.eval(&editor("getValue()"), vec![]).await;
    assert_eq!(query, examples::all()[1].query);
    let variables =
        "return document.querySelector('.graphiql-editor-tool .CodeMirror').CodeMirror.getValue()";
    let variables = browser.eval(variables, vec![]).await;
    assert_eq!(variables.as_str(), examples::all()[1].variables.as_deref());
    assert_quiet(&browser, &server).await;
}

#[tokio::test]
#[ignore = "needs chromium"]
async fn a_subscription_runs_with_the_key_that_was_typed() {
    let desk = TestApp::start().await;
    let shows = Shows {
        playground: true,
        ..Shows::default()
    };
    let running = socket::Server::with(&desk, shows).await;
    let server = Server {
        origin: format!("http://{}", running.address),
        _tasks: JoinSet::new(),
    };
    let browser = Browser::open().await;
    browser.set_size(1280, 800).await;
    browser.goto(&format!("{}/graphiql", server.origin)).await;
    browser.fill("#key", desk.owner_key()).await;
    browser.wait_for_text(STATUS, "Key accepted").await;
    browser
        .wait_for_text(".examples", "Follow the audit trail")
        .await;
    let open = "[...document.querySelectorAll('.examples button')]\
        .find((button) => button.innerText === 'Follow the audit trail').click()";
    browser.eval(open, vec![]).await;
    browser.wait_for_text(TABS, "FollowAudit").await;
    browser.click("[aria-label='Hide Examples']").await;
    browser.click(".graphiql-execute-button").await;
    socket::until("the subscription", || desk.app.pubsub.listeners() == 1).await;
    desk.member("ada").await;
    desk.run("resetPasswordGenerated", json!({ "login": "ada" }))
        .await;
    browser.wait_for_text(RESPONSE, "PASSWORD_RESET").await;
    browser
        .screenshot(&picture("playground-subscription"))
        .await;
    // The same button ends it, and its socket.
    browser.click(".graphiql-execute-button").await;
    socket::until("the end", || desk.app.pubsub.seats_taken() == 0).await;
    assert_eq!(browser.console_errors().await, Vec::<String>::new());
}

const MAIL: &str = "From: Keydesk <keydesk@example.org>\r\nTo: Ada Lovelace <ada@example.org>\r\n\
    Subject: =?utf-8?Q?Passwort_zur=C3=BCcksetzen_=3Cscript=3Ealert(1)=3C/script=3E?=\r\n\
    Date: Fri, 21 Nov 2025 03:40:00 +0000\r\nMIME-Version: 1.0\r\n\
    Content-Type: multipart/alternative; boundary=\"b\"\r\n\r\n\
    --b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n\
    Hello Ada,\r\n\r\nopen this link within 20 minutes:\r\nhttp://localhost:8080/reset#token=abcdefghijklmnopqrstuvwxyz\r\n\
    --b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n\
    <body style=\"font-family:sans-serif;padding:24px\"><h1>Hello Ada</h1>\
    <p>Open this link within 20 minutes:</p><p><a href=\"http://localhost:8080/reset#token=a\">Reset password</a></p>\
    </body>\r\n--b--\r\n";

#[tokio::test]
#[ignore = "needs chromium"]
async fn the_mailbox_shows_a_mail_in_every_way() {
    let mails = tempfile::tempdir().expect("a temporary directory");
    let state = MailboxState::try_new(mails.path().to_owned()).expect("templates parse");
    let server = Server::start(mailbox::router(state)).await;
    let browser = Browser::open().await;
    let list = format!("{}/mailbox", server.origin);
    browser.goto(&list).await;
    browser.wait_for_text("main", "Nothing yet").await;

    for id in ["1763696400000-mail_a", "1763699000000-mail_b"] {
        std::fs::write(mails.path().join(format!("{id}.eml")), MAIL).expect("a mail is written");
    }
    // Nobody reloads the page.
    browser.wait_for_text("#mails", "2 mails").await;
    assert!(
        browser
            .text(".mails")
            .await
            .contains("Passwort zurücksetzen <script>")
    );
    take_pictures(&browser, "mailbox").await;
    browser.click(".subject a").await;
    browser.wait_for("iframe.body").await;
    assert!(
        browser
            .address()
            .await
            .ends_with("/mailbox/1763699000000-mail_b")
    );
    take_pictures(&browser, "mailbox-html").await;
    for (view, words) in [
        ("text", "within 20 minutes"),
        ("headers", "multipart/alternative"),
        ("source", "--b"),
    ] {
        browser
            .click(&format!(".tabs a[href$='view={view}']"))
            .await;
        browser.wait_for_text(".body", words).await;
        take_pictures(&browser, &format!("mailbox-{view}")).await;
    }
    browser.goto(&list).await;
    browser.fill("#q", "nowhere").await;
    browser.click(".search button").await;
    browser
        .wait_for_text("#mails", "No mail has these words")
        .await;
    browser.goto(&list).await;
    browser.click(".delete button").await;
    browser.wait_for_text("#mails", "Nothing yet").await;
    assert_quiet(&browser, &server).await;
}
