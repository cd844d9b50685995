//! Whole texts of messages, as people read them, kept in files.

use crate::framework::Diagnostic;

/// Compares with `tests/golden/diagnostics/NAME.txt`; `UPDATE_GOLDEN=1` writes it.
pub(super) fn golden(name: &str, diagnostic: &Diagnostic) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden/diagnostics")
        .join(format!("{name}.txt"));
    let at = diagnostic.path.as_ref().map(|path| format!("\nat {path}")).unwrap_or_default();
    let text = format!("{}{at}\n\n{}\n", diagnostic.summary, diagnostic.detail);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &text).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(text, expected, "{}", path.display());
}
