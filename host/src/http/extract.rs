//! Our own extractors, since the framework's rejections would break the error envelope.

use std::collections::BTreeMap;
use std::fmt;

use axum::body::Bytes;
use axum::extract::path::ErrorKind as PathErrorKind;
use axum::extract::rejection::{BytesRejection, PathRejection};
use axum::extract::{FromRequest, FromRequestParts, Path, RawPathParams, Request};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use axum::http::request::Parts;
use serde::Deserializer;
use serde::de::{DeserializeOwned, Error as _, MapAccess, Visitor};
use serde_json::Value;

use super::complaints;
use super::error::ApiError;
use super::objects::ObjectsOnly;

/// Largest JSON body in bytes. A ticket order is a few kilobytes; a large one carries long custom
/// values. Streams and uploads have bounds of their own.
pub const MAX_JSON_BYTES: usize = 1 << 20;

/// A JSON body of at most [`MAX_JSON_BYTES`].
pub struct JsonBody<T>(pub T);

impl<S, T> FromRequest<S> for JsonBody<T>
where
    S: Send + Sync,
    T: DeserializeOwned,
{
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        expect_json(
            request.headers(),
            "application/json in UTF-8, without a Content-Encoding",
        )?;
        let bytes = whole_body(request, state, MAX_JSON_BYTES).await?;
        parse_json(&bytes).map(Self)
    }
}

/// Refuses a body that is not said to be JSON as it stands: JSON is UTF-8, whatever its `charset` says
/// (RFC 8259), and a packed body could be any size.
///
/// # Errors
/// [`ApiError::UnsupportedMediaType`], naming what is `expected`.
pub fn expect_json(headers: &HeaderMap, expected: &'static str) -> Result<(), ApiError> {
    let is_plain = headers
        .get_all(CONTENT_ENCODING)
        .iter()
        .all(|coding| coding.as_bytes().eq_ignore_ascii_case(b"identity"));
    let is_utf8 = charset(headers).is_none_or(|charset| charset.eq_ignore_ascii_case("utf-8"));
    if is_plain && is_utf8 && media_type_is(headers, "application/json") {
        Ok(())
    } else {
        Err(ApiError::UnsupportedMediaType { expected })
    }
}

fn charset(headers: &HeaderMap) -> Option<&str> {
    let content_type = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    content_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let is_charset = name.trim().eq_ignore_ascii_case("charset");
        is_charset.then(|| value.trim().trim_matches('"'))
    })
}

/// Reads a whole body that the router's body limit has bounded to `max_bytes`.
pub async fn whole_body<S: Send + Sync>(
    request: Request,
    state: &S,
    max_bytes: usize,
) -> Result<Bytes, ApiError> {
    let bytes = Bytes::from_request(request, state)
        .await
        .map_err(|rejection| match rejection {
            BytesRejection::FailedToBufferBody(inner)
                if inner.status() == axum::http::StatusCode::PAYLOAD_TOO_LARGE =>
            {
                ApiError::TooLarge { max_bytes }
            }
            _ => ApiError::body("could not be read to its end; send it whole"),
        })?;
    if bytes.len() > max_bytes {
        return Err(ApiError::TooLarge { max_bytes });
    }
    Ok(bytes)
}

/// Whether the `Content-Type` is this one, parameters aside.
pub fn media_type_is(headers: &HeaderMap, expected: &str) -> bool {
    headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|essence| essence.trim().eq_ignore_ascii_case(expected))
}

/// Parses JSON; the error names the path of the field that is wrong.
pub fn parse_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let reading = ObjectsOnly(&mut deserializer);
    let value = serde_path_to_error::deserialize(reading).map_err(|error| {
        let path = error.path().to_string();
        let error = error.into_inner();
        let mut complaint = error.to_string();
        if error.is_data() {
            // The path says where. Where it is no JSON, line and column do.
            let place = format!(" at line {} column {}", error.line(), error.column());
            complaint.truncate(complaint.trim_end_matches(&place).len());
        }
        ApiError::Validation(vec![complaints::problem(&path, &complaint)])
    })?;
    deserializer
        .end()
        .map_err(|error| ApiError::body(format!("goes on after its end: {error}")))?;
    Ok(value)
}

/// Members of a JSON object by name, none of them twice. (JSON leaves open which of two would count.)
///
/// # Errors
/// Those of the format, and a member that is given twice.
pub fn distinct<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, Value>, D::Error> {
    struct Members;

    impl<'de> Visitor<'de> for Members {
        type Value = BTreeMap<String, Value>;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut members = BTreeMap::new();
            while let Some(name) = map.next_key::<String>()? {
                if members.contains_key(&name) {
                    return Err(A::Error::custom(format_args!("duplicate field `{name}`")));
                }
                members.insert(name, map.next_value()?);
            }
            Ok(members)
        }
    }

    deserializer.deserialize_map(Members)
}

/// The query string, checked like a body.
pub struct QueryOf<T>(pub T);

impl<S, T> FromRequestParts<S> for QueryOf<T>
where
    S: Send + Sync,
    T: DeserializeOwned,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        let pairs = form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes());
        serde_path_to_error::deserialize(serde_urlencoded::Deserializer::new(pairs))
            .map(Self)
            .map_err(|error| {
                let path = error.path().to_string();
                let complaint = error.into_inner().to_string();
                ApiError::Validation(vec![complaints::problem(&path, &complaint)])
            })
    }
}

/// Path parameters.
pub struct PathOf<T>(pub T);

impl<S, T> FromRequestParts<S> for PathOf<T>
where
    S: Send + Sync,
    T: DeserializeOwned + Send,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        match Path::<T>::from_request_parts(parts, state).await {
            Ok(path) => Ok(Self(path.0)),
            Err(PathRejection::FailedToDeserializePathParams(error)) => {
                let names: Vec<String> = match RawPathParams::from_request_parts(parts, state).await
                {
                    Ok(raw) => raw.iter().map(|(name, _)| name.to_owned()).collect(),
                    Err(_) => Vec::new(),
                };
                Err(path_problem(error.into_kind(), &names))
            }
            // The route has no parameters: a fault of ours.
            Err(rejection) => Err(anyhow::Error::from(rejection).into()),
        }
    }
}

/// `names` are those of the parameters in their order.
fn path_problem(kind: PathErrorKind, names: &[String]) -> ApiError {
    let named = |index: usize| {
        names
            .get(index)
            .cloned()
            .unwrap_or_else(|| "path".to_owned())
    };
    let (field, message) = match kind {
        PathErrorKind::InvalidUtf8InPathParam { key } => {
            (key, "is not UTF-8; send UTF-8 in percent-encoding")
        }
        PathErrorKind::ParseErrorAtIndex { index, .. } => {
            (named(index), "must be a whole number, 0 to 4294967295")
        }
        PathErrorKind::ParseErrorAtKey { key, .. } => {
            (key, "must be a whole number, 0 to 4294967295")
        }
        // Of routes with one parameter.
        _ => (named(0), "is not what this route takes"),
    };
    ApiError::field(field, message)
}
