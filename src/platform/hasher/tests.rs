use super::*;
use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;

const CHEAP: Cost = Cost {
    memory_kib: 8,
    passes: 1,
    lanes: 1,
};
const LIMITS: Limits = Limits {
    threads: 1,
    queue: 2,
    wait: Duration::from_secs(2),
    nice: 0,
};

fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned())
}

#[tokio::test]
async fn a_hash_is_verified_and_another_password_is_not() {
    let hasher = Hasher::start(CHEAP, LIMITS).unwrap();
    let stored = hasher.hash(&secret("correct horse")).await.unwrap();
    assert!(
        stored.starts_with("$argon2id$v=19$m=8,t=1,p=1$"),
        "{stored}"
    );
    assert!(
        hasher
            .verify(&secret("correct horse"), stored.clone())
            .await
            .unwrap()
    );
    assert!(
        !hasher
            .verify(&secret("correct house"), stored)
            .await
            .unwrap()
    );
}

#[tokio::test]
async fn the_library_itself_verifies_our_hash() {
    use argon2::PasswordVerifier;
    let hasher = Hasher::start(CHEAP, LIMITS).unwrap();
    let stored = hasher.hash(&secret("correct horse")).await.unwrap();
    let stored = PasswordHash::new(&stored).unwrap();
    assert!(
        Argon2::default()
            .verify_password(b"correct horse", &stored)
            .is_ok()
    );
}

#[tokio::test]
async fn a_full_queue_refuses_at_once() {
    let slow = Cost {
        memory_kib: 65_536,
        passes: 3,
        lanes: 1,
    };
    let hasher = Hasher::start(slow, LIMITS).unwrap();
    let password = secret("correct horse");
    let tries = (0..8).map(|_| hasher.hash(&password));
    let results = futures_util::future::join_all(tries).await;
    let refused = results
        .iter()
        .filter(|result| matches!(result, Err(HashError::Overloaded { .. })))
        .count();
    assert!(refused >= 5, "{refused} of 8 refused");
    assert!(results.iter().any(Result::is_ok));
}

#[tokio::test]
async fn a_planted_costly_or_broken_hash_is_no_hash() {
    let hasher = Hasher::start(CHEAP, LIMITS).unwrap();
    for stored in [
        "$argon2id$v=19$m=4194304,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g",
        "plain",
        "$2b$10$abcdefghijklmnopqrstuv",
        "é",
    ] {
        assert!(
            hasher
                .verify(&secret("x"), stored.to_owned())
                .await
                .is_err(),
            "{stored}"
        );
    }
}

#[test]
fn the_default_cost_is_the_promised_one() {
    assert_eq!(
        Cost::DEFAULT,
        Cost {
            memory_kib: 19_456,
            passes: 2,
            lanes: 1
        }
    );
}

/// Keeps the only thread busy until the sender is dropped, then gives the order in which tasks ran.
#[tokio::test]
async fn what_can_wait_goes_last_and_never_fills_the_queue() {
    let limits = Limits {
        queue: 4,
        wait: Duration::from_mins(1),
        ..LIMITS
    };
    let hasher = Hasher::start(CHEAP, limits).unwrap();
    let (release, held) = std::sync::mpsc::channel::<()>();
    let (started, has_started) = std::sync::mpsc::channel();
    let busy = hasher.compute(move || {
        started.send(()).unwrap();
        let _released = held.recv();
    });
    let order = Arc::new(std::sync::Mutex::new(Vec::new()));
    let note = |name: &'static str| {
        let order = Arc::clone(&order);
        move || order.lock().unwrap().push(name)
    };
    let last = hasher.last();
    let others = async {
        while has_started.try_recv().is_err() {
            tokio::task::yield_now().await;
        }
        let late = [last.compute(note("last")), last.compute(note("last"))];
        let refused = async {
            tokio::task::yield_now().await;
            assert!(matches!(
                last.compute(note("refused")).await,
                Err(HashError::Overloaded { .. })
            ));
        };
        let early = async {
            tokio::task::yield_now().await;
            let early = [hasher.compute(note("first")), hasher.compute(note("first"))];
            let release = async {
                tokio::task::yield_now().await;
                drop(release);
            };
            tokio::join!(futures_util::future::join_all(early), release).0
        };
        let (late, (), early) = tokio::join!(futures_util::future::join_all(late), refused, early);
        assert!(late.iter().chain(&early).all(Result::is_ok));
    };
    let (busy, ()) = tokio::join!(busy, others);
    busy.unwrap();
    assert_eq!(*order.lock().unwrap(), ["first", "first", "last", "last"]);
}

#[tokio::test]
async fn what_waited_too_long_is_given_up_before_anything_runs() {
    let limits = Limits {
        wait: Duration::ZERO,
        ..LIMITS
    };
    let hasher = Hasher::start(CHEAP, limits).unwrap();
    let ran = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let run = Arc::clone(&ran);
    let given_up = hasher
        .compute(move || run.store(true, std::sync::atomic::Ordering::SeqCst))
        .await;
    assert!(matches!(given_up, Err(HashError::Overloaded { .. })));
    assert!(!ran.load(std::sync::atomic::Ordering::SeqCst));
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn hashing_threads_stand_back_and_others_do_not() {
    let priority = || {
        let this = rustix::thread::gettid();
        rustix::process::getpriority_process(Some(this)).unwrap()
    };
    let before = priority();
    let limits = Limits { nice: 5, ..LIMITS };
    let hasher = Hasher::start(CHEAP, limits).unwrap();
    assert_eq!(hasher.compute(priority).await.unwrap(), 5.max(before));
    assert_eq!(priority(), before);
}
