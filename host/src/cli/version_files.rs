//! What comes with a component: its settings and images, from files.

use std::path::{Path, PathBuf};

use clap::Args;

use super::value::read_file;
use crate::templates::loaded::{AssetFile, VersionFiles};

/// Files of one version.
#[derive(Clone, Debug, Args)]
pub(super) struct VersionFilesArgs {
    /// A file of settings.
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
    /// An image and the name by which the template asks for it; may be given several times.
    #[arg(long = "asset", value_name = "NAME=FILE", value_parser = named_file)]
    assets: Vec<NamedFile>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct NamedFile {
    name: String,
    path: PathBuf,
}

impl VersionFilesArgs {
    /// Where the files are.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        let assets = self.assets.iter().map(|asset| asset.path.as_path());
        self.settings.as_deref().into_iter().chain(assets)
    }

    /// Reads the files.
    ///
    /// # Errors
    /// The first that cannot be read.
    pub fn read(&self) -> anyhow::Result<VersionFiles> {
        let settings = self.settings.as_deref().map(read_file).transpose()?;
        let mut assets = Vec::with_capacity(self.assets.len());
        for NamedFile { name, path } in &self.assets {
            assets.push(AssetFile {
                name: name.clone(),
                bytes: read_file(path)?,
            });
        }
        Ok(VersionFiles {
            settings: settings.unwrap_or_default(),
            assets,
        })
    }
}

fn named_file(text: &str) -> Result<NamedFile, String> {
    match text.split_once('=') {
        Some((name, path)) if !name.is_empty() && !path.is_empty() => Ok(NamedFile {
            name: name.to_owned(),
            path: PathBuf::from(path),
        }),
        Some(_) | None => {
            Err("give the image's name and its file, such as logo=logo.png".to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_asset_has_a_name_and_a_file() {
        let (name, path) = ("logo".to_owned(), PathBuf::from("a=b.png"));
        assert_eq!(named_file("logo=a=b.png"), Ok(NamedFile { name, path }));
        for text in ["logo.png", "=logo.png", "logo=", ""] {
            assert!(named_file(text).is_err(), "{text}");
        }
    }
}
