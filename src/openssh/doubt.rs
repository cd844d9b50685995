//! What is doubtful about a public key that has the right form.

use super::PublicKey;
use super::wire::Wire;

/// Why the cloud may refuse a public key. It has the last word, so these are warnings.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Doubt {
    /// The base64 text is not padded as it should be, or has a character too many or too few.
    #[error("The key's base64 text is incomplete. It may be cut off.")]
    Base64,
    /// The blob names another type than the line.
    #[error("The line begins with `{line}`, but the key itself says that it is of the type `{key}`.")]
    OtherType {
        /// The type that the line begins with.
        line: String,
        /// The type that the key names.
        key: String,
    },
    /// The blob is not a key of the type.
    #[error("The text after `{0}` does not decode as a key of that type. It may be cut off or mistyped.")]
    Malformed(String),
    /// The cloud's documentation does not name the type.
    #[error(
        "The cloud's documentation does not name the key type `{0}` (it names RSA, DSA and ECDSA), so the \
         key may be refused."
    )]
    Undocumented(String),
}

impl PublicKey {
    /// Whether the key decodes as its type, and whether the cloud documents that type: RSA, DSA
    /// and ECDSA, by their OpenSSH names or as `rsa`, `dsa` and `ecdsa`. Not Ed25519, and no
    /// certificates (older pages named some).
    pub fn check(&self) -> Result<(), Doubt> {
        let full_type = self.full_type();
        match self.inner_type() {
            Some(inner) if inner == full_type => {}
            // A short text, only to be shown if it can be a type at all.
            Some(inner)
                if inner.len() <= 64 && !inner.is_empty() && inner.bytes().all(|b| b.is_ascii_graphic()) =>
            {
                return Err(Doubt::OtherType { line: self.key_type().to_owned(), key: inner.to_owned() });
            }
            _ => return Err(Doubt::Malformed(self.key_type().to_owned())),
        }
        if !self.is_strict_base64() {
            return Err(Doubt::Base64);
        }
        if decodes(full_type, self.blob()) == Some(false) {
            return Err(Doubt::Malformed(self.key_type().to_owned()));
        }
        match full_type {
            "ssh-rsa" | "ssh-dss" | "ecdsa-sha2-nistp256" | "ecdsa-sha2-nistp384" | "ecdsa-sha2-nistp521" => {
                Ok(())
            }
            _ => Err(Doubt::Undocumented(self.key_type().to_owned())),
        }
    }
}

/// Whether the blob has the parts of a key of this type, and nothing more (RFC 4253 §6.6, RFC 5656
/// §3.1, RFC 8709 §4). `None` for types that we don't know.
fn decodes(full_type: &str, blob: &[u8]) -> Option<bool> {
    let mut wire = Wire::new(blob);
    let parts = match full_type {
        "ssh-rsa" => rsa(&mut wire),
        "ssh-dss" => dsa(&mut wire),
        "ecdsa-sha2-nistp256" => ecdsa(&mut wire, 32),
        "ecdsa-sha2-nistp384" => ecdsa(&mut wire, 48),
        "ecdsa-sha2-nistp521" => ecdsa(&mut wire, 66),
        "ssh-ed25519" => ed25519(&mut wire),
        _ => return None,
    };
    Some(parts.is_some() && wire.rest().is_empty())
}

fn rsa(wire: &mut Wire<'_>) -> Option<()> {
    wire.string()?;
    let (exponent, modulus) = (wire.positive()?, wire.positive()?);
    // Both are odd in every key.
    let odd = |number: &[u8]| number.last().is_some_and(|byte| byte & 1 == 1);
    (odd(exponent) && odd(modulus)).then_some(())
}

fn dsa(wire: &mut Wire<'_>) -> Option<()> {
    wire.string()?;
    (0..4).try_for_each(|_| wire.positive().map(|_| ()))
}

/// The curve's name again, and an uncompressed point of two coordinates of so many bytes.
fn ecdsa(wire: &mut Wire<'_>, coordinate: usize) -> Option<()> {
    let curve = wire.string()?.strip_prefix(b"ecdsa-sha2-")?;
    let same_curve = wire.string()? == curve;
    let point = wire.string()?;
    (same_curve && point.first() == Some(&4) && point.len() == 1 + 2 * coordinate).then_some(())
}

fn ed25519(wire: &mut Wire<'_>) -> Option<()> {
    wire.string()?;
    (wire.string()?.len() == 32).then_some(())
}
