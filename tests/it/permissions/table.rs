//! The table of who may do what to whom: every act on a user, by every kind of actor, to every kind of
//! target. What is expected is written here by hand; the code's own tables are not asked.

mod acts;

use std::collections::BTreeSet;

use keydesk::actor::{Permission, Role};
use serde_json::json;

use crate::support::app::{Answer, TestApp};
use crate::support::people::PASSWORD;
use crate::support::sdl::Sdl;
use acts::{ACTS, Act, OnSelf};

/// Who acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    Nobody,
    Person(&'static str),
    /// A key of the installation with every scope and this rank.
    Key(Role),
    /// One of rank ADMIN with the scope of the act alone.
    ScopeAlone,
    /// One of rank OWNER with every scope but that of the act.
    WithoutScope,
}

const ACTORS: [Who; 10] = [
    Who::Nobody,
    Who::Person("MEMBER"),
    Who::Person("AUDITOR"),
    Who::Person("HELPDESK"),
    Who::Person("ADMIN"),
    Who::Person("OWNER"),
    Who::Key(Role::Owner),
    Who::Key(Role::Admin),
    Who::ScopeAlone,
    Who::WithoutScope,
];

/// Whom it is done to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whom {
    Oneself,
    Role(&'static str),
    LastOwner,
}

const TARGETS: [Whom; 7] = [
    Whom::Oneself,
    Whom::Role("MEMBER"),
    Whom::Role("AUDITOR"),
    Whom::Role("HELPDESK"),
    Whom::Role("ADMIN"),
    Whom::Role("OWNER"),
    Whom::LastOwner,
];

/// Whether somebody of one role may act on others of another. By hand: the rule of the issue.
fn manages(actor: &str, target: &str) -> bool {
    match actor {
        "OWNER" => true,
        "ADMIN" => ["MEMBER", "AUDITOR", "HELPDESK"].contains(&target),
        "HELPDESK" => target == "MEMBER",
        _ => false,
    }
}

/// The code with which an act answers; none when it is done.
fn expected(act: &Act, who: Who, whom: Whom) -> Option<&'static str> {
    let holds = match who {
        Who::Nobody => return Some("UNAUTHENTICATED"),
        Who::Person(role) => act.roles.contains(&role),
        Who::Key(_) | Who::ScopeAlone => !act.is_for_people,
        Who::WithoutScope => false,
    };
    if !holds {
        return Some("FORBIDDEN");
    }
    if whom == Whom::Oneself || (whom == Whom::LastOwner && who == Who::Person("OWNER")) {
        return match act.on_self {
            OnSelf::Refused => Some("CANNOT_TARGET_SELF"),
            OnSelf::Done => None,
        };
    }
    let target = match whom {
        Whom::Role(role) => role,
        Whom::LastOwner | Whom::Oneself => "OWNER",
    };
    let reaches = match who {
        Who::Person(role) => manages(role, target),
        Who::Key(Role::Owner) => true,
        Who::Key(_) => manages("ADMIN", target),
        // One scope alone reaches nobody who holds more than that.
        Who::ScopeAlone => target == "MEMBER",
        Who::Nobody | Who::WithoutScope => false,
    };
    if !reaches {
        Some(act.out_of_reach)
    } else if whom == Whom::LastOwner && act.takes_owner_away {
        Some("LAST_ADMIN")
    } else {
        None
    }
}

/// A cell that there is: nobody and keys of the installation have no account of their own.
fn exists(who: Who, whom: Whom) -> bool {
    whom != Whom::Oneself || matches!(who, Who::Person(_))
}

/// The actor's credentials and, for people, their username.
async fn come_as(
    desk: &TestApp,
    who: Who,
    act: &Act,
    name: &str,
) -> (Option<String>, Option<String>) {
    match who {
        Who::Nobody => (None, None),
        Who::Person(role) => {
            desk.person(name, role).await;
            (Some(sign_in(desk, name, role).await), Some(name.to_owned()))
        }
        Who::Key(rank) => (Some(desk.key(&Permission::ALL, rank).await), None),
        Who::ScopeAlone => (Some(desk.key(&[act.scope], Role::Admin).await), None),
        Who::WithoutScope => {
            let mut scopes = Permission::ALL.to_vec();
            scopes.retain(|scope| *scope != act.scope);
            (Some(desk.key(&scopes, Role::Owner).await), None)
        }
    }
}

/// A session; of those who act on others, one that is confirmed.
async fn sign_in(desk: &TestApp, name: &str, role: &str) -> String {
    let token = desk.session(name).await;
    if ["OWNER", "ADMIN", "HELPDESK"].contains(&role) {
        desk.confirmed(&token).await
    } else {
        token
    }
}

fn code(answer: &Answer) -> Option<String> {
    if let Some(code) = answer.top_level() {
        return Some(code.to_owned());
    }
    answer.codes().into_iter().next()
}

/// Runs one cell on a desk of its own making or a shared one, and compares.
async fn check(desk: &TestApp, act: &Act, who: Who, whom: Whom, name: &str) {
    let act_name = act.name;
    // The last owner acts as themselves.
    let is_last = whom == Whom::LastOwner && who == Who::Person("OWNER");
    let (token, own) = if is_last {
        (
            Some(sign_in(desk, "last", "OWNER").await),
            Some("last".to_owned()),
        )
    } else {
        come_as(desk, who, act, &format!("{name}a")).await
    };
    let target = match (whom, own) {
        (Whom::Oneself, Some(own)) => own,
        (Whom::LastOwner, _) => "last".to_owned(),
        (Whom::Role(role), _) => {
            let target = format!("{name}t");
            desk.person(&target, role).await;
            target
        }
        (Whom::Oneself, None) => unreachable!("no such cell"),
    };
    let document = act.document(desk, &target).await;
    let answer = desk.ask_as(token.as_deref(), &document, json!({})).await;
    let wanted = expected(act, who, whom);
    assert_eq!(
        code(&answer).as_deref(),
        wanted,
        "{act_name} by {who:?} to {whom:?}: {answer:#?}"
    );
}

#[tokio::test]
async fn every_act_by_every_actor_to_every_target_answers_as_the_table_says() {
    let desk = TestApp::start().await;
    // There are always other owners here, so that nobody is the last.
    desk.person("first-owner", "OWNER").await;
    desk.person("second-owner", "OWNER").await;
    let mut cells = 0;
    for (number, act) in ACTS.iter().enumerate() {
        for (place, who) in ACTORS.into_iter().enumerate() {
            for (column, whom) in TARGETS.into_iter().enumerate() {
                let skipped = whom == Whom::Oneself && !act.has_self;
                if whom == Whom::LastOwner || !exists(who, whom) || skipped {
                    continue;
                }
                let name = format!("c{number}-{place}-{column}");
                check(&desk, act, who, whom, &name).await;
                cells += 1;
            }
        }
    }
    assert!(cells > 800, "{cells} cells");
}

#[tokio::test]
async fn the_last_owner_stays_whoever_comes() {
    let mut desk = TestApp::start().await;
    desk.person("last", "OWNER").await;
    for (number, act) in ACTS.iter().enumerate().filter(|(_, act)| act.has_last) {
        for (place, who) in ACTORS.into_iter().enumerate() {
            // Somebody who acts as an owner must not be a second one.
            check(
                &desk,
                act,
                who,
                Whom::LastOwner,
                &format!("l{number}-{place}"),
            )
            .await;
            let changed = expected(act, who, Whom::LastOwner).is_none();
            if changed {
                desk = TestApp::start().await;
                desk.person("last", "OWNER").await;
            }
        }
    }
    let left = desk.sign_in("last", PASSWORD).await;
    assert_eq!(left.root()["outcome"], "SIGNED_IN");
}

/// Mutations that are about nobody else.
const ABOUT_NOBODY_ELSE: [&str; 16] = [
    "signIn",
    "signOut",
    "changePassword",
    "confirmIdentity",
    "revokeOwnSession",
    "checkPassword",
    "generatePassword",
    // Whoever holds a link, or asks for one, is nobody.
    "requestPasswordReset",
    "verifyPasswordResetToken",
    "verifyPasswordResetCode",
    "completePasswordReset",
    // The rights to keys have a table of their own in tests/it/keys.
    "createApiKey",
    "updateApiKey",
    // Who may change texts of mails is tested in tests/it/mail_templates.
    "updateMailTemplate",
    "resetMailTemplate",
    // Goes to an address, with nothing in it about anybody.
    "sendTestEmail",
];

#[test]
fn every_mutation_about_somebody_else_is_an_act_of_the_table() {
    let mut left: BTreeSet<String> = Sdl::full()
        .root_fields()
        .into_iter()
        .filter(|field| field.owner == "Mutation")
        .map(|field| field.name)
        .collect();
    for name in ACTS.iter().map(|act| act.mutation).chain(ABOUT_NOBODY_ELSE) {
        left.remove(name);
    }
    assert_eq!(
        left,
        BTreeSet::new(),
        "no act in tests/it/permissions/table/acts.rs"
    );
}
