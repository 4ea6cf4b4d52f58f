//! Response by stratum: what share of the invitations was answered, against the least of rule R23.
//! Invariant: shares are the printed bands of a twentieth, never counts; a stratum that the gate
//! withheld is not there, as if it did not exist. Absent on purpose: who answered.

use super::canvas::{Align, Canvas, Token};
use super::heading::{Heading, MARGIN};
use super::scale::Scale;
use super::setting::{Labels, width};
use super::words::percent;
use super::{Figure, Frame, MANY, Responses, open};
use crate::gate::{Audience, Measure, Row, Scope};

const WIDTH: i32 = 860;
const TOP: i32 = 112;
const LEFT: i32 = 170;
const RIGHT: i32 = 560;
const ROW: i32 = 32;
const BOTTOM: i32 = 106;

/// Where a band stands against the least response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Reached,
    Below,
    /// The least lies inside the band.
    Open,
}

struct Stratum<'a> {
    name: String,
    row: &'a Row,
    state: State,
}

impl Stratum<'_> {
    /// Ends of the band, shares.
    fn band(&self) -> (f64, f64) {
        (self.row.values.value, (self.row.values.value + self.row.values.step).min(1.0))
    }

    fn printed(&self) -> String {
        let (low, high) = self.band();
        if low >= 1.0 { percent(low) } else { format!("{:.0}–{}", low * 100.0, percent(high)) }
    }
}

/// The whole first, then its strata in the order of their names in the release.
fn strata<'a>(input: &Responses<'a>, frame: &Frame) -> Vec<Stratum<'a>> {
    let mut rows: Vec<&Row> = open(input.rows, Audience::Public)
        .filter(|row| row.key.measure == Measure::Response && matches!(row.key.scope, Scope::System | Scope::Court))
        .collect();
    rows.sort_by_key(|row| (whole(row) == 0, &row.key));
    let stratum = |row: &'a Row| {
        let (low, high) = (row.values.value, row.values.value + row.values.step);
        let state = match input.least {
            least if low >= least - 1e-9 => State::Reached,
            least if high <= least + 1e-9 => State::Below,
            _ => State::Open,
        };
        let name = if whole(row) == 1 {
            frame.language.pick("全市", "city")
        } else {
            input.names.get(&row.key.subject).unwrap_or(&row.key.subject).clone()
        };
        Stratum { name, row, state }
    };
    rows.into_iter().map(stratum).collect()
}

/// 1 for the row of the whole city.
fn whole(row: &Row) -> usize {
    usize::from(row.key.scope == Scope::System && row.key.subject == "city")
}

/// `None` when no response was released.
pub(super) fn draw(input: &Responses, frame: &Frame) -> Option<Figure> {
    let strata = strata(input, frame);
    let first = strata.first()?;
    let pick = |zh: &str, en: &str| frame.language.pick(zh, en);
    let least = percent(input.least);
    let parts: Vec<&Stratum> = strata.iter().filter(|s| whole(s.row) == 0).collect();
    let (count, below) = (parts.len(), parts.iter().filter(|s| s.state == State::Below).count());
    let open = parts.iter().filter(|s| s.state == State::Open).count();
    let title = if count == 0 {
        let band = first.printed();
        match first.state {
            State::Below => pick(
                &format!("回收率 {band}，不足 {least}，只公布回收率"),
                &format!("Response is {band}, below {least}: nothing but the response is published"),
            ),
            _ => pick(&format!("回收率 {band}"), &format!("Response is {band}")),
        }
    } else if below > 0 {
        pick(
            &format!("{count} 个统计单元中，{below} 个回收率不足 {least}，只公布回收率"),
            &format!("{below} of {count} parts are below {least}: of these nothing but the response is published"),
        )
    } else if open > 0 {
        pick(
            &format!("{count} 个统计单元中，{open} 个的回收率在 {least} 上下，其余都达到"),
            &format!("{open} of {count} parts are about {least}, the others reach it"),
        )
    } else {
        pick(
            &format!("{count} 个统计单元的回收率都达到 {least}"),
            &format!("Response reaches {least} in all {count} parts"),
        )
    };
    let subtitle = pick(
        &format!("{} · 发出的待评案件中收到有效评价表的比例，以每 5% 为一档", frame.rubric),
        &format!("{} · share of invitations that brought a valid ballot, in bands of 5%", frame.rubric),
    );
    let heading = Heading::new(frame, &title, &subtitle, WIDTH);
    let top = TOP + heading.below();
    let many = count > MANY;
    let labels = Labels::new(strata.iter().map(|s| s.name.as_str()), 14.0, 260.0);
    let rows = if many { COUNTS } else { labels.row(ROW) * strata.len() as i32 };
    let size = (WIDTH as u32, (top + rows + BOTTOM + heading.above()) as u32);
    let svg = Canvas::sheet(size, frame, &title, &subtitle, |canvas| {
        heading.draw(canvas, size.1 as i32);
        if many {
            columns(canvas, (&parts, first), input.least, frame, top);
        } else {
            bars(canvas, (&strata, &labels), input.least, frame, top);
        }
    });
    let table = if many { counts_table(&parts, first, frame) } else { table(&strata, frame) };
    Some(Figure { name: "response", svg, table })
}

fn word(state: State, frame: &Frame) -> String {
    match state {
        State::Reached => frame.language.pick("达到", "reached"),
        State::Below => frame.language.pick("不足，只公布回收率", "below: response only"),
        State::Open => frame.language.pick("跨在线上", "on the line"),
    }
}

fn bars(canvas: &Canvas, (strata, labels): (&[Stratum], &Labels), least: f64, frame: &Frame, top: i32) {
    let left = LEFT.max(MARGIN + labels.width + 20);
    let scale = Scale::new((0.0, 1.0), (left, RIGHT));
    let height = labels.row(ROW);
    let end = top + height * strata.len() as i32 + 8;
    for (index, stratum) in strata.iter().enumerate() {
        let y = top + height * index as i32 + height / 2;
        canvas.label(&labels.lines[index], (left - 20, y), Align::Right);
        let (low, high) = stratum.band();
        canvas.rect((scale.at(0.0), y - 8), (scale.at(1.0), y + 8), Token::Wash);
        canvas.rect((scale.at(0.0), y - 8), (scale.at(high), y + 8), Token::Line);
        canvas.rect((scale.at(0.0), y - 8), (scale.at(low), y + 8), Token::Second);
        canvas.text(&stratum.printed(), (RIGHT + 24, y), 14.0, Token::Ink, Align::Left, false);
        let at = (RIGHT + 108, y);
        match stratum.state {
            State::Reached => canvas.dot(at, 5, Token::Ink),
            State::Below => canvas.triangle(at, Token::Amber),
            State::Open => canvas.square(at, Token::Ink),
        }
        let token = if stratum.state == State::Below { Token::Amber } else { Token::Ink };
        canvas.text(&word(stratum.state, frame), (RIGHT + 122, y), 13.0, token, Align::Left, false);
    }
    for mark in [0.0, 0.2, 0.4, 0.6, 0.8, 1.0] {
        canvas.line((scale.at(mark), end), (scale.at(mark), end + 5), 1, Token::Second);
        canvas.text(&percent(mark), (scale.at(mark), end + 16), 13.0, Token::Second, Align::Centre, false);
    }
    canvas.line((left, end), (RIGHT, end), 1, Token::Second);
    line(canvas, &scale, least, frame, (top, end));
    let heading = frame.language.pick("收到", "answered");
    canvas.text(&heading, (RIGHT + 24, top - 22), 13.0, Token::Second, Align::Left, false);
    let note = frame.language.pick(
        "实色：至少收到的比例；淡色：至本档上限；全宽：全部发出的待评案件",
        "Solid: answered at least; faint: up to the end of the band; whole width: all invitations",
    );
    canvas.text(&note, (MARGIN, end + 40), 12.0, Token::Second, Align::Left, false);
}

/// The line of R23 with its name.
fn line(canvas: &Canvas, scale: &Scale, least: f64, frame: &Frame, (top, end): (i32, i32)) {
    canvas.line((scale.at(least), top - 8), (scale.at(least), end), 2, Token::Accent);
    let least_word = percent(least);
    let word =
        frame.language.pick(&format!("最低 {least_word}（规则 R23）"), &format!("least {least_word} (rule R23)"));
    let half = (width(&word, 13.0, false) / 2.0).ceil() as i32;
    let x = scale.at(least).clamp(MARGIN + half, RIGHT - half);
    canvas.text(&word, (x, top - 22), 13.0, Token::Accent, Align::Centre, false);
}

/// Height of the columns that stand for very many strata.
const COUNTS: i32 = 240;
/// Bands of a twentieth, the last one for all.
const BANDS: usize = 21;

/// How many strata lie in each band.
fn counts(parts: &[&Stratum]) -> [usize; BANDS] {
    let mut counts = [0; BANDS];
    for part in parts {
        counts[((part.row.values.value / 0.05).round() as usize).min(BANDS - 1)] += 1;
    }
    counts
}

fn columns(canvas: &Canvas, (parts, first): (&[&Stratum], &Stratum), least: f64, frame: &Frame, top: i32) {
    let (left, right) = (72, WIDTH - 48);
    let counts = counts(parts);
    let most = counts.iter().copied().max().unwrap_or(1).max(1);
    let scale = Scale::new((0.0, 1.05), (left, right));
    let end = top + COUNTS;
    for (band, &count) in counts.iter().enumerate() {
        let (low, high) = (scale.at(band as f64 / 20.0) + 1, scale.at((band as f64 + 1.0) / 20.0) - 1);
        let height = (count as f64 / most as f64 * f64::from(COUNTS - 30)).round() as i32;
        if count > 0 {
            let token = if (band as f64 + 1.0) / 20.0 <= least + 1e-9 { Token::Amber } else { Token::Second };
            canvas.rect((low, end - height), (high, end), token);
            let at = (i32::midpoint(low, high), end - height - 10);
            canvas.text(&count.to_string(), at, 12.0, Token::Ink, Align::Centre, false);
        }
    }
    canvas.line((left, end), (right, end), 1, Token::Second);
    for mark in [0.0, 0.2, 0.4, 0.6, 0.8, 1.0] {
        canvas.line((scale.at(mark), end), (scale.at(mark), end + 5), 1, Token::Second);
        canvas.text(&percent(mark), (scale.at(mark), end + 16), 13.0, Token::Second, Align::Centre, false);
    }
    line(canvas, &scale, least, frame, (top, end));
    let mut note = frame
        .language
        .pick("柱高：回收率在该档的统计单元个数", "Height: number of parts whose response lies in the band");
    if whole(first.row) == 1 {
        note.push_str(&frame.language.pick("；", "; "));
        note.push_str(&format!("{} {}", first.name, first.printed()));
    }
    canvas.text(&note, (MARGIN, end + 40), 12.0, Token::Second, Align::Left, false);
}

fn table(strata: &[Stratum], frame: &Frame) -> Vec<Vec<String>> {
    let pick = |zh: &str, en: &str| frame.language.pick(zh, en);
    let mut records = vec![vec![
        pick("统计单元", "part"),
        pick("评价人数", "raters"),
        pick("回收率自", "response from"),
        pick("至", "to"),
        pick("R23", "R23"),
    ]];
    for stratum in strata {
        let (low, high) = stratum.band();
        let raters = stratum.row.values.n_band.clone();
        records.push(vec![stratum.name.clone(), raters, percent(low), percent(high), word(stratum.state, frame)]);
    }
    records
}

fn counts_table(parts: &[&Stratum], first: &Stratum, frame: &Frame) -> Vec<Vec<String>> {
    let pick = |zh: &str, en: &str| frame.language.pick(zh, en);
    let mut records =
        vec![vec![pick("回收率自", "response from"), pick("至", "to"), pick("统计单元个数", "number of parts")]];
    for (band, count) in counts(parts).into_iter().enumerate() {
        let low = band as f64 / 20.0;
        records.push(vec![percent(low), percent((low + 0.05).min(1.0)), count.to_string()]);
    }
    if whole(first.row) == 1 {
        let (low, high) = first.band();
        records.push(vec![percent(low), percent(high), first.name.clone()]);
    }
    records
}
