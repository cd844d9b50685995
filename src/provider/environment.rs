//! The process's environment variables, behind a trait so that tests bring their own.

/// Where environment variables come from.
pub(crate) trait Environment: Send + Sync {
    /// The value of `name`; `None` if it is not set, empty, or not Unicode.
    fn var(&self, name: &str) -> Option<String>;

    /// The first of `names` that is set, with its name.
    fn first<'n>(&self, names: &[&'n str]) -> Option<(&'n str, String)> {
        names.iter().find_map(|name| Some((*name, self.var(name)?)))
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
