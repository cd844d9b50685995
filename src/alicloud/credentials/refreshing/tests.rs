use std::sync::atomic::{AtomicU64, Ordering};
use std::time::UNIX_EPOCH;

use tokio_util::sync::CancellationToken;

use super::*;
use crate::alicloud::credentials::Link;
use crate::alicloud::credentials::source::{Loading, NotLoaded, Source};
use crate::alicloud::testing::{Act, LogCapture, MovingClock, SECRET, Script, TOKEN, answer, code, within};
use crate::alicloud::{Call, Client, ErrorKind};

/// Hands out keys that hold for `life`, each after a while, numbered from one; fails where `fails` says so.
#[derive(Clone, Debug)]
struct Mint {
    made: Arc<AtomicU64>,
    life: Duration,
    fails: fn(u64) -> bool,
    clock: Arc<MovingClock>,
}

const WORK: Duration = Duration::from_secs(1);

impl Source for Mint {
    fn load(&self) -> Loading<'_> {
        Box::pin(async {
            let end = self.clock.now() + WORK + self.life;
            tokio::time::sleep(WORK).await;
            let number = self.made.fetch_add(1, Ordering::Relaxed) + 1;
            if (self.fails)(number) {
                return Err(NotLoaded::failed("No more keys.", "Buy some."));
            }
            let key = Credentials::new(
                format!("STS.key-number-{number:04}"),
                SECRET.into(),
                Some(TOKEN.into()),
                "a test",
            );
            Ok(key.until(Some(end)))
        })
    }
}

fn mint(life: u64, fails: fn(u64) -> bool) -> (Mint, Arc<Refreshing>) {
    let clock = Arc::new(MovingClock::default());
    let made = Arc::new(AtomicU64::new(0));
    let mint = Mint { made, life: Duration::from_secs(life), fails, clock: Arc::clone(&clock) };
    let chain = Chain::new(vec![Link::skipped("a", "not set"), Link::chosen("b", mint.clone())], "");
    (mint, Arc::new(Refreshing::new(chain, clock)))
}

async fn number(refreshing: &Refreshing) -> Result<u64, String> {
    let key = refreshing.credentials().await.map_err(|error| error.to_string())?;
    Ok(key.access_key_id().rsplit('-').next().unwrap().parse().unwrap())
}

async fn pass(seconds: u64) {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}

#[tokio::test(start_paused = true)]
async fn a_hundred_callers_are_one_request() {
    let (mint, keys) = mint(3600, |_| false);
    let callers: Vec<_> = (0..100)
        .map(|_| {
            let keys = Arc::clone(&keys);
            tokio::spawn(async move { number(&keys).await })
        })
        .collect();
    for caller in callers {
        assert_eq!(caller.await.unwrap(), Ok(1));
    }
    assert_eq!(mint.made.load(Ordering::Relaxed), 1);
}

#[tokio::test(start_paused = true)]
async fn a_refresh_comes_before_the_end_and_survives_its_caller() {
    for (life, margin) in [(3600, 180), (10, 1)] {
        let (mint, keys) = mint(life, |_| false);
        assert_eq!(number(&keys).await, Ok(1));
        pass(life - margin - 1).await;
        assert_eq!(number(&keys).await, Ok(1), "{life}");
        pass(1).await;
        // The caller gives up at once; the refresh goes on.
        tokio::time::timeout(Duration::from_millis(1), keys.credentials()).await.unwrap_err();
        pass(3).await;
        assert_eq!(mint.made.load(Ordering::Relaxed), 2, "{life}");
        assert_eq!(number(&keys).await, Ok(2));
    }
}

#[tokio::test(start_paused = true)]
async fn a_refresh_that_fails_is_a_warning_while_the_old_ones_hold() {
    let log = LogCapture::listen();
    let (mint, keys) = mint(3600, |number| (2..5).contains(&number));
    number(&keys).await.unwrap();
    pass(3600 - 180).await;
    for _ in 0..3 {
        assert_eq!(number(&keys).await, Ok(1));
    }
    assert_eq!(mint.made.load(Ordering::Relaxed), 2, "the failure is not asked for again at once");
    assert!(log.text().contains("WARN message=the credentials could not be refreshed"), "{}", log.text());
    pass(31).await;
    assert_eq!(number(&keys).await, Ok(1));
    assert_eq!(mint.made.load(Ordering::Relaxed), 3);
    // Now they have run out.
    pass(180).await;
    let error = number(&keys).await.unwrap_err();
    assert_eq!(error, "No more keys.\n\nLooked at, in this order:\n  - b: failed\n\nBuy some.");
    pass(6).await;
    assert_eq!(number(&keys).await, Ok(5));
}

#[tokio::test(start_paused = true)]
async fn the_pause_after_a_failure_is_a_part_of_what_is_left() {
    let (_, keys) = mint(40, |number| number == 2);
    number(&keys).await.unwrap();
    pass(36).await;
    assert_eq!(number(&keys).await, Ok(1));
    pass(1).await;
    assert_eq!(number(&keys).await, Ok(3));
}

/// Gives the same each time, or panics.
#[derive(Debug)]
struct Stubborn {
    asked: Arc<AtomicU64>,
    panics: fn(u64) -> bool,
}

impl Source for Stubborn {
    fn load(&self) -> Loading<'_> {
        Box::pin(async {
            let number = self.asked.fetch_add(1, Ordering::Relaxed) + 1;
            assert!(!(self.panics)(number), "the source is broken on purpose");
            Ok(Credentials::new("STS.key-number-0001", SECRET.into(), Some(TOKEN.into()), "a test"))
        })
    }
}

fn stubborn(panics: fn(u64) -> bool) -> (Arc<AtomicU64>, Refreshing) {
    let asked = Arc::new(AtomicU64::new(0));
    let chain = Chain::of("b", Stubborn { asked: Arc::clone(&asked), panics });
    (asked, Refreshing::new(chain, Arc::new(MovingClock::default())))
}

#[tokio::test(start_paused = true)]
async fn a_refresh_that_is_broken_off_is_told_and_another_one_may_follow() {
    let (_, keys) = stubborn(|number| number == 1);
    assert!(number(&keys).await.unwrap_err().starts_with("Getting credentials was broken off."));
    assert_eq!(number(&keys).await, Ok(1));
}

#[tokio::test(start_paused = true)]
async fn what_nobody_named_is_told_once() {
    let log = LogCapture::listen();
    let (mint, _) = mint(10, |_| false);
    let keys = Refreshing::new(Chain::new(vec![Link::implicit("b", mint.clone())], ""), mint.clock.clone());
    number(&keys).await.unwrap();
    pass(20).await;
    assert_eq!(number(&keys).await, Ok(2));
    assert_eq!(
        log.text().matches("INFO message=no profile and no other source of credentials is named").count(),
        1,
        "{}",
        log.text()
    );
    assert_eq!(log.text().matches("DEBUG message=credentials found").count(), 2, "{}", log.text());
}

/// Takes so many seconds more, but for the first time.
#[derive(Debug)]
struct SlowLater(Mint, u64);
impl Source for SlowLater {
    fn load(&self) -> Loading<'_> {
        Box::pin(async {
            if self.0.made.load(Ordering::Relaxed) > 0 {
                pass(self.1).await;
            }
            self.0.load().await
        })
    }
}

fn slow_later(life: u64, seconds: u64) -> (Mint, Arc<Refreshing>) {
    let (mint, _) = mint(life, |_| false);
    let keys = Refreshing::new(Chain::of("b", SlowLater(mint.clone(), seconds)), mint.clock.clone());
    (mint, Arc::new(keys))
}

#[tokio::test(start_paused = true)]
async fn a_slow_refresh_does_not_hold_up_those_whose_key_still_holds() {
    let (_, keys) = slow_later(3600, 100);
    number(&keys).await.unwrap();
    pass(3600 - 180).await;
    let before = Instant::now();
    assert_eq!(number(&keys).await, Ok(1));
    assert_eq!(before.elapsed(), PATIENCE);
    // It is known to be slow by now.
    for _ in 0..100 {
        assert_eq!(number(&keys).await, Ok(1));
    }
    assert_eq!(before.elapsed(), PATIENCE);
    pass(100).await;
    assert_eq!(number(&keys).await, Ok(2));
}

#[tokio::test(start_paused = true)]
async fn a_key_that_runs_out_while_it_is_replaced_is_not_used_any_more() {
    let (_, keys) = slow_later(10, 5);
    number(&keys).await.unwrap();
    pass(9).await;
    assert_eq!(number(&keys).await, Ok(2));
}

/// A client with these credentials, and the calls that it makes.
fn caller(keys: &Arc<Refreshing>, acts: impl IntoIterator<Item = Act>) -> (Client, Script) {
    let script = Script::new(acts);
    (script.client_with(Arc::<Refreshing>::clone(keys)), script)
}

fn somebody() -> Act {
    answer(
        200,
        r#"{"RequestId":"R","AccountId":"1","Arn":"acs:ram::1:user/u","UserId":"2","IdentityType":"RAMUser"}"#,
    )
}

#[tokio::test(start_paused = true)]
async fn an_operation_that_waits_for_credentials_ends_in_time_and_the_refresh_goes_on() {
    // The first ones of all, and others in place of those that the service refused.
    for refused in [false, true] {
        let (mint, keys) = slow_later(3600, 30);
        if refused {
            number(&keys).await.unwrap();
        } else {
            mint.made.store(1, Ordering::Relaxed);
        }
        let expired = code(403, "InvalidSecurityToken.Expired");
        let acts = if refused { vec![expired, somebody()] } else { vec![somebody()] };
        let (client, script) = caller(&keys, acts);
        let before = Instant::now();
        let stop = CancellationToken::new();
        let patient = Call::new(before + Duration::from_hours(1), stop.clone());
        let hurried = within(20);
        let (late, cancelled, ()) =
            tokio::join!(client.get_caller_identity(&hurried), client.get_caller_identity(&patient), async {
                pass(5).await;
                stop.cancel();
            });
        let (late, cancelled) = (late.unwrap_err(), cancelled.unwrap_err());
        assert_eq!((late.kind(), cancelled.kind()), (ErrorKind::Deadline, ErrorKind::Cancelled));
        assert!(
            late.message()
                .starts_with("The time for this call was used up while it waited for credentials; it was ")
        );
        assert!(
            cancelled
                .message()
                .starts_with("The call was cancelled while it waited for credentials; it was ")
        );
        assert_eq!(before.elapsed(), Duration::from_secs(20));
        let sent = script.seen().len();
        // It goes on for a third one.
        client.get_caller_identity(&within(20)).await.unwrap();
        assert_eq!((before.elapsed(), mint.made.load(Ordering::Relaxed)), (Duration::from_secs(31), 2));
        assert_eq!(script.seen().len(), sent + 1);
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_left_of_an_operations_time_after_the_wait_is_all_it_has() {
    let (mint, keys) = slow_later(3600, 14);
    mint.made.store(1, Ordering::Relaxed);
    let (client, script) = caller(&keys, [code(503, "ServiceUnavailable")]);
    let before = Instant::now();
    let error = client.get_caller_identity(&within(20)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Deadline, "{error:?}");
    let tries: Vec<_> = script.seen().iter().map(|seen| seen.at - before).collect();
    assert_eq!(tries.first(), Some(&Duration::from_secs(15)));
    assert!(tries.len() > 1 && tries.iter().all(|at| *at < Duration::from_secs(20)), "{tries:?}");
    assert!(before.elapsed() <= Duration::from_secs(20));
}

#[tokio::test(start_paused = true)]
async fn what_the_service_refuses_is_replaced_once() {
    let (mint, keys) = mint(3600, |_| false);
    let first = keys.credentials().await.unwrap();
    let renewed: Vec<_> = [keys.renew(&first), keys.renew(&first)].into();
    for renewed in renewed {
        assert!(renewed.await.unwrap());
    }
    assert_eq!(mint.made.load(Ordering::Relaxed), 2, "the second caller finds the new ones");
    assert_eq!(number(&keys).await, Ok(2));
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_a_reason_of_its_own_to_refresh() {
    // Whether the service that hands out keys is back by then, or not.
    for back in [true, false] {
        let (mint, keys) =
            mint(3600, if back { |number| number == 2 } else { |number| (2..4).contains(&number) });
        let first = keys.credentials().await.unwrap();
        pass(3600 - 180).await;
        assert_eq!(number(&keys).await, Ok(1));
        pass(10).await;
        assert_eq!(number(&keys).await, Ok(1), "a failure is not followed by another try so soon");
        assert_eq!(mint.made.load(Ordering::Relaxed), 2);
        // All the same, the first ones end before their time.
        for _ in 0..3 {
            let renewed = keys.renew(&first).await.map_err(|error| error.reason().to_owned());
            assert_eq!(renewed, if back { Ok(true) } else { Err("No more keys.".to_owned()) });
        }
        assert_eq!(mint.made.load(Ordering::Relaxed), 3, "one try is for all who were refused");
        pass(6).await;
        assert_eq!(number(&keys).await, Ok(if back { 3 } else { 4 }));
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_that_stays_refused_is_not_fetched_by_everyone_anew() {
    let (asked, keys) = stubborn(|_| false);
    for expected in [2, 3] {
        for _ in 0..10 {
            let key = keys.credentials().await.unwrap();
            assert!(!keys.renew(&key).await.unwrap(), "the same again is nothing new");
        }
        assert_eq!(asked.load(Ordering::Relaxed), expected);
        pass(6).await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_has_run_out_already_is_refused_with_both_times() {
    let (_, keys) = mint(0, |_| false);
    let error = number(&keys).await.unwrap_err();
    let began = expiration::write(UNIX_EPOCH + Duration::from_secs(1_456_231_584) + WORK);
    assert!(
        error.starts_with(&format!("The access key ****0001 from a test ran out at {began}, and it is ")),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn the_end_of_the_process_waits_for_a_refresh_and_begins_none() {
    let (mint, _) = mint(3600, |_| false);
    let refreshes = Refreshes::new();
    let keys = || Refreshing::among(refreshes.clone(), Chain::of("b", mint.clone()), mint.clock.clone());
    let (begun, idle) = (keys(), keys());
    // The caller is gone, as its request is at the end of the process.
    tokio::time::timeout(WORK / 2, begun.credentials()).await.unwrap_err();
    let before = Instant::now();
    refreshes.end().await;
    assert_eq!((before.elapsed(), mint.made.load(Ordering::Relaxed)), (WORK / 2, 1));
    assert_eq!(number(&begun).await, Ok(1), "what was got is there");
    assert!(number(&idle).await.unwrap_err().contains("was broken off"));
    // Those that hold for a while yet are used without a refresh.
    pass(3600 - 180).await;
    assert_eq!(number(&begun).await, Ok(1));
    assert_eq!(mint.made.load(Ordering::Relaxed), 1);
    tokio::time::timeout(Duration::from_secs(1), refreshes.end()).await.unwrap();
}
