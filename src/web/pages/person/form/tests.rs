use super::*;
use crate::platform::settings::Settings;

fn foreign(headers: &[(&str, &str)]) -> bool {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        let name: HeaderName = name.parse().unwrap();
        map.append(name, value.parse().unwrap());
    }
    let toml = "[server]\npublic_url = \"https://id.example.org/desk/\"\n\
                cors_origins = [\"https://portal.example.org\"]\n";
    is_foreign(&map, &Settings::from_toml(toml).unwrap().server)
}

#[test]
fn a_form_of_this_server_is_taken() {
    for headers in [
        &[("sec-fetch-site", "same-origin"), ("origin", "null")][..],
        &[("origin", "https://id.example.org")],
        &[
            ("origin", "http://127.0.0.1:8080"),
            ("host", "127.0.0.1:8080"),
        ],
        &[("origin", "null")],
        &[],
    ] {
        assert!(!foreign(headers), "{headers:?}");
    }
}

#[test]
fn a_form_of_any_other_page_is_refused() {
    for headers in [
        &[("sec-fetch-site", "cross-site")][..],
        &[("sec-fetch-site", "same-site")],
        &[("sec-fetch-site", "none")],
        &[
            ("sec-fetch-site", "cross-site"),
            ("origin", "https://id.example.org"),
        ],
        &[
            ("sec-fetch-site", "same-origin"),
            ("sec-fetch-site", "same-origin"),
        ],
        &[("origin", "https://evil.example")],
        &[("origin", "https://portal.example.org")],
        &[("origin", "http://id.example.org")],
        &[
            ("origin", "https://id.example.org"),
            ("origin", "https://id.example.org"),
        ],
        &[("origin", "http://evil.example"), ("host", "evil.example")],
    ] {
        assert!(foreign(headers), "{headers:?}");
    }
}

#[test]
fn fields_are_read_as_browsers_write_them() {
    let form = Form::parse(b"password=a+b%2B%C3%A4%26c&again=&empty")
        .ok()
        .unwrap();
    assert_eq!(form.text("password"), "a b+\u{e4}&c");
    assert_eq!(form.text("again"), "");
    assert_eq!(form.text("nothing"), "");
}

#[test]
fn fields_given_twice_and_bytes_that_are_no_text_are_refused() {
    for body in [
        &b"password=a&password=b"[..],
        b"password=%ff",
        b"password=\xff",
    ] {
        assert_eq!(Form::parse(body).err(), Some(Refused::NotAForm));
    }
}
