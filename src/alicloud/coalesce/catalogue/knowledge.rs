//! What is known of the things of a source, and how a question goes on by that.

use std::collections::{HashMap, HashSet};
use std::sync::Weak;

use tokio::sync::watch;
use tokio::time::Instant;

use super::{LIFE, Question};
use crate::alicloud::error::Error;

pub(super) type Answer<I> = Result<Option<I>, Error>;

pub(super) struct State<I> {
    /// What pages have shown.
    pub(super) shown: HashMap<String, Shown<I>>,
    pub(super) listing: Option<Listing>,
    /// Until when no page is read, because one was refused.
    pub(super) refused_until: Option<Instant>,
    /// When each name was changed by this process.
    pub(super) changed: HashMap<String, Instant>,
    /// Single questions under way.
    pub(super) singles: HashMap<String, Single<I>>,
    /// What the last single question for a name was answered.
    pub(super) told: HashMap<String, Told<I>>,
    /// When the counting of questions began.
    pub(super) season: Option<Instant>,
    /// The names asked for in this season that pages may answer.
    pub(super) asked: HashSet<String>,
    /// Those of them that were asked singly.
    pub(super) asked_singly: HashSet<String>,
    /// Whether somebody waits who is content with pages, however many.
    pub(super) pages_wanted: bool,
    /// Until when nobody looks who can do without.
    pub(super) no_glances_until: Option<Instant>,
    pub(super) last_question: Option<Instant>,
}

pub(super) struct Shown<I> {
    pub(super) item: I,
    /// When the page was asked for.
    pub(super) at: Instant,
}

pub(super) struct Told<I> {
    pub(super) item: Option<I>,
    /// When it was asked.
    pub(super) at: Instant,
}

pub(super) struct Single<I> {
    /// When it was put.
    pub(super) at: Instant,
    /// Held by the task that asks; if that is gone, nobody asks any more.
    pub(super) teller: Weak<Teller<I>>,
}

pub(super) type Teller<I> = watch::Sender<Option<Answer<I>>>;
pub(super) type Listener<I> = watch::Receiver<Option<Answer<I>>>;

/// The reading of all pages.
#[derive(Clone, Copy)]
pub(super) struct Listing {
    pub(super) started: Instant,
    /// How many pages there are; `None` before the first was read.
    pub(super) pages: Option<u64>,
    pub(super) progress: Progress,
    /// Whether its pages answer those who want proof too, though there are several and one that moved between them
    /// may be missed: to ask for each name would be more calls.
    pub(super) trusted: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    Reading,
    /// Only the first page was read.
    Stopped,
    Complete,
}

/// How a question goes on.
pub(super) enum Step<I> {
    Answer(Option<I>),
    AskSingly,
    Join(Listener<I>),
    Read,
    Wait,
}

impl<I: Clone> State<I> {
    pub(super) fn new() -> Self {
        Self {
            shown: HashMap::new(),
            listing: None,
            refused_until: None,
            changed: HashMap::new(),
            singles: HashMap::new(),
            told: HashMap::new(),
            season: None,
            asked: HashSet::new(),
            asked_singly: HashSet::new(),
            pages_wanted: false,
            no_glances_until: None,
            last_question: None,
        }
    }

    /// How this question goes on. Whoever gets [`Step::AskSingly`] or [`Step::Read`] has to do that.
    pub(super) fn step(&mut self, name: &str, question: Question, now: Instant, source: Rules) -> Step<I> {
        let valid_from = question.since.max(self.changed.get(name).copied());
        let valid = |at: Instant| valid_from.is_none_or(|from| at >= from) && now < at + LIFE;
        if self
            .listing
            .is_some_and(|listing| listing.progress != Progress::Reading && now >= listing.started + LIFE)
        {
            self.listing = None;
        }
        let listing = self.listing;
        // What is spread over pages may move from one to the next while they are read.
        let all_is_on_pages = |listing: Listing| {
            source.whole_in_a_page || !question.proof || listing.trusted || listing.pages == Some(1)
        };
        let complete = listing.filter(|it| it.progress == Progress::Complete);
        if let Some(shown) = self.shown.get(name)
            && valid(shown.at)
            && (source.whole_in_a_page
                || complete.is_some_and(|it| it.started == shown.at && all_is_on_pages(it)))
        {
            return Step::Answer(Some(shown.item.clone()));
        }
        // Only those who say how old an answer may be get one that was given to another.
        if let (Some(_), Some(told)) = (question.since, self.told.get(name))
            && valid(told.at)
        {
            return Step::Answer(told.item.clone());
        }
        if let Some(single) = self.singles.get(name)
            && valid_from.is_none_or(|from| single.at >= from)
            && let Some(teller) = single.teller.upgrade()
        {
            return Step::Join(teller.subscribe());
        }
        if self.refused_until.is_some_and(|until| now < until) {
            // Many together who need no proof would only be refused one by one.
            let is_content = question.pages_only || question.in_company && !question.proof;
            return if is_content { Step::Answer(None) } else { Step::AskSingly };
        }
        self.count(name, valid_from, question, now);
        self.pages_wanted |= question.pages_only;
        match listing {
            Some(listing) if valid(listing.started) => match listing.progress {
                Progress::Reading if listing.pages.is_some() && !all_is_on_pages(listing) => Step::AskSingly,
                Progress::Reading => Step::Wait,
                Progress::Complete if question.proof => Step::AskSingly,
                Progress::Complete => Step::Answer(None),
                // There are no others that could be read.
                Progress::Stopped if question.pages_only && listing.pages.is_none() => Step::Answer(None),
                Progress::Stopped if self.can_afford(listing.pages, source.singles_first) => Step::Read,
                Progress::Stopped => self.ask_singly(name),
            },
            // It is too old for this question.
            Some(Listing { progress: Progress::Reading, .. }) if question.in_company => Step::Wait,
            _ if question.in_company => Step::Read,
            // Whatever was changed a moment ago is asked for singly: pages that are read for its sake are too old for
            // the next such name.
            _ if valid_from.is_some() && !question.pages_only => Step::AskSingly,
            Some(Listing { progress: Progress::Reading, .. }) => Step::Wait,
            _ if question.pages_only || self.asked.len() > source.singles_first => Step::Read,
            _ => self.ask_singly(name),
        }
    }

    /// Counts a question.
    fn count(&mut self, name: &str, valid_from: Option<Instant>, question: Question, now: Instant) {
        if self.season.is_none_or(|season| now >= season + LIFE) {
            self.season = Some(now);
            self.asked.clear();
            self.asked_singly.clear();
            self.changed.retain(|_, at| now < *at + LIFE);
            self.told.retain(|_, told| now < told.at + LIFE);
            self.shown.retain(|_, shown| now < shown.at + LIFE);
        }
        self.last_question = Some(now);
        if valid_from.is_none() || question.in_company {
            self.asked.insert(name.to_owned());
        }
    }

    /// Whether the pages after the first are worth reading: if with them no more is spent than twice what it would have
    /// cost to ask each question singly; but for the first ones, which were always singly. Or if somebody asks who is
    /// content with pages only.
    pub(super) fn can_afford(&self, pages: Option<u64>, singles_first: usize) -> bool {
        let Some(pages) = pages else { return false };
        let left = usize::try_from(pages.saturating_sub(1)).unwrap_or(usize::MAX);
        let spent = self.asked_singly.len().saturating_sub(singles_first);
        self.pages_wanted || left.saturating_add(spent) <= self.asked.len().saturating_mul(2)
    }

    fn ask_singly(&mut self, name: &str) -> Step<I> {
        if self.asked.contains(name) {
            self.asked_singly.insert(name.to_owned());
        }
        Step::AskSingly
    }
}

/// What a source says of itself.
#[derive(Clone, Copy)]
pub(super) struct Rules {
    pub(super) singles_first: usize,
    pub(super) whole_in_a_page: bool,
}
