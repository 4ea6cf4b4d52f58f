//! Tests of sheets: every encoding and form that courts send, and every file that is meant to hurt.

use std::io::Write as _;

use hengping_domain::docket::{self, Column, ProblemCode, RowProblem, help};
use proptest::prelude::*;
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};

use super::*;

const HEADER: &str = "案号,法院,案由\r\n";

fn cells(bytes: &[u8]) -> Vec<(u32, Vec<String>)> {
    let table = read(bytes).expect("a table");
    std::iter::once((table.header_line, table.header))
        .chain(table.rows.into_iter().map(|r| (r.line, r.cells)))
        .collect()
}

fn line(number: u32, text: &str) -> (u32, Vec<String>) {
    (number, text.split(',').map(str::to_owned).collect())
}

#[test]
fn every_encoding_of_a_court_gives_the_same_table() {
    let text = format!(
        "{HEADER}（2026）鲁0202民初1号,市南法院,离婚纠纷\r\n\r\n,,\r\n（2026）鲁0202民初2号,市南法院,保险纠纷\n"
    );
    let expected = vec![
        line(1, "案号,法院,案由"),
        line(2, "（2026）鲁0202民初1号,市南法院,离婚纠纷"),
        line(5, "（2026）鲁0202民初2号,市南法院,保险纠纷"),
    ];
    let utf16 = |order: fn(u16) -> [u8; 2]| {
        std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(order).collect::<Vec<u8>>()
    };
    let (gbk, ..) = encoding_rs::GB18030.encode(&text);
    for bytes in [
        text.clone().into_bytes(),
        format!("\u{feff}{text}").into_bytes(),
        gbk.into_owned(),
        utf16(u16::to_le_bytes),
        utf16(u16::to_be_bytes),
        text.replace(',', "\t").into_bytes(),
        text.replace(',', ";").into_bytes(),
    ] {
        assert_eq!(cells(&bytes), expected);
    }
}

#[test]
fn a_cell_over_several_lines_keeps_the_line_it_begins_on() {
    let found = cells("案号,代理\n1,\"张三\n李四\"\n2,王五\n".as_bytes());
    assert_eq!(found[1], (2, vec!["1".to_owned(), "张三\n李四".to_owned()]));
    assert_eq!(found[2].0, 4);
}

#[test]
fn a_workbook_is_read_as_a_clerk_sees_it() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    let day = Format::new().set_num_format("yyyy-mm-dd");
    sheet.write_string(2, 0, "案号").expect("written").write_string(2, 1, "立案日期").expect("written");
    sheet.write_string(4, 0, "（2026）鲁0202民初1号").expect("written");
    let date = ExcelDateTime::from_ymd(2026, 3, 5).expect("a date");
    sheet.write_datetime_with_format(4, 1, &date, &day).expect("written");
    sheet.write_number(4, 2, 13_702_201_510_123_456.0).expect("written");
    sheet.write_number(4, 3, 42.0).expect("written").write_boolean(4, 4, true).expect("written");
    sheet.write_formula(4, 5, "=1+1").expect("written");
    book.add_worksheet().write_string(0, 0, "另一张表").expect("written");
    let found = cells(&book.save_to_buffer().expect("saved"));
    assert_eq!(found[0], (3, vec!["案号".to_owned(), "立案日期".to_owned()]));
    let row = &found[1];
    assert_eq!((row.0, row.1[1].as_str(), row.1[3].as_str(), row.1[4].as_str()), (5, "2026-03-05", "42", "true"));
    assert_eq!(row.1[2], "1.3702201510123456E16");
    // A formula's text never comes through, only the value that was saved with it.
    assert!(row.1[5..].iter().all(|cell| !cell.contains('=')));
}

#[test]
fn what_is_no_table_is_refused_by_name() {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zip.start_file("readme.txt", zip::write::SimpleFileOptions::default()).expect("started");
    zip.write_all(b"hello").expect("written");
    let zip = zip.finish().expect("finished").into_inner();
    for (bytes, error) in [
        (Vec::new(), SheetError::Empty),
        (b"\n \n".to_vec(), SheetError::Empty),
        (vec![b'a'; MAX_BYTES + 1], SheetError::TooLarge),
        (vec![0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1], SheetError::OldExcel),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec(), SheetError::NotATable),
        (b"GIF89a\0\0".to_vec(), SheetError::NotATable),
        (b"abc\xff\xff".to_vec(), SheetError::Encoding),
        (vec![0xff, 0xfe, 0x00, 0xd8, 0x41, 0x00], SheetError::Encoding),
        (b"PK\x03\x04rubbish".to_vec(), SheetError::Broken),
        (zip, SheetError::NotATable),
        ("a,".repeat(101).into_bytes(), SheetError::TooManyColumns),
        ("a\n".repeat(100_001).into_bytes(), SheetError::TooManyRows),
        ("a".repeat(MAX_CELL + 1).into_bytes(), SheetError::CellTooLong),
    ] {
        assert_eq!(read(&bytes).map(|t| t.header), Err(error), "{error}");
    }
}

/// A workbook whose only sheet is `xml`, with the entry repeated zeros long.
fn workbook(xml: &[u8], padding: usize) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
    let parts: [(&str, &[u8]); 4] = [
        ("_rels/.rels", br#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#),
        ("xl/workbook.xml", br#"<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="a" sheetId="1" r:id="rId1"/></sheets></workbook>"#),
        ("xl/_rels/workbook.xml.rels", br#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#),
        ("xl/worksheets/sheet1.xml", xml),
    ];
    for (name, content) in parts {
        zip.start_file(name, options).expect("started");
        zip.write_all(content).expect("written");
    }
    if padding > 0 {
        zip.start_file("xl/media/image1.png", options).expect("started");
        let block = vec![0; 1 << 20];
        for _ in 0..padding {
            zip.write_all(&block).expect("written");
        }
    }
    zip.finish().expect("finished").into_inner()
}

#[test]
fn a_bomb_is_not_unpacked_and_a_far_cell_takes_no_room() {
    let cell = |place: &str| {
        format!(
            r#"<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><dimension ref="A1:XFD1048576"/><sheetData><row r="1"><c r="{place}" t="inlineStr"><is><t>案号</t></is></c></row></sheetData></worksheet>"#
        )
    };
    assert_eq!(cells(&workbook(cell("A1").as_bytes(), 0))[0].1, ["案号"]);
    assert_eq!(read(&workbook(cell("A1048576").as_bytes(), 0)), Err(SheetError::TooManyRows));
    assert_eq!(read(&workbook(cell("XFD1").as_bytes(), 0)), Err(SheetError::TooManyColumns));
    let bomb = workbook(cell("A1").as_bytes(), 300);
    assert!(bomb.len() < 1 << 20, "a bomb is small before it is unpacked");
    assert_eq!(read(&bomb), Err(SheetError::Bomb));
}

#[test]
fn templates_are_read_back_and_the_same_every_time() {
    let names: Vec<&str> = Column::ALL.iter().map(|c| c.as_str()).collect();
    for bytes in [case_template_csv().expect("csv"), case_template_xlsx().expect("xlsx")] {
        let table = read(&bytes).expect("a table");
        assert_eq!(table.header, names);
        let (records, problems) = docket::read(&table);
        assert_eq!((records.len(), problems[0].code), (0, ProblemCode::TableEmpty));
    }
    assert_eq!(case_template_xlsx().expect("xlsx"), case_template_xlsx().expect("xlsx"));
    assert!(case_template_csv().expect("csv").starts_with(&[0xef, 0xbb, 0xbf]));
    let roster = read(&roster_template_csv().expect("csv")).expect("a table");
    assert_eq!(roster.header[..4], ["类别", "姓名", "编号", "单位"]);
}

#[test]
fn error_files_run_nothing_when_opened() {
    let problems = [RowProblem::new(7, "=列", ProblemCode::CellFormula, "=cmd|' /C calc'!A0")];
    let text = String::from_utf8(problems_csv(&problems).expect("csv")).expect("text");
    let row = text.lines().nth(1).expect("a row");
    assert!(row.starts_with("7,'=列,cell-formula,error,'=cmd|"), "{row}");
    assert_eq!(String::from_utf8(csv(&["a"], [["@x"]]).expect("csv")).expect("text"), "\u{feff}a\r\n'@x\r\n");
}

#[test]
fn every_code_has_words_and_the_manual_names_everything() {
    let manual = include_str!("../../docs/docket-format.md");
    let codes = SheetError::ALL.iter().map(|e| e.as_str()).chain(ProblemCode::ALL.iter().map(|c| c.as_str()));
    for code in codes {
        assert!(manual.contains(&format!("`{code}`")), "{code} is not in the manual");
    }
    for &column in Column::ALL {
        for name in [column.as_str(), column.english()].iter().chain(column.aliases()) {
            assert!(manual.contains(name), "{name} is not in the manual");
        }
        for value in help::allowed(column) {
            assert!(manual.contains(value), "{value} is not in the manual");
        }
    }
    for &error in SheetError::ALL {
        let (zh, en) = error.words();
        assert!(zh.ends_with('。') && en.ends_with('.'), "{error}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn any_bytes_are_a_table_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        drop(read(&bytes));
    }

    #[test]
    fn csv_round_trips(rows in prop::collection::vec(prop::collection::vec("[a-z案号\"',;\n ]{0,6}", 3), 0..6)) {
        let bytes = csv(&["案号", "b", "c"], rows.iter().map(|r| r.iter())).expect("csv");
        let blank = |row: &Vec<String>| row.iter().all(|c| docket::text::fold(c).is_empty());
        let guarded = |c: &String| if docket::text::looks_like_formula(c) { format!("'{c}") } else { c.clone() };
        let expected: Vec<Vec<String>> = rows.iter().filter(|r| !blank(r)).map(|r| r.iter().map(guarded).collect()).collect();
        let found: Vec<Vec<String>> = read(&bytes).expect("a table").rows.into_iter().map(|r| r.cells).collect();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn a_number_is_read_back_as_it_was_written(number in any::<f64>().prop_filter("finite", |n| n.is_finite())) {
        let bytes = csv(&["value"], [[number.to_string()]]).expect("csv");
        let table = read(&bytes).expect("a table");
        prop_assert_eq!(table.rows[0].cells[0].parse::<f64>(), Ok(number));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// A workbook with some bytes changed is read or refused; no damage stops the program.
    #[test]
    fn a_damaged_workbook_stops_nothing(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12)) {
        static WHOLE: std::sync::OnceLock<Vec<u8>> = std::sync::OnceLock::new();
        let mut bytes = WHOLE.get_or_init(|| case_template_xlsx().expect("xlsx")).clone();
        for (place, value) in changes {
            let place = place.index(bytes.len());
            bytes[place] = value;
        }
        drop(read(&bytes));
    }
}
