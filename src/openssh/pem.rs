//! Textual encoding of keys (RFC 7468, and the older headers of RFC 1421).

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use zeroize::Zeroizing;

/// Some writers leave the padding out.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Characters in a line, as all writers do it.
const LINE: usize = 64;

/// One labelled block of a file.
pub(super) struct Block<'a> {
    /// What the block says it holds: `RSA PRIVATE KEY`.
    pub(super) label: &'a str,
    /// Whether a header says that the content is encrypted.
    pub(super) encrypted: bool,
    /// The content; `None` where it is not base64 or its end line is missing.
    pub(super) content: Option<Zeroizing<Vec<u8>>>,
}

/// The first block with a label that `wanted` takes; text around blocks is passed over.
pub(super) fn find(text: &str, wanted: impl Fn(&str) -> bool) -> Option<Block<'_>> {
    // Files that were put together can have byte order marks in the middle, too.
    let mut lines = text.lines().map(|line| line.trim().trim_start_matches('\u{feff}').trim_start());
    let label = lines.by_ref().filter_map(begin).find(|label| wanted(label))?;

    let mut body = Zeroizing::new(String::with_capacity(text.len()));
    let mut encrypted = false;
    let mut ended = false;
    for line in lines {
        if line.starts_with("-----") {
            ended = line.strip_prefix("-----END ").and_then(|rest| rest.strip_suffix("-----")) == Some(label);
            break;
        }
        match line.split_once(':') {
            Some((name, value)) => encrypted |= name == "Proc-Type" && value.contains("ENCRYPTED"),
            None => body.push_str(line),
        }
    }
    let content = ended.then(|| BASE64.decode(body.as_bytes()).ok().map(Zeroizing::new)).flatten();
    Some(Block { label, encrypted, content })
}

fn begin(line: &str) -> Option<&str> {
    line.strip_prefix("-----BEGIN ")?.strip_suffix("-----")
}

/// A block of this content.
pub(super) fn write(label: &str, content: &[u8]) -> Zeroizing<String> {
    let body = Zeroizing::new(BASE64.encode(content));
    // Enough room for all of it: growing would leave copies behind.
    let mut text = Zeroizing::new(String::with_capacity(2 * body.len() + 2 * label.len() + 64));
    text.push_str("-----BEGIN ");
    text.push_str(label);
    text.push_str("-----\n");
    let mut rest = body.as_str();
    while !rest.is_empty() {
        let (line, more) = rest.split_at_checked(LINE).unwrap_or((rest, ""));
        text.push_str(line);
        text.push('\n');
        rest = more;
    }
    text.push_str("-----END ");
    text.push_str(label);
    text.push_str("-----\n");
    text
}
