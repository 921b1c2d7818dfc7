//! `guichet keys rotate-master`.

use std::sync::Arc;

use clap::Args;
use serde_json::json;

use super::refused;
use crate::cli::answer::{Form, Outcome, Refusal, remark, show};
use crate::cli::data::DataArgs;
use crate::cli::database;
use crate::keys::{Keys, MacSecret, MasterKey, system_randomness};

/// Seal everything that the previous master key sealed with the new one.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  guichet keys rotate-master

Give the new key as GUICHET_MASTER_KEY and the old one as GUICHET_MASTER_KEY_PREVIOUS, to this command and,
before it, to every host: they open what either key sealed. In a data folder, rename master.key to
master-previous.key and start the host again, which makes a new one. Once this command says that it is done,
take the old key away and start the hosts again. If it was interrupted, run it again.")]
pub(in crate::cli) struct RotateMasterArgs {
    #[command(flatten)]
    data: DataArgs,
}

pub(super) async fn run(args: &RotateMasterArgs, form: Form) -> anyhow::Result<Outcome> {
    let config = args.data.config()?;
    let storage = database::open_existing(&config).await?;
    let secrets = config.all_secrets()?;
    if secrets.previous_master.is_none() {
        let message = "there is no previous master key; give it as GUICHET_MASTER_KEY_PREVIOUS, or as \
                       the file master-previous.key of the data folder";
        return Err(Refusal::new("NO_PREVIOUS_KEY", message).into());
    }
    let keys = Keys::new(
        Arc::clone(&storage),
        MasterKey::of(&secrets),
        MacSecret::new(secrets.qr.expose().to_vec()),
    );
    let mut sealed = 0_u64;
    let mut randomness = system_randomness();
    for organizer in storage.organizers().await? {
        if keys
            .seal_anew(&organizer, &mut randomness)
            .await
            .map_err(refused)?
        {
            sealed += 1;
            remark(format_args!(
                "{} is sealed with the new key",
                organizer.slug
            ));
        }
    }
    let all = storage.organizers().await?.len();
    storage.close().await;
    let text = format!(
        "{sealed} of {all} organizers were sealed anew, the others were before\n\
         Take the previous key away from hosts and commands now. Keep it as long as you keep backups that \
         were made before."
    );
    show(
        form,
        text,
        &json!({ "organizers": all, "sealedAnew": sealed }),
    )?;
    Ok(Outcome::Done)
}
