//! `cargo xtask schema`: the page about the tables, from the migrations.
//!
//! What is read is the plain SQL of our own migrations, not all of SQL. A statement that would change
//! a table in a way that is not understood here is an error: the page must not lie.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};

use crate::console::say;
use crate::workspace::Workspace;

const PAGE: &str = "docs/SCHEMA.md";

/// Writes docs/SCHEMA.md. A test says whether it is current.
pub fn run(workspace: &Workspace) -> Result<()> {
    let page = page(&workspace.root().join("migrations"))?;
    fs::write(workspace.root().join(PAGE), page).with_context(|| format!("cannot write {PAGE}"))?;
    say(&format!("wrote {PAGE}"));
    Ok(())
}

fn page(migrations: &Path) -> Result<String> {
    let postgres = Schema::read(&migrations.join("postgres"))?;
    let sqlite = Schema::read(&migrations.join("sqlite"))?;
    render(&postgres, &sqlite)
}

#[derive(Default)]
struct Schema {
    /// In the order in which they were made.
    tables: Vec<Table>,
}

#[derive(Default)]
struct Table {
    name: String,
    /// Number of the migration that made it.
    since: String,
    about: String,
    columns: Vec<Column>,
    keys: Vec<String>,
    indexes: Vec<Index>,
}

struct Column {
    name: String,
    /// Type, constraints and all, as the migration says it.
    definition: String,
    about: String,
    /// Number of the migration that added it later.
    added: Option<String>,
}

struct Index {
    text: String,
    about: String,
}

impl Schema {
    fn read(folder: &Path) -> Result<Self> {
        let mut files: Vec<_> = fs::read_dir(folder)
            .with_context(|| format!("cannot read {}", folder.display()))?
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<std::io::Result<_>>()?;
        files.sort();
        let mut schema = Self::default();
        for file in files {
            let text = fs::read_to_string(&file)?;
            let name = file.file_stem().unwrap_or_default().to_string_lossy();
            let number = name.split('_').next().unwrap_or_default().to_owned();
            schema
                .apply(&text, &number)
                .with_context(|| format!("in {}", file.display()))?;
        }
        Ok(schema)
    }

    fn table(&mut self, name: &str) -> Result<&mut Table> {
        self.tables
            .iter_mut()
            .find(|table| table.name == name)
            .with_context(|| format!("there is no table {name}"))
    }

    fn apply(&mut self, text: &str, migration: &str) -> Result<()> {
        let mut lines = text.lines();
        let mut about = String::new();
        while let Some(line) = lines.next() {
            let line = line.trim();
            if let Some(comment) = line.strip_prefix("--") {
                append(&mut about, comment);
                continue;
            }
            if line.is_empty() {
                about.clear();
                continue;
            }
            let mut statement = line.to_owned();
            let mut body = Vec::new();
            let end = if line.starts_with("DO ") { "$$;" } else { ";" };
            while !without_comment(&statement).ends_with(end) {
                let next = lines.next().context("a statement has no end")?.trim();
                body.push(next.to_owned());
                next.clone_into(&mut statement);
            }
            self.run(line, &body, std::mem::take(&mut about), migration)
                .with_context(|| format!("at {line:?}"))?;
        }
        Ok(())
    }

    fn run(&mut self, first: &str, body: &[String], about: String, migration: &str) -> Result<()> {
        let whole = || {
            let mut all = first.to_owned();
            for line in body {
                append(&mut all, without_comment(line));
            }
            all.trim_end_matches(';').to_owned()
        };
        let words: Vec<&str> = first.split_whitespace().collect();
        match words.as_slice() {
            ["CREATE", "TABLE", name, ..] | ["CREATE", "UNLOGGED", "TABLE", name, ..] => {
                let mut table = Table {
                    name: (*name).to_owned(),
                    since: migration.to_owned(),
                    about,
                    ..Table::default()
                };
                table.read_body(body)?;
                self.tables.push(table);
            }
            ["CREATE", "UNIQUE", "INDEX", ..] | ["CREATE", "INDEX", ..] => {
                let text = whole();
                let (head, rest) = text.split_once(" ON ").context("an index of no table")?;
                let (name, rest) = rest.split_once(' ').context("an index of no columns")?;
                let kind = if head.contains("UNIQUE") {
                    "unique "
                } else {
                    ""
                };
                self.table(name)?.indexes.push(Index {
                    text: format!("{kind}`{rest}`"),
                    about,
                });
            }
            ["ALTER", "TABLE", name, "ADD", "COLUMN", ..] => {
                let text = whole();
                let (_, column) = text.split_once("ADD COLUMN ").context("no column")?;
                let mut column = read_column(column, about)?;
                column.added = Some(migration.to_owned());
                self.table(name)?.columns.push(column);
            }
            ["ALTER", "TABLE", name, ..] if whole().contains("ADD FOREIGN KEY") => {
                let text = whole();
                for key in text.split("ADD FOREIGN KEY ").skip(1) {
                    let key = format!("foreign key `{}`", key.trim().trim_end_matches(','));
                    self.table(name)?.keys.push(key);
                }
            }
            // How a column's bytes are laid out, partitions, and rows: no change of what is there.
            ["ALTER", "TABLE", ..] if whole().contains("SET STORAGE") => {}
            ["DO", ..] | ["UPDATE", ..] | ["INSERT", ..] | ["SELECT", ..] => {}
            _ => bail!("this statement is not understood; teach xtask/src/schema.rs to read it"),
        }
        Ok(())
    }
}

impl Table {
    /// The lines between the parentheses of `CREATE TABLE`.
    fn read_body(&mut self, lines: &[String]) -> Result<()> {
        let mut about = String::new();
        let mut definition = String::new();
        for line in lines {
            if line.starts_with(')') {
                self.add(&definition, &about)?;
                return Ok(());
            }
            if let Some(comment) = line.strip_prefix("--") {
                append(&mut about, comment);
                continue;
            }
            let code = without_comment(line);
            append(&mut definition, code);
            let comment = line.get(code.len()..).unwrap_or_default();
            append(&mut about, comment.trim_start().trim_start_matches('-'));
            if definition.ends_with(',') {
                self.add(definition.trim_end_matches(','), &about)?;
                definition.clear();
                about.clear();
            }
        }
        bail!("the table has no end")
    }

    fn add(&mut self, definition: &str, about: &str) -> Result<()> {
        let keys = [
            ("PRIMARY KEY ", "primary key "),
            ("UNIQUE ", "unique "),
            ("FOREIGN KEY ", "foreign key "),
            ("CHECK ", "check "),
        ];
        let named = match definition.strip_prefix("CONSTRAINT ") {
            Some(rest) => rest.split_once(' ').map_or("", |(_, rest)| rest),
            None => definition,
        };
        match keys.iter().find(|(sql, _)| named.starts_with(sql)) {
            Some((sql, words)) => {
                let rest = named.strip_prefix(sql).unwrap_or_default();
                self.keys.push(format!("{words}`{rest}`"));
            }
            None => self
                .columns
                .push(read_column(definition, about.to_owned())?),
        }
        Ok(())
    }
}

fn read_column(definition: &str, about: String) -> Result<Column> {
    let (name, definition) = definition
        .split_once(' ')
        .with_context(|| format!("no column: {definition}"))?;
    let words: Vec<&str> = definition.split_whitespace().collect();
    Ok(Column {
        name: name.to_owned(),
        definition: words.join(" "),
        about,
        added: None,
    })
}

fn without_comment(line: &str) -> &str {
    line.split("--").next().unwrap_or_default().trim_end()
}

/// Joins lines with one space.
fn append(text: &mut String, more: &str) {
    let more = more.trim();
    if !text.is_empty() && !more.is_empty() {
        text.push(' ');
    }
    text.push_str(more);
}

fn render(postgres: &Schema, sqlite: &Schema) -> Result<String> {
    let mut page = "# Schema\n\n\
        Made from the migrations by `cargo xtask schema`; do not edit. A table that both databases have has the\n\
        same columns in both, and a row means the same. Times are microseconds since 1970-01-01T00:00:00Z; columns\n\
        `sealed_…` are encrypted before they come to the database; JSON is text.\n\n"
        .to_owned();
    let tables = Pair::all(postgres, sqlite);
    for table in &tables {
        writeln!(page, "- [{0}](#{0})", table.name())?;
    }
    for table in &tables {
        render_table(&mut page, table).with_context(|| format!("in table {}", table.name()))?;
    }
    Ok(page)
}

/// A table in both databases, or in one.
struct Pair<'a> {
    /// PostgreSQL's, or else SQLite's.
    one: &'a Table,
    postgres: Option<&'a Table>,
    sqlite: Option<&'a Table>,
}

impl<'a> Pair<'a> {
    fn all(postgres: &'a Schema, sqlite: &'a Schema) -> Vec<Self> {
        let of =
            |schema: &'a Schema, name: &str| schema.tables.iter().find(|table| table.name == name);
        let both = postgres.tables.iter().map(|table| Self {
            one: table,
            postgres: Some(table),
            sqlite: of(sqlite, &table.name),
        });
        let only = sqlite
            .tables
            .iter()
            .filter(|table| of(postgres, &table.name).is_none());
        both.chain(only.map(|table| Self {
            one: table,
            postgres: None,
            sqlite: Some(table),
        }))
        .collect()
    }

    fn name(&self) -> &'a str {
        &self.one.name
    }

    fn about(&self) -> &'a str {
        let said = [self.postgres, self.sqlite].into_iter().flatten();
        said.map(|table| table.about.as_str())
            .find(|about| !about.is_empty())
            .unwrap_or_default()
    }
}

fn render_table(page: &mut String, pair: &Pair<'_>) -> Result<()> {
    let table = pair.one;
    writeln!(page, "\n## {}\n", table.name)?;
    if !pair.about().is_empty() {
        writeln!(page, "{}\n", pair.about())?;
    }
    let since = &table.since;
    match (pair.postgres, pair.sqlite) {
        (Some(_), None) => writeln!(page, "Since migration {since}, in PostgreSQL only.\n")?,
        (None, _) => writeln!(page, "Since migration {since}, in SQLite only.\n")?,
        _ => writeln!(page, "Since migration {since}.\n")?,
    }
    render_columns(page, pair)?;
    for (title, of) in [("PostgreSQL", pair.postgres), ("SQLite", pair.sqlite)] {
        let Some(of) = of else { continue };
        let mut rules = of.keys.clone();
        rules.extend(of.indexes.iter().map(|index| {
            let mut text = format!("index {}", index.text);
            if !index.about.is_empty() {
                write!(text, " ({})", index.about.trim_end_matches('.')).ok();
            }
            text
        }));
        if !rules.is_empty() {
            writeln!(
                page,
                "\n{title}: {}.",
                rules.join("; ").trim_end_matches('.')
            )?;
        }
    }
    Ok(())
}

fn render_columns(page: &mut String, pair: &Pair<'_>) -> Result<()> {
    let titles: Vec<&str> = [("PostgreSQL", pair.postgres), ("SQLite", pair.sqlite)]
        .into_iter()
        .filter_map(|(title, table)| table.map(|_| title))
        .collect();
    writeln!(page, "| column | {} | |", titles.join(" | "))?;
    writeln!(page, "|---|{}---|", "---|".repeat(titles.len()))?;
    let mut others: BTreeMap<&str, &str> = match (pair.postgres, pair.sqlite) {
        (Some(_), Some(sqlite)) => sqlite
            .columns
            .iter()
            .map(|column| (column.name.as_str(), column.definition.as_str()))
            .collect(),
        _ => BTreeMap::new(),
    };
    for column in &pair.one.columns {
        let mut cells = vec![format!("`{}`", column.name), cell(&column.definition)];
        if titles.len() == 2 {
            let other = others
                .remove(column.name.as_str())
                .with_context(|| format!("SQLite has no column {}", column.name))?;
            cells.push(cell(other));
        }
        let mut about = column.about.clone();
        if let Some(migration) = &column.added {
            append(&mut about, &format!("Since migration {migration}."));
        }
        cells.push(about.replace('|', "\\|"));
        writeln!(page, "| {} |", cells.join(" | "))?;
    }
    ensure!(others.is_empty(), "only SQLite has {:?}", others.keys());
    Ok(())
}

/// A definition in a cell: a type, and what holds of it.
fn cell(definition: &str) -> String {
    format!("`{}`", definition.replace('|', "\\|"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema(sql: &str) -> Result<Schema> {
        let mut schema = Schema::default();
        schema.apply(sql, "0001")?;
        Ok(schema)
    }

    #[test]
    fn a_table_is_read_with_what_is_said_of_it() {
        let sql = "-- Things.\n\n-- One\n-- thing.\nCREATE TABLE things (\n    id  BIGINT PRIMARY KEY,\n    \
                   -- In clear.\n    name  TEXT\n          CHECK (name <> ''), -- never empty\n    \
                   UNIQUE (name)\n);\n-- Fast.\nCREATE INDEX by_name ON things (name);\n\
                   ALTER TABLE things ADD COLUMN more TEXT;\n";
        let mut schema = schema(sql).unwrap();
        let table = schema.table("things").unwrap();
        assert_eq!(table.about, "One thing.");
        let columns: Vec<_> = table
            .columns
            .iter()
            .map(|column| (&*column.name, &*column.definition, &*column.about))
            .collect();
        assert_eq!(
            columns,
            [
                ("id", "BIGINT PRIMARY KEY", ""),
                ("name", "TEXT CHECK (name <> '')", "In clear. never empty"),
                ("more", "TEXT", ""),
            ]
        );
        assert_eq!(table.keys, ["unique `(name)`"]);
        assert_eq!(table.indexes[0].text, "`(name)`");
        assert_eq!(table.indexes[0].about, "Fast.");
    }

    #[test]
    fn the_page_is_current() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let written = fs::read_to_string(root.join(PAGE)).unwrap();
        let made = page(&root.join("migrations")).unwrap();
        assert!(written == made, "run `cargo xtask schema`");
    }

    #[test]
    fn what_would_make_the_page_lie_is_an_error() {
        for sql in [
            "DROP TABLE things;",
            "ALTER TABLE things RENAME TO others;",
            "CREATE INDEX by_name ON things (name);",
            "CREATE TABLE things (\n    id BIGINT",
        ] {
            assert!(schema(sql).is_err(), "{sql}");
        }
    }
}
