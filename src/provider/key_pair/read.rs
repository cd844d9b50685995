//! Looking at a key pair: gone or not, and what has changed.

use std::time::Duration;

use super::memory::{KeyFacts, Memory};
use super::schema::{KeyPairModel, Tags, TimeoutsModel};
use super::{call, tags};
use crate::alicloud::ecs::KeyPair;
use crate::framework::{Attr, ChangeResponse, Context, Diagnostic, Diagnostics, one_line};
use crate::openssh::PublicKey;
use crate::provider::cloud::Cloud;
use crate::provider::diagnostics::Attempt;
use crate::provider::place::Place;

/// Reads have no timeout of their own; this outlasts the minute for which the cloud throttles.
const TIMEOUT: Duration = Duration::from_mins(5);

pub(super) async fn read(
    context: &Context<Cloud>,
    mut state: KeyPairModel,
    response: &mut ChangeResponse<KeyPairModel>,
) -> Result<(), Diagnostics> {
    let client = context.client.client()?;
    let name = state.name().to_owned();
    let mut memory = Memory::load(&response.private);
    memory.place.check_region(&name, client)?;
    client.note_group(&name, state.wanted_group());
    let call = call(context, TIMEOUT);
    let (found, account_id) = tokio::join!(
        client.describe_key_pair(&call, &name),
        memory.place.account_id_to_remember(&name, context)
    );
    let found = found.map_err(|error| {
        let attempt =
            Attempt { key_pair: &name, account_id: memory.place.account_id.as_deref(), timeout: None };
        attempt.failed(format!("Could not read the key pair {name:?}"), &error)
    })?;
    let Some(found) = found else {
        // Not here is not gone: with the wrong account's credentials, nothing is here.
        memory.place.prove_account(&name, context).await?;
        tracing::info!(key_pair_name = name, "The key pair is gone");
        response.state = None;
        return Ok(());
    };
    let account_id = account_id?;
    context.client.names.hold(&name);
    // A state that another provider wrote after an import has an empty timeouts block.
    if memory.place.region.is_none() && state.timeouts == Attr::Known(TimeoutsModel::default()) {
        state.timeouts = Attr::Null;
    }
    memory.place = Place { name: Some(name.clone()), region: Some(client.region().to_owned()), account_id };
    compare_key(&mut state, &found, &mut memory.facts, &mut response.diagnostics);
    state.id = Attr::Known(name.clone());
    state.key_pair_name = Attr::Known(name.clone());
    state.key_name = Attr::Known(name);
    fill(&mut state.finger_print, found.fingerprint);
    fill(&mut state.create_time, found.creation_time);
    state.resource_group_id = Attr::Known(found.resource_group_id);
    let found_tags = tags::with_nulls_of(&state.tags, tags::without_reserved(found.tags));
    // States hold null or an empty map for no tags, as their configurations did.
    if !(found_tags.is_empty() && state.tags.known().is_none_or(Tags::is_empty)) {
        state.tags = Attr::Known(found_tags);
    }
    memory.save(&mut response.private);
    response.state = Some(state);
    Ok(())
}

/// Takes what the cloud shows; what it leaves out stays.
fn fill(attribute: &mut Attr<String>, shown: String) {
    if !shown.is_empty() {
        *attribute = Attr::Known(shown);
    }
}

/// Compares the state's public key with the key pair's. Only what is certain may end in a
/// replacement; the rest is a warning.
fn compare_key(
    state: &mut KeyPairModel,
    found: &KeyPair,
    facts: &mut KeyFacts,
    diagnostics: &mut Diagnostics,
) {
    let theirs = found.public_key.as_deref().and_then(|text| PublicKey::parse(text).ok());
    let ours = state.public_key.non_empty().map(PublicKey::parse);
    let was_computed = facts.fingerprint_is_computed;
    match (ours, theirs) {
        (None, Some(theirs)) => {
            facts.key_is_certain = true;
            facts.fingerprint_is_computed = found.fingerprint == theirs.fingerprint_md5();
            state.public_key = found.public_key.clone().into();
        }
        (Some(Ok(ours)), Some(theirs)) if ours.same_key(&theirs) => {
            facts.key_is_certain = true;
            facts.fingerprint_is_computed = found.fingerprint == ours.fingerprint_md5();
        }
        (Some(_), Some(theirs)) if facts.key_is_certain => {
            tracing::info!(key_pair_name = found.name, "The key pair holds another key than before");
            facts.fingerprint_is_computed = found.fingerprint == theirs.fingerprint_md5();
            state.public_key = found.public_key.clone().into();
        }
        (Some(ours), Some(theirs)) => {
            let ours = ours.map_or_else(|_| "none".to_owned(), |ours| ours.fingerprint_md5());
            diagnostics.push(another_key(&found.name, &ours, &theirs.fingerprint_md5()));
        }
        (Some(Ok(ours)), None) => {
            let computed = ours.fingerprint_md5();
            if found.fingerprint == computed {
                facts.key_is_certain = true;
                facts.fingerprint_is_computed = true;
            } else if was_computed {
                // This cloud is known to compute fingerprints as we do, so the key is another one,
                // though nobody can say which.
                state.public_key = Attr::Null;
                facts.fingerprint_is_computed = false;
            } else if !facts.key_is_certain || state.finger_print.as_str() != Some(&found.fingerprint) {
                diagnostics.push(another_key(&found.name, &computed, &found.fingerprint));
            }
        }
        (Some(Err(_)) | None, None) => {}
    }
}

fn another_key(name: &str, ours: &str, theirs: &str) -> Diagnostic {
    let theirs = one_line(theirs);
    Diagnostic::warning(
        format!("The key pair {name:?} may hold another key than the state says"),
        format!(
            "The public key in the state has the fingerprint {ours}, and the cloud shows {theirs}. This can be left \
             from a change of public_key that another provider version recorded without making it. Nothing is \
             replaced for this; the key pair is replaced when public_key is changed in the configuration."
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAACQCxN0Uj1W3k3w== a";
    const B: &str = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAACQCxN0Uj1W3k4w== b";

    fn fingerprint(key: &str) -> String {
        PublicKey::parse(key).unwrap().fingerprint_md5()
    }

    /// Whose key the state says, whose key the cloud shows and how, what is remembered; and then the
    /// state's key after, and whether there is a warning.
    #[test]
    fn only_what_is_certain_changes_the_key() {
        let nothing = KeyFacts::NONE;
        let certain = KeyFacts { key_is_certain: true, ..nothing };
        let computed = KeyFacts { fingerprint_is_computed: true, ..certain };
        let (fa, fb) = (fingerprint(A), fingerprint(B));
        for (case, ours, shown, shown_fingerprint, mut facts, after, warns) in [
            ("filled when silent", None, Some(A), &fa, nothing, Some(A), false),
            ("filled when empty", Some(""), Some(A), &fa, certain, Some(A), false),
            ("empty, and not shown", Some(""), None, &fa, computed, Some(""), false),
            (
                "same key",
                Some(A),
                Some("ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAACQCxN0Uj1W3k3w=="),
                &fa,
                nothing,
                Some(A),
                false,
            ),
            ("drift", Some(A), Some(B), &fb, certain, Some(B), false),
            ("another provider's state", Some(A), Some(B), &fb, nothing, Some(A), true),
            ("fingerprint agrees", Some(A), None, &fa, nothing, Some(A), false),
            ("fingerprint differs, known to be computed", Some(A), None, &fb, computed, None, false),
            ("fingerprint differs, making unknown", Some(A), None, &fb, certain, Some(A), true),
            ("fingerprint differs, nothing known", Some(A), None, &fb, nothing, Some(A), true),
        ] {
            let mut state =
                KeyPairModel { public_key: ours.map(str::to_owned).into(), ..KeyPairModel::default() };
            let found = KeyPair {
                name: "k".to_owned(),
                fingerprint: shown_fingerprint.clone(),
                creation_time: String::new(),
                resource_group_id: String::new(),
                public_key: shown.map(str::to_owned),
                tags: std::collections::BTreeMap::new(),
            };
            let mut diagnostics = Diagnostics::new();
            compare_key(&mut state, &found, &mut facts, &mut diagnostics);
            assert_eq!(state.public_key.as_str(), after, "{case}");
            assert_eq!(!diagnostics.is_empty(), warns, "{case}");
        }
    }

    #[test]
    fn an_unchanged_fingerprint_of_unknown_making_is_no_news() {
        let mut state = KeyPairModel {
            public_key: A.into(),
            finger_print: "sha1:whatever".into(),
            ..KeyPairModel::default()
        };
        let found = KeyPair {
            name: "k".to_owned(),
            fingerprint: "sha1:whatever".to_owned(),
            creation_time: String::new(),
            resource_group_id: String::new(),
            public_key: None,
            tags: std::collections::BTreeMap::new(),
        };
        let mut facts = KeyFacts { key_is_certain: true, ..KeyFacts::NONE };
        let mut diagnostics = Diagnostics::new();
        compare_key(&mut state, &found, &mut facts, &mut diagnostics);
        assert!(diagnostics.is_empty());
    }
}
