//! Connections: so many at a time, each bounded in what it may hold and how long it may dawdle.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_rustls::TlsAcceptor;
use tower_service::Service as _;

use super::Connection;

/// A client that has not sent its headers by then only holds a place. It is also how long a
/// connection is kept for a next request.
const HEADERS_WITHIN: Duration = Duration::from_secs(30);
/// How long a handshake may take.
const HANDSHAKE_WITHIN: Duration = Duration::from_secs(10);
/// What one connection may hold of headers and of a body that was not asked for yet.
const BUFFER_BYTES: usize = 64 << 10;
/// When no file handle is left, looking again at once would only burn the processor.
const AFTER_FAILURE: Duration = Duration::from_millis(100);

/// A door: where to listen, and whom to hand requests to.
pub struct Door {
    /// Where connections come in.
    pub listener: TcpListener,
    /// Speaks TLS, if this host does so itself.
    pub tls: Option<TlsAcceptor>,
    /// Most connections at a time; further ones wait in the system's queue.
    pub max_connections: usize,
    /// Who answers.
    pub router: Router,
}

impl Door {
    /// Serves until `close` is done; then takes no new connection, and waits for the requests in
    /// flight.
    pub async fn serve(self, close: impl Future<Output = ()>) {
        let places = Arc::new(Semaphore::new(self.max_connections));
        let connections = GracefulShutdown::new();
        let mut close = std::pin::pin!(close);
        loop {
            let accepted = tokio::select! {
                accepted = accept(&self.listener, &places) => accepted,
                () = &mut close => break,
            };
            match accepted {
                Ok((stream, connection, place)) => {
                    let visit = Visit {
                        connection,
                        router: self.router.clone(),
                        watcher: connections.watcher(),
                    };
                    let tls = self.tls.clone();
                    tokio::spawn(async move {
                        visit.serve(stream, tls).await;
                        drop(place);
                    });
                }
                // The client was gone before it was heard: its own affair.
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                Err(error) => {
                    tracing::warn!(%error, "no connection can be taken");
                    tokio::time::sleep(AFTER_FAILURE).await;
                }
            }
        }
        drop(self.listener);
        connections.shutdown().await;
    }
}

async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> io::Result<(TcpStream, Connection, OwnedSemaphorePermit)> {
    let place = Arc::clone(places)
        .acquire_owned()
        .await
        .map_err(io::Error::other)?;
    let (stream, peer) = listener.accept().await?;
    let connection = Connection {
        peer: peer.ip(),
        secure: false,
    };
    Ok((stream, connection, place))
}

/// One connection.
struct Visit {
    connection: Connection,
    router: Router,
    watcher: Watcher,
}

impl Visit {
    async fn serve(mut self, stream: TcpStream, tls: Option<TlsAcceptor>) {
        // Small answers should leave at once instead of waiting for more to send.
        let _ = stream.set_nodelay(true);
        let Some(tls) = tls else {
            return self.serve_http(stream).await;
        };
        match tokio::time::timeout(HANDSHAKE_WITHIN, tls.accept(stream)).await {
            Ok(Ok(stream)) => {
                self.connection.secure = true;
                self.serve_http(stream).await;
            }
            Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
            Err(_) => tracing::debug!("a TLS handshake took too long"),
        }
    }

    async fn serve_http(self, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
        let Self {
            connection,
            router,
            watcher,
        } = self;
        let service = service_fn(move |request: Request<Incoming>| {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(connection);
            router.clone().call(request)
        });
        let served = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEADERS_WITHIN)
            .max_buf_size(BUFFER_BYTES)
            .serve_connection(TokioIo::new(stream), service);
        if let Err(error) = watcher.watch(served).await {
            tracing::debug!(%error, "a connection broke");
        }
    }
}
