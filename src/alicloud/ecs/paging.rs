//! Whether a list that comes in pages is whole.

use std::collections::HashSet;

use crate::alicloud::error::Error;
use crate::alicloud::retry::Answer;

/// The most pages of one list. Accounts have 500 key pairs in a region by default, which are ten pages.
pub(in crate::alicloud) const MOST_PAGES: u64 = 1000;

/// A list that is being read page by page. It ends as a whole list or in an error, and never without end: each page
/// has to bring something new.
#[derive(Debug, Default)]
pub(super) struct Paging {
    pages: u64,
    rows: u64,
    ids: HashSet<String>,
}

impl Paging {
    /// Takes in a page of things with these ids. An error if pages like this one never end.
    pub(super) fn take<'a>(
        &mut self,
        answer: &Answer,
        ids: impl IntoIterator<Item = &'a str>,
    ) -> Result<(), Error> {
        let (mut rows, mut has_news) = (0, false);
        for id in ids {
            rows += 1;
            has_news |= self.ids.insert(id.to_owned());
        }
        self.pages += 1;
        self.rows += rows;
        if rows > 0 && !has_news {
            let why =
                format!("Page {} of the list shows nothing that the pages before did not show.", self.pages);
            return Err(answer.unexpected(&why));
        }
        if self.pages >= MOST_PAGES {
            return Err(answer.unexpected(&format!("The list has not ended after {MOST_PAGES} pages.")));
        }
        Ok(())
    }

    /// Whether all is read, by the number of things that the last page counts, if it does. The page showed something
    /// or, with `is_empty`, nothing.
    pub(super) fn is_whole(
        &self,
        answer: &Answer,
        is_empty: bool,
        total: Option<u64>,
    ) -> Result<bool, Error> {
        match total {
            // Rows are counted, and not names: something may move from one page to the next while they are read.
            Some(total) if self.rows >= total => Ok(true),
            Some(total) if is_empty => Err(answer.unexpected(&format!(
                "The answer counts {total} key pairs, and all pages together list {}.",
                self.rows
            ))),
            None if is_empty => Ok(true),
            Some(_) | None => Ok(false),
        }
    }
}
