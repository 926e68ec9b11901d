use std::net::SocketAddr;

use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::Request;
use axum::http::header::HOST;
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
        let state = MailboxState::try_new(self.directory.path().join("")).unwrap();
        let mut request = Request::get(path)
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
    let response = list(State(state)).await;
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
    assert_eq!(body, html);
    assert_eq!(
        response.headers()[CONTENT_SECURITY_POLICY],
        "sandbox allow-popups; default-src 'none'; style-src 'unsafe-inline'; \
         img-src data: 'self'; frame-ancestors 'self'"
    );
    let (response, page) = mailbox.get("/mailbox/1-a").await;
    assert!(page.contains("<iframe sandbox "), "{page}");
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
