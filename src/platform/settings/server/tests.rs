//! Proxies and origins.

use super::super::Settings;

fn read(name: &str, value: &str) -> Result<Settings, String> {
    let toml = format!("[server]\n{name} = [\"{value}\"]");
    Settings::from_toml(&toml).map_err(|error| error.to_string())
}

#[test]
fn proxies_are_addresses_or_ranges() {
    for (written, kept) in [
        ("127.0.0.1", "127.0.0.1/32"),
        ("10.1.2.3/8", "10.0.0.0/8"),
        ("::1", "::1/128"),
        ("fd00::/8", "fd00::/8"),
    ] {
        let settings = read("trusted_proxies", written).unwrap();
        assert_eq!(settings.server.trusted_proxies[0].to_string(), kept);
    }
    for wrong in [
        "",
        "*",
        "proxy.example.org",
        "10.0.0.1:80",
        "10.0.0.0/33",
        "0.0.0.0/0",
        "::/0",
        "::ffff:10.0.0.1",
    ] {
        let refusal = read("trusted_proxies", wrong).unwrap_err();
        assert!(refusal.contains("server.trusted_proxies"), "{refusal}");
    }
}

#[test]
fn origins_are_written_as_browsers_write_them() {
    for origin in [
        "https://portal.example.org",
        "https://portal.example.org:8443",
        "http://localhost:3000",
        "http://127.0.0.1:3000",
        "https://[2001:db8::1]",
    ] {
        let settings = read("cors_origins", origin).unwrap();
        assert_eq!(settings.server.cors_origins, [origin]);
    }
    for wrong in [
        "",
        "*",
        "null",
        "portal.example.org",
        "https://portal.example.org/",
        "https://portal.example.org/app",
        "https://Portal.example.org",
        "https://portal.example.org:443",
        "https://*.example.org",
        "https://ada@portal.example.org",
        "https://portal.example.org?a",
        "http://portal.example.org",
        "file:///tmp",
    ] {
        let refusal = read("cors_origins", wrong).unwrap_err();
        assert!(
            refusal.contains("server.cors_origins"),
            "{wrong}: {refusal}"
        );
    }
}
