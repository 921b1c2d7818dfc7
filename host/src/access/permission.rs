//! Roles and permissions; the matrix is one function, [`Role::permissions`].

use std::fmt;
use std::str::FromStr;

/// One thing that a caller may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
#[expect(
    missing_docs,
    reason = "each is explained by its name in the API's table of routes"
)]
pub enum Permission {
    TicketsCreate,
    TicketsBatchCreate,
    TicketsPdfCreate,
    TicketsPdfBatch,
    TicketsFullBatch,
    TicketsJobsCreate,
    TicketsJobsProcess,
    TicketsJobsRead,
    TicketsJobsCancel,
    TicketsRead,
    TicketsStatsRead,
    TicketsValidate,
    TicketsAdmin,
    EventsRead,
    EventsWrite,
    TemplatesRead,
    TemplatesWrite,
    TemplatesActivate,
    ScannersWrite,
    VerifierRead,
    KeysWrite,
    SettingsWrite,
    OrganizersAdmin,
    WebhooksWrite,
    AuditRead,
}

impl Permission {
    /// Every permission.
    pub const ALL: [Self; 25] = [
        Self::TicketsCreate,
        Self::TicketsBatchCreate,
        Self::TicketsPdfCreate,
        Self::TicketsPdfBatch,
        Self::TicketsFullBatch,
        Self::TicketsJobsCreate,
        Self::TicketsJobsProcess,
        Self::TicketsJobsRead,
        Self::TicketsJobsCancel,
        Self::TicketsRead,
        Self::TicketsStatsRead,
        Self::TicketsValidate,
        Self::TicketsAdmin,
        Self::EventsRead,
        Self::EventsWrite,
        Self::TemplatesRead,
        Self::TemplatesWrite,
        Self::TemplatesActivate,
        Self::ScannersWrite,
        Self::VerifierRead,
        Self::KeysWrite,
        Self::SettingsWrite,
        Self::OrganizersAdmin,
        Self::WebhooksWrite,
        Self::AuditRead,
    ];

    /// The name used in tokens, errors and documents.
    pub const fn name(self) -> &'static str {
        match self {
            Self::TicketsCreate => "tickets.create",
            Self::TicketsBatchCreate => "tickets.batch.create",
            Self::TicketsPdfCreate => "tickets.pdf.create",
            Self::TicketsPdfBatch => "tickets.pdf.batch",
            Self::TicketsFullBatch => "tickets.full.batch",
            Self::TicketsJobsCreate => "tickets.jobs.create",
            Self::TicketsJobsProcess => "tickets.jobs.process",
            Self::TicketsJobsRead => "tickets.jobs.read",
            Self::TicketsJobsCancel => "tickets.jobs.cancel",
            Self::TicketsRead => "tickets.read",
            Self::TicketsStatsRead => "tickets.stats.read",
            Self::TicketsValidate => "tickets.validate",
            Self::TicketsAdmin => "tickets.admin",
            Self::EventsRead => "events.read",
            Self::EventsWrite => "events.write",
            Self::TemplatesRead => "templates.read",
            Self::TemplatesWrite => "templates.write",
            Self::TemplatesActivate => "templates.activate",
            Self::ScannersWrite => "scanners.write",
            Self::VerifierRead => "verifier.read",
            Self::KeysWrite => "keys.write",
            Self::SettingsWrite => "settings.write",
            Self::OrganizersAdmin => "organizers.admin",
            Self::WebhooksWrite => "webhooks.write",
            Self::AuditRead => "audit.read",
        }
    }

    const fn bit(self) -> u32 {
        1 << self as u8
    }
}

impl FromStr for Permission {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        Self::ALL
            .into_iter()
            .find(|permission| permission.name() == name)
            .ok_or(())
    }
}

/// Some permissions.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct PermissionSet(u32);

impl PermissionSet {
    /// The set of these.
    pub fn of(permissions: &[Permission]) -> Self {
        Self(
            permissions
                .iter()
                .fold(0, |bits, permission| bits | permission.bit()),
        )
    }

    /// Both together.
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The permissions in it.
    pub fn iter(self) -> impl Iterator<Item = Permission> {
        Permission::ALL
            .into_iter()
            .filter(move |permission| self.contains(*permission))
    }

    /// Whether it holds this one.
    pub const fn contains(self, permission: Permission) -> bool {
        self.0 & permission.bit() != 0
    }
}

impl fmt::Debug for PermissionSet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_set()
            .entries(self.iter().map(Permission::name))
            .finish()
    }
}

/// A named set of permissions within one organizer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Runs the host: everything.
    Operator,
    /// Everything of one organizer.
    Admin,
    /// Sells, prints and manages events and templates, but not keys.
    Organizer,
    /// A back end that issues tickets.
    Service,
    /// A gate.
    Scanner,
    /// Looks only.
    Viewer,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 6] = [
        Self::Operator,
        Self::Admin,
        Self::Organizer,
        Self::Service,
        Self::Scanner,
        Self::Viewer,
    ];

    /// The name used in tokens.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Admin => "admin",
            Self::Organizer => "organizer",
            Self::Service => "service",
            Self::Scanner => "scanner",
            Self::Viewer => "viewer",
        }
    }

    /// The matrix of roles and permissions.
    pub fn permissions(self) -> PermissionSet {
        use Permission as P;
        let viewer = PermissionSet::of(&[
            P::TicketsRead,
            P::TicketsStatsRead,
            P::TicketsJobsRead,
            P::EventsRead,
            P::TemplatesRead,
        ]);
        let scanner = PermissionSet::of(&[P::VerifierRead, P::TicketsValidate, P::EventsRead]);
        let service = viewer.union(scanner).union(PermissionSet::of(&[
            P::TicketsCreate,
            P::TicketsBatchCreate,
            P::TicketsPdfCreate,
            P::TicketsPdfBatch,
            P::TicketsFullBatch,
            P::TicketsJobsCreate,
            P::TicketsJobsProcess,
            P::TicketsJobsCancel,
            P::EventsWrite,
        ]));
        let organizer = service.union(PermissionSet::of(&[
            P::TicketsAdmin,
            P::TemplatesWrite,
            P::TemplatesActivate,
            P::ScannersWrite,
        ]));
        let admin = organizer.union(PermissionSet::of(&[
            P::KeysWrite,
            P::SettingsWrite,
            P::WebhooksWrite,
            P::AuditRead,
        ]));
        match self {
            Self::Viewer => viewer,
            Self::Scanner => scanner,
            Self::Service => service,
            Self::Organizer => organizer,
            Self::Admin => admin,
            Self::Operator => admin.union(PermissionSet::of(&[P::OrganizersAdmin])),
        }
    }
}

impl FromStr for Role {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|role| role.name() == name)
            .ok_or_else(|| {
                let names: Vec<_> = Self::ALL.into_iter().map(Self::name).collect();
                format!(
                    "\"{name}\" is not a role; the roles are {}",
                    names.join(", ")
                )
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_parse_back() {
        for permission in Permission::ALL {
            assert_eq!(permission.name().parse(), Ok(permission));
        }
        for role in Role::ALL {
            assert_eq!(role.name().parse(), Ok(role));
        }
    }

    #[test]
    fn a_scanner_can_neither_issue_nor_revoke() {
        let scanner = Role::Scanner.permissions();
        assert!(scanner.contains(Permission::VerifierRead));
        assert!(!scanner.contains(Permission::TicketsCreate));
        assert!(!scanner.contains(Permission::TicketsAdmin));
        assert!(!scanner.contains(Permission::TicketsRead));
    }

    #[test]
    fn only_administrators_send_data_away_and_read_the_record() {
        for role in Role::ALL {
            for permission in [Permission::WebhooksWrite, Permission::AuditRead] {
                let allowed = role.permissions().contains(permission);
                let expected = matches!(role, Role::Admin | Role::Operator);
                assert_eq!(allowed, expected, "{}", role.name());
            }
        }
    }

    #[test]
    fn only_the_operator_manages_organizers() {
        for role in Role::ALL {
            let allowed = role.permissions().contains(Permission::OrganizersAdmin);
            assert_eq!(allowed, role == Role::Operator, "{}", role.name());
        }
    }
}
