//! Tells the linker what a Node.js addon leaves to its host.

fn main() {
    napi_build::setup();
}
