use serde_json::json;

use super::conflict;
use super::samples::{at, by, compiling_version, organizer, ready_version};
use crate::storage::{
    Asset, Canary, Conflict, Digest, NewTemplateVersion, Storage, VersionOutcome, VersionState,
};

pub(crate) async fn blobs_are_kept_once(storage: &dyn Storage) {
    let digest = storage.store_blob(b"abc".to_vec(), at(0)).await.unwrap();
    assert_eq!(digest, Digest::of(b"abc"));
    assert_eq!(
        storage.store_blob(b"abc".to_vec(), at(1)).await.unwrap(),
        digest
    );
    assert_eq!(
        storage.blob(digest).await.unwrap().as_deref(),
        Some(b"abc".as_slice())
    );
    assert_eq!(storage.blob(Digest::of(b"abd")).await.unwrap(), None);
    let large = vec![7; 32 << 20];
    let digest = storage.store_blob(large.clone(), at(2)).await.unwrap();
    assert_eq!(storage.blob(digest).await.unwrap(), Some(large));
}

pub(crate) async fn versions_count_up_and_end_once(storage: &dyn Storage) {
    let organizer = organizer(storage, "demo").await.id;
    let first = compiling_version(storage, organizer, "poster").await;
    assert_eq!((first.number, &first.state), (1, &VersionState::Compiling));
    let logo = storage.store_blob(b"png".to_vec(), at(2)).await.unwrap();
    let new = NewTemplateVersion {
        name: "poster".to_owned(),
        component: first.component,
        settings: first.settings,
        assets: vec![Asset {
            name: "logo".to_owned(),
            media_type: "image/png".to_owned(),
            digest: logo,
        }],
    };
    let second = storage
        .create_template_version(organizer, new.clone(), by(3))
        .await
        .unwrap();
    assert_eq!((second.number, second.template), (2, first.template));
    assert_eq!(second.assets, new.assets);
    let compiling = storage.compiling_versions().await.unwrap();
    assert_eq!(compiling, [first.clone(), second.clone()]);

    let unknown = NewTemplateVersion {
        component: Digest([9; 32]),
        ..new
    };
    let unknown = storage
        .create_template_version(organizer, unknown, by(3))
        .await;
    assert_eq!(conflict(unknown), Conflict::Reference);

    let reject = VersionOutcome::Rejected {
        report: json!({ "problems": ["no"] }),
    };
    let finish = |outcome| storage.finish_template_version(organizer, second.id, outcome);
    let rejected = finish(reject.clone()).await.unwrap().unwrap();
    assert_eq!(rejected.state, VersionState::Rejected);
    assert_eq!(rejected.report, Some(json!({ "problems": ["no"] })));
    let again = conflict(finish(reject).await);
    assert!(
        matches!(
            again,
            Conflict::Transition {
                state: "rejected",
                ..
            }
        ),
        "{again}"
    );
    assert_eq!(
        storage.compiling_versions().await.unwrap(),
        std::slice::from_ref(&first)
    );

    let versions = storage
        .template_versions(organizer, first.template)
        .await
        .unwrap();
    assert_eq!(versions, [rejected.clone(), first.clone()]);
    let by_number = storage
        .template_version_by_number(organizer, first.template, 2)
        .await;
    assert_eq!(by_number.unwrap(), Some(rejected));
    let template = storage
        .template(organizer, "poster")
        .await
        .unwrap()
        .unwrap();
    assert_eq!((template.newest_version, template.active), (2, None));
}

pub(crate) async fn only_ready_versions_are_put_in_use(storage: &dyn Storage) {
    let organizer = organizer(storage, "demo").await.id;
    let compiling = compiling_version(storage, organizer, "poster").await;
    let refused = storage
        .activate_template_version(organizer, compiling.id, by(4))
        .await;
    assert!(matches!(
        conflict(refused),
        Conflict::Transition {
            state: "compiling",
            ..
        }
    ));
    let canary = Canary {
        version: compiling.id,
        permille: 100,
    };
    let refused = storage
        .set_canary(organizer, compiling.template, Some(canary), by(4))
        .await;
    assert!(matches!(
        conflict(refused),
        Conflict::Transition {
            state: "compiling",
            ..
        }
    ));

    let ready = ready_version(storage, organizer, "poster").await;
    let template = storage
        .activate_template_version(organizer, ready.id, by(5))
        .await;
    let template = template.unwrap().unwrap();
    assert_eq!(template.active, Some(ready.id));
    assert_eq!(
        storage.templates(organizer).await.unwrap(),
        std::slice::from_ref(&template)
    );
    assert_eq!(
        storage
            .template_by_id(organizer, template.id)
            .await
            .unwrap(),
        Some(template)
    );

    let foreign = ready_version(storage, organizer, "other").await;
    let canary = Canary {
        version: foreign.id,
        permille: 100,
    };
    let refused = storage
        .set_canary(organizer, ready.template, Some(canary), by(6))
        .await;
    assert_eq!(conflict(refused), Conflict::Reference);
}

pub(crate) async fn rolling_back_goes_back_step_by_step(storage: &dyn Storage) {
    let organizer = organizer(storage, "demo").await.id;
    let mut versions = Vec::new();
    for step in 0..3 {
        let version = ready_version(storage, organizer, "poster").await;
        let activate = || storage.activate_template_version(organizer, version.id, by(step));
        activate().await.unwrap();
        // A second time adds no step to go back.
        activate().await.unwrap();
        versions.push(version);
    }
    let template = versions[0].template;
    let back = || storage.roll_back_template(organizer, template, by(9));
    assert_eq!(back().await.unwrap().unwrap().active, Some(versions[1].id));
    assert_eq!(back().await.unwrap().unwrap().active, Some(versions[0].id));
    assert_eq!(conflict(back().await), Conflict::NothingToRollBack);

    // Going on from here, the way back leads here.
    storage
        .activate_template_version(organizer, versions[2].id, by(10))
        .await
        .unwrap();
    assert_eq!(back().await.unwrap().unwrap().active, Some(versions[0].id));
}

pub(crate) async fn a_trial_ends_with_the_activation(storage: &dyn Storage) {
    let organizer = organizer(storage, "demo").await.id;
    let old = ready_version(storage, organizer, "poster").await;
    let new = ready_version(storage, organizer, "poster").await;
    storage
        .activate_template_version(organizer, old.id, by(4))
        .await
        .unwrap();
    let canary = Canary {
        version: new.id,
        permille: 50,
    };
    let tried = storage
        .set_canary(organizer, old.template, Some(canary), by(5))
        .await;
    assert_eq!(tried.unwrap().unwrap().canary, Some(canary));
    let active = storage
        .activate_template_version(organizer, new.id, by(6))
        .await;
    assert_eq!(active.unwrap().unwrap().canary, None);

    storage
        .set_canary(organizer, old.template, Some(canary), by(7))
        .await
        .unwrap();
    let ended = storage
        .set_canary(organizer, old.template, None, by(8))
        .await;
    assert_eq!(ended.unwrap().unwrap().canary, None);
}
