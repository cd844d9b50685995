//! Filling a template. A line that is nothing but a placeholder gives way to what it stands for:
//!
//! - `{{description}}`: the type's description, on one line;
//! - `{{arguments}}`, `{{attributes}}`: the lists of what is set and of what is read;
//! - `{{example PATH}}`: a file below `examples/`, as a code block.

use std::path::Path;

use super::read;
use super::reference::Description;

/// Fills the template at `path`, below the project's root.
pub(super) fn fill(path: &Path, description: &Description<'_>) -> Result<String, String> {
    let template = read(path)?.ok_or_else(|| {
        format!("{} is not there yet. Write it; the templates beside it show how.", path.display())
    })?;
    let mut page = String::new();
    for line in template.lines() {
        let placeholder = line.trim().strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}"));
        let indent = &line[..line.len() - line.trim_start().len()];
        match placeholder.map(|inside| inside.split_once(' ').unwrap_or((inside, ""))) {
            None => page.push_str(line),
            Some(("description", "")) => {
                page.push_str(indent);
                page.push_str(description.text());
            }
            Some(("arguments", "")) => page.push_str(description.arguments().trim_end()),
            Some(("attributes", "")) => page.push_str(description.attributes().trim_end()),
            Some(("example", file)) => page.push_str(&example(file)?),
            Some(_) => return Err(format!("{} has an unknown placeholder: {line}", path.display())),
        }
        page.push('\n');
    }
    Ok(page)
}

fn example(file: &str) -> Result<String, String> {
    let path = Path::new("examples").join(file);
    let text = read(&path)?.ok_or_else(|| format!("The example {} is not there.", path.display()))?;
    let language = match path.extension().and_then(|extension| extension.to_str()) {
        Some("tf") => "terraform",
        Some("sh") => "shell",
        _ => "text",
    };
    Ok(format!("```{language}\n{}\n```", text.trim_end()))
}
