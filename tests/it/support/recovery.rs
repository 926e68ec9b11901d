//! Whoever forgot a password: asking, the mail, what stands in it.

use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use keydesk::jobs::reset_requests;
use serde_json::{Value, json};

use super::app::{Answer, TestApp, operation};

/// What a person who forgot a password has in the end.
#[derive(Clone, Debug)]
pub(crate) struct Mailed {
    /// Of the page that asked.
    pub(crate) flow_id: String,
    /// Behind the link.
    pub(crate) token: String,
    /// Beside it, without the space.
    pub(crate) code: String,
}

/// The last word of a link to that page in a text.
pub(crate) fn token_in(text: &str, page: &str) -> Option<String> {
    let start = format!("https://id.example.org/{page}/");
    let (_, rest) = text.split_once(&start)?;
    rest.split_whitespace().next().map(str::to_owned)
}

fn code_in(text: &str) -> Option<String> {
    let digits = |line: &str| line.len() == 9 && line.replace(' ', "").parse::<u32>().is_ok();
    let line = text.lines().map(str::trim).find(|line| digits(line))?;
    Some(line.replace(' ', ""))
}

impl TestApp {
    /// Runs an example operation as nobody.
    pub(crate) async fn run_as_nobody(&self, name: &str, variables: Value) -> Answer {
        self.ask_as(None, &operation(name), variables).await
    }

    /// Runs a document as nobody, from that address.
    pub(crate) async fn ask_from(&self, ip: &str, document: &str, variables: Value) -> Answer {
        let body = json!({ "query": document, "variables": variables }).to_string();
        let mut request = Request::post("/public/graphql")
            .header("content-type", "application/json")
            .body(Body::from(body))
            .expect("a request");
        let peer = SocketAddr::new(ip.parse().expect("an address"), 50_000);
        request.extensions_mut().insert(ConnectInfo(peer));
        self.send(request).await
    }

    /// Lets this replica's job `reset_requests` see to what waits. Gives how many it took on.
    pub(crate) async fn see_to_requests(&self) -> u64 {
        reset_requests::round(&self.app).await.expect("seen to")
    }

    /// Asks for a link, and gives the flow id.
    pub(crate) async fn forgot(&self, login: &str) -> String {
        let answer = self
            .run_as_nobody("requestPasswordReset", json!({ "login": login }))
            .await;
        assert_eq!(answer.codes(), Vec::<String>::new(), "{answer:#?}");
        let flow_id = answer.root()["flowId"].as_str();
        flow_id.unwrap_or_else(|| panic!("{answer:#?}")).to_owned()
    }

    /// Asks for a link, waits for the mail, and reads it.
    pub(crate) async fn mailed(&self, login: &str) -> Mailed {
        let flow_id = self.forgot(login).await;
        self.see_to_requests().await;
        self.deliver().await;
        let mail = self.mailer.sent().pop().expect("a mail");
        let text = &mail.content.text;
        Mailed {
            flow_id,
            token: token_in(text, "reset").unwrap_or_else(|| panic!("{text}")),
            code: code_in(text).unwrap_or_else(|| panic!("{text}")),
        }
    }

    /// Types in a code.
    pub(crate) async fn verify_code(&self, login: &str, flow_id: &str, code: &str) -> Answer {
        let variables = json!({ "login": login, "flowId": flow_id, "code": code });
        self.run_as_nobody("verifyPasswordResetCode", variables)
            .await
    }

    /// Looks at a token.
    pub(crate) async fn verify_token(&self, token: &str) -> Answer {
        self.run_as_nobody("verifyPasswordResetToken", json!({ "token": token }))
            .await
    }

    /// Chooses a new password with a token.
    pub(crate) async fn complete(&self, token: &str, password: &str) -> Answer {
        let variables = json!({ "token": token, "newPassword": password });
        self.run_as_nobody("completePasswordReset", variables).await
    }

    /// The subjects of all mails so far.
    pub(crate) async fn subjects(&self) -> Vec<String> {
        self.deliver().await;
        let sent = self.mailer.sent();
        sent.into_iter().map(|mail| mail.content.subject).collect()
    }
}
