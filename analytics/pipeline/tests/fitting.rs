//! `fit` as its users meet it: the program on files, its output, its refusals.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_hengping-analyse")).args(arguments).output().unwrap()
}

fn json(output: &Output) -> Value {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn code(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(2));
    let value: Value = serde_json::from_slice(&output.stdout).unwrap();
    value["error"]["code"].as_str().unwrap().to_owned()
}

/// A small crossed table with a word column, a weight and a few holes.
fn table(dir: &Path) -> String {
    let mut text = "rater,ratee,kind,x,w,y\n".to_owned();
    let mut state = 1_u64;
    let mut next = |below: u64| {
        state = state * 16_807 % 2_147_483_647;
        state % below
    };
    for row in 0..400 {
        let (i, j, kind, x) = (next(20), next(8), next(3), next(9));
        let y = 3.0 + 0.1 * i as f64 - 0.2 * j as f64 + 0.05 * x as f64 + next(1000) as f64 / 500.0;
        let kind = ["civil", "criminal", "other"][kind as usize];
        let y = if row % 100 == 7 { "NA".to_owned() } else { format!("{y:.3}") };
        text.push_str(&format!("r{i},{j},{kind},{x},{},{y}\n", 1 + next(3)));
    }
    let path = dir.join("ratings.csv");
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

#[test]
fn a_table_is_fitted_and_every_level_written() {
    let dir = TempDir::new().unwrap();
    let data = table(dir.path());
    let levels = dir.path().join("levels.csv").display().to_string();
    let arguments = ["fit", "--data", &data, "--response", "y", "--random", "rater", "--random", "ratee"];
    let rest = ["--fixed", "x", "--fixed", "kind", "--weights", "w", "--levels", &levels, "--json"];
    let output = run(&[&arguments[..], &rest[..]].concat());
    let result = json(&output);
    assert_eq!(result["n"], 396);
    assert_eq!(result["dropped_rows"], 4);
    assert_eq!((result["method"].as_str(), result["path"].as_str()), (Some("REML"), Some("exact")));
    assert_eq!(result["levels"], serde_json::json!({"rater": 20, "ratee": 8}));
    assert_eq!(result["components"], 1);
    let names: Vec<&str> = result["fixed"].as_array().unwrap().iter().map(|c| c["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["(Intercept)", "x", "kindcriminal", "kindother"]);
    assert!((result["fixed"][1]["estimate"].as_f64().unwrap() - 0.05).abs() < 0.03);
    assert!(result["criterion"].as_f64().unwrap().is_finite());
    assert!(String::from_utf8_lossy(&output.stderr).is_empty(), "no bar and no summary without a terminal");

    let written = std::fs::read_to_string(levels).unwrap();
    let lines: Vec<&str> = written.lines().collect();
    assert_eq!((lines[0], lines.len()), ("group,level,blup,condvar", 29));
    // Numbers in the order of numbers, words in the order of text.
    assert!(
        lines[1].starts_with("rater,r0,") && lines[2].starts_with("rater,r1,") && lines[3].starts_with("rater,r10,")
    );
    assert!(lines[21].starts_with("ratee,0,"));
    // Ratee 0 is rated highest by construction.
    let blup = |line: &str| line.split(',').nth(2).unwrap().parse::<f64>().unwrap();
    assert!(blup(lines[21]) > blup(lines[28]) + 0.5);
}

#[test]
fn csv_and_parquet_hold_the_same_and_rows_may_come_in_any_order() {
    let dir = TempDir::new().unwrap();
    let make = |out: &str| {
        let path = dir.path().join(out).display().to_string();
        let sizes = ["--rows", "3000", "--raters", "200", "--ratees", "30"];
        assert!(run(&[&["ratings"], &sizes[..], &["--out", &path]].concat()).status.success());
        path
    };
    let (csv, parquet) = (make("r.csv"), make("r.parquet"));
    let text = std::fs::read_to_string(&csv).unwrap();
    let (heading, rows) = text.split_once('\n').unwrap();
    let mut rows: Vec<&str> = rows.lines().collect();
    rows.reverse();
    let turned = dir.path().join("turned.csv");
    std::fs::write(&turned, format!("{heading}\n{}\n", rows.join("\n"))).unwrap();
    let turned = turned.display().to_string();
    for path in ["exact", "cg"] {
        let fit = |data: &str, out: &str| {
            let levels = dir.path().join(out).display().to_string();
            let model = ["--response", "y", "--random", "s", "--random", "d", "--path", path, "--levels", &levels];
            let mut result = json(&run(&[&["fit", "--data", data], &model[..]].concat()));
            for name in ["seconds", "peak_rss_bytes"] {
                result.as_object_mut().unwrap().remove(name);
            }
            (result.to_string(), std::fs::read_to_string(levels).unwrap())
        };
        let one = fit(&csv, "one.csv");
        assert_eq!(one, fit(&parquet, "two.csv"), "{path}: parquet");
        assert_eq!(one, fit(&turned, "three.csv"), "{path}: rows turned round");
    }
}

#[test]
fn what_cannot_be_fitted_is_refused_and_nothing_is_written() {
    let dir = TempDir::new().unwrap();
    let data = table(dir.path());
    let levels = dir.path().join("levels.csv");
    let out = levels.display().to_string();
    let file = |name: &str, text: &str| {
        let path = dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let try_with = |data: &str, more: &[&str]| {
        let mut arguments = vec!["fit", "--data", data, "--levels", &out];
        arguments.extend(more);
        let refused = code(&run(&arguments));
        assert!(!levels.exists(), "{refused}");
        refused
    };
    let model = ["--response", "y", "--random", "s", "--random", "d"];
    assert_eq!(try_with("nowhere.csv", &model), "file-missing");
    assert_eq!(try_with(&data, &model), "column-missing");
    assert_eq!(try_with(&data, &["--response", "kind", "--random", "rater"]), "column-unfit");
    let one_level = file("one.csv", "s,d,y\n1,1,3\n1,2,4\n1,3,5\n1,1,2\n");
    assert_eq!(try_with(&one_level, &model), "column-unfit");
    assert_eq!(try_with(&file("none.csv", "s,d,y\n"), &model), "no-rows");
    assert_eq!(try_with(&file("holes.csv", "s,d,y\n1,1,NA\n2,1,\n"), &model), "no-rows");
    let equal = "s,d,y\n1,1,3\n1,2,3\n2,1,3\n2,2,3\n3,1,3\n";
    assert_eq!(try_with(&file("equal.csv", equal), &model), "no-variance");
    assert_eq!(try_with(&file("empty.csv", ""), &model), "table-malformed");
    assert_eq!(try_with(&file("ratings.txt", "s,d,y\n1,1,3\n"), &model), "table-malformed");
    let weights = file("weights.csv", "s,d,y,w\n1,1,3,1\n1,2,4,0\n2,1,2,1\n2,2,5,1\n");
    assert_eq!(try_with(&weights, &[&model[..], &["--weights", "w"]].concat()), "column-unfit");
    let two = ["--response", "y", "--random", "rater", "--random", "ratee", "--at-theta", "0.5"];
    assert_eq!(try_with(&data, &two), "theta-unfit");
    assert_eq!(
        code(&run(&["fit", "--data", &data, "--response", "y", "--random", "rater", "--levels", "x.txt"])),
        "not-written"
    );
}

/// A file from elsewhere: byte order mark, Windows line ends, quotes, Chinese names.
#[test]
fn the_same_table_from_elsewhere_is_the_same_table() {
    let dir = TempDir::new().unwrap();
    let plain = std::fs::read_to_string(table(dir.path())).unwrap();
    let fit = |text: &str, names: [&str; 3]| {
        let path = dir.path().join("other.csv");
        std::fs::write(&path, text).unwrap();
        let data = path.display().to_string();
        let [y, i, j] = names;
        json(&run(&["fit", "--data", &data, "--response", y, "--random", i, "--random", j]))["criterion"].clone()
    };
    let names = ["y", "rater", "ratee"];
    let expected = fit(&plain, names);
    assert_eq!(fit(&format!("\u{feff}{plain}"), names), expected, "byte order mark");
    assert_eq!(fit(&plain.replace('\n', "\r\n"), names), expected, "line ends");
    let quoted: Vec<String> = plain.lines().map(|line| format!("\"{}\"", line.replace(',', "\",\""))).collect();
    assert_eq!(fit(&format!("{}\n", quoted.join("\n")), names), expected, "quotes");
    let chinese = plain.replacen("rater,ratee,kind,x,w,y", "评价人,被评人,kind,x,w,分数", 1).replace("\nr", "\n律师");
    assert_eq!(fit(&chinese, ["分数", "评价人", "被评人"]), expected, "names");
}

#[test]
fn infinity_is_no_missing_value_and_the_row_is_named() {
    let dir = TempDir::new().unwrap();
    let plain = std::fs::read_to_string(table(dir.path())).unwrap();
    let refuse = |cell: &str, more: &[&str]| {
        let path = dir.path().join("odd.csv");
        // Another row at the end, as it comes: rater, ratee, kind, x, w, y.
        std::fs::write(&path, format!("{plain}{cell}\n")).unwrap();
        let data = path.display().to_string();
        let output = run(&[&["fit", "--data", &data, "--response", "y", "--random", "rater"], more].concat());
        assert_eq!(code(&output), "column-unfit", "{cell}");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    for bad in ["inf", "-inf", "1e300"] {
        assert!(refuse(&format!("r1,1,civil,1,1,{bad}"), &[]).contains("y: a number is too large, first in row 401"));
    }
    assert!(refuse("r1,1,civil,inf,1,3", &["--fixed", "x"]).contains("column x"));
    assert!(refuse("r1,1,civil,1,inf,3", &["--weights", "w"]).contains("column w"));
    assert!(refuse("r1,1,civil,1,-1,3", &["--weights", "w"]).contains("not positive"));
    let message = refuse("r1,1,civil,1,1,good", &[]);
    assert!(message.contains("not a number, first in row 401") && !message.contains("good"), "{message}");
}

#[test]
fn a_column_plays_one_part_once() {
    let dir = TempDir::new().unwrap();
    let data = table(dir.path());
    let refused = |more: &[&str]| code(&run(&[&["fit", "--data", &data, "--response", "y"], more].concat()));
    assert_eq!(refused(&["--random", "rater", "--random", "rater"]), "column-unfit");
    assert_eq!(refused(&["--random", "rater", "--fixed", "x", "--fixed", "x"]), "column-unfit");
    assert_eq!(refused(&["--random", "rater", "--fixed", "x", "--categorical", "x"]), "column-unfit");
    for part in ["--fixed", "--categorical", "--weights", "--random"] {
        assert_eq!(refused(&["--random", "rater", part, "y"]), "column-unfit", "{part}");
    }
    // Levels that are fixed leave a random effect of the same levels nothing; a slope leaves it the rest.
    assert_eq!(refused(&["--random", "rater", "--random", "ratee", "--categorical", "ratee"]), "column-unfit");
    assert_eq!(refused(&["--random", "rater", "--random", "kind", "--fixed", "kind"]), "column-unfit");
    let both = ["fit", "--data", &data, "--response", "y", "--random", "rater", "--random", "ratee"];
    assert_eq!(json(&run(&[&both[..], &["--fixed", "ratee"]].concat()))["singular"], serde_json::json!([]));
    let path = dir.path().join("twice.csv");
    std::fs::write(&path, "s,s,y\n1,2,3\n2,1,4\n1,1,2\n").unwrap();
    let output = run(&["fit", "--data", &path.display().to_string(), "--response", "y", "--random", "s"]);
    assert_eq!(code(&output), "table-malformed");
}

#[test]
fn a_column_that_turns_into_words_late_is_read_as_words() {
    let dir = TempDir::new().unwrap();
    let mut text = "s,d,y\n".to_owned();
    for row in 0..3000 {
        text.push_str(&format!("{},{},{}\n", row % 40, row % 7, (row * row % 11) as f64 / 3.0));
    }
    text.push_str("unknown,3,2.5\nunknown,4,1.5\n");
    let path = dir.path().join("late.csv");
    std::fs::write(&path, text).unwrap();
    let data = path.display().to_string();
    let result = json(&run(&["fit", "--data", &data, "--response", "y", "--random", "s", "--random", "d"]));
    assert_eq!(result["levels"]["s"], 41);
    assert_eq!(result["n"], 3002);
}

#[test]
fn a_nested_factor_is_the_pairs_of_two_columns() {
    let dir = TempDir::new().unwrap();
    let mut text = "batch,cask,pair,y\n".to_owned();
    for row in 0..240_u32 {
        let (batch, cask) = (row % 8, row / 8 % 3);
        let bump = |k: u32| f64::from(k * k * 37 % 11) / 4.0;
        let y = bump(batch) + bump(batch * 3 + cask + 5) + f64::from(row * 7919 % 101) / 60.0;
        text.push_str(&format!("b{batch},{cask},b{batch}:{cask},{y}\n"));
    }
    let path = dir.path().join("pastes.csv");
    std::fs::write(&path, &text).unwrap();
    let data = path.display().to_string();
    let fit = |nested: &str| {
        json(&run(&["fit", "--data", &data, "--response", "y", "--random", "batch", "--random", nested]))
    };
    let (made, given) = (fit("batch:cask"), fit("pair"));
    assert_eq!(made["levels"], serde_json::json!({"batch": 8, "batch:cask": 24}));
    assert_eq!(made["criterion"], given["criterion"]);
    // Labels with colons of their own: (a, b:c) and (a:b, c) are two pairs.
    let odd: String = text
        .lines()
        .enumerate()
        .map(|(k, line)| match k {
            0 => format!("{line}\n"),
            k if k % 2 == 0 => format!("a,b:c,{}\n", line.split_once(',').unwrap().1.split_once(',').unwrap().1),
            _ => format!("a:b,c,{}\n", line.split_once(',').unwrap().1.split_once(',').unwrap().1),
        })
        .collect();
    std::fs::write(&path, odd).unwrap();
    assert_eq!(fit("batch:cask")["levels"], serde_json::json!({"batch": 2, "batch:cask": 2}));
    std::fs::write(&path, &text).unwrap();
    // The control: three casks in all would be another model.
    assert_ne!(made["criterion"], fit("cask")["criterion"]);
}

/// Ratings are small numbers, and other programs write them in one or two bytes. `data/short-numbers.parquet`
/// is pyarrow's: a dictionary column, and uint8, uint16, int8 and int16 by the formula below.
#[test]
fn short_numbers_in_parquet_are_read_as_in_csv() {
    let dir = TempDir::new().unwrap();
    let csv = dir.path().join("short.csv").display().to_string();
    let mut text = "rater,ratee,y,x,w\n".to_owned();
    for k in 0..120_i32 {
        let ratee = 5 * k % 6;
        let y = 1 + ratee / 2 + k * k % 7 % 3 + k % 13 / 12;
        let y = if k == 5 { String::new() } else { y.to_string() };
        text.push_str(&format!("r{},{ratee},{y},{},{}\n", 7 * k % 13, -300 + k % 4 * 100, 1 + k % 3));
    }
    std::fs::write(&csv, text).unwrap();
    let parquet = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/short-numbers.parquet");
    let fit = |data: &str| {
        let model = ["fit", "--data", data, "--response", "y", "--random", "rater", "--random", "ratee"];
        let mut result = json(&run(&[&model[..], &["--fixed", "x", "--weights", "w", "--json"]].concat()));
        for name in ["seconds", "peak_rss_bytes"] {
            result.as_object_mut().unwrap().remove(name);
        }
        result
    };
    let result = fit(&csv);
    assert_eq!((&result["n"], &result["dropped_rows"]), (&119.into(), &1.into()));
    assert!(result["sd"]["ratee"].as_f64().unwrap() > 0.5, "{result}");
    assert_eq!(result, fit(parquet));
}
