//! How long a ticket of a volume takes, how many bytes it adds to the file, and how much memory the
//! volume needs: 1,000, 10,000 and 100,000 tickets in one file.
//!
//! The median is what one ticket takes; the mean is higher on a busy machine, and because some hundred
//! tickets share what the last of them compresses. Beside them stands the same ticket as a file of its own.
//!
//! Each has other texts and another code. They are made outside of the clock, one at a time, so that
//! the memory is that of the volume; what the program holds before is told beside it. An argument
//! is a number of tickets in place of these.

#[path = "../tests/sample/mod.rs"]
mod sample;

use std::time::{Duration, Instant};

use ticket_render::assets::Assets;
use ticket_render::codes::qr::{self, ErrorCorrection};
use ticket_render::fonts::{MONO, REGULAR, SANS, Slant};
use ticket_render::length::{Length, Size};
use ticket_render::pdf::{
    self, Aim, Bound, CropMarks, Imposition, Order, PdfOptions, Volume, VolumeOptions,
};
use ticket_render::scene::{Content, Scene};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let asked: Vec<usize> = arguments
        .iter()
        .filter_map(|argument| argument.parse().ok())
        .collect();
    // Cargo says so, unless it runs benchmarks as tests, to see that they work.
    let measures = arguments.iter().any(|argument| argument == "--bench");
    let counts = match (asked.is_empty(), measures) {
        (false, _) => asked,
        (true, true) => vec![1_000, 10_000, 100_000],
        (true, false) => vec![20],
    };
    println!(
        "| volume | tickets | median µs | mean µs | bytes a ticket | bytes of the rest | file, MB | end, ms | memory, MB |"
    );
    println!("|---|--:|--:|--:|--:|--:|--:|--:|--:|");
    for &tickets in &counts {
        report("a page each", tickets, &VolumeOptions::default());
    }
    let fewest = counts.iter().copied().min().unwrap_or(1_000);
    let small = VolumeOptions {
        aim: Aim::Size,
        ..VolumeOptions::default()
    };
    report("a page each, small", fewest, &small);
    let stacks = VolumeOptions {
        imposition: Some(stacks(fewest)),
        ..VolumeOptions::default()
    };
    report("4 × 4 in stacks", fewest, &stacks);
    report_alone(fewest);
}

/// Sixteen A6 on 460 × 640 mm, with all that a printer asks for.
fn stacks(tickets: usize) -> Imposition {
    let mm = Length::mm;
    let sheet = Size {
        width: mm(460),
        height: mm(640),
    };
    Imposition {
        gutter: Size {
            width: mm(6),
            height: mm(6),
        },
        bleed: mm(3),
        marks: Some(CropMarks::default()),
        order: Order::Stacks { tickets },
        ..Imposition::new(sheet, 4, 4)
    }
}

fn report(what: &str, tickets: usize, options: &VolumeOptions) {
    let mut maker = Maker::new();
    // Before memory is looked at, and written to, so that it is there.
    let mut times = vec![u32::MAX; tickets];
    // What the assets prepare once is not counted to a volume.
    let few = tickets.min(10);
    let _ = volume(&mut maker, &mut times[..few], options);
    forget_peak();
    let before = peak_kb();
    let made = volume(&mut maker, &mut times, options);
    let memory = peak_kb()
        .zip(before)
        .map(|(peak, before)| format!("{:.1}", peak.saturating_sub(before) as f64 / 1024.0));
    println!(
        "| {what} | {tickets} | {:.1} | {:.1} | {} | {} | {:.1} | {:.1} | {} |",
        made.median.as_secs_f64() * 1e6,
        made.adding.as_secs_f64() * 1e6 / tickets as f64,
        made.pages / tickets as u64,
        made.rest,
        (made.pages + made.rest) as f64 / 1e6,
        made.finishing.as_secs_f64() * 1e3,
        memory.unwrap_or_else(|| "?".to_owned()),
    );
}

struct Made {
    median: Duration,
    adding: Duration,
    finishing: Duration,
    pages: u64,
    rest: u64,
}

/// Makes a volume of a ticket for each time, which it takes.
fn volume(maker: &mut Maker, times: &mut [u32], options: &VolumeOptions) -> Made {
    let mut options = options.clone();
    if let Some(Imposition {
        order: Order::Stacks { tickets: planned },
        ..
    }) = &mut options.imposition
    {
        *planned = times.len();
    }
    let mut volume = Volume::begin(options).unwrap();
    let mut out = Vec::new();
    let (mut adding, mut pages) = (Duration::ZERO, 0);
    for (number, time) in times.iter_mut().enumerate() {
        maker.turn_to(number);
        let title = maker.title.as_str();
        let begun = Instant::now();
        let ticket = Bound {
            scene: &maker.scene,
            assets: &maker.assets,
            title: Some(title),
        };
        volume.add(ticket, &mut out).unwrap();
        let took = begun.elapsed();
        *time = u32::try_from(took.as_nanos()).unwrap_or(u32::MAX);
        adding += took;
        // Here a caller writes it somewhere.
        pages += out.len() as u64;
        out.clear();
    }
    let begun = Instant::now();
    volume.finish(&mut out).unwrap();
    let finishing = begun.elapsed();
    Made {
        median: median(times),
        adding,
        finishing,
        pages,
        rest: out.len() as u64,
    }
}

fn median(times: &mut [u32]) -> Duration {
    times.sort_unstable();
    let middle = times.get(times.len() / 2).copied().unwrap_or(0);
    Duration::from_nanos(middle.into())
}

/// The same tickets as files of their own.
fn report_alone(tickets: usize) {
    let mut maker = Maker::new();
    let options = PdfOptions::default();
    let (mut times, mut bytes) = (Vec::with_capacity(tickets), 0);
    for number in 0..tickets {
        maker.turn_to(number);
        let begun = Instant::now();
        let file = pdf::render(&maker.scene, &maker.assets, &options).unwrap();
        times.push(u32::try_from(begun.elapsed().as_nanos()).unwrap_or(u32::MAX));
        bytes += file.len();
    }
    let all: u64 = times.iter().map(|time| u64::from(*time)).sum();
    println!(
        "| files of their own | {tickets} | {:.1} | {:.1} | {} | | {:.1} | | |",
        median(&mut times).as_secs_f64() * 1e6,
        all as f64 / 1e3 / tickets as f64,
        bytes / tickets,
        bytes as f64 / 1e6,
    );
}

/// Makes one ticket after the other out of the sample.
struct Maker {
    assets: Assets,
    scene: Scene,
    title: String,
}

impl Maker {
    fn new() -> Self {
        let assets = sample::assets();
        let scene = sample::ticket(&assets);
        Self {
            assets,
            scene,
            title: String::new(),
        }
    }

    /// Changes holder, seat, number, link and code.
    fn turn_to(&mut self, number: usize) {
        const FIRST: [&str; 8] = [
            "Maximiliane",
            "Jörg",
            "Ana",
            "Zoë",
            "Peter",
            "Łucja",
            "Noémie",
            "Siân",
        ];
        const LAST: [&str; 7] = [
            "Featherstonehaugh",
            "Müller",
            "Šimić",
            "O’Neill",
            "Nguyen",
            "Brandt",
            "Çelik",
        ];
        let fonts = self.assets.fonts();
        let regular = fonts.find(SANS, REGULAR, Slant::Upright);
        let mono = fonts.find(MONO, REGULAR, Slant::Upright);
        let code = (number as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        self.title = format!(
            "{} {}",
            FIRST[number % FIRST.len()],
            LAST[number / 3 % LAST.len()]
        );
        let seat = format!(
            "Block {}, Row {}, Seat {}",
            char::from(b'A' + (number / 1_200 % 26) as u8),
            number / 40 % 30 + 1,
            number % 40 + 1
        );
        let short = format!("{:010X}", code >> 24);
        let texts = [
            (6, regular, 14, self.title.clone()),
            (8, regular, 14, seat),
            (12, mono, 10, format!("{short}, order 2027-{number:06}")),
        ];
        let elements = &mut self.scene.pages[0].elements;
        for (index, font, size, text) in texts {
            let Content::Glyphs(old) = &elements[index].content else {
                panic!("element {index} is no text");
            };
            let changed = sample::run(fonts, font, size, old.origin, &text);
            elements[index].content = Content::Glyphs(changed);
        }
        for element in elements {
            match &mut element.content {
                Content::Link(link) => link.uri = format!("https://example.org/t/{short}"),
                Content::Code(placed) => {
                    placed.symbol = qr::encode(&token(code), ErrorCorrection::Medium).unwrap();
                }
                _ => {}
            }
        }
    }
}

/// As long as a standard token, and as random.
fn token(seed: u64) -> String {
    const ALPHABET: &[u8; 45] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
    let mut state = seed | 1;
    let body = (0..150).map(|_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        char::from(ALPHABET[(state >> 33) as usize % ALPHABET.len()])
    });
    "TK1:".chars().chain(body).collect()
}

/// The most memory that the program ever had, on Linux.
fn peak_kb() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// Lets the peak begin anew, on Linux.
fn forget_peak() {
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}
