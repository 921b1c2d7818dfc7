//! What an event's organizer wants done with a verdict.

use crate::verdict::{Verdict, Warning, Warnings};

/// What the steward should do. Ordered from the most to the least welcoming, so that the greatest of
/// several is the one to follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Advice {
    /// Let them in.
    Admit = 0,
    /// Look closer, or ask someone who can decide.
    Ask = 1,
    /// Do not let them in.
    Refuse = 2,
}

impl Advice {
    /// The number in a bundle.
    pub fn number(self) -> u8 {
        self as u8
    }

    /// The advice that has `number` in a bundle.
    pub fn from_number(number: u64) -> Option<Self> {
        match number {
            0 => Some(Self::Admit),
            1 => Some(Self::Ask),
            2 => Some(Self::Refuse),
            _ => None,
        }
    }

    /// `admit`, `ask` or `refuse`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Admit => "admit",
            Self::Ask => "ask",
            Self::Refuse => "refuse",
        }
    }
}

/// What to do where an organizer may decide. A code that is not known to be genuine, was revoked, or
/// needs a proof, is refused by every policy; an unknown ticket type is never admitted unasked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// For verdict NOT_YET_VALID.
    pub not_yet_valid: Advice,
    /// For verdict EXPIRED.
    pub expired: Advice,
    /// For verdict SUSPENDED.
    pub suspended: Advice,
    /// For verdict DUPLICATE.
    pub duplicate: Advice,
    /// For verdict WRONG_GATE.
    pub wrong_gate: Advice,
    /// For verdict ONLINE_REQUIRED. Nothing of such a code can be checked here, so *admit* means
    /// that anyone passes.
    pub online_required: Advice,
    /// For VALID with warning STATUS_STALE.
    pub status_stale: Advice,
    /// For VALID with warning STATUS_UNKNOWN.
    pub status_unknown: Advice,
    /// For VALID with warning BUNDLE_EXPIRED.
    pub bundle_expired: Advice,
    /// For VALID with warning CLOCK_BEHIND.
    pub clock_behind: Advice,
}

/// Finds the advice that has a number in a bundle.
pub(crate) type AdviceSlot = fn(&mut Policy, u64) -> Option<&mut Advice>;

impl Default for Policy {
    /// Old news about revocations does not stop the queue; a wrong clock or an expired bundle,
    /// which put keys and times in doubt, asks; whatever is not VALID is refused.
    fn default() -> Self {
        Self {
            not_yet_valid: Advice::Refuse,
            expired: Advice::Refuse,
            suspended: Advice::Refuse,
            duplicate: Advice::Refuse,
            wrong_gate: Advice::Refuse,
            online_required: Advice::Ask,
            status_stale: Advice::Admit,
            status_unknown: Advice::Admit,
            bundle_expired: Advice::Ask,
            clock_behind: Advice::Ask,
        }
    }
}

impl Policy {
    /// What to do: the verdict's advice, or a warning's where that is more careful.
    pub fn advice(&self, verdict: Verdict, warnings: Warnings) -> Advice {
        warnings
            .iter()
            .map(|warning| self.for_warning(warning))
            .fold(self.for_verdict(verdict), Ord::max)
    }

    /// Where the advice for a verdict's number is kept, if an organizer may choose it.
    pub(crate) fn verdict_slot(&mut self, number: u64) -> Option<&mut Advice> {
        match number {
            6 => Some(&mut self.not_yet_valid),
            7 => Some(&mut self.expired),
            9 => Some(&mut self.suspended),
            11 => Some(&mut self.duplicate),
            12 => Some(&mut self.online_required),
            15 => Some(&mut self.wrong_gate),
            _ => None,
        }
    }

    /// Where the advice for a warning's number is kept, if an organizer may choose it.
    pub(crate) fn warning_slot(&mut self, number: u64) -> Option<&mut Advice> {
        match number {
            1 => Some(&mut self.status_stale),
            2 => Some(&mut self.status_unknown),
            4 => Some(&mut self.bundle_expired),
            5 => Some(&mut self.clock_behind),
            _ => None,
        }
    }

    fn for_verdict(&self, verdict: Verdict) -> Advice {
        match verdict {
            Verdict::Valid => Advice::Admit,
            Verdict::NotYetValid => self.not_yet_valid,
            Verdict::Expired => self.expired,
            Verdict::Suspended => self.suspended,
            Verdict::Duplicate => self.duplicate,
            Verdict::WrongGate => self.wrong_gate,
            Verdict::OnlineRequired => self.online_required,
            Verdict::Malformed
            | Verdict::Unsupported
            | Verdict::UnknownKey
            | Verdict::BadSignature
            | Verdict::WrongEvent
            | Verdict::Revoked
            | Verdict::KeyExpired
            | Verdict::KeyRevoked
            | Verdict::ProofRequired => Advice::Refuse,
        }
    }

    fn for_warning(&self, warning: Warning) -> Advice {
        match warning {
            Warning::StatusStale => self.status_stale,
            Warning::StatusUnknown => self.status_unknown,
            Warning::TypeUnknown => Advice::Ask,
            Warning::BundleExpired => self.bundle_expired,
            Warning::ClockBehind => self.clock_behind,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_careful_advice_wins() {
        let policy = Policy {
            duplicate: Advice::Ask,
            ..Policy::default()
        };
        let none = Warnings::default();
        assert_eq!(policy.advice(Verdict::Valid, none), Advice::Admit);
        assert_eq!(policy.advice(Verdict::Duplicate, none), Advice::Ask);
        assert_eq!(policy.advice(Verdict::BadSignature, none), Advice::Refuse);
        let stale = Warnings::from_iter([Warning::StatusStale]);
        assert_eq!(policy.advice(Verdict::Valid, stale), Advice::Admit);
        let expired = Warnings::from_iter([Warning::StatusStale, Warning::BundleExpired]);
        assert_eq!(policy.advice(Verdict::Valid, expired), Advice::Ask);
        assert_eq!(policy.advice(Verdict::Revoked, expired), Advice::Refuse);
    }
}
