//! The process's environment variables, behind a trait so that tests bring their own.

use std::path::{Path, PathBuf};

/// Where environment variables come from.
pub(crate) trait Environment: Send + Sync {
    /// The value of `name`; `None` if it is not set, empty, or not Unicode.
    fn var(&self, name: &str) -> Option<String>;

    /// The first of `names` that is set, with its name.
    fn first<'n>(&self, names: &[&'n str]) -> Option<(&'n str, String)> {
        names.iter().find_map(|name| Some((*name, self.var(name)?)))
    }

    /// The first of `names` that is set to a word for yes (`true`, `1`, `t`, in any case).
    fn first_true<'n>(&self, names: &[&'n str]) -> Option<&'n str> {
        let is_yes = |text: &String| matches!(text.to_ascii_lowercase().as_str(), "true" | "1" | "t");
        names.iter().find(|name| self.var(name).as_ref().is_some_and(is_yes)).copied()
    }

    /// The user's home directory.
    fn home(&self) -> Option<PathBuf> {
        self.first(&["HOME", "USERPROFILE"]).map(|(_, home)| PathBuf::from(home))
    }

    /// The path, with the home directory for a `~` at its start.
    fn expand_home(&self, path: &str) -> PathBuf {
        let rest = path.strip_prefix("~/").or_else(|| path.strip_prefix("~\\"));
        match (rest, self.home()) {
            (Some(rest), Some(home)) => home.join(rest),
            _ => Path::new(path).to_owned(),
        }
    }
}

/// The environment that the host passed on.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ProcessEnvironment;

impl Environment for ProcessEnvironment {
    fn var(&self, name: &str) -> Option<String> {
        std::env::var(name).ok().filter(|value| !value.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    impl Environment for BTreeMap<String, String> {
        fn var(&self, name: &str) -> Option<String> {
            self.get(name).filter(|value| !value.is_empty()).cloned()
        }
    }

    #[test]
    fn the_home_directory_has_a_short_name() {
        let home = BTreeMap::from([("HOME".to_owned(), "/home/me".to_owned())]);
        for (path, expanded) in
            [("~/x.json", "/home/me/x.json"), ("x.json", "x.json"), ("~me/x", "~me/x"), ("/x", "/x")]
        {
            assert_eq!(home.expand_home(path), Path::new(expanded));
        }
        assert_eq!(BTreeMap::new().expand_home("~/x"), Path::new("~/x"));
    }
}
