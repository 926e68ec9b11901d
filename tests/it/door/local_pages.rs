//! Pages for whoever tries things out on this machine, and what others see of them.

use crate::support::program::{Installation, raw, text, wait_for};

const PUBLIC: &str = "https://id.example.org";

/// As the request of a stranger looks behind a proxy that is set up in one line: from this machine, for the
/// name that the proxy was told, and without a word about whom it is for.
fn status(desk: &Installation, path: &str) -> String {
    let answer = raw(desk.port, &format!("GET {path} HTTP/1.1\r\n"), "");
    answer.get(9..12).expect("a status").to_owned()
}

fn with_mailbox(public_url: Option<&str>) -> Installation {
    let mut more = vec![
        ("KEYDESK_MAIL__TRANSPORT__KIND", "file".to_owned()),
        ("KEYDESK_MAIL__TRANSPORT__DIRECTORY", "mailbox".to_owned()),
    ];
    if let Some(url) = public_url {
        more.push(("KEYDESK_SERVER__PUBLIC_URL", url.to_owned()));
    }
    Installation::new(more)
}

#[test]
fn mails_in_files_are_not_shown_behind_a_proxy_of_this_machine() {
    let desk = with_mailbox(Some(PUBLIC));
    let mut process = desk.start(&["serve", "--migrate"]);
    wait_for("the refusal", || (!process.is_alive()).then_some(()));
    let said = text(&desk.path("stderr"));
    assert!(
        said.contains("server.public_url") && said.contains("--development"),
        "{said}"
    );

    let public = ("KEYDESK_SERVER__PUBLIC_URL", PUBLIC.to_owned());
    let desk = Installation::new(vec![public]);
    let _server = desk.serve();
    for path in ["/mailbox", "/mailbox/state", "/mailbox/assets/mailbox.js"] {
        assert_eq!(status(&desk, path), "404", "{path}");
    }
}

#[test]
fn mails_in_files_are_shown_on_this_machine_and_to_who_develops() {
    let local = with_mailbox(None);
    let _server = local.serve();
    assert_eq!(status(&local, "/mailbox"), "200");

    let develops = with_mailbox(Some(PUBLIC));
    let _server = develops.serve_with(&["--development"]);
    assert_eq!(status(&develops, "/mailbox"), "200");
    let said = text(&develops.path("stderr"));
    assert!(
        said.contains("/mailbox shows mails with passwords"),
        "{said}"
    );
}

#[test]
fn the_playground_is_off_where_others_reach_the_server_unless_it_is_asked_for() {
    for (public_url, wanted, shown) in [
        (None, None, "200"),
        (None, Some("false"), "404"),
        (Some(PUBLIC), None, "404"),
        (Some(PUBLIC), Some("true"), "200"),
    ] {
        let mut more = Vec::new();
        if let Some(url) = public_url {
            more.push(("KEYDESK_SERVER__PUBLIC_URL", url.to_owned()));
        }
        if let Some(wanted) = wanted {
            more.push(("KEYDESK_SERVER__PLAYGROUND", wanted.to_owned()));
        }
        let desk = Installation::new(more);
        let _server = desk.serve();
        let seen = status(&desk, "/graphiql");
        assert_eq!(seen, shown, "{public_url:?} {wanted:?}");
    }
}
