//! People with passwords, and their sessions.

use std::net::{IpAddr, SocketAddr};

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Method, Request};
use serde_json::{Value, json};

use super::app::{Answer, TestApp, merge};

/// The password of everybody whom `person` makes.
pub(crate) const PASSWORD: &str = "plum orbit lantern seven";

impl TestApp {
    /// A person with this role, a verified address and a password, who need not change it. Gives the id.
    pub(crate) async fn person(&self, username: &str, role: &str) -> String {
        let more = json!({
            "email": format!("{username}@example.org"), "emailVerified": true, "role": role,
            "password": PASSWORD, "forceChangeOnLogin": false,
        });
        self.user(username, more).await
    }

    /// Signs in by `signIn`. Gives the whole answer.
    pub(crate) async fn sign_in(&self, login: &str, password: &str) -> Answer {
        let document = "mutation($input: SignInInput!) { signIn(input: $input) { outcome sessionToken \
                        previousSignInAt expiresAt account { username mustChangePassword } \
                        errors { code message path } } }";
        let input = json!({ "login": login, "password": password });
        self.ask_as(None, document, json!({ "input": input })).await
    }

    /// The same from a client of this address.
    pub(crate) async fn sign_in_from(&self, address: &str, login: &str, password: &str) -> Answer {
        let document = "mutation($input: SignInInput!) { signIn(input: $input) { outcome sessionToken \
                        previousSignInAt expiresAt account { username mustChangePassword } \
                        errors { code message path } } }";
        let input = json!({ "login": login, "password": password });
        let body = json!({ "query": document, "variables": { "input": input } });
        self.post_from(address, &[], &body).await
    }

    /// Sends a document from a client of this address, with these headers.
    pub(crate) async fn post_from(
        &self,
        address: &str,
        headers: &[(&str, &str)],
        body: &Value,
    ) -> Answer {
        let address: IpAddr = address.parse().expect("an address");
        let mut request = Request::builder()
            .method(Method::POST)
            .uri("/graphql")
            .header("content-type", "application/json")
            .extension(ConnectInfo(SocketAddr::from((address, 40_000))));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(body.to_string()));
        self.send(request.expect("a request")).await
    }

    /// Signs somebody whom `person` made in with a browser, which holds that cookie. Gives the cookie by which
    /// accounts know it from then on.
    pub(crate) async fn browser(
        &self,
        username: &str,
        address: &str,
        cookie: Option<&str>,
    ) -> String {
        let answer = self.sign_in_with(username, PASSWORD, address, cookie).await;
        let set = answer.headers.get_all("set-cookie").iter();
        let set: Vec<_> = set
            .map(|value| value.to_str().expect("a text").to_owned())
            .collect();
        let device = set.iter().find(|value| value.contains("keydesk_device="));
        let device = device.unwrap_or_else(|| panic!("{answer:#?}"));
        device.split(';').next().expect("a pair").to_owned()
    }

    /// Tries to sign in with a browser at that address, which holds that cookie.
    pub(crate) async fn sign_in_with(
        &self,
        username: &str,
        password: &str,
        address: &str,
        cookie: Option<&str>,
    ) -> Answer {
        let document = "mutation($input: SignInInput!) { signIn(input: $input) { outcome \
                        errors { code message path } } }";
        let input = json!({ "login": username, "password": password, "transport": "COOKIE" });
        let body = json!({ "query": document, "variables": { "input": input } });
        let headers: Vec<_> = cookie
            .map(|cookie| ("cookie", cookie))
            .into_iter()
            .collect();
        self.post_from(address, &headers, &body).await
    }

    /// The id of the device that somebody signed in with last.
    pub(crate) async fn newest_device(&self, login: &str) -> Value {
        let document = "query($login: String!) { userByLogin(login: $login) { trustedDevices \
                        { deviceId } } }";
        let answer = self.ask(document, json!({ "login": login })).await;
        answer.root()["trustedDevices"][0]["deviceId"].clone()
    }

    /// The token of a new session of somebody whom `person` made.
    pub(crate) async fn session(&self, username: &str) -> String {
        let answer = self.sign_in(username, PASSWORD).await;
        let token = answer.root()["sessionToken"].as_str();
        token.unwrap_or_else(|| panic!("{answer:#?}")).to_owned()
    }

    /// Opens the window of a session, and gives its new token.
    pub(crate) async fn confirmed(&self, token: &str) -> String {
        let document = "mutation($password: Password!) { confirmIdentity(input: { password: $password }) \
                        { validUntil sessionToken errors { code message path } } }";
        let variables = json!({ "password": PASSWORD });
        let answer = self.ask_as(Some(token), document, variables).await;
        let token = answer.root()["sessionToken"].as_str();
        token.unwrap_or_else(|| panic!("{answer:#?}")).to_owned()
    }

    /// The id of the newest session of a user.
    pub(crate) async fn newest_session(&self, login: &str) -> Value {
        let document = "query($login: String!) { userByLogin(login: $login) { sessions(first: 1) \
                        { nodes { id } } } }";
        let answer = self.ask(document, json!({ "login": login })).await;
        answer.root()["sessions"]["nodes"][0]["id"].clone()
    }

    /// A key that somebody made for themselves: its id and its secret. `more` are further fields of the
    /// input.
    pub(crate) async fn own_key(&self, session: &str, more: Value) -> (String, String) {
        let answer = self.make_own_key(session, more).await;
        let root = answer.root();
        let text = |value: &Value| {
            let text = value.as_str();
            text.unwrap_or_else(|| panic!("{answer:#?}")).to_owned()
        };
        (text(&root["apiKey"]["id"]), text(&root["secret"]))
    }

    /// The same, with the whole answer.
    pub(crate) async fn make_own_key(&self, session: &str, more: Value) -> Answer {
        let document = "mutation($input: CreateApiKeyInput!) { createApiKey(input: $input) { secret \
                        isReplay apiKey { id name prefix status scopes rank allowedNetworks createdAt \
                        expiresAt version createdBy { username } } \
                        errors { code message path } } }";
        let mut input = json!({
            "name": "own", "scopes": ["USERS_READ", "PASSWORDS_RESET"], "actorPassword": PASSWORD
        });
        merge(&mut input, more);
        let variables = json!({ "input": input });
        self.ask_as(Some(session), document, variables).await
    }

    /// Revokes a key by `revokeApiKey`.
    pub(crate) async fn revoke_key(&self, session: &str, id: &str) -> Answer {
        let document = "mutation($input: RevokeApiKeyInput!) { revokeApiKey(input: $input) \
                        { apiKey { status revokedAt } errors { code message path } } }";
        let input = json!({ "apiKeyId": id, "reason": "over" });
        let variables = json!({ "input": input });
        self.ask_as(Some(session), document, variables).await
    }
}
