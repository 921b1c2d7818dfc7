//! Who is asking, and what they may do.

mod api_key;
pub mod bearer;
mod caller_limits;
mod key_set;
mod key_source;
pub mod permission;
mod rate;
mod token_check;

pub use api_key::ApiKeySecret;
pub use bearer::{BearerKey, Claims, TokenRefused};
pub use caller_limits::CallerLimits;
pub use key_source::{ForeignKeys, KeySource};
pub use permission::{Permission, Role};
pub use rate::{Allowance, Asker, RateLimits, RateRules, RouteClass, Standing};
pub use token_check::{ForeignSigner, TokenCheck};

use jiff::Timestamp;

use crate::storage::{By, Claim, OrganizerId};

/// An authenticated caller. Every query is scoped by its organizer.
#[derive(Clone, Debug)]
pub struct Principal {
    /// Whose data it sees.
    pub organizer: OrganizerId,
    /// The organizer's slug.
    pub organizer_slug: String,
    /// Name of the caller, for the audit.
    pub subject: String,
    /// What it may do.
    pub permissions: permission::PermissionSet,
    /// The idempotency key under which this request acts.
    pub claim: Option<Claim>,
}

impl Principal {
    /// Whether it may do this.
    pub fn may(&self, permission: Permission) -> bool {
        self.permissions.contains(permission)
    }

    /// Who acts, for the record.
    pub fn by(&self, at: Timestamp) -> By {
        By {
            actor: self.subject.clone(),
            at,
            claim: self.claim,
        }
    }
}
