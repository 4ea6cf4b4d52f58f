//! `hengping demo`: the whole circle on a made-up city, its closing table, and the site to look at.
//!
//! Deliberately absent: anything a real site runs; the demonstration lives in a directory of its own.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use clap::Args;
use hengping_domain::ids::Side;
use hengping_domain::manifest::PerSide;
use serde::Serialize;
use serde_json::json;

pub(super) use crate::demo::show;
pub(super) use crate::demo::stages::bar;

use crate::config::Config;
use crate::demo::circle::{Circle, Signing};
use crate::demo::docket::DocketPlan;
use crate::demo::load::Load;
use crate::demo::machines::{Machines, PASSPHRASE, Places};
use crate::demo::raters::PASSWORD;
use crate::demo::report::Report;
use crate::demo::spans::TODAY;
use crate::demo::stages::Stages;
use crate::demo::visitors::Visitors;
use crate::flow::Site;
use crate::flow::courier::Carrying;
use crate::http;
use crate::ports::{Clock, SettableClock, SystemEntropy};

#[derive(Debug, Args)]
pub(super) struct DemoArgs {
    /// Run the circle and stop, without serving the site.
    #[arg(long)]
    once: bool,
    /// Where everything goes; an earlier demonstration there is replaced.
    #[arg(long, default_value = "demo-data")]
    dir: PathBuf,
    /// Write what came out to this file.
    #[arg(long)]
    json: Option<PathBuf>,
    /// Where to serve.
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Everything follows from it, but for keys and random names.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Judges in all courts together.
    #[arg(long, default_value_t = 80)]
    judges: u32,
    /// Lawyers.
    #[arg(long, default_value_t = 900)]
    lawyers: u32,
    /// Serve the running period alone, with this side's agent off the network: it is reached by `hengping exchange` only.
    #[arg(long, value_name = "SIDE", conflicts_with = "once")]
    apart: Option<Side>,
    /// Measure instead: so many devices come at once to one period; prints what the programs take, and stops.
    #[arg(long, value_name = "DEVICES", conflicts_with_all = ["once", "apart"], value_parser = clap::value_parser!(u16).range(1..=1000))]
    load: Option<u16>,
}

pub(super) fn run(args: &DemoArgs) -> anyhow::Result<()> {
    fresh_directory(&args.dir)?;
    let listen = if args.once || args.load.is_some() { free_port()? } else { args.listen };
    let relay = free_port()?;
    let clock = Arc::new(SettableClock::on(TODAY));
    let ticking: Arc<dyn Clock> = clock.clone();
    let places = Places::make(&args.dir)?;
    let agents = places.start_agents(&ticking)?;
    let text = configuration(&args.dir, listen, relay, &places, &agents.1)?;
    std::fs::write(args.dir.join("hengping.toml"), &text)?;
    let config = Config::from_toml(&text)?;
    crate::logging::start(&config.log)?;
    let site = Site::open(config, clock.clone(), Arc::new(SystemEntropy))?;
    let (address, server) = serve_beside(site.clone())?;
    let base = format!("http://{address}");
    let relay = places.start_relay(relay, &base, origins(listen), &ticking)?;
    let machines = Machines::new(agents, relay);

    let stages = Stages::default();
    let plan = DocketPlan {
        seed: args.seed,
        judges: args.judges,
        lawyers: args.lawyers,
        from: jiff::civil::date(2025, 5, 1),
        to: jiff::civil::date(2026, 11, 20),
        bad_rows: 0,
    };
    let mut circle = Circle::begin(site.clone(), clock, (places, machines), base.clone(), &args.dir, &plan, &stages)?;
    if let Some(devices) = args.load {
        let load = circle.load(devices.into(), &stages)?;
        print_load(&load)?;
        return write_json(args.json.as_deref(), &load);
    }
    if args.apart.is_none() {
        circle.go_round(if args.once { Signing::All } else { Signing::OneWaits }, &stages)?;
    }
    let visitors = circle.leave_open(&stages)?;
    let (report, mut machines) = circle.report(&stages);
    print(&report)?;
    let apart = args
        .apart
        .map(|side| json!({"side": side, "dir": machines.take_off(&args.dir, side), "passphrase": PASSPHRASE}));
    write_accounts(&args.dir, &base, &visitors, &machines, apart)?;
    write_json(args.json.as_deref(), &report)?;
    if args.once {
        return Ok(());
    }
    let _carrying = Carrying::start(&site);
    invite_visitors(&base, &args.dir, &visitors, &machines, args.apart)?;
    server.join().map_err(|_| anyhow!("the server stopped"))?
}

/// The configuration of the demonstration's platform.
fn configuration(
    dir: &Path,
    listen: SocketAddr,
    relay: SocketAddr,
    places: &Places,
    agents: &PerSide<hengping_agent::http::Running>,
) -> anyhow::Result<String> {
    let dir = dir.to_str().context("the directory's name is not UTF-8")?;
    let address = |side: Side| format!("http://{}", agents.get(side).address);
    let table = json!({
        "mode": "demo",
        "http": {"listen": listen.to_string()},
        "store": {"url": format!("sqlite://{dir}/hengping.db")},
        "log": {"filter": "warn"},
        "site": {"origins": origins(listen)},
        "agents": {
            "key_file": format!("{dir}/keys/platform.key"),
            "bench": address(Side::Bench),
            "bar": address(Side::Bar),
            "every_seconds": 2,
        },
        "relay": {"origin": format!("http://{relay}"), "receipt": places.receipt.to_string()},
        "opening": {"dir": format!("{dir}/openings")},
    });
    Ok(toml::to_string(&table)?)
}

/// Removes an earlier demonstration, and nothing else.
fn fresh_directory(dir: &Path) -> anyhow::Result<()> {
    let mark = dir.join("this-is-a-hengping-demo");
    if dir.exists() && dir.read_dir()?.next().is_some() {
        anyhow::ensure!(
            mark.exists(),
            "{} is not empty and no earlier demonstration; name another --dir",
            dir.display()
        );
        std::fs::remove_dir_all(dir)?;
    }
    std::fs::create_dir_all(dir)?;
    std::fs::write(mark, "made by `hengping demo`; removed and made anew at its next run\n")?;
    Ok(())
}

/// A port nobody uses: the site must know its own origin before it listens.
fn free_port() -> anyhow::Result<SocketAddr> {
    Ok(std::net::TcpListener::bind(("127.0.0.1", 0))?.local_addr()?)
}

fn origins(listen: SocketAddr) -> Vec<String> {
    ["127.0.0.1", "localhost"].iter().map(|host| format!("http://{host}:{}", listen.port())).collect()
}

type Server = std::thread::JoinHandle<anyhow::Result<()>>;

/// Serves on a thread of its own and waits until it listens.
fn serve_beside(site: Site) -> anyhow::Result<(SocketAddr, Server)> {
    let (send, receive) = std::sync::mpsc::channel();
    let server = std::thread::spawn(move || {
        http::serve(site, |address| {
            // The receiver is gone only when the demonstration has failed already.
            let _ = send.send(address);
        })
        .map_err(anyhow::Error::from)
    });
    match receive.recv() {
        Ok(address) => Ok((address, server)),
        Err(_) => match server.join() {
            Ok(Err(error)) => Err(error),
            _ => Err(anyhow!("the server did not start")),
        },
    }
}

fn write_json(path: Option<&Path>, content: &impl Serialize) -> anyhow::Result<()> {
    let Some(path) = path else { return Ok(()) };
    std::fs::write(path, serde_json::to_vec_pretty(content)?)
        .with_context(|| format!("cannot write {}", path.display()))
}

fn print_load(load: &Load) -> anyhow::Result<()> {
    let number = |value: f64| format!("{value:>7.0}");
    say!("\n{} devices at once / 台设备同时", load.devices);
    say!("  {:<22} {:>8} {:>9} {:>9}   waited, ms: half  95 %  99 %  most", "", "count", "seconds", "a second");
    let rows = [("visits", &load.visits, "登录、领凭证、封存"), ("ballots through /box", &load.ballots, "递交封存件")];
    for (name, taken, words) in rows {
        let w = &taken.waits;
        let waits: String = [w.median, w.p95, w.p99, w.most].map(number).concat();
        say!("  {name:<22} {:>8} {:>9.1} {:>9.1}   {waits}   {words}", taken.count, taken.seconds, taken.per_second);
    }
    say!("  {} tokens, each with both sides' tags / 个凭证，各有双方的章", load.tokens);
    say!("  {:.1} s until both agents had checked and cosigned them / 秒，双方节点核验并会签", load.hand_over_seconds);
    Ok(())
}

fn print(report: &Report) -> anyhow::Result<()> {
    say!("\nSeconds per stage / 各阶段用时");
    for (name, seconds) in &report.seconds {
        say!("  {name:<38} {seconds:>7.1}");
    }
    let total: f64 = report.seconds.iter().map(|(_, s)| s).sum();
    say!("  {:<38} {total:>7.1}", "total");
    say!("\nBoxes / 封存库");
    say!(
        "  {:<32} {:>7} {:>6} {:>7} {:>7} {:>9} {:>6}",
        "box",
        "invited",
        "in",
        "refused",
        "invalid",
        "duplicate",
        "valid"
    );
    for b in &report.boxes {
        let c = b.counts;
        say!(
            "  {:<32} {:>7} {:>6} {:>7} {:>7} {:>9} {:>6}",
            b.id.to_string(),
            b.invited,
            c.taken,
            c.refused,
            c.invalid,
            c.duplicate,
            c.valid
        );
    }
    say!("\nCells / 统计单元");
    for b in &report.boxes {
        let c = &b.cells;
        let rules = |by: &std::collections::BTreeMap<String, usize>| {
            by.iter().map(|(rule, n)| format!("{rule} {n}")).collect::<Vec<_>>().join(", ")
        };
        say!(
            "  {:<32} published {}, flagged {} ({}), withheld {} ({})",
            b.id.to_string(),
            c.published,
            c.flagged,
            rules(&c.flagged_by_rule),
            c.withheld,
            rules(&c.withheld_by_rule)
        );
    }
    say!("\nPlanted against recovered / 预设值与测算值 (released cells only)");
    for c in &report.comparison {
        say!("  {}", c.id);
        match &c.quality {
            Some(q) => {
                say!(
                    "    quality of {} persons: RMSE raw {:.3}, adjusted {:.3}; rank correlation raw {:.2}, adjusted {:.2}; intervals that hold the truth {:.0} %",
                    q.n,
                    q.rmse_raw,
                    q.rmse_adjusted,
                    q.rank_raw,
                    q.rank_adjusted,
                    100.0 * q.coverage
                );
            }
            None => {
                say!("    quality: no person's result was released");
            }
        }
        if let Some(o) = &c.outcome {
            let [low, high] = o.interval.unwrap_or([f64::NAN; 2]);
            say!(
                "    outcome effect, {}: planted {:+.2}, recovered {:+.2} [{low:+.2}, {high:+.2}]",
                o.name,
                o.planted,
                o.recovered
            );
        }
        if let Some(r) = c.severity_correlation {
            let row = |f: fn(&crate::demo::compare::Pair) -> f64| {
                c.severity.iter().map(|p| format!("{:+.2}", f(p))).collect::<Vec<_>>().join(" ")
            };
            say!("    severity by home court, correlation {r:.2}");
            say!("      planted   {}", row(|p| p.planted));
            say!("      recovered {}", row(|p| p.recovered));
        }
    }
    Ok(())
}

const OFFICERS: [(&str, &str); 9] = [
    ("bench-negotiator", "bench negotiator / 法院方签发人"),
    ("bench-key-holder", "bench key holder / 法院方启封密钥保管人"),
    ("bench-coordinator", "bench coordinator / 法院方联络员"),
    ("bar-negotiator", "bar negotiator / 律协方签发人"),
    ("bar-key-holder", "bar key holder / 律协方启封密钥保管人"),
    ("bar-coordinator", "bar coordinator / 律协方联络员"),
    ("operator", "operator / 系统管理员"),
    ("researcher", "researcher / 研究人员"),
    ("machine", "machine client (POST /api/machine-tokens)"),
];

/// For whoever wants to sign in by program, as the browser walk does.
fn write_accounts(
    dir: &Path,
    base: &str,
    visitors: &Visitors,
    machines: &Machines,
    apart: Option<serde_json::Value>,
) -> anyhow::Result<()> {
    let mut logins: serde_json::Map<_, _> =
        OFFICERS.iter().map(|(login, _)| (login.replace('-', "_"), json!(login))).collect();
    logins.insert("judge".into(), json!(visitors.judge));
    logins.insert("lawyer".into(), json!(visitors.lawyer));
    let code = |number: &str| machines.code(number).map(ToString::to_string);
    let accounts = json!({
        "base": base,
        "password": PASSWORD,
        "logins": logins,
        "codes": {"judge": code(&visitors.judge), "lawyer": code(&visitors.lawyer)},
        "relay": format!("http://{}", machines.relay()),
        "relay_dir": dir.join("relay"),
        "keys": dir.join("keys"),
        "config": dir.join("hengping.toml"),
        "apart": apart,
    });
    Ok(std::fs::write(dir.join("accounts.json"), serde_json::to_vec_pretty(&accounts)?)?)
}

fn invite_visitors(
    base: &str,
    dir: &Path,
    visitors: &Visitors,
    machines: &Machines,
    apart: Option<Side>,
) -> anyhow::Result<()> {
    say!("\n{base}  (demonstration: both sides' agents run on this machine / 演示环境：双方的节点在同一台机器上)");
    say!("  password of every account / 所有账号的密码: {PASSWORD}");
    for (number, who) in [(&visitors.judge, "judge / 法官 "), (&visitors.lawyer, "lawyer / 律师")] {
        let code = machines.code(number).map(ToString::to_string).unwrap_or_default();
        say!("  {number:<20} {who}        {base}/r   code / 激活码 {code}");
    }
    for (login, who) in OFFICERS {
        say!("  {login:<20} {who}");
    }
    if let Some(side) = apart {
        say!("The agent of the {side} is off the network; packages reach it, see {}/hengping.toml.", dir.display());
        say!("{side} 方节点不联网，只收数据包。");
        say!("Ctrl-C ends it.");
        return Ok(());
    }
    let key = dir.join("keys").join("bar-signing.json");
    say!("One draft release waits for the bar: sign it in the release room as bar-negotiator with {}.", key.display());
    say!("有一份结果待律协方签署：以 bar-negotiator 登录，在公布审查中用上述密钥文件签署。");
    say!("Ctrl-C ends it.");
    Ok(())
}
