//! The acts of the table, each with the roles that may do it at all.

use keydesk::types::actor::Permission::{
    self, ApiKeysManage, MailWrite, PasswordsReset, SessionsRevoke, UsersDelete, UsersUnlock,
    UsersWrite,
};
use serde_json::json;

use crate::support::app::TestApp;

/// What becomes of an act on one's own account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OnSelf {
    Refused,
    Done,
}

/// One act, as it is asked for.
#[expect(clippy::struct_excessive_bools, reason = "a row of a table")]
pub(super) struct Act {
    /// For messages.
    pub(super) name: &'static str,
    pub(super) mutation: &'static str,
    /// Its arguments, with `TARGET` for the login.
    arguments: &'static str,
    pub(super) scope: Permission,
    /// Another scope that it needs besides.
    pub(super) besides: Option<Permission>,
    pub(super) roles: &'static [&'static str],
    pub(super) on_self: OnSelf,
    /// Whether somebody could try it on themselves: who is deleted has no session.
    pub(super) has_self: bool,
    /// Whether there is a case with the last owner.
    pub(super) has_last: bool,
    pub(super) takes_owner_away: bool,
    /// Whether API keys cannot do it, whatever their scopes.
    pub(super) is_for_people: bool,
    /// The code for a target that is out of reach.
    pub(super) out_of_reach: &'static str,
}

const fn act(
    name: &'static str,
    mutation: &'static str,
    arguments: &'static str,
    scope: Permission,
) -> Act {
    Act {
        name,
        mutation,
        arguments,
        scope,
        besides: None,
        roles: &["OWNER", "ADMIN"],
        on_self: OnSelf::Refused,
        has_self: true,
        has_last: true,
        takes_owner_away: false,
        is_for_people: false,
        out_of_reach: "TARGET_NOT_MANAGEABLE",
    }
}

const HELP: &[&str] = &["OWNER", "ADMIN", "HELPDESK"];

pub(super) const ACTS: [Act; 27] = [
    Act {
        roles: HELP,
        ..act(
            "reset a password",
            "resetPassword",
            r#"user: { login: "TARGET" }, generate: true"#,
            PasswordsReset,
        )
    },
    Act {
        roles: HELP,
        ..act(
            "mail a link to",
            "sendPasswordResetEmail",
            r#"user: { login: "TARGET" }"#,
            PasswordsReset,
        )
    },
    Act {
        roles: HELP,
        ..act(
            "mail a link to and block",
            "sendPasswordResetEmail",
            r#"user: { login: "TARGET" }, invalidatePassword: true"#,
            PasswordsReset,
        )
    },
    Act {
        roles: HELP,
        ..act(
            "make a link for",
            "createPasswordResetLink",
            r#"user: { login: "TARGET" }, signInOnUse: true"#,
            PasswordsReset,
        )
    },
    Act {
        roles: HELP,
        ..act(
            "revoke links of",
            "revokePasswordResetLinks",
            r#"user: { login: "TARGET" }"#,
            PasswordsReset,
        )
    },
    Act {
        roles: HELP,
        ..act(
            "demand a change of password",
            "setMustChangePassword",
            r#"user: { login: "TARGET" }"#,
            PasswordsReset,
        )
    },
    Act {
        roles: HELP,
        ..act(
            "unlock",
            "unlockUser",
            r#"user: { login: "TARGET" }"#,
            UsersUnlock,
        )
    },
    Act {
        on_self: OnSelf::Done,
        ..act(
            "change the name",
            "updateUser",
            r#"user: { login: "TARGET" }, patch: { name: "New Name", locale: "de" }"#,
            UsersWrite,
        )
    },
    act(
        "change the username",
        "updateUser",
        r#"user: { login: "TARGET" }, patch: { username: "TARGET-x" }"#,
        UsersWrite,
    ),
    Act {
        besides: Some(PasswordsReset),
        ..act(
            "change the address",
            "updateUser",
            r#"user: { login: "TARGET" }, patch: { email: "TARGET-x@example.org" }"#,
            UsersWrite,
        )
    },
    Act {
        besides: Some(PasswordsReset),
        ..act(
            "clear the address",
            "updateUser",
            r#"user: { login: "TARGET" }, clear: [EMAIL]"#,
            UsersWrite,
        )
    },
    Act {
        besides: Some(PasswordsReset),
        ..act(
            "take an address as unverified",
            "updateUser",
            r#"user: { login: "TARGET" }, patch: { emailVerified: false }"#,
            UsersWrite,
        )
    },
    Act {
        besides: Some(PasswordsReset),
        ..act(
            "change the external identifier",
            "updateUser",
            r#"user: { login: "TARGET" }, patch: { externalId: "TARGET" }"#,
            UsersWrite,
        )
    },
    Act {
        besides: Some(PasswordsReset),
        takes_owner_away: true,
        ..act(
            "move to another source",
            "updateUser",
            r#"user: { login: "TARGET" }, patch: { authenticationSource: LDAP }"#,
            UsersWrite,
        )
    },
    Act {
        takes_owner_away: true,
        ..act(
            "change the role",
            "updateUser",
            r#"user: { login: "TARGET" }, patch: { role: MEMBER }"#,
            UsersWrite,
        )
    },
    Act {
        takes_owner_away: true,
        ..act(
            "disable",
            "disableUser",
            r#"user: { login: "TARGET" }"#,
            UsersWrite,
        )
    },
    act(
        "enable",
        "enableUser",
        r#"user: { login: "TARGET" }"#,
        UsersWrite,
    ),
    Act {
        takes_owner_away: true,
        ..act(
            "delete",
            "deleteUser",
            r#"user: { login: "TARGET" }"#,
            UsersDelete,
        )
    },
    Act {
        has_self: false,
        has_last: false,
        ..act(
            "restore",
            "restoreUser",
            r#"user: { login: "TARGET" }"#,
            UsersDelete,
        )
    },
    Act {
        on_self: OnSelf::Done,
        ..act(
            "end all sessions",
            "revokeSessions",
            r#"user: { login: "TARGET" }"#,
            SessionsRevoke,
        )
    },
    Act {
        on_self: OnSelf::Done,
        ..act(
            "end one session",
            "revokeSession",
            r#"sessionId: "SESSION""#,
            SessionsRevoke,
        )
    },
    Act {
        on_self: OnSelf::Done,
        ..act(
            "forget a device of",
            "revokeDevice",
            r#"deviceId: "DEVICE""#,
            SessionsRevoke,
        )
    },
    Act {
        on_self: OnSelf::Done,
        ..act(
            "retry a mail to",
            "retryMailDelivery",
            r#"id: "DELIVERY""#,
            MailWrite,
        )
    },
    act(
        "cancel a mail to",
        "cancelMailDelivery",
        r#"id: "DELIVERY""#,
        MailWrite,
    ),
    Act {
        on_self: OnSelf::Done,
        ..act(
            "clear the address of",
            "markEmailDeliverable",
            r#"user: { login: "TARGET" }"#,
            UsersWrite,
        )
    },
    Act {
        on_self: OnSelf::Done,
        is_for_people: true,
        ..act(
            "revoke a key of",
            "revokeApiKey",
            r#"apiKeyId: "KEY""#,
            ApiKeysManage,
        )
    },
    Act {
        has_self: false,
        has_last: false,
        out_of_reach: "ROLE_NOT_GRANTABLE",
        ..act(
            "create one like",
            "createUser",
            r#"username: "TARGET-new", role: ROLE"#,
            UsersWrite,
        )
    },
];

impl Act {
    /// The operation on this target, with what it needs to be there first.
    pub(super) async fn document(&self, desk: &TestApp, target: &str) -> String {
        let mut arguments = self.arguments.replace("TARGET", target);
        if arguments.contains("SESSION") {
            desk.session(target).await;
            let session = desk.newest_session(target).await;
            arguments = arguments.replace("SESSION", session.as_str().expect("an id"));
        }
        if arguments.contains("DEVICE") {
            // From a network of its own: each may sign in only so often.
            let sum = target.bytes().fold(0_u16, |sum, byte| {
                sum.wrapping_mul(31).wrapping_add(u16::from(byte))
            });
            let [high, low] = sum.to_be_bytes();
            desk.browser(target, &format!("10.{high}.{low}.1"), None)
                .await;
            let device = desk.newest_device(target).await;
            arguments = arguments.replace("DEVICE", device.as_str().expect("an id"));
        }
        if arguments.contains("KEY") {
            arguments = arguments.replace("KEY", &key_of(desk, target).await);
        }
        if arguments.contains("DELIVERY") {
            let sent = desk.run("sendPasswordResetEmail", json!({ "login": target }));
            let sent = sent.await.root()["mailDelivery"]["id"].clone();
            arguments = arguments.replace("DELIVERY", sent.as_str().expect("an id"));
        }
        if arguments.contains("ROLE") {
            arguments = arguments.replace("ROLE", &role_of(desk, target).await);
        }
        if self.mutation == "restoreUser" {
            let deleted = desk.run("deleteUser", json!({ "login": target })).await;
            assert_eq!(deleted.codes(), Vec::<String>::new(), "{deleted:#?}");
        }
        format!(
            "mutation {{ {}(input: {{ {arguments} }}) {{ errors {{ code }} }} }}",
            self.mutation
        )
    }
}

async fn role_of(desk: &TestApp, login: &str) -> String {
    let document = "query($login: String!) { userByLogin(login: $login) { role } }";
    let answer = desk.ask(document, json!({ "login": login })).await;
    answer.root()["role"].as_str().expect("a role").to_owned()
}

async fn become_role(desk: &TestApp, login: &str, role: &str) {
    let document = "mutation($login: String!, $role: Role!) { updateUser(input: { user: { login: \
                    $login }, patch: { role: $role } }) { errors { code } } }";
    let answer = desk
        .ask(document, json!({ "login": login, "role": role }))
        .await;
    assert_eq!(answer.codes(), Vec::<String>::new(), "{answer:#?}");
}

/// The id of a key that somebody made; who may make none was an administrator for that long.
async fn key_of(desk: &TestApp, login: &str) -> String {
    let role = role_of(desk, login).await;
    let may_make = ["OWNER", "ADMIN"].contains(&role.as_str());
    if !may_make {
        become_role(desk, login, "ADMIN").await;
    }
    let session = desk.session(login).await;
    let (id, _secret) = desk.own_key(&session, json!({})).await;
    if !may_make {
        become_role(desk, login, &role).await;
    }
    id
}
