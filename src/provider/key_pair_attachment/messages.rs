//! Texts about attachments.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::alicloud::ecs::{BindingFailure, Instance};
use crate::framework::{Diagnostic, one_line};

/// How many instances a message names.
const MOST_NAMED: usize = 20;

/// Ids in words: the first, and how many more.
pub(super) fn list<'a>(ids: impl ExactSizeIterator<Item = &'a str>) -> String {
    let more = ids.len().saturating_sub(MOST_NAMED);
    let mut text = ids.take(MOST_NAMED).map(one_line).collect::<Vec<_>>().join(", ");
    if more > 0 {
        // Writing to a String cannot fail.
        let _ = write!(text, " and {more} more");
    }
    text
}

pub(super) fn not_an_id(type_name: &str, text: &str) -> Diagnostic {
    Diagnostic::error(
        "Not the id of an attachment",
        format!(
            "An attachment is imported by the key pair's name and the instances, in the form NAME:[\"i-1\",\"i-2\"], and \
             {text:?} is not one. For example: terraform import {type_name}.web 'my-key-pair:[\"i-1\",\"i-2\"]'"
        ),
    )
}

/// The service took the call, and left an instance as it was.
pub(super) fn left_alone(verb: &str, name: &str, failure: &BindingFailure) -> Diagnostic {
    let [instance_id, code, message] =
        [&failure.instance_id, &failure.code, &failure.message].map(|text| one_line(text));
    let message = if message.is_empty() { "The service gave no reason." } else { &message };
    Diagnostic::error(
        format!("Could not {verb} the instance {instance_id}"),
        format!("The key pair is {name:?}. {message}\n\n  Error code: {code}"),
    )
    .at("instance_ids")
}

pub(super) fn missing(name: &str, instance_id: &str, region: &str) -> Diagnostic {
    Diagnostic::error(
        format!("There is no instance {instance_id}"),
        format!(
            "The key pair {name:?} cannot be bound to it: in {region} no instance of this id is shown. Nothing was \
             changed. Check the id, the provider's region, and that its credentials belong to the right account."
        ),
    )
    .at("instance_ids")
}

/// Some instances of an attachment are shown and these are not: they were released, or the credentials may not see them.
pub(super) fn not_shown(name: &str, instance_ids: &BTreeSet<String>, region: &str) -> Diagnostic {
    Diagnostic::warning(
        format!("Some instances of the key pair {name:?} are not shown"),
        format!(
            "They are not in the attachment's state any longer: {}. In {region} ECS shows the other instances and not \
             these, so they were released, or the credentials may not see them.\n\nIf they were released, take them out \
             of instance_ids. If they exist, allow ecs:DescribeInstances on them: the key pair may still be attached to \
             them.",
            list(instance_ids.iter().map(String::as_str))
        ),
    )
    .at("instance_ids")
}

pub(super) fn windows(name: &str, instance: &Instance) -> Diagnostic {
    Diagnostic::error(
        format!("The instance {} runs Windows", instance.id),
        format!(
            "The key pair {name:?} cannot be bound to it: key pairs open Linux instances only. Nothing was changed. \
             Take {} out of instance_ids.",
            instance.id
        ),
    )
    .at("instance_ids")
}

/// Two attachments want different key pairs on one instance.
pub(super) fn conflict(name: &str, other: &str, instance_ids: &[String]) -> Diagnostic {
    Diagnostic::error(
        format!("Two key pairs for one instance: {name:?} and {other:?}"),
        format!(
            "An instance carries one key pair. This configuration binds {name:?} and, by another attachment, {other:?} \
             to {}; whichever is bound last would win, and the next plan would undo it. Take the instances out of one \
             of the two attachments.\n\nTo destroy what there is without that, run the destroy with -refresh=false: \
             otherwise the host plans the whole configuration first.",
            list(instance_ids.iter().map(String::as_str))
        ),
    )
    .at("instance_ids")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::golden_tests::golden;

    #[test]
    fn what_the_service_says_of_an_instance_stays_in_its_line() {
        let failure = BindingFailure {
            instance_id: "i-1\n".to_owned(),
            code: "Odd\n\u{1b}[2J".to_owned(),
            message: "No.\r\n\r\nApply complete!".to_owned(),
        };
        let error = left_alone("attach", "web", &failure);
        assert_eq!(error.summary, "Could not attach the instance i-1 ");
        assert_eq!(
            error.detail,
            "The key pair is \"web\". No.  Apply complete!\n\n  Error code: Odd \u{fffd}[2J"
        );
        assert_eq!(list(["i-1\n", "i-2"].into_iter()), "i-1 , i-2");
    }

    #[test]
    fn instances_that_are_not_shown_are_named() {
        let ids = ["i-2".to_owned(), "i-3".to_owned()].into();
        golden("instances-not-shown", &not_shown("web", &ids, "cn-beijing"));
    }
}
