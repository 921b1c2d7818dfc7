//! What is taken in and what is refused: delegations, bundles, status lists, states.

use ticket_gate::*;
use ticket_token::cbor::Writer;
use ticket_token::cose::{Sign1, sign1};
use ticket_token::{EventNumber, PublicKey, Serial, SigningKey, UnixTime, VerifyingKey};

use crate::fixture::*;

fn root(keys: &Keys) -> VerifyingKey {
    VerifyingKey::new(&keys.root.public_key())
}

fn older(held: u64, offered: u64) -> Result<(), KnowledgeError> {
    Err(KnowledgeError::Older { held, offered })
}

/// A bundle with some changes under a delegation with some changes.
fn bundle_with(
    keys: &Keys,
    change_delegation: impl FnOnce(&mut Delegation),
    change: impl FnOnce(&mut BundleContent),
) -> Vec<u8> {
    let mut delegation = delegation_content(keys);
    change_delegation(&mut delegation);
    let delegation = sign_delegation(&delegation, &keys.root).unwrap();
    let mut content = bundle_content(keys);
    change(&mut content);
    sign_bundle(&content, &delegation, &keys.bundle).unwrap()
}

fn sequenced(keys: &Keys, delegation: u64, bundle: u64) -> Vec<u8> {
    bundle_with(keys, |d| d.sequence = delegation, |b| b.sequence = bundle)
}

fn list_with(keys: &Keys, delegation: u64, change: impl FnOnce(&mut StatusListContent)) -> Vec<u8> {
    let mut content = delegation_content(keys);
    content.sequence = delegation;
    let delegation = sign_delegation(&content, &keys.root).unwrap();
    let statuses = statuses();
    let mut content = list_content(&statuses);
    change(&mut content);
    sign_status_list(&content, &delegation, &keys.bundle).unwrap()
}

#[test]
fn a_bundle_reads_back_whole() {
    let keys = keys();
    let opened = Bundle::open(&bundle(&keys), &root(&keys)).unwrap();
    assert_eq!(opened.content(), &bundle_content(&keys));
    assert_eq!(opened.delegation(), &delegation_content(&keys));
    assert_eq!(
        opened.ticket_type(DAILY_TYPE).unwrap().names.own(),
        "Both days"
    );
    assert_eq!(opened.ticket_type(UNKNOWN_TYPE), None);
}

#[test]
fn a_bundle_is_refused_by_whom_its_root_did_not_delegate() {
    let keys = keys();
    let stranger = VerifyingKey::new(&keys.stranger.public_key());
    let refused = Bundle::open(&bundle(&keys), &stranger).unwrap_err();
    assert_eq!(refused, KnowledgeError::NotDelegated);
    assert_eq!(refused.code(), "NOT_DELEGATED");
    assert!(Bundle::open_unpaired(&bundle(&keys)).is_ok());
}

#[test]
fn a_bundle_by_another_key_than_the_delegated_is_refused() {
    let keys = keys();
    let bytes = bundle(&keys);
    let payload = Sign1::parse(&bytes).unwrap().payload;
    let forged = sign1(Some(BUNDLE_TYPE), payload, &keys.stranger);
    assert_eq!(
        Bundle::open(&forged, &root(&keys)).unwrap_err(),
        KnowledgeError::BadSignature
    );
    assert_eq!(
        Bundle::open_unpaired(&forged).unwrap_err(),
        KnowledgeError::BadSignature
    );
    let refused = sign_bundle(&bundle_content(&keys), &delegation(&keys), &keys.stranger);
    assert_eq!(refused, Err(KnowledgeError::BadSignature));
}

#[test]
fn a_bundle_issued_outside_the_delegations_window_is_refused() {
    let keys = keys();
    for (not_before, expires) in [(ISSUED.0 + 1, ISSUED.0 + DAY), (ISSUED.0 - DAY, ISSUED.0)]
        .map(|(a, b)| (UnixTime(a), UnixTime(b)))
    {
        let delegation = Delegation {
            not_before,
            expires,
            ..delegation_content(&keys)
        };
        let delegation = sign_delegation(&delegation, &keys.root).unwrap();
        let refused = sign_bundle(&bundle_content(&keys), &delegation, &keys.bundle);
        assert_eq!(refused, Err(KnowledgeError::OutsideDelegation));
        let payload = payload_with_delegation(&keys, &delegation);
        let forged = sign1(Some(BUNDLE_TYPE), &payload, &keys.bundle);
        let refused = Bundle::open(&forged, &root(&keys)).unwrap_err();
        assert_eq!(refused, KnowledgeError::OutsideDelegation);
    }
}

/// The fixture's bundle payload around another delegation.
fn payload_with_delegation(keys: &Keys, other: &[u8]) -> Vec<u8> {
    let bytes = bundle(keys);
    let payload = Sign1::parse(&bytes).unwrap().payload;
    let own = delegation(keys);
    let place = payload
        .windows(own.len())
        .position(|window| window == own)
        .unwrap();
    assert_eq!(own.len(), other.len());
    [&payload[..place], other, &payload[place + own.len()..]].concat()
}

#[test]
fn objects_of_another_kind_are_refused() {
    let keys = keys();
    let root = root(&keys);
    let bundle_bytes = bundle(&keys);
    let bundle = Bundle::open(&bundle_bytes, &root).unwrap();
    let kind = |expected| KnowledgeError::Kind { expected };
    assert_eq!(
        Bundle::open(&status_list(&keys), &root).unwrap_err(),
        kind(BUNDLE_TYPE)
    );
    assert_eq!(
        Bundle::open(&delegation(&keys), &root).unwrap_err(),
        kind(BUNDLE_TYPE)
    );
    assert_eq!(
        Delegation::open(&bundle_bytes[..], &root)
            .unwrap_err()
            .code(),
        "TOO_LARGE"
    );
    let list = StatusList::open(&bundle_bytes, &root, &bundle);
    assert_eq!(list.unwrap_err(), kind(STATUS_LIST_TYPE));
    // A ticket signed by the root key, which signs none, is no delegation.
    let ticket = ticket_token::sign(&claims(VALID_SERIAL, PLAIN_TYPE), &keys.root);
    assert_eq!(
        Delegation::open(ticket.cose(), &root).unwrap_err(),
        kind(DELEGATION_TYPE)
    );
}

#[test]
fn content_out_of_bounds_is_not_signed() {
    let keys = keys();
    let check = |change: fn(&mut BundleContent), field: &str| {
        let mut content = bundle_content(&keys);
        change(&mut content);
        let refusal = sign_bundle(&content, &delegation(&keys), &keys.bundle).unwrap_err();
        assert!(
            matches!(refusal, KnowledgeError::Value { field: found, .. } if found == field),
            "{refusal:?}, expected {field}"
        );
    };
    check(|b| b.expires = b.issued_at, "expires");
    check(|b| b.event.time_zone.clear(), "time zone");
    check(
        |b| {
            b.event.doors = Some(Window {
                opens: ISSUED,
                closes: ISSUED,
            })
        },
        "doors",
    );
    check(|b| b.status.address = "x".repeat(1025), "status address");
    check(|b| b.keys.clear(), "keys");
    check(|b| b.keys.push(b.keys[0]), "keys");
    check(|b| b.keys.extend(vec![b.keys[0]; MAX_KEYS]), "keys");
    check(|b| b.types.reverse(), "ticket types");
    check(|b| b.types[1].number = b.types[0].number, "ticket types");
    check(|b| b.types[0].entries = Entries::InAll(0), "entries");
    check(
        |b| b.types[0].entries = Entries::InAll(MAX_ENTRIES + 1),
        "entries",
    );
    check(|b| b.types[0].entries = Entries::PerWindow(1), "entries");
    check(|b| b.types[0].group_size = 0, "group size");
    check(
        |b| b.types[0].gates = vec![gate("x"); MAX_GATES + 1],
        "gates",
    );
    check(
        |b| b.types[0].windows = vec![WINDOW; MAX_WINDOWS + 1],
        "windows",
    );
    check(|b| b.types[0].windows = vec![WINDOW, WINDOW], "windows");
}

/// Re-signs the fixture's bundle with its payload changed as bytes.
fn resigned(
    keys: &Keys,
    change: impl FnOnce(Vec<u8>) -> Vec<u8>,
) -> Result<Bundle, KnowledgeError> {
    let bytes = bundle(keys);
    let payload = change(Sign1::parse(&bytes).unwrap().payload.to_vec());
    Bundle::open(
        &sign1(Some(BUNDLE_TYPE), &payload, &keys.bundle),
        &root(keys),
    )
}

/// The payload with one field more at its end.
fn with_field(mut payload: Vec<u8>, field: u64) -> Vec<u8> {
    let mut addition = Writer::new();
    addition.unsigned(field).text("something new");
    payload[0] += 1;
    payload.extend(addition.into_bytes());
    payload
}

#[test]
fn an_addition_is_passed_over_and_a_new_necessity_is_not() {
    let keys = keys();
    let opened = resigned(&keys, |payload| with_field(payload, 64)).unwrap();
    assert_eq!(opened.content(), &bundle_content(&keys));
    assert!(resigned(&keys, |payload| with_field(payload, u64::MAX)).is_ok());
    let refused = resigned(&keys, |payload| with_field(payload, 13)).unwrap_err();
    assert_eq!(
        refused,
        KnowledgeError::UnknownField {
            what: "bundle",
            field: 13
        }
    );
    assert_eq!(refused.code(), "UPDATE_NEEDED");
    let refused = resigned(&keys, |mut payload| {
        // {1: 1, …} begins with a map head, the key and the version.
        assert_eq!(payload[1..3], [1, 1]);
        payload[2] = 2;
        payload
    });
    assert_eq!(refused.unwrap_err(), KnowledgeError::Version(2));
}

#[test]
fn a_missing_field_is_named() {
    let keys = keys();
    let refused = resigned(&keys, |payload| {
        // The last field, warning advice, has a default; the one before it as well. Cut both, and
        // the ticket number key before them: 1 + 17 bytes.
        let advice = 2 + 2 * 6 + 2 + 2 * 4;
        let mut cut = payload[..payload.len() - advice - 18].to_vec();
        cut[0] -= 3;
        cut
    });
    let missing = KnowledgeError::Missing {
        what: "bundle",
        field: "ticket number key",
    };
    assert_eq!(refused.unwrap_err(), missing);
}

#[test]
fn a_rollback_is_refused_also_after_a_reload() {
    let keys = keys();
    let root_key = keys.root.public_key();
    let mut gate = Gate::pair(&sequenced(&keys, 3, 7), &root_key).unwrap();
    assert_eq!(gate.update(&sequenced(&keys, 3, 6)), older(7, 6));
    assert_eq!(gate.update(&sequenced(&keys, 3, 7)), Ok(()));
    assert_eq!(gate.update(&sequenced(&keys, 3, 8)), Ok(()));
    assert_eq!(gate.update(&sequenced(&keys, 2, 99)), older(3, 2));
    let mut reloaded = Gate::import_state(&gate.export_state(), &root_key).unwrap();
    assert_eq!(reloaded.update(&sequenced(&keys, 3, 7)), older(8, 7));
    // The same sequence, but made earlier: an answer that was overtaken.
    let earlier = bundle_with(
        &keys,
        |d| d.sequence = 3,
        |b| (b.sequence, b.issued_at) = (8, UnixTime(ISSUED.0 - 1)),
    );
    assert_eq!(reloaded.update(&earlier), older(8, 8));
    assert_eq!(reloaded.bundle().content().sequence, 8);
}

#[test]
fn a_new_delegation_ends_the_reign_of_a_stolen_bundle_key() {
    let keys = keys();
    let mut gate = paired(&keys);
    // The thief signs the highest sequence there is.
    gate.update(&sequenced(&keys, 1, u64::MAX)).unwrap();
    let text = ticket(VALID_SERIAL, PLAIN_TYPE, &keys);
    // The organizer delegates another key; its bundles count from the beginning.
    let new_key = SigningKey::from_seed(&[99; 32]).unwrap();
    let rescue = Delegation {
        bundle_key: new_key.public_key(),
        sequence: 2,
        ..delegation_content(&keys)
    };
    let rescue = sign_delegation(&rescue, &keys.root).unwrap();
    let mut content = bundle_content(&keys);
    content.sequence = 1;
    gate.update(&sign_bundle(&content, &rescue, &new_key).unwrap())
        .unwrap();
    // The old key's status list fell with it, and comes not back.
    assert_eq!(gate.status_list(), None);
    let judgement = gate.verify(&text, &Question::entry_at(soon()));
    assert_eq!(warnings(judgement.warnings), ["STATUS_UNKNOWN"]);
    assert_eq!(gate.set_status_list(&status_list(&keys)), older(2, 1));
    assert_eq!(gate.update(&sequenced(&keys, 1, u64::MAX)), older(2, 1));
}

#[test]
fn a_bundle_of_another_event_takes_no_place() {
    let keys = keys();
    let mut gate = paired(&keys);
    let other = bundle_with(&keys, |_| {}, |b| b.event.number = EventNumber(43));
    assert_eq!(
        gate.update(&other),
        Err(KnowledgeError::WrongEvent {
            expected: EVENT,
            found: EventNumber(43)
        })
    );
}

#[test]
fn a_revoked_key_reaches_the_scanner_by_the_next_bundle() {
    let keys = keys();
    let mut gate = paired(&keys);
    let text = ticket(VALID_SERIAL, PLAIN_TYPE, &keys);
    let verdict = |gate: &Gate| gate.verify(&text, &Question::entry_at(soon())).verdict;
    assert_eq!(verdict(&gate), Verdict::Valid);
    let revoking = bundle_with(
        &keys,
        |_| {},
        |b| {
            b.sequence += 1;
            b.keys[1].state = KeyState::Revoked;
        },
    );
    gate.update(&revoking).unwrap();
    assert_eq!(verdict(&gate), Verdict::KeyRevoked);
    assert!(gate.status_list().is_some());
}

#[test]
fn keys_that_share_an_id_are_all_tried() {
    // Two seeds whose public keys begin their SHA-256 with the same four bytes, found by search.
    let seeded = |number: u32| {
        let mut seed = [0; 32];
        seed[..4].copy_from_slice(&number.to_be_bytes());
        seed[4] = 0x4b;
        SigningKey::from_seed(&seed).unwrap()
    };
    let (one, other) = (seeded(8_343), seeded(112_880));
    assert_eq!(one.key_id(), other.key_id());
    let keys = keys();
    let listed = |key: PublicKey, state| ListedKey {
        key,
        state,
        sign_until: BUNDLE_EXPIRES,
        verify_until: BUNDLE_EXPIRES,
    };
    let both = vec![
        listed(one.public_key(), KeyState::Revoked),
        listed(other.public_key(), KeyState::Active),
    ];
    let bytes = bundle_with(&keys, |_| {}, |b| b.keys = both);
    let gate = Gate::pair(&bytes, &keys.root.public_key()).unwrap();
    let verdict = |key: &SigningKey| {
        let mut cose = ticket_token::sign(&claims(VALID_SERIAL, PLAIN_TYPE), key)
            .cose()
            .to_vec();
        let question = Question::entry_at(soon());
        let whole = gate
            .verify(&ticket_token::encode_qr_text(&cose), &question)
            .verdict;
        *cose.last_mut().unwrap() ^= 1;
        let broken = gate
            .verify(&ticket_token::encode_qr_text(&cose), &question)
            .verdict;
        (whole, broken)
    };
    assert_eq!(verdict(&one), (Verdict::KeyRevoked, Verdict::BadSignature));
    assert_eq!(verdict(&other), (Verdict::Valid, Verdict::BadSignature));
}

#[test]
fn statuses_are_packed_as_the_draft_says() {
    let mut statuses = Statuses::all_valid(6).unwrap();
    assert!(statuses.set(Serial(0), Status::Revoked));
    assert!(statuses.set(Serial(1), Status::Suspended));
    assert!(statuses.set(Serial(5), Status::Revoked));
    assert!(!statuses.set(Serial(6), Status::Revoked));
    let read: Vec<_> = (0..7).map(|serial| statuses.get(Serial(serial))).collect();
    use Status::*;
    let expected = [
        Some(Revoked),
        Some(Suspended),
        Some(Valid),
        Some(Valid),
        Some(Valid),
    ];
    assert_eq!(read[..5], expected);
    assert_eq!(read[5..], [Some(Revoked), None]);
    assert!(statuses.set(Serial(0), Status::Valid));
    assert_eq!(statuses.get(Serial(0)), Some(Valid));
    assert_eq!(statuses.get(Serial(1)), Some(Suspended));
}

#[test]
fn the_host_judges_by_what_it_knows_itself() {
    let keys = keys();
    let of_host = |content| Bundle::of_host(content, ORGANIZER.to_owned(), keys.root.public_key());
    let content = bundle_content(&keys);
    let host = of_host(content.clone()).unwrap();
    assert_eq!(host.content(), &content);
    assert_eq!(host.expires(), content.expires);
    let mut twice = content;
    twice.types.push(twice.types[0].clone());
    assert!(of_host(twice).is_err());

    let code = ticket(VALID_SERIAL, PLAIN_TYPE, &keys);
    let ledger = Ledger::default();
    let knowledge = Knowledge::new(&host, None, &ledger);
    let check = |knowledge: Knowledge<'_>, verdict: Verdict, doubts: &[&str]| {
        let judgement = judge(&code, &knowledge, &Question::entry_at(soon()));
        assert_eq!(judgement.verdict, verdict);
        assert_eq!(warnings(judgement.warnings), doubts, "{verdict:?}");
    };
    let known = |status| knowledge.with_status_of(VALID_SERIAL, status);
    check(knowledge, Verdict::Valid, &["STATUS_UNKNOWN"]);
    check(known(Status::Valid), Verdict::Valid, &[]);
    check(known(Status::Revoked), Verdict::Revoked, &[]);
    check(known(Status::Suspended), Verdict::Suspended, &[]);
    let of_another = knowledge.with_status_of(REVOKED_SERIAL, Status::Revoked);
    check(of_another, Verdict::Valid, &["STATUS_UNKNOWN"]);
}

#[test]
fn a_status_list_reads_back_at_every_size() {
    let keys = keys();
    let bundle = Bundle::open(&bundle(&keys), &root(&keys)).unwrap();
    for size in [0, 1, 2, 3, 4, 5, 1000] {
        let mut expected = Statuses::all_valid(size).unwrap();
        if size > 0 {
            assert!(expected.set(Serial(size - 1), Status::Suspended));
        }
        let bytes =
            sign_status_list(&list_content(&expected), &delegation(&keys), &keys.bundle).unwrap();
        let list = StatusList::open(&bytes, &root(&keys), &bundle).unwrap();
        assert_eq!(list.statuses, expected);
    }
}

#[test]
fn a_status_list_may_go_without_an_aggregation() {
    let keys = keys();
    let list = list_with(&keys, 1, |list| list.aggregation_address = None);
    assert_eq!(paired(&keys).set_status_list(&list), Ok(()));
}

#[test]
fn a_million_tickets_with_one_in_a_hundred_revoked_take_16_kilobytes() {
    let keys = keys();
    let bundle = Bundle::open(&bundle(&keys), &root(&keys)).unwrap();
    let mut statuses = Statuses::all_valid(1_000_000).unwrap();
    let (mut revoked, mut random) = (0, 0x9e37_79b9_7f4a_7c15u64);
    while revoked < 10_000 {
        // xorshift64, for a spread that is the same in every run.
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let serial = Serial((random % 1_000_000) as u32);
        if statuses.get(serial) == Some(Status::Valid) {
            assert!(statuses.set(serial, Status::Revoked));
            revoked += 1;
        }
    }
    let content = list_content(&statuses);
    let bytes = sign_status_list(&content, &delegation(&keys), &keys.bundle).unwrap();
    assert!(bytes.len() <= 16_000, "{} bytes", bytes.len());
    let list = StatusList::open(&bytes, &root(&keys), &bundle).unwrap();
    assert_eq!(list.statuses, statuses);
}

#[test]
fn a_status_list_is_refused_at_the_wrong_door() {
    let keys = keys();
    let mut gate = paired(&keys);
    let other_event = list_with(&keys, 1, |list| list.event = EventNumber(43));
    let wrong = KnowledgeError::WrongEvent {
        expected: EVENT,
        found: EventNumber(43),
    };
    assert_eq!(gate.set_status_list(&other_event), Err(wrong));
    let other_address = list_with(&keys, 1, |list| list.address = "https://elsewhere.example/");
    assert_eq!(
        gate.set_status_list(&other_address),
        Err(KnowledgeError::WrongStatusList)
    );
    let not_ours = {
        let delegation = sign_delegation(&delegation_content(&keys), &keys.stranger).unwrap();
        sign_status_list(&list_content(&statuses()), &delegation, &keys.bundle).unwrap()
    };
    assert_eq!(
        gate.set_status_list(&not_ours),
        Err(KnowledgeError::NotDelegated)
    );
    assert_eq!(
        gate.set_status_list(&list_with(&keys, 1, |list| list.sequence = 4)),
        older(5, 4)
    );
    assert_eq!(
        gate.set_status_list(&list_with(&keys, 1, |list| list.sequence = 6)),
        Ok(())
    );
    assert_eq!(gate.status_list().unwrap().sequence, 6);
    // Under a newer delegation sequences begin anew.
    assert_eq!(
        gate.set_status_list(&list_with(&keys, 2, |list| list.sequence = 1)),
        Ok(())
    );
    assert_eq!(
        gate.set_status_list(&list_with(&keys, 1, |list| list.sequence = 9)),
        older(2, 1)
    );
}

/// A status list with any compressed bytes and any declared size.
fn list_of(keys: &Keys, compressed: &[u8], size: u32, bits: u64) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.map(9);
    writer.integer(2).text(ADDRESS);
    writer.integer(4).unsigned(LIST_EXPIRES.0.into());
    writer.integer(6).unsigned(ISSUED.0.into());
    writer
        .integer(65_533)
        .map(2)
        .text("lst")
        .bytes(compressed)
        .text("bits")
        .unsigned(bits);
    writer.integer(65_534).unsigned(TTL.into());
    writer.integer(-65_537).unsigned(EVENT.0.into());
    writer.integer(-65_538).unsigned(9);
    writer.integer(-65_539).unsigned(size.into());
    writer.integer(-65_540).bytes(&delegation(keys));
    sign1(Some(STATUS_LIST_TYPE), &writer.into_bytes(), &keys.bundle)
}

#[test]
fn a_status_list_inflates_to_its_declared_size_or_not_at_all() {
    let keys = keys();
    let mut gate = paired(&keys);
    let zlib = |bytes: &[u8]| miniz_oxide::deflate::compress_to_vec_zlib(bytes, 6);
    let mut check = |compressed: &[u8], size, bits, expected: Result<(), &str>| {
        let answer = gate.set_status_list(&list_of(&keys, compressed, size, bits));
        assert_eq!(
            answer.map_err(|error| error.to_string()),
            expected.map_err(str::to_owned)
        );
    };
    let inflate = Err("the status list does not inflate to its declared size");
    check(&zlib(&[1, 2]), 8, 2, Ok(()));
    check(&zlib(&[1, 2]), 5, 2, Ok(()));
    check(&zlib(&[1, 2]), 4, 2, inflate);
    check(&zlib(&[1, 2]), 9, 2, inflate);
    // Statuses beyond the declared size.
    check(&zlib(&[1, 4]), 5, 2, inflate);
    // A bomb, a cut stream, bytes after it, a wrong checksum, nothing.
    check(&zlib(&vec![0; 4 << 20]), 8, 2, inflate);
    check(&zlib(&[1, 2])[..8], 8, 2, inflate);
    check(&[zlib(&[1, 2]), vec![0]].concat(), 8, 2, inflate);
    check(&[&zlib(&[1, 2])[..], &[0]].concat()[1..], 8, 2, inflate);
    let mut wrong_sum = zlib(&[1, 2]);
    *wrong_sum.last_mut().unwrap() ^= 1;
    check(&wrong_sum, 8, 2, inflate);
    check(&[], 0, 2, inflate);
    check(&zlib(&[]), 0, 2, Ok(()));
    check(&zlib(&[1, 2]), 8, 1, Err("bits: 2 for each ticket"));
    let most = Err("status list size: at most 16777216 entries");
    check(&zlib(&[]), MAX_LIST_ENTRIES + 1, 2, most);
}

#[test]
fn an_application_specific_status_admits_nobody() {
    let keys = keys();
    let mut gate = paired(&keys);
    let compressed = miniz_oxide::deflate::compress_to_vec_zlib(&[0b1100], 6);
    gate.set_status_list(&list_of(&keys, &compressed, 4, 2))
        .unwrap();
    let text = ticket(Serial(1), PLAIN_TYPE, &keys);
    assert_eq!(
        gate.verify(&text, &Question::entry_at(soon())).verdict,
        Verdict::Revoked
    );
}

#[test]
fn a_state_reads_back_with_cursors_that_stay_good() {
    let keys = keys();
    let root_key = keys.root.public_key();
    let (mut gate, scanner) = (paired(&keys), device("a"));
    for serial in [30, 10, 20] {
        gate.scan(
            &ticket(Serial(serial), PLAIN_TYPE, &keys),
            &entry(soon(), &scanner, 1),
        );
    }
    let (_, cursor) = gate.export_checkins(0);
    let mut reloaded = Gate::import_state(&gate.export_state(), &root_key).unwrap();
    assert_eq!(reloaded.export_state(), gate.export_state());
    assert_eq!(reloaded.ledger(), gate.ledger());
    reloaded.scan(
        &ticket(Serial(15), PLAIN_TYPE, &keys),
        &entry(soon(), &scanner, 2),
    );
    let (page, _) = reloaded.export_checkins(cursor);
    let page = RecordPage::decode(&page).unwrap();
    assert_eq!(
        page.records()
            .iter()
            .map(|r| r.serial.0)
            .collect::<Vec<_>>(),
        [15]
    );
    let text = ticket(Serial(20), PLAIN_TYPE, &keys);
    let question = Question::entry_at(soon());
    assert_eq!(
        reloaded.verify(&text, &question).verdict,
        Verdict::Duplicate
    );
    let strange = Gate::import_state(&gate.export_state(), &keys.stranger.public_key());
    assert_eq!(strange.unwrap_err(), KnowledgeError::NotDelegated);
}

#[test]
fn a_typed_number_names_the_serial() {
    let keys = keys();
    let gate = paired(&keys);
    let number_key = &gate.bundle().content().number_key;
    let printed = number_key.number_of(VALID_SERIAL).to_string();
    let typed: TicketNumber = printed.to_lowercase().replace('-', " ").parse().unwrap();
    assert_eq!(number_key.serial_of(&typed), Some(VALID_SERIAL));
}
