use std::net::SocketAddr;

use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::Request;
use axum::http::header::{HOST, ORIGIN};
use axum::http::request::Builder;
use tempfile::TempDir;
use tower::ServiceExt;

use super::*;

const LINK: &str = "http://localhost:8080/reset#token=abc";

struct Mailbox {
    directory: TempDir,
}

impl Mailbox {
    fn new() -> Self {
        Self {
            directory: tempfile::tempdir().unwrap(),
        }
    }

    fn receive(&self, id: &str, subject: &str, rest: &str) {
        let mail = format!(
            "From: Keydesk <keydesk@example.org>\r\nTo: Ada <ada@example.org>\r\n\
             Subject: {subject}\r\nMIME-Version: 1.0\r\n{rest}"
        );
        std::fs::write(self.directory.path().join(format!("{id}.eml")), mail).unwrap();
    }

    fn receive_text(&self, id: &str, subject: &str) {
        let body = format!("Content-Type: text/plain; charset=utf-8\r\n\r\nOpen {LINK}\r\n");
        self.receive(id, subject, &body);
    }

    async fn get(&self, path: &str) -> (Response, String) {
        self.ask(Request::get(path)).await
    }

    /// Sends the form that deletes, from a page of that origin.
    async fn delete(&self, origin: Option<&str>) -> StatusCode {
        let mut request = Request::post("/mailbox/delete");
        if let Some(origin) = origin {
            request = request.header(ORIGIN, origin);
        }
        self.ask(request).await.0.status()
    }

    async fn ask(&self, request: Builder) -> (Response, String) {
        let state = MailboxState::try_new(self.directory.path().join("")).unwrap();
        let mut request = request
            .header(HOST, "localhost")
            .body(Body::empty())
            .unwrap();
        request
            .extensions_mut()
            .insert(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 5000))));
        let app: Router = router(state);
        let mut response = app.oneshot(request).await.unwrap();
        let body = std::mem::take(response.body_mut());
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        (response, String::from_utf8(bytes.into()).unwrap())
    }
}

#[tokio::test]
async fn the_newest_mail_is_the_first_in_the_list() {
    let mailbox = Mailbox::new();
    mailbox.receive_text("999-a", "Oldest");
    mailbox.receive_text("1763696400000-b", "Newest");
    mailbox.receive_text("1763696399999-z", "Between");
    std::fs::write(mailbox.directory.path().join("notes.txt"), "no mail").unwrap();
    let (_, page) = mailbox.get("/mailbox").await;
    let place = |subject| page.find(subject).unwrap();
    assert!(place("Newest") < place("Between") && place("Between") < place("Oldest"));
    assert!(
        page.contains("3 mails") && page.contains("2025-11-21T03:40:00Z"),
        "{page}"
    );
}

#[tokio::test]
async fn a_directory_that_is_not_there_yet_is_an_empty_mailbox() {
    let state = MailboxState::try_new("/nonexistent/mails".into()).unwrap();
    let response = list(State(state), Query(Search::default())).await;
    assert_eq!(response.status(), StatusCode::OK);
}

#[tokio::test]
async fn an_umlaut_in_the_subject_is_readable() {
    let mailbox = Mailbox::new();
    mailbox.receive_text("1-a", "=?utf-8?Q?Passwort_zur=C3=BCcksetzen?=");
    for path in ["/mailbox", "/mailbox/1-a"] {
        let (_, page) = mailbox.get(path).await;
        assert!(page.contains("Passwort zurücksetzen"), "{page}");
    }
}

#[tokio::test]
async fn a_script_in_a_mail_is_shown_and_not_run() {
    let mailbox = Mailbox::new();
    let script = "<script>alert(1)</script>";
    mailbox.receive(
        "1-a",
        script,
        &format!("Content-Type: text/plain\r\n\r\n{script}"),
    );
    for path in [
        "",
        "/1-a",
        "/1-a?view=text",
        "/1-a?view=headers",
        "/1-a?view=source",
    ] {
        let (_, page) = mailbox.get(&format!("/mailbox{path}")).await;
        assert!(!page.contains(script), "{page}");
        assert!(page.contains("&lt;script&gt;"), "{page}");
    }
}

#[tokio::test]
async fn a_mail_without_html_opens_as_text_and_has_no_frame() {
    let mailbox = Mailbox::new();
    mailbox.receive_text("1-a", "Plain");
    let (response, page) = mailbox.get("/mailbox/1-a").await;
    assert_eq!(response.status(), StatusCode::OK);
    assert!(
        page.contains(&format!("href=\"{LINK}\"").replace('/', "&#x2f;")),
        "{page}"
    );
    assert!(!page.contains("<iframe"), "{page}");
    let (response, page) = mailbox.get("/mailbox/1-a?view=html").await;
    assert_eq!(response.status(), StatusCode::OK);
    assert!(!page.contains("<iframe"), "{page}");
    assert_eq!(
        mailbox.get("/mailbox/1-a/html").await.0.status(),
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn the_html_of_a_mail_is_served_in_a_sandbox() {
    let mailbox = Mailbox::new();
    let html = "<p>Hello</p><script>alert(1)</script>";
    mailbox.receive(
        "1-a",
        "Html",
        &format!("Content-Type: text/html\r\n\r\n{html}"),
    );
    let (response, body) = mailbox.get("/mailbox/1-a/html").await;
    assert_eq!(body, format!("<base target=\"_blank\">{html}"));
    assert_eq!(
        response.headers()[CONTENT_SECURITY_POLICY],
        "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; \
         style-src 'unsafe-inline'; img-src data: 'self'; frame-ancestors 'self'"
    );
    let (response, page) = mailbox.get("/mailbox/1-a").await;
    assert!(page.contains("<iframe sandbox=\"allow-popups "), "{page}");
    assert!(
        !response.headers()[CONTENT_SECURITY_POLICY]
            .to_str()
            .unwrap()
            .contains("unsafe")
    );
}

#[tokio::test]
async fn other_ids_find_nothing() {
    let mailbox = Mailbox::new();
    mailbox.receive_text("1-a", "Here");
    for path in [
        "2-b",
        "..%2f..%2fetc%2fpasswd",
        "1-a.eml",
        "%2e%2e",
        "1-a%00",
    ] {
        let (response, _) = mailbox.get(&format!("/mailbox/{path}")).await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn every_word_that_is_searched_for_stands_in_what_is_found() {
    let mailbox = Mailbox::new();
    mailbox.receive_text("1-a", "Welcome to Keydesk");
    mailbox.receive_text("2-b", "Your new password");
    for (query, subjects) in [
        ("", &["Welcome", "Your new"][..]),
        ("PASSWORD", &["Your new"]),
        ("ada@example.org+welcome", &["Welcome"]),
        ("token%3Dabc", &["Welcome", "Your new"]),
        ("nowhere", &[]),
    ] {
        let (_, page) = mailbox.get(&format!("/mailbox?q={query}")).await;
        for subject in ["Welcome", "Your new"] {
            let is_found = page.contains(&format!(">{subject}"));
            assert_eq!(is_found, subjects.contains(&subject), "{query}: {page}");
        }
        assert!(page.contains("2 mails"), "{page}");
    }
    let (_, page) = mailbox.get("/mailbox?q=%3Cscript%3E").await;
    assert!(!page.contains("<script>"), "{page}");
}

#[tokio::test]
async fn the_state_changes_when_mails_come_or_go() {
    let mailbox = Mailbox::new();
    let mut states = vec![mailbox.get("/mailbox/state").await.1];
    for id in ["5-a", "6-b"] {
        mailbox.receive_text(id, "Here");
        states.push(mailbox.get("/mailbox/state").await.1);
    }
    assert!(
        states
            .iter()
            .zip(&states[1..])
            .all(|(one, next)| one != next)
    );
    let (_, page) = mailbox.get("/mailbox").await;
    assert!(
        page.contains(&format!("data-state=\"{}\"", states[2])),
        "{page}"
    );
}

#[tokio::test]
async fn only_the_page_itself_deletes_and_only_mails() {
    let mailbox = Mailbox::new();
    mailbox.receive_text("1-a", "Here");
    let notes = mailbox.directory.path().join("notes.txt");
    std::fs::write(&notes, "no mail").unwrap();
    for origin in [
        None,
        Some("null"),
        Some("https://evil.example"),
        Some("http://localhost:1"),
    ] {
        assert_eq!(
            mailbox.delete(origin).await,
            StatusCode::FORBIDDEN,
            "{origin:?}"
        );
    }
    for (site, status) in [
        ("cross-site", StatusCode::FORBIDDEN),
        ("same-site", StatusCode::FORBIDDEN),
        ("none", StatusCode::FORBIDDEN),
        ("same-origin", StatusCode::SEE_OTHER),
    ] {
        let request = Request::post("/mailbox/delete").header("sec-fetch-site", site);
        assert!(mailbox.get("/mailbox").await.1.contains("1 mail"));
        assert_eq!(mailbox.ask(request).await.0.status(), status, "{site}");
    }
    mailbox.receive_text("1-a", "Here again");
    assert_eq!(
        mailbox.delete(Some("http://localhost")).await,
        StatusCode::SEE_OTHER
    );
    assert!(mailbox.get("/mailbox").await.1.contains("Nothing yet"));
    assert!(notes.exists());
}

#[tokio::test]
async fn a_framed_mail_has_its_logo_in_it() {
    let mailbox = Mailbox::new();
    let parts = "Content-Type: multipart/related; boundary=x\r\n\r\n\
        --x\r\nContent-Type: text/html\r\n\r\n<html><head></head><img src=\"cid:logo\"></html>\r\n\
        --x\r\nContent-Type: image/png\r\nContent-ID: <logo>\r\n\
        Content-Transfer-Encoding: base64\r\n\r\nAAEC\r\n--x--\r\n";
    mailbox.receive("1-a", "Logo", parts);
    let (_, html) = mailbox.get("/mailbox/1-a/html").await;
    assert!(html.contains("<head><base target=\"_blank\">"), "{html}");
    assert!(
        html.contains("src=\"data:image/png;base64,AAEC\""),
        "{html}"
    );
}
