//! Tells cargo that the embedded migrations are part of the program; it runs nothing and fetches nothing.

fn main() {
    println!("cargo::rerun-if-changed=migrations");
}
