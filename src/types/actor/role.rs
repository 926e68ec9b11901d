//! The one table of the access rules: which role holds which permission, and who outranks whom.

/// One right. On an API key the same thing is called a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Permission {
    /// Read users and their sessions.
    UsersRead,
    /// Create, change, disable and enable users.
    UsersWrite,
    /// Lift the lock after failed sign-ins.
    UsersUnlock,
    /// Delete and restore users.
    UsersDelete,
    /// Reset passwords and tell users to change theirs.
    PasswordsReset,
    /// End sessions.
    SessionsRevoke,
    /// Ask whether a token is of a session that works.
    SessionsIntrospect,
    /// Read API keys, without their secrets.
    ApiKeysRead,
    /// Create, change and revoke API keys.
    ApiKeysManage,
    /// Read the audit trail.
    AuditRead,
    /// Read mail deliveries and templates.
    MailRead,
    /// Retry and cancel mail, and send test mail.
    MailWrite,
    /// Change the texts of mail.
    MailTemplatesWrite,
    /// Read facts about the server.
    SettingsRead,
}

impl Permission {
    /// Every right, in the order in which they are listed everywhere.
    pub const ALL: [Self; 14] = [
        Self::UsersRead,
        Self::UsersWrite,
        Self::UsersUnlock,
        Self::UsersDelete,
        Self::PasswordsReset,
        Self::SessionsRevoke,
        Self::SessionsIntrospect,
        Self::ApiKeysRead,
        Self::ApiKeysManage,
        Self::AuditRead,
        Self::MailRead,
        Self::MailWrite,
        Self::MailTemplatesWrite,
        Self::SettingsRead,
    ];

    /// The name used in the API, on the command line and in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::UsersRead => "USERS_READ",
            Self::UsersWrite => "USERS_WRITE",
            Self::UsersUnlock => "USERS_UNLOCK",
            Self::UsersDelete => "USERS_DELETE",
            Self::PasswordsReset => "PASSWORDS_RESET",
            Self::SessionsRevoke => "SESSIONS_REVOKE",
            Self::SessionsIntrospect => "SESSIONS_INTROSPECT",
            Self::ApiKeysRead => "API_KEYS_READ",
            Self::ApiKeysManage => "API_KEYS_MANAGE",
            Self::AuditRead => "AUDIT_READ",
            Self::MailRead => "MAIL_READ",
            Self::MailWrite => "MAIL_WRITE",
            Self::MailTemplatesWrite => "MAIL_TEMPLATES_WRITE",
            Self::SettingsRead => "SETTINGS_READ",
        }
    }

    /// Reads a name, letter case aside.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|permission| permission.name().eq_ignore_ascii_case(name))
    }
}

/// What a person may do, as a bundle of permissions with a rank; the order is the rank, lowest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Nothing beyond their own account.
    Member,
    /// Reads everything, changes nothing.
    Auditor,
    /// Reads members and resets their passwords.
    Helpdesk,
    /// Everything, to anyone below.
    Admin,
    /// Everything, to anyone.
    Owner,
}

impl Role {
    /// Every role, highest rank first.
    pub const ALL: [Self; 5] = [
        Self::Owner,
        Self::Admin,
        Self::Helpdesk,
        Self::Auditor,
        Self::Member,
    ];

    /// The name used in the API, on the command line and in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Owner => "OWNER",
            Self::Admin => "ADMIN",
            Self::Helpdesk => "HELPDESK",
            Self::Auditor => "AUDITOR",
            Self::Member => "MEMBER",
        }
    }

    /// Reads a name, letter case aside.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|role| role.name().eq_ignore_ascii_case(name))
    }

    /// The rights that come with the role.
    pub const fn permissions(self) -> &'static [Permission] {
        match self {
            Self::Owner => &Permission::ALL,
            // `Why:` whoever edits the mail that carries an owner's link could take the owner's account.
            Self::Admin => &[
                Permission::UsersRead,
                Permission::UsersWrite,
                Permission::UsersUnlock,
                Permission::UsersDelete,
                Permission::PasswordsReset,
                Permission::SessionsRevoke,
                Permission::SessionsIntrospect,
                Permission::ApiKeysRead,
                Permission::ApiKeysManage,
                Permission::AuditRead,
                Permission::MailRead,
                Permission::MailWrite,
                Permission::SettingsRead,
            ],
            Self::Helpdesk => &[
                Permission::UsersRead,
                Permission::UsersUnlock,
                Permission::PasswordsReset,
            ],
            Self::Auditor => &[
                Permission::UsersRead,
                Permission::ApiKeysRead,
                Permission::AuditRead,
                Permission::MailRead,
                Permission::SettingsRead,
            ],
            Self::Member => &[],
        }
    }

    /// Whether someone of this role, with these rights, may act on someone else of the other role.
    ///
    /// `Why:` a lower rank alone is not enough. An auditor reads what a helpdesk may not, and a key of
    /// high rank with few scopes could otherwise reset a password and take rights it was not given.
    pub fn manages(self, rights: &[Permission], target: Self) -> bool {
        let outranks = self > target || (self == Self::Owner && target == Self::Owner);
        outranks
            && target
                .permissions()
                .iter()
                .all(|held| rights.contains(held))
    }

    /// Whether someone of this role, who may read users, sees users of the other.
    pub fn sees(self, target: Self) -> bool {
        self != Self::Helpdesk || target == Self::Member
    }

    /// The role that reaches less of two, for a claim that may lower a role but never raise it.
    ///
    /// `Why:` by rank alone a helpdesk held down to an auditor would see everybody.
    #[must_use]
    pub fn lower(self, other: Self) -> Self {
        match (self, other) {
            (Self::Helpdesk, Self::Auditor) | (Self::Auditor, Self::Helpdesk) => Self::Helpdesk,
            _ => self.min(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_manages_an_equal_or_higher_rank_but_an_owner() {
        for actor in Role::ALL {
            for target in Role::ALL {
                let allowed = actor.manages(actor.permissions(), target);
                if actor == Role::Owner {
                    assert!(allowed);
                } else if actor <= target {
                    assert!(!allowed, "{actor:?} on {target:?}");
                }
            }
        }
    }

    #[test]
    fn nobody_below_an_admin_manages_an_auditor() {
        let manages = |actor: Role, target| actor.manages(actor.permissions(), target);
        assert!(manages(Role::Helpdesk, Role::Member));
        assert!(!manages(Role::Helpdesk, Role::Auditor));
        assert!(manages(Role::Admin, Role::Auditor));
        assert!(!manages(Role::Auditor, Role::Helpdesk));
    }

    #[test]
    fn few_rights_do_not_reach_those_with_more_whatever_the_rank() {
        let few = [Permission::PasswordsReset];
        assert!(Role::Owner.manages(&few, Role::Member));
        for target in [Role::Auditor, Role::Helpdesk, Role::Admin, Role::Owner] {
            assert!(!Role::Owner.manages(&few, target), "{target:?}");
        }
    }

    #[test]
    fn names_are_read_back() {
        for permission in Permission::ALL {
            assert_eq!(Permission::parse(permission.name()), Some(permission));
        }
        for role in Role::ALL {
            assert_eq!(Role::parse(&role.name().to_lowercase()), Some(role));
        }
    }
}
