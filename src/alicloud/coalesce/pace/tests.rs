//! The rule against a model of the host and of the service, on a paused clock.

use std::sync::{Arc, Mutex as Lock};

use tokio::sync::{Mutex, Semaphore};
use tokio::task::JoinSet;

use super::*;
use crate::alicloud::coalesce::{Batcher, Cargo, Carrier};

/// A host that destroys resources: so many side by side, each with some work before, of which there is only one at a
/// time (as measured with real ones: arrivals are 15 to 25 ms apart at whatever parallelism).
#[derive(Clone, Copy, Debug)]
struct Host {
    parallelism: usize,
    resources: usize,
    /// Milliseconds.
    work: (u64, u64),
    /// Now and then it pauses for so many milliseconds.
    pauses: Option<(u64, u64)>,
}

/// A host pauses after so many resources, on average.
const BETWEEN_PAUSES: usize = 50;

/// The deadline of somebody who is in no hurry.
fn far() -> Instant {
    Instant::now() + Duration::from_mins(20)
}

/// What it came to.
#[derive(Clone, Copy, Debug)]
struct Run {
    calls: usize,
    refused: usize,
    seconds: f64,
    /// In units of the time that the host takes for resources that need no call.
    wall: f64,
}

/// The service: calls take `latency`; so many are taken in each minute.
#[derive(Clone)]
struct Service(Arc<Shop>);

struct Shop {
    latency: Duration,
    per_minute: Option<usize>,
    opened: Instant,
    calls: Lock<Vec<(Instant, usize)>>,
    refused: Lock<usize>,
    gate: Mutex<()>,
}

impl Service {
    fn new(latency: u64, per_minute: Option<usize>) -> Self {
        Self(Arc::new(Shop {
            latency: Duration::from_millis(latency),
            per_minute,
            opened: Instant::now(),
            calls: Lock::default(),
            refused: Lock::default(),
            gate: Mutex::default(),
        }))
    }
}

impl Shop {
    /// Takes a call, or tells how long to wait.
    fn enter(&self, names: usize) -> Result<(), Duration> {
        let minute = |at: Instant| at.duration_since(self.opened).as_secs() / 60;
        let now = Instant::now();
        let mut calls = self.calls.lock().unwrap();
        let used = calls.iter().filter(|(at, _)| minute(*at) == minute(now)).count();
        if self.per_minute.is_some_and(|most| used >= most) {
            *self.refused.lock().unwrap() += 1;
            let next = self.opened + Duration::from_mins(minute(now) + 1);
            return Err(next.duration_since(now));
        }
        calls.push((now, names));
        Ok(())
    }
}

impl Carrier<()> for Service {
    async fn carry(self, mut cargo: Cargo<()>) {
        loop {
            drop(self.0.gate.lock().await);
            let names = cargo.take().len();
            if names == 0 {
                return;
            }
            tokio::time::sleep(self.0.latency).await;
            match self.0.enter(names) {
                Ok(()) => {
                    cargo.answered();
                    return cargo.settle_all(&());
                }
                Err(wait) => {
                    cargo.throttled();
                    cargo.put_back();
                    if let Ok(_closed) = self.0.gate.try_lock() {
                        tokio::time::sleep(wait).await;
                    }
                }
            }
        }
    }
}

async fn run(host: Host, latency: u64, per_minute: Option<usize>, reserve: Option<usize>) -> Run {
    run_with(1, host, latency, per_minute, reserve).await
}

async fn run_with(
    seed: u64,
    host: Host,
    latency: u64,
    per_minute: Option<usize>,
    reserve: Option<usize>,
) -> Run {
    fastrand::seed(seed);
    let opened = Instant::now();
    let service = Service::new(latency, per_minute);
    let batcher = Batcher::with(100, Pace { fixed_reserve: reserve, ..Pace::default() });
    let (places, desk) = (Arc::new(Semaphore::new(host.parallelism)), Arc::new(Mutex::new(())));
    let mut floor = Duration::ZERO;
    let mut tasks = JoinSet::new();
    for number in 0..host.resources {
        let mut work = Duration::from_millis(fastrand::u64(host.work.0..=host.work.1));
        if let Some((least, most)) = host.pauses.filter(|_| fastrand::usize(..BETWEEN_PAUSES) == 0) {
            work += Duration::from_millis(fastrand::u64(least..=most));
        }
        floor += work;
        let (places, desk, batcher, service) =
            (Arc::clone(&places), Arc::clone(&desk), batcher.clone(), service.clone());
        tasks.spawn(async move {
            let _place = places.acquire().await.unwrap();
            let at_work = desk.lock().await;
            tokio::time::sleep(work).await;
            drop(at_work);
            batcher
                .submit(&number.to_string(), far(), &service, std::future::pending(), std::future::pending)
                .await
                .unwrap();
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    let calls = service.0.calls.lock().unwrap().clone();
    assert_eq!(calls.iter().map(|(_, names)| names).sum::<usize>(), host.resources, "each name once");
    let taken = opened.elapsed();
    Run {
        calls: calls.len(),
        refused: *service.0.refused.lock().unwrap(),
        seconds: taken.as_secs_f64(),
        wall: taken.as_secs_f64() / floor.as_secs_f64().max(0.001),
    }
}

const TEN: Host = Host { parallelism: 10, resources: 1000, work: (15, 25), pauses: None };

#[tokio::test(start_paused = true)]
async fn few_calls_while_the_host_is_kept_busy() {
    // Parallelism, work, pauses; the most calls for a thousand names, and the most time.
    for (parallelism, work, pauses, calls, wall) in [
        (10, (15, 25), None, 200, 1.05),
        (10, (30, 60), None, 150, 1.05),
        (10, (0, 80), Some((200, 600)), 260, 1.1),
        (30, (15, 25), None, 50, 1.05),
        (100, (15, 25), None, 15, 1.05),
        (100, (5, 10), None, 15, 1.05),
        (100, (1, 2), None, 15, 1.25),
        // A large state.
        (100, (30, 50), None, 15, 1.05),
        // And a machine that has much else to do: each pause may cost calls, but not for good.
        (100, (0, 80), Some((150, 350)), 20, 1.05),
        (100, (0, 80), Some((200, 600)), 35, 1.05),
        (100, (0, 20), Some((250, 500)), 45, 1.05),
    ] {
        let host = Host { parallelism, resources: 1000, work, pauses };
        for seed in 1..=5 {
            let run = run_with(seed, host, 50, None, None).await;
            assert!(run.calls <= calls && run.wall <= wall, "{host:?} {seed} {run:?}");
        }
    }
    let all_at_once = Host { parallelism: 1000, resources: 1000, work: (0, 0), pauses: None };
    assert_eq!(run(all_at_once, 50, None, None).await.calls, 10);
    // Without company, nobody waits for it but once.
    let chain = run(Host { parallelism: 1, resources: 100, ..TEN }, 50, None, None).await;
    assert!(chain.calls == 100 && chain.seconds < 100.0 * 0.07 + 0.2, "{chain:?}");
}

#[tokio::test(start_paused = true)]
async fn fewest_calls_once_the_service_throttles() {
    // A machine that has much else to do makes longer pauses.
    for work in [(15, 25), (10, 200)] {
        let run = run(Host { work, ..TEN }, 50, Some(60), None).await;
        assert!(run.calls <= 130 && run.refused <= 3 && run.seconds < 180.0, "{work:?} {run:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_name_alone_goes_at_once_and_again_after_a_rest() {
    let batcher = Batcher::with(100, Pace::default());
    let service = Service::new(50, None);
    for name in ["a", "b", "c"] {
        let came = Instant::now();
        batcher.submit(name, far(), &service, std::future::pending(), std::future::pending).await.unwrap();
        assert!(came.elapsed() <= Duration::from_millis(57), "{name}: {:?}", came.elapsed());
        tokio::time::sleep(ALONE).await;
    }
}

/// The documentation shows what each reserve would cost; this is where its numbers come from.
#[tokio::test(start_paused = true)]
async fn the_documented_curve() {
    let document = include_str!("../../../../docs/design/batching.md");
    let mut rows = Vec::new();
    for reserve in [0, 1, 2, 3, 4, 5, 7, 9].map(Some).into_iter().chain([None]) {
        let name = reserve.map_or_else(|| "measured".to_owned(), |reserve| reserve.to_string());
        let (short, long) = (run(TEN, 50, None, reserve).await, run(TEN, 200, None, reserve).await);
        rows.push(format!(
            "| {name} | {} | {:.2} | {} | {:.2} |",
            short.calls, short.wall, long.calls, long.wall
        ));
    }
    let throttled = run(TEN, 50, Some(60), None).await;
    rows.push(format!("minute and parallelism 10: {} calls", throttled.calls));
    let missing: Vec<_> = rows.iter().filter(|row| !document.contains(row.as_str())).collect();
    assert!(missing.is_empty(), "It has to say:\n{}", rows.join("\n"));
}

#[tokio::test(start_paused = true)]
async fn who_has_little_time_waits_for_little_company() {
    // So many seconds until the deadline; the most seconds until the first name is back, with others coming all the time.
    for (deadline, longest) in [(4, 1), (3600, 10)] {
        let batcher = Batcher::with(100, Pace::default());
        let service = Service::new(50, None);
        let mut tasks = JoinSet::new();
        for number in 0..200 {
            let (batcher, service) = (batcher.clone(), service.clone());
            tasks.spawn(async move {
                let came = Instant::now();
                let deadline = came + Duration::from_secs(deadline);
                batcher
                    .submit(
                        &number.to_string(),
                        deadline,
                        &service,
                        std::future::pending(),
                        std::future::pending,
                    )
                    .await
                    .unwrap();
                came.elapsed()
            });
            tokio::time::sleep(Duration::from_millis(150)).await;
        }
        let mut waits = Vec::new();
        while let Some(done) = tasks.join_next().await {
            waits.push(done.unwrap());
        }
        let most = waits.into_iter().max().unwrap();
        let bound = Duration::from_secs(longest);
        assert!(bound <= most && most <= bound + Duration::from_millis(60), "{deadline}: {most:?}");
    }
}
