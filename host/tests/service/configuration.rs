//! Settings come from flags, the environment and a file; a mistake stops the start.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::support::{Folder, command};

fn run(arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    let mut command = command();
    command.args(arguments).envs(environment.iter().copied());
    command.output().unwrap()
}

#[test]
fn every_setting_is_printed_with_its_meaning_and_no_secret() {
    let secret = "a secret of the operator, 32 bytes";
    let environment = [
        ("JWT_SECRET", secret),
        ("PORT", "3999"),
        ("REDIS_URL", "redis://user:password@cache"),
        ("CORS_ORIGN", "*"),
    ];
    let output = run(&["config"], &environment);
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("\nPORT=3999\n"), "{text}");
    assert!(text.contains("\nJWT_SECRET=(hidden)\n"), "{text}");
    assert!(text.contains("# port of the API"), "{text}");
    let notices = String::from_utf8(output.stderr).unwrap();
    assert!(notices.contains("REDIS_URL changes nothing"), "{notices}");
    assert!(notices.contains("did you mean CORS_ORIGIN?"), "{notices}");
    assert!(!notices.contains("password"), "{notices}");
    assert!(!text.contains(secret));

    let output = run(&["config", "--json"], &environment);
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    let settings = json["settings"].as_array().unwrap();
    let explained = |entry: &Value| !entry["meaning"].as_str().unwrap().is_empty();
    assert!(settings.iter().all(explained), "{json}");
    assert_eq!(json["notices"].as_array().unwrap().len(), 2);
}

#[test]
fn what_is_printed_can_be_given_back() {
    let first = run(&["config"], &[("TRUSTED_PROXIES", "loopback, 10.0.0.0/8")]);
    let text = String::from_utf8(first.stdout).unwrap();
    let environment: Vec<_> = text
        .lines()
        .filter(|line| !line.starts_with('#') && !line.ends_with("(hidden)"))
        .map(|line| line.split_once('=').unwrap())
        .collect();
    let second = run(&["config"], &environment);
    assert_eq!(String::from_utf8(second.stdout).unwrap(), text);
}

#[test]
fn a_file_is_read_and_a_mistake_in_it_stops_the_start() {
    let folder = Folder::new();
    let file = folder.path().join("guichet.toml");
    let path = file.to_str().unwrap();
    fs::write(&file, "port = 3998\ncors_origin = ['https://a.example']\n").unwrap();
    let output = run(&["config", "--config", path], &[("LOG_LEVEL", "warn")]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("\nPORT=3998\n"), "{text}");
    assert!(text.contains("\nCORS_ORIGIN=https://a.example\n"), "{text}");
    assert!(text.contains("\nLOG_LEVEL=warn\n"), "{text}");
    let named = run(&["config"], &[("GUICHET_CONFIG", path), ("PORT", "3997")]);
    let text = String::from_utf8(named.stdout).unwrap();
    assert!(text.contains("\nPORT=3997\n"), "{text}");

    let data = folder.path().join("data");
    let refused = |content: &str, expected: &str| {
        fs::write(&file, content).unwrap();
        let data = data.to_str().unwrap();
        let output = run(&["serve", "--config", path, "--data", data], &[]);
        assert_eq!(output.status.code(), Some(1));
        let message = String::from_utf8(output.stderr).unwrap();
        assert!(message.contains(expected), "{message}");
    };
    refused("porrt = 1", "PORRT is not a setting");
    refused("public_ulr = 'x'", "did you mean PUBLIC_URL?");
    refused(
        "port = 'many'",
        "PORT: \"many\" is not valid; give a number",
    );
    assert!(!data.exists());
}

#[test]
fn a_host_that_waits_for_its_database_can_be_stopped() {
    let folder = Folder::embedded();
    let secret = "01234567890123456789012345678901";
    // Nobody listens on port 1.
    let environment = [
        ("DATABASE_URL", "postgres://guichet@127.0.0.1:1/guichet"),
        ("GUICHET_MASTER_KEY", secret),
        ("JWT_SECRET", secret),
        ("QR_SECRET_KEY", secret),
        ("METRICS_ENABLED", "false"),
    ];
    let mut host = command()
        .args(["serve", "--port", "0", "--data"])
        .arg(folder.path())
        .envs(environment)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut log = BufReader::new(host.stderr.take().unwrap()).lines();
    let waits = |line: &String| line.contains("the database is not ready");
    assert!(log.by_ref().map_while(Result::ok).any(|line| waits(&line)));
    let id = host.id().to_string();
    let sent = Command::new("kill").args(["-TERM", &id]).status().unwrap();
    assert!(sent.success());
    // It would go on for a minute, and say so several times.
    assert!(log.map_while(Result::ok).filter(waits).count() <= 1);
    assert!(host.wait().unwrap().success());
}
