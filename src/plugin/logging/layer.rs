//! Collects events, with the fields of the spans around them.

use std::error::Error;
use std::fmt;

use serde_json::{Number, Value};
use time::OffsetDateTime;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use super::levels::{Levels, Module};
use super::line::{self, Fields};

/// Writes each event that [`Levels`] allow as one line.
pub(super) struct HclogLayer<W> {
    levels: Levels,
    write: W,
}

impl<W: Fn(&[u8])> HclogLayer<W> {
    pub(super) fn new(levels: Levels, write: W) -> Self {
        Self { levels, write }
    }
}

impl<S, W> Layer<S> for HclogLayer<W>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: Fn(&[u8]) + 'static,
{
    /// The answer never changes, so that places which are switched off cost nothing.
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if self.levels.allow(metadata) { Interest::always() } else { Interest::never() }
    }

    fn enabled(&self, metadata: &Metadata<'_>, _context: Context<'_, S>) -> bool {
        self.levels.allow(metadata)
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            let mut fields = Fields::new();
            attributes.record(&mut Collect(&mut fields));
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            values.record(&mut Collect(fields));
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::new();
        // What is nearer to the event wins.
        for span in context.event_scope(event).into_iter().flatten().collect::<Vec<_>>().into_iter().rev() {
            if let Some(of_span) = span.extensions().get::<Fields>() {
                fields.extend(of_span.clone());
            }
        }
        fields.remove(MESSAGE);
        event.record(&mut Collect(&mut fields));

        // Hosts require these three to be strings.
        let message = match fields.remove(MESSAGE) {
            Some(Value::String(message)) => message,
            Some(other) => other.to_string(),
            None => String::new(),
        };
        let metadata = event.metadata();
        fields.insert("@message".to_owned(), message.into());
        fields.insert("@level".to_owned(), level_name(*metadata.level()).into());
        fields.insert("@timestamp".to_owned(), line::timestamp(OffsetDateTime::now_utc()).into());
        if let Some(module) = Module::of(metadata.target()) {
            fields.insert("@module".to_owned(), module.name().into());
        }
        (self.write)(&line::encode(fields));
    }
}

/// The field under which `tracing` keeps an event's text.
const MESSAGE: &str = "message";

fn level_name(level: Level) -> &'static str {
    match level {
        Level::ERROR => "error",
        Level::WARN => "warn",
        Level::INFO => "info",
        Level::DEBUG => "debug",
        Level::TRACE => "trace",
    }
}

/// Takes fields over as JSON.
struct Collect<'a>(&'a mut Fields);

impl Collect<'_> {
    fn insert(&mut self, field: &Field, value: impl Into<Value>) {
        self.0.insert(field.name().to_owned(), value.into());
    }
}

impl Visit for Collect<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.insert(field, format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.insert(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.insert(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.insert(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.insert(field, value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        match Number::from_f64(value) {
            Some(number) => self.insert(field, number),
            None => self.insert(field, value.to_string()),
        }
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        let mut text = value.to_string();
        let mut source = value.source();
        while let Some(error) = source {
            text = format!("{text}: {error}");
            source = error.source();
        }
        self.insert(field, text);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use tracing_subscriber::Registry;
    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;

    /// The lines that `work` logs, with the variables given.
    fn lines(variables: &[(&str, &str)], work: impl FnOnce()) -> Vec<Fields> {
        let levels = Levels::read("alicloud", &|name| {
            variables.iter().find(|(key, _)| *key == name).map(|(_, value)| value.into())
        });
        let written = Arc::new(Mutex::new(Vec::new()));
        let layer = HclogLayer::new(levels, {
            let written = Arc::clone(&written);
            move |line: &[u8]| written.lock().unwrap().extend_from_slice(line)
        });
        tracing::subscriber::with_default(Registry::default().with(layer), work);
        let written = written.lock().unwrap();
        let text = std::str::from_utf8(&written).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn an_event_has_the_fields_of_all_spans_around_it() {
        let lines = lines(&[("TF_LOG", "error")], || {
            let outer = tracing::trace_span!(
                "outer",
                rpc = "Apply",
                id = 1,
                late = tracing::field::Empty,
                message = "no"
            );
            let _outer = outer.enter();
            outer.record("late", true);
            let _inner = tracing::info_span!("inner", id = 2_u64, ratio = 0.5).entered();
            tracing::error!(target: "sdk.proto", text = "a\nb", endless = f64::INFINITY, "it {}", "failed");
            tracing::warn!("not this");
        });
        let [line] = &lines[..] else { panic!("{lines:?}") };
        for (key, value) in [
            ("@message", Value::from("it failed")),
            ("@level", "error".into()),
            ("@module", "sdk.proto".into()),
            ("rpc", "Apply".into()),
            ("id", 2.into()),
            ("late", true.into()),
            ("ratio", Number::from_f64(0.5).unwrap().into()),
            ("text", "a\nb".into()),
            ("endless", "inf".into()),
        ] {
            assert_eq!(line.get(key), Some(&value), "{key}");
        }
        assert_eq!(line.len(), 10, "{line:?}");
        let timestamp = line["@timestamp"].as_str().unwrap();
        assert!(timestamp.len() == 27 && timestamp.ends_with('Z'), "{timestamp}");
    }

    #[test]
    fn reserved_keys_cannot_be_taken() {
        let lines = lines(&[("TF_LOG", "trace")], || {
            tracing::trace!("@level" = 7, "@message" = 8, "@timestamp" = 9, message = 10);
        });
        assert_eq!(lines[0]["@level"], "trace");
        assert_eq!(lines[0]["@message"], "10");
        assert!(lines[0]["@timestamp"].is_string());
    }

    #[test]
    fn each_module_has_its_level() {
        let lines = lines(&[("TF_LOG", "warn"), ("TF_LOG_SDK", "info"), ("TF_LOG_SDK_PROTO", "off")], || {
            tracing::info!(target: "provider", "1");
            tracing::warn!(target: "provider", "2");
            tracing::info!("3 (of this very module)");
            tracing::debug!(target: "sdk", "4");
            tracing::error!(target: "sdk.proto", "5");
            tracing::error!(target: "h2", "6");
        });
        let texts: Vec<_> = lines.iter().map(|line| (line["@module"].as_str(), &line["@message"])).collect();
        assert_eq!(
            texts,
            [(Some("provider"), &Value::from("2")), (Some("sdk.plugin"), &"3 (of this very module)".into())]
        );
    }

    #[test]
    fn errors_are_told_with_their_causes() {
        #[derive(Debug, thiserror::Error)]
        #[error("outer")]
        struct Outer(#[source] std::io::Error);
        let error = Outer(std::io::Error::other("inner"));
        let lines = lines(&[("TF_LOG", "trace")], || {
            tracing::error!(error = &error as &(dyn Error + 'static), "failed");
        });
        assert_eq!(lines[0]["error"], "outer: inner");
    }
}
