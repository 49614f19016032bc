//! The functions of the echo module.

use super::{
    EchoBox, argument_error, check_length, fail,
    streams::{self, Count, Relay},
};
use crate::Functions;
use bytes::Bytes;
use futures_util::future::try_join_all;
use net_types::{
    Date, Error, Json, Stream, Timestamp, api,
    echo::*,
    host::{EchoHandler, EchoMapper},
};
use std::{collections::BTreeMap, sync::Arc, time::Duration};

impl api::EchoFunctions for Functions {
    type EchoBox = EchoBox;

    fn echo_bool(value: bool) -> Result<bool, Error> {
        Ok(value)
    }

    fn echo_u8(value: u8) -> Result<u8, Error> {
        Ok(value)
    }

    fn echo_u16(value: u16) -> Result<u16, Error> {
        Ok(value)
    }

    fn echo_u32(value: u32) -> Result<u32, Error> {
        Ok(value)
    }

    fn echo_u64(value: u64) -> Result<u64, Error> {
        Ok(value)
    }

    fn echo_i8(value: i8) -> Result<i8, Error> {
        Ok(value)
    }

    fn echo_i16(value: i16) -> Result<i16, Error> {
        Ok(value)
    }

    fn echo_i32(value: i32) -> Result<i32, Error> {
        Ok(value)
    }

    fn echo_i64(value: i64) -> Result<i64, Error> {
        Ok(value)
    }

    fn echo_f64(value: f64) -> Result<f64, Error> {
        Ok(value)
    }

    fn echo_duration(value: Duration) -> Result<Duration, Error> {
        Ok(value)
    }

    fn echo_instant(value: Timestamp<1>) -> Result<Timestamp<1>, Error> {
        Ok(value)
    }

    fn echo_date(value: Date) -> Result<Date, Error> {
        Ok(value)
    }

    fn echo_size(value: u64) -> Result<u64, Error> {
        Ok(value)
    }

    fn echo_color(value: Color) -> Result<Color, Error> {
        Ok(value)
    }

    fn echo_level(value: Level) -> Result<Level, Error> {
        Ok(value)
    }

    fn echo_access(value: Access) -> Result<Access, Error> {
        Ok(value)
    }

    fn echo_mood(value: Mood) -> Result<Mood, Error> {
        Ok(value)
    }

    fn echo_rights(value: Rights) -> Result<Rights, Error> {
        Ok(value)
    }

    fn echo_number(value: EchoId) -> Result<EchoId, Error> {
        Ok(value)
    }

    fn echo_key_of(value: EchoKey) -> Result<EchoKey, Error> {
        Ok(value)
    }

    fn echo_with_extras(extras: EchoExtras) -> Result<EchoExtras, Error> {
        Ok(extras)
    }

    fn echo_hook(value: u32) -> Result<u32, Error> {
        Ok(value)
    }

    fn echo_sum_of(text: &str, salt: &[u8]) -> Result<EchoSum, Error> {
        Ok(EchoSum::derive(text.as_bytes(), salt))
    }

    fn echo_print_of(data: &[u8]) -> Result<EchoPrint, Error> {
        Ok(EchoPrint::derive(data))
    }

    fn echo_mark_of(text: &str) -> Result<EchoMark, Error> {
        Ok(EchoMark::derive(text.as_bytes()))
    }

    fn echo_seal_of(value: EchoSeal) -> Result<EchoSeal, Error> {
        Ok(value)
    }

    fn echo_maybe(value: Option<u32>) -> Result<Option<u32>, Error> {
        Ok(value)
    }

    fn echo_pauses(values: Vec<Duration>) -> Result<Vec<Duration>, Error> {
        check_length("values", values.len())?;
        Ok(values)
    }

    fn echo_limits(values: BTreeMap<String, Duration>) -> Result<BTreeMap<String, Duration>, Error> {
        check_length("values", values.len())?;
        Ok(values)
    }

    fn echo_timetable(value: Timetable) -> Result<Timetable, Error> {
        Ok(value)
    }

    fn echo_gauge(value: Gauge) -> Result<Gauge, Error> {
        Ok(value)
    }

    fn echo_gauge_maybe(value: Option<Gauge>) -> Result<Option<Gauge>, Error> {
        Ok(value)
    }

    fn echo_kit_of(kit: EchoKit<Arc<EchoBox>>) -> Result<EchoKit<Arc<EchoBox>>, Error> {
        Ok(kit)
    }

    fn echo_spot_of(spot: EchoSpot) -> Result<EchoSpot, Error> {
        Ok(spot)
    }

    fn echo_spot_maybe(spot: Option<EchoSpot>) -> Result<Option<EchoSpot>, Error> {
        Ok(spot)
    }

    fn echo_twins_of(twins: EchoTwins<Arc<EchoBox>>) -> Result<EchoTwins<Arc<EchoBox>>, Error> {
        Ok(EchoTwins { elder: twins.younger, younger: twins.elder })
    }

    fn pull(spots: Vec<EchoSpot>, count: u32) -> Result<EchoPull, Error> {
        check_length("spots", spots.len())?;
        check_length("count", count as usize)?;
        Ok(EchoPull { spots, numbers: Arc::new(Count::to(count)) })
    }

    fn meter_text(meter: EchoMeter) -> Result<String, Error> {
        Ok(meter.prometheus())
    }

    fn kit_text(kit: EchoKit<Arc<EchoBox>>) -> Result<String, Error> {
        Ok(text_of(&kit))
    }

    async fn kit_text_later(
        kit: EchoKit<Arc<EchoBox>>,
        more: Option<EchoKit<Arc<EchoBox>>>,
    ) -> Result<String, Error> {
        Ok(std::iter::once(&kit).chain(&more).map(text_of).collect::<Vec<_>>().join(" "))
    }

    fn doubled(text: &str) -> Result<String, Error> {
        Ok(text.repeat(2))
    }

    fn doubled_number(number: u32) -> Result<u64, Error> {
        Ok(u64::from(number) * 2)
    }

    fn echo_everything(value: Everything) -> Result<Everything, Error> {
        Ok(value)
    }

    fn echo_shape(value: Shape) -> Result<Shape, Error> {
        Ok(value)
    }

    fn echo_tree(value: Tree) -> Result<Tree, Error> {
        Ok(value)
    }

    fn echo_pair(value: VersionPair) -> Result<VersionPair, Error> {
        Ok(value)
    }

    fn echo_string(value: &str) -> Result<String, Error> {
        Ok(value.to_owned())
    }

    fn echo_bytes(value: &[u8]) -> Result<Bytes, Error> {
        Ok(Bytes::copy_from_slice(value))
    }

    /// Parts that are absent are empty; a label is its text and color with a dot between.
    fn echo_optional(
        number: Option<u64>,
        text: Option<&str>,
        label: Option<Label>,
    ) -> Result<Option<String>, Error> {
        if number.is_none() && text.is_none() && label.is_none() {
            return Ok(None);
        }
        let number = number.map(|number| number.to_string()).unwrap_or_default();
        let label = label.map(|label| format!("{}.{}", label.text, label.color)).unwrap_or_default();
        Ok(Some(format!("{number}/{}/{label}", text.unwrap_or_default())))
    }

    fn echo_list(values: Vec<u32>) -> Result<Vec<u32>, Error> {
        check_length("values", values.len())?;
        Ok(values)
    }

    fn echo_strings(values: &[&str]) -> Result<Vec<String>, Error> {
        check_length("values", values.len())?;
        Ok(values.iter().map(|value| String::from(*value)).collect())
    }

    fn echo_chunks(values: &[&[u8]]) -> Result<Vec<Bytes>, Error> {
        check_length("values", values.len())?;
        Ok(values.iter().map(|value| Bytes::copy_from_slice(value)).collect())
    }

    fn echo_map(values: BTreeMap<String, i64>) -> Result<BTreeMap<String, i64>, Error> {
        check_length("values", values.len())?;
        Ok(values)
    }

    fn echo_reason(value: Reason) -> Result<Reason, Error> {
        Ok(value)
    }

    fn echo_reasons(values: Vec<Reason>) -> Result<Vec<Reason>, Error> {
        check_length("values", values.len())?;
        Ok(values)
    }

    fn echo_grade(value: Grade) -> Result<Grade, Error> {
        Ok(value)
    }

    fn echo_with_setup(setup: EchoSetup) -> Result<EchoSetup, Error> {
        Ok(setup)
    }

    fn echo_with_options(options: EchoOptions) -> Result<EchoOptions, Error> {
        Ok(options)
    }

    fn echo_page_of(raw: &str) -> Result<EchoPage, Error> {
        Ok(EchoPage { raw: raw.to_owned() })
    }

    /// The error has the distance of the sum from zero as its size, and the greatest `i64` as its limit.
    fn sum_all(first: i64, rest: Vec<i64>) -> Result<i64, Error> {
        check_length("rest", rest.len())?;
        let sum = rest.into_iter().map(i128::from).fold(i128::from(first), |sum, value| sum + value);
        i64::try_from(sum).map_err(|_| {
            let size = u64::try_from(sum.unsigned_abs()).unwrap_or(u64::MAX);
            EchoError::TooLarge { size, limit: Some(i64::MAX.unsigned_abs()) }.into()
        })
    }

    fn version_pair_is_before(version_pair: &VersionPair, other: VersionPair) -> Result<bool, Error> {
        let order = |pair: &VersionPair| (pair.major, pair.minor);
        Ok(order(version_pair) < order(&other))
    }

    fn version_pair_text(version_pair: &VersionPair, separator: &str) -> Result<String, Error> {
        Ok(format!("{}{separator}{}", version_pair.major, version_pair.minor))
    }

    fn version_pair_shown(version_pair: &VersionPair) -> Result<String, Error> {
        Self::version_pair_text(version_pair, ".")
    }

    fn version_pair_is_first(version_pair: &VersionPair) -> Result<bool, Error> {
        Ok(*version_pair == VersionPair { major: 0, minor: 0 })
    }

    fn version_pair_parse(text: &str) -> Result<VersionPair, Error> {
        let pair = text.split_once('.').and_then(|(major, minor)| {
            Some(VersionPair { major: major.parse().ok()?, minor: minor.parse().ok()? })
        });
        pair.ok_or_else(|| EchoError::Odd { detail: format!("`{text}` is no pair") }.into())
    }

    fn echo_options_has_tag(echo_options: &EchoOptions, tag: &str) -> Result<bool, Error> {
        Ok(echo_options.tags.iter().any(|known| known == tag))
    }

    fn echo_json(value: Json<'_>) -> Result<String, Error> {
        Ok(value.text().to_owned())
    }

    fn fail(kind: &str, detail: &str) -> Result<(), Error> {
        Err(fail::asked_for(kind, detail))
    }

    /// The detail is `later`.
    async fn fail_later(kind: String) -> Result<u32, Error> {
        Err(fail::asked_for(&kind, "later"))
    }

    /// Answers `family/kind: message`, with the spec's name of the family and the published text of the kind.
    fn describe_error(error: Error) -> Result<String, Error> {
        Ok(format!("{}/{}: {error}", error.family_name(), error.kind_text()))
    }

    fn panic_now() -> Result<(), Error> {
        panic!("asked to panic")
    }

    async fn panic_later() -> Result<(), Error> {
        panic!("asked to panic later")
    }

    async fn map_numbers(values: Vec<i64>, mapper: Arc<dyn EchoMapper>) -> Result<Vec<i64>, Error> {
        check_length("values", values.len())?;
        let mut mapped = Vec::with_capacity(values.len());
        for value in values {
            mapped.push(mapper.map(value).await?);
        }
        Ok(mapped)
    }

    /// The first failure ends the calls that are still under way.
    async fn ask(
        handler: Arc<dyn EchoHandler>,
        request: Label,
        data: Bytes,
        times: u32,
    ) -> Result<Bytes, Error> {
        check_length("times", times as usize)?;
        let calls = (0..times).map(|_| handler.handle(request.clone(), data.clone()));
        let last = try_join_all(calls).await?.pop();
        last.ok_or_else(|| argument_error("times", "0 is below 1".to_owned()))
    }

    async fn sum_stream(values: Stream<u32>) -> Result<u64, Error> {
        streams::sum(values).await
    }

    fn count_up(end: u32) -> Result<Stream<u32>, Error> {
        Ok(Arc::new(Count::to(end)))
    }

    fn echo_stream(values: Stream<Label>) -> Result<Stream<Label>, Error> {
        Ok(Arc::new(Relay::of(values)))
    }
}

/// The label and the texts of all boxes of a kit.
fn text_of(kit: &EchoKit<Arc<EchoBox>>) -> String {
    let boxes = std::iter::once(&kit.first).chain(&kit.spare).chain(&kit.more);
    let texts = boxes.map(|one| one.current());
    std::iter::once(kit.label.text.clone()).chain(texts).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
