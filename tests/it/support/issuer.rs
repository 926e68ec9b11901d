//! An identity provider on this machine: it publishes keys, counts who asks, and signs tokens.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::rsa::PublicKeyComponents;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256,
    RsaKeyPair,
};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// How the address answers.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Mood {
    Well,
    Down,
    Redirects,
    TooLong,
    NoJson,
    NoKeys,
}

/// The server. It ends with this value.
pub(crate) struct TestIssuer {
    address: SocketAddr,
    state: Arc<State>,
    _task: JoinSet<()>,
}

struct State {
    keys: Mutex<Vec<Value>>,
    mood: Mutex<Mood>,
    asked: AtomicUsize,
}

impl TestIssuer {
    pub(crate) async fn start(keys: &[&Signer]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("bound");
        let state = Arc::new(State {
            keys: Mutex::new(keys.iter().map(|key| key.jwk()).collect()),
            mood: Mutex::new(Mood::Well),
            asked: AtomicUsize::new(0),
        });
        let answering = Arc::clone(&state);
        let router = Router::new()
            .route("/keys", get(async move || answering.answer()))
            .route("/elsewhere", get(StatusCode::OK));
        let mut task = JoinSet::new();
        task.spawn(async move {
            axum::serve(listener, router).await.expect("serves");
        });
        Self {
            address,
            state,
            _task: task,
        }
    }

    /// Where the keys are.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/keys", self.address)
    }

    /// How often the keys were asked for.
    pub(crate) fn asked(&self) -> usize {
        self.state.asked.load(Ordering::SeqCst)
    }

    pub(crate) fn publish(&self, keys: &[&Signer]) {
        *self.state.keys.lock().expect("unharmed") = keys.iter().map(|key| key.jwk()).collect();
    }

    pub(crate) fn be(&self, mood: Mood) {
        *self.state.mood.lock().expect("unharmed") = mood;
    }
}

impl State {
    fn answer(&self) -> Response {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let set = json!({ "keys": *self.keys.lock().expect("unharmed") }).to_string();
        match *self.mood.lock().expect("unharmed") {
            Mood::Well => set.into_response(),
            Mood::Down => (StatusCode::SERVICE_UNAVAILABLE, set).into_response(),
            Mood::Redirects => {
                (StatusCode::FOUND, [(header::LOCATION, "/elsewhere")], set).into_response()
            }
            Mood::TooLong => format!("{set}{}", " ".repeat(300 * 1024)).into_response(),
            Mood::NoJson => "<html>".into_response(),
            Mood::NoKeys => r#"{"keys":[]}"#.into_response(),
        }
    }
}

/// A key pair with the name under which its public half is published.
pub(crate) struct Signer {
    pub(crate) kid: &'static str,
    pair: Pair,
}

enum Pair {
    Rsa(RsaKeyPair),
    Ec(EcdsaKeyPair),
    Ed(Ed25519KeyPair),
}

impl Signer {
    /// `Why:` ring makes no RSA keys, so this one is kept for tests; it opens nothing.
    pub(crate) fn rsa(kid: &'static str) -> Self {
        let text: String = include_str!("rsa_2048.txt").split_whitespace().collect();
        let pkcs8 = STANDARD.decode(text).expect("base64");
        let pair = Pair::Rsa(RsaKeyPair::from_pkcs8(&pkcs8).expect("a key"));
        Self { kid, pair }
    }

    pub(crate) fn ec(kid: &'static str) -> Self {
        let (algorithm, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, &random).expect("a key");
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.as_ref(), &random).expect("a key");
        Self {
            kid,
            pair: Pair::Ec(pair),
        }
    }

    pub(crate) fn ed(kid: &'static str) -> Self {
        let pkcs8 = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).expect("a key");
        let pair = Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).expect("a key");
        Self {
            kid,
            pair: Pair::Ed(pair),
        }
    }

    /// The algorithm it signs with.
    pub(crate) fn algorithm(&self) -> &'static str {
        match self.pair {
            Pair::Rsa(_) => "RS256",
            Pair::Ec(_) => "ES256",
            Pair::Ed(_) => "EdDSA",
        }
    }

    /// A token with these claims and the usual header.
    pub(crate) fn token(&self, claims: &Value) -> String {
        let header = json!({ "alg": self.algorithm(), "kid": self.kid, "typ": "JWT" });
        self.token_with(&header, claims)
    }

    /// The same with any header.
    pub(crate) fn token_with(&self, header: &Value, claims: &Value) -> String {
        let signed = format!("{}.{}", part(header), part(claims));
        let signature = self.sign(signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match &self.pair {
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature)
                    .expect("signed");
                signature
            }
            Pair::Ec(pair) => pair.sign(&random, message).expect("signed").as_ref().into(),
            Pair::Ed(pair) => pair.sign(message).as_ref().into(),
        }
    }

    /// The public half as ring writes it.
    pub(crate) fn public(&self) -> &[u8] {
        match &self.pair {
            Pair::Rsa(pair) => pair.public().as_ref(),
            Pair::Ec(pair) => pair.public_key().as_ref(),
            Pair::Ed(pair) => pair.public_key().as_ref(),
        }
    }

    /// The public half as an entry of a published set.
    pub(crate) fn jwk(&self) -> Value {
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        match &self.pair {
            Pair::Rsa(pair) => {
                let key = PublicKeyComponents::<Vec<u8>>::from(pair.public());
                json!({ "kty": "RSA", "kid": self.kid, "use": "sig", "alg": "RS256",
                        "n": text(&key.n), "e": text(&key.e) })
            }
            Pair::Ec(_) => {
                let (x, y) = self.public()[1..].split_at(32);
                json!({ "kty": "EC", "kid": self.kid, "crv": "P-256", "x": text(x), "y": text(y) })
            }
            Pair::Ed(_) => {
                json!({ "kty": "OKP", "kid": self.kid, "crv": "Ed25519", "x": text(self.public()) })
            }
        }
    }

    /// The public half as a PEM file.
    pub(crate) fn pem(&self) -> String {
        // The ASN.1 before the key itself: its length, and what kind it is.
        let before: &[u8] = match self.pair {
            Pair::Rsa(_) => {
                b"\x30\x82\x01\x22\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00\
                  \x03\x82\x01\x0f\x00"
            }
            Pair::Ec(_) => {
                b"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\
                  \x03\x01\x07\x03\x42\x00"
            }
            Pair::Ed(_) => b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00",
        };
        let text = STANDARD.encode([before, self.public()].concat());
        let lines: Vec<&str> = (0..text.len())
            .step_by(64)
            .map(|at| &text[at..text.len().min(at + 64)])
            .collect();
        let body = lines.join("\n");
        format!("-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n")
    }
}

/// JSON as a part of a token.
pub(crate) fn part(json: &Value) -> String {
    URL_SAFE_NO_PAD.encode(json.to_string())
}
