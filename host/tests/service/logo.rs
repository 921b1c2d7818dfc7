//! An organizer's own logo, from the command line to the page.

use std::path::Path;

use serde_json::json;

use crate::support::{Folder, Host, token};

#[test]
fn a_logo_that_was_pushed_with_classic_is_printed() {
    let folder = Folder::new();
    let organizer = token(&folder, "lakeside", "organizer");
    let host = Host::start(&folder);
    let client = host.client(&organizer);
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let component = root.join("target/dist/templates/classic.wasm");
    let component = component.to_str().unwrap();
    let settings = folder.path().join("settings.json");
    std::fs::write(&settings, r#"{"logo":"logo"}"#).unwrap();
    let logo = format!("logo={}", root.join("tests/data/logo.png").display());
    let push = |assets: &[&str]| {
        let target = ["--url", &host.origin, "--token", &organizer, "--json"];
        let settings = ["--settings", settings.to_str().unwrap()];
        let what = ["template", "push", component, "--name", "lakeside"];
        folder.guichet(&[&what, &target[..], &settings[..], assets].concat())
    };

    // The settings name an image that does not come along.
    let refused = push(&[]);
    assert_eq!(refused.status.code(), Some(1));
    let error = String::from_utf8_lossy(&refused.stderr).into_owned();
    let output = String::from_utf8_lossy(&refused.stdout).into_owned();
    assert!((error + &output).contains("`logo`"), "the image is named");

    let pushed = push(&["--asset", &logo]);
    let error = String::from_utf8_lossy(&pushed.stderr).into_owned();
    assert!(pushed.status.success(), "{error}");
    let version: serde_json::Value = serde_json::from_slice(&pushed.stdout).unwrap();
    assert_eq!(version["state"], "ready");
    let path = format!(
        "/api/templates/lakeside/versions/{}/activate",
        version["version"]
    );
    assert_eq!(client.post(&path, &json!({})).status, 200);

    let print = |id: &str, template: &str| {
        let order = json!({"ticketData": {"id": id}, "options": {"template": template}});
        assert_eq!(client.post("/api/tickets/generate", &order).status, 201);
        client.get(&format!("/api/tickets/{id}/download")).bytes
    };
    let images = |pdf: &[u8]| {
        let name = b"/Subtype/Image";
        pdf.windows(name.len())
            .filter(|window| window == name)
            .count()
    };
    assert_eq!(images(&print("a-1", "classic")), 0);
    assert_eq!(
        images(&print("a-2", "lakeside")),
        2,
        "colours and soft mask"
    );
}
