//! Libraries of other people, which know nothing of us: they must read what we sign, and we what
//! they do.

use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::{Map, Value, json};

use crate::console::say;
use crate::workspace::Workspace;
use crate::{node, process, python};

/// Reads IETF token status lists; the newest release at the time of writing.
const STATUS_LIST_READER: &str = "@owf/token-status-list@0.3.0-alpha-20260508181749";
const STATUS_LIST_SCRIPT: &str = "ticket-gate/vectors/read_status_list.mjs";

/// Runs each of them.
pub fn run(workspace: &Workspace) -> Result<()> {
    foreign_vectors_are_current(workspace)?;
    own_tokens_are_verified(workspace)?;
    own_status_lists_are_read(workspace)
}

/// The committed vectors are what the libraries make today.
fn foreign_vectors_are_current(workspace: &Workspace) -> Result<()> {
    let folder = workspace.root().join(python::SCRIPTS);
    let made = process::capture(
        Command::new(python::interpreter(workspace)?)
            .current_dir(&folder)
            .arg("make_foreign.py"),
    )?;
    let committed =
        std::fs::read_to_string(folder.join("foreign.json")).context("cannot read foreign.json")?;
    ensure!(
        made == committed,
        "make_foreign.py no longer makes foreign.json"
    );
    say("foreign.json is what pycose and cwt make");
    Ok(())
}

/// pycose verifies our own sound tokens with nothing but a JWK set, and reads the same claims.
fn own_tokens_are_verified(workspace: &Workspace) -> Result<()> {
    let path = workspace.root().join(python::SCRIPTS).join("own.json");
    let vectors: Value = serde_json::from_slice(
        &std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?,
    )?;
    let cases: Vec<&Value> = vectors["cases"]
        .as_array()
        .context("own.json has no cases")?
        .iter()
        .filter(|case| case["expect"] == "ok" && case["claims"]["profile"] != "server")
        .collect();
    let keys: Vec<&Value> = cases
        .iter()
        .filter_map(|case| case["keys"]["keys"].as_array())
        .flatten()
        .collect();
    let codes: Vec<&str> = cases
        .iter()
        .filter_map(|case| case["qr_text"].as_str())
        .collect();
    ensure!(!codes.is_empty(), "own.json has no sound token");

    let python = python::interpreter(workspace)?;
    let key_set = workspace.target().join("python/own-keys.json");
    std::fs::write(&key_set, json!({ "keys": keys }).to_string())?;
    let answers = python::verify_by_pycose(workspace, &python, &key_set, &codes)?;
    ensure!(answers.len() == codes.len(), "pycose judged too few tokens");
    for (case, answer) in cases.iter().zip(&answers) {
        let mut read: Map<String, Value> = serde_json::from_str(answer)?;
        read.remove("verified");
        read.insert("profile".into(), case["claims"]["profile"].clone());
        ensure!(
            Value::Object(read) == case["claims"],
            "{}: pycose reads {answer}",
            case["name"]
        );
    }
    say(&format!("pycose verifies {} tokens of ours", codes.len()));
    Ok(())
}

/// A library for token status lists finds the statuses of our lists.
fn own_status_lists_are_read(workspace: &Workspace) -> Result<()> {
    let folder = node::with_packages(workspace, "status-list", &[STATUS_LIST_READER])?;
    process::run(
        Command::new("node")
            .current_dir(&folder)
            .arg(workspace.root().join(STATUS_LIST_SCRIPT)),
    )
}
