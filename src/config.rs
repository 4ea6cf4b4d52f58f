//! The configuration: defaults that ship with the program, one file over them, the environment over both.
//!
//! Every key is in `config/default.toml` with its meaning; an unknown key is refused, and what a production server must
//! not start with is refused in words. Deliberately absent: secrets themselves; the configuration names their files.

use std::fs;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use config::{Environment, File, FileFormat};
use hengping_domain::ids::Side;
use serde::Deserialize;

use crate::flow::machine::MachineSettings;
use crate::flow::password::PasswordSettings;
use crate::ports::NoEntropy;
use crate::store::{StoreError, StoreSettings};

const DEFAULT: &str = include_str!("../config/default.toml");

hengping_domain::words! {
    /// Whether what the demo made is welcome.
    Mode, "mode" {
        /// A trial on one machine.
        Demo = "demo",
        /// Real people.
        Production = "production",
    }
}

/// The whole configuration; one field per table of `config/default.toml`, where each key is explained.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Demo or production.
    pub mode: Mode,
    /// How browsers reach the site.
    pub site: SiteSettings,
    /// The HTTP server.
    pub http: HttpSettings,
    /// The database.
    pub store: StoreSettings,
    /// The cost of a password hash.
    pub password: PasswordSettings,
    /// Browser sessions.
    pub session: SessionSettings,
    /// Locks after failed sign-ins.
    pub lockout: LockoutSettings,
    /// Machine tokens.
    pub machine: MachineSettings,
    /// Limits per address.
    pub limits: LimitSettings,
    /// Both sides' agents.
    pub agents: AgentSettings,
    /// The relay.
    pub relay: RelaySettings,
    /// The opening.
    pub opening: OpeningSettings,
    /// Who may read the metrics.
    pub metrics: MetricsSettings,
    /// What is logged, and how.
    pub log: LogSettings,
}

/// The `[site]` table.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SiteSettings {
    /// Origins (RFC 6454) of our own pages.
    pub origins: Vec<String>,
}

/// The `[http]` table.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpSettings {
    /// Address and port to listen on.
    pub listen: SocketAddr,
    /// Threads that answer; 0: one per processor.
    pub workers: usize,
    /// Largest JSON body in KiB.
    pub body_kib: usize,
    /// Proxies whose X-Forwarded-For is believed.
    pub trusted_proxies: Vec<IpAddr>,
}

/// The `[session]` table.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SessionSettings {
    /// Hours until a session ends.
    pub hours: u32,
}

/// The `[lockout]` table.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockoutSettings {
    /// Failures in a row that lock a login.
    pub attempts: u32,
    /// Minutes the lock lasts.
    pub minutes: u32,
}

/// The `[limits]` table.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimitSettings {
    /// Sign-ins one address may ask for at once.
    pub sign_in_burst: u32,
    /// Seconds until it may ask for one more.
    pub sign_in_seconds: u64,
}

/// The `[agents]` table.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgentSettings {
    /// File with the key that signs requests; empty: a fresh one, which no box survives.
    pub key_file: PathBuf,
    /// Where the bench's agent listens; empty: it is reached by packages only.
    pub bench: String,
    /// Where the bar's agent listens; likewise.
    pub bar: String,
    /// Seconds until requests that wait are carried again; 0: only when asked to.
    pub every_seconds: u64,
}

/// The `[relay]` table.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RelaySettings {
    /// Scheme, host and port under which browsers post sealed ballots.
    pub origin: String,
    /// Its receipt key, base64url; empty until there is one, and no period opens before.
    pub receipt: String,
}

/// The `[opening]` table.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpeningSettings {
    /// Where the lists, shares and drafts of openings lie, a directory per box.
    pub dir: PathBuf,
}

/// The `[metrics]` table.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MetricsSettings {
    /// File with the bearer token for other machines; empty: none.
    pub token_file: PathBuf,
}

hengping_domain::words! {
    /// How log lines look.
    LogFormat, "log format" {
        /// One JSON object per line.
        Json = "json",
        /// For people.
        Text = "text",
    }
}

/// The `[log]` table.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogSettings {
    /// JSON or text.
    pub format: LogFormat,
    /// A filter of `tracing_subscriber::EnvFilter`.
    pub filter: String,
}

/// Why the program does not start: a stable code, and what to do about it in both languages.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unready {
    /// A key is missing, unknown or impossible.
    #[error("[settings-invalid] the configuration cannot be used: {0}\n[settings-invalid] 配置无法使用：{0}")]
    Settings(String),
    /// A secret has no file, or the file cannot be read.
    #[error(
        "[secret-missing] the secret {path:?} cannot be read ({reason}); config/default.toml says how to make it\n\
         [secret-missing] 密钥文件 {path:?} 无法读取（{reason}）；生成方法见 config/default.toml"
    )]
    SecretMissing {
        /// The file named by the configuration.
        path: PathBuf,
        /// What went wrong.
        reason: String,
    },
    /// Others than its owner can read a secret.
    #[error(
        "[secret-open] others can read the secret {path:?}; chmod 600 it\n\
         [secret-open] 其他用户可以读取密钥文件 {path:?}；请执行 chmod 600"
    )]
    SecretOpen {
        /// The file.
        path: PathBuf,
    },
    /// Production without https.
    #[error(
        "[origin-insecure] production needs https in [site] origins, not {0}\n\
         [origin-insecure] 正式环境的 [site] origins 必须使用 https，不能是 {0}"
    )]
    OriginInsecure(String),
    /// The database holds accounts that the demo made, whose passwords are printed.
    #[error(
        "[demo-accounts] the database holds {0} accounts made by the demo; start production with a database of its own\n\
         [demo-accounts] 数据库中有 {0} 个演示账号；正式环境请使用独立的数据库"
    )]
    DemoAccounts(i64),
    /// A side's enrolled keys were made by the demo.
    #[error(
        "[demo-keys] the keys of the side {0} were enrolled by a demo; start production with a database of its own\n\
         [demo-keys] {0} 一方登记的是演示密钥；正式环境请使用独立的数据库"
    )]
    DemoKeys(Side),
    /// The database cannot be opened or brought up to date.
    #[error("[store-unavailable] {0}\n[store-unavailable] 数据库无法使用：{0}")]
    Store(String),
    /// The operating system gives no random bytes.
    #[error("[no-entropy] {0}\n[no-entropy] 操作系统无法提供随机数：{0}")]
    Entropy(String),
}

impl Unready {
    /// A configuration that cannot be used, in words.
    pub fn settings(what: impl Into<String>) -> Self {
        Self::Settings(what.into())
    }

    /// The stable code, the first word of the message.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Settings(_) => "settings-invalid",
            Self::SecretMissing { .. } => "secret-missing",
            Self::SecretOpen { .. } => "secret-open",
            Self::OriginInsecure(_) => "origin-insecure",
            Self::DemoAccounts(_) => "demo-accounts",
            Self::DemoKeys(_) => "demo-keys",
            Self::Store(_) => "store-unavailable",
            Self::Entropy(_) => "no-entropy",
        }
    }
}

impl From<StoreError> for Unready {
    fn from(error: StoreError) -> Self {
        Self::Store(error.to_string())
    }
}

impl From<NoEntropy> for Unready {
    fn from(error: NoEntropy) -> Self {
        Self::Entropy(error.to_string())
    }
}

impl Config {
    /// The defaults, then `file`, then the environment.
    ///
    /// # Errors
    /// [`Unready::Settings`] naming the key.
    pub fn load(file: Option<&Path>) -> Result<Self, Unready> {
        let mut layers = config::Config::builder().add_source(File::from_str(DEFAULT, FileFormat::Toml));
        if let Some(path) = file {
            layers = layers.add_source(File::from(path).format(FileFormat::Toml));
        }
        let environment = Environment::with_prefix("HENGPING")
            .prefix_separator("__")
            .separator("__")
            .try_parsing(true)
            .list_separator(",")
            .with_list_parse_key("site.origins")
            .with_list_parse_key("http.trusted_proxies");
        Self::read(layers.add_source(environment))
    }

    /// The defaults, then `text` in TOML; the environment has no say.
    ///
    /// # Errors
    /// [`Unready::Settings`] naming the key.
    pub fn from_toml(text: &str) -> Result<Self, Unready> {
        let defaults = File::from_str(DEFAULT, FileFormat::Toml);
        Self::read(config::Config::builder().add_source(defaults).add_source(File::from_str(text, FileFormat::Toml)))
    }

    fn read(layers: config::ConfigBuilder<config::builder::DefaultState>) -> Result<Self, Unready> {
        let invalid = |error: config::ConfigError| Unready::settings(error.to_string());
        layers.build().map_err(invalid)?.try_deserialize().map_err(invalid)
    }

    /// Refuses what a production server must not start with, as far as the configuration alone can tell.
    ///
    /// # Errors
    /// The first reason found.
    pub fn check(&self) -> Result<(), Unready> {
        if self.site.origins.is_empty() {
            return Err(Unready::settings("[site] origins is empty"));
        }
        if self.mode == Mode::Demo {
            return Ok(());
        }
        if let Some(origin) = self.site.origins.iter().find(|origin| !origin.starts_with("https://")) {
            return Err(Unready::OriginInsecure(origin.clone()));
        }
        if self.machine.key_file.as_os_str().is_empty() {
            let reason = "[machine] key_file is empty".to_owned();
            return Err(Unready::SecretMissing { path: PathBuf::new(), reason });
        }
        if self.agents.key_file.as_os_str().is_empty() {
            let reason = "[agents] key_file is empty".to_owned();
            return Err(Unready::SecretMissing { path: PathBuf::new(), reason });
        }
        if !self.relay.origin.starts_with("https://") {
            return Err(Unready::OriginInsecure(self.relay.origin.clone()));
        }
        Ok(())
    }
}

/// Refuses a secret that others than its owner can read.
///
/// # Errors
/// [`Unready::SecretMissing`] when there is no such file, [`Unready::SecretOpen`] when its mode is wider than 600.
pub fn only_owner(path: &Path) -> Result<(), Unready> {
    let unreadable = |error: std::io::Error| Unready::SecretMissing { path: path.into(), reason: error.to_string() };
    let permissions = fs::metadata(path).map_err(unreadable)?.permissions();
    match std::os::unix::fs::PermissionsExt::mode(&permissions) & 0o077 {
        0 => Ok(()),
        _ => Err(Unready::SecretOpen { path: path.into() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRODUCTION: &str = include_str!("../config/production.example.toml");

    #[test]
    fn the_defaults_are_whole_and_for_the_demo() {
        let config = Config::from_toml("").expect("the defaults");
        assert_eq!(config.mode, Mode::Demo);
        assert_eq!(config.check(), Ok(()));
        assert!(config.http.listen.ip().is_loopback(), "the demo is not reachable from outside");
    }

    #[test]
    fn the_example_for_production_is_accepted() {
        let config = Config::from_toml(PRODUCTION).expect("the example");
        assert_eq!(config.mode, Mode::Production);
        assert_eq!(config.check(), Ok(()));
    }

    #[test]
    fn unknown_and_impossible_keys_are_refused_by_name() {
        for (text, names) in [
            ("mood = \"demo\"", "mood"),
            ("[http]\nlissen = \"127.0.0.1:1\"", "lissen"),
            ("mode = \"prod\"", "prod"),
            ("[http]\nlisten = \"everywhere\"", "listen"),
            ("[store]\nconnections = -1", "connections"),
        ] {
            let refused = Config::from_toml(text).expect_err(text);
            assert_eq!(refused.code(), "settings-invalid");
            assert!(refused.to_string().contains(names), "{refused}");
        }
    }

    #[test]
    fn production_refuses_plain_http_and_a_missing_key() {
        let insecure = format!("{PRODUCTION}\n").replace("https://hengping", "http://hengping");
        assert_eq!(Config::from_toml(&insecure).expect("read").check().expect_err("http").code(), "origin-insecure");
        let keyless = PRODUCTION.replace("key_file = \"/etc/hengping/machine.pem\"", "");
        assert_eq!(Config::from_toml(&keyless).expect("read").check().expect_err("no key").code(), "secret-missing");
    }

    #[test]
    fn every_reason_begins_with_its_code_in_both_languages() {
        let path = PathBuf::from("x");
        for reason in [
            Unready::settings("x"),
            Unready::SecretMissing { path: path.clone(), reason: "x".into() },
            Unready::SecretOpen { path },
            Unready::OriginInsecure("x".into()),
            Unready::DemoAccounts(3),
            Unready::DemoKeys(Side::Bar),
            Unready::Store("x".into()),
            Unready::Entropy("x".into()),
        ] {
            let text = reason.to_string();
            assert_eq!(text.lines().count(), 2, "{text}");
            assert!(text.lines().all(|line| line.starts_with(&format!("[{}] ", reason.code()))), "{text}");
        }
    }
}
