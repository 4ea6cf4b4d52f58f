//! Tells cargo what is carried in the program besides its source; it runs nothing and fetches nothing.

#[expect(clippy::disallowed_methods, reason = "cargo speaks to build scripts through the environment")]
fn main() {
    println!("cargo::rerun-if-changed=migrations");
    // A development build reads the pages from the disk instead.
    if std::env::var("PROFILE").is_ok_and(|profile| profile == "release") {
        println!("cargo::rerun-if-changed=web/dist");
    }
}
