//! Scanning, counting, undoing, and merging in any order.

use proptest::prelude::*;
use ticket_gate::*;
use ticket_token::{EventNumber, Serial, TicketType};

use crate::fixture::*;

/// One scanner at work.
struct Scanner {
    gate: Gate,
    device: DeviceName,
    keys: Keys,
    scans: u8,
}

impl Scanner {
    fn new(name: &str) -> Self {
        let keys = keys();
        Self {
            gate: paired(&keys),
            device: device(name),
            keys,
            scans: 0,
        }
    }

    fn scan(&mut self, ticket_type: TicketType, at: Moment, action: ScanAction) -> Scan {
        let text = ticket(VALID_SERIAL, ticket_type, &self.keys);
        self.scans += 1;
        let request = ScanRequest {
            action,
            ..entry(at, &self.device, self.scans)
        };
        self.gate.scan(&text, &request)
    }

    fn enter(&mut self, ticket_type: TicketType, at: Moment, count: u16) -> (Verdict, u32) {
        let scan = self.scan(
            ticket_type,
            at,
            ScanAction::Entry {
                count: people(count),
            },
        );
        assert_eq!(
            scan.record.is_some(),
            scan.judgement.verdict == Verdict::Valid
        );
        (scan.judgement.verdict, scan.judgement.remaining.unwrap())
    }

    fn leave(&mut self, ticket_type: TicketType, at: Moment, count: u16) -> (Verdict, u32) {
        let scan = self.scan(
            ticket_type,
            at,
            ScanAction::Exit {
                count: people(count),
            },
        );
        assert!(scan.record.is_some());
        (scan.judgement.verdict, scan.judgement.remaining.unwrap())
    }

    fn tell(&self, other: &mut Scanner) -> usize {
        let (page, _) = self.gate.export_checkins(0);
        other.gate.merge_checkins(&page).unwrap()
    }
}

#[test]
fn a_second_scan_is_a_duplicate_that_says_when_and_where() {
    let keys = keys();
    let (scanner, north) = (device("north-1"), gate("North"));
    let mut gate = paired(&keys);
    let text = ticket(VALID_SERIAL, PLAIN_TYPE, &keys);
    let first = gate.scan(
        &text,
        &ScanRequest {
            gate: Some(&north),
            ..entry(soon(), &scanner, 1)
        },
    );
    assert_eq!(first.judgement.verdict, Verdict::Valid);
    assert_eq!(first.judgement.remaining, Some(0));
    assert_eq!(first.judgement.admissions, []);

    let second = gate.scan(&text, &entry(soon().plus(1), &scanner, 2));
    assert_eq!(second.judgement.verdict, Verdict::Duplicate);
    assert_eq!(second.judgement.advice, Advice::Refuse);
    assert_eq!(second.record, None);
    assert_eq!(second.judgement.admissions, [first.record.unwrap()]);
    assert_eq!(second.judgement.admissions[0].gate, Some(north));
}

#[test]
fn asking_changes_nothing() {
    let keys = keys();
    let gate = paired(&keys);
    let text = ticket(VALID_SERIAL, PLAIN_TYPE, &keys);
    for _ in 0..3 {
        let judgement = gate.verify(&text, &Question::entry_at(soon()));
        assert_eq!(
            (judgement.verdict, judgement.remaining),
            (Verdict::Valid, Some(1))
        );
    }
    assert!(gate.ledger().is_empty());
}

#[test]
fn a_duplicate_is_of_the_ticket_not_of_the_text() {
    // The same ticket signed again, as after a change of keys, has another text.
    let keys = keys();
    let mut gate = paired(&keys);
    let scanner = device("a");
    let again = ticket_token::sign(&claims(VALID_SERIAL, PLAIN_TYPE), &keys.retired).qr_text();
    gate.scan(
        &ticket(VALID_SERIAL, PLAIN_TYPE, &keys),
        &entry(soon(), &scanner, 1),
    );
    let second = gate.scan(&again, &entry(soon(), &scanner, 2));
    assert_eq!(second.judgement.verdict, Verdict::Duplicate);
}

#[test]
fn a_group_may_come_in_parts_and_go_out_for_a_while() {
    let mut scanner = Scanner::new("a");
    assert_eq!(scanner.enter(GROUP_TYPE, soon(), 4), (Verdict::Valid, 2));
    assert_eq!(
        scanner.enter(GROUP_TYPE, soon().plus(1), 3),
        (Verdict::Duplicate, 2)
    );
    assert_eq!(
        scanner.enter(GROUP_TYPE, soon().plus(2), 2),
        (Verdict::Valid, 0)
    );
    assert_eq!(
        scanner.leave(GROUP_TYPE, soon().plus(3), 1),
        (Verdict::Valid, 1)
    );
    assert_eq!(
        scanner.enter(GROUP_TYPE, soon().plus(4), 1),
        (Verdict::Valid, 0)
    );
}

#[test]
fn an_exit_never_makes_more_room_than_the_ticket_has() {
    let mut scanner = Scanner::new("a");
    assert_eq!(scanner.leave(GROUP_TYPE, soon(), 5), (Verdict::Valid, 6));
    assert_eq!(
        scanner.enter(GROUP_TYPE, soon().plus(1), 7),
        (Verdict::Duplicate, 6)
    );
}

#[test]
fn without_re_entry_an_exit_gives_nothing_back() {
    let mut scanner = Scanner::new("a");
    assert_eq!(scanner.enter(PLAIN_TYPE, soon(), 1), (Verdict::Valid, 0));
    assert_eq!(
        scanner.leave(PLAIN_TYPE, soon().plus(1), 1),
        (Verdict::Valid, 0)
    );
    assert_eq!(
        scanner.enter(PLAIN_TYPE, soon().plus(2), 1),
        (Verdict::Duplicate, 0)
    );
}

#[test]
fn entries_per_window_begin_anew_with_each() {
    let mut scanner = Scanner::new("a");
    let (first_day, second_day) = (hours(11), hours(11 + 24));
    assert_eq!(scanner.enter(DAILY_TYPE, first_day, 1), (Verdict::Valid, 0));
    assert_eq!(
        scanner.enter(DAILY_TYPE, first_day.plus(1), 1),
        (Verdict::Duplicate, 0)
    );
    assert_eq!(
        scanner.enter(DAILY_TYPE, second_day, 1),
        (Verdict::Valid, 0)
    );
    assert_eq!(
        scanner.enter(DAILY_TYPE, second_day.plus(1), 1),
        (Verdict::Duplicate, 0)
    );
}

#[test]
fn an_exit_is_recorded_after_closing_time() {
    let mut scanner = Scanner::new("a");
    scanner.enter(DATED_TYPE, hours(11), 1);
    assert_eq!(scanner.leave(DATED_TYPE, hours(13), 1), (Verdict::Valid, 0));
}

#[test]
fn an_undo_gives_the_entry_back() {
    let mut scanner = Scanner::new("a");
    scanner.enter(PLAIN_TYPE, soon(), 1);
    let undo = scanner.scan(
        PLAIN_TYPE,
        soon().plus(1),
        ScanAction::Undo { undoes: None },
    );
    assert_eq!(undo.judgement.remaining, Some(1));
    assert_eq!(
        scanner.enter(PLAIN_TYPE, soon().plus(2), 1),
        (Verdict::Valid, 0)
    );
    // There is one entry to take back now, not two.
    let undo = scanner.scan(
        PLAIN_TYPE,
        soon().plus(3),
        ScanAction::Undo { undoes: None },
    );
    assert!(undo.record.is_some());
    let nothing = scanner.scan(
        PLAIN_TYPE,
        soon().plus(4),
        ScanAction::Undo { undoes: None },
    );
    assert_eq!(nothing.record, None);
}

#[test]
fn an_undo_without_a_name_takes_back_this_scanners_own_latest() {
    let (mut here, mut there) = (Scanner::new("here"), Scanner::new("there"));
    there.enter(GROUP_TYPE, soon().plus(9), 1);
    here.enter(GROUP_TYPE, soon(), 2);
    here.enter(GROUP_TYPE, soon().plus(1), 3);
    there.tell(&mut here);
    let undo = here.scan(
        GROUP_TYPE,
        soon().plus(10),
        ScanAction::Undo { undoes: None },
    );
    assert_eq!(undo.judgement.remaining, Some(3));
    let named = ScanAction::Undo {
        undoes: Some(RecordId {
            device: device("there"),
            nonce: Nonce([1; 8]),
        }),
    };
    let undo = here.scan(GROUP_TYPE, soon().plus(11), named);
    assert_eq!(undo.judgement.remaining, Some(4));
}

#[test]
fn an_entry_that_is_asked_about_is_recorded_once_confirmed() {
    let keys = keys();
    let mut gate = paired(&keys);
    let scanner = device("a");
    let text = ticket(VALID_SERIAL, PLAIN_TYPE, &keys);
    // The bundle has expired by then, which asks.
    let late = hours(31 * 24);
    let asked = gate.scan(&text, &entry(late, &scanner, 1));
    assert_eq!((asked.judgement.advice, asked.record), (Advice::Ask, None));
    let confirmed = gate.scan(
        &text,
        &ScanRequest {
            confirmed: true,
            ..entry(late, &scanner, 2)
        },
    );
    assert!(confirmed.record.is_some());
    let refused = gate.scan(
        &text,
        &ScanRequest {
            confirmed: true,
            ..entry(late, &scanner, 3)
        },
    );
    assert_eq!(
        (refused.judgement.advice, refused.record),
        (Advice::Refuse, None)
    );
}

#[test]
fn nothing_is_recorded_of_a_ticket_that_is_not_ours() {
    let keys = keys();
    let mut gate = paired(&keys);
    let scanner = device("a");
    let strange = ticket_token::sign(&claims(VALID_SERIAL, PLAIN_TYPE), &keys.stranger).qr_text();
    let elsewhere = ticket_token::Claims {
        event: EventNumber(43),
        ..claims(VALID_SERIAL, PLAIN_TYPE)
    };
    let elsewhere = ticket_token::sign(&elsewhere, &keys.active).qr_text();
    for text in ["", "TK1:", &strange, &elsewhere] {
        for action in [
            ScanAction::Entry { count: people(1) },
            ScanAction::Exit { count: people(1) },
            ScanAction::Undo { undoes: None },
        ] {
            let request = ScanRequest {
                action,
                confirmed: true,
                ..entry(soon(), &scanner, 1)
            };
            assert_eq!(gate.scan(text, &request).record, None);
        }
    }
    assert!(gate.ledger().is_empty());
}

#[test]
fn two_gates_that_did_not_know_of_each_other_make_a_conflict() {
    let (mut north, mut south) = (Scanner::new("north"), Scanner::new("south"));
    assert_eq!(north.enter(PLAIN_TYPE, soon(), 1), (Verdict::Valid, 0));
    assert_eq!(
        south.enter(PLAIN_TYPE, soon().plus(500), 1),
        (Verdict::Valid, 0)
    );
    assert_eq!(north.tell(&mut south), 1);
    assert_eq!(north.tell(&mut south), 0);
    assert_eq!(south.tell(&mut north), 1);
    assert_eq!(north.gate.ledger(), south.gate.ledger());
    let records = north.gate.ledger().records_of(EVENT, VALID_SERIAL);
    let standing = standing(&records, &Allowance::SINGLE, soon());
    assert!(standing.is_conflict());
    assert_eq!((standing.used, standing.remaining()), (2, 0));
    assert_eq!(
        north.enter(PLAIN_TYPE, soon().plus(900), 1),
        (Verdict::Duplicate, 0)
    );
}

#[test]
fn a_conflict_stays_one_after_people_have_left() {
    let (mut north, mut south) = (Scanner::new("north"), Scanner::new("south"));
    north.enter(GROUP_TYPE, soon(), 6);
    south.enter(GROUP_TYPE, soon().plus(1), 6);
    north.leave(GROUP_TYPE, soon().plus(2), 6);
    south.leave(GROUP_TYPE, soon().plus(3), 6);
    south.tell(&mut north);
    let bundle = north.gate.bundle();
    let allowance = Allowance::of(bundle.ticket_type(GROUP_TYPE).unwrap());
    let records = north.gate.ledger().records_of(EVENT, VALID_SERIAL);
    let standing = standing(&records, &allowance, soon());
    assert_eq!((standing.used, standing.most_used), (0, 12));
    assert!(standing.is_conflict());
}

#[test]
fn a_sync_sends_only_what_was_made_here_and_only_once() {
    let (mut here, mut there) = (Scanner::new("here"), Scanner::new("there"));
    for (serial, scanner) in [(10, &mut here), (11, &mut there)] {
        let text = ticket(Serial(serial), PLAIN_TYPE, &scanner.keys);
        scanner.gate.scan(&text, &entry(soon(), &scanner.device, 1));
    }
    there.tell(&mut here);
    let (page, cursor) = here.gate.export_checkins(0);
    let page = RecordPage::decode(&page).unwrap();
    assert_eq!(
        page.records()
            .iter()
            .map(|r| r.serial.0)
            .collect::<Vec<_>>(),
        [10]
    );
    assert_eq!(cursor, here.gate.ledger().made_here());
    let (nothing, same) = here.gate.export_checkins(cursor);
    assert_eq!(RecordPage::decode(&nothing).unwrap().records(), []);
    assert_eq!(
        (same, here.gate.export_checkins(u32::MAX).1),
        (cursor, cursor)
    );
}

#[test]
fn pages_are_cut_in_the_order_of_making() {
    let mut ledger = Ledger::new();
    for serial in [5, 3, 9, 1] {
        ledger.insert(record(serial, 0, "a", serial as u8));
    }
    let serials = |cursor, limit| {
        let (page, next) = ledger.made_here_after(cursor, limit);
        (
            page.records()
                .iter()
                .map(|r| r.serial.0)
                .collect::<Vec<_>>(),
            next,
        )
    };
    assert_eq!(serials(0, 2), (vec![3, 5], 2));
    assert_eq!(serials(2, 2), (vec![1, 9], 4));
    assert_eq!(serials(4, 2), (vec![], 4));
}

#[test]
fn records_of_another_event_are_refused_whole() {
    let mut scanner = Scanner::new("a");
    let strange = Record {
        event: EventNumber(43),
        ..record(1, 0, "b", 1)
    };
    let page = RecordPage::new(vec![record(1, 0, "b", 1), strange]).encode();
    assert_eq!(
        scanner.gate.merge_checkins(&page),
        Err(KnowledgeError::WrongEvent {
            expected: EVENT,
            found: EventNumber(43)
        })
    );
    assert!(scanner.gate.ledger().is_empty());
}

#[test]
fn a_page_has_one_encoding() {
    let (one, two) = (record(1, 0, "a", 1), record(2, 0, "a", 2));
    let page = RecordPage::new(vec![two.clone(), one.clone(), two.clone()]);
    assert_eq!(page.records(), [one, two]);
    assert_eq!(RecordPage::decode(&page.encode()), Ok(page.clone()));
    // The two records exchanged, and one of them twice.
    let bytes = page.encode();
    let (first, second) = bytes[1..].split_at((bytes.len() - 1) / 2);
    for wrong in [[second, first].concat(), [first, first].concat()] {
        let wrong = [&[0x82][..], &wrong].concat();
        let refusal = KnowledgeError::Value {
            field: "records",
            rule: "must ascend",
        };
        assert_eq!(RecordPage::decode(&wrong), Err(refusal));
    }
}

fn record(serial: u32, at: u64, device_name: &str, nonce: u8) -> Record {
    Record {
        event: EVENT,
        serial: Serial(serial),
        at: Moment(at),
        id: RecordId {
            device: device(device_name),
            nonce: Nonce([nonce; 8]),
        },
        action: Action::Entry { count: people(1) },
        gate: None,
    }
}

fn any_id() -> impl Strategy<Value = RecordId> {
    (prop_oneof![Just("a"), Just("b"), Just("c")], 0u8..6).prop_map(|(name, nonce)| RecordId {
        device: device(name),
        nonce: Nonce([nonce; 8]),
    })
}

/// Few serials, times and ids, so that records meet, undo each other, and share ids.
fn any_record() -> impl Strategy<Value = Record> {
    let action = prop_oneof![
        (1u16..4).prop_map(|count| Action::Entry {
            count: people(count)
        }),
        (1u16..4).prop_map(|count| Action::Exit {
            count: people(count)
        }),
        any_id().prop_map(|undoes| Action::Undo { undoes }),
    ];
    let gate = prop_oneof![Just(None), Just(Some(gate("North")))];
    (0u32..3, 0u64..5, any_id(), action, gate).prop_map(|(serial, at, id, action, gate)| Record {
        event: EVENT,
        serial: Serial(serial),
        at: Moment(at),
        id,
        action,
        gate,
    })
}

/// What is said of every ticket of the ledger.
fn state(ledger: &Ledger, allowance: &Allowance<'_>) -> Vec<(u32, u32, usize)> {
    let standing_of = |serial| {
        let standing = standing(
            &ledger.records_of(EVENT, Serial(serial)),
            allowance,
            Moment(2),
        );
        (standing.used, standing.most_used, standing.admissions.len())
    };
    (0..3).map(standing_of).collect()
}

proptest! {
    #[test]
    fn any_order_and_repetition_of_syncs_gives_the_same_state(
        (records, shuffled) in prop::collection::vec(any_record(), 0..40)
            .prop_flat_map(|records| (Just(records.clone()), Just(records).prop_shuffle())),
        cuts in prop::collection::vec(0usize..40, 0..6),
        re_entry: bool,
    ) {
        let mut one_by_one = Ledger::new();
        for record in &records {
            one_by_one.insert(record.clone());
        }
        // Other devices' pages: overlapping, repeated, in another order.
        let mut in_pages = Ledger::new();
        for cut in cuts.iter().map(|cut| (*cut).min(shuffled.len())) {
            in_pages.merge(RecordPage::new(shuffled[..cut].to_vec()));
            in_pages.merge(RecordPage::new(shuffled[cut..].to_vec()));
        }
        in_pages.merge(RecordPage::new(shuffled));
        prop_assert_eq!(&one_by_one, &in_pages);
        let ascending: Vec<&Record> = in_pages.records().collect();
        prop_assert!(ascending.is_sorted_by(|a, b| a < b));
        let allowance = Allowance { people: 2, windows: &[], re_entry };
        prop_assert_eq!(state(&one_by_one, &allowance), state(&in_pages, &allowance));
    }

    #[test]
    fn a_page_reads_back(records in prop::collection::vec(any_record(), 0..40)) {
        let page = RecordPage::new(records);
        prop_assert_eq!(RecordPage::decode(&page.encode()), Ok(page));
    }

    #[test]
    fn pages_of_a_sync_hold_everything_once(
        records in prop::collection::vec(any_record(), 0..40),
        limit in 1u32..7,
    ) {
        let mut ledger = Ledger::new();
        for record in records {
            ledger.insert(record);
        }
        let (mut copy, mut cursor, mut sent) = (Ledger::new(), 0, 0);
        while cursor < ledger.made_here() {
            let (page, next) = ledger.made_here_after(cursor, limit);
            prop_assert!(next > cursor);
            sent += page.records().len();
            copy.merge(page);
            cursor = next;
        }
        prop_assert_eq!(sent, ledger.len());
        prop_assert_eq!(copy, ledger);
    }
}
