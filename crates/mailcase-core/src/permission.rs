//! Who may do what: roles are sets of permissions, and the sets are written here only.

use crate::case::named;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

named! {
    pub enum Role, "role" {
        Administrator = "administrator",
        /// May manage connectors; sees cases and messages as a reader does.
        IntegrationManager = "integration_manager",
        Analyst = "analyst",
        ReadOnly = "read_only",
    }
}

named! {
    pub enum Permission, "permission" {
        /// See cases, messages, indicators, and the names of users they can be given to.
        ReadDesk = "read_desk",
        /// Change cases, write notes, retry messages.
        WriteDesk = "write_desk",
        /// See connectors, their state, log and accounting.
        ReadConnectors = "read_connectors",
        /// Create, change, test, poll, activate and delete connectors.
        ManageConnectors = "manage_connectors",
        /// Create and change users.
        ManageUsers = "manage_users",
        /// Read the audit trail.
        ReadAudit = "read_audit",
    }
}

impl Role {
    #[must_use]
    pub const fn permissions(self) -> &'static [Permission] {
        use Permission::{ManageConnectors, ManageUsers, ReadAudit, ReadConnectors, ReadDesk, WriteDesk};
        match self {
            Self::Administrator => {
                &[ReadDesk, WriteDesk, ReadConnectors, ManageConnectors, ManageUsers, ReadAudit]
            }
            Self::IntegrationManager => &[ReadDesk, ReadConnectors, ManageConnectors],
            Self::Analyst => &[ReadDesk, WriteDesk, ReadConnectors],
            Self::ReadOnly => &[ReadDesk, ReadConnectors],
        }
    }

    #[must_use]
    pub fn may(self, permission: Permission) -> bool {
        self.permissions().contains(&permission)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_administrators_manage_users_and_readers_change_nothing() {
        for role in Role::ALL {
            assert_eq!(role.may(Permission::ManageUsers), *role == Role::Administrator);
            assert!(role.may(Permission::ReadDesk));
        }
        for writing in [Permission::WriteDesk, Permission::ManageConnectors, Permission::ManageUsers] {
            assert!(!Role::ReadOnly.may(writing));
        }
    }
}
