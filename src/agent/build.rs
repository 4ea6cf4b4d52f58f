//! Tells cargo that the migrations are carried in the library.

fn main() {
    println!("cargo::rerun-if-changed=../../migrations/agent");
}
