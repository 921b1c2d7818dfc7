//! The outline: one entry a ticket, in closed groups of groups when there are many.

use pdf_writer::{Finish, Ref, TextStr};

use crate::pdf::objects::Objects;

/// Entries are written when their group is full and another is needed beside it; only the open
/// group of each level is in memory. Up to [`MAX_ENTRIES`] tickets make a flat list.
#[derive(Default)]
pub(super) struct Outline {
    /// The open groups, from that of the tickets to the highest.
    levels: Vec<Vec<Entry>>,
}

struct Entry {
    object: Ref,
    title: String,
    /// The last title of a group, whose first is `title`.
    last_title: Option<String>,
    target: Target,
}

enum Target {
    Place(Place),
    /// A closed group.
    Entries {
        first: Ref,
        last: Ref,
        count: i32,
    },
}

/// Where an entry leads.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub page: Ref,
    /// Top left corner of the ticket in points, y up; the whole page if there is just one on it.
    pub corner: Option<(f32, f32)>,
}

/// Viewers draw every entry of an open list before they show the first page.
const MAX_ENTRIES: usize = 100;
/// Longer titles are cut.
const MAX_CHARACTERS: usize = 120;
/// A group has the titles of its first and its last ticket.
const MAX_CHARACTERS_IN_GROUP: usize = 40;

impl Outline {
    /// Adds an entry at the end; an empty title adds none.
    pub fn push(&mut self, title: &str, place: Place, objects: &mut Objects) {
        let title = title.trim();
        if title.is_empty() {
            return;
        }
        let entry = Entry {
            object: objects.allocate(),
            title: cut(title, MAX_CHARACTERS),
            last_title: None,
            target: Target::Place(place),
        };
        self.push_at(0, entry, objects);
    }

    /// Writes the open groups; returns the root. `None` if there is no entry.
    pub fn finish(mut self, objects: &mut Objects) -> Option<Ref> {
        while self.levels.len() > 1 {
            let entries = self.levels.remove(0);
            let group = write_group(entries, objects);
            self.push_at(0, group, objects);
        }
        let entries = self.levels.pop()?;
        let (first, last) = (entries.first()?.object, entries.last()?.object);
        let count = as_count(entries.len());
        let root = objects.allocate();
        write_entries(&entries, root, objects);
        let mut outline = objects.begin(root).outline(root);
        outline.first(first).last(last).count(count);
        outline.finish();
        Some(root)
    }

    fn push_at(&mut self, level: usize, entry: Entry, objects: &mut Objects) {
        if self.levels.len() == level {
            self.levels.push(Vec::new());
        }
        if self.levels[level].len() >= MAX_ENTRIES {
            let entries = std::mem::take(&mut self.levels[level]);
            let group = write_group(entries, objects);
            self.push_at(level + 1, group, objects);
        }
        self.levels[level].push(entry);
    }
}

/// Writes entries of one group; returns the entry for the group.
fn write_group(mut entries: Vec<Entry>, objects: &mut Objects) -> Entry {
    let object = objects.allocate();
    write_entries(&entries, object, objects);
    let count = as_count(entries.len());
    let last = entries.pop();
    let last_object = last.as_ref().map_or(object, |last| last.object);
    let last_title = last.map(|last| last.last_title.unwrap_or(last.title));
    let first = if entries.is_empty() {
        None
    } else {
        Some(entries.swap_remove(0))
    };
    let (first_object, title) = match first {
        Some(first) => (first.object, first.title),
        None => (last_object, last_title.clone().unwrap_or_default()),
    };
    Entry {
        object,
        title,
        last_title,
        target: Target::Entries {
            first: first_object,
            last: last_object,
            count,
        },
    }
}

fn write_entries(entries: &[Entry], parent: Ref, objects: &mut Objects) {
    let object_at = |index: usize| entries.get(index).map(|entry| entry.object);
    for (index, entry) in entries.iter().enumerate() {
        let mut item = objects.begin(entry.object).outline_item(entry.object);
        item.title(TextStr(&entry.shown())).parent(parent);
        if let Some(before) = index.checked_sub(1).and_then(object_at) {
            item.prev(before);
        }
        if let Some(after) = object_at(index + 1) {
            item.next(after);
        }
        match entry.target {
            Target::Place(Place { page, corner }) => {
                let destination = item.dest().page(page);
                match corner {
                    Some((left, top)) => destination.xyz(left, top, None),
                    None => destination.fit(),
                };
            }
            Target::Entries { first, last, count } => {
                item.first(first).last(last).count(-count);
            }
        }
        item.finish();
    }
}

impl Entry {
    fn shown(&self) -> String {
        match &self.last_title {
            None => self.title.clone(),
            Some(last) => {
                let [first, last] =
                    [&self.title, last].map(|title| cut(title, MAX_CHARACTERS_IN_GROUP));
                format!("{first} – {last}")
            }
        }
    }
}

fn cut(title: &str, characters: usize) -> String {
    match title.char_indices().nth(characters) {
        None => title.to_owned(),
        Some(_) => {
            let mut shorter: String = title.chars().take(characters - 1).collect();
            shorter.truncate(shorter.trim_end().len());
            shorter.push('…');
            shorter
        }
    }
}

fn as_count(entries: usize) -> i32 {
    i32::try_from(entries).unwrap_or(i32::MAX)
}
