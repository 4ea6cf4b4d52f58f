//! The command line, from `init` to a reset member.

use std::path::{Path, PathBuf};

use clap::Parser;
use hengping_agent::cli::{self, AgentCommand};
use hengping_agent::keyfile::KeyFile;
use hengping_agent::pins::Pins;
use hengping_domain::enrolment::Code;
use hengping_domain::ids::Side;
use tempfile::TempDir;

use crate::harness::{BOX, key, public};

#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    command: AgentCommand,
}

fn agent(line: &[&str]) -> Result<(), String> {
    let cli = Cli::try_parse_from([&["agent"], line].concat()).map_err(|error| error.to_string())?;
    cli::run(cli.command).map_err(|error| error.to_string())
}

struct Home {
    dir: TempDir,
}

impl Home {
    fn path(&self, name: &str) -> String {
        self.at(name).display().to_string()
    }

    fn at(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn write(&self, name: &str, text: &str) -> String {
        std::fs::write(self.at(name), text).expect("written");
        self.path(name)
    }
}

fn code_of(outcome: Result<(), String>) -> String {
    let error = outcome.expect_err("refused");
    error.trim_start_matches('[').split(']').next().expect("a code").to_owned()
}

fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).expect("there").permissions().mode() & 0o777
}

#[test]
fn a_side_sets_up_its_agent_and_its_members() {
    let home = Home { dir: TempDir::new().expect("a directory") };
    let (dir, pass) = (home.path("bar"), home.write("pass", "correct horse battery\n"));
    let own = ["--dir", &dir, "--passphrase-file", &pass];
    let with = |line: &[&str]| agent(&[line, &own].concat());
    let short = home.write("short", "short");
    assert_eq!(
        code_of(agent(&["init", "--side", "bar", "--dir", &dir, "--passphrase-file", &short])),
        "passphrase-short"
    );
    with(&["init", "--side", "bar"]).expect("made");
    assert_eq!(code_of(with(&["init", "--side", "bar"])), "file-exists");
    let file = KeyFile::read(&home.at("bar")).expect("a key file");
    assert_eq!(file.side, Side::Bar);
    assert_eq!(file.passphrase.memory_kib, 65_536, "RFC 9106");
    assert_eq!(code_of(with(&["pending"])), "not-pinned");

    let [platform, relay, signing, theirs, their_agent] = [1, 4, 3, 2, 66].map(|byte| public(&key(byte)).to_string());
    let pin = |platform: &str| {
        agent(&[
            "pin",
            "--dir",
            &dir,
            "--platform",
            platform,
            "--relay",
            &relay,
            "--signing",
            &signing,
            "--other-signing",
            &theirs,
            "--other-agent",
            &their_agent,
        ])
    };
    let old = serde_json::json!({
        "v": 2, "platform": platform, "relay": relay,
        "sides": {"bench": {"signing": theirs, "agent": their_agent}, "bar": {"signing": signing, "agent": file.agent}},
    });
    let of_another_version = home.write("pins.json", &old.to_string());
    assert_eq!(code_of(agent(&["pin", "--dir", &dir, "--file", &of_another_version])), "file-malformed");
    assert_eq!(code_of(with(&["pending"])), "not-pinned", "nothing was fixed");
    pin(&platform).expect("pinned");
    pin(&platform).expect("the same again");
    assert_eq!(code_of(pin(&relay)), "pinned-otherwise");
    let pins = Pins::read(&home.at("bar")).expect("pins");
    assert_eq!(pins.sides.bar.agent, file.agent);
    assert_eq!(pins.sides.bench.signing.to_string(), theirs);

    with(&["pending"]).expect("nothing waits");
    with(&["journal"]).expect("nothing was said");
    let wrong = home.write("wrong", "another passphrase");
    assert_eq!(code_of(agent(&["pending", "--dir", &dir, "--passphrase-file", &wrong])), "passphrase-wrong");

    let list = home.write("members.csv", "number,name\n101,张三\n102, 李四 \n");
    let codes = home.path("codes.csv");
    with(&["members", "import", &list, "--out", &codes]).expect("imported");
    let text = std::fs::read_to_string(&codes).expect("codes");
    assert!(text.starts_with("number,name,code\n101,张三,"), "{text}");
    assert_eq!((text.lines().count(), mode(&home.at("codes.csv"))), (3, 0o600));
    for line in text.lines().skip(1) {
        assert!(line.rsplit(',').next().expect("a code").parse::<Code>().is_ok());
    }
    let more = home.write("more.csv", "number,name\n101,张三\n103,王五\n");
    assert_eq!(code_of(with(&["members", "import", &more, "--out", &codes])), "file-exists", "codes are written once");
    let later = home.path("later.csv");
    with(&["members", "import", &more, "--out", &later]).expect("the new one");
    assert_eq!(std::fs::read_to_string(&later).expect("codes").lines().count(), 2, "who is known keeps their code");
    for bad in ["number,name\n1,=cmd()\n", "number,name\n,x\n", "number,name\n1,a\n1,b\n", "nummer,naam\n1,a\n"] {
        let bad = home.write("bad.csv", bad);
        assert_eq!(
            code_of(with(&["members", "import", &bad, "--out", &home.path("bad-codes.csv")])),
            "member-malformed"
        );
    }
    assert!(!home.at("bad-codes.csv").exists());
    assert_eq!(code_of(with(&["members", "reset", "101", BOX])), "nothing-to-reset");
    let another = home.path("another.csv");
    assert_eq!(code_of(with(&["members", "code", "999", "--out", &another])), "member-unknown");
    assert!(!home.at("another.csv").exists());
    assert_eq!(code_of(with(&["members", "code", "101", "--out", &codes])), "file-exists");
    with(&["members", "code", "101", "--out", &another]).expect("another code");
    let renewed = std::fs::read_to_string(&another).expect("a code");
    assert!(renewed.starts_with("number,name,code\n101,张三,") && renewed.lines().count() == 2, "{renewed}");
    assert!(!text.contains(renewed.rsplit(',').next().expect("a code")), "it is another one");
    assert_eq!(mode(&home.at("another.csv")), 0o600);
    with(&["journal"]).expect("with what the officers did");
    assert_eq!(code_of(with(&["approve", &"0".repeat(64)])), "not-pending");
    assert_eq!(
        code_of(with(&["exchange", "export", &home.path("out.json"), "--expires", "2100-01-01"])),
        "package-empty"
    );
}

#[test]
fn officers_unlock_together_and_change_the_passphrase() {
    let home = Home { dir: TempDir::new().expect("a directory") };
    let (dir, pass, next) =
        (home.path("bench"), home.write("pass", "correct horse battery"), home.write("next", "another passphrase"));
    agent(&["init", "--side", "bench", "--dir", &dir, "--passphrase-file", &pass]).expect("made");
    let out = home.path("shares");
    agent(&[
        "key",
        "split",
        "--shares",
        "3",
        "--threshold",
        "2",
        "--out",
        &out,
        "--dir",
        &dir,
        "--passphrase-file",
        &pass,
    ])
    .expect("split");
    let share = |number: u8| home.path(&format!("shares/bench-share-{number}.json"));
    assert_eq!(mode(&home.at("shares/bench-share-1.json")), 0o600);
    let change = |shares: &[String]| {
        let mut line = vec!["key", "passphrase", "--dir", &dir, "--new-passphrase-file", &next];
        line.extend(shares.iter().flat_map(|share| ["--share", share.as_str()]));
        agent(&line)
    };
    assert_eq!(code_of(change(&[share(3)])), "shares-too-few");
    change(&[share(3), share(1)]).expect("changed");
    let file = KeyFile::read(&home.at("bench")).expect("a file");
    assert!(file.unlock("correct horse battery").is_err());
    assert!(file.unlock("another passphrase").is_ok());
    let both = agent(&["pending", "--dir", &dir, "--share", &share(1), "--passphrase-file", &pass]);
    assert!(both.expect_err("one way in at a time").contains("cannot be used with"));
}
