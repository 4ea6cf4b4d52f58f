//! Tests of who is asked about whom.

use jiff::civil::date;

use super::*;
use crate::charter::Charter;
use crate::docket::{Table, read};
use crate::stratum::{CaseType, Outcome};

const BENCH_FORM: &str = include_str!("../../../config/rubrics/bar-rates-bench-v1.toml");
const BAR_FORM: &str = include_str!("../../../config/rubrics/bench-rates-bar-v1.toml");

const CHARTER: &str = include_str!("../../../config/charters/qingdao-v1.toml");

const HEADER: &str = "案号|法院|案由|审理程序|审判组织|承办法官|审判长|立案日期|结案日期|生效日期|是否开庭|是否上诉|结案方式|支持程度|原审案号|原告方代理律师|被告方代理律师";
const FIRST: &str = "（2026）鲁0202民初1号|鲁0202|买卖合同纠纷|普通程序|合议制|王明|王明|2026-01-05|2026-03-01|2026-03-21|是|否|判决|全部支持||张三；赵六///实习律师；钱七///公职律师|李四";

fn record(row: &str) -> CaseRecord {
    let lines = [HEADER, row].into_iter().zip(1..).map(|(l, n)| (n, l.split('|').map(str::to_owned).collect()));
    let (mut records, problems) = read(&Table::from_lines(lines));
    assert_eq!(problems, Vec::new(), "{row}");
    records.remove(0)
}

fn form(text: &str) -> Rubric {
    Rubric::from_toml(text).expect("a shipped rubric")
}

#[test]
fn the_shipped_documents_can_be_read() {
    let charter = Charter::from_toml(CHARTER).expect("the shipped charter");
    let ids: Vec<&str> = charter.rules.iter().map(|rule| rule.id.as_str()).collect();
    assert_eq!(ids, (1..=23).map(|n| format!("R{n}")).collect::<Vec<_>>());
    let enforced = charter.rules.iter().filter(|rule| rule.text.en.contains("(Enforced by this version.)"));
    let enforced: Vec<&str> = enforced.map(|rule| rule.id.as_str()).collect();
    let wanted = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 17, 18, 19, 20, 22, 23].map(|n| format!("R{n}"));
    assert_eq!(enforced, wanted);
    assert_eq!((charter.caps.bench, charter.caps.bar, charter.minimum.judge_public), (5, 4, None));
    for (text, direction) in [(BENCH_FORM, Direction::BarRatesBench), (BAR_FORM, Direction::BenchRatesBar)] {
        assert_eq!((form(text).direction, form(text).items.len()), (direction, 8));
    }
}

#[test]
fn each_counsel_and_the_judge_in_charge_rate_each_other() {
    for text in [BENCH_FORM, BAR_FORM] {
        let pairs = candidates(&record(FIRST), &form(text));
        let named: Vec<_> =
            pairs.iter().map(|p| (p.counsel.name.as_str(), p.judge.name.as_str(), p.stratum.outcome)).collect();
        assert_eq!(named, [("张三", "王明", Outcome::For), ("李四", "王明", Outcome::Against)]);
        assert!(pairs.iter().all(|p| p.not_applicable.is_empty() && p.direction == form(text).direction));
    }
}

#[test]
fn hearing_items_need_a_hearing_that_the_judge_led() {
    let left_out = |row: &str, text: &str| candidates(&record(row), &form(text))[0].not_applicable.clone();
    let unheard = FIRST.replace("|是|否|", "|否|否|");
    let other = FIRST.replace("|王明|王明|", "|王明|孙立|");
    assert_eq!(left_out(&unheard, BENCH_FORM), ["issues", "guidance", "equal-hearing"]);
    assert_eq!(left_out(&other, BENCH_FORM), ["issues", "guidance", "equal-hearing"]);
    assert_eq!(left_out(&unheard, BAR_FORM), ["preparation", "court-rules", "focus"]);
    assert_eq!(left_out(&other, BAR_FORM), [""; 0]);
}

#[test]
fn a_defender_owes_no_account_of_the_facts() {
    let row = FIRST.replace("民初", "刑初").replace("买卖合同纠纷", "盗窃罪").replace("全部支持", "");
    let pairs = candidates(&record(&row), &form(BAR_FORM));
    assert_eq!(pairs[0].not_applicable, ["truthfulness", "mediation"]);
    assert_eq!(pairs[0].stratum, Stratum { case_type: CaseType::Criminal, outcome: Outcome::None });
}

#[test]
fn enforcement_has_no_form_yet() {
    let row = FIRST.replace("民初", "执").replace("普通程序", "执行程序").replace("判决|全部支持", "执行完毕|");
    assert!([BENCH_FORM, BAR_FORM].iter().all(|text| candidates(&record(&row), &form(text)).is_empty()));
}

#[test]
fn a_case_is_due_when_it_takes_effect() {
    let plain = record(FIRST);
    assert_eq!(due_on(&plain, TriggerEvent::Effective, None), Ok(date(2026, 3, 21)));
    assert_eq!(due_on(&plain, TriggerEvent::Served, None), Err(Waiting::ForDate));
    let open = record(&FIRST.replace("2026-03-21", ""));
    assert_eq!(due_on(&open, TriggerEvent::Effective, None), Err(Waiting::ForDate));
}

#[test]
fn an_appealed_case_waits_for_the_second_instance() {
    // Some systems fill in the day on which the period for appeal ended; an appeal makes that date void.
    let below = record(&FIRST.replace("|是|否|", "|是|是|"));
    assert_eq!(due_on(&below, TriggerEvent::Effective, None), Err(Waiting::ForSecondInstance));
    let above = |disposal: &str, effective: &str| {
        record(&format!(
            "（2026）鲁02民终9号|鲁02|买卖合同纠纷|二审程序|合议制|孙立|孙立|2026-04-05|2026-06-01|{effective}|是|否|{disposal}||（2026）鲁0202民初1号|李四|张三"
        ))
    };
    let (pending, over, back) =
        (above("维持原判", ""), above("维持原判", "2026-06-08"), above("发回重审", "2026-06-08"));
    let map = second_instances([&below, &over]);
    assert_eq!(map.get(&below.number).map(|r| &r.number), Some(&over.number));
    assert_eq!(due_on(&below, TriggerEvent::Effective, Some(&pending)), Err(Waiting::ForSecondInstance));
    assert_eq!(due_on(&below, TriggerEvent::Effective, Some(&over)), Ok(date(2026, 6, 8)));
    assert_eq!(due_on(&below, TriggerEvent::Effective, Some(&back)), Err(Waiting::Remanded));
    assert_eq!(due_on(&over, TriggerEvent::Effective, None), Ok(date(2026, 6, 8)));
}

#[test]
fn a_series_counts_once_for_each_pair() {
    let number = |n: u32| -> CaseNumber { format!("（2026）鲁0202民初{n}号").parse().expect("a number") };
    let (a, b, c) = (number(3), number(1), number(2));
    let pairs = [
        (&a, Some("s"), "x-y"),
        (&b, Some("s"), "x-y"),
        (&c, Some("s"), "x-z"),
        (&a, None, "x-y"),
        (&c, Some("t"), "x-y"),
    ];
    assert_eq!(once_per_series(&pairs), [1, 2, 3, 4]);
}
