//! The playground at `/graphiql`: GraphiQL and the page around it, from the program itself.
//!
//! Nothing here needs an actor. The page holds no secret; the key that is typed into it goes from the
//! browser to `/graphql` and to nobody else.

use std::sync::Arc;

use axum::Router;
use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderMap};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::get;
use rust_embed::RustEmbed;

use super::embedded::{self, IMMUTABLE, NO_STORE, REVALIDATE};
use super::examples::Example;

/// Everything from this server, nothing inline, nobody may frame it.
pub const CONTENT_SECURITY_POLICY_OF_PAGE: &str = "default-src 'none'; script-src 'self'; \
    style-src 'self'; img-src 'self' data:; font-src 'self' data:; connect-src 'self'; \
    frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

#[derive(RustEmbed)]
#[folder = "assets/graphiql"]
struct Files;

/// The playground's routes: the page, its files, the example tabs and the published schema.
///
/// `Why:` the schema is given as text (SDL) because nobody without a key may introspect, and the
/// documentation should be readable before the first key is made.
pub fn router<S>(examples: Vec<Example>, schema: String) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    let examples: Arc<[Example]> = examples.into();
    let schema: Arc<str> = schema.into();
    Router::new()
        .route("/graphiql", get(page))
        .route("/graphiql/assets/{*path}", get(asset))
        .route(
            "/graphiql/examples.json",
            get(async move || ([(CACHE_CONTROL, REVALIDATE)], Json(examples)).into_response()),
        )
        .route(
            "/graphiql/schema.graphql",
            get(async move || {
                let headers = [
                    (CACHE_CONTROL, REVALIDATE),
                    (CONTENT_TYPE, "application/graphql; charset=utf-8"),
                ];
                (headers, schema.to_string()).into_response()
            }),
        )
}

async fn page(request: HeaderMap) -> Response {
    file("page.html", &request, NO_STORE)
}

async fn asset(Path(path): Path<String>, request: HeaderMap) -> Response {
    match path.rsplit_once('.') {
        Some((_, "js" | "css")) if path.starts_with("vendor/") => file(&path, &request, IMMUTABLE),
        Some((_, "js" | "css")) => file(&path, &request, REVALIDATE),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

fn file(path: &str, request: &HeaderMap, cache: &'static str) -> Response {
    let Some(found) = Files::get(path) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let mut response = embedded::respond(found, request, cache);
    let policy = HeaderValue::from_static(CONTENT_SECURITY_POLICY_OF_PAGE);
    response
        .headers_mut()
        .insert(CONTENT_SECURITY_POLICY, policy);
    response
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use axum::http::Request;
    use axum::http::header::{ETAG, IF_NONE_MATCH};
    use sha2::{Digest, Sha256};
    use tower::ServiceExt;

    use super::*;

    async fn answer(path: &str, known: Option<&HeaderValue>) -> Response {
        let mut request = Request::get(path).body(Body::empty()).unwrap();
        if let Some(etag) = known {
            request.headers_mut().insert(IF_NONE_MATCH, etag.clone());
        }
        let example = Example::parse("# Name\nquery Q { a }");
        router(vec![example], "type Query { a: Int }".to_owned())
            .oneshot(request)
            .await
            .unwrap()
    }

    async fn text(response: Response) -> String {
        String::from_utf8(
            to_bytes(response.into_body(), usize::MAX)
                .await
                .unwrap()
                .into(),
        )
        .unwrap()
    }

    #[tokio::test]
    async fn the_page_is_never_stored_and_allows_nothing_inline() {
        let response = answer("/graphiql", None).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()[CACHE_CONTROL], NO_STORE);
        assert_eq!(response.headers()[CONTENT_TYPE], "text/html; charset=utf-8");
        let policy = response.headers()[CONTENT_SECURITY_POLICY]
            .to_str()
            .unwrap();
        assert!(!policy.contains("unsafe"), "{policy}");
        assert!(
            !text(response).await.contains("http"),
            "the page names another host"
        );
    }

    #[tokio::test]
    async fn every_file_that_the_page_names_is_there_with_its_type() {
        let page = text(answer("/graphiql", None).await).await;
        let paths: Vec<&str> = page
            .split('"')
            .filter(|part| part.starts_with("/graphiql/assets/"))
            .collect();
        assert_eq!(paths.len(), 6);
        for path in paths {
            let response = answer(path, None).await;
            let wanted = if path.contains(".css") {
                "text/css"
            } else {
                "text/javascript"
            };
            assert_eq!(
                response.headers()[CONTENT_TYPE],
                format!("{wanted}; charset=utf-8")
            );
            let kept = response.headers()[CACHE_CONTROL] == IMMUTABLE;
            assert_eq!(kept, path.contains("/vendor/"), "{path}");
        }
    }

    #[tokio::test]
    async fn a_file_the_browser_has_is_not_sent_again() {
        let first = answer("/graphiql/assets/page.js", None).await;
        let again = answer("/graphiql/assets/page.js", Some(&first.headers()[ETAG])).await;
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
        assert_eq!(text(again).await, "");
    }

    #[tokio::test]
    async fn files_outside_the_list_are_not_served() {
        for path in [
            "README.md",
            "vendor.sh",
            "../Cargo.toml",
            "..%2f..%2fCargo.toml",
            "none.js",
        ] {
            let response = answer(&format!("/graphiql/assets/{path}"), None).await;
            assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
        }
    }

    #[tokio::test]
    async fn examples_and_schema_come_as_they_were_given() {
        let examples = text(answer("/graphiql/examples.json", None).await).await;
        assert_eq!(examples, r#"[{"name":"Name","query":"query Q { a }\n"}]"#);
        let schema = text(answer("/graphiql/schema.graphql", None).await).await;
        assert_eq!(schema, "type Query { a: Int }");
    }

    #[test]
    fn vendored_files_are_the_ones_that_were_reviewed() {
        let sums = Files::get("vendor/SHA256SUMS").unwrap();
        let sums = String::from_utf8(sums.data.into_owned()).unwrap();
        assert_eq!(
            sums.lines().count() + 1,
            Files::iter()
                .filter(|path| path.starts_with("vendor/"))
                .count()
        );
        for line in sums.lines() {
            let (wanted, path) = line.split_once("  ").unwrap();
            let file = Files::get(&format!("vendor/{path}")).unwrap();
            let sum = Sha256::digest(&file.data);
            let sum = sum
                .iter()
                .fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
            assert_eq!(sum, wanted, "{path}");
        }
    }
}
