//! `guichet template diff`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use serde_json::{Value, json};

use super::server::{Body, Server, ServerArgs};
use crate::cli::answer::{Form, Outcome, Refusal, show};
use crate::cli::value;

/// Resolution of the pictures.
const DPI: &str = "150";
/// A page beyond this is not looked at.
const MOST_PAGES: u32 = 20;
/// What the host says of a page after the last.
const NO_SUCH_PAGE: &str = "PAGE_NOT_FOUND";

/// Show what changed between two versions of a template: in its manifest, and on its pages.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  guichet template diff summer 3 4 --out summer-3-4

The folder then holds each page of either version and a picture of what differs, and index.html, which shows
them side by side.")]
pub(in crate::cli) struct DiffArgs {
    /// The template's name.
    #[arg(value_parser = value::template_name)]
    name: String,
    /// Number of the earlier version.
    earlier: u32,
    /// Number of the later version.
    later: u32,
    /// Folder for the pictures; it is made if need be.
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// A ticket to show, a body of POST /api/tickets/generate; the templates' own samples if not given.
    #[arg(long, value_name = "T.json")]
    ticket: Option<PathBuf>,
    #[command(flatten)]
    server: ServerArgs,
}

/// A page of both versions.
struct ComparedPage {
    number: u32,
    earlier: Option<Vec<u8>>,
    later: Option<Vec<u8>>,
    /// What differs, if both are there and of one size.
    difference: Option<Difference>,
}

pub(super) fn run(args: &DiffArgs, form: Form) -> anyhow::Result<Outcome> {
    let server = Server::new(&args.server)?;
    let order = match &args.ticket {
        Some(path) => {
            let order: Value = serde_json::from_slice(&value::read_file(path)?)
                .with_context(|| format!("{} is no JSON", path.display()))?;
            json!({ "order": order })
        }
        None => json!({}),
    };
    let manifest = |number: u32| -> anyhow::Result<Value> {
        let path = format!("/api/templates/{}/versions/{number}/report", args.name);
        Ok(server.get(&path)?.data["manifest"].take())
    };
    let changes = changes(&manifest(args.earlier)?, &manifest(args.later)?);
    let mut pages = Vec::new();
    for number in 1..=MOST_PAGES {
        let page = |version| page(&server, args, version, number, &order);
        let (earlier, later) = (page(args.earlier)?, page(args.later)?);
        if earlier.is_none() && later.is_none() {
            break;
        }
        let difference = match (&earlier, &later) {
            (Some(earlier), Some(later)) => difference(earlier, later)?,
            _ => None,
        };
        pages.push(ComparedPage {
            number,
            earlier,
            later,
            difference,
        });
    }
    let lines = tell(args, &changes, &pages);
    if let Some(folder) = &args.out {
        write_pictures(args, folder, &lines, &pages)?;
    }
    let object = json!({
        "name": args.name,
        "earlier": args.earlier,
        "later": args.later,
        "manifest": changes.iter().map(|change| json!({
            "path": change.path, "earlier": change.earlier, "later": change.later,
        })).collect::<Vec<_>>(),
        "pages": pages.iter().map(|page| json!({
            "page": page.number,
            "earlier": page.earlier.is_some(),
            "later": page.later.is_some(),
            "changedPermille": page.difference.as_ref().map(Difference::permille),
        })).collect::<Vec<_>>(),
        "out": args.out,
    });
    show(form, lines.join("\n"), &object)?;
    Ok(Outcome::Done)
}

fn page(
    server: &Server,
    args: &DiffArgs,
    version: u32,
    number: u32,
    order: &Value,
) -> anyhow::Result<Option<Vec<u8>>> {
    let path = format!("/api/templates/{}/preview", args.name);
    let (version, number) = (version.to_string(), number.to_string());
    let query = [
        ("version", version.as_str()),
        ("format", "png"),
        ("page", &number),
        ("dpi", DPI),
    ];
    match server.post_for_bytes(&path, &query, &Body::json(order)) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) => match error.downcast_ref::<Refusal>() {
            Some(refusal) if refusal.code == NO_SUCH_PAGE => Ok(None),
            _ => Err(error),
        },
    }
}

/// A value of a manifest that is not what it was.
struct Change {
    /// JSON Pointer (RFC 6901).
    path: String,
    earlier: Option<Value>,
    later: Option<Value>,
}

fn changes(earlier: &Value, later: &Value) -> Vec<Change> {
    let (earlier, later) = (leaves(earlier), leaves(later));
    let mut paths: Vec<&String> = earlier.keys().chain(later.keys()).collect();
    paths.sort_unstable();
    paths.dedup();
    paths
        .into_iter()
        .filter(|path| earlier.get(*path) != later.get(*path))
        .map(|path| Change {
            path: path.clone(),
            earlier: earlier.get(path).cloned(),
            later: later.get(path).cloned(),
        })
        .collect()
}

/// Each value that holds no others, under its pointer. A list whose members have names is read by these, so
/// that one more field is one change.
fn leaves(value: &Value) -> BTreeMap<String, Value> {
    fn walk(value: &Value, path: String, found: &mut BTreeMap<String, Value>) {
        match value {
            Value::Object(members) if !members.is_empty() => {
                for (name, member) in members {
                    walk(member, format!("{path}/{}", escaped(name)), found);
                }
            }
            Value::Array(members) if !members.is_empty() => {
                for (index, member) in members.iter().enumerate() {
                    let name = match (member["subject"].as_str(), member["name"].as_str()) {
                        (Some(subject), Some(name)) => format!("{subject}.{name}"),
                        (None, Some(name)) => name.to_owned(),
                        (_, None) => index.to_string(),
                    };
                    walk(member, format!("{path}/{}", escaped(&name)), found);
                }
            }
            leaf => {
                found.insert(path, leaf.clone());
            }
        }
    }
    let mut found = BTreeMap::new();
    walk(value, String::new(), &mut found);
    found
}

fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// Where two pictures differ.
struct Difference {
    /// A PNG: the later picture pale, and what differs in red.
    picture: Vec<u8>,
    changed: u64,
    all: u64,
}

impl Difference {
    /// Changed pixels in thousandths, rounded up: 0 only if there is none.
    fn permille(&self) -> u64 {
        (self.changed * 1000).div_ceil(self.all.max(1))
    }
}

/// `None` for pictures of different sizes.
fn difference(earlier: &[u8], later: &[u8]) -> anyhow::Result<Option<Difference>> {
    let (earlier, later) = (Pixels::read(earlier)?, Pixels::read(later)?);
    if (earlier.width, earlier.height) != (later.width, later.height) {
        return Ok(None);
    }
    let mut changed = 0;
    let mut shown = Vec::with_capacity(later.rgb.len());
    for (before, after) in earlier.rgb.chunks_exact(3).zip(later.rgb.chunks_exact(3)) {
        if before == after {
            shown.extend(after.iter().map(|level| 192 + level / 4));
        } else {
            changed += 1;
            shown.extend([0xD0, 0x20, 0x20]);
        }
    }
    let mut picture = Vec::new();
    let mut encoder = png::Encoder::new(&mut picture, later.width, later.height);
    encoder.set_color(png::ColorType::Rgb);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&shown)?;
    writer.finish()?;
    Ok(Some(Difference {
        picture,
        changed,
        all: u64::from(later.width) * u64::from(later.height),
    }))
}

struct Pixels {
    width: u32,
    height: u32,
    /// Rows from the top, three bytes a pixel.
    rgb: Vec<u8>,
}

impl Pixels {
    fn read(file: &[u8]) -> anyhow::Result<Self> {
        let mut decoder = png::Decoder::new(std::io::Cursor::new(file));
        decoder.set_transformations(png::Transformations::normalize_to_color8());
        let mut reader = decoder.read_info().context("the host sent no PNG")?;
        let size = reader
            .output_buffer_size()
            .context("the host sent a PNG that is too large")?;
        let mut bytes = vec![0; size];
        let frame = reader.next_frame(&mut bytes)?;
        let samples = frame.color_type.samples();
        let rgb = bytes[..frame.buffer_size()]
            .chunks_exact(samples)
            .flat_map(|pixel| match pixel {
                [red, green, blue, ..] => [*red, *green, *blue],
                [gray, ..] => [*gray; 3],
                [] => [0; 3],
            })
            .collect();
        Ok(Self {
            width: frame.width,
            height: frame.height,
            rgb,
        })
    }
}

fn tell(args: &DiffArgs, changes: &[Change], pages: &[ComparedPage]) -> Vec<String> {
    let mut lines = vec![format!(
        "{} version {} → {}",
        args.name, args.earlier, args.later
    )];
    if changes.is_empty() {
        lines.push("  the manifest is the same".to_owned());
    }
    for Change {
        path,
        earlier,
        later,
    } in changes
    {
        lines.push(match (earlier, later) {
            (Some(earlier), Some(later)) => format!("  {path}: {earlier} → {later}"),
            (Some(earlier), None) => format!("  {path}: {earlier} is gone"),
            (None, Some(later)) => format!("  {path}: {later} is new"),
            (None, None) => continue,
        });
    }
    for page in pages {
        let number = page.number;
        lines.push(match (&page.earlier, &page.later, &page.difference) {
            (Some(_), Some(_), Some(difference)) => match difference.permille() {
                0 => format!("  page {number} looks the same"),
                permille => format!(
                    "  page {number}: {}.{} % of it changed",
                    permille / 10,
                    permille % 10
                ),
            },
            (Some(_), Some(_), None) => format!("  page {number} has another size"),
            (Some(_), None, _) => format!("  page {number} is gone"),
            (None, _, _) => format!("  page {number} is new"),
        });
    }
    lines
}

fn write_pictures(
    args: &DiffArgs,
    folder: &Path,
    lines: &[String],
    pages: &[ComparedPage],
) -> anyhow::Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let mut rows = String::new();
    for page in pages {
        rows.push_str("<tr>");
        let pictures = [
            (format!("version-{}", args.earlier), page.earlier.as_deref()),
            (format!("version-{}", args.later), page.later.as_deref()),
            (
                "difference".to_owned(),
                page.difference
                    .as_ref()
                    .map(|found| found.picture.as_slice()),
            ),
        ];
        for (name, picture) in pictures {
            match picture {
                Some(bytes) => {
                    let file = format!("page-{}-{name}.png", page.number);
                    let path = folder.join(&file);
                    fs::write(&path, bytes)
                        .with_context(|| format!("cannot write {}", path.display()))?;
                    write!(
                        rows,
                        "<td><img src=\"{file}\" alt=\"page {}, {name}\">",
                        page.number
                    )?;
                }
                None => rows.push_str("<td>—"),
            }
        }
        rows.push('\n');
    }
    let index = folder.join("index.html");
    let page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>{title}</title>\n\
         <style>body{{font:14px/1.5 system-ui,sans-serif;margin:2rem;color:#1c1d1f;background:#f3f3f0}}\
         table{{width:100%;border-spacing:1rem}}td{{width:33%;vertical-align:top}}\
         img{{width:100%;background:#fff;box-shadow:0 1px 6px #0005}}</style>\n\
         <h1>{title}</h1>\n<pre>{text}</pre>\n\
         <table>\n<tr><th>version {earlier}<th>version {later}<th>what differs\n{rows}</table>\n</html>\n",
        title = markup_free(&args.name),
        text = markup_free(&lines.join("\n")),
        earlier = args.earlier,
        later = args.later,
    );
    fs::write(&index, page).with_context(|| format!("cannot write {}", index.display()))
}

/// Text of a manifest is a stranger's.
fn markup_free(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_compared_by_their_names() {
        let manifest = |fields: Value| json!({ "name": "a/b", "fields": fields });
        let title = json!({ "subject": "event", "name": "title", "required": true });
        let seat = json!({ "subject": "ticket", "name": "seat", "required": false });
        let optional = json!({ "subject": "event", "name": "title", "required": false });
        let told = |earlier, later| -> Vec<String> {
            changes(&manifest(earlier), &manifest(later))
                .into_iter()
                .map(|change| change.path)
                .collect()
        };
        assert_eq!(told(json!([title]), json!([title])), [""; 0]);
        assert_eq!(
            told(json!([title, seat]), json!([seat, optional])),
            ["/fields/event.title/required"]
        );
        let new = told(json!([title]), json!([seat, title]));
        assert_eq!(new.len(), 3, "{new:?}");
    }

    #[test]
    fn changed_pixels_are_counted() {
        let picture = |rgb: &[u8]| {
            let mut file = Vec::new();
            let mut encoder = png::Encoder::new(&mut file, 2, 1);
            encoder.set_color(png::ColorType::Rgb);
            let mut writer = encoder.write_header().unwrap();
            writer.write_image_data(rgb).unwrap();
            writer.finish().unwrap();
            file
        };
        let (black, half) = (picture(&[0; 6]), picture(&[0, 0, 0, 9, 9, 9]));
        let permille = |a: &[u8], b: &[u8]| difference(a, b).unwrap().unwrap().permille();
        assert_eq!(permille(&black, &black), 0);
        assert_eq!(permille(&black, &half), 500);
        assert!(difference(&black, b"no picture").is_err());
    }
}
