//! What may be said of a ticket. Numbers and names are public: they never change their meaning.

/// The one answer to "may this ticket pass?". The numbers are fixed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Verdict {
    /// Genuine, for this event, at this time and gate, and not used up.
    Valid = 0,
    /// Not one of our codes, or damaged.
    Malformed = 1,
    /// A code of ours that this version cannot judge: update the scanner.
    Unsupported = 2,
    /// Signed by a key that the bundle does not list; also every specimen.
    UnknownKey = 3,
    /// Forged or altered.
    BadSignature = 4,
    /// A genuine ticket of another event.
    WrongEvent = 5,
    /// Before its own time, or before every window of its type that is still to come.
    NotYetValid = 6,
    /// After its own time, or after the last window of its type.
    Expired = 7,
    /// Withdrawn by the organizer.
    Revoked = 8,
    /// Withdrawn for now.
    Suspended = 9,
    /// Genuine, but its key is past its verify-until.
    KeyExpired = 10,
    /// Used up: its type allows no further admission.
    Duplicate = 11,
    /// A `server` token: only the host holds the secret that can check it.
    OnlineRequired = 12,
    /// Signed by a key that was withdrawn, so anyone may have signed it.
    KeyRevoked = 13,
    /// A rotating code: a picture of it is not enough.
    ProofRequired = 14,
    /// Genuine, but not for this gate.
    WrongGate = 15,
}

impl Verdict {
    /// Every verdict but VALID, in the order in which they are looked for: where several hold, the
    /// first is given. What makes the rest meaningless comes first.
    pub const PRECEDENCE: [Verdict; 15] = [
        Verdict::Malformed,
        Verdict::Unsupported,
        Verdict::OnlineRequired,
        Verdict::UnknownKey,
        Verdict::BadSignature,
        Verdict::KeyRevoked,
        Verdict::KeyExpired,
        Verdict::WrongEvent,
        Verdict::ProofRequired,
        Verdict::NotYetValid,
        Verdict::Expired,
        Verdict::Revoked,
        Verdict::Suspended,
        Verdict::WrongGate,
        Verdict::Duplicate,
    ];

    /// The fixed number, 0 to 15.
    pub fn number(self) -> u8 {
        self as u8
    }

    /// The fixed name, for example `BAD_SIGNATURE`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Valid => "VALID",
            Self::Malformed => "MALFORMED",
            Self::Unsupported => "UNSUPPORTED",
            Self::UnknownKey => "UNKNOWN_KEY",
            Self::BadSignature => "BAD_SIGNATURE",
            Self::WrongEvent => "WRONG_EVENT",
            Self::NotYetValid => "NOT_YET_VALID",
            Self::Expired => "EXPIRED",
            Self::Revoked => "REVOKED",
            Self::Suspended => "SUSPENDED",
            Self::KeyExpired => "KEY_EXPIRED",
            Self::Duplicate => "DUPLICATE",
            Self::OnlineRequired => "ONLINE_REQUIRED",
            Self::KeyRevoked => "KEY_REVOKED",
            Self::ProofRequired => "PROOF_REQUIRED",
            Self::WrongGate => "WRONG_GATE",
        }
    }
}

/// A doubt that stands beside a verdict. It never hides one and never takes its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Warning {
    /// The status list is past its `ttl` or `exp`: a later revocation may not be known here.
    StatusStale = 1,
    /// Nothing is known of this ticket's revocation: no list was loaded, or the serial lies beyond
    /// it, as when it was sold after the last sync.
    StatusUnknown = 2,
    /// The bundle does not know the ticket's type; one admission is assumed.
    TypeUnknown = 3,
    /// The bundle or its delegation is past its `exp`: keys and rules may have changed.
    BundleExpired = 4,
    /// The clock shows a time before signed knowledge was made, so it is wrong.
    ClockBehind = 5,
}

impl Warning {
    /// Every warning, by number.
    pub const ALL: [Warning; 5] = [
        Warning::StatusStale,
        Warning::StatusUnknown,
        Warning::TypeUnknown,
        Warning::BundleExpired,
        Warning::ClockBehind,
    ];

    /// The fixed number, 1 to 5.
    pub fn number(self) -> u8 {
        self as u8
    }

    /// The fixed name, for example `STATUS_STALE`.
    pub fn name(self) -> &'static str {
        match self {
            Self::StatusStale => "STATUS_STALE",
            Self::StatusUnknown => "STATUS_UNKNOWN",
            Self::TypeUnknown => "TYPE_UNKNOWN",
            Self::BundleExpired => "BUNDLE_EXPIRED",
            Self::ClockBehind => "CLOCK_BEHIND",
        }
    }
}

/// A set of warnings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Warnings(u8);

impl Warnings {
    /// Adds a warning.
    pub fn insert(&mut self, warning: Warning) {
        self.0 |= 1 << warning.number();
    }

    /// Whether `warning` is in the set.
    pub fn contains(self, warning: Warning) -> bool {
        self.0 & (1 << warning.number()) != 0
    }

    /// The warnings, by number.
    pub fn iter(self) -> impl Iterator<Item = Warning> {
        Warning::ALL
            .into_iter()
            .filter(move |warning| self.contains(*warning))
    }
}

impl FromIterator<Warning> for Warnings {
    fn from_iter<I: IntoIterator<Item = Warning>>(warnings: I) -> Self {
        let mut set = Self::default();
        warnings.into_iter().for_each(|warning| set.insert(warning));
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_precedence_is_the_published_one() {
        let numbers = Verdict::PRECEDENCE.map(Verdict::number);
        assert_eq!(numbers, [1, 2, 12, 3, 4, 13, 10, 5, 14, 6, 7, 8, 9, 15, 11]);
    }

    #[test]
    fn warnings_are_a_set() {
        let set: Warnings = [
            Warning::ClockBehind,
            Warning::StatusStale,
            Warning::ClockBehind,
        ]
        .into_iter()
        .collect();
        let names: Vec<_> = set.iter().map(Warning::name).collect();
        assert_eq!(names, ["STATUS_STALE", "CLOCK_BEHIND"]);
    }
}
