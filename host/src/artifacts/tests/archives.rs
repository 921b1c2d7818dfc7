//! ZIP archives, read by a program that did not write them.

use std::io::{Cursor, Read as _};

use super::super::{Manifest, ManifestForm, ManifestRow, ZipWriter};
use super::*;

impl Stage {
    fn zip(&self) -> ZipWriter {
        ZipWriter::new(
            self.store
                .create(&self.ring, key(1), &mut system_randomness()),
        )
    }
}

fn open(bytes: Vec<u8>) -> zip::ZipArchive<Cursor<Vec<u8>>> {
    zip::ZipArchive::new(Cursor::new(bytes)).unwrap()
}

async fn archive(stage: &Stage) -> Vec<u8> {
    let mut zip = stage.zip();
    assert_eq!(zip.add("Zoë.pdf", b"%PDF one").await.unwrap(), "Zoë.pdf");
    assert_eq!(
        zip.add("zoë.PDF", b"%PDF two").await.unwrap(),
        "zoë (2).PDF"
    );
    assert_eq!(zip.add("../x", b"").await.unwrap(), "_x");
    let manifest = Manifest::new(ManifestForm::Csv);
    let mut list = zip.begin("manifest.csv").await.unwrap();
    assert_eq!(list.name(), "manifest.csv");
    let mut bytes = Vec::new();
    manifest.begin(&mut bytes).unwrap();
    for index in 0..1000 {
        let row = ManifestRow::Failed {
            index,
            ticket_id: None,
            code: "TEMPLATE_FAILED",
            message: "no",
        };
        manifest.row(&row, &mut bytes).unwrap();
        list.write(&bytes).await.unwrap();
        bytes.clear();
    }
    list.end().await.unwrap();
    zip.add("last.png", &noise(70_000)).await.unwrap();
    let artifact = zip.finish().await.unwrap();
    stage.read(&artifact).await.unwrap()
}

#[tokio::test]
async fn an_archive_holds_its_files_and_is_the_same_each_time() {
    let stage = stage().await;
    let bytes = archive(&stage).await;
    assert!(bytes == archive(&stage).await);
    let mut zip = open(bytes);
    let expected = ["Zoë.pdf", "zoë (2).PDF", "_x", "manifest.csv", "last.png"];
    assert_eq!(zip.len(), expected.len());
    for (at, name) in expected.into_iter().enumerate() {
        let mut file = zip.by_index(at).unwrap();
        assert_eq!(file.name().unwrap(), name);
        assert_eq!(file.compression(), zip::CompressionMethod::Stored);
        assert_eq!(file.last_modified(), Some(zip::DateTime::default()));
        assert_eq!(file.unix_mode(), Some(0o100_644));
        let mut content = Vec::new();
        // It checks the sum, too.
        file.read_to_end(&mut content).unwrap();
        assert_eq!(content.len() as u64, file.size());
        match name {
            "Zoë.pdf" => assert_eq!(content, b"%PDF one"),
            "manifest.csv" => {
                let text = String::from_utf8(content).unwrap();
                assert_eq!(text.lines().count(), 1001);
                assert!(text.ends_with("999,failed,,,,,,TEMPLATE_FAILED,no\r\n"));
            }
            "last.png" => assert!(content == noise(70_000)),
            _ => {}
        }
    }
}

#[tokio::test]
async fn an_archive_of_whole_files_can_be_unpacked_while_it_comes() {
    let stage = stage().await;
    let mut zip = stage.zip();
    for number in 0..3 {
        zip.add("a.pdf", &noise(number)).await.unwrap();
    }
    let artifact = zip.finish().await.unwrap();
    let bytes = stage.read(&artifact).await.unwrap();
    let mut stream = &bytes[..];
    let mut sizes = Vec::new();
    while let Some(mut file) = zip::read::read_zipfile_from_stream(&mut stream).unwrap() {
        let mut content = Vec::new();
        file.read_to_end(&mut content).unwrap();
        sizes.push(content.len());
    }
    assert_eq!(sizes, [0, 1, 2]);
}

#[tokio::test]
async fn an_empty_archive_is_one() {
    let stage = stage().await;
    let artifact = stage.zip().finish().await.unwrap();
    assert_eq!(artifact.bytes, 22);
    assert!(open(stage.read(&artifact).await.unwrap()).is_empty());
}

#[tokio::test]
async fn more_files_than_the_old_format_counts_are_all_there() {
    let stage = stage().await;
    let mut zip = stage.zip();
    for number in 0..70_000 {
        zip.add(&format!("{number}.txt"), b"x").await.unwrap();
    }
    let artifact = zip.finish().await.unwrap();
    let mut archive = open(stage.read(&artifact).await.unwrap());
    assert_eq!(archive.len(), 70_000);
    let mut last = archive.by_index(69_999).unwrap();
    assert_eq!(last.name().unwrap(), "69999.txt");
    let mut content = String::new();
    last.read_to_string(&mut content).unwrap();
    assert_eq!(content, "x");
}

#[tokio::test]
async fn an_archive_with_a_file_that_was_not_ended_is_none() {
    let stage = stage().await;
    let mut zip = stage.zip();
    let mut entry = zip.begin("list.csv").await.unwrap();
    entry.write(b"half").await.unwrap();
    drop(entry);
    assert!(matches!(
        zip.add("x", b"").await,
        Err(ArtifactError::BrokenOff)
    ));
    assert!(matches!(zip.finish().await, Err(ArtifactError::BrokenOff)));
    let left = stage.raw.list(None).try_collect::<Vec<_>>().await.unwrap();
    assert!(left.is_empty());
}
