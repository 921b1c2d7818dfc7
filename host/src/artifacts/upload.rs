//! One object on its way into the store: small ones in one piece, others in parts.

use std::mem;
use std::sync::Arc;

use object_store::path::Path;
use object_store::{MultipartUpload, ObjectStore, ObjectStoreExt as _, PutPayload};
use tokio::runtime::Handle;
use tokio::task::JoinSet;

use super::ArtifactError;

/// Bytes of a part, but for the last. S3 takes no less than 5 MiB, and some stores want all to be equal.
pub(super) const PART_BYTES: usize = 8 << 20;
/// Parts that may be on their way at a time; one more is being filled.
const IN_FLIGHT: usize = 2;
/// S3 takes no more.
const MAX_PARTS: u64 = 10_000;
/// So large an object may be.
pub(super) const MAX_BYTES: u64 = MAX_PARTS * PART_BYTES as u64;

/// An object on its way. Dropped before it is complete, it is taken back.
pub(super) struct Upload {
    store: Arc<dyn ObjectStore>,
    path: Path,
    state: State,
    /// Takes an upload back that was dropped, wherever that was.
    runtime: Handle,
}

enum State {
    /// Nothing was sent: it may fit into one piece.
    Whole,
    Parts(Parts),
    /// Complete, taken back, or failed and so taken back.
    Over,
}

struct Parts {
    upload: Box<dyn MultipartUpload>,
    in_flight: JoinSet<object_store::Result<()>>,
    sent_bytes: u64,
}

impl Upload {
    /// Nothing is sent yet. To be called within a runtime.
    pub(super) fn new(store: Arc<dyn ObjectStore>, path: Path) -> Self {
        Self {
            store,
            path,
            state: State::Whole,
            runtime: Handle::current(),
        }
    }

    /// Sends a part of [`PART_BYTES`], once one of those before has arrived, and leaves `part` empty.
    /// What was given up while it waited has sent nothing.
    pub(super) async fn send(&mut self, part: &mut Vec<u8>) -> Result<(), ArtifactError> {
        let sent = self.try_send(part).await;
        if sent.is_err() {
            self.take_back().await;
        }
        sent
    }

    async fn try_send(&mut self, part: &mut Vec<u8>) -> Result<(), ArtifactError> {
        if matches!(self.state, State::Whole) {
            let upload = self.store.put_multipart(&self.path).await;
            self.state = State::Parts(Parts {
                upload: upload.map_err(ArtifactError::of_store)?,
                in_flight: JoinSet::new(),
                sent_bytes: 0,
            });
        }
        let State::Parts(parts) = &mut self.state else {
            return Err(ArtifactError::BrokenOff);
        };
        // With room for the rest, whatever it is.
        if parts.sent_bytes + (part.len() + PART_BYTES) as u64 > MAX_BYTES {
            return Err(ArtifactError::TooLarge { max: MAX_BYTES });
        }
        while parts.in_flight.len() >= IN_FLIGHT {
            parts.one_arrived().await?;
        }
        parts.sent_bytes += part.len() as u64;
        let sending = parts.upload.put_part(PutPayload::from(mem::take(part)));
        parts.in_flight.spawn(sending);
        Ok(())
    }

    /// Sends the rest, of any length. Then the object is there, or nothing of it.
    pub(super) async fn complete(mut self, rest: Vec<u8>) -> Result<(), ArtifactError> {
        let rest_bytes = rest.len() as u64;
        let (bytes, completed) = match &mut self.state {
            State::Whole => {
                let put = self.store.put(&self.path, PutPayload::from(rest)).await;
                (rest_bytes, put.map(drop).map_err(ArtifactError::of_store))
            }
            State::Parts(parts) => (parts.sent_bytes + rest_bytes, parts.complete(rest).await),
            State::Over => return Err(ArtifactError::BrokenOff),
        };
        let Err(error) = completed else {
            self.state = State::Over;
            return Ok(());
        };
        // An answer may be lost on its way back, and what was done cannot be done again. Nobody else
        // writes under this name.
        if error.is_passing() && is_there(&*self.store, &self.path, bytes).await {
            self.state = State::Over;
            return Ok(());
        }
        self.take_back().await;
        Err(error)
    }

    /// Takes back what was sent. Where the store does not answer, its own rules have to take it away.
    pub(super) async fn abort(mut self) {
        self.take_back().await;
    }

    async fn take_back(&mut self) {
        if let State::Parts(parts) = mem::replace(&mut self.state, State::Over) {
            parts.take_back(&self.path).await;
        }
    }
}

async fn is_there(store: &dyn ObjectStore, path: &Path, bytes: u64) -> bool {
    let found = store.head(path).await;
    found.is_ok_and(|found| found.size == bytes)
}

impl Parts {
    async fn one_arrived(&mut self) -> Result<(), ArtifactError> {
        match self.in_flight.join_next().await {
            None | Some(Ok(Ok(()))) => Ok(()),
            Some(Ok(Err(error))) => Err(ArtifactError::of_store(error)),
            // The task panicked, or the runtime ends.
            Some(Err(_)) => Err(ArtifactError::BrokenOff),
        }
    }

    async fn complete(&mut self, rest: Vec<u8>) -> Result<(), ArtifactError> {
        if !rest.is_empty() {
            let sending = self.upload.put_part(PutPayload::from(rest));
            self.in_flight.spawn(sending);
        }
        while !self.in_flight.is_empty() {
            self.one_arrived().await?;
        }
        let completed = self.upload.complete().await;
        completed.map(drop).map_err(ArtifactError::of_store)
    }

    async fn take_back(mut self, path: &Path) {
        // A part that arrives after the end would stay.
        self.in_flight.shutdown().await;
        if let Err(error) = self.upload.abort().await {
            tracing::warn!(%error, %path, "an upload in parts cannot be taken back now");
        }
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        if let State::Parts(parts) = mem::replace(&mut self.state, State::Over) {
            let path = self.path.clone();
            self.runtime
                .spawn(async move { parts.take_back(&path).await });
        }
    }
}
