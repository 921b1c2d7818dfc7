//! What a preview shows: the newest component that can be used, and what is wrong with the newest of all.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use tokio::sync::watch;

use crate::cli::answer::{Refusal, remark};
use crate::cli::offline::{OfflineWorkshop, order_for, refusal_of};
use crate::cli::value::read_file;
use crate::cli::version_files::VersionFilesArgs;
use crate::http::error::ApiError;
use crate::issue::{Artifact, Format, render_now, specimen_code};
use crate::templates::{LayoutOrder, LoadedTemplate, ReportState, report_json};

/// Between two looks at the files. A file that was written in between is read once it has rested for so long.
const LOOK: Duration = Duration::from_millis(250);

/// One preview.
pub(super) struct Session {
    component: PathBuf,
    ticket: Option<PathBuf>,
    files: VersionFilesArgs,
    offline: OfflineWorkshop,
    shown: Mutex<Shown>,
    /// Grows with each change of what is shown.
    generation: watch::Sender<u64>,
}

/// What is shown now.
#[derive(Default)]
struct Shown {
    usable: Option<Usable>,
    /// The object that the page reads.
    state: Value,
}

/// A template that can be called.
struct Usable {
    template: Arc<LoadedTemplate>,
    trials: Vec<(String, LayoutOrder)>,
}

/// Which page of what.
pub(super) struct Asked {
    /// Number of the trial, from 0.
    pub trial: usize,
    /// Number of the size in the manifest, from 0.
    pub size: usize,
    /// What to make, with its page.
    pub format: Format,
}

impl Session {
    /// Looks at the files for the first time.
    pub fn begin(
        component: PathBuf,
        ticket: Option<PathBuf>,
        files: VersionFilesArgs,
    ) -> anyhow::Result<Self> {
        let session = Self {
            component,
            ticket,
            files,
            offline: OfflineWorkshop::set_up()?,
            shown: Mutex::default(),
            generation: watch::Sender::new(0),
        };
        session.look();
        Ok(session)
    }

    /// Looks again whenever a file has changed.
    pub async fn watch(self: Arc<Self>) {
        let mut seen = self.stamps();
        let mut changed = false;
        loop {
            tokio::time::sleep(LOOK).await;
            let now = self.stamps();
            if now != seen {
                // A builder may not be done with it.
                seen = now;
                changed = true;
            } else if changed {
                changed = false;
                let session = Arc::clone(&self);
                // It compiles, which takes its time.
                if tokio::task::spawn_blocking(move || session.look())
                    .await
                    .is_err()
                {
                    remark("a look at the template broke; change a file to look again");
                }
            }
        }
    }

    /// What is shown, as soon as it is newer than that generation; what is there if nothing happens for as
    /// long as `wait`.
    pub async fn state_after(&self, generation: u64, wait: Duration) -> Value {
        let mut newer = self.generation.subscribe();
        let _ = tokio::time::timeout(wait, newer.wait_for(|now| *now > generation)).await;
        self.shown().state.clone()
    }

    /// One page.
    pub fn page(&self, asked: &Asked) -> Result<Artifact, Refusal> {
        let (template, order) = {
            let shown = self.shown();
            let usable = shown.usable.as_ref();
            let usable =
                usable.ok_or_else(|| Refusal::new("NOT_READY", "no template is there yet"))?;
            let (_, order) = usable
                .trials
                .get(asked.trial)
                .ok_or_else(|| Refusal::new("TRIAL", "there is no such trial"))?;
            (Arc::clone(&usable.template), order.clone())
        };
        let laid_out = template
            .lay_out_on(asked.size, &order, &specimen_code())
            .map_err(refusal_of)?;
        render_now(&laid_out.assets, &laid_out.scene, asked.format)
            .map_err(|error| Refusal::from(ApiError::from(error)))
    }

    fn look(&self) {
        let generation = *self.generation.borrow() + 1;
        let (usable, mut state) = match self.try_out() {
            Ok((usable, report)) => (usable, report),
            Err(error) => (None, json!({ "error": format!("{error:#}") })),
        };
        let mut shown = self.shown();
        if let Some(usable) = usable {
            state["trials"] = trials_json(&usable);
            state["sizes"] = usable
                .template
                .manifest()
                .page_formats
                .iter()
                .map(|format| Value::from(format.name.as_str()))
                .collect();
            shown.usable = Some(usable);
        } else if let Value::Object(before) = &shown.state {
            // The last pages stay, beside what is wrong with the newest component.
            for kept in ["trials", "sizes"] {
                if let Some(value) = before.get(kept) {
                    state[kept] = value.clone();
                }
            }
            state["stale"] = json!(shown.usable.is_some());
        }
        state["generation"] = json!(generation);
        remark(format_args!("  {}", summary(&state)));
        shown.state = state;
        drop(shown);
        self.generation.send_replace(generation);
    }

    fn try_out(&self) -> anyhow::Result<(Option<Usable>, Value)> {
        let component = read_file(&self.component)?;
        let files = self.files.read()?;
        let checked = self.offline.workshop.check(&component, &files);
        let report = json!({
            "ready": checked.report.state == ReportState::Ready,
            "report": report_json(&checked.report),
        });
        let Some(template) = checked.template else {
            return Ok((None, report));
        };
        let mut trials: Vec<(String, LayoutOrder)> = template
            .trials()
            .into_iter()
            .map(|(name, order)| (name.to_owned(), order))
            .collect();
        if let Some(path) = &self.ticket {
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            let order = order_for(&template, Some(path))?;
            trials.insert(0, (name.into_owned(), order));
        }
        Ok((Some(Usable { template, trials }), report))
    }

    fn shown(&self) -> MutexGuard<'_, Shown> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// When each file was written, and how long it is.
    fn stamps(&self) -> Vec<Option<(SystemTime, u64)>> {
        let stamp = |path: &Path| {
            let data = fs::metadata(path).ok()?;
            Some((data.modified().ok()?, data.len()))
        };
        std::iter::once(self.component.as_path())
            .chain(self.ticket.as_deref())
            .chain(self.files.paths())
            .map(stamp)
            .collect()
    }
}

/// Each trial with its number of pages, or why it has none.
fn trials_json(usable: &Usable) -> Value {
    let code = specimen_code();
    usable
        .trials
        .iter()
        .map(
            |(name, order)| match usable.template.lay_out(order, &code) {
                Ok(laid_out) => json!({ "name": name, "pages": laid_out.scene.pages.len() }),
                Err(error) => json!({ "name": name, "error": error.to_string() }),
            },
        )
        .collect()
}

fn summary(state: &Value) -> String {
    let count = |list: &str| state["report"][list].as_array().map_or(0, Vec::len);
    match (&state["error"], &state["ready"]) {
        (Value::String(error), _) => error.clone(),
        (_, Value::Bool(true)) => format!("ready; warnings: {}", count("warnings")),
        _ => format!("a host would reject it; problems: {}", count("problems")),
    }
}
