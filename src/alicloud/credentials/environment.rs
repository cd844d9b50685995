//! The process's environment variables, behind a trait so that tests bring their own.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// Where environment variables come from.
pub(crate) trait Environment: Send + Sync {
    /// The value of `name`; `None` if it is not set, empty, or not Unicode.
    fn var(&self, name: &str) -> Option<String>;

    /// Whether `name` is set to something that is not Unicode.
    fn is_garbled(&self, name: &str) -> bool;

    /// The names of all variables that are set.
    fn names(&self) -> Vec<String>;

    /// The first of `names` that is set, if what it is set to can't be read.
    fn first_garbled<'n>(&self, names: &[&'n str]) -> Option<&'n str> {
        let first = names.iter().find(|name| self.is_garbled(name) || self.var(name).is_some())?;
        self.is_garbled(first).then_some(*first)
    }

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

/// The names of the variables that Terraform sets for this process alone, as its plugin.
pub(super) fn of_the_plugin() -> impl Iterator<Item = OsString> {
    std::env::vars_os().map(|(name, _)| name).filter(|name| is_of_the_plugin(name))
}

fn is_of_the_plugin(variable: &OsStr) -> bool {
    variable.to_str().is_some_and(|name| name.starts_with("PLUGIN_") || name == "TF_PLUGIN_MAGIC_COOKIE")
}

/// Why a path that begins with `~` leads nowhere.
pub(crate) const NO_HOME: &str = "HOME is not set, so ~ has no meaning";

/// Whether the path begins with a `~` that [`Environment::expand_home`] has nothing to put in place of.
pub(crate) fn needs_home(path: &Path) -> bool {
    path.to_str().is_some_and(|path| path.starts_with("~/") || path.starts_with("~\\"))
}

/// Why a variable can't be read, in a sentence, and what to do. What it holds is not repeated: it may be a secret.
pub(crate) fn not_text(variable: &str) -> (String, String) {
    (
        format!("The environment variable {variable} is set, but to something that is not text (UTF-8)."),
        format!("Set {variable} anew, or unset it."),
    )
}

/// The environment that the host passed on.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ProcessEnvironment;

impl Environment for ProcessEnvironment {
    fn var(&self, name: &str) -> Option<String> {
        std::env::var(name).ok().filter(|value| !value.is_empty())
    }

    fn is_garbled(&self, name: &str) -> bool {
        std::env::var_os(name).is_some_and(|value| value.to_str().is_none())
    }

    fn names(&self) -> Vec<String> {
        let set = std::env::vars_os().filter(|(_, value)| !value.is_empty());
        set.filter_map(|(name, _)| name.into_string().ok()).collect()
    }

    /// Unlike other variables, it needs no reading.
    fn home(&self) -> Option<PathBuf> {
        let homes = ["HOME", "USERPROFILE"].into_iter().filter_map(std::env::var_os);
        homes.map(PathBuf::from).find(|home| !home.as_os_str().is_empty())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    impl Environment for BTreeMap<String, String> {
        fn var(&self, name: &str) -> Option<String> {
            self.get(name).filter(|value| !value.is_empty() && !self.is_garbled(name)).cloned()
        }

        /// The replacement character stands for what no text can hold.
        fn is_garbled(&self, name: &str) -> bool {
            self.get(name).is_some_and(|value| value.contains('\u{fffd}'))
        }

        fn names(&self) -> Vec<String> {
            self.iter().filter(|(_, value)| !value.is_empty()).map(|(name, _)| name.clone()).collect()
        }
    }

    /// A process of its own has the variables: this one can't be given any.
    #[cfg(unix)]
    #[test]
    fn what_is_not_text_is_told_from_what_is_not_set() {
        use std::os::unix::ffi::OsStrExt as _;
        let (garbled, clear, unset) = ("A_GARBLED_VARIABLE", "A_CLEAR_VARIABLE", "AN_UNSET_VARIABLE");
        if std::env::var_os(garbled).is_some() {
            let names: Vec<_> =
                [garbled, clear, unset].map(|name| ProcessEnvironment.is_garbled(name)).into();
            assert_eq!(names, [true, false, false]);
            assert_eq!(ProcessEnvironment.first_garbled(&[unset, garbled, clear]), Some(garbled));
            assert_eq!(ProcessEnvironment.first_garbled(&[unset, clear, garbled]), None);
            assert_eq!(ProcessEnvironment.var(garbled), None);
            let names = ProcessEnvironment.names();
            let is_listed: Vec<_> =
                [garbled, clear, unset].map(|name| names.iter().any(|it| it == name)).into();
            assert_eq!(is_listed, [true, true, false]);
            let home = ProcessEnvironment.home().unwrap();
            assert_eq!(home.as_os_str().as_bytes(), b"/h\xff");
            return;
        }
        let of_bytes = OsStr::from_bytes;
        let run = std::process::Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "alicloud::credentials::environment::tests::what_is_not_text_is_told_from_what_is_not_set",
            ])
            .env(garbled, of_bytes(b"pr\xffd"))
            .env(clear, "prod")
            .env("HOME", of_bytes(b"/h\xff"))
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&run.stdout).into_owned();
        assert!(run.status.success() && said.contains("1 passed"), "{said}");
    }

    #[test]
    fn the_home_directory_has_a_short_name() {
        let home = BTreeMap::from([("HOME".to_owned(), "/home/me".to_owned())]);
        for (path, expanded) in
            [("~/x.json", "/home/me/x.json"), ("x.json", "x.json"), ("~me/x", "~me/x"), ("/x", "/x")]
        {
            assert_eq!(home.expand_home(path), Path::new(expanded));
            assert!(!needs_home(&home.expand_home(path)), "{path}");
        }
        assert_eq!(BTreeMap::new().expand_home("~/x"), Path::new("~/x"));
        assert!(needs_home(Path::new("~/x")));
    }

    #[test]
    fn a_program_is_told_nothing_that_is_for_a_plugin() {
        for (name, is) in [
            ("PLUGIN_CLIENT_CERT", true),
            ("PLUGIN_PROTOCOL_VERSIONS", true),
            ("TF_PLUGIN_MAGIC_COOKIE", true),
            ("TF_PLUGIN_CACHE_DIR", false),
            ("TF_VAR_name", false),
            ("MY_PLUGIN_PATH", false),
            ("PATH", false),
        ] {
            assert_eq!(is_of_the_plugin(OsStr::new(name)), is, "{name}");
        }
    }
}
