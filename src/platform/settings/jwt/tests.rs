use crate::platform::settings::{Algorithm, JwtSettings, KeySource, Settings, TokenKind};
use crate::types::actor::Role;

const WHOLE: &str = "enabled = true\nissuer = \"https://sso.example.org\"\naudience = \"keydesk\"\n\
                     jwks_url = \"https://sso.example.org/keys\"\n";

fn read(lines: &str) -> Result<Option<JwtSettings>, String> {
    Settings::from_toml(&format!("[security.jwt]\n{lines}"))
        .map(|settings| settings.security.jwt)
        .map_err(|error| error.to_string())
}

fn refusal(lines: &str) -> String {
    read(lines).map(|_| ()).unwrap_err()
}

#[test]
fn tokens_are_off_by_default() {
    assert!(read("").unwrap().is_none());
    assert!(read("issuer = \"x\"").unwrap().is_none());
}

#[test]
fn a_whole_section_is_read() {
    let more = "algorithms = [\"EdDSA\"]\nrole_claim = \"groups\"\n\
                roles = [\"cn=desk,ou=x=HELPDESK\", \"All=owner\"]\nleeway_seconds = 0";
    let jwt = read(&format!("{WHOLE}{more}")).unwrap().unwrap();
    assert_eq!(jwt.algorithms, [Algorithm::EdDsa]);
    let roles = [
        ("cn=desk,ou=x".to_owned(), Role::Helpdesk),
        ("All".to_owned(), Role::Owner),
    ];
    assert_eq!(jwt.roles, roles);
    assert!(matches!(jwt.keys, KeySource::Url(_)));
}

#[test]
fn what_would_let_strangers_in_is_refused() {
    let without = |name: &str| {
        let lines: Vec<&str> = WHOLE.lines().filter(|l| !l.starts_with(name)).collect();
        refusal(&lines.join("\n"))
    };
    assert!(without("issuer").contains("security.jwt.issuer"));
    assert!(without("audience").contains("security.jwt.audience"));
    assert!(without("jwks_url").contains("public_key_file"));
    assert!(refusal(&format!("{WHOLE}public_key_file = \"x\"")).contains("one of the two"));
    assert!(refusal(&format!("{WHOLE}algorithms = []")).contains("at least one"));
    assert!(refusal(&format!("{WHOLE}leeway_seconds = 61")).contains("0 to 60"));
    for name in ["none", "HS256", "rs256", "RS512"] {
        let list = format!("{WHOLE}algorithms = [\"{name}\"]");
        assert!(refusal(&list).contains("RS256, ES256, EdDSA"), "{name}");
    }
}

#[test]
fn keys_come_by_https_or_from_this_machine() {
    assert!(refusal("jwks_url = \"http://sso.example.org/keys\"").contains("https"));
    assert!(refusal("jwks_url = \"https://a:b@sso.example.org/keys\"").contains("password"));
    assert!(read("jwks_url = \"http://127.0.0.1:9/keys\"").is_ok());
}

#[test]
fn the_claim_and_its_values_come_together() {
    assert!(refusal("role_claim = \"groups\"").contains("together"));
    assert!(refusal("roles = [\"a=ADMIN\"]").contains("together"));
    for pair in ["ADMIN", "=ADMIN", "a=BOSS", "a="] {
        let lines = format!("role_claim = \"g\"\nroles = [\"{pair}\"]");
        assert!(refusal(&lines).contains("pairs such as"), "{pair}");
    }
}

#[test]
fn the_kind_of_token_and_the_strength_of_a_sign_in_are_read() {
    let plain = read(WHOLE).unwrap().unwrap();
    assert_eq!(plain.token_kind, TokenKind::Access);
    assert_eq!((plain.acr_values.len(), plain.amr_values.len()), (0, 0));
    let more = "token_kind = \"id\"\nacr_values = [\"2\", \"\"]\namr_values = \"mfa, hwk\"";
    let jwt = read(&format!("{WHOLE}{more}")).unwrap().unwrap();
    assert_eq!(jwt.token_kind, TokenKind::Id);
    assert_eq!(jwt.acr_values, ["2"]);
    assert_eq!(jwt.amr_values, ["mfa", "hwk"]);
    assert!(refusal("token_kind = \"both\"").contains("token_kind"));
}
