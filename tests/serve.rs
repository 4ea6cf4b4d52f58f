//! `hengping serve` as a process: what it refuses to start with, and that it starts and stops in order.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use hengping_domain::ids::Role;

use crate::harness::{Backend, Trial};

const PEM: &str = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n\
    -----END PRIVATE KEY-----\n";

/// 32 bytes in base64url.
const PLATFORM: &str = "FRUVFRUVFRUVFRUVFRUVFRUVFRUVFRUVFRUVFRUVFRU\n";

/// A configuration for production in `dir`, with a key that is private.
fn production(dir: &Path, url: &str) -> String {
    use std::os::unix::fs::PermissionsExt as _;
    let key = dir.join("machine.pem");
    let platform = dir.join("platform.key");
    for (path, content) in [(&key, PEM), (&platform, PLATFORM)] {
        std::fs::write(path, content).expect("a key");
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).expect("a mode");
    }
    format!(
        "mode = \"production\"\nsite.origins = [\"https://hengping.test\"]\nhttp.listen = \"127.0.0.1:0\"\n\
         store.url = \"{url}\"\nmachine.key_file = \"{}\"\nlog.format = \"json\"\n\
         agents.key_file = \"{}\"\nrelay.origin = \"https://relay.test\"\n",
        key.display(),
        platform.display()
    )
}

fn command(dir: &Path, config: &str) -> Command {
    let path = dir.join("hengping.toml");
    std::fs::write(&path, config).expect("a configuration");
    let mut command = Command::new(env!("CARGO_BIN_EXE_hengping"));
    command.args(["serve", "--config"]).arg(path).env_clear().current_dir(dir);
    command
}

/// Starts a server that must not start, and returns the code of its reason.
fn refused(dir: &Path, config: &str) -> String {
    let Output { status, stdout, stderr } = command(dir, config).output().expect("the program runs");
    let said = String::from_utf8_lossy(&stderr).into_owned();
    assert!(!status.success() && stdout.is_empty(), "{said}");
    let reason = said.lines().find_map(|line| line.strip_prefix('[')).and_then(|line| line.split_once(']'));
    let (code, words) = reason.unwrap_or_else(|| panic!("no code in {said}"));
    assert!(words.len() > 20 && said.lines().count() == 2, "in words, in both languages: {said}");
    code.to_owned()
}

#[test]
fn production_starts_with_nothing_that_a_demo_made_and_no_secret_missing() {
    let trial = Trial::new(Backend::Sqlite).expect("a trial");
    let dir = trial.dir.path();
    let sound = production(dir, &trial.url);
    let without = |line: &str| sound.lines().filter(|held| !held.starts_with(line)).collect::<Vec<_>>().join("\n");
    assert_eq!(refused(dir, &without("machine.key_file")), "secret-missing");
    assert_eq!(refused(dir, &without("site.origins")), "origin-insecure");
    assert_eq!(refused(dir, &without("agents.key_file")), "secret-missing");
    assert_eq!(refused(dir, &without("relay.origin")), "origin-insecure");
    assert_eq!(refused(dir, &sound.replace("machine.pem", "none.pem")), "secret-missing");
    assert_eq!(refused(dir, &sound.replace("platform.key", "none.key")), "secret-missing");
    assert_eq!(refused(dir, &format!("{sound}\nrelay.receipt = \"no key\"")), "settings-invalid");
    let open = dir.join("open.key");
    std::fs::write(&open, PLATFORM).expect("a key");
    assert_eq!(refused(dir, &sound.replace("platform.key", "open.key")), "secret-open");
    std::fs::write(&open, "no key").expect("written");
    std::fs::set_permissions(&open, std::os::unix::fs::PermissionsExt::from_mode(0o600)).expect("a mode");
    assert_eq!(refused(dir, &sound.replace("platform.key", "open.key")), "secret-missing");
    assert_eq!(refused(dir, &sound.replace("sqlite://", "mysql://")), "store-unavailable");
    assert_eq!(refused(dir, &format!("{sound}\nhttp.lissen = 1")), "settings-invalid");
    assert_eq!(refused(dir, &format!("{sound}\nlimits.sign_in_burst = 0")), "settings-invalid");
    trial.account("made in demo mode", &[(Role::Operator, None)]);
    assert_eq!(refused(dir, &sound), "demo-accounts");
}

#[test]
fn it_serves_and_stops_when_told_to() {
    let dir = tempfile::tempdir().expect("a directory");
    let url = format!("sqlite://{}/new.db", dir.path().display());
    let mut server =
        command(dir.path(), &production(dir.path(), &url)).stderr(Stdio::piped()).spawn().expect("it runs");
    let mut lines = BufReader::new(server.stderr.take().expect("its log")).lines();
    let address = loop {
        let line = lines.next().expect("it says where it listens").expect("text");
        let said: serde_json::Value = serde_json::from_str(&line).expect("JSON lines");
        if said["message"] == "listening" {
            break said["address"].as_str().expect("an address").to_owned();
        }
    };
    let mut health = ureq::get(format!("http://{address}/healthz")).call().expect("healthy");
    assert!(health.body_mut().read_to_string().expect("text").contains("sqlite"));
    let sts = health.headers().get("strict-transport-security").expect("production is https only");
    assert_eq!(sts, "max-age=31536000");
    let stopped = Command::new("kill").arg(server.id().to_string()).status().expect("kill runs");
    assert!(stopped.success());
    assert!(server.wait().expect("it ends").success(), "a stop that was asked for is no failure");
    let mut rest = String::new();
    for line in lines {
        rest.push_str(&line.expect("text"));
    }
    assert!(!rest.contains("panicked"), "{rest}");
}

#[test]
fn the_environment_overlays_the_file() {
    let dir = tempfile::tempdir().expect("a directory");
    let url = format!("sqlite://{}/new.db", dir.path().display());
    let output = command(dir.path(), &production(dir.path(), &url))
        .env("HENGPING__MACHINE__KEY_FILE", "/none/other.pem")
        .output()
        .expect("it runs");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("[secret-missing]") && said.contains("/none/other.pem"), "{said}");
}
