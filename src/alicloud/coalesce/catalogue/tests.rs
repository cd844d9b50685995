use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Semaphore;

use super::*;

/// A region in which names are `n0`, `n1`, …: so many are there, some of them in no list.
#[derive(Clone)]
struct Region<const FIRST: usize, const WHOLE: bool>(Arc<Facts>);

#[derive(Default)]
struct Facts {
    there: AtomicUsize,
    hidden: AtomicUsize,
    lists_are_refused: AtomicUsize,
    lists_panic: AtomicUsize,
    hang: AtomicUsize,
    /// How many there are said to be, if not as many as are there; every page is then the first.
    said: AtomicUsize,
    exact: AtomicUsize,
    pages: AtomicUsize,
}

type Pairs = Region<2, true>;
type Carried = Region<0, false>;

impl<const FIRST: usize, const WHOLE: bool> Region<FIRST, WHOLE> {
    fn of(there: usize) -> Self {
        Self(Arc::new(Facts { there: there.into(), ..Facts::default() }))
    }

    /// Calls so far: by name, and for pages.
    fn calls(&self) -> (usize, usize) {
        (self.0.exact.load(Ordering::Relaxed), self.0.pages.load(Ordering::Relaxed))
    }

    fn has(&self, name: &str) -> Option<Vec<usize>> {
        let number: usize = name.trim_start_matches('n').parse().unwrap();
        (number < self.0.there.load(Ordering::Relaxed)).then(|| vec![number])
    }
}

impl<const FIRST: usize, const WHOLE: bool> Source for Region<FIRST, WHOLE> {
    type Item = Vec<usize>;
    const SINGLES_FIRST: usize = FIRST;
    const WHOLE_IN_A_PAGE: bool = WHOLE;

    async fn exact(&self, call: &Call, name: &str) -> Result<Option<Vec<usize>>, Error> {
        self.0.exact.fetch_add(1, Ordering::Relaxed);
        let hangs = self.0.hang.load(Ordering::Relaxed) > 0;
        let slow = tokio::time::sleep(if hangs { LIFE } else { Duration::from_millis(50) });
        call.run(slow).await.map_err(|_| Error::new(ErrorKind::Deadline, "too late"))?;
        Ok(self.has(name))
    }

    async fn page(&self, _: &Call, number: u64) -> Result<Page<Vec<usize>>, Error> {
        self.0.pages.fetch_add(1, Ordering::Relaxed);
        let hangs = self.0.hang.load(Ordering::Relaxed) > 0;
        tokio::time::sleep(if hangs { LIFE } else { Duration::from_millis(50) }).await;
        if self.0.lists_are_refused.load(Ordering::Relaxed) > 0 {
            return Err(Error::new(ErrorKind::Forbidden, "no lists"));
        }
        assert_eq!(self.0.lists_panic.load(Ordering::Relaxed), 0, "a fault in the reading");
        let shown = self.0.hidden.load(Ordering::Relaxed)..self.0.there.load(Ordering::Relaxed);
        let said = self.0.said.load(Ordering::Relaxed);
        let (count, number) = if said > 0 { (said, 1) } else { (shown.len(), number) };
        let pages = Some(count.div_ceil(50) as u64);
        let page: Vec<usize> = shown.skip((usize::try_from(number).unwrap() - 1) * 50).take(50).collect();
        let ids = page.iter().map(|number| format!("n{number}")).collect();
        let items = page.into_iter().map(|number| (format!("n{number}"), vec![number])).collect();
        Ok(Page { items, ids, pages })
    }

    fn merge(known: &mut Vec<usize>, more: Vec<usize>) {
        if known[0] != more[0] {
            known.extend(more);
        }
    }

    fn given_up(&self, _: &Call, _: Instant, why: Interrupted) -> Error {
        let kind = match why {
            Interrupted::Deadline => ErrorKind::Deadline,
            Interrupted::Cancelled => ErrorKind::Cancelled,
        };
        Error::new(kind, "given up")
    }
}

fn within(seconds: u64) -> Call {
    Call::new(Instant::now() + Duration::from_secs(seconds), CancellationToken::new())
}

const PROOF: Question = Question { since: None, proof: true, in_company: false, pages_only: false };
const GLANCE: Question = Question { since: None, proof: false, ..PROOF };
const PAGES: Question = Question { pages_only: true, ..GLANCE };

/// Asks for names, so many at a time, each `gap` milliseconds after the one before. Each answer has to be true.
async fn refresh<S: Source<Item = Vec<usize>>>(
    catalogue: &Catalogue<S>,
    source: &S,
    names: Vec<usize>,
    (parallelism, gap): (usize, u64),
    question: Question,
    truth: impl Fn(usize) -> bool,
) {
    let (places, desk) = (Arc::new(Semaphore::new(parallelism)), Arc::new(tokio::sync::Mutex::new(())));
    let mut tasks = JoinSet::new();
    for number in names {
        let (catalogue, source) = (catalogue.clone(), source.clone());
        let (places, desk) = (Arc::clone(&places), Arc::clone(&desk));
        tasks.spawn(async move {
            let _place = places.acquire().await.unwrap();
            let at_work = desk.lock().await;
            tokio::time::sleep(Duration::from_millis(gap)).await;
            drop(at_work);
            (number, catalogue.get(&source, &within(300), &format!("n{number}"), question).await.unwrap())
        });
    }
    while let Some(done) = tasks.join_next().await {
        let (number, answer) = done.unwrap();
        assert_eq!(answer, truth(number).then(|| vec![number]), "n{number}");
    }
}

/// In an order that has nothing to do with that of the pages.
fn shuffled(names: impl IntoIterator<Item = usize>) -> Vec<usize> {
    fastrand::seed(3);
    let mut names: Vec<_> = names.into_iter().collect();
    fastrand::shuffle(&mut names);
    names
}

#[tokio::test(start_paused = true)]
async fn a_refresh_costs_a_call_for_each_page_and_two() {
    for (wanted, gap) in
        [(1, 20), (2, 20), (3, 20), (10, 1), (50, 20), (75, 20), (100, 1), (500, 20), (1000, 20), (1000, 2)]
    {
        let region = Pairs::of(wanted);
        let names = shuffled(0..wanted);
        refresh(&Catalogue::new(), &region, names, (10, gap), PROOF, |_| true).await;
        let (exact, pages) = region.calls();
        assert!(exact + pages <= wanted.div_ceil(50) + 2, "{wanted}, every {gap} ms: {exact} + {pages}");
        assert!(wanted > 2 || pages == 0, "one read, or two, are asked for by name");
    }
}

#[tokio::test(start_paused = true)]
async fn never_much_more_than_twice_the_better_of_both() {
    for there in [10, 100, 1000, 5000, 20_000] {
        for wanted in [1, 5, 12, 30, 100, 130, 160, 200, 250, 300, 350, 400] {
            for parallelism in [1, 10, 100] {
                let region = Pairs::of(there);
                let names: Vec<_> = shuffled(0..there).into_iter().take(wanted).collect();
                let better = names.len().min(there.div_ceil(50));
                refresh(&Catalogue::new(), &region, names, (parallelism, 2), PROOF, |_| true).await;
                let (exact, pages) = region.calls();
                assert!(
                    exact + pages <= 2 * better + 4,
                    "{wanted} of {there} by {parallelism}: {exact} + {pages}"
                );
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_page_never_proves_absence() {
    // Ten are hidden from lists, ten are not there at all.
    let region = Pairs::of(100);
    region.0.hidden.store(10, Ordering::Relaxed);
    let catalogue = Catalogue::new();
    refresh(&catalogue, &region, shuffled(0..110), (10, 1), PROOF, |number| number < 100).await;
    let (exact, pages) = region.calls();
    assert_eq!(pages, 2);
    assert!((20..=22).contains(&exact), "{exact}");
    // Who only glances is content with the pages.
    refresh(&catalogue, &region, shuffled(0..110), (10, 1), GLANCE, |number| (10..100).contains(&number))
        .await;
    assert_eq!(region.calls(), (exact, pages));
}

#[tokio::test(start_paused = true)]
async fn a_thousand_names_that_are_not_there_cost_three_calls_to_glance_at() {
    let region = Pairs::of(0);
    refresh(&Catalogue::new(), &region, shuffled(0..1000), (10, 1), GLANCE, |_| false).await;
    assert_eq!(region.calls(), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn a_refused_list_falls_back_to_names() {
    let region = Pairs::of(40);
    region.0.lists_are_refused.store(1, Ordering::Relaxed);
    let catalogue = Catalogue::new();
    refresh(&catalogue, &region, shuffled(0..40), (10, 1), PROOF, |_| true).await;
    assert_eq!(region.calls(), (40, 1));
    tokio::time::sleep(LIFE).await;
    region.0.lists_are_refused.store(0, Ordering::Relaxed);
    refresh(&catalogue, &region, shuffled(0..40), (10, 1), PROOF, |_| true).await;
    assert_eq!(region.calls(), (42, 2), "after a minute lists get another chance");
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_a_reading_that_came_to_a_bad_end() {
    let region = Pairs::of(100);
    region.0.lists_panic.store(1, Ordering::Relaxed);
    let catalogue = Catalogue::new();
    let names: Vec<String> = (0..10).map(|number| format!("n{number}")).collect();
    let answers = catalogue.get_all(&region, &within(5), &names, Question::default()).await;
    assert!(answers.values().all(|answer| matches!(answer, Ok(Some(_)))));
    assert_eq!(answers.len(), 10);
}

#[tokio::test(start_paused = true)]
async fn what_was_shown_is_forgotten_after_a_minute_and_after_a_change() {
    let region = Pairs::of(40);
    let catalogue = Catalogue::new();
    refresh(&catalogue, &region, shuffled(0..40), (10, 1), PROOF, |_| true).await;
    let before = region.calls();
    let ask = async |name: &str| catalogue.get(&region, &within(9), name, PROOF).await.unwrap();
    assert_eq!((ask("n1").await, region.calls()), (Some(vec![1]), before), "from the page");
    region.0.there.store(1, Ordering::Relaxed);
    drop(catalogue.changing("n1"));
    assert_eq!((ask("n1").await, region.calls()), (None, (before.0 + 1, before.1)), "asked anew");
    assert_eq!(ask("n2").await, Some(vec![2]), "the others are still believed");
    tokio::time::sleep(LIFE).await;
    assert_eq!(ask("n2").await, None);

    // A thousand that are made one after the other and read back: pages would be too old each time.
    let region = Pairs::of(1000);
    let catalogue = Catalogue::new();
    for number in 0..100 {
        let name = format!("n{number}");
        let changing = catalogue.changing(&name);
        tokio::time::sleep(Duration::from_millis(20)).await;
        drop(changing);
        assert!(catalogue.get(&region, &within(9), &name, PROOF).await.unwrap().is_some());
    }
    assert_eq!(region.calls(), (100, 0));
}

#[tokio::test(start_paused = true)]
async fn a_page_that_was_asked_for_before_a_change_does_not_answer_after_it() {
    let region = Pairs::of(40);
    let catalogue = Catalogue::new();
    let reading = refresh(&catalogue, &region, (0..10).collect(), (10, 0), PROOF, |_| true);
    let changing = async {
        // The page is under way.
        tokio::time::sleep(Duration::from_millis(20)).await;
        drop(catalogue.changing("n30"));
    };
    tokio::join!(reading, changing);
    let (exact, pages) = region.calls();
    assert_eq!(pages, 1);
    catalogue.get(&region, &within(9), "n30", PROOF).await.unwrap();
    assert_eq!(region.calls(), (exact + 1, 1));
}

#[tokio::test(start_paused = true)]
async fn those_who_ask_together_read_pages_at_once_and_none_that_are_too_old() {
    let region = Pairs::of(100);
    let catalogue = Catalogue::new();
    refresh(&catalogue, &region, shuffled(0..100), (10, 1), PROOF, |_| true).await;
    let (exact, pages) = region.calls();
    region.0.there.store(90, Ordering::Relaxed);
    let names: Vec<_> = (0..100).map(|number| format!("n{number}")).collect();
    tokio::time::sleep(Duration::from_millis(1)).await;
    let question = Question { since: Some(Instant::now()), ..PROOF };
    let answers = catalogue.get_all(&region, &within(9), &names, question).await;
    assert_eq!(answers.values().filter(|answer| matches!(answer, Ok(None))).count(), 10);
    assert_eq!(answers.len(), 100);
    assert_eq!(region.calls(), (exact + 10, pages + 2));
}

#[tokio::test(start_paused = true)]
async fn questions_for_one_name_share_a_call_that_ends_with_the_last_of_them() {
    let region = Pairs::of(9);
    let catalogue = Catalogue::new();
    let patient = within(60);
    let (hasty, cancel) = (within(60), CancellationToken::new());
    let hasty = Call { cancel: cancel.clone(), ..hasty };
    let ask = |call: Call| {
        let (catalogue, region) = (catalogue.clone(), region.clone());
        async move { catalogue.get(&region, &call, "n1", PROOF).await }
    };
    let first = tokio::spawn(ask(hasty.clone()));
    tokio::task::yield_now().await;
    let second = tokio::spawn(ask(patient));
    tokio::time::sleep(Duration::from_millis(10)).await;
    cancel.cancel();
    assert_eq!(first.await.unwrap().unwrap_err().kind(), ErrorKind::Cancelled);
    assert_eq!(second.await.unwrap().unwrap(), Some(vec![1]), "the call goes on for the other");
    assert_eq!(region.calls(), (1, 0));

    // Another's deadline is not one's own.
    let short = Call::new(Instant::now() + Duration::from_millis(20), CancellationToken::new());
    let (short, long) = tokio::join!(ask(short), ask(within(60)));
    assert_eq!((short.unwrap_err().kind(), long.unwrap()), (ErrorKind::Deadline, Some(vec![1])));
    assert_eq!(region.calls(), (3, 0));

    // With nobody left, the call ends, and the next question is a new one.
    assert!(ask(hasty).await.is_err());
    tokio::task::yield_now().await;
    assert!(catalogue.0.state().singles.is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_is_spread_over_pages_is_known_with_the_last() {
    let region = Carried::of(500);
    let catalogue = Catalogue::new();
    refresh(&catalogue, &region, shuffled(0..510), (10, 1), GLANCE, |number| number < 500).await;
    assert_eq!(region.calls(), (0, 10));
    // One in a large region: the first page tells that there are too many.
    let region = Carried::of(5000);
    refresh(&Catalogue::new(), &region, vec![4999], (10, 1), GLANCE, |_| true).await;
    assert_eq!(region.calls(), (1, 1));
    // Who wants proof asks for the name, unless all was on one page.
    let (of_two, of_one) = (Carried::of(60), Carried::of(40));
    for (region, exact, pages) in [(&of_two, 1, 2), (&of_one, 0, 1)] {
        let catalogue = Catalogue::new();
        let names: Vec<_> = (0..10).map(|number| format!("n{number}")).collect();
        let since = Some(Instant::now());
        catalogue.get_all(region, &within(9), &names, Question { since, ..GLANCE }).await;
        assert_eq!(region.calls(), (0, pages));
        catalogue.get(region, &within(9), "n3", Question { since, ..PROOF }).await.unwrap();
        assert_eq!(region.calls(), (exact, pages));
        // More names than pages: there are few pages to ask in place of many names.
        catalogue.tell_from_pages(3);
        catalogue.get(region, &within(9), "n4", Question { since, ..PROOF }).await.unwrap();
        assert_eq!(region.calls(), (exact, pages));
    }
}

#[tokio::test(start_paused = true)]
async fn who_is_content_with_pages_costs_no_more_than_there_are() {
    for (there, wanted, parallelism) in [(1000, 9, 1), (1000, 60, 10), (5000, 1, 1), (40, 60, 10), (0, 9, 1)]
    {
        let region = Carried::of(there);
        let names = (0..wanted).collect();
        refresh(&Catalogue::new(), &region, names, (parallelism, 200), PAGES, |number| number < there).await;
        assert_eq!(region.calls(), (0, there.div_ceil(50).max(1)), "{wanted} of {there}");
    }
    // A refused list is not asked for again, nor is anything else.
    let region = Carried::of(1000);
    region.0.lists_are_refused.store(1, Ordering::Relaxed);
    refresh(&Catalogue::new(), &region, (0..60).collect(), (10, 1), PAGES, |_| false).await;
    assert_eq!(region.calls(), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn a_look_that_one_can_do_without_is_waited_for_once() {
    let region = Pairs::of(100);
    region.0.hang.store(1, Ordering::Relaxed);
    let catalogue = Catalogue::new();
    for question in [GLANCE, PAGES] {
        let started = Instant::now();
        let mut failed = 0;
        for number in 0..60 {
            let answer = catalogue.glance(&region, &within(5), &format!("n{number}"), question).await;
            failed += usize::from(answer.is_err());
        }
        assert_eq!((failed, started.elapsed()), (1, Duration::from_secs(5)));
        tokio::time::sleep(LIFE).await;
    }
    region.0.hang.store(0, Ordering::Relaxed);
    tokio::time::sleep(2 * LIFE).await;
    assert!(catalogue.glance(&region, &within(5), "n1", GLANCE).await.unwrap().is_some());
}

#[tokio::test(start_paused = true)]
async fn pages_that_bring_nothing_new_are_given_up() {
    // A page that is always the same ends after those that are read side by side; a number beyond belief, at once.
    for (said, most) in [(50 * 900, 1 + SIDE_BY_SIDE), (usize::MAX, 1)] {
        let region = Pairs::of(60);
        region.0.said.store(said, Ordering::Relaxed);
        let catalogue = Catalogue::<Pairs>::new();
        for name in ["n1", "n2", "n70"] {
            let found = catalogue.get(&region, &within(60), name, PAGES).await.unwrap();
            assert_eq!(found, region.has(name));
        }
        tokio::time::sleep(Duration::from_secs(10)).await;
        let (_, pages) = region.calls();
        assert!((1..=most).contains(&pages), "{pages}");
    }
}
