//! `guichet serve`, and the one place where the rooms are built and put together.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use axum::serve::ListenerExt as _;
use clap::Args;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::answer::{Form, Outcome, WrongUsage, show};
use super::data::DataLock;
use super::demo::Demo;
use super::{database, heap, logging};
use crate::access::BearerKey;
use crate::clock::{Clock, SystemClock};
use crate::config::{Secrets, ServeConfig, ServeFlags, process_environment};
use crate::events::KnownEvents;
use crate::gates::{Gatehouse, GatehouseParts};
use crate::http::health::Health;
use crate::http::router::router;
use crate::http::services::Services;
use crate::issue::{Issuer, IssuerParts};
use crate::keys::{Keys, MacSecret, MasterKey};
use crate::organizers::{Organizers, UnknownOrganizers};
use crate::storage::{SerialSupply, Storage};
use crate::templates::cache::CodeKey;
use crate::templates::compile::Compiler;
use crate::templates::{Library, Workshop, WorkshopOptions};

/// How long requests in flight may take to end once the host was asked to stop.
const DRAIN_LIMIT: Duration = Duration::from_secs(10);

/// Compiled templates, in the data folder.
const CODE_FOLDER: &str = "compiled-templates";
/// Memory for loaded templates; some hundred ordinary ones.
const LOADED_TEMPLATES_BYTES: u64 = 256 << 20;

/// Run the host.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  guichet serve --demo
  guichet serve --data /var/lib/guichet --host 0.0.0.0 --port 3004

The first makes an organizer on loopback and prints a token and three requests to try. Everything else
is set by environment variables; see `guichet config`.")]
pub(super) struct ServeArgs {
    /// Listen on loopback only, make the organizer `demo` and others as they are named, print a token.
    #[arg(long)]
    demo: bool,
    /// Folder of the database and the secrets [default: $GUICHET_DATA, else guichet-data].
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Port to listen on; 0 takes a free one [default: $PORT, else 3004].
    #[arg(long, value_name = "N")]
    port: Option<u16>,
    /// Address to listen on [default: $HOST, else 127.0.0.1].
    #[arg(long, value_name = "ADDR")]
    host: Option<IpAddr>,
}

impl ServeArgs {
    /// The settings that these flags and the environment make.
    ///
    /// # Errors
    /// A setting that is wrong, and `--demo` on an address that others can reach.
    pub fn config(&self) -> anyhow::Result<ServeConfig> {
        let flags = ServeFlags {
            demo: self.demo,
            data: self.data.clone(),
            port: self.port,
            host: self.host,
        };
        let config = ServeConfig::read(&flags, &process_environment)?;
        refuse_open_demo(self.demo, config.listen.ip())?;
        Ok(config)
    }
}

/// In demonstration mode anybody who reaches the port becomes an organizer.
fn refuse_open_demo(demo: bool, host: IpAddr) -> Result<(), WrongUsage> {
    if demo && !host.is_loopback() {
        return Err(WrongUsage(format!(
            "--demo listens on loopback only, not on {host}; leave --host and HOST out, or --demo"
        )));
    }
    Ok(())
}

pub(super) fn run(args: &ServeArgs, form: Form) -> anyhow::Result<Outcome> {
    let config = args.config()?;
    logging::start(&config.log);
    heap::return_large_blocks();
    super::block_on(serve(config, args.demo, form))
}

async fn serve(config: ServeConfig, demo: bool, form: Form) -> anyhow::Result<Outcome> {
    // From here on, a signal is an orderly stop.
    let stop = StopSignals::listen().context("signals cannot be listened for")?;
    let secrets = config.all_secrets()?;
    let _lock = DataLock::take(&config.data)?;
    let listener = TcpListener::bind(config.listen)
        .await
        .with_context(|| format!("cannot listen on {}", config.listen))?;
    let address = listener.local_addr()?;
    let host = Host::open(&config, &secrets).await?;
    let storage = Arc::clone(&host.storage);
    let demo = match demo {
        true => Some(Demo::begin(&host, &origin(address)).await?),
        false => None,
    };
    let services = host.into_services(&config, address);
    announce(address, demo.as_ref(), form)?;
    tracing::info!(%address, data = database::place(&config), "the host is ready");

    let (begin_drain, drain) = tokio::sync::oneshot::channel::<()>();
    // Small answers should leave at once instead of waiting for more to send.
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    let serving = axum::serve(listener, router(Arc::new(services))).with_graceful_shutdown(async {
        // An error means that the sender is gone, which is as good a reason to stop.
        let _ = drain.await;
    });
    let stopping = async {
        stop.wait().await;
        tracing::info!("stopping: no new requests, waiting for those in flight");
        let _ = begin_drain.send(());
        tokio::time::sleep(DRAIN_LIMIT).await;
    };
    tokio::select! {
        ended = async { serving.await } => ended.context("the server failed")?,
        () = stopping => tracing::warn!("requests were still in flight when the time to stop was over"),
    }
    storage.close().await;
    tracing::info!("stopped");
    Ok(Outcome::Done)
}

/// The first line on stdout says where to connect, so that a program that started the host on port 0
/// can read it.
fn announce(address: SocketAddr, demo: Option<&Demo>, form: Form) -> anyhow::Result<()> {
    let origin = origin(address);
    let mut text = format!("listening on {origin}");
    let mut object = json!({ "listening": origin });
    if let Some(demo) = demo {
        text = format!("{text}\n{}", demo.text());
        object["demo"] = demo.json();
    }
    Ok(show(form, text, &object)?)
}

fn origin(address: SocketAddr) -> String {
    format!("http://{address}")
}

/// The rooms below `http`, open on one database.
pub(super) struct Host {
    /// What the host remembers.
    pub storage: Arc<dyn Storage>,
    /// Organizers by slug.
    pub organizers: Organizers,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Makes and checks bearer tokens.
    pub bearer: BearerKey,
    keys: Arc<Keys>,
    library: Arc<Library>,
}

impl Host {
    /// Opens the database, brings its tables up to date, and starts the template engine.
    ///
    /// # Errors
    /// When the database, the folder for compiled templates or the engine cannot be used.
    pub async fn open(config: &ServeConfig, secrets: &Secrets) -> anyhow::Result<Self> {
        let processors = std::thread::available_parallelism().map_or(1, |count| count.get());
        let processors = u32::try_from(processors).unwrap_or(u32::MAX);
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let storage = database::open(config, processors.saturating_add(2)).await?;
        let master = MasterKey::of_secret(secrets.master.expose());
        let workshop = Workshop::set_up(WorkshopOptions {
            limits: config.template_limits.clone(),
            code_folder: config.data.join(CODE_FOLDER),
            code_key: CodeKey::new(*master.derive(b"compiled templates")),
            compiler: Compiler::of_this_executable()?,
            concurrent_calls: processors.saturating_mul(2),
            loaded_bytes: LOADED_TEMPLATES_BYTES,
        })?;
        let library = Arc::new(Library::new(Arc::clone(&storage), Arc::new(workshop)));
        let mac_secret = MacSecret::new(secrets.qr.expose().to_vec());
        let keys = Arc::new(Keys::new(Arc::clone(&storage), master, mac_secret));
        keys.check_master()
            .await
            .context("GUICHET_MASTER_KEY is not the key of this data")?;
        let unknown = match config.auto_create_organizers {
            true => UnknownOrganizers::Create,
            false => UnknownOrganizers::Refuse,
        };
        let organizers = Organizers::new(
            Arc::clone(&storage),
            Arc::clone(&keys),
            Arc::clone(&library),
            Arc::clone(&clock),
            unknown,
        );
        let bearer = BearerKey::new(secrets.jwt.expose());
        Ok(Self {
            storage,
            organizers,
            clock,
            bearer,
            keys,
            library,
        })
    }

    fn into_services(self, config: &ServeConfig, address: SocketAddr) -> Services {
        let Self {
            storage,
            organizers,
            clock,
            bearer,
            keys,
            library,
        } = self;
        // Names this process in the rows of the serials that it reserves, so that holes are explained.
        let replica = format!("host-{}", uuid::Uuid::new_v4().simple());
        let events = Arc::new(KnownEvents::new(Arc::clone(&storage)));
        let issuer = Issuer::new(IssuerParts {
            storage: Arc::clone(&storage),
            keys: Arc::clone(&keys),
            library: Arc::clone(&library),
            events: Arc::clone(&events),
            clock: Arc::clone(&clock),
            serials: SerialSupply::new(replica),
        });
        // Where no public address is set, it is the one listened on; with port 0 that is known only now.
        let own = config.public_url == origin(config.listen);
        let public_url = if own {
            origin(address)
        } else {
            config.public_url.clone()
        };
        let gates = Gatehouse::new(GatehouseParts {
            storage: Arc::clone(&storage),
            keys: Arc::clone(&keys),
            events: Arc::clone(&events),
            public_url: public_url.clone(),
        });
        Services {
            storage,
            keys,
            events,
            gates,
            library,
            issuer,
            organizers,
            clock,
            bearer,
            health: Health::new(),
            public_url,
            price_unit: config.price_unit,
        }
    }
}

/// SIGTERM, as service managers send it, and SIGINT, as a terminal does.
struct StopSignals {
    terminate: Signal,
    interrupt: Signal,
}

impl StopSignals {
    fn listen() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn wait(mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_demonstration_is_refused_where_others_could_reach_it() {
        let check = |host: &str, refused: bool| {
            let host: IpAddr = host.parse().unwrap();
            assert_eq!(refuse_open_demo(true, host).is_err(), refused, "{host}");
            assert!(refuse_open_demo(false, host).is_ok(), "{host}");
        };
        check("127.0.0.1", false);
        check("127.8.8.8", false);
        check("::1", false);
        check("0.0.0.0", true);
        check("192.168.1.7", true);
        check("::", true);
    }
}
