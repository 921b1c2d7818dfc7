//! Rate limits: which kind of work a route is, and what an answer tells about the caller's bucket.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use metrics::counter;

use super::Client;
use crate::access::{Asker, Principal, RouteClass, Standing};
use crate::http::error::ApiError;
use crate::http::services::{Services, Shared};
use crate::telemetry;

static LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
static REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
static RESET: HeaderName = HeaderName::from_static("ratelimit-reset");

/// What was counted of one request. The address is counted before it is known who asks, the
/// principal after.
#[derive(Clone, Debug)]
pub struct Meter {
    class: RouteClass,
    /// The tighter of the two.
    tightest: Arc<Mutex<Option<Standing>>>,
}

impl Meter {
    /// Counts the request of a principal.
    ///
    /// # Errors
    /// [`ApiError::RateLimited`].
    pub async fn count(&self, services: &Services, principal: &Principal) -> Result<(), ApiError> {
        let asker = Asker::Principal(principal.organizer, &principal.subject);
        self.take(services, asker).await
    }

    async fn take(&self, services: &Services, asker: Asker<'_>) -> Result<(), ApiError> {
        let now = services.clock.now();
        let standing = services.rate_limits.take(asker, self.class, now).await;
        let Some(standing) = standing else {
            return Ok(());
        };
        let mut tightest = self.tightest.lock().unwrap_or_else(PoisonError::into_inner);
        if tightest
            .is_none_or(|known| standing.remaining < known.remaining || standing.wait.is_some())
        {
            *tightest = Some(standing);
        }
        match standing.wait {
            None => Ok(()),
            Some(wait) => {
                counter!(telemetry::RATE_LIMITED, "class" => self.class.name()).increment(1);
                Err(ApiError::RateLimited {
                    limit: standing.limit,
                    retry_after: wait,
                })
            }
        }
    }
}

/// Counts the request of an address, lets nobody through who asks too often, and says how the caller
/// stands.
pub async fn limit_rate(
    State(services): State<Shared>,
    mut request: Request,
    next: Next,
) -> Response {
    let path = request.extensions().get::<MatchedPath>();
    let path = path.map_or("", MatchedPath::as_str);
    let Some(class) = class_of(request.method(), path) else {
        return next.run(request).await;
    };
    let meter = Meter {
        class,
        tightest: Arc::default(),
    };
    let address = request
        .extensions()
        .get::<Client>()
        .map_or(IpAddr::from([127, 0, 0, 1]), |client| client.address);
    let mut response = match meter.take(&services, Asker::Address(address)).await {
        Ok(()) => {
            request.extensions_mut().insert(meter.clone());
            next.run(request).await
        }
        Err(error) => error.into_response(),
    };
    let tightest = *meter
        .tightest
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    if let Some(standing) = tightest {
        let headers = response.headers_mut();
        headers.insert(&LIMIT, HeaderValue::from(standing.limit));
        headers.insert(&REMAINING, HeaderValue::from(standing.remaining));
        headers.insert(&RESET, HeaderValue::from(whole_seconds(standing.reset)));
    }
    response
}

/// Rounded up: who comes back then is let in.
fn whole_seconds(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}

/// The kind of work that a route is; none where it costs nothing and a load balancer asks.
pub fn class_of(method: &Method, path: &str) -> Option<RouteClass> {
    if path == "/health" || path.starts_with("/health/") || path == "/api/tickets/health" {
        return None;
    }
    if path.starts_with("/api/verifier/") || path == "/api/tickets/validate" {
        return Some(RouteClass::Validate);
    }
    let rendered = ["/download", "/qrcode", "/preview"];
    if path.starts_with("/t/") || rendered.iter().any(|end| path.ends_with(end)) {
        return Some(RouteClass::Download);
    }
    let one = [
        "/api/tickets/generate",
        "/api/tickets/qr/generate",
        "/api/tickets/pdf",
        "/api/tickets/{ticketId}/regenerate",
    ];
    let many = [
        "/api/tickets/batch",
        "/api/tickets/batch-pdf",
        "/api/tickets/full-batch",
        "/api/tickets/jobs",
        "/api/tickets/revoke",
        "/api/templates",
        "/api/assets",
    ];
    let changes = method == Method::POST || method == Method::PATCH;
    Some(match path {
        path if changes && one.contains(&path) => RouteClass::Generate,
        "/api/tickets/{ticketId}" if changes => RouteClass::Generate,
        path if changes && many.contains(&path) => RouteClass::Batch,
        _ => RouteClass::Read,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_comes_back_when_told_is_let_in() {
        assert_eq!(whole_seconds(Duration::ZERO), 0);
        assert_eq!(whole_seconds(Duration::from_nanos(1)), 1);
        assert_eq!(whole_seconds(Duration::from_secs(20)), 20);
        assert_eq!(whole_seconds(Duration::from_millis(20_001)), 21);
    }

    #[test]
    fn routes_are_counted_by_the_work_that_they_are() {
        let check = |method: Method, path: &str, expected: Option<RouteClass>| {
            assert_eq!(class_of(&method, path), expected, "{method} {path}");
        };
        check(Method::GET, "/health/live", None);
        check(
            Method::POST,
            "/api/tickets/generate",
            Some(RouteClass::Generate),
        );
        check(
            Method::PATCH,
            "/api/tickets/{ticketId}",
            Some(RouteClass::Generate),
        );
        check(
            Method::GET,
            "/api/tickets/{ticketId}",
            Some(RouteClass::Read),
        );
        check(
            Method::DELETE,
            "/api/tickets/{ticketId}",
            Some(RouteClass::Read),
        );
        check(Method::POST, "/api/tickets/batch", Some(RouteClass::Batch));
        check(Method::POST, "/api/templates", Some(RouteClass::Batch));
        check(Method::GET, "/api/templates", Some(RouteClass::Read));
        check(
            Method::GET,
            "/api/tickets/{ticketId}/download",
            Some(RouteClass::Download),
        );
        check(Method::GET, "/t/{capability}", Some(RouteClass::Download));
        check(
            Method::POST,
            "/api/templates/{name}/preview",
            Some(RouteClass::Download),
        );
        check(
            Method::POST,
            "/api/tickets/validate",
            Some(RouteClass::Validate),
        );
        check(
            Method::GET,
            "/api/verifier/keys",
            Some(RouteClass::Validate),
        );
        check(Method::GET, "", Some(RouteClass::Read));
    }
}
