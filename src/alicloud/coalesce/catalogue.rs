//! Questions about single things, answered from pages of all of them where that is fewer calls.
//!
//! One question costs one call; a page of all things costs one too and answers many, if there are many. How many there
//! are is told by the first page, and how many are wanted only by time. So it is decided as one decides between renting
//! and buying: the first questions are asked singly, then a first page is read, and the rest of the pages as soon as
//! what is spent with them is no more than two calls a question. So it never costs more than about twice what it would
//! have cost to know.
//!
//! A page proves that something is there, never that it is not: pages have no stable order, and permissions filter
//! them. A question that asks for proof is put singly when the pages don't show the thing.

mod knowledge;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};
use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use self::knowledge::{Answer, Listener, Listing, Progress, Rules, Shown, Single, State, Step, Teller, Told};
use crate::alicloud::call::{Call, Interrupted};
use crate::alicloud::error::{Error, ErrorKind};

/// What a page showed is not believed longer.
const LIFE: Duration = Duration::from_mins(1);

/// The first page waits so long for another question before it is decided whether the others are worth reading.
const QUIET: Duration = Duration::from_millis(150);

/// Pages that are read side by side.
const SIDE_BY_SIDE: usize = 8;

/// Where the things are.
pub(crate) trait Source: Clone + Send + Sync + 'static {
    /// A thing.
    type Item: Clone + Send + Sync + 'static;

    /// Questions that are put singly before a page is read.
    const SINGLES_FIRST: usize;

    /// Whether each page shows things as a whole, so that a thing is known before the last page is read.
    const WHOLE_IN_A_PAGE: bool;

    /// Asks for exactly this name.
    fn exact(
        &self,
        call: &Call,
        name: &str,
    ) -> impl Future<Output = Result<Option<Self::Item>, Error>> + Send;

    /// Reads a page; they count from one.
    fn page(&self, call: &Call, number: u64) -> impl Future<Output = Result<Page<Self::Item>, Error>> + Send;

    /// Puts together what two pages show of the same thing.
    fn merge(known: &mut Self::Item, more: Self::Item);

    /// The error of a caller that gave up waiting for the answer to another's question.
    fn given_up(&self, call: &Call, started: Instant, why: Interrupted) -> Error;
}

/// The most pages that are read.
const MOST_PAGES: u64 = 1000;

/// A page of things, by name.
pub(crate) struct Page<I> {
    pub(crate) items: Vec<(String, I)>,
    /// The ids of all that the service lists in this page, also of what is no item.
    pub(crate) ids: Vec<String>,
    /// How many pages there are; `None` if the service doesn't tell.
    pub(crate) pages: Option<u64>,
}

/// What is asked of a name.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Question {
    /// Nothing that was read earlier answers it.
    pub(crate) since: Option<Instant>,
    /// Whether "no" has to come from asking for exactly this name.
    pub(crate) proof: bool,
    /// Whether it comes with others that make pages worthwhile at once.
    pub(crate) in_company: bool,
    /// Whether it is never put singly: what pages don't show, or can't be read, is "no".
    pub(crate) pages_only: bool,
}

/// What is known of the things of one source. Clones share it.
pub(crate) struct Catalogue<S: Source>(Arc<Shared<S>>);

impl<S: Source> Clone for Catalogue<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

struct Shared<S: Source> {
    state: Mutex<State<S::Item>>,
    changed: Notify,
}

/// What a caller does next.
enum Next<I> {
    Answer(Option<I>),
    /// Hear the answer to its own question or to one that another has put.
    Hear(Listener<I>, Asker),
    Wait,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Asker {
    Own,
    Other,
}

impl<S: Source> Catalogue<S> {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Shared { state: Mutex::new(State::new()), changed: Notify::new() }))
    }

    /// The thing of this name, or `None`: if the question asks for proof, because the service, asked for just this
    /// name, shows none; else because no page shows it.
    pub(crate) async fn get(
        &self,
        source: &S,
        call: &Call,
        name: &str,
        question: Question,
    ) -> Result<Option<S::Item>, Error> {
        let started = Instant::now();
        loop {
            let mut changed = pin!(self.0.changed.notified());
            // From here on no change is missed.
            changed.as_mut().enable();
            match self.next(source, call, name, question) {
                Next::Answer(answer) => return Ok(answer),
                Next::Wait => {
                    call.run(changed).await.map_err(|why| source.given_up(call, started, why))?;
                }
                Next::Hear(mut listener, asker) => {
                    let mut patience = call.clone();
                    if asker == Asker::Own {
                        // The asking itself ends at the deadline, and tells more of why.
                        patience.deadline += Duration::from_secs(1);
                    }
                    let heard = patience.run(listener.wait_for(Option::is_some)).await;
                    let heard = heard.map_err(|why| source.given_up(call, started, why))?;
                    match heard.ok().and_then(|answer| answer.clone()) {
                        // The other was less patient.
                        Some(Err(error)) if error.kind() == ErrorKind::Deadline && asker == Asker::Other => {}
                        Some(answer) => return answer,
                        None if asker == Asker::Other => {}
                        None => {
                            return Err(Error::new(ErrorKind::Other, "The look-up ended without an answer."));
                        }
                    }
                }
            }
        }
    }

    /// The same for those who can do without an answer: after a look of theirs has failed, none of them looks for a minute.
    pub(crate) async fn glance(
        &self,
        source: &S,
        call: &Call,
        name: &str,
        question: Question,
    ) -> Result<Option<S::Item>, Error> {
        if self.0.state().no_glances_until.is_some_and(|until| Instant::now() < until) {
            return Ok(None);
        }
        let answer = self.get(source, call, name, question).await;
        if answer.as_ref().is_err_and(|error| error.kind() != ErrorKind::Cancelled) {
            self.0.state().no_glances_until = Some(Instant::now() + LIFE);
        }
        answer
    }

    /// So many of the names that pages were read for have to be told as a whole. If to ask for each would be more calls
    /// than there were pages, the pages have to do.
    pub(crate) fn tell_from_pages(&self, names: usize) {
        if let Some(listing) = &mut self.0.state().listing {
            listing.trusted = listing.pages.is_some_and(|pages| pages < names as u64);
        }
    }

    /// The things of these names, asked for together: one outcome for each name.
    pub(crate) async fn get_all(
        &self,
        source: &S,
        call: &Call,
        names: &[String],
        question: Question,
    ) -> HashMap<String, Answer<S::Item>> {
        let question = Question { in_company: names.len() > S::SINGLES_FIRST.max(1), ..question };
        let mut tasks = JoinSet::new();
        for name in names {
            let (catalogue, source, call, name) = (self.clone(), source.clone(), call.clone(), name.clone());
            tasks.spawn(async move {
                let answer = catalogue.get(&source, &call, &name, question).await;
                (name, answer)
            });
        }
        let mut answers = HashMap::new();
        while let Some(done) = tasks.join_next().await {
            answers.extend(done.ok());
        }
        answers
    }

    /// This process changes the thing of this name until the guard is dropped: nothing that was read before then
    /// is believed any more.
    pub(crate) fn changing(&self, name: &str) -> Changing<S> {
        let changing = Changing { catalogue: self.clone(), name: name.to_owned() };
        changing.mark();
        changing
    }

    fn next(&self, source: &S, call: &Call, name: &str, question: Question) -> Next<S::Item> {
        let rules = Rules { singles_first: S::SINGLES_FIRST, whole_in_a_page: S::WHOLE_IN_A_PAGE };
        let now = Instant::now();
        let mut state = self.0.state();
        match state.step(name, question, now, rules) {
            Step::Answer(answer) => Next::Answer(answer),
            Step::Wait => Next::Wait,
            Step::Join(listener) => Next::Hear(listener, Asker::Other),
            Step::AskSingly => {
                let (teller, listener) = watch::channel(None);
                let teller = Arc::new(teller);
                let single = Single { at: now, teller: Arc::downgrade(&teller) };
                state.singles.insert(name.to_owned(), single);
                drop(state);
                let call = Call::new(call.deadline, CancellationToken::new());
                let (catalogue, source, name) = (self.clone(), source.clone(), name.to_owned());
                tokio::spawn(async move { catalogue.ask(&source, &call, &name, now, &teller).await });
                Next::Hear(listener, Asker::Own)
            }
            Step::Read => {
                let resumed = state.listing.filter(|listing| listing.progress == Progress::Stopped);
                let resumed =
                    resumed.filter(|listing| question.since.is_none_or(|since| listing.started >= since));
                let listing = resumed.unwrap_or(Listing {
                    started: now,
                    pages: None,
                    progress: Progress::Reading,
                    trusted: false,
                });
                state.listing = Some(Listing { progress: Progress::Reading, ..listing });
                drop(state);
                let (catalogue, source) = (self.clone(), source.clone());
                tokio::spawn(async move {
                    let _reading = Reading(&catalogue, listing.started);
                    catalogue.read_pages(&source, listing).await;
                });
                Next::Wait
            }
        }
    }

    /// Puts a single question, as long as anybody wants to hear the answer.
    async fn ask(&self, source: &S, call: &Call, name: &str, at: Instant, teller: &Teller<S::Item>) {
        let mut asking = pin!(source.exact(call, name));
        let forget = |state: &mut State<S::Item>| {
            if state.singles.get(name).is_some_and(|single| single.at == at) {
                state.singles.remove(name);
            }
        };
        loop {
            tokio::select! {
                answer = &mut asking => {
                    let mut state = self.0.state();
                    forget(&mut state);
                    if let Ok(item) = &answer {
                        state.told.insert(name.to_owned(), Told { item: item.clone(), at });
                    }
                    teller.send_replace(Some(answer));
                    return;
                }
                () = teller.closed() => {
                    let mut state = self.0.state();
                    // Another may have come to listen meanwhile.
                    if teller.receiver_count() == 0 {
                        forget(&mut state);
                        return;
                    }
                }
            }
        }
    }

    /// Reads the first page, and the others if they are worth it.
    async fn read_pages(&self, source: &S, listing: Listing) {
        let started = listing.started;
        let call = Call::new(Instant::now() + LIFE, CancellationToken::new());
        let mut seen = HashSet::new();
        let pages = match listing.pages {
            Some(pages) => pages,
            None => match source.page(&call, 1).await {
                Ok(page) => {
                    let pages = page.pages;
                    seen.extend(page.ids.iter().cloned());
                    self.0.show(started, page, pages);
                    if pages.is_some_and(|pages| pages <= 1) {
                        return self.0.end(Progress::Complete);
                    }
                    let Some(pages) = pages else { return self.0.end(Progress::Stopped) };
                    if pages > MOST_PAGES {
                        let why = format!("The first page says that there are {pages} pages.");
                        return self.0.refuse(&Error::new(ErrorKind::UnexpectedAnswer, why));
                    }
                    if !self.others_are_worth_it(pages).await {
                        return self.0.end(Progress::Stopped);
                    }
                    pages
                }
                Err(error) => return self.0.refuse(&error),
            },
        };
        let mut reading = JoinSet::new();
        let mut numbers = 2..=pages;
        loop {
            while reading.len() < SIDE_BY_SIDE
                && let Some(number) = numbers.next()
            {
                let (source, call) = (source.clone(), call.clone());
                reading.spawn(async move { source.page(&call, number).await });
            }
            match reading.join_next().await {
                None => return self.0.end(Progress::Complete),
                Some(Ok(Ok(page))) => {
                    let (is_empty, before) = (page.ids.is_empty(), seen.len());
                    seen.extend(page.ids.iter().cloned());
                    self.0.show(started, page, Some(pages));
                    if is_empty {
                        // Things went away while the pages were read: there are fewer pages now.
                        numbers = pages + 1..=pages;
                    } else if seen.len() == before {
                        let why = "A page shows nothing that the pages before did not show.";
                        return self.0.refuse(&Error::new(ErrorKind::UnexpectedAnswer, why));
                    }
                }
                Some(Ok(Err(error))) => return self.0.refuse(&error),
                Some(Err(_)) => {
                    return self
                        .0
                        .refuse(&Error::new(ErrorKind::Other, "Reading a page ended without an answer."));
                }
            }
        }
    }

    /// Whether there are, or come in time, enough questions for so many pages.
    async fn others_are_worth_it(&self, pages: u64) -> bool {
        loop {
            let quiet_at = {
                let state = self.0.state();
                if state.can_afford(Some(pages), S::SINGLES_FIRST) {
                    return true;
                }
                state.last_question.map_or_else(Instant::now, |last| last + QUIET)
            };
            if quiet_at <= Instant::now() {
                return false;
            }
            tokio::time::sleep_until(quiet_at.min(Instant::now() + QUIET / 10)).await;
        }
    }
}

impl<S: Source> Shared<S> {
    fn state(&self) -> MutexGuard<'_, State<S::Item>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes in a page of the listing that began at `started`.
    fn show(&self, started: Instant, page: Page<S::Item>, pages: Option<u64>) {
        let mut state = self.state();
        for (name, item) in page.items {
            match state.shown.get_mut(&name) {
                Some(shown) if shown.at == started => S::merge(&mut shown.item, item),
                _ => {
                    state.shown.insert(name, Shown { item, at: started });
                }
            }
        }
        if let Some(listing) = &mut state.listing {
            listing.pages = pages;
        }
        drop(state);
        self.changed.notify_waiters();
    }

    fn end(&self, progress: Progress) {
        let mut state = self.state();
        if let Some(listing) = &mut state.listing {
            listing.progress = progress;
        }
        state.pages_wanted = false;
        drop(state);
        self.changed.notify_waiters();
    }

    fn refuse(&self, error: &Error) {
        tracing::debug!(%error, "A list could not be read: for a minute, only single names are asked for");
        let mut state = self.state();
        state.listing = None;
        state.pages_wanted = false;
        state.refused_until = Some(Instant::now() + LIFE);
        drop(state);
        self.changed.notify_waiters();
    }
}

/// While it lives, pages are read. If the reading ends in any way but its own, nobody waits for it for ever.
struct Reading<'a, S: Source>(&'a Catalogue<S>, Instant);

impl<S: Source> Drop for Reading<'_, S> {
    fn drop(&mut self) {
        let left_open = |listing: Listing| listing.progress == Progress::Reading && listing.started == self.1;
        let listing = self.0.0.state().listing;
        if listing.is_some_and(left_open) {
            self.0.0.end(Progress::Stopped);
        }
    }
}

/// A change in progress.
pub(crate) struct Changing<S: Source> {
    catalogue: Catalogue<S>,
    name: String,
}

impl<S: Source> Changing<S> {
    fn mark(&self) {
        self.catalogue.0.state().changed.insert(self.name.clone(), Instant::now());
    }
}

impl<S: Source> Drop for Changing<S> {
    fn drop(&mut self) {
        self.mark();
    }
}
