//! A question about the whole run, put to the cloud once for all who ask.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::alicloud::{Call, Error, ErrorKind, Interrupted};

/// How long a failure is the answer to all who ask.
const HELD: Duration = Duration::from_mins(1);

/// The answer to a question that is asked at most once at a time. A success is kept, and a failure for a minute. Nobody
/// asks for others: one who is interrupted only stops to wait.
#[derive(Debug)]
pub(super) struct Asked<T>(Mutex<State<T>>);

#[derive(Debug)]
enum State<T> {
    Unasked,
    Asking { since: Instant, answer: watch::Receiver<Option<Timed<T>>> },
    Answered { at: Instant, answer: Result<T, Error> },
}

/// An answer, and when it came.
type Timed<T> = (Instant, Result<T, Error>);

impl<T> Default for Asked<T> {
    fn default() -> Self {
        Self(Mutex::new(State::Unasked))
    }
}

impl<T: Clone + Send + Sync + 'static> Asked<T> {
    /// The answer. `ask` puts the question, in at most `longest`. It is waited for until `patience` is over, counted
    /// from when the question was put, by whomever.
    pub(super) async fn get<F>(
        &self,
        ask: impl FnOnce(Call) -> F,
        longest: Duration,
        patience: Duration,
        cancel: &CancellationToken,
    ) -> Result<T, Error>
    where
        F: Future<Output = Result<T, Error>> + Send + 'static,
    {
        let (since, mut answer) = match self.state(ask, longest) {
            Ok(answer) => return answer,
            Err(asking) => asking,
        };
        let heard = Call::new(since + patience, cancel.clone()).run(answer.wait_for(Option::is_some)).await;
        match heard {
            Ok(Ok(heard)) => match &*heard {
                Some((_, answer)) => answer.clone(),
                None => Err(Error::new(ErrorKind::Other, "The question ended without an answer.")),
            },
            Ok(Err(_)) => Err(Error::new(ErrorKind::Other, "The question ended without an answer.")),
            Err(why) => Err(match why {
                Interrupted::Deadline => Error::new(ErrorKind::Deadline, "There is no answer yet."),
                Interrupted::Cancelled => {
                    Error::new(ErrorKind::Cancelled, "The run was interrupted before the answer came.")
                }
            }),
        }
    }

    /// The answer that is there, or where it will be heard and since when it was asked for.
    #[expect(clippy::type_complexity, reason = "only here")]
    fn state<F>(
        &self,
        ask: impl FnOnce(Call) -> F,
        longest: Duration,
    ) -> Result<Result<T, Error>, (Instant, watch::Receiver<Option<Timed<T>>>)>
    where
        F: Future<Output = Result<T, Error>> + Send + 'static,
    {
        let now = Instant::now();
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let State::Asking { answer, .. } = &*state {
            let heard = answer.borrow().clone();
            if let Some((at, answer)) = heard {
                *state = State::Answered { at, answer };
            } else if answer.has_changed().is_err() {
                // The task that asked is gone.
                *state = State::Unasked;
            }
        }
        match &*state {
            State::Answered { at, answer } if answer.is_ok() || now < *at + HELD => Ok(answer.clone()),
            State::Asking { since, answer } => Err((*since, answer.clone())),
            State::Answered { .. } | State::Unasked => {
                let (teller, answer) = watch::channel(None);
                *state = State::Asking { since: now, answer: answer.clone() };
                let asking = ask(Call::new(now + longest, CancellationToken::new()));
                tokio::spawn(async move {
                    let answer = asking.await;
                    teller.send_replace(Some((Instant::now(), answer)));
                });
                Err((now, answer))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// A question that takes two seconds, and fails the first so many times.
    #[derive(Clone)]
    struct Question(Arc<AtomicUsize>, usize);

    impl Question {
        async fn put(
            self,
            asked: &Asked<u32>,
            patience: Duration,
            cancel: &CancellationToken,
        ) -> Result<u32, ErrorKind> {
            let ask = |call: Call| async move {
                let number = self.0.fetch_add(1, Ordering::Relaxed);
                call.run(tokio::time::sleep(SECOND * 2)).await.unwrap();
                if number < self.1 { Err(Error::new(ErrorKind::Unreachable, "No.")) } else { Ok(7) }
            };
            asked.get(ask, SECOND * 5, patience, cancel).await.map_err(|error| error.kind())
        }

        fn times(&self) -> usize {
            self.0.load(Ordering::Relaxed)
        }
    }

    #[tokio::test(start_paused = true)]
    async fn one_failure_is_held_for_all_and_a_success_for_ever() {
        let (question, asked, cancel) =
            (Question(Arc::default(), 1), Asked::default(), CancellationToken::new());
        let began = Instant::now();
        let [one, two] = [(), ()].map(|()| question.clone().put(&asked, SECOND * 9, &cancel));
        let failed = Err(ErrorKind::Unreachable);
        assert_eq!(tokio::join!(one, two), (failed, failed));
        for _ in 0..50 {
            assert_eq!(question.clone().put(&asked, SECOND * 9, &cancel).await, failed);
        }
        assert_eq!((question.times(), began.elapsed()), (1, SECOND * 2), "one wait for all");
        tokio::time::sleep(HELD).await;
        for _ in 0..2 {
            assert_eq!(question.clone().put(&asked, SECOND * 9, &cancel).await, Ok(7));
            tokio::time::sleep(HELD * 2).await;
        }
        assert_eq!(question.times(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_that_was_not_waited_for_is_as_old_as_it_is() {
        let (question, asked, cancel) =
            (Question(Arc::default(), 1), Asked::default(), CancellationToken::new());
        assert_eq!(question.clone().put(&asked, SECOND, &cancel).await, Err(ErrorKind::Deadline));
        tokio::time::sleep(SECOND * 2 + HELD).await;
        assert_eq!(question.clone().put(&asked, SECOND * 9, &cancel).await, Ok(7));
        assert_eq!(question.times(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn who_does_not_wait_for_it_leaves_the_question_to_others() {
        let (question, asked, cancel) =
            (Question(Arc::default(), 0), Asked::default(), CancellationToken::new());
        let cancelled = CancellationToken::new();
        cancelled.cancel();
        let began = Instant::now();
        assert_eq!(question.clone().put(&asked, SECOND * 9, &cancelled).await, Err(ErrorKind::Cancelled));
        assert_eq!(question.clone().put(&asked, SECOND, &cancel).await, Err(ErrorKind::Deadline));
        // The patience is spent, for all of its kind.
        assert_eq!(question.clone().put(&asked, SECOND, &cancel).await, Err(ErrorKind::Deadline));
        assert_eq!(began.elapsed(), SECOND);
        assert_eq!(question.clone().put(&asked, SECOND * 9, &cancel).await, Ok(7));
        assert_eq!((question.times(), began.elapsed()), (1, SECOND * 2));
    }
}
