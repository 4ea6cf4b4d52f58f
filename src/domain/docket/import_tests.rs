//! Tests of the import: what is read, what is named, and what survives damage.

use proptest::prelude::*;

use super::*;
use crate::docket::Party;
use crate::stratum::{CaseType, Outcome};

const HEADER: &str = "案号|法院|案由|审理程序|审判组织|承办法官|承办法官工号|审判长|立案日期|结案日期|送达日期|生效日期|是否开庭|是否上诉|结案方式|支持程度|原告方代理律师|被告方代理律师";
const GOOD: &str = "（2026）鲁0202民初1234号|鲁0202|买卖合同纠纷|普通程序|合议制|王明|0202-01|赵平|2026-01-05|2026-03-01|2026-03-05|2026-03-21|是|否|判决|部分支持|张三/13702201510123456/甲律师事务所|李四//乙律师事务所；王五///实习律师";

fn table(rows: &[String]) -> Table {
    let lines = std::iter::once(HEADER.to_owned()).chain(rows.iter().cloned());
    Table::from_lines(lines.zip(1..).map(|(text, line)| (line, text.split('|').map(str::to_owned).collect())))
}

/// The good row with one cell replaced.
fn with(column: &str, value: &str) -> String {
    let place = HEADER.split('|').position(|h| h == column).expect("a column");
    let mut cells: Vec<&str> = GOOD.split('|').collect();
    cells[place] = value;
    cells.join("|")
}

fn codes(rows: &[String]) -> Vec<(u32, String, ProblemCode)> {
    read(&table(rows)).1.into_iter().map(|p| (p.line, p.column, p.code)).collect()
}

#[test]
fn a_good_row_becomes_a_case() {
    let (records, problems) = read(&table(&[GOOD.to_owned()]));
    assert_eq!(problems, Vec::new());
    let record = &records[0];
    assert_eq!(record.number.to_string(), "（2026）鲁0202民初1234号");
    assert_eq!((record.court.as_str(), record.case_type()), ("鲁0202", CaseType::Civil));
    assert_eq!((record.presiding.name.as_str(), record.handling_presided()), ("赵平", false));
    assert_eq!(record.dates.effective.map(|d| d.to_string()).as_deref(), Some("2026-03-21"));
    assert_eq!((record.outcome(Party::Moving), record.outcome(Party::Third)), (Outcome::Mixed, Outcome::None));
    assert_eq!(record.counsel().count(), 3);
}

#[test]
fn each_kind_of_damage_is_named_where_it_is() {
    for (column, value, code) in [
        ("案号", "2026民初1", ProblemCode::CaseNumberMalformed),
        ("案号", "", ProblemCode::CellMissing),
        ("案号", "（2026）京0105民初1号", ProblemCode::CourtUnknown),
        ("法院", "鲁0299", ProblemCode::CourtUnknown),
        ("法院", "市北法院", ProblemCode::CourtMismatch),
        ("案由", "=HYPERLINK(A1)", ProblemCode::CellFormula),
        ("案由", "纠\u{0}纷", ProblemCode::CellControl),
        ("案由", "纠\u{202e}纷", ProblemCode::CellControl),
        ("审理程序", "陪审程序", ProblemCode::ProcedureUnknown),
        ("审理程序", "二审程序", ProblemCode::ProcedureUnfit),
        ("审判组织", "三人", ProblemCode::PanelUnknown),
        ("审判组织", "独任制", ProblemCode::PresidingUnfit),
        ("审判长", "", ProblemCode::PresidingMissing),
        ("承办法官", "王明2", ProblemCode::NameInvalid),
        ("承办法官工号", "工号一", ProblemCode::NumberInvalid),
        ("立案日期", "2026-02-30", ProblemCode::DateMalformed),
        ("结案日期", "2026-01-04", ProblemCode::DateOrder),
        ("送达日期", "2026-02-28", ProblemCode::DateOrder),
        ("生效日期", "2026-03-04", ProblemCode::DateOrder),
        ("是否开庭", "大概", ProblemCode::FlagUnknown),
        ("结案方式", "执行完毕", ProblemCode::DisposalUnfit),
        ("结案方式", "和气", ProblemCode::DisposalUnknown),
        ("支持程度", "", ProblemCode::SupportMissing),
        ("支持程度", "很多", ProblemCode::SupportUnknown),
        ("原告方代理律师", "张三/123", ProblemCode::LicenceInvalid),
        ("原告方代理律师", "李四//乙律师事务所", ProblemCode::CounselBothSides),
    ] {
        // What contradicts another cell is named where the clerk would look first.
        let place = match code {
            ProblemCode::CounselBothSides => "被告方代理律师",
            ProblemCode::PresidingUnfit => "审判长",
            _ => column,
        };
        assert_eq!(codes(&[with(column, value)])[0], (2, place.to_owned(), code), "{column} {value}");
    }
    let long = codes(&[with("案由", &"纠".repeat(65))]);
    assert_eq!(long, [(2, "案由".to_owned(), ProblemCode::CellTooLong)]);
}

#[test]
fn notices_do_not_cost_the_row() {
    let row = with("原告方代理律师", "张三/13702201510123456；张三/13702201510123456/丁律师事务所");
    let (records, problems) = read(&table(&[row]));
    assert_eq!((records.len(), problems[0].code), (1, ProblemCode::CounselRepeated));
    assert_eq!(records[0].moving.len(), 1);
}

#[test]
fn a_row_shows_everything_that_is_wrong_with_it() {
    let row = with("立案日期", "昨天").replace("合议制", "三人").replace("买卖合同纠纷", "");
    let found: Vec<ProblemCode> = codes(&[row]).into_iter().map(|(_, _, code)| code).collect();
    assert_eq!(found, [ProblemCode::CellMissing, ProblemCode::PanelUnknown, ProblemCode::DateMalformed]);
}

#[test]
fn a_case_twice_is_one_case() {
    let same = GOOD.replace("（2026）鲁0202", "(2026) 鲁０２０２ ").replace("2026-03-01", "2026年3月1日");
    let other = with("案由", "离婚纠纷");
    let (records, problems) = read(&table(&[GOOD.to_owned(), same, other]));
    assert_eq!(records.len(), 1);
    let found: Vec<_> = problems.iter().map(|p| (p.line, p.code)).collect();
    assert_eq!(found, [(3, ProblemCode::RowRepeated), (4, ProblemCode::CaseNumberRepeated)]);
}

#[test]
fn parties_are_never_read() {
    let mut sheet = table(&[GOOD.to_owned()]);
    sheet.header.extend(["当事人".to_owned(), "备注".to_owned()]);
    sheet.rows[0].cells.extend(["=恶意公司".to_owned(), "秘密".to_owned()]);
    let (records, problems) = read(&sheet);
    let found: Vec<_> = problems.iter().map(|p| (p.line, p.column.as_str(), p.code)).collect();
    assert_eq!(found, [(1, "当事人", ProblemCode::ColumnPrivate), (1, "备注", ProblemCode::ColumnUnknown)]);
    let stored = format!("{records:?}{problems:?}");
    assert!(records.len() == 1 && !stored.contains("恶意") && !stored.contains("秘密"));
}

#[test]
fn a_file_without_its_columns_is_refused_as_a_whole() {
    let mut sheet = table(&[GOOD.to_owned()]);
    sheet.header[0] = "编号".to_owned();
    sheet.header[1] = "案由".to_owned();
    let (records, problems) = read(&sheet);
    assert!(records.is_empty());
    let found: Vec<_> = problems.iter().map(|p| (p.column.as_str(), p.code)).collect();
    assert_eq!(
        found,
        [
            ("编号", ProblemCode::ColumnUnknown),
            ("案由", ProblemCode::ColumnRepeated),
            ("案号", ProblemCode::ColumnMissing),
            ("法院", ProblemCode::ColumnMissing)
        ]
    );
    assert_eq!(read(&Table::default()).1[0].code, ProblemCode::TableEmpty);
}

#[test]
fn headers_may_be_english_and_in_any_order() {
    let sheet = table(&[GOOD.to_owned()]);
    let english = |h: &String| Column::named(h).map_or_else(String::new, |c| c.english().to_owned());
    let mut turned = Table { header: sheet.header.iter().map(english).collect(), ..sheet.clone() };
    turned.header.reverse();
    turned.rows[0].cells.reverse();
    let (mine, theirs) = (read(&sheet).0, read(&turned).0);
    assert_eq!(mine[0].content_hash(), theirs[0].content_hash());
}

#[test]
fn what_decides_nothing_changes_nothing() {
    let plain = with("支持程度", "").replace("判决", "调解");
    let filled = GOOD.replace("判决", "调解");
    let hash = |row: String| read(&table(&[row])).0[0].content_hash();
    assert_eq!(hash(plain), hash(filled));
}

fn cells() -> impl Strategy<Value = String> {
    let near = prop::sample::select(GOOD.split('|').map(str::to_owned).collect::<Vec<_>>());
    prop_oneof![3 => near, 1 => any::<String>(), 1 => "[=+@0-9（）鲁民初号；/\\-]{0,20}".prop_map(String::from), 1 => Just(String::new())]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    /// Whatever stands in some rows, the good ones between them come through and no line goes missing without a word.
    #[test]
    fn good_rows_are_never_lost(damage in prop::collection::vec(prop::collection::vec(cells(), 0..20), 0..4)) {
        let mut rows: Vec<Vec<String>> = damage;
        let good: Vec<String> = with("案号", "（2026）鲁0202民初77号").split('|').map(str::to_owned).collect();
        rows.push(good);
        let header: Vec<String> = HEADER.split('|').map(str::to_owned).collect();
        let sheet = Table::from_lines(std::iter::once(header).chain(rows).zip(1..).map(|(cells, line)| (line, cells)));
        let (records, problems) = read(&sheet);
        prop_assert!(records.iter().any(|r| r.number.to_string() == "（2026）鲁0202民初77号"));
        let lost = sheet.rows.len() - records.len();
        let named: std::collections::BTreeSet<u32> = problems
            .iter()
            .filter(|p| p.is_error() || p.code == ProblemCode::RowRepeated)
            .map(|p| p.line)
            .collect();
        prop_assert_eq!(lost, named.len());
    }
}
