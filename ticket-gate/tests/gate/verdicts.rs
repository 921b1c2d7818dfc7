//! Every verdict, every pair of verdicts, every warning beside a verdict.

use crate::fixture::*;
use ticket_gate::*;
use ticket_token::cbor::Writer;
use ticket_token::{Claims, EventNumber, Extra, KeyId, Serial, SigningKey, UnixTime};

/// A situation with any number of faults at once. Without any it is VALID: a dated ticket at its own
/// gate within its window.
#[derive(Default)]
pub struct Situation {
    faults: Vec<Verdict>,
}

impl Situation {
    pub fn with(faults: &[Verdict]) -> Self {
        Self {
            faults: faults.to_vec(),
        }
    }

    pub fn has(&self, fault: Verdict) -> bool {
        self.faults.contains(&fault)
    }

    fn serial(&self) -> Serial {
        if self.has(Verdict::Revoked) {
            REVOKED_SERIAL
        } else if self.has(Verdict::Suspended) {
            SUSPENDED_SERIAL
        } else {
            VALID_SERIAL
        }
    }

    fn event(&self) -> EventNumber {
        if self.has(Verdict::WrongEvent) {
            EventNumber(43)
        } else {
            EVENT
        }
    }

    fn key<'k>(&self, keys: &'k Keys) -> &'k SigningKey {
        if self.has(Verdict::UnknownKey) {
            &keys.stranger
        } else if self.has(Verdict::KeyRevoked) {
            &keys.revoked
        } else if self.has(Verdict::KeyExpired) {
            &keys.short
        } else {
            &keys.active
        }
    }

    fn payload(&self) -> Vec<u8> {
        let expires = if self.has(Verdict::Expired) {
            hours(5)
        } else {
            hours(9000)
        };
        let ticket = u64::from(self.event().0) << 32 | u64::from(self.serial().0);
        let is_rotating = self.has(Verdict::ProofRequired);
        let is_novel = self.has(Verdict::Unsupported);
        let mut writer = Writer::new();
        writer.map(3 + usize::from(is_rotating) + usize::from(is_novel));
        writer.unsigned(4).unsigned(expires.0 / 1000);
        writer.unsigned(7).bytes(&ticket.to_be_bytes());
        if is_rotating {
            writer
                .unsigned(8)
                .map(1)
                .unsigned(3)
                .bytes(b"the name of a key");
        }
        writer.unsigned(9).bytes(&[DATED_TYPE.0 as u8]);
        if is_novel {
            writer.unsigned(99).null();
        }
        writer.into_bytes()
    }

    pub fn qr_text(&self, keys: &Keys) -> String {
        let key = self.key(keys);
        let mut cose = if self.has(Verdict::OnlineRequired) {
            sealed(&self.payload(), key.key_id())
        } else {
            ticket_token::cose::sign1(None, &self.payload(), key)
        };
        if self.has(Verdict::BadSignature) {
            *cose.last_mut().unwrap() ^= 1;
        }
        let text = ticket_token::encode_qr_text(&cose);
        if self.has(Verdict::Malformed) {
            text.to_lowercase()
        } else {
            text
        }
    }

    pub fn ledger(&self) -> Ledger {
        let mut ledger = Ledger::new();
        if self.has(Verdict::Duplicate) {
            ledger.insert(Record {
                event: self.event(),
                serial: self.serial(),
                at: hours(10),
                id: RecordId {
                    device: device("north-1"),
                    nonce: Nonce([1; 8]),
                },
                action: Action::Entry { count: people(1) },
                gate: Some(gate("North")),
            });
        }
        ledger
    }

    pub fn at(&self) -> Moment {
        if self.has(Verdict::NotYetValid) {
            hours(9)
        } else {
            hours(11)
        }
    }

    pub fn judged_with(&self, bundle: &[u8], list: Option<&[u8]>, keys: &Keys) -> Judgement {
        let root = ticket_token::VerifyingKey::new(&keys.root.public_key());
        let bundle = Bundle::open(bundle, &root).unwrap();
        let list = list.map(|list| StatusList::open(list, &root, &bundle).unwrap());
        let gate = gate(if self.has(Verdict::WrongGate) {
            "South"
        } else {
            "North"
        });
        let question = Question {
            gate: Some(&gate),
            ..Question::entry_at(self.at())
        };
        let ledger = self.ledger();
        judge(
            &self.qr_text(keys),
            &Knowledge::new(&bundle, list.as_ref(), &ledger),
            &question,
        )
    }

    fn judged(&self, keys: &Keys) -> Judgement {
        self.judged_with(&bundle(keys), Some(&status_list(keys)), keys)
    }
}

/// A COSE_Mac0 object with any key id and a tag that nobody checks off line.
fn sealed(payload: &[u8], key_id: KeyId) -> Vec<u8> {
    let mut protected = Writer::new();
    protected
        .map(2)
        .unsigned(1)
        .unsigned(5)
        .unsigned(4)
        .bytes(&key_id.0);
    let mut writer = Writer::new();
    writer
        .tag(17)
        .array(4)
        .bytes(&protected.into_bytes())
        .map(0)
        .bytes(payload)
        .bytes(&[0; 32]);
    writer.into_bytes()
}

/// Whether one ticket can have both faults. A key that is not listed has no state; a ticket has one
/// status.
pub fn can_hold_at_once(one: Verdict, other: Verdict) -> bool {
    use Verdict::*;
    !matches!(
        (one, other),
        (UnknownKey, KeyRevoked | KeyExpired) | (Revoked, Suspended)
    )
}

#[test]
fn without_a_fault_it_is_valid() {
    let judgement = Situation::default().judged(&keys());
    assert_eq!(judgement.verdict, Verdict::Valid);
    assert_eq!(judgement.remaining, Some(1));
}

#[test]
fn each_fault_has_its_verdict() {
    let keys = keys();
    for verdict in Verdict::PRECEDENCE {
        assert_eq!(Situation::with(&[verdict]).judged(&keys).verdict, verdict);
    }
}

#[test]
fn of_two_faults_the_earlier_in_precedence_is_named() {
    let keys = keys();
    let mut pairs = 0;
    for (place, earlier) in Verdict::PRECEDENCE.into_iter().enumerate() {
        for later in Verdict::PRECEDENCE.into_iter().skip(place + 1) {
            if can_hold_at_once(earlier, later) {
                let judgement = Situation::with(&[later, earlier]).judged(&keys);
                assert_eq!(judgement.verdict, earlier, "{earlier:?} before {later:?}");
                pairs += 1;
            }
        }
    }
    assert_eq!(pairs, 15 * 14 / 2 - 3);
}

#[test]
fn all_faults_at_once_fall_away_one_by_one() {
    let keys = keys();
    let mut left: Vec<Verdict> = Verdict::PRECEDENCE
        .into_iter()
        .filter(|fault| !matches!(fault, Verdict::KeyRevoked | Verdict::KeyExpired))
        .collect();
    while let Some(first) = left.first().copied() {
        assert_eq!(Situation::with(&left).judged(&keys).verdict, first);
        left.remove(0);
    }
}

#[test]
fn nothing_is_said_of_a_ticket_whose_signature_does_not_hold() {
    let keys = keys();
    for verdict in Verdict::PRECEDENCE {
        let judgement = Situation::with(&[verdict]).judged(&keys);
        let is_authentic = !matches!(
            verdict,
            Verdict::Malformed
                | Verdict::Unsupported
                | Verdict::OnlineRequired
                | Verdict::UnknownKey
                | Verdict::BadSignature
        );
        assert_eq!(judgement.ticket.is_some(), is_authentic, "{verdict:?}");
        let is_ours = is_authentic && verdict != Verdict::WrongEvent;
        assert_eq!(judgement.remaining.is_some(), is_ours, "{verdict:?}");
    }
}

#[test]
fn doubts_about_knowledge_stand_beside_every_verdict() {
    let keys = keys();
    let delegation = delegation(&keys);
    let statuses = statuses();
    let content = |change: fn(&mut BundleContent)| {
        let mut content = bundle_content(&keys);
        change(&mut content);
        sign_bundle(&content, &delegation, &keys.bundle).unwrap()
    };
    let list = |change: fn(&mut StatusListContent<'_>)| {
        let mut content = list_content(&statuses);
        change(&mut content);
        sign_status_list(&content, &delegation, &keys.bundle).unwrap()
    };
    let fresh = || list(|list| list.ttl_seconds = DAY);
    let cases = [
        ("none", content(|_| {}), fresh(), vec![]),
        (
            "old list",
            content(|_| {}),
            list(|_| {}),
            vec!["STATUS_STALE"],
        ),
        (
            "expired list",
            content(|_| {}),
            list(|list| (list.ttl_seconds, list.expires) = (DAY, UnixTime(ISSUED.0 + HOUR))),
            vec!["STATUS_STALE"],
        ),
        (
            "old bundle",
            content(|bundle| bundle.expires = UnixTime(ISSUED.0 + HOUR)),
            fresh(),
            vec!["BUNDLE_EXPIRED"],
        ),
        (
            "bundle from the future",
            content(|bundle| bundle.issued_at = UnixTime(ISSUED.0 + 20 * HOUR)),
            fresh(),
            vec!["CLOCK_BEHIND"],
        ),
        (
            "list from the future",
            content(|bundle| bundle.expires = UnixTime(ISSUED.0 + HOUR)),
            list(|list| list.issued_at = UnixTime(ISSUED.0 + 20 * HOUR)),
            vec!["BUNDLE_EXPIRED", "CLOCK_BEHIND"],
        ),
    ];
    let verdicts = Verdict::PRECEDENCE.into_iter().chain([Verdict::Valid]);
    for (verdict, (case, bundle, list, expected)) in
        verdicts.flat_map(|verdict| cases.iter().map(move |case| (verdict, case)))
    {
        let judgement = Situation::with(&[verdict]).judged_with(bundle, Some(list), &keys);
        assert_eq!(judgement.verdict, verdict, "{case}");
        assert_eq!(
            warnings(judgement.warnings),
            *expected,
            "{verdict:?}, {case}"
        );
    }
}

#[test]
fn an_unknown_status_is_said_of_every_genuine_ticket_of_the_event() {
    let keys = keys();
    for verdict in Verdict::PRECEDENCE {
        if matches!(verdict, Verdict::Revoked | Verdict::Suspended) {
            continue;
        }
        let judgement = Situation::with(&[verdict]).judged_with(&bundle(&keys), None, &keys);
        assert_eq!(judgement.verdict, verdict);
        let is_unknown = judgement.warnings.contains(Warning::StatusUnknown);
        assert_eq!(is_unknown, judgement.remaining.is_some(), "{verdict:?}");
        assert_eq!(judgement.status_age_ms, None);
    }
}

/// Judges one token signed with the active key at a time, at no known gate.
fn check(claims: &Claims, at: Moment, expected: Verdict, expected_warnings: &[&str]) {
    let keys = keys();
    let text = ticket_token::sign(claims, &keys.active).qr_text();
    let judgement = paired(&keys).verify(&text, &Question::entry_at(at));
    assert_eq!(judgement.verdict, expected, "{claims:?} at {at:?}");
    assert_eq!(
        warnings(judgement.warnings),
        expected_warnings,
        "{claims:?} at {at:?}"
    );
}

#[test]
fn a_serial_beyond_the_list_was_sold_after_the_last_sync() {
    check(
        &claims(Serial(LIST_SIZE - 1), PLAIN_TYPE),
        soon(),
        Verdict::Valid,
        &[],
    );
    check(
        &claims(Serial(LIST_SIZE), PLAIN_TYPE),
        soon(),
        Verdict::Valid,
        &["STATUS_UNKNOWN"],
    );
    check(
        &claims(Serial(u32::MAX), PLAIN_TYPE),
        soon(),
        Verdict::Valid,
        &["STATUS_UNKNOWN"],
    );
}

#[test]
fn an_unknown_type_is_asked_about_and_hides_nothing() {
    check(
        &claims(VALID_SERIAL, UNKNOWN_TYPE),
        soon(),
        Verdict::Valid,
        &["TYPE_UNKNOWN"],
    );
    check(
        &claims(REVOKED_SERIAL, UNKNOWN_TYPE),
        soon(),
        Verdict::Revoked,
        &["TYPE_UNKNOWN"],
    );
    let keys = keys();
    let text = ticket(VALID_SERIAL, UNKNOWN_TYPE, &keys);
    let (mut gate, scanner) = (paired(&keys), device("a"));
    let first = gate.scan(
        &text,
        &ScanRequest {
            confirmed: true,
            ..entry(soon(), &scanner, 1)
        },
    );
    assert_eq!(
        (first.judgement.advice, first.judgement.remaining),
        (Advice::Ask, Some(0))
    );
    let second = gate.scan(&text, &entry(soon(), &scanner, 2));
    assert_eq!(second.judgement.verdict, Verdict::Duplicate);
    assert_eq!(warnings(second.judgement.warnings), ["TYPE_UNKNOWN"]);
}

#[test]
fn the_tokens_own_times_bound_it() {
    let at = |time: UnixTime, offset: i64| Moment((i64::from(time.0) * 1000 + offset) as u64);
    let doubts = ["STATUS_STALE", "BUNDLE_EXPIRED"];
    let plain = claims(VALID_SERIAL, PLAIN_TYPE);
    check(&plain, at(TICKET_EXPIRES, -1), Verdict::Valid, &doubts);
    check(&plain, at(TICKET_EXPIRES, 0), Verdict::Expired, &doubts);
    let start = UnixTime(ISSUED.0 + 600);
    let dated = Claims {
        extra: Extra::NotBefore(start),
        ..plain
    };
    check(&dated, at(start, -1), Verdict::NotYetValid, &[]);
    check(&dated, at(start, 0), Verdict::Valid, &[]);
}

#[test]
fn windows_of_the_type_bound_it_too() {
    let stale = ["STATUS_STALE"];
    let dated = claims(VALID_SERIAL, DATED_TYPE);
    let (opens, closes) = (WINDOW.begins(), WINDOW.ends());
    check(&dated, Moment(opens.0 - 1), Verdict::NotYetValid, &stale);
    check(&dated, opens, Verdict::Valid, &stale);
    check(&dated, Moment(closes.0 - 1), Verdict::Valid, &stale);
    check(&dated, closes, Verdict::Expired, &stale);
    // Between two windows the next one is still to come.
    let daily = claims(VALID_SERIAL, DAILY_TYPE);
    check(&daily, closes, Verdict::NotYetValid, &stale);
    check(
        &daily,
        opens.plus(u64::from(DAY) * 1000),
        Verdict::Valid,
        &stale,
    );
    check(
        &daily,
        closes.plus(u64::from(DAY) * 1000),
        Verdict::Expired,
        &stale,
    );
}

#[test]
fn a_tolerant_question_widens_every_time_bound() {
    let keys = keys();
    let gate = paired(&keys);
    let text = ticket(VALID_SERIAL, DATED_TYPE, &keys);
    let verdict = |at: Moment, clock_tolerance_ms| {
        let question = Question {
            clock_tolerance_ms,
            ..Question::entry_at(at)
        };
        gate.verify(&text, &question).verdict
    };
    let (opens, closes) = (WINDOW.begins().0, WINDOW.ends().0);
    assert_eq!(verdict(Moment(opens - 5_000), 4_999), Verdict::NotYetValid);
    assert_eq!(verdict(Moment(opens - 5_000), 5_000), Verdict::Valid);
    assert_eq!(verdict(Moment(closes + 5_000), 5_000), Verdict::Expired);
    assert_eq!(verdict(Moment(closes + 5_000), 5_001), Verdict::Valid);
    assert_eq!(verdict(Moment(0), u64::MAX), Verdict::Valid);
    assert_eq!(verdict(Moment(u64::MAX), u64::MAX), Verdict::Valid);
}

#[test]
fn keys_are_accepted_in_every_state_but_revoked() {
    let keys = keys();
    let gate = paired(&keys);
    let verdict = |key: &SigningKey, at| {
        let text = ticket_token::sign(&claims(VALID_SERIAL, PLAIN_TYPE), key).qr_text();
        gate.verify(&text, &Question::entry_at(at)).verdict
    };
    for key in [&keys.next, &keys.active, &keys.retired, &keys.short] {
        assert_eq!(verdict(key, soon()), Verdict::Valid);
    }
    assert_eq!(verdict(&keys.revoked, soon()), Verdict::KeyRevoked);
    let end = Moment::from_unix(SHORT_KEY_UNTIL);
    assert_eq!(verdict(&keys.short, Moment(end.0 - 1)), Verdict::Valid);
    assert_eq!(verdict(&keys.short, end), Verdict::KeyExpired);
}

#[test]
fn a_specimen_is_of_an_unknown_key() {
    let keys = keys();
    let text = ticket_token::specimen(&claims(VALID_SERIAL, PLAIN_TYPE)).qr_text();
    let judgement = paired(&keys).verify(&text, &Question::entry_at(soon()));
    assert_eq!(judgement.verdict, Verdict::UnknownKey);
    assert_eq!(judgement.advice, Advice::Refuse);
}

#[test]
fn without_a_known_gate_none_is_wrong() {
    check(
        &claims(VALID_SERIAL, DATED_TYPE),
        hours(11),
        Verdict::Valid,
        &["STATUS_STALE"],
    );
}

#[test]
fn the_host_judges_server_tokens_with_its_secret() {
    let keys = keys();
    let root = ticket_token::VerifyingKey::new(&keys.root.public_key());
    let bundle = Bundle::open(&bundle(&keys), &root).unwrap();
    let list = StatusList::open(&status_list(&keys), &root, &bundle).unwrap();
    let ledger = Ledger::new();
    let offline = Knowledge::new(&bundle, Some(&list), &ledger);
    let verdict = |knowledge: &Knowledge<'_>, cose: &[u8]| {
        let text = ticket_token::encode_qr_text(cose);
        judge(&text, knowledge, &Question::entry_at(soon())).verdict
    };
    let good = server_ticket(&claims(VALID_SERIAL, PLAIN_TYPE), &keys);
    let mut forged = good.cose().to_vec();
    *forged.last_mut().unwrap() ^= 1;
    let revoked = server_ticket(&claims(REVOKED_SERIAL, PLAIN_TYPE), &keys);
    let stranger = ticket_token::MacKey::derive(b"another host", ORGANIZER);
    let unknown = ticket_token::seal_mac(&claims(VALID_SERIAL, PLAIN_TYPE), &stranger).unwrap();

    assert_eq!(verdict(&offline, good.cose()), Verdict::OnlineRequired);
    let online = offline.with_mac_key(&keys.mac);
    assert_eq!(verdict(&online, good.cose()), Verdict::Valid);
    assert_eq!(verdict(&online, &forged), Verdict::BadSignature);
    assert_eq!(verdict(&online, revoked.cose()), Verdict::Revoked);
    assert_eq!(verdict(&online, unknown.cose()), Verdict::UnknownKey);
}

#[test]
fn every_one_character_change_is_refused() {
    const ALPHABET: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
    let keys = keys();
    let gate = paired(&keys);
    let text = ticket(VALID_SERIAL, PLAIN_TYPE, &keys);
    for place in 0..text.len() {
        let old = text.as_bytes()[place];
        let new = ALPHABET
            .bytes()
            .cycle()
            .skip(place)
            .find(|c| *c != old)
            .unwrap();
        let mut changed = text.clone().into_bytes();
        changed[place] = new;
        let changed = String::from_utf8(changed).unwrap();
        let judgement = gate.verify(&changed, &Question::entry_at(soon()));
        assert_ne!(judgement.verdict, Verdict::Valid, "character {place}");
        assert_ne!(judgement.advice, Advice::Admit, "character {place}");
    }
}
