//! What each stage of one ticket costs, and how many whole tickets a core makes. Prints tables in
//! Markdown.
//!
//! The ticket is `classic` with two fonts and a logo. Each figure is the median over many short
//! batches, with the fastest batch beside it: on a machine that is busy with other things, the
//! fastest is nearer to the truth.
//!
//! Leaves the laid out page in a form that other writers of PDF can read; `cargo xtask bench` then
//! runs the one in `benches/krilla`.

mod leave;
mod measure;
mod page;
mod repeat;
mod table;

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use guichet::templates::bindings::v0::Guest;
use guichet::templates::cache::{CodeCache, CodeKey};
use guichet::templates::call::{CallStats, TemplateFailure};
use guichet::templates::compile::Compiler;
use guichet::templates::digest::Digest;
use guichet::templates::engine::RunningEngine;
use guichet::templates::layout::Layout;
use guichet::templates::limits::TemplateLimits;
use guichet::templates::loaded::{AssetFile, LayoutOrder, LoadedTemplate, VersionFiles};
use guichet::templates::manifest::{Manifest, Prepared, Subject};
use guichet::templates::request::LayoutRequest;
use guichet::templates::values::{Circumstances, LocaleFormats, fill};
use guichet::templates::workshop::ComponentSource;
use guichet::templates::{CodeText, Workshop, WorkshopOptions};
use ticket_render::codes::qr::{self, ErrorCorrection};
use ticket_render::pdf::{self, Aim, PdfOptions};
use ticket_render::png::{self, PngOptions};
use ticket_render::svg;
use ticket_token::{
    Claims, EventNumber, Extra, MacKey, Serial, SigningKey, TicketType, UnixTime, seal_mac, sign,
};

use self::measure::{Microseconds, measure};
use self::page::Ours;
use self::repeat::Repeat;
use self::table::Table;

const SETTINGS: &[u8] = br#"{"logo": "logo"}"#;
const LOGO: (u32, u32) = (440, 96);

fn main() {
    let limits = TemplateLimits::default();
    let classic = read_classic();
    let workshop = set_up(&limits);
    let files = VersionFiles {
        settings: SETTINGS.to_vec(),
        assets: vec![AssetFile {
            name: "logo".to_owned(),
            bytes: logo_png(),
        }],
    };
    let template = workshop
        .load(ComponentSource::Upload(&classic), &files)
        .expect("classic loads");
    let works = TicketWorks::new(&template);
    let guest = GuestWorks::new(&works, &classic, &limits);
    if let Some(repeat) = Repeat::asked() {
        return repeat.run(&works, &guest);
    }
    let mut table = Table::default();

    measure_token(&works, &mut table);
    measure_layout(&works, &guest, &mut table);
    measure_exports(&works, &mut table);
    table.print();
    print_throughput(&works);
}

/// All that it takes to make tickets one after the other.
struct TicketWorks<'a> {
    template: &'a LoadedTemplate,
    key: SigningKey,
    order: LayoutOrder,
}

impl<'a> TicketWorks<'a> {
    fn new(template: &'a LoadedTemplate) -> Self {
        let mut order = template.sample_order();
        // The samples of `classic` have accents; the first table is about plain ASCII.
        order
            .values
            .set_text(Subject::Event, "venue", "Riverside Hall");
        let address = "12 Riverside Walk\n1201 Geneva";
        order.values.set_text(Subject::Event, "address", address);
        Self {
            template,
            key: SigningKey::from_seed(&[7; 32]).expect("32 bytes are a seed"),
            order,
        }
    }

    /// The order and the token of one ticket, whose name, number and serial differ from the last's.
    fn order(&self, serial: u32, name: &str) -> (LayoutOrder, CodeText) {
        let mut order = self.order.clone();
        let number = format!("7K3D9Q{serial:06}");
        order.values.set_text(Subject::Ticket, "number", &number);
        order.values.set_text(Subject::Ticket, "holder", name);
        let token = sign(&claims(serial), &self.key);
        (order, CodeText::Token(token.qr_text()))
    }

    /// A whole ticket: signed, laid out in a fresh sandbox, as PDF.
    fn pdf(&self, serial: u32, name: &str, aim: Aim) -> Vec<u8> {
        let (order, code) = self.order(serial, name);
        let laid_out = self.template.lay_out(&order, &code).expect("it lays out");
        pdf::render(&laid_out.scene, &laid_out.assets, &PdfOptions { aim }).expect("it renders")
    }
}

/// What the sandbox needs, without the host's work around it.
struct GuestWorks {
    /// Moves the epoch on.
    _engine: RunningEngine,
    guest: Guest,
    prepared: Prepared,
    formats: LocaleFormats,
    request: LayoutRequest,
    limits: TemplateLimits,
}

impl GuestWorks {
    fn new(works: &TicketWorks, classic: &[u8], limits: &TemplateLimits) -> Self {
        let engine = RunningEngine::start(2, limits).expect("an engine");
        let cache = CodeCache::open(code_folder(), code_key(), engine.engine()).expect("a cache");
        let component = cache
            .load(engine.engine(), &Digest::of(classic))
            .expect("kept code");
        let guest = Guest::link(&component).expect("classic links");
        let prepared = guest.prepare(SETTINGS, limits).0.expect("classic prepares");
        let formats = LocaleFormats::of("en");
        let (order, _) = works.order(1_001, "Grace Hopper");
        Self {
            request: request_of(&prepared.manifest, &formats, &order),
            _engine: engine,
            guest,
            prepared,
            formats,
            limits: limits.clone(),
        }
    }

    fn fill(&self, order: &LayoutOrder) -> LayoutRequest {
        request_of(&self.prepared.manifest, &self.formats, order)
    }

    fn layout(&self) -> (Result<Layout, TemplateFailure>, CallStats) {
        self.guest
            .layout(&self.prepared.state, &self.request, &self.limits)
    }
}

fn request_of(manifest: &Manifest, formats: &LocaleFormats, order: &LayoutOrder) -> LayoutRequest {
    let circumstances = Circumstances {
        page_format: &manifest.page_formats[0],
        locale: "en",
        formats,
        position: order.position,
    };
    let filled = fill(manifest, &order.values, &circumstances);
    filled.expect("samples fit").request
}

fn claims(serial: u32) -> Claims {
    Claims {
        expires: UnixTime(1_830_297_600),
        event: EventNumber(42),
        serial: Serial(serial),
        ticket_type: TicketType(3),
        extra: Extra::None,
    }
}

fn measure_token(works: &TicketWorks, table: &mut Table) {
    let mac_key = MacKey::derive(b"a secret that only the host knows", "demo");
    let token = sign(&claims(1_001), &works.key).qr_text();
    let mut serial = 0;
    let time = measure(|| {
        serial += 1;
        sign(&claims(serial), &works.key)
    });
    table.row("sign a standard token", time, "");
    let time = measure(|| {
        serial += 1;
        seal_mac(&claims(serial), &mac_key)
    });
    table.row("tag a `server` token (HMAC-SHA256)", time, "");
    let time = measure(|| qr::encode(black_box(&token), ErrorCorrection::Medium));
    let symbol = qr::encode(&token, ErrorCorrection::Medium).expect("a token fits");
    let size = format!("{} modules", symbol.width());
    table.row("QR code with the best mask", time, &size);
}

fn measure_layout(works: &TicketWorks, guest: &GuestWorks, table: &mut Table) {
    let (order, code) = works.order(1_001, "Grace Hopper");
    let time = measure(|| guest.fill(&order));
    table.row("values in words of the locale", time, "");
    let time = measure(|| guest.layout().0.is_ok());
    let fuel = format!("{} units of fuel", guest.layout().1.fuel);
    table.row("sandbox: fresh instance and `layout`", time, &fuel);
    let time = measure(|| works.template.lay_out(&order, &code).is_ok());
    table.row("all of layout: values, sandbox, text, QR code", time, "");
}

fn measure_exports(works: &TicketWorks, table: &mut Table) {
    let (order, code) = works.order(1_001, "Grace Hopper");
    let laid_out = works.template.lay_out(&order, &code).expect("it lays out");
    let (scene, assets) = (&laid_out.scene, &laid_out.assets);
    let fast = PdfOptions { aim: Aim::Speed };
    let small = PdfOptions { aim: Aim::Size };
    let bytes = |count: usize| format!("{count} bytes");

    let size = pdf::render(scene, assets, &fast).expect("it renders").len();
    let time = measure(|| pdf::render(scene, assets, &fast).is_ok());
    let mut ours = vec![figure("PDF of the laid out page", time, size)];
    table.row("PDF of the laid out page", time, &bytes(size));
    let size = pdf::render(scene, assets, &small)
        .expect("it renders")
        .len();
    let time = measure(|| pdf::render(scene, assets, &small).is_ok());
    table.row("PDF, fonts cut for the file", time, &bytes(size));

    let mut serial = 0;
    for (what, name) in [
        ("whole ticket as PDF, ASCII", "Grace Hopper"),
        ("whole ticket as PDF, Latin-1", "Zoë Østergård"),
    ] {
        let page = works.pdf(1_001, name, Aim::Speed);
        keep(&format!("{}.pdf", what.replace([' ', ','], "-")), &page);
        let time = measure(|| {
            serial += 1;
            works.pdf(serial, name, Aim::Speed)
        });
        ours.push(figure(what, time, page.len()));
        table.row(what, time, &bytes(page.len()));
    }

    leave::leave(scene, assets, ours);

    let size = svg::render(scene, 0, assets).expect("it renders").len();
    let time = measure(|| svg::render(scene, 0, assets).is_ok());
    table.row("SVG, text as outlines", time, &bytes(size));
    let options = PngOptions { dpi: 150 };
    let size = png::render(scene, 0, assets, &options)
        .expect("it renders")
        .len();
    let time = measure(|| png::render(scene, 0, assets, &options).is_ok());
    table.row("PNG, A4 at 150 dpi", time, &bytes(size));
}

fn figure(stage: &str, time: Microseconds, bytes: usize) -> Ours {
    Ours {
        stage: stage.to_owned(),
        median_us: time.median,
        least_us: time.least,
        bytes,
    }
}

/// Whole tickets a second, each with its own name, number and signature.
fn print_throughput(works: &TicketWorks) {
    const TIME: Duration = Duration::from_secs(4);
    const NAMES: [&str; 4] = [
        "Grace Hopper",
        "Ada Lovelace",
        "Alan Turing",
        "Emmy Noether",
    ];
    println!("\n| threads | whole tickets as PDF, per second |\n|---|---|");
    for threads in [1, 2] {
        let begun = Instant::now();
        let made: u32 = std::thread::scope(|scope| {
            let workers: Vec<_> = (0..threads)
                .map(|_| {
                    scope.spawn(|| {
                        let mut made = 0;
                        while begun.elapsed() < TIME {
                            for name in NAMES {
                                black_box(works.pdf(made, name, Aim::Speed));
                                made += 1;
                            }
                        }
                        made
                    })
                })
                .collect();
            workers
                .into_iter()
                .map(|worker| worker.join().expect("a worker ends well"))
                .sum()
        });
        let rate = f64::from(made) / begun.elapsed().as_secs_f64();
        println!("| {threads} | {rate:.0} |");
    }
}

fn set_up(limits: &TemplateLimits) -> Workshop {
    Workshop::set_up(WorkshopOptions {
        limits: limits.clone(),
        code_folder: code_folder(),
        code_key: code_key(),
        compiler: Compiler::with_executable(PathBuf::from(env!("CARGO_BIN_EXE_guichet"))),
        concurrent_calls: 2,
        batch_calls: 0,
        loaded_bytes: 64 << 20,
    })
    .expect("a workshop")
}

fn read_classic() -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/dist/templates/classic.wasm");
    std::fs::read(&path).expect("run `cargo xtask build` first")
}

fn code_folder() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("code")
}

fn code_key() -> CodeKey {
    CodeKey::new([7; 32])
}

/// Leaves a file for whoever wants to look at what was measured.
fn keep(name: &str, bytes: &[u8]) {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("stages");
    std::fs::create_dir_all(&folder).expect("the folder can be made");
    std::fs::write(folder.join(name), bytes).expect("the file can be written");
}

/// A sign of two colours with soft edges, as logos are.
fn logo_png() -> Vec<u8> {
    let (width, height) = LOGO;
    let mut samples = Vec::new();
    for y in 0..height as i32 {
        for x in 0..width as i32 {
            let distance = ((x - 48).pow(2) + (y - 48).pow(2)).isqrt();
            let ring = (4 - (distance - 34).abs() / 3).clamp(0, 4) * 255 / 4;
            let bar = (110..420).contains(&x) && (y / 16) % 2 == 1;
            samples.extend(if bar { [200, 60, 20] } else { [20, 60, 160] });
            samples.push(if bar { 255 } else { ring as u8 });
        }
    }
    let mut file = Vec::new();
    let mut encoder = ::png::Encoder::new(&mut file, width, height);
    encoder.set_color(::png::ColorType::Rgba);
    let mut writer = encoder.write_header().expect("a header");
    writer.write_image_data(&samples).expect("the samples");
    writer.finish().expect("an end");
    file
}
