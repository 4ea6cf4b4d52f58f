//! Everything a thief of the database would hold: every row of every table, in the order in which it lies there.

use std::collections::{BTreeMap, BTreeSet};

use diesel::RunQueryDsl as _;
use diesel::sql_types::Text;
use hengping_domain::cast::Cast;

use crate::harness::Trial;

/// A table with its columns; rows lie in the order of `rowid` or `ctid`, blobs as lower-case hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    pub columns: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

impl Table {
    /// One column, from the first row to the last.
    pub fn column(&self, name: &str) -> Vec<&str> {
        let place = self.columns.iter().position(|column| column == name).expect(name);
        self.rows.iter().map(|row| row[place].as_str()).collect()
    }
}

#[derive(diesel::QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

fn lines(trial: &Trial, query: &str) -> Vec<String> {
    let load = |conn: &mut hengping::store::Connection| Ok(diesel::sql_query(query).load::<Line>(conn)?);
    trial.site.store.read("dump", load).expect(query).into_iter().map(|line| line.line).collect()
}

pub fn is_sqlite(trial: &Trial) -> bool {
    trial.url.starts_with("sqlite")
}

/// Every table of ours by name.
pub fn tables(trial: &Trial) -> Vec<String> {
    let query = if is_sqlite(trial) {
        "SELECT name AS line FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name"
    } else {
        "SELECT table_name::text AS line FROM information_schema.tables \
         WHERE table_schema = 'public' AND table_type = 'BASE TABLE' ORDER BY 1"
    };
    lines(trial, query).into_iter().filter(|name| !name.starts_with("__diesel")).collect()
}

/// Name and declared type of the columns of a table, in lower case.
pub fn columns(trial: &Trial, table: &str) -> Vec<(String, String)> {
    let query = if is_sqlite(trial) {
        format!("SELECT name || ' ' || lower(type) AS line FROM pragma_table_info('{table}') ORDER BY cid")
    } else {
        format!(
            "SELECT column_name || ' ' || data_type AS line FROM information_schema.columns \
             WHERE table_schema = 'public' AND table_name = '{table}' ORDER BY ordinal_position"
        )
    };
    let split = |line: String| line.split_once(' ').map(|(n, t)| (n.to_owned(), t.to_owned())).expect("a column");
    lines(trial, &query).into_iter().map(split).collect()
}

/// One table as it lies.
pub fn table(trial: &Trial, name: &str) -> Table {
    let columns = columns(trial, name);
    let cell = |(column, kind): &(String, String)| match kind.as_str() {
        "blob" => format!("coalesce(lower(hex(\"{column}\")), '')"),
        "bytea" => format!("coalesce(encode(\"{column}\", 'hex'), '')"),
        _ => format!("coalesce(CAST(\"{column}\" AS TEXT), '')"),
    };
    let (separator, place) = if is_sqlite(trial) { ("char(31)", "rowid") } else { ("chr(31)", "ctid") };
    let row = columns.iter().map(cell).collect::<Vec<_>>().join(&format!(" || {separator} || "));
    let rows = lines(trial, &format!("SELECT {row} AS line FROM \"{name}\" ORDER BY {place}"));
    let rows = rows.iter().map(|line| line.split('\u{1f}').map(str::to_owned).collect()).collect();
    Table { columns: columns.into_iter().map(|(name, _)| name).collect(), rows }
}

/// How many transactions wrote the rows of a table, as PostgreSQL remembers in every one of them; SQLite does not.
pub fn transactions(trial: &Trial, name: &str) -> usize {
    if is_sqlite(trial) {
        return 1;
    }
    let rows = lines(trial, &format!("SELECT DISTINCT CAST(xmin AS TEXT) AS line FROM \"{name}\""));
    rows.len()
}

/// The whole database.
pub fn dump(trial: &Trial) -> BTreeMap<String, Table> {
    tables(trial).into_iter().map(|name| (name.clone(), table(trial, &name))).collect()
}

/// The whole database without some tables, with rows sorted: what must not change, wherever it lies.
pub fn content(trial: &Trial, except: &[&str]) -> BTreeMap<String, Table> {
    let mut all = dump(trial);
    all.retain(|name, _| !except.contains(&name.as_str()));
    all.values_mut().for_each(|table| table.rows.sort());
    all
}

/// The names in a cell: runs of letters, digits, dashes and underscores, so that keys and hashes inside a JSON text count.
fn names(row: &[String]) -> BTreeSet<&str> {
    let part = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
    row.iter().flat_map(|cell| cell.split(move |c: char| !part(c))).filter(|name| !name.is_empty()).collect()
}

/// Rows, as `table: name of one set, name of the other`, that hold a name of both sets.
pub fn beside(dump: &BTreeMap<String, Table>, one: &BTreeSet<String>, other: &BTreeSet<String>) -> Vec<String> {
    let mut found = Vec::new();
    for (name, table) in dump {
        for row in &table.rows {
            let held = names(row);
            let first = |set: &BTreeSet<String>| held.iter().find(|name| set.contains(**name)).copied();
            if let (Some(a), Some(b)) = (first(one), first(other)) {
                found.push(format!("{name}: {a}, {b}"));
            }
        }
    }
    found
}

/// Rows that hold a name of the set.
pub fn holding(dump: &BTreeMap<String, Table>, set: &BTreeSet<String>) -> Vec<String> {
    beside(dump, set, set)
}

/// Whether anything of what was posted is still in the database, in whichever table.
pub fn holds_items(trial: &Trial, casts: &[Cast]) -> bool {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    // Sixteen bytes from the middle of each.
    let parts: Vec<_> = casts.iter().map(|cast| hex(&cast.envelope.as_bytes()[3000..3016])).collect();
    let all = dump(trial);
    let mut cells = all.values().flat_map(|table| &table.rows).flatten();
    cells.any(|cell| parts.iter().any(|part| cell.contains(part)))
}

/// Kendall's rank correlation (tau-a) of a sequence with the order 0, 1, 2, ..; 1 when it is ascending.
pub fn kendall(ranks: &[usize]) -> f64 {
    let mut sum = 0_i64;
    for (place, earlier) in ranks.iter().enumerate() {
        sum +=
            ranks[place + 1..].iter().map(|later| i64::from(later > earlier) - i64::from(later < earlier)).sum::<i64>();
    }
    let pairs = ranks.len() * (ranks.len() - 1) / 2;
    sum as f64 / pairs as f64
}

#[test]
fn kendall_of_known_orders() {
    assert_eq!(kendall(&[0, 1, 2, 3]), 1.0);
    assert_eq!(kendall(&[3, 2, 1, 0]), -1.0);
    // Five of six pairs agree: (5 - 1) / 6.
    assert!((kendall(&[0, 2, 1, 3]) - 4.0 / 6.0).abs() < 1e-12);
}
