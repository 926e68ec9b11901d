//! `POST /graphql`: bytes in, one operation executed, JSON out.
//!
//! `Why:` a handler of our own. The library's accepts mutations by GET, bodies of any type, batches
//! and multipart, each of which has been a way in (`docs/decisions/0005-own-handler.md`).

use std::sync::Arc;

use async_graphql::parser::types::{ExecutableDocument, Selection};
use async_graphql::{Request, Response as GraphQlResponse, ServerError, Variables};
use axum::body::{Body, to_bytes};
use axum::extract::{Extension, State};
use axum::http::header::{ACCEPT, ALLOW, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::stream::BoxStream;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::refusal::Refusal;
use super::request_id::RequestId;
use crate::actor::Actor;
use crate::app::App;
use crate::graphql::{self, FullSchema, PublicSchema, RequestContext};

/// Longest body, in bytes.
const MAX_BODY: usize = 1024 * 1024;
/// Longest document, in bytes. `Source:` `docs/security.md`.
const MAX_DOCUMENT: usize = 15_000;
/// Errors in one answer.
const MAX_ERRORS: usize = 10;

/// One of the two endpoints.
#[derive(Clone)]
pub(super) struct Endpoint {
    app: App,
    schema: AnySchema,
}

#[derive(Clone)]
enum AnySchema {
    Full(FullSchema),
    Public(PublicSchema),
}

impl Endpoint {
    /// Everything.
    pub(super) fn full(app: &App) -> Self {
        Self {
            app: app.clone(),
            schema: AnySchema::Full(graphql::full()),
        }
    }

    /// What anyone may use.
    pub(super) fn public(app: &App) -> Self {
        Self {
            app: app.clone(),
            schema: AnySchema::Public(graphql::public()),
        }
    }

    /// The capabilities behind it.
    pub(super) fn app(&self) -> &App {
        &self.app
    }

    /// Answers as they come.
    pub(super) fn stream(&self, request: Request) -> BoxStream<'static, GraphQlResponse> {
        match &self.schema {
            AnySchema::Full(schema) => schema.execute_stream(request),
            AnySchema::Public(schema) => schema.execute_stream(request),
        }
    }

    /// A request that may be executed.
    pub(super) fn prepare(
        &self,
        actor: Arc<Actor>,
        wish: Wish,
    ) -> Result<(Request, ExecutableDocument), Refused> {
        let (request, document) = parse(wish)?;
        let mut request = if self.may_introspect(&actor) {
            request
        } else {
            request.disable_introspection()
        };
        request.set_parsed_query(document.clone());
        let context = RequestContext::new(self.app.clone(), actor);
        Ok((context.attach(request), document))
    }

    async fn execute(&self, request: Request) -> GraphQlResponse {
        match &self.schema {
            AnySchema::Full(schema) => schema.execute(request).await,
            AnySchema::Public(schema) => schema.execute(request).await,
        }
    }

    /// `Why:` the schema is no secret, but it tells a stranger what to try. The public endpoint's is
    /// in the repository.
    fn may_introspect(&self, actor: &Actor) -> bool {
        matches!(self.schema, AnySchema::Full(_)) && actor.is_known()
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Wish {
    query: String,
    #[serde(default)]
    variables: Option<serde_json::Map<String, Value>>,
    #[serde(default)]
    operation_name: Option<String>,
    /// Read by nothing; named so that a wrong type is refused.
    #[serde(default, rename = "extensions")]
    _extensions: Option<serde_json::Map<String, Value>>,
}

impl Wish {
    /// Which of several operations is meant.
    pub(super) fn operation_name(&self) -> Option<&str> {
        self.operation_name.as_deref()
    }
}

/// How the answer is written, by what the caller accepts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Media {
    /// `application/graphql-response+json`: the status tells whether anything was executed.
    GraphQl,
    /// `application/json`: 200 for every well-formed request, as older clients expect.
    Json,
}

impl Media {
    const fn content_type(self) -> &'static str {
        match self {
            Self::GraphQl => "application/graphql-response+json; charset=utf-8",
            Self::Json => "application/json; charset=utf-8",
        }
    }

    const fn not_executed(self) -> StatusCode {
        match self {
            Self::GraphQl => StatusCode::BAD_REQUEST,
            Self::Json => StatusCode::OK,
        }
    }
}

/// Answers one request.
pub(super) async fn answer(
    State(endpoint): State<Endpoint>,
    Extension(actor): Extension<Arc<Actor>>,
    Extension(id): Extension<RequestId>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let (media, wish) = match read(&headers, body).await {
        Ok(read) => read,
        Err(refusal) => return refusal.answer(Some(&id)),
    };
    let RequestId(id) = id;
    let (mut request, document) = match parse(wish) {
        Ok(parsed) => parsed,
        Err((code, message)) => return not_executed(media, &id, code, &message),
    };
    if !endpoint.may_introspect(&actor) {
        if introspects(&document) {
            let message = "The schema is shown to signed-in callers of /graphql. Send an API key.";
            return not_executed(media, &id, "INTROSPECTION_REFUSED", message);
        }
        request = request.disable_introspection();
    }
    request.set_parsed_query(document);
    let context = RequestContext::new(endpoint.app.clone(), actor);
    write(media, &id, endpoint.execute(context.attach(request)).await)
}

/// Whether the document asks for the schema at its root or in a fragment's.
fn introspects(document: &ExecutableDocument) -> bool {
    let operations = document
        .operations
        .iter()
        .map(|(_, operation)| &operation.node.selection_set);
    let fragments = document
        .fragments
        .values()
        .map(|fragment| &fragment.node.selection_set);
    operations
        .chain(fragments)
        .flat_map(|set| &set.node.items)
        .any(|item| {
            let Selection::Field(field) = &item.node else {
                return false;
            };
            ["__schema", "__type"].contains(&field.node.name.node.as_str())
        })
}

async fn read(headers: &HeaderMap, body: Body) -> Result<(Media, Wish), Refusal> {
    let media = accepted(headers).ok_or(Refusal(
        StatusCode::NOT_ACCEPTABLE,
        "NOT_ACCEPTABLE",
        "Accept application/graphql-response+json or application/json.",
    ))?;
    if !is_json(headers) {
        return Err(Refusal(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "UNSUPPORTED_MEDIA_TYPE",
            "Send the request as application/json in UTF-8.",
        ));
    }
    let Ok(bytes) = to_bytes(body, MAX_BODY).await else {
        return Err(Refusal(
            StatusCode::PAYLOAD_TOO_LARGE,
            "PAYLOAD_TOO_LARGE",
            "A request may have at most 1 MiB, and must arrive whole.",
        ));
    };
    // The parser's own words are not passed on: they may quote a password.
    let wish = serde_json::from_slice(&bytes).map_err(|_malformed| {
        Refusal(
            StatusCode::BAD_REQUEST,
            "BAD_REQUEST",
            "The body must be one JSON object with `query`, and optionally `variables`, \
             `operationName` and `extensions`.",
        )
    })?;
    Ok((media, wish))
}

fn is_json(headers: &HeaderMap) -> bool {
    let mut types = headers.get_all(CONTENT_TYPE).iter();
    let (Some(value), None) = (types.next(), types.next()) else {
        return false;
    };
    let Ok(text) = value.to_str() else {
        return false;
    };
    let mut parts = text.split(';').map(str::trim);
    let is_json = parts
        .next()
        .is_some_and(|kind| kind.eq_ignore_ascii_case("application/json"));
    is_json
        && parts.all(|parameter| {
            let plain = parameter.to_ascii_lowercase().replace('"', "");
            !plain.starts_with("charset=") || plain == "charset=utf-8"
        })
}

fn accepted(headers: &HeaderMap) -> Option<Media> {
    let mut ranges = headers
        .get_all(ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|text| text.split(','))
        .map(|range| {
            range
                .split(';')
                .next()
                .unwrap_or("")
                .trim()
                .to_ascii_lowercase()
        })
        .peekable();
    if ranges.peek().is_none() {
        return Some(Media::GraphQl);
    }
    let mut json = None;
    for range in ranges {
        match range.as_str() {
            "application/graphql-response+json" | "application/*" | "*/*" => {
                return Some(json.unwrap_or(Media::GraphQl));
            }
            "application/json" => json = Some(Media::Json),
            _ => {}
        }
    }
    json
}

pub(super) type Refused = (&'static str, String);

fn parse(wish: Wish) -> Result<(Request, ExecutableDocument), Refused> {
    if wish.query.len() > MAX_DOCUMENT {
        let message = format!("The document may have at most {MAX_DOCUMENT} bytes.");
        return Err(("OPERATION_TOO_COMPLEX", message));
    }
    let document = async_graphql::parser::parse_query(&wish.query).map_err(|error| {
        // The library's message quotes the whole line, which may hold a password.
        let place = error.positions().next().unwrap_or_default();
        let message = format!(
            "The document is not GraphQL: line {}, column {}.",
            place.line, place.column
        );
        ("GRAPHQL_PARSE_FAILED", message)
    })?;
    let mut request = Request::new(wish.query);
    if let Some(variables) = wish.variables {
        request = request.variables(Variables::from_json(Value::Object(variables)));
    }
    if let Some(name) = wish.operation_name {
        request = request.operation_name(name);
    }
    Ok((request, document))
}

/// `Why:` a type of its own keeps the fields of `data` in the order of the query, as the
/// specification asks; a JSON map in between would sort them.
#[derive(Serialize)]
struct Written {
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<async_graphql::Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<Value>,
    extensions: Value,
}

fn is_executed(response: &GraphQlResponse) -> bool {
    !matches!(response.data, async_graphql::Value::Null)
}

/// The entries of `errors`.
pub(super) fn errors_json(response: &GraphQlResponse, id: &str) -> Vec<Value> {
    let executed = is_executed(response);
    let errors = response.errors.iter().take(MAX_ERRORS);
    errors
        .map(|error| error_json(error, executed, id))
        .collect()
}

/// The answer as JSON text.
pub(super) fn body(response: GraphQlResponse, id: &str) -> serde_json::Result<String> {
    serde_json::to_string(&Written {
        errors: errors_json(&response, id),
        data: is_executed(&response).then_some(response.data),
        extensions: json!({ "requestId": id }),
    })
}

fn write(media: Media, id: &str, response: GraphQlResponse) -> Response {
    let executed = is_executed(&response);
    let status = if executed {
        StatusCode::OK
    } else {
        media.not_executed()
    };
    let Ok(text) = body(response, id) else {
        return Refusal(
            StatusCode::INTERNAL_SERVER_ERROR,
            "INTERNAL_SERVER_ERROR",
            "The answer could not be written.",
        )
        .answer(Some(&RequestId(id.to_owned())));
    };
    (status, [(CONTENT_TYPE, media.content_type())], text).into_response()
}

fn error_json(error: &ServerError, executed: bool, id: &str) -> Value {
    let known = error
        .extensions
        .as_ref()
        .and_then(|extensions| extensions.get("code"));
    let mut extensions = match &error.extensions {
        Some(extensions) => serde_json::to_value(extensions).unwrap_or_default(),
        None => json!({}),
    };
    if known.is_none() {
        let code = if executed {
            "BAD_USER_INPUT"
        } else if error.message.contains("too complex") || error.message.contains("too deep") {
            "OPERATION_TOO_COMPLEX"
        } else {
            "GRAPHQL_VALIDATION_FAILED"
        };
        set(&mut extensions, "code", code);
    }
    set(&mut extensions, "requestId", id);
    let mut entry = json!({ "message": error.message, "extensions": extensions });
    if !error.locations.is_empty() {
        let places = serde_json::to_value(&error.locations).unwrap_or_default();
        insert(&mut entry, "locations", places);
    }
    if !error.path.is_empty() {
        insert(
            &mut entry,
            "path",
            serde_json::to_value(&error.path).unwrap_or_default(),
        );
    }
    entry
}

fn set(object: &mut Value, name: &str, text: &str) {
    insert(object, name, Value::String(text.to_owned()));
}

fn insert(object: &mut Value, name: &str, value: Value) {
    if let Value::Object(map) = object {
        map.insert(name.to_owned(), value);
    }
}

fn not_executed(media: Media, id: &str, code: &str, message: &str) -> Response {
    let error = json!({ "message": message, "extensions": { "code": code, "requestId": id } });
    let body = json!({ "errors": [error], "extensions": { "requestId": id } });
    (
        media.not_executed(),
        [(CONTENT_TYPE, media.content_type())],
        body.to_string(),
    )
        .into_response()
}

/// The endpoints take POST alone.
pub(super) async fn method_not_allowed(Extension(id): Extension<RequestId>) -> Response {
    let refusal = Refusal(
        StatusCode::METHOD_NOT_ALLOWED,
        "METHOD_NOT_ALLOWED",
        "Send GraphQL requests by POST.",
    );
    ([(ALLOW, "POST")], refusal.answer(Some(&id))).into_response()
}
