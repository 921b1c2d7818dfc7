//! Requests that a template has to stand.

use crate::contract::{Manifest, Position, Precision, Request, Sample, Value};

use super::samples::{remove, required_only, sample_request, set_text};

/// Far longer than anything that is printed.
const LONG: &str = "Wolfeschlegelsteinhausenbergerdorff und Söhne ";
const TIMES_LONG: usize = 8;

/// The samples, in each language of the manifest and as one ticket of many; only what is required; each
/// optional value missing alone; days without times; all texts long. For tests that lay out each of
/// them and look for [`mistakes`](super::mistakes).
#[must_use]
pub fn trials(manifest: &Manifest) -> Vec<Request> {
    let mut trials = vec![required_only(manifest), days(manifest), long(manifest)];
    for locale in &manifest.languages {
        let mut request = sample_request(manifest);
        request.locale.clone_from(locale);
        request.position = Position { index: 2, total: 3 };
        trials.push(request);
    }
    for field in manifest.fields.iter().filter(|field| !field.required) {
        let mut request = sample_request(manifest);
        remove(&mut request, field.source, &field.name);
        trials.push(request);
    }
    trials
}

/// The samples, with moments that are known to the day only.
fn days(manifest: &Manifest) -> Request {
    let mut request = sample_request(manifest);
    let values = request.ticket.iter_mut().chain(&mut request.event);
    for named in values.chain(&mut request.organizer) {
        if let Value::Moment(moment) = &mut named.value {
            moment.precision = Precision::Day;
        }
    }
    request
}

fn long(manifest: &Manifest) -> Request {
    let mut request = sample_request(manifest);
    for field in &manifest.fields {
        if matches!(field.sample, Sample::Text(_)) {
            let text = LONG.repeat(TIMES_LONG);
            set_text(&mut request, field.source, &field.name, &text);
        }
    }
    request.position = Position {
        index: 999,
        total: 1000,
    };
    request
}
