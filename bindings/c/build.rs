//! Gives the shared library its soname, which has the major version of the ABI.

#[allow(dead_code, unreachable_pub, reason = "it is a module of the library, too")]
#[path = "src/gen/version.rs"]
mod version;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/gen/version.rs");
    let major = version::NET_ABI_MAJOR;
    match std::env::var("CARGO_CFG_TARGET_OS").as_deref() {
        Ok("linux") => println!("cargo::rustc-cdylib-link-arg=-Wl,-soname,libnet_mesh.so.{major}"),
        Ok("macos") => {
            println!("cargo::rustc-cdylib-link-arg=-Wl,-install_name,@rpath/libnet_mesh.{major}.dylib");
        }
        _ => {}
    }
}
