//! The table of who may do what to whom: every act on a user, by every kind of actor, to every kind of
//! target. What is expected is written here by hand; the code's own tables are not asked.

mod acts;

use std::collections::BTreeSet;

use keydesk::types::actor::{Permission, Role};
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
    /// The same with the other scope that the act needs.
    BothScopes,
    /// One of rank OWNER with every scope but that of the act.
    WithoutScope,
}

const ACTORS: [Who; 11] = [
    Who::Nobody,
    Who::Person("MEMBER"),
    Who::Person("AUDITOR"),
    Who::Person("HELPDESK"),
    Who::Person("ADMIN"),
    Who::Person("OWNER"),
    Who::Key(Role::Owner),
    Who::Key(Role::Admin),
    Who::ScopeAlone,
    Who::BothScopes,
    Who::WithoutScope,
];

/// Whom it is done to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whom {
    Oneself,
    Role(&'static str),
    LastOwner,
}

/// Oneself comes last of those whom an actor meets: their session may end with it.
const TARGETS: [Whom; 7] = [
    Whom::Role("MEMBER"),
    Whom::Role("AUDITOR"),
    Whom::Role("HELPDESK"),
    Whom::Role("ADMIN"),
    Whom::Role("OWNER"),
    Whom::Oneself,
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
        Who::ScopeAlone => !act.is_for_people && act.besides.is_none(),
        Who::Key(_) | Who::BothScopes => !act.is_for_people,
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
        // Few scopes reach nobody who holds more than that.
        Who::ScopeAlone | Who::BothScopes => target == "MEMBER",
        Who::Nobody | Who::WithoutScope => false,
    };
    if !reaches && who == Who::Person("HELPDESK") {
        // Whom they may not even see does not exist to them.
        Some("USER_NOT_FOUND")
    } else if !reaches {
        Some(act.out_of_reach)
    } else if whom == Whom::LastOwner && act.takes_owner_away {
        Some("LAST_ADMIN")
    } else {
        None
    }
}

/// A cell that there is: nobody and keys of the installation have no account of their own, and most acts need
/// one scope.
fn exists(act: &Act, who: Who, whom: Whom) -> bool {
    let has_key = who != Who::BothScopes || act.besides.is_some();
    has_key && (whom != Whom::Oneself || matches!(who, Who::Person(_)))
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
        Who::BothScopes => {
            let scopes: Vec<_> = act.besides.into_iter().chain([act.scope]).collect();
            (Some(desk.key(&scopes, Role::Admin).await), None)
        }
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

/// Who does it in one cell.
struct Actor {
    who: Who,
    token: Option<String>,
    username: Option<String>,
}

/// Runs one cell and compares.
async fn check(desk: &TestApp, act: &Act, actor: &Actor, whom: Whom, name: &str) {
    let target = match (whom, &actor.username) {
        (Whom::Oneself, Some(own)) => own.clone(),
        (Whom::LastOwner, _) => "last".to_owned(),
        (Whom::Role(role), _) => {
            desk.person(name, role).await;
            name.to_owned()
        }
        (Whom::Oneself, None) => unreachable!("no such cell"),
    };
    let document = act.document(desk, &target).await;
    let token = actor.token.as_deref();
    let answer = desk.ask_as(token, &document, json!({})).await;
    let wanted = expected(act, actor.who, whom);
    let (act, who) = (act.name, actor.who);
    assert_eq!(
        code(&answer).as_deref(),
        wanted,
        "{act} by {who:?} to {whom:?}: {answer:#?}"
    );
}

/// Every actor does it to every target.
async fn check_act(act: &Act) {
    let desk = TestApp::start().await;
    // There are always other owners here, so that nobody is the last.
    desk.person("first-owner", "OWNER").await;
    desk.person("second-owner", "OWNER").await;
    for (place, who) in ACTORS.into_iter().enumerate() {
        let (token, username) = come_as(&desk, who, act, &format!("actor-{place}")).await;
        let actor = Actor {
            who,
            token,
            username,
        };
        for (column, whom) in TARGETS.into_iter().enumerate() {
            let skipped = whom == Whom::Oneself && !act.has_self;
            if whom != Whom::LastOwner && exists(act, who, whom) && !skipped {
                check(
                    &desk,
                    act,
                    &actor,
                    whom,
                    &format!("target-{place}-{column}"),
                )
                .await;
            }
        }
    }
    if act.has_last {
        Box::pin(check_last_owner(act)).await;
    }
}

/// Every actor does it to the last owner, who stays one.
async fn check_last_owner(act: &Act) {
    let mut desk = with_last_owner().await;
    let actors = ACTORS.into_iter().enumerate();
    for (place, who) in actors.filter(|(_, who)| exists(act, *who, Whom::LastOwner)) {
        // Somebody who acts as an owner must not be a second one: the last owner acts as themselves.
        let (token, username) = if who == Who::Person("OWNER") {
            let token = sign_in(&desk, "last", "OWNER").await;
            (Some(token), Some("last".to_owned()))
        } else {
            come_as(&desk, who, act, &format!("actor-{place}")).await
        };
        let actor = Actor {
            who,
            token,
            username,
        };
        check(&desk, act, &actor, Whom::LastOwner, "").await;
        if expected(act, who, Whom::LastOwner).is_none() {
            desk = with_last_owner().await;
        }
    }
    let left = desk.sign_in("last", PASSWORD).await;
    assert_eq!(left.root()["outcome"], "SIGNED_IN");
}

async fn with_last_owner() -> TestApp {
    let desk = TestApp::start().await;
    desk.person("last", "OWNER").await;
    desk
}

/// A test for each act, so that they run beside each other.
macro_rules! every_actor_to_every_target {
    ($($name:ident),* $(,)?) => {
        $(
            #[tokio::test]
            async fn $name() {
                let act = ACTS.iter().find(|act| test_name(act) == stringify!($name));
                check_act(act.expect("an act of that name")).await;
            }
        )*

        #[test]
        fn every_act_has_its_test() {
            let tested: BTreeSet<String> = [$(stringify!($name).to_owned()),*].into();
            let acts: BTreeSet<String> = ACTS.iter().map(test_name).collect();
            assert_eq!(acts.len(), ACTS.len(), "two acts of one name");
            assert_eq!(acts, tested);
        }
    };
}

/// An act's name with what cannot stand in a function's replaced.
fn test_name(act: &Act) -> String {
    act.name
        .chars()
        .map(|letter| {
            if letter.is_ascii_alphanumeric() {
                letter.to_ascii_lowercase()
            } else {
                '_'
            }
        })
        .collect()
}

every_actor_to_every_target! {
    reset_a_password,
    mail_a_link_to,
    mail_a_link_to_and_block,
    make_a_link_for,
    revoke_links_of,
    demand_a_change_of_password,
    unlock,
    change_the_name,
    change_the_username,
    change_the_address,
    clear_the_address,
    take_an_address_as_unverified,
    change_the_external_identifier,
    move_to_another_source,
    change_the_role,
    disable,
    enable,
    delete,
    restore,
    end_all_sessions,
    end_one_session,
    forget_a_device_of,
    retry_a_mail_to,
    cancel_a_mail_to,
    clear_the_address_of,
    revoke_a_key_of,
    create_one_like,
}

/// Mutations that are about nobody else.
const ABOUT_NOBODY_ELSE: [&str; 17] = [
    "signIn",
    "signOut",
    "changePassword",
    "confirmIdentity",
    "revokeOwnSession",
    "revokeOwnDevice",
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
