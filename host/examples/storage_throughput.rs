//! How many tickets a second an engine stores, durably.
//!
//! `cargo run --release -p guichet --example storage_throughput -- [FOLDER | postgres://…] [TICKETS]`
//!
//! The folder should be on the disk in question (a RAM disk has no price for a commit); the database
//! should be empty, and stays as the test leaves it. Prints one line for each number of concurrent
//! callers: rate, processor time of a ticket (of this process: a server's comes on top), latencies they
//! saw; then the rate of storing a thousand in one verb. For a folder also how long one durable write
//! takes on that disk by itself.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use guichet::storage::postgres::{PoolLimits, PostgresStorage};
use guichet::storage::sqlite::SqliteStorage;
use guichet::storage::{
    By, CallerId, DeclaredType, Digest, EventData, KeyPurpose, NewOrganizer, NewRevision,
    NewSigningKey, NewTemplateVersion, NewTicket, OrganizerId, Sealed, SigningKeyId, Slug, Storage,
    TemplateVersionId, Texts, TicketKey,
};
use jiff::Timestamp;
use ticket_token::{EventNumber, KeyId, Serial, TicketType};
use uuid::Uuid;

type Failure = Box<dyn Error + Send + Sync>;

const CALLERS: [usize; 4] = [1, 4, 16, 64];

const BULK: usize = 1000;
const CONNECTIONS: PoolLimits = PoolLimits { min: 0, max: 16 };

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let place = arguments.next();
    let tickets: usize = arguments.next().map_or(Ok(20_000), |text| text.parse())?;
    match place {
        Some(url) if url.starts_with("postgres") => {
            let storage = PostgresStorage::open(&url, CONNECTIONS, Duration::ZERO).await?;
            measure(Arc::new(storage), tickets).await?;
        }
        folder => {
            let parent = folder.map_or_else(std::env::temp_dir, PathBuf::from);
            let folder = parent.join(format!("guichet-storage-throughput-{}", std::process::id()));
            let storage = SqliteStorage::open(&folder, 4).await?;
            println!("one durable write of 4 KiB: {:?}", durable_write(&folder)?);
            let stored = measure(Arc::new(storage), tickets).await?;
            let bytes = std::fs::metadata(folder.join("guichet.db"))?.len();
            println!("{} bytes a ticket", bytes / stored as u64);
            std::fs::remove_dir_all(&folder)?;
        }
    }
    Ok(())
}

/// Prints the figures, closes the storage, and says how many tickets are in it.
async fn measure(storage: Arc<dyn Storage>, tickets: usize) -> Result<usize, Failure> {
    let stage = Arc::new(set_up(&*storage).await?);
    println!("callers  tickets/s  CPU-µs  median     99 %       longest");
    let mut first = 0;
    for callers in CALLERS {
        let each = tickets / callers;
        let (begun, cpu_before) = (Instant::now(), cpu_time()?);
        let tasks: Vec<_> = (0..callers)
            .map(|caller| {
                let from = first + caller * each;
                let (storage, stage) = (Arc::clone(&storage), Arc::clone(&stage));
                tokio::spawn(async move { store(&*storage, &stage, from..from + each).await })
            })
            .collect();
        let mut latencies = Vec::with_capacity(tickets);
        for task in tasks {
            latencies.extend(task.await??);
        }
        let rate = latencies.len() as f64 / begun.elapsed().as_secs_f64();
        let cpu_us = (cpu_time()? - cpu_before).as_micros() / latencies.len().max(1) as u128;
        latencies.sort_unstable();
        let at = |share: usize| latencies.get((latencies.len() - 1) * share / 100).copied();
        let [median, late, longest] = [50, 99, 100].map(|share| at(share).unwrap_or_default());
        println!(
            "{callers:>7}  {rate:>9.0}  {cpu_us:>6}  {median:<9.1?}  {late:<9.1?}  {longest:.1?}"
        );
        first += callers * each;
    }
    let begun = Instant::now();
    let last = first + tickets;
    for from in (first..last).step_by(BULK) {
        let bulk = (from..last.min(from + BULK)).map(|serial| ticket(&stage, serial));
        let bulk = bulk.collect::<Result<_, _>>()?;
        storage.store_tickets(stage.organizer, bulk, by()).await?;
    }
    let rate = tickets as f64 / begun.elapsed().as_secs_f64();
    println!("{BULK} at once: {rate:.0} tickets/s");
    storage.close().await;
    Ok(last)
}

fn durable_write(folder: &Path) -> Result<Duration, Failure> {
    use std::io::Write as _;
    const WRITES: u32 = 50;
    let path = folder.join("probe");
    let mut file = std::fs::File::create(&path)?;
    let begun = Instant::now();
    for _ in 0..WRITES {
        file.write_all(&[1; 4096])?;
        file.sync_data()?;
    }
    let each = begun.elapsed() / WRITES;
    std::fs::remove_file(path)?;
    Ok(each)
}

/// What this process took of the processors so far (`proc(5)`: fields 14 and 15, in 1/100 s).
fn cpu_time() -> Result<Duration, Failure> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let (_, after_name) = stat.rsplit_once(')').ok_or("no name")?;
    let mut hundredths = 0;
    for field in after_name.split_whitespace().skip(11).take(2) {
        hundredths += field.parse::<u64>()?;
    }
    Ok(Duration::from_millis(hundredths * 10))
}

struct Stage {
    organizer: OrganizerId,
    event: EventNumber,
    template_version: TemplateVersionId,
    key: SigningKeyId,
}

fn by() -> By {
    By::new("bench", Timestamp::now())
}

async fn set_up(storage: &dyn Storage) -> Result<Stage, Failure> {
    let declared = DeclaredType {
        name: "standard".to_owned(),
        names: Texts::new(),
        rules: serde_json::json!({}),
    };
    let event = EventData {
        names: Texts::new(),
        venue: Texts::new(),
        description: Texts::new(),
        organizer_name: None,
        starts_at: None,
        ends_at: None,
        doors_at: None,
        time_zone: "UTC".to_owned(),
        locale: "en".to_owned(),
        currency: None,
        ticket_types: vec![declared],
        defaults: serde_json::json!({}),
        policy: serde_json::json!({}),
        open: false,
    };
    let organizer = NewOrganizer {
        slug: Slug::try_from("bench")?,
        name: "Bench".to_owned(),
        settings: serde_json::json!({}),
        data_key: Sealed(vec![0; 72]),
        signing_keys: vec![NewSigningKey {
            purpose: KeyPurpose::Ticket,
            key_id: KeyId([1; 4]),
            public_key: [1; 32],
            seed: Some(Sealed(vec![0; 72])),
        }],
        delegation: None,
        default_event: event,
    };
    let organizer = storage.create_organizer(organizer, by()).await?.id;
    let key = storage
        .signing_keys(organizer)
        .await?
        .first()
        .ok_or("no key")?
        .id;
    let event = storage
        .event_by_id(organizer, &CallerId::try_from("default")?)
        .await?;
    let event = event.ok_or("no event")?.number;
    let component = storage.store_blob(vec![1], Timestamp::now()).await?;
    let version = NewTemplateVersion {
        name: "classic".to_owned(),
        component,
        settings: component,
        assets: Vec::new(),
    };
    let template_version = storage
        .create_template_version(organizer, version, by())
        .await?
        .id;
    Ok(Stage {
        organizer,
        event,
        template_version,
        key,
    })
}

async fn store(
    storage: &dyn Storage,
    stage: &Stage,
    serials: std::ops::Range<usize>,
) -> Result<Vec<Duration>, Failure> {
    let mut latencies = Vec::with_capacity(serials.len());
    for serial in serials {
        let ticket = ticket(stage, serial)?;
        let begun = Instant::now();
        storage.store_ticket(stage.organizer, ticket, by()).await?;
        latencies.push(begun.elapsed());
    }
    Ok(latencies)
}

fn ticket(stage: &Stage, serial: usize) -> Result<NewTicket, Failure> {
    let serial = u32::try_from(serial)?;
    // Spread like the real ones, which follow no order.
    let Digest(spread) = Digest::of(&serial.to_be_bytes());
    let uuid = Uuid::from_slice(spread.get(..16).ok_or("short")?)?;
    Ok(NewTicket {
        key: TicketKey {
            event: stage.event,
            serial: Serial(serial),
        },
        uuid,
        ticket_number: uuid.simple().to_string().chars().take(11).collect(),
        id: Some(CallerId::try_from(format!("T-{serial}").as_str())?),
        ticket_type: TicketType(1),
        order: None,
        email: None,
        expires_at: Timestamp::now(),
        first: NewRevision {
            event_revision: 1,
            template_version: stage.template_version,
            signing_key: Some(stage.key),
            token: vec![7; 100],
            values: Sealed(vec![9; 300]),
        },
    })
}
