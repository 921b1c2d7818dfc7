//! The gate: codes judged by the npm package in Node and in Chromium, with nothing to ask.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::json;

use crate::console::say;
use crate::process;
use crate::workspace::Workspace;

/// A folder with the package installed as an application would have it, and a scanner's knowledge.
pub struct Gate {
    folder: PathBuf,
    root_key: String,
    network_off: bool,
    /// The script that asks a browser.
    in_browser: PathBuf,
}

/// Who judges.
#[derive(Clone, Copy, Debug)]
pub enum Judge {
    /// Node.
    Node,
    /// Headless Chromium, whose server has stopped.
    Chromium,
}

/// What the package said.
#[derive(Deserialize)]
pub struct Judgement {
    /// Of all calls to `verify` together.
    pub milliseconds: f64,
    /// Names of verdicts, in the order of the codes.
    pub verdicts: Vec<String>,
}

impl Gate {
    /// Lays the package, the bundle and the script into `folder`.
    pub fn set_up(
        workspace: &Workspace,
        folder: PathBuf,
        bundle: &[u8],
        root_key: &str,
    ) -> Result<Self> {
        let scope = folder.join("node_modules/@guichet");
        std::fs::create_dir_all(&scope)
            .with_context(|| format!("cannot create {}", scope.display()))?;
        symlink(workspace.dist().join("verifier"), scope.join("verifier"))?;
        std::fs::write(folder.join("verify.mjs"), include_str!("verify.mjs"))?;
        std::fs::write(folder.join("bundle.cose"), bundle)?;
        let network_off = can_turn_network_off();
        say(if network_off {
            "judging in a network namespace of its own, where not even loopback is up"
        } else {
            "judging without a namespace of its own (that needs root): the script asks nobody anyway"
        });
        Ok(Self {
            folder,
            root_key: root_key.to_owned(),
            network_off,
            in_browser: workspace.root().join("verifier-wasm/tests/judge_codes.mjs"),
        })
    }

    /// Takes in a status list.
    pub fn keep_status_list(&self, list: &[u8]) -> Result<()> {
        std::fs::write(self.status_list(), list).context("cannot write the status list")
    }

    /// Judges `codes` with what the scanner holds.
    pub fn judge(&self, judge: Judge, codes: &[&str]) -> Result<Judgement> {
        let question = self.folder.join("question.json");
        let list = self.status_list();
        let content = json!({
            "rootKey": self.root_key,
            "bundle": self.folder.join("bundle.cose"),
            "statusList": list.exists().then_some(list),
            "codes": codes,
        });
        std::fs::write(&question, serde_json::to_vec_pretty(&content)?)?;
        let mut command = match judge {
            Judge::Node => self.node("verify.mjs"),
            Judge::Chromium => {
                let mut node = Command::new("node");
                node.arg(&self.in_browser);
                node
            }
        };
        let printed = process::capture(command.arg(&question))?;
        serde_json::from_str(&printed).context("the script printed no judgement")
    }

    fn status_list(&self) -> PathBuf {
        self.folder.join("status.cwt")
    }

    fn node(&self, script: &str) -> Command {
        let mut command = if self.network_off {
            let mut command = Command::new("unshare");
            command.args(["--net", "node"]);
            command
        } else {
            Command::new("node")
        };
        command.current_dir(Path::new(&self.folder)).arg(script);
        command
    }
}

fn can_turn_network_off() -> bool {
    process::capture(Command::new("unshare").args(["--net", "true"])).is_ok()
}
