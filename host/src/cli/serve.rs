//! `guichet serve`, and the one place where the rooms are built and put together.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use futures_util::future::OptionFuture;
use jiff::Timestamp;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{Notify, watch};

use super::answer::{Form, Outcome, WrongUsage, show};
use super::data::DataLock;
use super::demo::Demo;
use super::{database, heap, logging};
use crate::access::{
    BearerKey, CallerLimits, ForeignKeys, ForeignSigner, KeySource, RateLimits, TokenCheck,
};
use crate::artifacts::ArtifactStore;
use crate::audit::Sealer;
use crate::batches::{BatchLimits, Batches, Keeper, Queue, Worker, WorkerOptions, WorkerParts};
use crate::clock::{Clock, SystemClock};
use crate::config::{
    BatchSettings, DatabaseConfig, MetricsSettings, Secrets, ServeConfig, ServeFlags, Settings,
    TokenSettings, processors,
};
use crate::events::KnownEvents;
use crate::gates::{Gatehouse, GatehouseParts};
use crate::http::front::listen::Door;
use crate::http::front::{Doorkeeper, tls};
use crate::http::health::Health;
use crate::http::metrics::metrics_router;
use crate::http::router::router;
use crate::http::services::Services;
use crate::issue::{Issuer, IssuerParts};
use crate::keys::{Keys, MacSecret, MasterKey};
use crate::organizers::{Organizers, UnknownOrganizers};
use crate::retention;
use crate::storage::postgres::RateBuckets;
use crate::storage::{SerialSupply, Storage};
use crate::telemetry::Telemetry;
use crate::templates::cache::CodeKey;
use crate::templates::compile::Compiler;
use crate::templates::{Library, Workshop, WorkshopOptions};
use crate::webhooks::{AddressPolicy, Dispatcher, Poster};

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
is set by environment variables or by a file of the same names; see `guichet config`.")]
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
    /// Port of /metrics; 0 takes a free one [default: $PROMETHEUS_PORT, else 9094].
    #[arg(long, value_name = "N")]
    metrics_port: Option<u16>,
    /// Certificate chain in PEM, to speak TLS [default: $TLS_CERT, else plain HTTP].
    #[arg(long, value_name = "FILE")]
    tls_cert: Option<PathBuf>,
    /// Private key of the certificate in PEM [default: $TLS_KEY].
    #[arg(long, value_name = "FILE")]
    tls_key: Option<PathBuf>,
    /// File of settings in TOML [default: $GUICHET_CONFIG, else none].
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// Checked settings, and what the operator should know about those that were given.
pub(super) struct Configured {
    /// The settings.
    pub config: ServeConfig,
    /// A line each.
    pub notices: Vec<String>,
}

impl ServeArgs {
    /// The settings that these flags, the environment and the file make.
    ///
    /// # Errors
    /// A setting that is wrong, and `--demo` on an address that others can reach.
    pub fn configured(&self) -> anyhow::Result<Configured> {
        let flags = ServeFlags {
            demo: self.demo,
            data: self.data.clone(),
            port: self.port,
            host: self.host,
            metrics_port: self.metrics_port,
            tls_certificate: self.tls_cert.clone(),
            tls_key: self.tls_key.clone(),
        };
        let settings = Settings::of_process(self.config.as_deref())?;
        let config = ServeConfig::read(&flags, &settings.reader())?;
        refuse_open_demo(self.demo, config.listen.ip())?;
        let notices = settings.notices();
        Ok(Configured { config, notices })
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
    let Configured { config, notices } = args.configured()?;
    let _traces = logging::start_traced(&config)?;
    for notice in notices {
        tracing::warn!("{notice}");
    }
    heap::return_large_blocks();
    super::block_on(serve(config, args.demo, form))
}

async fn serve(config: ServeConfig, demo: bool, form: Form) -> anyhow::Result<Outcome> {
    // From here on, a signal is an orderly stop.
    let mut stop = StopSignals::listen().context("signals cannot be listened for")?;
    let secrets = config.all_secrets()?;
    let _lock = DataLock::take(&config.data)?;
    let tls = config.front.tls.as_ref().map(tls::acceptor).transpose()?;
    let listener = TcpListener::bind(config.listen)
        .await
        .with_context(|| format!("cannot listen on {}", config.listen))?;
    let address = listener.local_addr()?;
    let metrics = metrics_door(&config.metrics).await?;
    // It may wait for its database for a minute, and be wanted no longer.
    let host = tokio::select! {
        host = Host::open(&config, &secrets) => host?,
        () = stop.wait() => {
            tracing::info!("stopped before it was ready");
            return Ok(Outcome::Done);
        }
    };
    let storage = Arc::clone(&host.storage);
    let origin = config.front.origin(address);
    let demo = match demo {
        true => Some(Demo::begin(&host, &origin).await?),
        false => None,
    };
    let foreign = foreign_signer(&config.tokens, host.clock.now()).await?;
    let sealer = Arc::new(host.sealer());
    let dispatcher = Arc::new(host.dispatcher(&config)?);
    let rate_limits = caller_limits(&config, &secrets)?;
    let keeper = host.keeper(&config.batches);
    let wake = Arc::new(Notify::new());
    let worker = match config.batches.concurrency {
        0 => None,
        concurrency => Some(host.worker(&config.batches, concurrency, Arc::clone(&wake))?),
    };
    let services = Arc::new(host.into_services(&config, address, foreign, rate_limits, wake));
    announce(&origin, metrics.as_ref(), demo.as_ref(), form)?;
    let metrics = metrics.map(|(door, _)| tokio::spawn(door.serve(std::future::pending())));
    let sealing = tokio::spawn(Arc::clone(&sealer).run());
    let (stop_telling, telling_stops) = tokio::sync::watch::channel(false);
    let telling = tokio::spawn(dispatcher.run(telling_stops));
    let (stop_working, working_stops) = tokio::sync::watch::channel(false);
    let working = worker.map(|worker| tokio::spawn(Arc::new(worker).run(working_stops)));
    let queue_keeping = tokio::spawn(keeper.run());
    let sweeping = {
        let services = Arc::clone(&services);
        tokio::spawn(async move { services.rate_limits.sweep(&*services.clock).await })
    };
    let measuring = tokio::spawn(measure(Arc::clone(&storage)));
    let keeping = {
        let (services, holders) = (Arc::clone(&services), config.holders_kept_for);
        tokio::spawn(async move {
            let Services {
                storage,
                issuer,
                clock,
                ..
            } = &*services;
            retention::keep(&**storage, issuer, &**clock, holders).await;
        })
    };
    let trying = {
        let library = Arc::clone(&services.library);
        tokio::spawn(async move {
            if let Err(error) = library.try_out_interrupted().await {
                tracing::warn!(%error, "uploads that were interrupted wait for the next start");
            }
        })
    };
    tracing::info!(%address, data = database::place(&config), "the host is ready");

    let door = Door {
        listener,
        tls,
        max_connections: config.front.max_connections,
        router: router(Arc::clone(&services)),
    };
    serve_until(stop, door, &stop_working).await;
    if let Some(metrics) = metrics {
        metrics.abort();
    }
    // It ends by itself, within bounds.
    let _ = stop_telling.send(true);
    if let Err(error) = telling.await {
        tracing::error!(%error, "telling webhooks broke");
    }
    let _ = stop_working.send(true);
    if let Some(Err(error)) = OptionFuture::from(working).await {
        tracing::error!(%error, "the workers broke");
    }
    queue_keeping.abort();
    sealing.abort();
    sweeping.abort();
    measuring.abort();
    keeping.abort();
    trying.abort();
    if let Err(error) = sealer.seal_all().await {
        tracing::warn!(%error, "audit entries wait to be sealed by the next start");
    }
    services.rate_limits.close().await;
    storage.close().await;
    tracing::info!("stopped");
    Ok(Outcome::Done)
}

/// How often callers may ask, counted by this host or by all on its database.
fn caller_limits(config: &ServeConfig, secrets: &Secrets) -> anyhow::Result<CallerLimits> {
    let local = RateLimits::new(config.rates.rules);
    match &config.database {
        DatabaseConfig::Postgres(database) if config.rates.shared => {
            let buckets = RateBuckets::of_database(database.url.expose())?;
            let master = MasterKey::of_secret(secrets.master.expose());
            let secret = master.derive(b"rate limits");
            Ok(CallerLimits::shared(local, buckets, secret))
        }
        DatabaseConfig::Postgres(_) | DatabaseConfig::Embedded => Ok(CallerLimits::alone(local)),
    }
}

/// Begins to count, and opens the port where the figures are read.
async fn metrics_door(settings: &MetricsSettings) -> anyhow::Result<Option<(Door, SocketAddr)>> {
    /// Whoever collects figures needs one or two.
    const CONNECTIONS: usize = 64;
    if !settings.enabled {
        return Ok(None);
    }
    let listener = match TcpListener::bind(settings.listen).await {
        Err(error) if !settings.chosen => {
            tracing::warn!(%error, address = %settings.listen, "there is no /metrics: its port cannot be had; set PROMETHEUS_PORT");
            return Ok(None);
        }
        bound => bound.with_context(|| format!("cannot listen on {}", settings.listen))?,
    };
    let address = listener.local_addr()?;
    let telemetry = Telemetry::start().context("figures cannot be counted")?;
    tokio::spawn(telemetry.clone().keep_small());
    let door = Door {
        listener,
        tls: None,
        max_connections: CONNECTIONS,
        router: metrics_router(telemetry),
    };
    Ok(Some((door, address)))
}

/// Tells the figures how the database is doing, as often as they are usually collected.
async fn measure(storage: Arc<dyn Storage>) {
    const EVERY: Duration = Duration::from_secs(5);
    loop {
        storage.measure().await;
        tokio::time::sleep(EVERY).await;
    }
}

/// Who else may sign tokens. A file has to be right; an address may be down for the moment, and is
/// asked again when its keys are needed.
async fn foreign_signer(
    settings: &TokenSettings,
    now: Timestamp,
) -> anyhow::Result<Option<ForeignSigner>> {
    let Some(source) = settings.key_source.clone() else {
        return Ok(None);
    };
    let is_file = matches!(source, KeySource::File(_));
    let keys = ForeignKeys::new(source);
    match keys.read(now).await {
        Err(error) if is_file => return Err(error).context("JWKS_FILE"),
        Err(error) => tracing::warn!(%error, "JWKS_URL cannot be read now; its tokens wait"),
        Ok(()) => {}
    }
    Ok(Some(ForeignSigner {
        keys,
        issuer: settings.issuer.clone(),
        audience: settings.audience.clone(),
    }))
}

/// Serves until a signal comes; requests in flight may end, within bounds.
async fn serve_until(mut stop: StopSignals, door: Door, stop_working: &watch::Sender<bool>) {
    let (begin_drain, drain) = tokio::sync::oneshot::channel::<()>();
    let serving = door.serve(async {
        // An error means that the sender is gone, which is as good a reason to stop.
        let _ = drain.await;
    });
    let stopping = async {
        stop.wait().await;
        tracing::info!("stopping: no new requests, waiting for those in flight");
        // Workers end what they have meanwhile.
        let _ = stop_working.send(true);
        let _ = begin_drain.send(());
        tokio::time::sleep(DRAIN_LIMIT).await;
    };
    tokio::select! {
        () = serving => {}
        () = stopping => tracing::warn!("requests were still in flight when the time to stop was over"),
    }
}

/// The first line on stdout says where to connect, so that a program that started the host on port 0
/// can read it.
fn announce(
    origin: &str,
    metrics: Option<&(Door, SocketAddr)>,
    demo: Option<&Demo>,
    form: Form,
) -> anyhow::Result<()> {
    let mut text = format!("listening on {origin}");
    let mut object = json!({ "listening": origin });
    if let Some((_, address)) = metrics {
        let address = format!("http://{address}/metrics");
        text = format!("{text}\nfigures at {address}");
        object["metrics"] = json!(address);
    }
    if let Some(demo) = demo {
        text = format!("{text}\n{}", demo.text());
        object["demo"] = demo.json();
    }
    Ok(show(form, text, &object)?)
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
    events: Arc<KnownEvents>,
    issuer: Arc<Issuer>,
    artifacts: Arc<ArtifactStore>,
}

impl Host {
    /// Opens the database, brings its tables up to date, and starts the template engine.
    ///
    /// # Errors
    /// When the database, the folders for compiled templates and artifacts or the engine cannot be used.
    pub async fn open(config: &ServeConfig, secrets: &Secrets) -> anyhow::Result<Self> {
        let processors = processors();
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let storage = database::open(config, processors.saturating_add(2)).await?;
        let master = MasterKey::of(secrets);
        let workshop = Workshop::set_up(WorkshopOptions {
            limits: config.template_limits.clone(),
            code_folder: config.data.join(CODE_FOLDER),
            code_key: CodeKey::new(*master.derive(b"compiled templates")),
            compiler: Compiler::of_this_executable()?,
            concurrent_calls: processors.saturating_mul(2),
            // One more is urgent.
            batch_calls: config.batches.concurrency.saturating_add(1),
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
        // Names this process in the rows of the serials that it reserves, so that holes are explained.
        let replica = format!("host-{}", uuid::Uuid::new_v4().simple());
        let events = Arc::new(KnownEvents::new(Arc::clone(&storage)));
        let issuer = Arc::new(Issuer::new(IssuerParts {
            storage: Arc::clone(&storage),
            keys: Arc::clone(&keys),
            library: Arc::clone(&library),
            events: Arc::clone(&events),
            clock: Arc::clone(&clock),
            serials: SerialSupply::new(replica),
        }));
        let artifacts = ArtifactStore::open(&config.objects).context("STORAGE_TYPE")?;
        Ok(Self {
            storage,
            organizers,
            clock,
            bearer,
            keys,
            library,
            events,
            issuer,
            artifacts: Arc::new(artifacts),
        })
    }

    /// Takes jobs in.
    fn batches(&self, settings: &BatchSettings, wake: Arc<Notify>) -> Batches {
        Batches::new(
            Arc::clone(&self.storage),
            Arc::clone(&self.keys),
            Arc::clone(&self.issuer),
            Arc::clone(&self.artifacts),
            Arc::clone(&self.clock),
            Queue {
                limits: BatchLimits {
                    most_queued: settings.most_queued,
                    timeout_us: u64::try_from(settings.timeout.as_micros()).unwrap_or(u64::MAX),
                },
                wake,
            },
        )
    }

    /// Works on jobs, `concurrency` chunks at once.
    pub(super) fn worker(
        &self,
        settings: &BatchSettings,
        concurrency: u32,
        wake: Arc<Notify>,
    ) -> anyhow::Result<Worker> {
        let parts = WorkerParts {
            storage: Arc::clone(&self.storage),
            keys: Arc::clone(&self.keys),
            issuer: Arc::clone(&self.issuer),
            artifacts: Arc::clone(&self.artifacts),
            clock: Arc::clone(&self.clock),
            wake,
        };
        let options = WorkerOptions {
            name: format!("{}/{}", host_name(), std::process::id()),
            concurrency: concurrency as usize,
            organizer_cap: settings.organizer_cap,
        };
        Worker::new(parts, options).context("threads for jobs cannot be started")
    }

    /// Keeps the queue in order.
    pub(super) fn keeper(&self, settings: &BatchSettings) -> Keeper {
        Keeper::new(
            Arc::clone(&self.storage),
            Arc::clone(&self.artifacts),
            Arc::clone(&self.clock),
            settings.kept,
        )
    }

    /// Seals what requests do.
    pub(super) fn sealer(&self) -> Sealer {
        Sealer::new(
            Arc::clone(&self.storage),
            Arc::clone(&self.keys),
            Arc::clone(&self.clock),
        )
    }

    /// Tells organizers' systems what was done.
    fn dispatcher(&self, config: &ServeConfig) -> anyhow::Result<Dispatcher> {
        let policy = AddressPolicy::new(config.webhooks.allowed_networks.clone());
        Ok(Dispatcher::new(
            Arc::clone(&self.storage),
            Arc::clone(&self.keys),
            Arc::clone(&self.clock),
            Poster::new(policy)?,
        ))
    }

    fn into_services(
        self,
        config: &ServeConfig,
        address: SocketAddr,
        foreign: Option<ForeignSigner>,
        rate_limits: CallerLimits,
        wake: Arc<Notify>,
    ) -> Services {
        let batches = self.batches(&config.batches, wake);
        let Self {
            storage,
            organizers,
            clock,
            bearer,
            keys,
            library,
            events,
            issuer,
            artifacts,
        } = self;
        // Where no public address is set, it is the one listened on; with port 0 that is known only now.
        let own = config.public_url == config.front.origin(config.listen);
        let public_url = if own {
            config.front.origin(address)
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
            artifacts,
            issuer,
            batches,
            batch_max_size: config.batches.max_size,
            organizers,
            clock,
            tokens: TokenCheck::new(bearer, foreign),
            health: Health::new(config.data.clone()),
            public_url,
            price_unit: config.price_unit,
            doorkeeper: Doorkeeper {
                trusted_proxies: config.front.trusted_proxies.clone(),
                allowed: config.front.allowed_ips.clone(),
            },
            rate_limits,
            cors: config.front.cors.clone(),
            webhook_addresses: AddressPolicy::new(config.webhooks.allowed_networks.clone()),
            request_timeout: config.front.request_timeout,
        }
    }
}

/// This machine's name, for people who look at leases.
fn host_name() -> String {
    let name = rustix::system::uname();
    name.nodename().to_string_lossy().into_owned()
}

/// SIGTERM, as service managers send it, and SIGINT, as a terminal does.
pub(super) struct StopSignals {
    terminate: Signal,
    interrupt: Signal,
}

impl StopSignals {
    pub(super) fn listen() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    pub(super) async fn wait(&mut self) {
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
