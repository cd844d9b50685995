use std::time::Duration;

use tokio::time::Instant;

use super::*;
use crate::alicloud::error::ErrorKind;
use crate::alicloud::testing::within;

fn refusal() -> Error {
    Error::new(ErrorKind::Throttled, "throttled")
}

/// How many of 200 callers are admitted at once, without waiting.
async fn room(limiter: &Limiter) -> usize {
    let mut permits = Vec::new();
    while permits.len() < 200 {
        let now = Call { deadline: Instant::now() + Duration::from_nanos(1), ..within(0) };
        match limiter.admit(&now).await {
            Ok(permit) => permits.push(permit),
            Err(_) => break,
        }
    }
    permits.len()
}

#[tokio::test(start_paused = true)]
async fn open_until_throttled_then_closed_for_all_then_gently_open() {
    let limiter = Limiter::default();
    assert_eq!(room(&limiter).await, 200);

    let permit = limiter.admit(&within(1)).await.ok().unwrap();
    assert_eq!(permit.throttled(Some(Duration::from_secs(9)), &refusal()), Some(Duration::from_secs(9)));
    drop(permit);
    assert!(limiter.reason().is_some());
    let start = Instant::now();
    assert!(matches!(limiter.admit(&within(5)).await, Err(Interrupted::Deadline)));
    assert_eq!(start.elapsed(), Duration::ZERO, "no use in waiting");
    limiter.admit(&within(60)).await.ok().unwrap();
    assert_eq!(start.elapsed(), Duration::from_secs(9));

    for passed in 0..OPEN_AGAIN {
        assert_eq!(room(&limiter).await, passed + 1);
        limiter.admit(&within(1)).await.ok().unwrap().accepted();
    }
    assert_eq!(room(&limiter).await, 200);
    assert!(limiter.reason().is_none());
}

#[tokio::test(start_paused = true)]
async fn the_reason_holds_while_callers_wait_for_it() {
    let limiter = Limiter::default();
    let permit = limiter.admit(&within(1)).await.ok().unwrap();
    permit.throttled(Some(Duration::from_secs(9)), &refusal());
    drop(permit);
    tokio::time::advance(Duration::from_secs(8)).await;
    assert!(limiter.reason().is_some(), "the gate is closed");
    tokio::time::advance(Duration::from_secs(1)).await;
    assert!(limiter.reason().is_none(), "nobody waits: the next call may go");
    let one = limiter.admit(&within(1)).await.ok().unwrap();
    assert!(limiter.reason().is_some(), "the next one has to wait for this one");
    one.accepted();
    assert!(limiter.reason().is_none(), "there is room for two");
    drop(one);
    assert!(limiter.reason().is_none());
}

#[tokio::test(start_paused = true)]
async fn calls_of_the_wave_before_neither_lengthen_nor_widen() {
    let limiter = Limiter::default();
    let call = within(600);
    let (one, two, three) =
        (limiter.admit(&call).await.ok(), limiter.admit(&call).await.ok(), limiter.admit(&call).await.ok());
    let wait = Some(Duration::from_secs(2));
    assert!(one.as_ref().unwrap().throttled(wait, &refusal()).is_some());
    assert!(two.as_ref().unwrap().throttled(wait, &refusal()).is_none());
    three.as_ref().unwrap().accepted();
    drop((one, two, three));
    tokio::time::advance(Duration::from_secs(3)).await;
    assert_eq!(room(&limiter).await, 1);
    // But a longer wait that the service asks for is kept.
    let probe = limiter.admit(&call).await.ok().unwrap();
    probe.throttled(wait, &refusal());
    probe.throttled(Some(Duration::from_secs(50)), &refusal());
    drop(probe);
    let start = Instant::now();
    limiter.admit(&call).await.ok().unwrap();
    assert_eq!(start.elapsed(), Duration::from_secs(50));
}

#[tokio::test(start_paused = true)]
async fn waits_without_a_hint_grow() {
    fastrand::seed(3);
    let limiter = Limiter::default();
    let mut total = Duration::ZERO;
    for _ in 0..12 {
        let permit = limiter.admit(&within(600)).await.ok().unwrap();
        total += permit.throttled(None, &refusal()).unwrap();
    }
    // The bounds add up to 211.5 s; the mean of full jitter is half of them.
    assert!((50..170).contains(&total.as_secs()), "{total:?}");
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_leaves_makes_room_and_nobody_waits_for_ever() {
    let limiter = std::sync::Arc::new(Limiter::default());
    let first = limiter.admit(&within(1)).await.ok().unwrap();
    first.throttled(Some(Duration::from_secs(1)), &refusal());
    drop(first);
    let callers: Vec<_> = (0..100u64)
        .map(|number| {
            let limiter = std::sync::Arc::clone(&limiter);
            tokio::spawn(async move {
                let call = within(600);
                if number % 7 == 0 {
                    call.cancel.cancel();
                }
                let permit = limiter.admit(&call).await.ok()?;
                tokio::time::sleep(Duration::from_millis(number)).await;
                if number % 10 == 3 {
                    permit.throttled(None, &refusal());
                } else if number % 3 == 0 {
                    permit.accepted();
                }
                Some(number)
            })
        })
        .collect();
    let mut admitted = 0;
    for caller in callers {
        admitted += usize::from(caller.await.unwrap().is_some());
    }
    assert_eq!(admitted, 85, "all but the cancelled");
}
