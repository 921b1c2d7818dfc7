//! The situations in `vectors/situations.json`, which Rust, WebAssembly and JavaScript read alike.
//!
//! What is expected is stated here by hand: verdict, advice, warnings, what remains. The file is made
//! from it, and committed; `UPDATE_VECTORS=1 cargo test -p ticket-gate vectors` writes it anew.

use serde_json::{Value, json};
use ticket_gate::*;
use ticket_token::{
    Claims, EventNumber, Extra, HolderName, Serial, SigningKey, TicketType, UnixTime,
};

use crate::fixture::*;
use crate::verdicts::{Situation, can_hold_at_once};

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/vectors/situations.json");

#[test]
fn the_vectors_are_those_in_the_file() {
    let vectors = Vectors::new();
    let made = vectors.to_text();
    if std::env::var_os("UPDATE_VECTORS").is_some() {
        std::fs::write(PATH, &made).unwrap();
    }
    let committed = std::fs::read_to_string(PATH).unwrap();
    assert!(
        committed == made,
        "run again with UPDATE_VECTORS=1, and look at the difference"
    );
}

/// A list of cases, one a line in the file.
type Cases = Vec<Value>;

struct Vectors {
    keys: Keys,
    /// (name, bytes).
    bundles: Vec<(&'static str, Vec<u8>)>,
    status_lists: Vec<(&'static str, Vec<u8>)>,
}

/// One question with what is expected of its answer.
struct Judged<'a> {
    name: &'a str,
    bundle: &'a str,
    status_list: Option<&'a str>,
    checkins: Ledger,
    qr: String,
    at: Moment,
    gate: Option<&'a str>,
    count: u16,
    tolerance_ms: u64,
    verdict: Verdict,
    advice: Advice,
    warnings: &'a [Warning],
    remaining: Option<u32>,
}

impl Vectors {
    fn new() -> Self {
        let keys = keys();
        let delegation = delegation(&keys);
        let signed = |change: fn(&mut BundleContent)| {
            let mut content = bundle_content(&keys);
            change(&mut content);
            sign_bundle(&content, &delegation, &keys.bundle).unwrap()
        };
        let lenient = |content: &mut BundleContent| {
            content.policy = Policy {
                duplicate: Advice::Ask,
                wrong_gate: Advice::Admit,
                status_stale: Advice::Ask,
                online_required: Advice::Refuse,
                ..Policy::default()
            };
        };
        let bundles = vec![
            ("event", signed(|_| {})),
            ("next", signed(|content| content.sequence += 1)),
            ("previous", signed(|content| content.sequence -= 1)),
            ("lenient", signed(lenient)),
            (
                "short",
                signed(|content| content.expires = UnixTime(ISSUED.0 + HOUR)),
            ),
        ];
        let statuses = statuses();
        let listed = |change: fn(&mut StatusListContent<'_>)| {
            let mut content = list_content(&statuses);
            change(&mut content);
            sign_status_list(&content, &delegation, &keys.bundle).unwrap()
        };
        let status_lists = vec![
            ("hourly", listed(|_| {})),
            ("daily", listed(|list| list.ttl_seconds = DAY)),
            ("previous", listed(|list| list.sequence -= 1)),
        ];
        Self {
            bundles,
            status_lists,
            keys,
        }
    }

    fn to_text(&self) -> String {
        let named = |objects: &[(&str, Vec<u8>)]| {
            let lines = objects
                .iter()
                .map(|(name, bytes)| format!("    {}: {}", json!(name), json!(hex(bytes))));
            lines.collect::<Vec<_>>().join(",\n")
        };
        let listed = |cases: Cases| {
            cases
                .iter()
                .map(|case| format!("    {case}"))
                .collect::<Vec<_>>()
                .join(",\n")
        };
        format!(
            "{{\n  \"about\": {},\n  \"rootKey\": {},\n  \"bundles\": {{\n{}\n  }},\n  \
             \"statusLists\": {{\n{}\n  }},\n  \"judged\": [\n{}\n  ],\n  \"scanned\": [\n{}\n  ],\n  \
             \"refused\": [\n{}\n  ],\n  \"genuine\": [\n{}\n  ],\n  \"ticketNumbers\": [\n{}\n  ]\n}}\n",
            json!(
                "Made by ticket-gate/tests/gate/vectors.rs. Bytes are in hexadecimal, times in milliseconds."
            ),
            json!(hex(self.keys.root.public_key().as_bytes())),
            named(&self.bundles),
            named(&self.status_lists),
            listed(self.judged()),
            listed(self.scanned()),
            listed(self.refused()),
            listed(self.genuine()),
            listed(self.ticket_numbers()),
        )
    }

    fn bundle(&self, name: &str) -> &[u8] {
        &self.bundles.iter().find(|(own, _)| *own == name).unwrap().1
    }

    fn status_list(&self, name: &str) -> &[u8] {
        &self
            .status_lists
            .iter()
            .find(|(own, _)| *own == name)
            .unwrap()
            .1
    }

    fn gate(&self, bundle: &str, status_list: Option<&str>) -> Gate {
        let mut gate = Gate::pair(self.bundle(bundle), &self.keys.root.public_key()).unwrap();
        if let Some(name) = status_list {
            gate.set_status_list(self.status_list(name)).unwrap();
        }
        gate
    }

    fn judged(&self) -> Cases {
        let mut cases = Vec::new();
        self.judge_situations(&mut cases);
        self.judge_doubts(&mut cases);
        self.judge_times(&mut cases);
        self.judge_contents(&mut cases);
        cases
    }

    /// Every verdict, and every pair of faults.
    fn judge_situations(&self, cases: &mut Cases) {
        let single = Verdict::PRECEDENCE.into_iter().map(|fault| vec![fault]);
        let pairs = Verdict::PRECEDENCE
            .into_iter()
            .enumerate()
            .flat_map(|(place, earlier)| {
                let later = Verdict::PRECEDENCE.into_iter().skip(place + 1);
                later
                    .filter(move |later| can_hold_at_once(earlier, *later))
                    .map(move |later| vec![earlier, later])
            });
        for faults in [vec![]].into_iter().chain(single).chain(pairs) {
            let situation = Situation::with(&faults);
            let verdict = faults.first().copied().unwrap_or(Verdict::Valid);
            let names: Vec<&str> = faults.iter().map(|fault| fault.name()).collect();
            let name = if names.is_empty() {
                "VALID".to_owned()
            } else {
                names.join(" before ")
            };
            let is_ours = !matches!(
                verdict,
                Verdict::Malformed
                    | Verdict::Unsupported
                    | Verdict::OnlineRequired
                    | Verdict::UnknownKey
                    | Verdict::BadSignature
            ) && !situation.has(Verdict::WrongEvent);
            let advice = match verdict {
                Verdict::Valid => Advice::Admit,
                Verdict::OnlineRequired => Advice::Ask,
                _ => Advice::Refuse,
            };
            cases.push(self.case(&Judged {
                name: &name,
                status_list: Some("daily"),
                checkins: situation.ledger(),
                qr: situation.qr_text(&self.keys),
                at: situation.at(),
                gate: Some(if situation.has(Verdict::WrongGate) {
                    "South"
                } else {
                    "North"
                }),
                verdict,
                advice,
                remaining: is_ours.then(|| u32::from(!situation.has(Verdict::Duplicate))),
                ..self.plain()
            }));
        }
    }

    fn judge_doubts(&self, cases: &mut Cases) {
        use Warning::*;
        let duplicate = Situation::with(&[Verdict::Duplicate]);
        let mut add = |judged: Judged<'_>| cases.push(self.case(&judged));
        add(Judged {
            name: "fresh knowledge",
            ..self.plain()
        });
        add(Judged {
            name: "stale list",
            at: hours(1),
            warnings: &[StatusStale],
            ..self.plain()
        });
        add(Judged {
            name: "staleness hides no duplicate",
            checkins: duplicate.ledger(),
            at: hours(11),
            verdict: Verdict::Duplicate,
            advice: Advice::Refuse,
            warnings: &[StatusStale],
            remaining: Some(0),
            ..self.plain()
        });
        add(Judged {
            name: "no list",
            status_list: None,
            warnings: &[StatusUnknown],
            ..self.plain()
        });
        add(Judged {
            name: "sold after the last sync",
            qr: ticket(Serial(LIST_SIZE), PLAIN_TYPE, &self.keys),
            warnings: &[StatusUnknown],
            ..self.plain()
        });
        add(Judged {
            name: "unknown type",
            qr: ticket(VALID_SERIAL, UNKNOWN_TYPE, &self.keys),
            advice: Advice::Ask,
            warnings: &[TypeUnknown],
            ..self.plain()
        });
        add(Judged {
            name: "expired bundle",
            bundle: "short",
            status_list: Some("daily"),
            at: hours(1),
            advice: Advice::Ask,
            warnings: &[BundleExpired],
            ..self.plain()
        });
        let just_made = Moment::from_unix(ISSUED);
        add(Judged {
            name: "clock a minute behind is in order",
            at: Moment(just_made.0 - CLOCK_SLACK_MS),
            ..self.plain()
        });
        add(Judged {
            name: "clock more than a minute behind",
            at: Moment(just_made.0 - CLOCK_SLACK_MS - 1),
            advice: Advice::Ask,
            warnings: &[ClockBehind],
            ..self.plain()
        });
        add(Judged {
            name: "four doubts at once",
            bundle: "short",
            qr: ticket(Serial(LIST_SIZE), UNKNOWN_TYPE, &self.keys),
            at: hours(2),
            advice: Advice::Ask,
            warnings: &[StatusStale, StatusUnknown, TypeUnknown, BundleExpired],
            ..self.plain()
        });
        add(Judged {
            name: "another policy on stale lists",
            bundle: "lenient",
            at: hours(2),
            advice: Advice::Ask,
            warnings: &[StatusStale],
            ..self.plain()
        });
        add(Judged {
            name: "another policy on duplicates",
            bundle: "lenient",
            checkins: duplicate.ledger(),
            verdict: Verdict::Duplicate,
            advice: Advice::Ask,
            remaining: Some(0),
            ..self.plain()
        });
        add(Judged {
            name: "another policy on gates",
            bundle: "lenient",
            status_list: Some("daily"),
            qr: ticket(VALID_SERIAL, DATED_TYPE, &self.keys),
            at: hours(11),
            gate: Some("South"),
            verdict: Verdict::WrongGate,
            advice: Advice::Admit,
            ..self.plain()
        });
        add(Judged {
            name: "another policy on server tokens",
            bundle: "lenient",
            qr: server_ticket(&claims(VALID_SERIAL, PLAIN_TYPE), &self.keys).qr_text(),
            verdict: Verdict::OnlineRequired,
            advice: Advice::Refuse,
            remaining: None,
            ..self.plain()
        });
    }

    fn judge_times(&self, cases: &mut Cases) {
        let opens = WINDOW.begins();
        let early = Judged {
            name: "five seconds early",
            status_list: Some("daily"),
            qr: ticket(VALID_SERIAL, DATED_TYPE, &self.keys),
            at: Moment(opens.0 - 5_000),
            verdict: Verdict::NotYetValid,
            advice: Advice::Refuse,
            ..self.plain()
        };
        cases.push(self.case(&early));
        cases.push(self.case(&Judged {
            name: "five seconds early by a clock that may be five seconds wrong",
            tolerance_ms: 5_000,
            verdict: Verdict::Valid,
            advice: Advice::Admit,
            ..early
        }));
        let dated = Claims {
            extra: Extra::NotBefore(UnixTime(ISSUED.0 + 120)),
            ..claims(VALID_SERIAL, PLAIN_TYPE)
        };
        let qr = ticket_token::sign(&dated, &self.keys.active).qr_text();
        cases.push(self.case(&Judged {
            name: "before the token's own beginning",
            qr: qr.clone(),
            verdict: Verdict::NotYetValid,
            advice: Advice::Refuse,
            ..self.plain()
        }));
        cases.push(self.case(&Judged {
            name: "at the token's own beginning",
            qr,
            at: Moment(1000 * u64::from(ISSUED.0 + 120)),
            ..self.plain()
        }));
        cases.push(self.case(&Judged {
            name: "the second day of a ticket used on the first",
            status_list: Some("daily"),
            checkins: Situation::with(&[Verdict::Duplicate]).ledger(),
            qr: ticket(VALID_SERIAL, DAILY_TYPE, &self.keys),
            at: hours(11 + 24),
            warnings: &[Warning::StatusStale],
            ..self.plain()
        }));
        cases.push(self.case(&Judged {
            name: "a group of three with two visits, one person in",
            checkins: Situation::with(&[Verdict::Duplicate]).ledger(),
            qr: ticket(VALID_SERIAL, GROUP_TYPE, &self.keys),
            count: 5,
            remaining: Some(5),
            ..self.plain()
        }));
        cases.push(self.case(&Judged {
            name: "one person too many",
            checkins: Situation::with(&[Verdict::Duplicate]).ledger(),
            qr: ticket(VALID_SERIAL, GROUP_TYPE, &self.keys),
            count: 6,
            verdict: Verdict::Duplicate,
            advice: Advice::Refuse,
            remaining: Some(5),
            ..self.plain()
        }));
    }

    fn judge_contents(&self, cases: &mut Cases) {
        for (name, holder) in [
            ("a holder's name", "Zoë Ångström-Łukasiewicz"),
            (
                "a holder's name that must be escaped",
                "\"\\\u{1}\u{7f}\u{2028}</script>",
            ),
            ("a holder's name of four-byte characters", "🎫🎟🎭🎪🎬🎤🎧🎼"),
        ] {
            let named = Claims {
                extra: Extra::Holder(HolderName::try_from(holder).unwrap()),
                ..claims(VALID_SERIAL, PLAIN_TYPE)
            };
            let qr = ticket_token::sign(&named, &self.keys.active).qr_text();
            cases.push(self.case(&Judged {
                name,
                qr,
                ..self.plain()
            }));
        }
        let elsewhere = Claims {
            event: EventNumber(u32::MAX),
            ..claims(Serial(u32::MAX), TicketType(u16::MAX))
        };
        cases.push(self.case(&Judged {
            name: "the largest numbers, of another event",
            qr: ticket_token::sign(&elsewhere, &self.keys.active).qr_text(),
            verdict: Verdict::WrongEvent,
            advice: Advice::Refuse,
            remaining: None,
            ..self.plain()
        }));
        cases.push(self.case(&Judged {
            name: "specimen",
            qr: ticket_token::specimen(&claims(VALID_SERIAL, PLAIN_TYPE)).qr_text(),
            verdict: Verdict::UnknownKey,
            advice: Advice::Refuse,
            remaining: None,
            ..self.plain()
        }));
        let accepted: [(&str, &SigningKey); 3] = [
            ("key that will sign soon", &self.keys.next),
            ("retired key", &self.keys.retired),
            ("key whose time is not over", &self.keys.short),
        ];
        for (name, key) in accepted {
            let qr = ticket_token::sign(&claims(VALID_SERIAL, PLAIN_TYPE), key).qr_text();
            cases.push(self.case(&Judged {
                name,
                qr,
                ..self.plain()
            }));
        }
        for (name, qr) in [
            ("empty", String::new()),
            ("prefix only", "TK1:".to_owned()),
            ("an address", "https://example.org/ticket?id=1".to_owned()),
            ("another alphabet", "TK1:ß∂ƒ".to_owned()),
            ("very long", format!("TK1:{}", "A".repeat(9_000))),
            ("lower-case prefix", "tk1:6BF".to_owned()),
        ] {
            cases.push(self.case(&Judged {
                name,
                qr,
                verdict: Verdict::Malformed,
                advice: Advice::Refuse,
                remaining: None,
                ..self.plain()
            }));
        }
        cases.push(self.case(&Judged {
            name: "a later version of the format",
            qr: ticket(VALID_SERIAL, PLAIN_TYPE, &self.keys).replacen("TK1", "TK2", 1),
            verdict: Verdict::Unsupported,
            advice: Advice::Refuse,
            remaining: None,
            ..self.plain()
        }));
    }

    /// A plain ticket soon after everything was made: VALID without a doubt.
    fn plain(&self) -> Judged<'static> {
        Judged {
            name: "",
            bundle: "event",
            status_list: Some("hourly"),
            checkins: Ledger::new(),
            qr: ticket(VALID_SERIAL, PLAIN_TYPE, &self.keys),
            at: soon(),
            gate: None,
            count: 1,
            tolerance_ms: 0,
            verdict: Verdict::Valid,
            advice: Advice::Admit,
            warnings: &[],
            remaining: Some(1),
        }
    }

    /// Judges, compares with what is expected, and writes the whole answer down.
    fn case(&self, judged: &Judged<'_>) -> Value {
        let mut gate = self.gate(judged.bundle, judged.status_list);
        let records: Vec<Record> = judged.checkins.records().cloned().collect();
        let mut checkins = None;
        // Records of other events are not in a scanner's pages.
        if records.iter().all(|record| record.event == EVENT) && !records.is_empty() {
            let page = RecordPage::new(records).encode();
            gate.merge_checkins(&page).unwrap();
            checkins = Some(hex(&page));
        }
        let at_gate = judged.gate.map(|name| GateName::new(name).unwrap());
        let answer = gate.verify(
            &judged.qr,
            &Question {
                at: judged.at,
                gate: at_gate.as_ref(),
                purpose: Purpose::Entry {
                    count: people(judged.count),
                },
                clock_tolerance_ms: judged.tolerance_ms,
            },
        );
        let expected = (judged.verdict, judged.advice, judged.remaining);
        assert_eq!(
            (answer.verdict, answer.advice, answer.remaining),
            expected,
            "{}",
            judged.name
        );
        let expected: Warnings = judged.warnings.iter().copied().collect();
        assert_eq!(answer.warnings, expected, "{}", judged.name);
        json!({
            "name": judged.name,
            "bundle": judged.bundle,
            "statusList": judged.status_list,
            "checkins": checkins,
            "qr": judged.qr,
            "at": judged.at.0,
            "gate": judged.gate,
            "count": judged.count,
            "tolerance": judged.tolerance_ms,
            "answer": answer_json(&answer, gate.bundle()),
        })
    }

    fn scanned(&self) -> Cases {
        let enter =
            |at: u64, count: u16| json!({"kind": "entry", "at": soon().0 + at, "count": count});
        let leave =
            |at: u64, count: u16| json!({"kind": "exit", "at": soon().0 + at, "count": count});
        let undo = |at: u64| json!({"kind": "undo", "at": soon().0 + at, "count": 1});
        let expect =
            |mut step: Value, name: &str, remaining: u32, admissions: u32, recorded: bool| {
                step["answer"] = json!({
                    "name": name,
                    "remaining": remaining,
                    "admissions": admissions,
                    "recorded": recorded,
                });
                step
            };
        let case = |name: &str, ticket_type: TicketType, steps: Vec<Value>| {
            let qr = ticket(VALID_SERIAL, ticket_type, &self.keys);
            json!({"name": name, "bundle": "event", "statusList": "hourly", "qr": qr, "steps": steps})
        };
        let cases = vec![
            case(
                "twice",
                PLAIN_TYPE,
                vec![
                    expect(enter(0, 1), "VALID", 0, 0, true),
                    expect(enter(1, 1), "DUPLICATE", 0, 1, false),
                    expect(leave(2, 1), "VALID", 0, 1, true),
                    expect(enter(3, 1), "DUPLICATE", 0, 2, false),
                ],
            ),
            case(
                "a mistake taken back",
                PLAIN_TYPE,
                vec![
                    expect(enter(0, 1), "VALID", 0, 0, true),
                    expect(undo(1), "VALID", 1, 1, true),
                    expect(enter(2, 1), "VALID", 0, 0, true),
                    expect(undo(3), "VALID", 1, 1, true),
                    expect(undo(4), "VALID", 1, 0, false),
                ],
            ),
            case(
                "a group that goes out and in",
                GROUP_TYPE,
                vec![
                    expect(leave(0, 9), "VALID", 6, 0, true),
                    expect(enter(1, 4), "VALID", 2, 1, true),
                    expect(enter(2, 3), "DUPLICATE", 2, 2, false),
                    expect(enter(3, 2), "VALID", 0, 2, true),
                    expect(leave(4, 1), "VALID", 1, 3, true),
                    expect(enter(5, 1), "VALID", 0, 4, true),
                ],
            ),
        ];
        cases.iter().for_each(|case| self.check_scans(case));
        cases
    }

    fn check_scans(&self, case: &Value) {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let mut gate = self.gate(&text(&case["bundle"]), Some(&text(&case["statusList"])));
        let scanner = device("vectors");
        for (number, step) in case["steps"].as_array().unwrap().iter().enumerate() {
            let count = people(step["count"].as_u64().unwrap() as u16);
            let action = match text(&step["kind"]).as_str() {
                "entry" => ScanAction::Entry { count },
                "exit" => ScanAction::Exit { count },
                _ => ScanAction::Undo { undoes: None },
            };
            let at = Moment(step["at"].as_u64().unwrap());
            let request = ScanRequest {
                action,
                ..entry(at, &scanner, number as u8)
            };
            let scan = gate.scan(&text(&case["qr"]), &request);
            let found = json!({
                "name": scan.judgement.verdict.name(),
                "remaining": scan.judgement.remaining,
                "admissions": scan.judgement.admissions.len(),
                "recorded": scan.record.is_some(),
            });
            assert_eq!(found, step["answer"], "{}, step {number}", case["name"]);
        }
    }

    fn refused(&self) -> Cases {
        let keys = &self.keys;
        let mut forged = self.bundle("event").to_vec();
        *forged.last_mut().unwrap() ^= 1;
        let by_stranger = sign_delegation(&delegation_content(keys), &keys.stranger).unwrap();
        let by_stranger = sign_bundle(&bundle_content(keys), &by_stranger, &keys.bundle).unwrap();
        let mut content = bundle_content(keys);
        content.event.number = EventNumber(43);
        let of_another = sign_bundle(&content, &delegation(keys), &keys.bundle).unwrap();
        let statuses = statuses();
        let elsewhere = StatusListContent {
            address: "https://elsewhere.example/",
            ..list_content(&statuses)
        };
        let elsewhere = sign_status_list(&elsewhere, &delegation(keys), &keys.bundle).unwrap();
        let list = self.status_list("hourly").to_vec();
        let cases = [
            ("no bytes", "bundle", vec![], "INVALID"),
            ("a status list for a bundle", "bundle", list, "INVALID"),
            ("a changed signature", "bundle", forged, "BAD_SIGNATURE"),
            ("another root key", "bundle", by_stranger, "NOT_DELEGATED"),
            ("too many bytes", "bundle", vec![0; 12], "INVALID"),
            (
                "an older bundle",
                "update",
                self.bundle("previous").to_vec(),
                "OLDER",
            ),
            (
                "another event's bundle",
                "update",
                of_another,
                "WRONG_EVENT",
            ),
            (
                "an older status list",
                "statusList",
                self.status_list("previous").to_vec(),
                "OLDER",
            ),
            (
                "another address's status list",
                "statusList",
                elsewhere,
                "WRONG_STATUS_LIST",
            ),
            (
                "a bundle for a status list",
                "statusList",
                self.bundle("event").to_vec(),
                "INVALID",
            ),
            ("half a page", "checkins", vec![0x81], "INVALID"),
        ];
        let case = |(name, what, bytes, code): (&str, &str, Vec<u8>, &str)| {
            let mut gate = self.gate("event", Some("hourly"));
            let error = match what {
                "bundle" => Gate::pair(&bytes, &keys.root.public_key()).unwrap_err(),
                "update" => gate.update(&bytes).unwrap_err(),
                "statusList" => gate.set_status_list(&bytes).unwrap_err(),
                _ => gate.merge_checkins(&bytes).unwrap_err(),
            };
            assert_eq!(error.code(), code, "{name}: {error}");
            json!({"name": name, "what": what, "bytes": hex(&bytes), "code": code})
        };
        cases.into_iter().map(case).collect()
    }

    /// Fifty tickets that are VALID at [`soon`], of every signed profile and by every key that may sign:
    /// what the tests in JavaScript alter, character by character.
    fn genuine(&self) -> Cases {
        const COUNT: u32 = 50;
        let keys = [&self.keys.active, &self.keys.retired, &self.keys.next];
        let types = [PLAIN_TYPE, GROUP_TYPE];
        let gate = self.gate("event", Some("hourly"));
        let case = |((number, key), ticket_type): ((u32, &&SigningKey), &TicketType)| {
            let holder = "Zoë Ångström 12345678901234567890";
            let extra = match number % 3 {
                0 => Extra::None,
                1 => Extra::NotBefore(UnixTime(ISSUED.0 - number)),
                _ => Extra::Holder(
                    HolderName::clipped(holder.get(..8 + number as usize % 20).unwrap_or(holder))
                        .unwrap(),
                ),
            };
            let claims = Claims {
                extra,
                ..claims(Serial(10 + number * 17), *ticket_type)
            };
            let qr = ticket_token::sign(&claims, key).qr_text();
            let judgement = gate.verify(&qr, &Question::entry_at(soon()));
            assert_eq!(judgement.verdict, Verdict::Valid, "ticket {number}");
            json!({"qr": qr, "at": soon().0})
        };
        let signers = (0..COUNT).zip(keys.iter().cycle());
        signers.zip(types.iter().cycle()).map(case).collect()
    }

    fn ticket_numbers(&self) -> Cases {
        let key = &bundle_content(&self.keys).number_key;
        let serials = [0, 1, 2, 3, 1000, 65_535, 65_536, 1_000_000, u32::MAX];
        let case = |serial| {
            let number = key.number_of(Serial(serial));
            assert_eq!(key.serial_of(&number), Some(Serial(serial)));
            json!({"key": hex(&key.0), "serial": serial, "number": number.to_string()})
        };
        serials.map(case).to_vec()
    }
}

/// The answer as the npm package gives it.
fn answer_json(judgement: &Judgement, bundle: &Bundle) -> Value {
    let ticket = judgement.ticket.as_ref();
    let own = ticket.filter(|claims| claims.event == bundle.event());
    let rule = own.and_then(|claims| bundle.ticket_type(claims.ticket_type));
    let admission = |record: &Record| {
        let (kind, count) = match &record.action {
            Action::Entry { count } => ("entry", count.get()),
            Action::Exit { count } => ("exit", count.get()),
            Action::Undo { .. } => panic!("undos do not count"),
        };
        json!({
            "id": record.id.to_string(),
            "kind": kind,
            "count": count,
            "at": record.at.0,
            "gate": record.gate.as_ref().map(GateName::as_str),
            "device": record.id.device.as_str(),
        })
    };
    let mut answer = json!({
        "verdict": judgement.verdict.number(),
        "name": judgement.verdict.name(),
        "advice": judgement.advice.name(),
        "warnings": warnings(judgement.warnings),
        "event": ticket.map(|claims| claims.event.0),
        "serial": ticket.map(|claims| claims.serial.0),
        "ticketType": ticket.map(|claims| claims.ticket_type.0),
        "ticketTypeName": rule.map(|rule| rule.names.own()),
        "expiresAt": ticket.map(|claims| Moment::from_unix(claims.expires).0),
        "admissions": judgement.admissions.iter().map(admission).collect::<Vec<_>>(),
        "remaining": judgement.remaining,
        "bundleAge": judgement.bundle_age_ms,
        "statusAge": judgement.status_age_ms,
    });
    if let Some(Extra::Holder(name)) = ticket.map(|claims| &claims.extra) {
        answer["holder"] = json!(name.as_str());
    }
    answer
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
