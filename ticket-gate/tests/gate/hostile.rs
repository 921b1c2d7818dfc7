//! No input panics: arbitrary bytes, and sound objects changed and signed again. `PROPTEST_CASES` says
//! how many of each, 256 if it is not set.

use proptest::prelude::*;
use ticket_gate::*;
use ticket_token::cose::{Sign1, sign1};
use ticket_token::{SigningKey, VerifyingKey};

use crate::cbor_tree::{self, TreeChange, any_tree_change};
use crate::fixture::*;

/// How bytes are changed: few changes, so that most of the object stays sound.
#[derive(Debug, Clone)]
enum Change {
    Set(prop::sample::Index, u8),
    Flip(prop::sample::Index, u8),
    Remove(prop::sample::Index),
    Insert(prop::sample::Index, u8),
    /// Copies a stretch to another place.
    Copy(prop::sample::Index, prop::sample::Index, u8),
    Cut(prop::sample::Index),
}

fn any_change() -> impl Strategy<Value = Change> {
    let index = any::<prop::sample::Index>;
    prop_oneof![
        // Heads of CBOR values, which change structure rather than content.
        4 => (index(), prop::sample::select(vec![
            0x00, 0x18, 0x1a, 0x1b, 0x20, 0x40, 0x58, 0x60, 0x78, 0x80, 0x81, 0x82, 0x9f, 0xa0, 0xa1,
            0xbf, 0xc0, 0xd2, 0xf4, 0xf6, 0xf9, 0xff,
        ])).prop_map(|(at, value)| Change::Set(at, value)),
        4 => (index(), 0u8..8).prop_map(|(at, bit)| Change::Flip(at, bit)),
        2 => index().prop_map(Change::Remove),
        2 => (index(), any::<u8>()).prop_map(|(at, value)| Change::Insert(at, value)),
        1 => (index(), index(), 1u8..40).prop_map(|(from, to, n)| Change::Copy(from, to, n)),
        1 => index().prop_map(Change::Cut),
    ]
}

fn changed(mut bytes: Vec<u8>, changes: &[Change]) -> Vec<u8> {
    for change in changes {
        let length = bytes.len();
        if length == 0 {
            break;
        }
        match change {
            Change::Set(at, value) => bytes[at.index(length)] = *value,
            Change::Flip(at, bit) => bytes[at.index(length)] ^= 1 << bit,
            Change::Remove(at) => drop(bytes.remove(at.index(length))),
            Change::Insert(at, value) => bytes.insert(at.index(length), *value),
            Change::Copy(from, to, count) => {
                let from = from.index(length);
                let stretch = bytes[from..(from + usize::from(*count)).min(length)].to_vec();
                let to = to.index(length);
                bytes.splice(to..to, stretch);
            }
            Change::Cut(at) => bytes.truncate(at.index(length)),
        }
    }
    bytes
}

fn payload(bytes: &[u8]) -> Vec<u8> {
    Sign1::parse(bytes).unwrap().payload.to_vec()
}

/// Changes of an object's payload, which is signed again, so that they reach behind the signature.
#[derive(Debug, Clone)]
enum Inside {
    /// Whatever comes of it: mostly no CBOR any more.
    Bytes(Vec<Change>),
    /// CBOR that says something else.
    Tree(Vec<TreeChange>),
}

fn any_inside() -> impl Strategy<Value = Inside> {
    prop_oneof![
        1 => prop::collection::vec(any_change(), 1..4).prop_map(Inside::Bytes),
        3 => prop::collection::vec(any_tree_change(), 1..4).prop_map(Inside::Tree),
    ]
}

fn changed_inside(bytes: &[u8], changes: &Inside) -> Vec<u8> {
    match changes {
        Inside::Bytes(changes) => changed(payload(bytes), changes),
        Inside::Tree(changes) => cbor_tree::changed(&payload(bytes), changes),
    }
}

fn resigned(bytes: &[u8], typ: &str, key: &SigningKey, changes: &Inside) -> Vec<u8> {
    sign1(Some(typ), &changed_inside(bytes, changes), key)
}

proptest! {
    #[test]
    fn changed_bundles_are_judged_or_refused(
        inside in any_inside(),
        outside in prop::collection::vec(any_change(), 1..4),
    ) {
        let keys = keys();
        let root = VerifyingKey::new(&keys.root.public_key());
        let bytes = resigned(&bundle(&keys), BUNDLE_TYPE, &keys.bundle, &inside);
        if let Ok(bundle) = Bundle::open(&bytes, &root) {
            let mut ledger = Ledger::new();
            ledger.merge(RecordPage::new(vec![admission()]));
            let knowledge = Knowledge::new(&bundle, None, &ledger);
            for ticket_type in [PLAIN_TYPE, DATED_TYPE, GROUP_TYPE, DAILY_TYPE] {
                let text = ticket(VALID_SERIAL, ticket_type, &keys);
                for at in [Moment(0), hours(11), Moment(u64::MAX)] {
                    judge(&text, &knowledge, &Question::entry_at(at));
                }
            }
        }
        // Not signed again: never taken.
        let unsigned = changed(bundle(&keys), &outside);
        if unsigned != bundle(&keys) {
            prop_assert!(Bundle::open(&unsigned, &root).is_err());
        }
    }

    #[test]
    fn changed_delegations_are_refused_or_sound(inside in any_inside()) {
        let keys = keys();
        let root = VerifyingKey::new(&keys.root.public_key());
        let bytes = resigned(&delegation(&keys), DELEGATION_TYPE, &keys.root, &inside);
        if let Ok(opened) = Delegation::open(&bytes, &root) {
            // One content has one encoding.
            prop_assert_eq!(sign_delegation(&opened, &keys.root), Ok(bytes));
        }
    }

    #[test]
    fn changed_status_lists_are_refused_or_read(inside in any_inside()) {
        let keys = keys();
        let root = VerifyingKey::new(&keys.root.public_key());
        let bundle = Bundle::open(&bundle(&keys), &root).unwrap();
        let bytes = resigned(&status_list(&keys), STATUS_LIST_TYPE, &keys.bundle, &inside);
        if let Ok(list) = StatusList::open(&bytes, &root, &bundle) {
            prop_assert!(list.statuses.size() <= MAX_LIST_ENTRIES);
            list.stale_from();
        }
    }

    #[test]
    fn changed_tokens_are_never_another_valid_ticket(
        inside in any_inside(),
        outside in prop::collection::vec(any_change(), 1..4),
    ) {
        let keys = keys();
        let mut gate = paired(&keys);
        let scanner = device("a");
        let token = ticket_token::sign(&claims(VALID_SERIAL, PLAIN_TYPE), &keys.active);
        let outside = changed(token.cose().to_vec(), &outside);
        if outside != token.cose() {
            let text = ticket_token::encode_qr_text(&outside);
            let judgement = gate.verify(&text, &Question::entry_at(soon()));
            prop_assert_ne!(judgement.verdict, Verdict::Valid);
        }
        let inside = sign1(None, &changed_inside(token.cose(), &inside), &keys.active);
        let request = ScanRequest { confirmed: true, ..entry(soon(), &scanner, 1) };
        let scan = gate.scan(&ticket_token::encode_qr_text(&inside), &request);
        prop_assert_eq!(gate.ledger().len(), usize::from(scan.record.is_some()));
    }

    #[test]
    fn changed_states_and_pages_are_refused_or_read(
        changes in prop::collection::vec(any_change(), 1..4),
        tree_changes in prop::collection::vec(any_tree_change(), 1..4),
    ) {
        let keys = keys();
        let (mut gate, scanner) = (paired(&keys), device("a"));
        gate.scan(&ticket(VALID_SERIAL, PLAIN_TYPE, &keys), &entry(soon(), &scanner, 1));
        let (page, _) = gate.export_checkins(0);
        for page in [changed(page.clone(), &changes), cbor_tree::changed(&page, &tree_changes)] {
            if let Ok(read) = RecordPage::decode(&page) {
                // One set has one encoding.
                prop_assert_eq!(read.encode(), page);
            }
        }
        let state = gate.export_state();
        let root_key = keys.root.public_key();
        let _ = Gate::import_state(&changed(state.clone(), &changes), &root_key);
        let _ = Gate::import_state(&cbor_tree::changed(&state, &tree_changes), &root_key);
    }

    #[test]
    fn arbitrary_input_is_refused(bytes: Vec<u8>, text: String) {
        let keys = keys();
        let mut gate = paired(&keys);
        let root = VerifyingKey::new(&keys.root.public_key());
        prop_assert!(Bundle::open(&bytes, &root).is_err());
        prop_assert!(Bundle::open_unpaired(&bytes).is_err());
        prop_assert!(Delegation::open(&bytes, &root).is_err());
        prop_assert!(gate.update(&bytes).is_err());
        prop_assert!(gate.set_status_list(&bytes).is_err());
        let _ = gate.merge_checkins(&bytes);
        prop_assert!(Gate::import_state(&bytes, &keys.root.public_key()).is_err());
        for text in [text.clone(), format!("TK1:{text}"), ticket_token::encode_qr_text(&bytes)] {
            let judgement = gate.verify(&text, &Question::entry_at(soon()));
            prop_assert!(matches!(judgement.verdict, Verdict::Malformed | Verdict::Unsupported));
        }
    }
}

fn admission() -> Record {
    Record {
        event: EVENT,
        serial: VALID_SERIAL,
        at: hours(10),
        id: RecordId {
            device: device("a"),
            nonce: Nonce([1; 8]),
        },
        action: Action::Entry { count: people(1) },
        gate: None,
    }
}

#[test]
fn a_huge_count_in_a_small_page_takes_no_memory() {
    // An array head that promises 2^32 - 1 records.
    assert!(RecordPage::decode(&[0x9a, 0xff, 0xff, 0xff, 0xff]).is_err());
    assert!(RecordPage::decode(&[0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]).is_err());
}

#[test]
fn a_ticket_with_very_many_undos_is_judged_quickly() {
    let keys = keys();
    let mut gate = paired(&keys);
    let record = |number: u32| Record {
        event: EVENT,
        serial: VALID_SERIAL,
        at: Moment(number.into()),
        id: RecordId {
            device: device("a"),
            nonce: Nonce(u64::from(number).to_be_bytes()),
        },
        action: Action::Undo {
            undoes: RecordId {
                device: device("b"),
                nonce: Nonce(u64::from(u32::MAX - number).to_be_bytes()),
            },
        },
        gate: None,
    };
    let page = RecordPage::new((0..50_000).map(record).collect());
    assert_eq!(gate.merge_checkins(&page.encode()), Ok(50_000));
    let start = std::time::Instant::now();
    let text = ticket(VALID_SERIAL, PLAIN_TYPE, &keys);
    gate.verify(&text, &Question::entry_at(soon()));
    assert!(start.elapsed().as_secs() < 2, "took {:?}", start.elapsed());
}
