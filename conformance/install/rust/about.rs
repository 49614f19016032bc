fn main() -> Result<(), net_mesh::Error> {
    let info = net_mesh::build_info()?;
    let facts = serde_json::json!({
        "version": info.version, "spec_hash": info.spec_hash, "features": info.features, "from": "",
    });
    println!("{facts}");
    Ok(())
}
